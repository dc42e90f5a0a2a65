package observe

import (
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// idField is the place of a field among those that hold an id; -1 for others. An
// "event_id" is never a row's own number, an "id" may be, and an "event" may be a type.
func idField(name string) int {
	switch name {
	case "event_id":
		return 0
	case "id":
		return 1
	case "event":
		return 2
	case "key":
		return 3
	}
	return -1
}

// jsonItem is an item's fields, as far as they mean something here.
type jsonItem struct {
	ids      [4]string // by idField
	blank    bool      // there is a field for the id, with nothing in it
	count    gjson.Result
	effect   gjson.Result
	name     gjson.Result
	subject  gjson.Result
	version  gjson.Result
	versions gjson.Result
	deleted  gjson.Result
}

func (d *jsonDecoder) item(v gjson.Result) error {
	switch {
	case isID(v):
		return d.snap.count(idText(v), "", 1)
	case !v.IsObject():
		return fmt.Errorf("found %s, want an object or an id", describe(v))
	}
	it := fieldsOf(v)
	state := present(it.subject) && (present(it.version) || present(it.versions) || present(it.deleted))
	if state {
		if err := d.state(it); err != nil {
			return err
		}
	}
	if state && !it.count.Exists() {
		return nil
	}
	return d.count(it, v)
}

func fieldsOf(v gjson.Result) (it jsonItem) {
	v.ForEach(func(key, value gjson.Result) bool {
		switch key.Str {
		case "count":
			it.count = value
		case "effect":
			it.effect = value
		case "name":
			it.name = value
		case "subject":
			it.subject = value
		case "version":
			it.version = value
		case "versions":
			it.versions = value
		case "deleted":
			it.deleted = value
		default:
			if i := idField(key.Str); i >= 0 && isID(value) {
				it.ids[i] = idText(value)
			}
			it.blank = it.blank || idField(key.Str) >= 0 && (value.Type == gjson.Null || isID(value) && idText(value) == "")
		}
		return true
	})
	return it
}

func (d *jsonDecoder) count(it jsonItem, v gjson.Result) error {
	id := d.pick(it.ids)
	if id == "" && !it.blank {
		return fmt.Errorf("no id in event_id, id, event or key, and no subject with a version: %s", clip(v.Raw))
	}
	n := 1
	if it.count.Exists() {
		var err error
		if n, err = jsonCount(it.count); err != nil {
			return fmt.Errorf("id %q: %w", clip(id), err)
		}
	}
	name := it.effect
	if !present(name) {
		name = it.name
	}
	if present(name) && name.Type != gjson.String {
		return fmt.Errorf("id %q: the effect's name is %s, want a string", clip(id), describe(name))
	}
	return d.snap.count(id, name.Str, n)
}

func (d *jsonDecoder) pick(ids [4]string) string {
	first := ""
	for _, id := range ids {
		if id == "" {
			continue
		}
		if d.known == nil || d.known(id) {
			return id
		}
		if first == "" {
			first = id
		}
	}
	return first
}

func (d *jsonDecoder) state(it jsonItem) error {
	if !isID(it.subject) {
		return fmt.Errorf("the subject is %s, want a string or a number", describe(it.subject))
	}
	subject := idText(it.subject)
	versions, err := it.history()
	if err != nil {
		return fmt.Errorf("subject %q: %w", clip(subject), err)
	}
	if !it.versions.Exists() {
		d.snap.sampled = true
	}
	if len(versions) == 0 {
		return nil // known, and nothing committed yet
	}
	return d.snap.state(subject, versions...)
}

// history is all versions the item tells; the present one comes last.
func (it jsonItem) history() (all []version, err error) {
	if present(it.versions) {
		if all, err = versionList(it.versions); err != nil {
			return nil, err
		}
	}
	deleted, err := jsonBool(it.deleted)
	if err != nil {
		return nil, err
	}
	last := len(all) - 1
	switch {
	case present(it.version) && !isID(it.version):
		return nil, fmt.Errorf("the version is %s, want a string or a number", describe(it.version))
	case !present(it.version) && last >= 0, last >= 0 && all[last].text == idText(it.version):
		all[last].deleted = all[last].deleted || deleted
	case present(it.version) || deleted:
		all = append(all, version{idText(it.version), deleted})
	}
	return all, nil
}

func versionList(v gjson.Result) (all []version, err error) {
	if !v.IsArray() {
		return nil, fmt.Errorf("versions is %s, want a list", describe(v))
	}
	v.ForEach(func(_, entry gjson.Result) bool {
		text, deleted := entry, false
		if entry.IsObject() {
			it := fieldsOf(entry)
			text = it.version
			if deleted, err = jsonBool(it.deleted); err != nil {
				return false
			}
		}
		if !isID(text) {
			err = fmt.Errorf("versions holds %s, want strings or numbers", describe(entry))
			return false
		}
		all = append(all, version{idText(text), deleted})
		return true
	})
	return all, err
}

// jsonCount reads a count. Database drivers often give one as a string.
func jsonCount(v gjson.Result) (int, error) {
	if !isID(v) {
		return 0, fmt.Errorf("the count is %s, want a whole number", describe(v))
	}
	return parseCount(idText(v))
}

// jsonBool reads a truth value. SQLite and MySQL give 0 and 1.
func jsonBool(v gjson.Result) (bool, error) {
	switch {
	case !present(v), v.Type == gjson.False, v.Raw == "0":
		return false, nil
	case v.Type == gjson.True, v.Raw == "1":
		return true, nil
	}
	return false, fmt.Errorf("deleted is %s (%s), want true or false", describe(v), clip(v.Raw))
}

func present(v gjson.Result) bool { return v.Exists() && v.Type != gjson.Null }

func isID(v gjson.Result) bool { return v.Type == gjson.String || v.Type == gjson.Number }

// idText is an id or a version as text: a number's digits as they were written.
func idText(v gjson.Result) string {
	if v.Type == gjson.Number {
		return strings.TrimSpace(v.Raw)
	}
	return v.Str
}

func describe(v gjson.Result) string {
	switch {
	case !v.Exists():
		return "missing"
	case v.Type == gjson.Null:
		return "null"
	case v.IsArray():
		return "a list"
	case v.IsObject():
		return "an object"
	case v.Type == gjson.String:
		return "a string"
	case v.Type == gjson.Number:
		return "a number"
	}
	return "a truth value"
}
