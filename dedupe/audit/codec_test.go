package audit

import (
	"math/rand/v2"
	"net/http"
	"reflect"
	"testing"
	"time"

	"hookonce/replay"
)

// What is spilled comes back whole: a verdict on a long run must not depend on less than one on a short run. Each field is filled by its
// kind, so that a new one is tried as soon as it is there.
func TestNothingIsLeftOut(t *testing.T) {
	var w codec
	var event replay.Event
	var delivery replay.Delivery
	var attempt replay.Attempt
	var effect replay.Effect
	r := rand.New(rand.NewPCG(1, 1))
	for _, noun := range []any{&event, &delivery, &attempt, &effect} {
		fill(t, r, reflect.ValueOf(noun).Elem())
	}
	event.Header, event.Body, event.Read = nil, nil, nil // the only ones that no check looks at
	w.event(&event)
	w.delivery(&delivery)
	w.attempt(&attempt)
	w.effect(&effect)
	back := codec{buf: w.buf, reading: true, known: map[string]string{}}
	var gotEvent replay.Event
	var gotDelivery replay.Delivery
	var gotAttempt replay.Attempt
	var gotEffect replay.Effect
	back.event(&gotEvent)
	back.delivery(&gotDelivery)
	back.attempt(&gotAttempt)
	back.effect(&gotEffect)
	for _, pair := range [][2]any{{event, gotEvent}, {delivery, gotDelivery}, {attempt, gotAttempt}, {effect, gotEffect}} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("wrote\n%+v\nread\n%+v", pair[0], pair[1])
		}
	}
	if back.bad || len(back.buf) > 0 {
		t.Errorf("bad %v, %d bytes are left", back.bad, len(back.buf))
	}
}

// fill gives everything in a noun a value that is not zero.
func fill(t *testing.T, r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, r, v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, r, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(t, r, v.Index(i))
		}
	case reflect.String:
		v.SetString(string(rune('a' + r.IntN(26))))
	case reflect.Int, reflect.Int64:
		v.SetInt(1 + r.Int64N(int64(time.Hour)))
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(r.Float64() + 1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Map:
		v.Set(reflect.ValueOf(http.Header{"X": {"1"}}))
	case reflect.Func:
	default:
		t.Fatalf("no value for %s", v.Type())
	}
}
