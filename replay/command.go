package replay

import "time"

// Command is a Redis command that the endpoint sent, as a proxy in the middle saw it.
type Command struct {
	// At is when it arrived at the proxy, since the run's base, and End when its reply came from the server; an End of
	// 0 says that none came.
	At  time.Duration `json:"at_ns"`
	End time.Duration `json:"end_ns,omitempty"`
	// Replica names the replica it came from; empty where there is only one.
	Replica string `json:"replica,omitempty"`
	// Conn numbers the connections to the proxy from 1.
	Conn int `json:"conn"`
	// Event is the event whose id a key or an argument holds; empty where none does.
	Event string `json:"event,omitempty"`
	// N numbers the commands of an event from 1; 0 without an event.
	N int `json:"n,omitempty"`
	// Name is upper case.
	Name string `json:"name"`
	// Args are its arguments, cut to MaxArg bytes each and MaxArgs at most; secrets are masked, and a script's text is
	// replaced by its leading comment or its length.
	Args []string `json:"args,omitempty"`
	// Reply is the server's, cut to MaxArg bytes; "nil" for none of the kind asked for.
	Reply string `json:"reply,omitempty"`
	// Fault says what the proxy did to it; empty for nothing.
	Fault string `json:"fault,omitempty"`
}

// The bounds of what a Command keeps.
const (
	MaxArg  = 160
	MaxArgs = 12
)

// Text is the command as one would type it, without its reply.
func (c Command) Text() string {
	text := c.Name
	for _, a := range c.Args {
		text += " " + a
	}
	return text
}
