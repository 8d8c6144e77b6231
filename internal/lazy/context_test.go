package lazy

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

type key struct{}

func ended(c context.Context) bool {
	select {
	case <-c.Done():
		return c.Err() != nil
	default:
		return false
	}
}

// It ends by Cancel, whoever waits before and after.
func TestCancel(t *testing.T) {
	var c, late Context
	done := c.Done()
	if ended(&c) || c.Err() != nil {
		t.Fatal("it has ended before anybody ended it")
	}
	c.Cancel()
	c.Cancel()
	<-done
	late.Cancel()
	if !ended(&c) || !ended(&late) || !errors.Is(c.Err(), context.Canceled) {
		t.Errorf("%v, %v", c.Err(), late.Err())
	}
}

// It ends with what it follows, with that one's reason, and has its values.
func TestFollow(t *testing.T) {
	cause := context.WithValue(t.Context(), key{}, "value")
	parent, cancel := context.WithCancel(cause)
	var c Context
	c.Follow(parent)
	if c.Value(key{}) != "value" || c.Err() != nil {
		t.Errorf("%v, %v", c.Value(key{}), c.Err())
	}
	done := c.Done()
	cancel()
	<-done
	if !ended(&c) {
		t.Error("it has not ended")
	}

	var quiet Context // nobody waits for it
	quiet.Follow(parent)
	if !errors.Is(quiet.Err(), context.Canceled) {
		t.Errorf("its parent has ended: %v", quiet.Err())
	}
	<-quiet.Done()
}

// What is followed no longer ends it no longer.
func TestFollowAnother(t *testing.T) {
	parent, cancel := context.WithCancel(t.Context())
	var c Context
	c.Follow(parent)
	c.Done()
	c.Leave()
	cancel()
	if c.Err() != nil || ended(&c) {
		t.Error("it ends with what it has left")
	}
	other, cancelOther := context.WithCancel(t.Context())
	c.Follow(other)
	cancelOther()
	<-c.Done()
}

// Contexts of package context follow it, and one of its kind does.
func TestFollowed(t *testing.T) {
	var c, next Context
	child, cancel := context.WithCancel(&c)
	defer cancel()
	next.Follow(&c)
	nextDone := next.Done()
	ran := make(chan struct{})
	context.AfterFunc(&c, func() { close(ran) })
	stop := context.AfterFunc(&c, func() { t.Error("it was stopped") })
	if !stop() || stop() {
		t.Error("stopping says that it ran")
	}
	c.Cancel()
	<-child.Done()
	<-nextDone
	<-ran
	if late := context.AfterFunc(&c, func() {}); late() {
		t.Error("it has ended already")
	}
}

// Nobody waiting, nothing is allocated.
func TestNoAllocation(t *testing.T) {
	parent, cancel := context.WithCancel(t.Context())
	defer cancel()
	contexts := make([]Context, 200)
	i := 0
	if n := testing.AllocsPerRun(100, func() {
		c := &contexts[i]
		i++
		c.Follow(parent)
		_ = c.Err()
		c.Cancel()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Package context calls AfterFunc with a lock held that the function takes too: what has ended already calls it from
// elsewhere.
func TestAfterFuncOfTheEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c Context
		c.Cancel()
		held, returned := make(chan struct{}), false
		go func() {
			c.AfterFunc(func() { <-held })
			returned = true
		}()
		synctest.Wait()
		if !returned {
			t.Error("AfterFunc waits for the function that it was given")
		}
		close(held)
	})
}
