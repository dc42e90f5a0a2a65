package proxy

import "encoding/binary"

// IDs finds known ids in text. The zero value knows none; it is not to be changed while it is read.
type IDs struct {
	byID    map[string]string // the event of each id
	lengths []int
	tails   [1 << 12]uint64 // a set of the hashes of the ids' last bytes: most places in a text are no id's end
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
	for _, l := range x.lengths {
		if l == len(id) {
			return
		}
	}
	x.lengths = append(x.lengths, len(id))
}

// Find returns the event of the first id in the text; "" where there is none.
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
			if l <= end {
				if event := x.byID[string(text[end-l:end])]; event != "" {
					return event
				}
			}
		}
	}
	return ""
}

// hash is of the four bytes, to 18 bits.
func hash(b []byte) uint32 { return binary.LittleEndian.Uint32(b) * 2654435761 >> 14 }
