package bench

// perSide counts the allocations of each end's part in a handshake.
func (p peers) perSide(t TB, handshakes int) (client, server float64) {
	t.Helper()
	spent := p.takeTurns(t, allocationMeter(), func(done int) bool { return done < handshakes })
	return float64(spent.client) / float64(handshakes), float64(spent.server) / float64(handshakes)
}

// turns is what the two sides of some handshakes have spent.
type turns struct {
	handshakes     int
	client, server uint64
}

// takeTurns shakes hands while more says so, each end standing still while the other one works, and reads the meter at
// every change. As in any server, each connection has a goroutine of its own, whose stack is new.
func (p peers) takeTurns(t TB, m meter, more func(done int) bool) turns {
	t.Helper()
	visits, served := make(chan *baton), make(chan error, 1)
	a, b := newDuplex(0)
	defer a.Close()
	serve := func() {
		pass := <-visits
		pass.begin(1)
		err := p.serve(p.server(&turnTaker{b, pass, 1}))
		if err != nil {
			b.Close()
		}
		pass.end(1)
		served <- err
	}
	var spent turns
	for more(spent.handshakes) {
		pass := newBaton(m)
		go serve()
		visits <- pass
		pass.start()
		err := p.visit(p.client(&turnTaker{a, pass, 0}))
		if err != nil {
			a.Close()
		}
		pass.end(0)
		if served := <-served; err != nil || served != nil {
			t.Fatalf("%s: client: %v; server: %v", p.impl, err, served)
		}
		spent.handshakes++
		spent.client += pass.spent[0]
		spent.server += pass.spent[1]
	}
	return spent
}
