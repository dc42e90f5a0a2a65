package replay

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf8"
)

// RecordedSchema names the version of the format that webhooks are recorded in; RecordedFamily begins the names of all versions.
const (
	RecordedFamily = "hookonce.recorded/"
	RecordedSchema = RecordedFamily + "v1"
)

// Recorded is a webhook as it arrived: one line of JSON Lines in a recording. The body is
// kept byte for byte: as text where it is UTF-8, else in base64.
type Recorded struct {
	// Schema is RecordedSchema. It stands first, so that a line tells what it is.
	Schema string `json:"schema"`
	// N numbers the webhooks of one recording from 1, in the order of their arrival.
	N int `json:"n"`
	// At is when its last byte had arrived.
	At time.Time `json:"at"`
	// Method and Path are of the request line, the path with its query.
	Method string `json:"method"`
	Path   string `json:"path"`
	// Provider names the provider it looked like; empty where it looked like none.
	Provider string `json:"provider,omitempty"`
	// Redacted says that secrets and personal data were replaced.
	Redacted bool        `json:"redacted,omitempty"`
	Header   http.Header `json:"headers"`
	Body     []byte      `json:"-"`
}

// recordedLine is a Recorded with its body as the format has it: one of the two.
type recordedLine struct {
	recordedFields
	Text   *string `json:"body,omitempty"`
	Packed *string `json:"body_base64,omitempty"`
}

type recordedFields Recorded

// MarshalJSON writes the fields in their order, the body last.
func (r Recorded) MarshalJSON() ([]byte, error) {
	line := recordedLine{recordedFields: recordedFields(r)}
	text := string(r.Body)
	if utf8.Valid(r.Body) {
		line.Text = &text
	} else {
		text = base64.StdEncoding.EncodeToString(r.Body)
		line.Packed = &text
	}
	return json.Marshal(line)
}
