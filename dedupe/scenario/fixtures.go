package scenario

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"hookonce/replay"
)

// Fixtures are events to plan with: a fact without a version, the life of a subject with its deletion, and
// two subjects whose versions text and floats compare wrongly.
func Fixtures() []replay.Event {
	p := &planner{}
	p.event("evt_fact", "sub_fact", "")
	for subject, versions := range [][]string{{"1", "2"}, {"9", "10"}, {"9007199254740992", "9007199254740993"}} {
		for _, v := range versions {
			p.event("evt_v"+v, fmt.Sprintf("sub_%d", subject), v)
		}
	}
	p.say(replay.Event{Key: "evt_gone", Subject: "sub_0", Version: "3", Deletes: true, Fixture: "scenario/evt_gone"})
	return p.plan.Events
}

// Rename gives an event of a scenario other ids, as a provider's Rename does.
func Rename(e replay.Event, fresh func(old string) string) (replay.Event, error) {
	return identified(e, fresh(e.Key), fresh(e.Subject), "")
}

// FromSource gives an event the id of another one, from a source of its own.
func FromSource(e replay.Event, id string) (replay.Event, error) {
	return identified(e, id, e.Subject, otherSource)
}

// otherSource is the account that gives its events ids which others gave to theirs.
const otherSource = "acct_other"

func identified(e replay.Event, id, subject, source string) (replay.Event, error) {
	old := e
	body := bytes.Replace(e.Body, []byte(`"id":"`+e.ProviderID()+`"`), []byte(`"id":"`+id+`"`), 1)
	body = bytes.Replace(body, []byte(`"subject":"`+e.Subject+`"`), []byte(`"subject":"`+subject+`"`), 1)
	e.Key, e.Subject, e.OriginalKey = id, subject, old.Key
	if source != "" {
		if strings.Contains(string(body), `"account"`) {
			return old, fmt.Errorf("%s has a source already", old.Key)
		}
		body = append([]byte(`{"account":"`+source+`",`), body[1:]...)
		e.Key, e.ID, e.Source = source+"/"+id, id, source
	}
	sum := sha256.Sum256(body)
	e.Body, e.SHA256 = body, hex.EncodeToString(sum[:])
	return e, nil
}
