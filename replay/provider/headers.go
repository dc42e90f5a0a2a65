package provider

import "net/http"

// resendable keeps the recorded headers that describe the event and not the
// connection it came over, and those in more; everything that is not listed may identify or authorise somebody.
func resendable(recorded http.Header, more ...string) http.Header {
	if len(recorded) == 0 {
		return nil
	}
	var h http.Header
	for _, name := range append([]string{"Accept", "Cache-Control", "Content-Type", "User-Agent"}, more...) {
		name = http.CanonicalHeaderKey(name)
		if v := recorded.Values(name); len(v) > 0 {
			if h == nil {
				h = http.Header{}
			}
			h[name] = append([]string(nil), v...)
		}
	}
	return h
}

// headersOf are the event's own headers, and defaults where it has none. Both are as Identify left them.
func headersOf(own, defaults http.Header) http.Header {
	h := defaults
	for name, values := range own {
		h[name] = values
	}
	return h
}
