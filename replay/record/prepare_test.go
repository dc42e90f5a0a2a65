package record

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"hookonce/replay"
	"hookonce/replay/redact"
)

// A line that says "redacted" is: what cannot be read does not claim it.
func TestLineIsRedactedWhereItSaysSo(t *testing.T) {
	const body = `{"id":"evt_1","object":"event","type":"charge.succeeded","created":1700000000,"data":{"object":{"id":"ch_1","object":"charge","receipt_email":"ann@example.com"}}}`
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write([]byte(body))
	_ = w.Close()
	for name, c := range map[string]struct {
		header   http.Header
		body     string
		redacted bool
	}{
		"plain":     {http.Header{}, body, true},
		"gzip":      {http.Header{"Content-Encoding": {"gzip"}}, zipped.String(), true},
		"unknown":   {http.Header{"Content-Encoding": {"br"}}, "xx", false},
		"broken":    {http.Header{"Content-Encoding": {"gzip"}}, "xx", false},
		"multipart": {http.Header{"Content-Type": {"multipart/form-data; boundary=x"}}, "--x", false},
		"form":      {http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, "%50assword=hunter2hunter2&a=b", true},
	} {
		c.header.Set("X-Shop-Password", "hunter2hunter2")
		e := &Entry{Recorded: replay.Recorded{Path: "/hook?key=hunter2hunter2&auth=hunter2hunter2", Header: c.header, Body: []byte(c.body)}}
		line := string(Preparer{Masker: redact.Masker{Key: []byte("k")}}.Line(e))
		if strings.Contains(line, `"redacted":true`) != c.redacted || strings.Contains(line, "ann@example.com") || strings.Contains(line, "hunter2") ||
			strings.Contains(line, "gzip") && c.redacted {
			t.Errorf("%s: %s", name, line)
		}
		if name == "gzip" && !strings.Contains(line, "receipt_email") {
			t.Errorf("not decoded: %s", line)
		}
		if (name == "gzip" || name == "plain") && e.Key != "evt_1" {
			t.Errorf("%s: identified as %q", name, e.Key)
		}
	}
}
