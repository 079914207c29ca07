// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package progress

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path"
	"runtime"
	"strings"
	"sync"
	"time"

	"headway"
)

// mirror is the record of a Progress in the arena, or nothing.
type mirror struct{ record *headway.Record }

// newMirror starts a record with the name of the function that called New.
func newMirror() mirror {
	name := ""
	if pc, _, _, known := runtime.Caller(2); known {
		name = path.Base(runtime.FuncForPC(pc).Name())
	}
	arena, err := shared.open()
	if err != nil {
		complain("no arena", err)
		return mirror{}
	}
	record, err := arena.Start(headway.Spec{Name: name, TTL: cacheDuration})
	if err != nil {
		complain("no record", err)
		return mirror{}
	}
	return mirror{record}
}

// shared is the arena of all Progresses of the process.
var shared sharedArena

type sharedArena struct {
	mutex sync.Mutex
	arena *headway.Arena
	file  os.FileInfo // the file that was opened
	path  string

	next  time.Time     // after a failure: when to try again
	pause time.Duration // the wait after the last failure; doubled each time
	err   error         // of the last try
}

// open returns the arena that has the name now, and opens it if necessary.  When the arena was replaced, its records
// stay in the old one, which is closed with the last of them.
func (s *sharedArena) open() (*headway.Arena, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.arena != nil {
		if file, err := os.Stat(s.path); err == nil && os.SameFile(file, s.file) {
			return s.arena, nil
		}
		s.arena = nil
	}
	if s.err != nil && time.Now().Before(s.next) {
		return nil, s.err
	}
	if s.err = s.reopen(); s.err != nil {
		s.pause = min(max(2*s.pause, time.Second), time.Minute)
		s.next = time.Now().Add(s.pause)
		return nil, s.err
	}
	s.pause = 0
	return s.arena, nil
}

func (s *sharedArena) reopen() error {
	arena, err := headway.Open("", nil)
	if err != nil {
		return err
	}
	info, err := arena.Info()
	if err == nil {
		s.file, err = os.Stat(info.Path)
	}
	if err != nil {
		arena.Close()
		return err
	}
	s.arena, s.path = arena, info.Path
	return nil
}

func min(a, b time.Duration) time.Duration {
	if a < b {
		return a
	}
	return b
}

func max(a, b time.Duration) time.Duration { return a + b - min(a, b) }

// complaints are the errors that have been logged.
var complaints sync.Map

// complain logs the first error of each kind, but not that another process has ended or removed a record.
func complain(what string, err error) {
	if err == nil || errors.Is(err, headway.ErrOver) || errors.Is(err, headway.ErrGone) {
		return
	}
	kind := err
	var e *headway.Error
	if errors.As(err, &e) {
		kind = e.Errno
	}
	if _, told := complaints.LoadOrStore(fmt.Sprintf("%s %T %v", what, kind, kind), true); !told {
		log.Printf("progress: %s for others to see: %v (told once)", what, err)
	}
}

func (m mirror) do(f func(*headway.Record) error) {
	if m.record != nil {
		complain("a change is not there", f(m.record))
	}
}

// text replaces NULs, which a record cannot hold.
func text(s string) string {
	if strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}

func (m mirror) message(key, value string) {
	if key != "" {
		m.do(func(r *headway.Record) error { return r.Message(text(key), text(value)) })
	}
}

func (m mirror) url(url string) {
	m.do(func(r *headway.Record) error { return r.URL(text(url)) })
}

// encode writes results as JSON.  It returns nil if there is nothing to show, or if their methods fail or panic.
func encode(results interface{}, had bool) (written json.RawMessage) {
	if results == nil && !had {
		return nil
	}
	defer func() { _ = recover() }()
	written, err := json.Marshal(results)
	if err != nil {
		return nil
	}
	return written
}

// results sets the record's results; had: it had some before.
func (m mirror) results(results interface{}, had bool) {
	if m.record == nil {
		return
	}
	if written := encode(results, had); written != nil {
		m.do(func(r *headway.Record) error { return r.Results(written) })
	}
}

func (m mirror) finish() {
	m.do(func(r *headway.Record) error {
		err := r.Finish()
		r.Release()
		return err
	})
}

// finishWithResults ends the record, without the results if there is no room for them.
func (m mirror) finishWithResults(results interface{}, had bool) {
	if m.record == nil {
		return
	}
	if written := encode(results, had); written != nil {
		err := m.record.Finish(written)
		complain("results are not there", err)
		if err == nil {
			return
		}
	}
	m.finish()
}

func (m mirror) error(message string) {
	m.do(func(r *headway.Record) error {
		err := r.Error(text(message))
		if err != nil && message != "" && !errors.Is(err, headway.ErrOver) {
			err = r.Error("")
		}
		r.Release()
		return err
	})
}

// id is the id of the record, or "".
func (m mirror) id() string {
	if m.record == nil {
		return ""
	}
	return m.record.ID().String()
}
