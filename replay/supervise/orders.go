package supervise

// order is what hookonce tells the supervisor: one byte each.
type order byte

const (
	orderTerm    order = 't' // SIGTERM to the endpoint's process group
	orderKill    order = 'k' // SIGKILL to everything the endpoint started
	orderPause   order = 'p' // SIGSTOP to everything
	orderResume  order = 'c' // SIGCONT to everything
	orderRestart order = 'r' // start again what is gone
)

// What the supervisor reports, a line each: a word, and what there is to say.
const (
	reportStarted = "started"
	reportGone    = "gone"   // nothing of it is left; how it ended
	reportFailed  = "failed" // it could not be started; why
)

// separator is what the supervisor prints once nothing of the endpoint is left: what came before it is all that the endpoint printed.
const separator = 0
