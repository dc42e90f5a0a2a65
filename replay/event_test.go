package replay

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"reflect"
	"testing"
)

func TestBodyStaysAwayUntilLoaded(t *testing.T) {
	body := []byte(`{"id":"evt_1"}`)
	sum := sha256.Sum256(body)
	held := Event{Key: "evt_1", Fixture: "x.json", Refs: []string{"pi_1"}, Header: http.Header{"A": {"b"}}, SHA256: hex.EncodeToString(sum[:]), Body: body}
	kept, problem := body, error(nil)
	away := held.Unloaded(func() ([]byte, error) { return kept, problem })
	if away.Body != nil {
		t.Error("the body is still held")
	}
	whole, err := away.Loaded()
	whole.Read = nil
	if err != nil || !reflect.DeepEqual(whole, held) {
		t.Errorf("%+v, %v", whole, err)
	}
	if same, err := held.Loaded(); err != nil || !reflect.DeepEqual(same, held) {
		t.Errorf("a held event becomes %+v, %v", same, err)
	}
	kept = []byte(`{"id":"evt_2"}`)
	if _, err := away.Loaded(); !errors.Is(err, ErrChanged) || err.Error() != "x.json: has changed since it was read" {
		t.Errorf("a changed file gives %v", err)
	}
	problem = errors.New("no such file")
	if _, err := away.Loaded(); !errors.Is(err, problem) {
		t.Errorf("a lost file gives %v", err)
	}
}
