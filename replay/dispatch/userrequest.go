package dispatch

import (
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/net/http/httpguts"

	"hookonce/replay"
)

// Request is a request of the user's own, to the endpoint's host.
type Request struct {
	Method, Path string // the path with its query
	Header       http.Header
	Body         []byte
}

// composeRequest makes the user's request that goes with an event.
func (r *runner) composeRequest(s *shot) (m message, ok bool) {
	if r.Request == nil {
		return m, s.unsent("not described: the plan has a request, and nobody says which")
	}
	e, err := s.e.Loaded()
	if err != nil {
		return m, s.unsent(fmt.Sprintf("not read: %s", err))
	}
	if m, err = s.place.to.request(r.Request(e)); err != nil {
		return m, s.unsent(fmt.Sprintf("not put together: %s", err))
	}
	return m, true
}

// request is the message of a request to the endpoint's host.
func (e *endpoint) request(q Request) (message, error) {
	if !httpguts.ValidHeaderFieldName(q.Method) {
		return message{}, errors.New("the method is no word")
	}
	to, err := startOf(q.Path, e.start.host)
	if err != nil {
		return message{}, err
	}
	to.text = q.Method + to.text[len(http.MethodPost):]
	own, err := fieldsOf(q.Header)
	rest := defaults[:]
	if len(q.Body) == 0 {
		rest = []field{defaults[0], defaults[2]} // nothing has a type
	}
	return message{to, [4][]field{e.extra, own, nil, rest}, q.Body}, err
}

// holdsRequest says that a request of the user's is among the unit's deliveries. It may have no body whose last byte could wait.
func (u *unit) holdsRequest() bool {
	for _, d := range u.members {
		if d.Role == replay.RoleRequest {
			return true
		}
	}
	return false
}
