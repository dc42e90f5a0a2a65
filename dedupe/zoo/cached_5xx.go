package zoo

import (
	"context"
	"net/http"
	"strconv"

	"hookonce/dedupe/reference"
)

// Cached5xx locks and renews as it should, and gives every duplicate the answer the first delivery got.
//
// Its flaw: a failure is an answer, too. It is given to every redelivery, and the work is never tried again.
func Cached5xx(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	cache := "answer:" + r.Key
	if status, err := w.Redis.Get(ctx, cache).Int(); err == nil && status != http.StatusOK {
		return failed()
	}
	var answer reference.Response
	locked := lockOf(r.Event).once(ctx, w, func() error {
		answer = None(ctx, w, r)
		return w.Redis.Set(ctx, cache, strconv.Itoa(answer.Status), retention).Err()
	})
	if answer.Status != 0 && locked.Status == http.StatusOK {
		return answer
	}
	return locked
}
