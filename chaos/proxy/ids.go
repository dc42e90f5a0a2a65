package proxy

import (
	"encoding/binary"
	"slices"
)

// IDs finds known ids in text. The zero value knows none; it is not to be changed while it is read.
type IDs struct {
	byID    map[string]string // the event of each id
	lengths []int             // of the ids, the longest first
	tails   [1 << 12]uint64   // a set of the hashes of the ids' last bytes: most places in a text are no id's end
}

// tail is how many of an id's last bytes are hashed. Shorter ids are not looked for: they would be found everywhere.
const tail = 4

// Add makes an id known as the event's. The first event of an id keeps it.
func (x *IDs) Add(id, event string) {
	if len(id) < tail || x.byID[id] != "" {
		return
	}
	if x.byID == nil {
		x.byID = map[string]string{}
	}
	x.byID[id] = event
	h := hash([]byte(id[len(id)-tail:]))
	x.tails[h>>6] |= 1 << (h & 63)
	if !slices.Contains(x.lengths, len(id)) {
		x.lengths = append(x.lengths, len(id))
		slices.SortFunc(x.lengths, func(a, b int) int { return b - a })
	}
}

// Find returns the event of the first id in the text; "" where there is none. What is only a part of a word, as
// order-1 is of order-10, is no id. Of several at one place it is the longest.
func (x *IDs) Find(text []byte) string {
	if x == nil || len(x.byID) == 0 {
		return ""
	}
	for end := tail; end <= len(text); end++ {
		h := hash(text[end-tail : end])
		if x.tails[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		for _, l := range x.lengths {
			if l <= end && x.known(text, end-l, end) != "" {
				return x.longest(text, end-l)
			}
		}
	}
	return ""
}

// longest returns the event of the longest id that begins there.
func (x *IDs) longest(text []byte, begin int) (event string) {
	for _, l := range x.lengths {
		if begin+l <= len(text) {
			if event = x.known(text, begin, begin+l); event != "" {
				break
			}
		}
	}
	return event
}

// known returns the event whose id a part of the text is, if it stands for itself. What follows must not go on with the
// word. Before it there may be letters, since endpoints write lockevt_1, but a number must not begin in the middle.
func (x *IDs) known(text []byte, begin, end int) string {
	event := x.byID[string(text[begin:end])]
	if event == "" || end < len(text) && (digit(text[end]) || letter(text[end])) {
		return ""
	}
	if begin == 0 || !digit(text[begin]) {
		return event
	}
	before := text[begin-1]
	if digit(before) || letter(before) && !slices.ContainsFunc(text[begin:end], func(c byte) bool { return !digit(c) }) {
		return ""
	}
	return event
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// hash is of the four bytes, to 18 bits.
func hash(b []byte) uint32 { return binary.LittleEndian.Uint32(b) * 2654435761 >> 14 }
