package want

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/wire"
)

func asker() Asker { return Asker{Context: context.Background()} }

// questions is one question of each kind.
func questions(a Asker) []Question {
	return []Question{
		NewChooseConfig(a, nil), NewChooseCredential(a, nil, nil), NewSign(a, nil, 0, nil),
		NewDecryptPremaster(a, nil, nil), NewVerifyPeer(a, Peer{}),
		NewLoadSession(a, "", time.Time{}, false), NewStoreSession(a, nil, nil), NewOpenTicket(a, nil, time.Time{}),
		NewSealTicket(a, nil, time.Time{}),
	}
}

func isDone(q Question) bool {
	select {
	case <-q.Done():
		return true
	default:
		return false
	}
}

func TestAnswerOnce(t *testing.T) {
	notified := 0
	a := asker()
	a.Notify = func() { notified++ }
	q := NewSign(a, nil, wire.ED25519, []byte("message"))
	if isDone(q) || notified != 0 {
		t.Error("a new question is answered already")
	}
	if err := q.Answer([]byte("first")); err != nil {
		t.Fatal(err)
	}
	if !isDone(q) || notified != 1 {
		t.Errorf("after the answer: done %v, %d notifications", isDone(q), notified)
	}
	if err := q.Answer([]byte("second")); !errors.Is(err, ErrAnswered) {
		t.Errorf("the second answer: %v", err)
	}
	if err := q.Fail(io.EOF); !errors.Is(err, ErrAnswered) {
		t.Errorf("a failure after the answer: %v", err)
	}
	if got, err := q.Result(); string(got) != "first" || err != nil {
		t.Errorf("the result is %q, %v", got, err)
	}
	if notified != 1 {
		t.Errorf("refused answers notify: %d", notified)
	}
}

func TestFail(t *testing.T) {
	q := NewVerifyPeer(asker(), Peer{})
	if err := q.Fail(io.EOF); err != nil {
		t.Fatal(err)
	}
	if err := q.Answer(Verdict{}); !errors.Is(err, ErrAnswered) {
		t.Errorf("an answer after the failure: %v", err)
	}
	if _, err := q.Result(); err != io.EOF || !isDone(q) {
		t.Errorf("the result is %v, done %v", err, isDone(q))
	}
}

// A failure without a reason is a failure still.
func TestFailNil(t *testing.T) {
	q := NewChooseCredential(asker(), nil, nil)
	if err := q.Fail(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Result(); err == nil {
		t.Error("Fail(nil) became a success")
	}
}

// Many goroutines answer at once: one of them wins, and what it said is the result. The race detector watches.
func TestConcurrentAnswers(t *testing.T) {
	for range 100 {
		var notified, won atomic.Int32
		a := asker()
		a.Notify = func() { notified.Add(1) }
		q := NewDecryptPremaster(a, nil, nil)
		var group sync.WaitGroup
		var winner atomic.Int32
		for i := range 8 {
			group.Go(func() {
				err := q.Answer([]byte{byte(i)})
				if err == nil {
					won.Add(1)
					winner.Store(int32(i))
				} else if !errors.Is(err, ErrAnswered) {
					t.Error(err)
				}
			})
		}
		<-q.Done()
		group.Wait()
		got, err := q.Result()
		if won.Load() != 1 || notified.Load() != 1 || err != nil || len(got) != 1 || int32(got[0]) != winner.Load() {
			t.Fatalf("%d answers won, %d notifications, result %v, %v; the winner said %d",
				won.Load(), notified.Load(), got, err, winner.Load())
		}
	}
}

// Notify comes after the answer is stored and Done is closed: whoever is woken finds it.
func TestNotifyFindsTheAnswer(t *testing.T) {
	var q *Sign
	a := asker()
	a.Notify = func() {
		if got, err := q.Result(); string(got) != "answer" || err != nil || !isDone(q) {
			t.Errorf("woken, but the result is %q, %v", got, err)
		}
	}
	q = NewSign(a, nil, 0, nil)
	if err := q.Answer([]byte("answer")); err != nil {
		t.Fatal(err)
	}
}

// Every question carries the asker's context, works without a Notify, and has a name of its own.
func TestQuestions(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	names := map[string]bool{"NeedInput": true, "HaveOutput": true, "Ready": true, "Failed": true}
	for _, w := range []Want{NeedInput{}, HaveOutput{}, Ready{}, Failed{}} {
		if !names[w.Name()] {
			t.Errorf("%T is named %s", w, w.Name())
		}
	}
	for _, q := range questions(Asker{Context: ctx}) {
		if q.Context() != ctx {
			t.Errorf("%s has another context", q.Name())
		}
		if names[q.Name()] {
			t.Errorf("there are two %s", q.Name())
		}
		names[q.Name()] = true
		if err := q.Fail(io.EOF); err != nil || !isDone(q) {
			t.Errorf("%s: %v, done %v", q.Name(), err, isDone(q))
		}
	}
}
