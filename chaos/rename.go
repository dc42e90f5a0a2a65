package chaos

import "hookonce/replay"

// renamed gives a fixture other ids. What the new event is known by may outlive its body. Where the fixture's body stays on disk the new
// event's does so too: its ids are noted, and put into the body again when that is sent.
func (b *builder) renamed(fixture *replay.Event, fresh func(old string) string) (replay.Event, error) {
	if s := b.stencils[idOf(fixture)]; s != nil {
		return s.rename(fresh), nil
	}
	if fixture.Read == nil {
		e, err := b.in.Rename(*fixture, fresh)
		return e.Detached(), err
	}
	whole, err := fixture.Loaded()
	if err != nil {
		return replay.Event{}, err
	}
	ids := map[string]string{}
	e, err := b.in.Rename(whole, func(old string) string {
		ids[old] = fresh(old)
		return ids[old]
	})
	if err != nil {
		return e, err
	}
	return e.Unloaded(func() ([]byte, error) {
		whole, err := fixture.Loaded()
		if err != nil {
			return nil, err
		}
		again, err := b.in.Rename(whole, func(old string) string { return ids[old] })
		return again.Body, err
	}), nil
}
