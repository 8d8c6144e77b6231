package main

import (
	"context"
	"errors"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// largeHelloPatience is how long a ClientHello with a post-quantum key share, which no longer fits into one packet,
// may stay without an answer before a smaller one is tried.
const largeHelloPatience = 6 * time.Second

// connectEither connects and shakes hands. Some middleboxes take a ClientHello of two packets for no ClientHello, and
// drop it in silence; then a smaller one gets an answer.
func (f *fetch) connectEither(ctx context.Context, addr string) (*tls.Conn, error) {
	if f.config.CurvePreferences != nil || f.config.MaxVersion == tls.VersionTLS12 {
		return f.connect(ctx, addr, f.config, 0)
	}
	patience := largeHelloPatience
	if deadline, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(deadline)/2)
	}
	conn, err := f.connect(ctx, addr, f.config, patience)
	if !unanswered(err) || ctx.Err() != nil {
		return conn, err
	}
	f.tell.warn("no answer to a ClientHello of more than one packet (it has a post-quantum key share); trying a smaller one")
	smaller := f.config.Clone()
	for _, g := range []wire.NamedGroup{wire.X25519, wire.SecP256r1, wire.SecP384r1, wire.SecP521r1} {
		smaller.CurvePreferences = append(smaller.CurvePreferences, tls.CurveID(g))
	}
	if conn, err = f.connect(ctx, addr, smaller, 0); err != nil {
		return nil, err
	}
	f.tell.warn("the smaller ClientHello was answered: a middlebox on the way drops large ones; until it is mended, --groups X25519 saves the wait")
	return conn, nil
}

// unanswered reports whether a ClientHello met silence.
func unanswered(err error) bool {
	var silence *fault.Error
	return errors.As(err, &silence) && silence.Rule == fault.Silence && silence.Step == fault.StepClientHello
}
