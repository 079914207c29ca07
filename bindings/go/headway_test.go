// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package headway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"headway"
)

// The test program is its own child, too.
func TestMain(m *testing.M) {
	if role := os.Getenv("HEADWAY_TEST_CHILD"); role != "" {
		child(role)
	}
	os.Exit(m.Run())
}

// child starts a record, tells its id, and ends as its role says.
func child(role string) {
	arena, err := headway.Open("", nil)
	if err == nil {
		var record *headway.Record
		if record, err = arena.Start(headway.Spec{Name: role}); err == nil {
			fmt.Println(record.ID())
			if role == "stays" {
				select {} // until it is killed
			}
			err = record.Finish()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

var arenas int

// newArena makes an arena for one test, which is removed at its end.
func newArena(t testing.TB, options headway.Options) (*headway.Arena, string) {
	t.Helper()
	arenas++
	name := fmt.Sprintf("/headway-go-%d-%d", os.Getpid(), arenas)
	options.Exclusive = true
	arena, err := headway.Open(name, &options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := arena.Check(); err != nil && !errors.Is(err, headway.ErrGone) {
			t.Error("the arena at the end: ", err)
		}
		arena.Close()
		headway.Unlink(name)
	})
	return arena, name
}

func start(t testing.TB, arena *headway.Arena, spec headway.Spec) *headway.Record {
	t.Helper()
	record, err := arena.Start(spec)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

func read(t testing.TB, arena *headway.Arena, id headway.ID) *headway.Snapshot {
	t.Helper()
	s, err := arena.Read(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func no(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: got %#v, want %#v", what, got, want)
	}
}

// errorIs: the error is of that errno, and its text is the library's.
func errorIs(t testing.TB, err error, errno syscall.Errno) {
	t.Helper()
	var e *headway.Error
	if !errors.Is(err, errno) || !errors.As(err, &e) || e.Errno != errno {
		t.Fatalf("got %v, want %v", err, errno)
	}
	if e.Error() == e.Call+": " || !strings.HasPrefix(e.Error(), "headway_") {
		t.Fatalf("it has the text %q", e.Error())
	}
}

func TestRecordIsSeenWhole(t *testing.T) {
	arena, _ := newArena(t, headway.Options{})
	parent := start(t, arena, headway.Spec{Name: "parent"})
	record := start(t, arena, headway.Spec{Name: "index", Unit: "files", Total: 10, Parent: parent.ID(),
		Counters: []string{"bytes", "errors"}, TTL: 7 * time.Second})
	no(t, record.Message("Stage", "reading"))
	no(t, record.Update(headway.Message{Key: "Stage", Value: "sorting"}, headway.Message{Key: "Empty"}))
	no(t, record.Add(2))
	no(t, record.Add(3))
	no(t, record.AddCounter(1, 4))
	no(t, record.SetTotal(20))
	no(t, record.Results(map[string]any{"n": 1, "text": "<&\u2028>"}))
	s := read(t, arena, record.ID())
	is(t, "status", s.Status, headway.Running)
	is(t, "name and unit", s.Name+" "+s.Unit, "index files")
	is(t, "messages", s.Messages, []headway.Message{{Key: "Stage", Value: "sorting"}, {Key: "Empty"}})
	is(t, "a message", s.Message("Stage")+s.Message("none"), "sorting")
	is(t, "done of total", []uint64{s.Done, s.Total}, []uint64{5, 20})
	is(t, "counters", s.Counters, []headway.Counter{{Name: "bytes"}, {Name: "errors", Value: 4}})
	is(t, "parent", s.Parent, parent.ID())
	is(t, "owner", []int{s.OwnerPID, s.OwnerAlive}, []int{os.Getpid(), 1})
	is(t, "url", s.URL, "/_/status/"+record.ID().String())
	is(t, "time to live", s.TTL, 7*time.Second)
	is(t, "not finished", s.Finished.IsZero(), true)
	is(t, "started", time.Since(s.Started) < time.Hour && time.Since(s.Started) > -time.Hour, true)

	no(t, record.URL("/elsewhere"))
	no(t, record.Set(9))
	no(t, record.Finish(json.RawMessage(`{"documents": 1000}`)))
	s = read(t, arena, record.ID())
	is(t, "results", string(s.Results), `{"documents":1000}`)
	is(t, "done", s.Done, uint64(9))
	is(t, "finished", s.Finished.IsZero(), false)
	text, err := arena.StatusJSON(record.ID())
	no(t, err)
	is(t, "status view", string(text), `{"status":"Finished","messages":[{"key":"Stage","value":"sorting"},`+
		`{"key":"Empty","value":""}],"results":{"documents":1000},"url":"/elsewhere"}`+"\n")
	var full struct {
		ID   headway.ID
		Done uint64
	}
	text, err = arena.FullJSON(record.ID())
	no(t, err)
	no(t, json.Unmarshal(text, &full))
	is(t, "full view", full.ID, record.ID())
	no(t, parent.Error("no more"))
	is(t, "its text", read(t, arena, parent.ID()).Message("Error"), "no more")
}

func TestWhatIsOverStaysSo(t *testing.T) {
	arena, _ := newArena(t, headway.Options{})
	record := start(t, arena, headway.Spec{Counters: []string{"a"}})
	other, err := arena.Resume(record.ID())
	no(t, err)
	no(t, record.Finish())
	for _, r := range []*headway.Record{record, other} {
		status, err := r.Status()
		no(t, err)
		is(t, "status", status, headway.Finished)
		for call, err := range map[string]error{
			"Message": r.Message("a", "b"), "Update": r.Update(headway.Message{Key: "a"}), "Add": r.Add(1),
			"Set": r.Set(1), "SetTotal": r.SetTotal(1), "AddCounter": r.AddCounter(0, 1), "Results": r.Results(1),
			"URL": r.URL("/"), "Error": r.Error("x"), "Finish": r.Finish(), "Finish with": r.Finish(1),
		} {
			if !errors.Is(err, headway.ErrOver) {
				t.Errorf("%s: %v", call, err)
			}
		}
	}
	is(t, "version", read(t, arena, record.ID()).Version, uint64(2))
}

func TestErrorsCarryTheErrno(t *testing.T) {
	arena, name := newArena(t, headway.Options{Slots: 64})
	record := start(t, arena, headway.Spec{Striped: true})
	errorIs(t, record.Message("", "x"), syscall.EINVAL)
	errorIs(t, record.Message("k\x00", "x"), syscall.EINVAL)
	errorIs(t, record.Message("k", "\x00"), syscall.EINVAL)
	errorIs(t, record.Message(strings.Repeat("k", 65536), ""), syscall.E2BIG)
	errorIs(t, record.Update(headway.Message{Key: "k", Value: "\x00"}), syscall.EINVAL)
	errorIs(t, record.Results(json.RawMessage("\"\xff\"")), syscall.EINVAL)
	errorIs(t, record.URL("\x00"), syscall.EINVAL)
	errorIs(t, record.Error("\x00"), syscall.EINVAL)
	errorIs(t, record.Set(1), syscall.EINVAL)
	errorIs(t, record.AddCounter(0, 1), syscall.EINVAL)
	errorIs(t, record.AddCounter(-1, 1), syscall.EINVAL)
	if err := record.Results(make(chan int)); err == nil {
		t.Error("a channel was written as JSON")
	}
	for _, spec := range []headway.Spec{{Name: "\x00"}, {TTL: -1}, {OwnerPID: -1}, {Counters: make([]string, 7)},
		{Counters: []string{""}}} {
		_, err := arena.Start(spec)
		errorIs(t, err, syscall.EINVAL)
	}
	for _, path := range []string{"/no/such/folder/arena", "/headway-go-there-is-none"} {
		_, err := headway.Open(path, &headway.Options{Existing: true})
		errorIs(t, err, headway.ErrNotFound)
		is(t, "as package fs says it", errors.Is(err, fs.ErrNotExist), true)
	}
	_, err := headway.Open(name, &headway.Options{Exclusive: true})
	errorIs(t, err, syscall.EEXIST)
	text := t.TempDir() + "/text"
	no(t, os.WriteFile(text, make([]byte, 100000), 0600))
	_, err = headway.Open(text, nil)
	errorIs(t, err, syscall.EPROTO)
	_, err = headway.Open("a\x00", nil)
	errorIs(t, err, syscall.EINVAL)
	errorIs(t, headway.Unlink("/headway-go-there-is-none"), headway.ErrNotFound)
	_, err = arena.Read(headway.ID{})
	errorIs(t, err, headway.ErrNotFound)
	_, err = headway.ParseID("0000")
	is(t, "no id", err != nil, true)
	errorIs(t, arena.Remove(record.ID()), syscall.EBUSY)

	watcher, err := headway.Open(name, &headway.Options{ReadOnly: true})
	no(t, err)
	defer watcher.Close()
	is(t, "it may read", read(t, watcher, record.ID()).Status, headway.Running)
	_, err = watcher.Start(headway.Spec{})
	errorIs(t, err, syscall.EACCES)
	_, err = watcher.Resume(record.ID())
	errorIs(t, err, syscall.EACCES)
}

func TestIDsAreText(t *testing.T) {
	arena, _ := newArena(t, headway.Options{Slots: 16})
	id := start(t, arena, headway.Spec{}).ID()
	again, err := headway.ParseID(strings.ToUpper(id.String()))
	no(t, err)
	is(t, "id", again, id)
	text, err := json.Marshal(map[headway.ID]headway.ID{id: id})
	no(t, err)
	var back map[headway.ID]headway.ID
	no(t, json.Unmarshal(text, &back))
	is(t, "through JSON", back[id], id)
	for _, bad := range []string{"", "x" + id.String()[1:], strings.ReplaceAll(id.String(), "-", "0"), id.String() + "0"} {
		if _, err := headway.ParseID(bad); err == nil {
			t.Errorf("%q is an id", bad)
		}
	}
}

func TestFullArenaSaysSoAndGoesOn(t *testing.T) {
	arena, _ := newArena(t, headway.Options{Slots: 16, Bytes: 2 << 20})
	var open []*headway.Record
	for {
		record, err := arena.Start(headway.Spec{})
		if err != nil {
			errorIs(t, err, syscall.ENOSPC)
			break
		}
		open = append(open, record)
	}
	is(t, "records", len(open), 16)
	no(t, open[0].Message("k", "small"))
	value := strings.Repeat("x", 100000)
	var err error
	for i := 0; err == nil; i++ {
		err = open[0].Message(fmt.Sprint("k", i), value)
	}
	errorIs(t, err, syscall.ENOSPC)
	is(t, "what was there", read(t, arena, open[0].ID()).Message("k"), "small")
	no(t, open[0].Finish())
	no(t, start(t, arena, headway.Spec{}).Message("k", value))
	runtime.KeepAlive(open)
}

// A hundred thousand records go through an arena of some hundred places: a record that is over gives its place back.
func TestHundredThousandRecords(t *testing.T) {
	const records, workers = 100000, 8
	arena, _ := newArena(t, headway.Options{Slots: 256})
	var wait sync.WaitGroup
	for w := 0; w < workers; w++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := 0; i < records/workers; i++ {
				record, err := arena.Start(headway.Spec{Name: "one of many"})
				if err == nil {
					err = record.Add(1)
				}
				if err == nil {
					err = record.Finish()
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	wait.Wait()
	info, err := arena.Info()
	no(t, err)
	is(t, "finished", info.Finished, uint64(records))
}

// Goroutines count and tell while others end, release and close under them.
func TestCallsWhileTheEndComes(t *testing.T) {
	for round := 0; round < 30; round++ {
		arena, name := newArena(t, headway.Options{Slots: 16})
		record := start(t, arena, headway.Spec{})
		var wait sync.WaitGroup
		var added [4]uint64
		begun := make(chan bool, len(added))
		for w := range added {
			wait.Add(1)
			go func(w int) {
				defer wait.Done()
				for {
					err := record.Add(1)
					if err == nil {
						added[w]++
						err = record.Message("Worker", fmt.Sprint(w))
					}
					if err != nil {
						if !errors.Is(err, headway.ErrOver) && !errors.Is(err, headway.ErrGone) {
							t.Error(err)
						}
						return
					}
					if added[w] == 1 {
						begun <- true
					}
				}
			}(w)
		}
		<-begun
		switch round % 3 {
		case 0:
			no(t, record.Finish())
		case 1:
			record.Release()
		case 2:
			no(t, arena.Close())
		}
		wait.Wait()
		watcher, err := headway.Open(name, &headway.Options{ReadOnly: true})
		no(t, err)
		s := read(t, watcher, record.ID())
		is(t, "its status", s.Status, []headway.Status{headway.Finished, headway.Running, headway.InError}[round%3])
		// An add that overlaps the end may or may not be counted; one a goroutine.
		sum, least := added[0]+added[1]+added[2]+added[3], uint64(0)
		if round%3 == 0 {
			least = uint64(len(added))
		}
		if s.Done > sum || s.Done+least < sum {
			t.Errorf("%d were added, %d are there", sum, s.Done)
		}
		watcher.Close()
	}
}

func TestClosedArena(t *testing.T) {
	arena, name := newArena(t, headway.Options{Slots: 16})
	running, released := start(t, arena, headway.Spec{}), start(t, arena, headway.Spec{})
	detached := start(t, arena, headway.Spec{Detached: true})
	released.Release()
	errorIs(t, released.Add(1), headway.ErrGone)
	_, err := released.Status()
	errorIs(t, err, headway.ErrGone)
	no(t, arena.Close())
	no(t, arena.Close())
	errorIs(t, running.Message("a", "b"), headway.ErrGone)
	errorIs(t, running.Add(1), headway.ErrGone)
	_, err = arena.Start(headway.Spec{})
	errorIs(t, err, headway.ErrGone)
	errorIs(t, arena.Each(func(*headway.Snapshot) error { return nil }), headway.ErrGone)
	_, err = arena.Wait(context.Background(), running.ID())
	errorIs(t, err, headway.ErrGone)
	watcher, err := headway.Open(name, nil)
	no(t, err)
	defer watcher.Close()
	is(t, "running", read(t, watcher, running.ID()).Status, headway.InError)
	is(t, "released", read(t, watcher, released.ID()).Status, headway.InError)
	is(t, "detached", read(t, watcher, detached.ID()).Status, headway.Running)
}

// collect waits until the collector has dealt with what the program has dropped.
func collect(t *testing.T, what string, done func() bool) {
	t.Helper()
	for i := 0; i < 1000; i++ {
		runtime.GC()
		if done() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("never: ", what)
}

func TestDroppedRecords(t *testing.T) {
	arena, _ := newArena(t, headway.Options{Slots: 16})
	kept := start(t, arena, headway.Spec{})
	dropped := start(t, arena, headway.Spec{}).ID()
	detached := start(t, arena, headway.Spec{Detached: true}).ID()
	resumed, err := arena.Resume(kept.ID())
	no(t, err)
	no(t, resumed.Add(1))
	resumed = nil
	collect(t, "it is in Error", func() bool { return read(t, arena, dropped).Status == headway.InError })
	is(t, "its text", read(t, arena, dropped).Message("Error"), "abandoned")
	is(t, "the detached one", read(t, arena, detached).Status, headway.Running)
	is(t, "the resumed one", read(t, arena, kept.ID()).Status, headway.Running)
	collect(t, "its handle is given back", func() bool { return arena.Remove(detached) == nil })
	no(t, kept.Finish())
}

// An arena that the program has dropped is closed with the last of its records.
func TestDroppedArena(t *testing.T) {
	watcher, name := newArena(t, headway.Options{Slots: 16})
	members := func() uint32 {
		info, err := watcher.Info()
		no(t, err)
		return info.MembersAlive
	}
	arena, err := headway.Open(name, nil)
	no(t, err)
	record := start(t, arena, headway.Spec{})
	arena = nil
	before := members()
	for i := 0; i < 5; i++ {
		runtime.GC()
		no(t, record.Message("Still", "there"))
	}
	is(t, "members", members(), before)
	no(t, record.Finish())
	collect(t, "one member less", func() bool { return members() < before })
}

func TestArenaIsReplacedAndRemoved(t *testing.T) {
	arena, name := newArena(t, headway.Options{Slots: 16})
	record := start(t, arena, headway.Spec{Name: "old"})
	no(t, headway.Unlink(name))
	no(t, record.Message("Still", "there"))
	_, err := headway.Open(name, &headway.Options{Existing: true})
	errorIs(t, err, headway.ErrNotFound)
	other, err := headway.Open(name, nil)
	no(t, err)
	defer other.Close()
	_, err = other.Read(record.ID())
	is(t, "the new one does not have it", errors.Is(err, headway.ErrNotFound) || errors.Is(err, headway.ErrGone), true)
	is(t, "the old one has", read(t, arena, record.ID()).Message("Still"), "there")
	no(t, start(t, other, headway.Spec{}).Finish())
	no(t, record.Finish())
}

func TestEach(t *testing.T) {
	arena, _ := newArena(t, headway.Options{})
	want := map[headway.ID]bool{}
	for i := 0; i < 300; i++ {
		record := start(t, arena, headway.Spec{Name: fmt.Sprint("r", i)})
		want[record.ID()] = true
		record.Release()
	}
	seen := map[headway.ID]bool{}
	no(t, arena.Each(func(s *headway.Snapshot) error {
		seen[s.ID] = true
		return nil
	}))
	is(t, "all", seen, want)
	enough, calls := errors.New("enough"), 0
	is(t, "it ends", arena.Each(func(*headway.Snapshot) error { calls++; return enough }), enough)
	is(t, "at once", calls, 1)
	func() {
		defer func() { recover() }()
		arena.Each(func(*headway.Snapshot) error { panic("within") })
	}()
	no(t, arena.Each(func(s *headway.Snapshot) error { // a call within
		_, err := arena.Read(s.ID)
		return err
	}))
}

func TestWait(t *testing.T) {
	arena, _ := newArena(t, headway.Options{Slots: 16})
	record := start(t, arena, headway.Spec{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := arena.Wait(ctx, record.ID())
	is(t, "given up", err, context.Canceled)
	_, err = arena.Wait(context.Background(), headway.ID{})
	errorIs(t, err, headway.ErrNotFound)
	done := make(chan headway.Status)
	go func() {
		status, err := arena.Wait(context.Background(), record.ID())
		if err != nil {
			t.Error(err)
		}
		done <- status
	}()
	no(t, record.Error("over"))
	is(t, "status", <-done, headway.InError)
}

func TestDo(t *testing.T) {
	arena, _ := newArena(t, headway.Options{Slots: 16})
	var id headway.ID
	do := func(f func(*headway.Record) error) error {
		return arena.Do(headway.Spec{}, func(r *headway.Record) error { id = r.ID(); return f(r) })
	}
	no(t, do(func(r *headway.Record) error { return r.Add(1) }))
	is(t, "returned", read(t, arena, id).Status, headway.Finished)
	no(t, do(func(r *headway.Record) error { return r.Finish("by itself") }))
	is(t, "results", string(read(t, arena, id).Results), `"by itself"`)
	is(t, "error", do(func(*headway.Record) error { return fs.ErrClosed }), fs.ErrClosed)
	is(t, "its text", read(t, arena, id).Message("Error"), fs.ErrClosed.Error())
	func() {
		defer func() { is(t, "the panic goes on", recover(), "no way out") }()
		do(func(*headway.Record) error { panic("no way out") })
	}()
	is(t, "panic", read(t, arena, id).Message("Error"), "panic: no way out")
	ended := make(chan bool)
	go func() {
		defer close(ended)
		do(func(*headway.Record) error { runtime.Goexit(); return nil })
	}()
	<-ended
	is(t, "Goexit", read(t, arena, id).Message("Error"), "the goroutine ended")
}

// What a record's command starts is a part of it, and what is killed is lost.
func TestCommands(t *testing.T) {
	arena, _ := newArena(t, headway.Options{Slots: 16})
	record := start(t, arena, headway.Spec{Name: "parent"})
	run := func(role string) (headway.ID, *exec.Cmd) {
		t.Helper()
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(append(os.Environ(), "HEADWAY_TEST_CHILD="+role), record.Env()...)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		no(t, err)
		no(t, cmd.Start())
		var text string
		_, err = fmt.Fscanln(out, &text)
		no(t, err)
		id, err := headway.ParseID(text)
		no(t, err)
		return id, cmd
	}
	id, cmd := run("ends")
	no(t, cmd.Wait())
	s := read(t, arena, id)
	is(t, "parent", s.Parent, record.ID())
	is(t, "status", s.Status, headway.Finished)
	id, cmd = run("stays")
	is(t, "alive", read(t, arena, id).OwnerAlive, 1)
	no(t, cmd.Process.Kill())
	cmd.Wait()
	report, err := arena.Reap(headway.Policy{})
	no(t, err)
	is(t, "lost", report.Lost, uint64(1))
	s = read(t, arena, id)
	is(t, "status", s.Status, headway.InError)
	is(t, "lost", s.Lost, true)
	is(t, "why", strings.HasPrefix(s.Message("Error"), fmt.Sprintf("owner died (pid %d", cmd.Process.Pid)), true)
}

func TestReapAndRemove(t *testing.T) {
	arena, _ := newArena(t, headway.Options{Slots: 16, TTL: time.Hour, BasePath: "/base/"})
	record := start(t, arena, headway.Spec{Detached: true})
	is(t, "url", read(t, arena, record.ID()).URL, "/base/"+record.ID().String())
	record.Release()
	report, err := arena.Reap(headway.Policy{DryRun: true})
	no(t, err)
	is(t, "live", report.Live, uint64(1))
	no(t, arena.Remove(record.ID()))
	_, err = arena.Read(record.ID())
	errorIs(t, err, headway.ErrGone)
	_, err = arena.Reap(headway.Policy{TTL: -1})
	errorIs(t, err, syscall.EINVAL)
	info, err := arena.Info()
	no(t, err)
	is(t, "time to live", info.TTL, time.Hour)
	is(t, "slots", info.Slots, uint32(16))
}

func TestCancel(t *testing.T) {
	arena, _ := newArena(t, headway.Options{Slots: 16})
	record := start(t, arena, headway.Spec{})
	ctx, stop := record.Context(context.Background())
	defer stop()
	is(t, "not yet", record.Cancelled() || ctx.Err() != nil || !read(t, arena, record.ID()).CancelRequested.IsZero(), false)
	errorIs(t, arena.Cancel(record.ID(), "\x00"), syscall.EINVAL)
	no(t, arena.Cancel(record.ID(), "the disk is full"))
	no(t, arena.Cancel(record.ID(), "another"))
	is(t, "cancelled", record.Cancelled(), true)
	<-ctx.Done()
	s := read(t, arena, record.ID())
	is(t, "reason", s.CancelReason, "the disk is full")
	is(t, "when", s.CancelRequested.IsZero(), false)
	no(t, record.Add(1))
	no(t, record.Finish())
	is(t, "given back", record.Cancelled(), false)
	errorIs(t, arena.Cancel(record.ID(), ""), headway.ErrOver)
}
