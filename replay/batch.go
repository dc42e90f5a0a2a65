package replay

import (
	"fmt"

	"github.com/tidwall/gjson"
)

// Batch says how a delivery of a provider that sends several events in one body puts their items together, other
// than they were sent before.
type Batch string

// The ways to put items together.
const (
	BatchAsSent Batch = ""
	BatchMerged Batch = "merged" // the items of another event after its own
	BatchHead   Batch = "head"   // the first item alone
	BatchRest   Batch = "rest"   // all items but the first
)

// BatchItems counts the items of a body at the path of its list; 0 where there is no list.
func BatchItems(body []byte, list string) int { return len(itemsOf(gjson.GetBytes(body, list))) }

func itemsOf(list gjson.Result) []gjson.Result {
	if !list.IsArray() {
		return nil
	}
	return list.Array()
}

// Apply returns the body with its items put together anew; list is the path of the items in it and in other. Each item
// keeps its bytes.
func (b Batch) Apply(body, other []byte, list string) ([]byte, error) {
	items, more := gjson.GetBytes(body, list), gjson.GetBytes(other, list)
	all := itemsOf(items)
	switch {
	case b == BatchAsSent:
		return body, nil
	case len(all) == 0, b == BatchMerged && len(itemsOf(more)) == 0, b == BatchRest && len(all) < 2:
		return nil, fmt.Errorf("batch %s: not enough items", b)
	case b == BatchHead:
		all = all[:1]
	case b == BatchRest:
		all = all[1:]
	case b == BatchMerged:
		all = append(all, itemsOf(more)...)
	}
	from := items.Index // where the whole body is the list, its index is 0
	out := append(append([]byte{}, body[:from]...), '[')
	for i, item := range all {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, item.Raw...)
	}
	return append(append(out, ']'), body[from+len(items.Raw):]...), nil
}
