package audit

// norm is what control taught about the events of one kind.
type norm struct {
	lesson *lesson // nil where control never acknowledged them
	// standing says why they are not judged; "" if they are.
	standing string
	// told says that the user said how many effects an event has, over all names: that many are expected.
	told bool
	// expected is how many effects one clean delivery has.
	expected int
	// least and most are the effects that are normal, by the name's place in the docket's names. The most is taken
	// over both contexts: where an endpoint acts once per subject, it is the first event to come that
	// acts, whichever that is.
	least, most []int
}

// kind is all of an event that its norm depends on.
type kind struct {
	context
	eventType string
}

// normOf returns what is normal for an event; the events of one kind share it.
func (l *learnt) normOf(f *dossier) *norm {
	if len(f.planned) == 0 {
		return l.unplanned
	}
	k := kind{context{f.event.Fixture, f.lifecycle}, f.event.Type}
	n := l.norms[k]
	if n == nil {
		n = l.newNorm(k)
		l.norms[k] = n
	}
	return n
}

func (l *learnt) newNorm(k kind) *norm {
	n := &norm{lesson: l.find(k), least: make([]int, l.names), most: make([]int, l.names)}
	if n.lesson != nil {
		n.expected = n.lesson.effects()
		copy(n.least, n.lesson.least)
		copy(n.most, n.lesson.most)
		n.widen(l, k)
	}
	if e, told := l.expect[k.eventType]; told {
		n.expected, n.told = e, true
	}
	n.standing = l.standingOf(k, n.lesson)
	return n
}

func (n *norm) widen(l *learnt, k kind) {
	for _, lifecycle := range []bool{false, true} {
		o := l.byContext[context{k.fixture, lifecycle}]
		if o == nil || !k.lifecycle {
			continue
		}
		for i := range n.most {
			n.most[i] = max(n.most[i], o.most[i])
		}
	}
}

// find returns what is known of a kind's normal: from the same fixture in the
// same context, else from its type. It is nil where control never acknowledged it, and without counts where those are not its own.
func (l *learnt) find(k kind) *lesson {
	own, ofType := l.byContext[k.context], l.byType[k.eventType]
	switch {
	case own != nil && own.acked > 0:
		return own
	case own != nil && !own.shared:
		return nil
	case ofType != nil && ofType.acked > 0:
		return ofType
	case own != nil:
		return own
	case ofType != nil && ofType.shared:
		return ofType
	}
	return nil
}

// unsure says that whether an effect of control happened is not known, and that the kind's normal depends on it.
func (l *learnt) unsure(k kind) bool {
	for _, lifecycle := range []bool{false, true} {
		if o := l.byContext[context{k.fixture, lifecycle}]; o != nil && o.unsure {
			return true
		}
	}
	les := l.byType[k.eventType]
	return l.byContext[k.context] == nil && les != nil && les.unsure
}

func (l *learnt) standingOf(k kind, les *lesson) string {
	if n, told := l.expect[k.eventType]; told {
		if n == 0 {
			return "ignored"
		}
		return ""
	}
	switch {
	case l.unsure(k):
		return "undecided"
	case les == nil && l.refusals[k.eventType] != "":
		return "refused"
	case les == nil || les.acked == 0:
		return "undecided"
	case les.silent():
		return "ignored"
	}
	return ""
}
