package observe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

const wantJSON = `want a list, {"processed": [...]}, counts such as {"evt_1": 1}, or JSON Lines`

// jsonDecoder turns JSON into a snapshot. It keeps the digits of numbers.
type jsonDecoder struct {
	known func(string) bool // may be nil
	snap  *snapshot
}

// decodeJSON reads one JSON value, or JSON Lines, of which there may be none.
func decodeJSON(body []byte, known func(string) bool) (*snapshot, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	// The divisor is about an item's length; it only saves growing.
	d := jsonDecoder{known, newSnapshot(len(body) / 40)}
	if len(body) == 0 {
		return d.snap, nil
	}
	// The standard library's check bounds the nesting, which gjson leaves to its caller.
	if !json.Valid(body) {
		return d.snap, d.jsonLines(body)
	}
	return d.snap, d.document(gjson.ParseBytes(body))
}

func (d *jsonDecoder) jsonLines(body []byte) error {
	first, _, more := bytes.Cut(body, []byte("\n"))
	if !more || !json.Valid(first) {
		return fmt.Errorf("not JSON: %w; %s", syntaxError(body), wantJSON)
	}
	n := 0
	for line := range bytes.Lines(body) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if !json.Valid(line) {
			return fmt.Errorf("line %d is not JSON: %w", n, syntaxError(line))
		}
		if err := d.item(gjson.ParseBytes(line)); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return nil
}

func syntaxError(body []byte) error {
	var raw json.RawMessage
	err := json.Unmarshal(body, &raw)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		from := max(0, min(int(syntax.Offset)-12, len(body)))
		return fmt.Errorf("%w, at byte %d near %q", err, syntax.Offset, clip(string(body[from:])))
	}
	return err
}

func (d *jsonDecoder) document(v gjson.Result) error {
	switch {
	case v.IsArray():
		return d.list(v)
	case v.IsObject():
		return d.object(v)
	}
	return fmt.Errorf("found %s; %s", describe(v), wantJSON)
}

func (d *jsonDecoder) list(v gjson.Result) (err error) {
	n := 0
	v.ForEach(func(_, item gjson.Result) bool {
		n++
		if err = d.item(item); err != nil {
			err = fmt.Errorf("item %d of the list: %w", n, err)
		}
		return err == nil
	})
	return err
}

// object reads the one object that a document is: lists inside it, a single item, or a map of counts.
func (d *jsonDecoder) object(v gjson.Result) error {
	var named, lists []gjson.Result
	var id, count, subject bool
	fields, numbers, excuses := 0, 0, 0
	v.ForEach(func(key, value gjson.Result) bool {
		fields++
		if excuse(key.Str) {
			excuses++
		}
		switch {
		case value.IsArray() && listName(key.Str):
			named = append(named, value)
		case value.IsArray():
			lists = append(lists, value)
		case key.Str == "subject":
			subject = true
		case key.Str == "count":
			count, numbers = true, numbers+1
		case idField(key.Str) >= 0 && isID(value):
			id = true
		case value.Type == gjson.Number:
			numbers++
		}
		return true
	})
	switch {
	case fields > 0 && excuses == fields:
		return fmt.Errorf("found what looks like an error's message, and no counts: %s; %s", clip(v.Raw), wantJSON)
	case len(named) > 0:
		return d.lists(named)
	case subject, id && count:
		return d.item(v)
	case len(lists) == 1:
		return d.list(lists[0])
	case id:
		return d.item(v)
	case numbers == fields:
		return d.counts(v)
	}
	return fmt.Errorf("found an object with %d fields, %d of them lists and %d numbers: %s; %s",
		fields, len(lists), numbers, clip(v.Raw), wantJSON)
}

// excuse says that a field is one of those with which services say, even with 200, that something went wrong. None is an id, and
// {"code": 500} does not count 500 effects.
func excuse(field string) bool {
	switch strings.ToLower(field) {
	case "error", "errors", "code", "status", "statuscode", "status_code", "message":
		return true
	}
	return false
}

func listName(field string) bool {
	switch field {
	case "processed", "effects", "states", "subjects":
		return true
	}
	return false
}

func (d *jsonDecoder) lists(lists []gjson.Result) error {
	for _, l := range lists {
		if err := d.list(l); err != nil {
			return err
		}
	}
	return nil
}

func (d *jsonDecoder) counts(v gjson.Result) (err error) {
	v.ForEach(func(key, value gjson.Result) bool {
		var n int
		if n, err = jsonCount(value); err == nil {
			err = d.snap.count(key.Str, "", n)
		}
		if err != nil {
			err = fmt.Errorf("%q: %w", clip(key.Str), err)
		}
		return err == nil
	})
	return err
}
