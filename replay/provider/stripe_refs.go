package provider

// stripeRefs lists the ids in the payload an endpoint may count by, in the order
// in which they stand there. text must be valid JSON. It does what eachString would do with less to tell, because every fixture is
// looked through by it when it is loaded.
func stripeRefs(text string, key, subject string) []string {
	var room [32]frame
	found := refs{key: key, subject: subject}
	stack, top := room[:0], ""
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '{', '[':
			stack = append(stack, nested(stack, c == '{', freeField))
		case '}', ']':
			stack = stack[:len(stack)-1]
		case ',':
			if f := &stack[len(stack)-1]; f.object {
				f.wantKey = true
			}
		case '"':
			value, end := textAt(text, i)
			i = end
			if len(stack) == 0 {
				continue
			}
			f := &stack[len(stack)-1]
			switch {
			case f.wantKey:
				f.name, f.wantKey = value, false
				if len(stack) == 1 {
					top = value
				}
			case !f.free && f.name != freeField && top != "request":
				found.add(value, f.name)
			}
		}
	}
	return found.list
}

// textAt is the JSON string that begins at i, and where its closing quote is.
func textAt(text string, i int) (value string, end int) {
	plain := true
	for end = i + 1; end < len(text) && text[end] != '"'; end++ {
		if text[end] == '\\' {
			plain = false
			end++
		}
	}
	if end >= len(text) {
		return "", len(text)
	}
	if plain {
		return text[i+1 : end], end
	}
	return decoded(text[i : end+1]), end
}

// refs collects ids that are neither the event's nor its subject's, each once.
type refs struct {
	key, subject string
	list         []string
	seen         map[string]bool
}

// add takes a value of a field, if it is such an id.
func (r *refs) add(value, field string) {
	const shortest = 2 + 5 // a prefix, and an underscore with what stands behind it
	if len(value) < shortest || value[0] < 'a' || value[0] > 'z' {
		return
	}
	prefix, _, strong := stripeID(value)
	if !stripeRefPrefix(prefix) || !strong && field != "id" && !stripeRefField(field) || value == r.key || value == r.subject || r.seen[value] {
		return
	}
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	r.seen[value] = true
	r.list = append(r.list, value)
}
