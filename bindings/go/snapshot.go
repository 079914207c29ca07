// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package headway

// #include "shim.h"
import "C"

import (
	"encoding/json"
	"errors"
	"syscall"
	"time"
	"unsafe"
)

// Status of a record.
type Status int

// A record is Running, then exactly once Finished or in Error.
const (
	Running  Status = C.HEADWAY_RUNNING
	Finished Status = C.HEADWAY_FINISHED
	InError  Status = C.HEADWAY_ERROR
)

// String returns the word that JSON and the tools use.
func (s Status) String() string {
	switch s {
	case Running:
		return "Running"
	case Finished:
		return "Finished"
	case InError:
		return "Error"
	}
	return "unknown"
}

// MarshalText implements encoding.TextMarshaler.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Counter is a named counter.
type Counter struct {
	Name  string
	Value uint64
}

// Snapshot is one version of a record, whole: a copy, which does not change.
type Snapshot struct {
	ID           ID
	Status       Status
	Lost         bool // in Error because its owner died
	Stale        bool // an older version: the record was changing too fast
	Detached     bool // has no owner
	OwnerAlive   int  // 1 yes, 0 no, -1 unknown
	OwnerPID     int  // 0 when detached
	OwnerCommand string
	Version      uint64 // rises with every change but those of counters
	Name, Unit   string
	URL          string
	Parent       ID // zero when it has none
	Messages     []Message
	Results      json.RawMessage // nil when never set
	Done, Total  uint64
	Counters     []Counter
	Started      time.Time
	Updated      time.Time     // last change but those of counters
	Finished     time.Time     // zero: not yet
	TTL          time.Duration // 0: the arena's

	CancelRequested time.Time // when its owner was asked to stop; zero: never
	CancelReason    string
}

// Message is the value of a key, or "".
func (s *Snapshot) Message(key string) string {
	for _, m := range s.Messages {
		if m.Key == key {
			return m.Value
		}
	}
	return ""
}

// Read reads one record.
func (a *Arena) Read(id ID) (*Snapshot, error) {
	var c *C.struct_headway_snapshot
	defer func() { C.headway_snapshot_free(c) }()
	if err := a.read(id, &c); err != nil {
		return nil, err
	}
	return raise(c), nil
}

func (a *Arena) read(id ID, s **C.struct_headway_snapshot) error {
	return a.do("headway_read", func(c *C.struct_headway_arena) C.int { return C.headway_read(c, id.lower(), s) })
}

// Each calls f with every record until f returns an error, which Each then returns.  Records that are started or
// freed meanwhile may or may not be seen.
func (a *Arena) Each(f func(*Snapshot) error) error {
	all := (*C.struct_go_ids)(C.calloc(1, C.sizeof_struct_go_ids))
	var s *C.struct_headway_snapshot // one for all of them
	defer func() {
		C.headway_snapshot_free(s)
		C.free(unsafe.Pointer(all.ids))
		C.free(unsafe.Pointer(all))
	}()
	if err := a.do("headway_each", func(c *C.struct_headway_arena) C.int { return C.go_list(c, all) }); err != nil {
		return err
	}
	for _, id := range unsafe.Slice((*ID)(unsafe.Pointer(all.ids)), int(all.count)) {
		err := a.read(id, &s)
		switch {
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrGone) && !a.isClosed(), errors.Is(err, syscall.EAGAIN):
			continue
		case err == nil:
			err = f(raise(s))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// StatusJSON returns a record's status view, byte for byte as headway-httpd sends it.
func (a *Arena) StatusJSON(id ID) ([]byte, error) {
	return a.json(id, func(s *C.struct_headway_snapshot, to *C.char, size C.size_t) C.int {
		return C.headway_json(s, to, size)
	})
}

// FullJSON returns a record's full view.
func (a *Arena) FullJSON(id ID) ([]byte, error) {
	return a.json(id, func(s *C.struct_headway_snapshot, to *C.char, size C.size_t) C.int {
		return C.headway_json_full(s, to, size)
	})
}

func (a *Arena) json(id ID, write func(*C.struct_headway_snapshot, *C.char, C.size_t) C.int) ([]byte, error) {
	var s *C.struct_headway_snapshot
	defer func() { C.headway_snapshot_free(s) }()
	if err := a.read(id, &s); err != nil {
		return nil, err
	}
	text := make([]byte, 4096)
	for {
		length := write(s, (*C.char)(unsafe.Pointer(&text[0])), C.size_t(len(text)))
		if err := result("headway_json", length); err != nil {
			return nil, err
		}
		if int(length) < len(text) {
			return text[:length], nil
		}
		text = make([]byte, int(length)+1)
	}
}

// raise copies a snapshot of C.
func raise(c *C.struct_headway_snapshot) *Snapshot {
	s := &Snapshot{
		ID: *(*ID)(unsafe.Pointer(&c.id)), Status: Status(c.status), Lost: c.lost != 0, Stale: c.stale != 0,
		Detached: c.detached != 0, OwnerAlive: int(c.owner_alive), OwnerPID: int(c.owner_pid),
		OwnerCommand: C.GoString(c.owner_command), Version: uint64(c.version), Name: C.GoString(c.name),
		Unit: C.GoString(c.unit), URL: C.GoString(c.url), Done: uint64(c.done), Total: uint64(c.total),
		Started: instant(c.started_ns), Updated: instant(c.updated_ns), Finished: instant(c.finished_ns),
		TTL: time.Duration(c.ttl_seconds) * time.Second,
	}
	if c.cancel_requested_ns != 0 {
		s.CancelRequested, s.CancelReason = instant(c.cancel_requested_ns), C.GoString(c.cancel_reason)
	}
	if c.parent != nil {
		s.Parent = *(*ID)(unsafe.Pointer(c.parent))
	}
	if c.results != nil {
		s.Results = C.GoBytes(unsafe.Pointer(c.results), C.int(c.results_length))
	}
	for _, m := range unsafe.Slice(c.messages, int(c.message_count)) {
		s.Messages = append(s.Messages, Message{C.GoString(m.key), C.GoString(m.value)})
	}
	values := unsafe.Slice(c.counters, int(c.counter_count))
	for i, name := range unsafe.Slice(c.counter_names, len(values)) {
		s.Counters = append(s.Counters, Counter{C.GoString(name), uint64(values[i])})
	}
	return s
}

// instant is a time of the library; 0 is none.
func instant(ns C.int64_t) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(ns))
}
