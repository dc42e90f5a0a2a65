// Package supervise starts an endpoint under a supervisor of its own, and stops, kills, pauses and restarts it.
//
// Between hookonce and the endpoint stands a small process, the supervisor, which is hookonce itself with another
// task (Supervise). It reads orders from a pipe. When that pipe ends, because hookonce did, however it ended, it kills whatever
// the endpoint started and ends too: on Linux grandchildren included, also those that made themselves independent, because
// it is their reaper. Should somebody kill the supervisor, the endpoint dies with it, and hookonce ends what that had started, which it knows by a
// mark in the environment. On other systems it reaches the endpoint's process group.
//
// It never looks at what an endpoint prints, and never sends it a request.
package supervise
