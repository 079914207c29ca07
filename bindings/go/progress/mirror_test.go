// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package progress

import (
	"errors"
	"log"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"headway"
)

// watch opens the arena that others see, read-only.
func watch(t testing.TB) *headway.Arena {
	t.Helper()
	arena, err := headway.Open("", &headway.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { arena.Close() })
	return arena
}

func seen(t testing.TB, arena *headway.Arena, p *progress) string {
	t.Helper()
	text, err := arena.StatusJSON(p.record.record.ID())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// In every state others see the bytes that the program's own handler answers.
func TestOthersSeeTheSameBytes(t *testing.T) {
	tr, _ := NewTracker("/_/status/")
	p := New()
	arena := watch(t)
	tr.Add(p)
	for _, step := range []func(){
		func() {},
		func() { p.Message("Step", "1/2") },
		func() { p.Message("Query", "<a&b>\u2029\u00e9\xc3") },
		func() { p.Message("Step", "2/2") },
		func() { p.Results(map[string]any{"b": []any{1.5, nil, "<"}, "a": "\u2028"}) },
		func() { p.URL("/elsewhere") },
		func() { p.FinishedWithResults([]int{1, 2}) },
	} {
		step()
		is(t, "bytes", seen(t, arena, p), jsonOf(t, p))
	}
	failed := New()
	tr.Add(failed)
	failed.Message(ErrorMessageKey, "not yet")
	failed.Error("now")
	is(t, "bytes", seen(t, arena, failed), jsonOf(t, failed))

	s, err := arena.Read(p.record.record.ID())
	is(t, "error", err, nil)
	is(t, "name", s.Name, "progress.TestOthersSeeTheSameBytes")
	is(t, "time to live", s.TTL, cacheDuration)
	is(t, "owner", s.OwnerPID, os.Getpid())
}

// What a record cannot hold is shown as the documentation says, and the program sees its own.
func TestWhatARecordCannotHold(t *testing.T) {
	p := New()
	arena := watch(t)
	p.URL("/u")
	p.Message("a\x00b", "\x00")
	p.Message("", "no key")
	p.Results(1)
	p.Results(panics{})
	p.Results(make(chan int))
	want := `{"status":"Running","messages":[{"key":"a` + "\uFFFD" + `b","value":"` + "\uFFFD" + `"}],"results":1,"url":"/u"}` + "\n"
	is(t, "seen", seen(t, arena, p), want)
	p.Results(nil)
	is(t, "nil again", strings.Contains(seen(t, arena, p), `"results":null`), true)
	p.Error("\x00")
	is(t, "its own", strings.Contains(jsonOf(t, p), `{"key":"","value":"no key"},{"key":"Error","value":"\u0000"}`), true)
	is(t, "error", strings.Contains(seen(t, arena, p), `{"key":"Error","value":"`+"\uFFFD"+`"}`), true)
}

func TestDroppedProgress(t *testing.T) {
	id := New().record.record.ID()
	arena := watch(t)
	for i := 0; i < 1000; i++ {
		runtime.GC()
		if s, err := arena.Read(id); err == nil && s.Status == headway.InError {
			is(t, "its text", s.Message("Error"), "abandoned")
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("never: it is in Error")
}

// Somebody else has ended the record: the program goes on as if nothing had happened.
func TestRecordThatOthersEnd(t *testing.T) {
	p := New()
	arena, err := headway.Open("", nil)
	is(t, "error", err, nil)
	defer arena.Close()
	other, err := arena.Resume(p.record.record.ID())
	is(t, "error", err, nil)
	is(t, "error", other.Error("by hand"), nil)
	p.Message("Still", "there")
	p.FinishedWithResults(1)
	is(t, "its own", jsonOf(t, p), `{"status":"Finished","messages":[{"key":"Still","value":"there"}],"results":1,"url":""}`+"\n")
}

// lend changes the environment's arena and what is kept of it, until the test ends.
func lend(t *testing.T, name string) *tell {
	old, before := os.Getenv("HEADWAY_ARENA"), shared.arena
	said := &tell{}
	log.SetOutput(said)
	os.Setenv("HEADWAY_ARENA", name)
	shared.arena, shared.err = nil, nil
	t.Cleanup(func() {
		os.Setenv("HEADWAY_ARENA", old)
		shared.arena, shared.err = nil, nil
		log.SetOutput(os.Stderr)
		runtime.KeepAlive(before)
	})
	return said
}

func TestWithoutAnArena(t *testing.T) {
	said := lend(t, "/no/such/folder/arena")
	tr, _ := NewTracker("/_/status/")
	for i := 0; i < 3; i++ {
		p := New()
		tr.Add(p)
		p.Message("a", "b")
		answer := request(tr, urlOf(t, p))
		is(t, "answer", body(t, answer), jsonOf(t, p))
		p.Error("over")
		is(t, "status", p.Status(), Error)
	}
	is(t, "told once", strings.Count(said.String(), "headway_open: no such arena"), 1)
	is(t, "not tried again at once", shared.next.After(time.Now().Add(-time.Hour)), true)
}

func TestArenaIsFull(t *testing.T) {
	name := os.Getenv("HEADWAY_ARENA") + "-small"
	said := lend(t, name)
	small, err := headway.Open(name, &headway.Options{Slots: 4, Bytes: 1 << 20, Exclusive: true})
	is(t, "error", err, nil)
	defer headway.Unlink(name)
	defer small.Close()
	var all []*progress
	for i := 0; i < 6; i++ {
		all = append(all, New())
		all[i].Message("i", "there")
	}
	is(t, "records", all[3].record.record != nil && all[4].record.record == nil, true)
	all[0].Message("large", strings.Repeat("x", 2<<20))
	all[0].FinishedWithResults(strings.Repeat("x", 2<<20))
	s, err := small.Read(all[0].record.record.ID())
	is(t, "error", err, nil)
	is(t, "it is over", s.Status, headway.Finished)
	is(t, "its own has all", len(jsonOf(t, all[0])) > 4<<20, true)
	all[1].Error(strings.Repeat("x", 2<<20))
	s, err = small.Read(all[1].record.record.ID())
	is(t, "error", err, nil)
	is(t, "it is in Error", s.Status, headway.InError)
	is(t, "told once", strings.Count(said.String(), "no record for others"), 1)
	is(t, "and that texts are too long", strings.Contains(said.String(), "a change is not there"), true)
}

// When the arena is removed, later records are in a new one of that name.
func TestArenaIsRemoved(t *testing.T) {
	name := os.Getenv("HEADWAY_ARENA") + "-removed"
	lend(t, name)
	old := New()
	is(t, "error", headway.Unlink(name), nil)
	old.Message("Still", "there")
	fresh := New()
	arena := watch(t)
	defer headway.Unlink(name)
	is(t, "in the new one", strings.Contains(seen(t, arena, fresh), "Running"), true)
	_, err := arena.Read(old.record.record.ID())
	is(t, "not in the new one", errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ESTALE), true)
	old.Finished()
	fresh.Finished()
	is(t, "finished", strings.Contains(seen(t, arena, fresh), "Finished"), true)
}
