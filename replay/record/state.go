package record

// written tells a batch's entries that they are on disk, or given up.
func (j *Journal) written(batch []*pending, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, p := range batch {
		j.waiting -= len(p.Body)
		if ok {
			j.stats.Written++
		} else {
			j.stats.Lost++
		}
		select {
		case p.done <- ok:
		default: // it was told that it need not wait
		}
	}
}

// failed notes a failure and lets everybody go who waits. It says whether to try again.
func (j *Journal) failed(err error, batch []*pending) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stats.Failures++
	if !j.failing {
		j.say("cannot write: %s; webhooks are forwarded all the same, and written as soon as that works again", err)
	}
	j.failing = true
	for _, list := range [][]*pending{batch, j.queue} {
		for _, p := range list {
			select {
			case p.done <- false:
			default:
			}
		}
	}
	return !j.closed
}

// recovered notes that a write went well.
func (j *Journal) recovered() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failing {
		j.say("writing works again; %d webhooks are behind", len(j.queue))
	}
	j.failing = false
}

// closing yields when the journal is being closed.
func (j *Journal) closing() <-chan struct{} { return j.stop }
