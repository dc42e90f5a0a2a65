package observe

import (
	"bytes"
	"io"
	"mime/multipart"
)

// mostParts bounds the parts of a form that are looked at.
const mostParts = 100

// multipartCandidates reads the short fields of a multipart form.
func multipartCandidates(body []byte, boundary string, add func(field, text string)) {
	if boundary == "" {
		return
	}
	form := multipart.NewReader(bytes.NewReader(body), boundary)
	for range mostParts {
		part, err := form.NextPart()
		if err != nil {
			return
		}
		text, err := io.ReadAll(io.LimitReader(part, longestID+1))
		if err == nil {
			add(part.FormName(), string(text))
		}
	}
}
