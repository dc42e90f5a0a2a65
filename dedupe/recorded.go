package dedupe

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
)

// MaxReplayBody is the longest answer body, in bytes, that is stored for duplicates. Of
// a longer one, only the status and the content type are.
const MaxReplayBody = 64 << 10

// recorded is an answer that is held back until the event is recorded.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

var _ http.ResponseWriter = (*recorded)(nil)

func (a *recorded) Header() http.Header { return a.header }

func (a *recorded) WriteHeader(status int) {
	if a.status == 0 && (status < 100 || status >= 200) { // informational answers are not final
		a.status = status
	}
}

func (a *recorded) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

func (a *recorded) code() int {
	if a.status == 0 {
		return http.StatusOK // net/http's answer to a handler that wrote nothing
	}
	return a.status
}

func (a *recorded) success() bool { return a.code() >= 200 && a.code() < 300 }

func (a *recorded) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.code())
	_, _ = w.Write(a.body.Bytes()) // a sender that hung up comes back for the stored answer
}

// storedAnswer marks a Result that is a stored answer: any other JSON text is another's.
const storedAnswer = "hookonce.answer/v1"

// maxStoredHeader is the longest header value, in bytes, that is stored.
const maxStoredHeader = 256

// stored is the answer as it is kept in a Result.
type stored struct {
	Schema   string `json:"schema"`
	Status   int    `json:"status"`
	Type     string `json:"type,omitempty"`
	Encoding string `json:"encoding,omitempty"` // without it, nobody can read the body
	Body     []byte `json:"body,omitempty"`
}

func (a *recorded) encode() string {
	s := stored{Schema: storedAnswer, Status: a.code(), Type: a.header.Get("Content-Type")}
	if len(s.Type) > maxStoredHeader {
		s.Type = ""
	}
	encoding := strings.Join(a.header.Values("Content-Encoding"), ", ")
	if a.body.Len() <= MaxReplayBody && len(encoding) <= maxStoredHeader {
		s.Encoding, s.Body = encoding, a.body.Bytes()
	}
	text, _ := json.Marshal(s) // a number, strings and bytes cannot fail
	return string(text)
}

// replay answers from a stored result. One that did not come from the middleware is
// sent as text: the event was done by [Guard.Do].
func replay(w http.ResponseWriter, result string) {
	w.Header().Set(ReplayHeader, "true")
	var s stored
	if err := json.Unmarshal([]byte(result), &s); err != nil || s.Schema != storedAnswer || s.Status < 200 || s.Status > 299 {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, result)
		return
	}
	if s.Type != "" {
		w.Header().Set("Content-Type", s.Type)
	}
	if s.Encoding != "" {
		w.Header().Set("Content-Encoding", s.Encoding)
	}
	w.WriteHeader(s.Status)
	_, _ = w.Write(s.Body)
}
