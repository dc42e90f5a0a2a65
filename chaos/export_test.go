package chaos

import "hookonce/replay"

// BuildInTurn is Build with one part made after the other, by one builder.
func BuildInTurn(in Input) (replay.Plan, error) {
	b := newBuilder(in)
	for _, p := range b.parts() {
		p.add(b.forFault(p.fault))
	}
	addTail(b)
	addSentinels(b)
	return b.finish()
}
