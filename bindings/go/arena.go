// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package headway

// #include "shim.h"
import "C"

import (
	"context"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// Options say how to open or make an arena.  Zero values mean the defaults of <headway.h>.  Sizes, rights and
// times are used only when the arena is made; one that exists keeps its own.
type Options struct {
	Exclusive bool // make it, and fail with EEXIST when there is one
	Existing  bool // do not make one
	ReadOnly  bool // for reading: read permission suffices; implies Existing
	AnyOwner  bool // also open a file that belongs to another user

	Slots    uint32        // records at once; 4096
	Bytes    uint64        // of the whole file; 32 MiB at most unless the slots need more
	Members  uint32        // writing processes at once; 256
	Mode     fs.FileMode   // permission bits; 0600
	Group    string        // name or number of the file's group
	BasePath string        // beginning of every record's URL; "/_/status/"
	TTL      time.Duration // how long a Finished record stays, in whole seconds; 5 minutes
	ErrorTTL time.Duration // how long a record in Error stays; an hour
}

// Arena is an open arena.
type Arena struct{ *arena }

// arena is shared by an Arena and its Records.  It is a type of its own, so that Records that refer to it do not
// keep the Arena from being collected.
type arena struct {
	guard
	c      *C.struct_headway_arena
	closed chan struct{}

	mutex   sync.Mutex
	records map[*handle]struct{}
}

// Open opens the arena of that name, and makes it if there is none.  Names are "/headway" or "headway" (in
// /dev/shm), a path with a further '/', or "" for $HEADWAY_ARENA or else "/headway".  Options may be nil.
func Open(name string, options *Options) (*Arena, error) {
	const call = "headway_open"
	var text *C.char
	if strings.IndexByte(name, 0) >= 0 {
		return nil, refused(call, syscall.EINVAL)
	}
	if name != "" {
		text = C.CString(name)
		defer C.free(unsafe.Pointer(text))
	}
	o, err := options.lower(call)
	if err != nil {
		return nil, err
	}
	defer C.free(unsafe.Pointer(o.group))
	defer C.free(unsafe.Pointer(o.base_path))
	inner := &arena{closed: make(chan struct{}), records: map[*handle]struct{}{}}
	var c *C.struct_headway_arena
	if err := result(call, C.headway_open(text, &o, &c)); err != nil {
		return nil, err
	}
	inner.c = c
	a := &Arena{inner}
	// Records may still be in use: the handle is closed with the last of them.
	runtime.SetFinalizer(a, func(a *Arena) { a.guard.close(a.free) })
	return a, nil
}

func (o *Options) lower(call string) (c C.struct_headway_options, err error) {
	if o == nil {
		return c, nil
	}
	ttl, ok := seconds(o.TTL)
	errorTTL, also := seconds(o.ErrorTTL)
	if !ok || !also || strings.IndexByte(o.Group+o.BasePath, 0) >= 0 {
		return c, refused(call, syscall.EINVAL)
	}
	for flag, is := range map[C.uint]bool{C.HEADWAY_EXCLUSIVE: o.Exclusive, C.HEADWAY_EXISTING: o.Existing,
		C.HEADWAY_READ_ONLY: o.ReadOnly, C.HEADWAY_ANY_OWNER: o.AnyOwner} {
		if is {
			c.flags |= flag
		}
	}
	c.slots, c.bytes, c.members = C.uint32_t(o.Slots), C.uint64_t(o.Bytes), C.uint32_t(o.Members)
	c.mode = C.uint32_t(o.Mode.Perm())
	c.ttl_seconds, c.error_ttl_seconds = ttl, errorTTL
	if o.Group != "" {
		c.group = C.CString(o.Group)
	}
	if o.BasePath != "" {
		c.base_path = C.CString(o.BasePath)
	}
	return c, nil
}

// seconds converts a time to live, rounded up; false if it is out of range.
func seconds(d time.Duration) (C.uint32_t, bool) {
	s := (d + time.Second - 1) / time.Second
	return C.uint32_t(s), d >= 0 && s <= 1<<32-1
}

// Close closes the arena, after the calls under way.  Records that were started through it and are Running become
// Error.  It returns nil; a second Close does nothing.
func (a *Arena) Close() error {
	if !a.guard.close(a.free) {
		return nil
	}
	runtime.SetFinalizer(a, nil)
	a.mutex.Lock()
	handles := make([]*handle, 0, len(a.records))
	for h := range a.records {
		handles = append(handles, h)
	}
	a.mutex.Unlock()
	for _, h := range handles {
		h.guard.close(h.free)
	}
	<-a.closed
	return nil
}

func (a *arena) free() {
	C.headway_close(a.c)
	close(a.closed)
}

// do makes a call while the arena is open.
func (a *Arena) do(call string, f func(*C.struct_headway_arena) C.int) error {
	if !a.enter(a.free) {
		return refused(call, ErrGone)
	}
	code := f(a.c)
	a.leave(a.free)
	runtime.KeepAlive(a)
	return result(call, code)
}

// Unlink removes an arena's name.  Processes that have it open can go on using it.
func Unlink(name string) error {
	if strings.IndexByte(name, 0) >= 0 {
		return refused("headway_unlink", syscall.EINVAL)
	}
	var text *C.char
	if name != "" {
		text = C.CString(name)
		defer C.free(unsafe.Pointer(text))
	}
	return result("headway_unlink", C.headway_unlink(text))
}

// Wait waits until a record is over, and returns its final status; it looks ten times a second.  A waiting
// goroutine blocks no thread.  When the context is done, Wait returns the context's error.
func (a *Arena) Wait(ctx context.Context, id ID) (Status, error) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		var status C.int
		err := a.do("headway_wait", func(c *C.struct_headway_arena) C.int {
			status = C.headway_wait(c, id.lower(), 0)
			return status
		})
		if err == nil {
			return Status(status), nil
		}
		if e := err.(*Error); e.Errno != syscall.ETIMEDOUT && e.Errno != syscall.EAGAIN {
			return 0, err
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-ticker.C:
		}
	}
}

// Policy says what [Arena.Reap] frees.  For zero values the arena's own times are used.
type Policy struct {
	TTL, ErrorTTL time.Duration
	DryRun        bool // count what would be done, change nothing
}

// Report says what [Arena.Reap] did.
type Report struct {
	Live         uint64 // records still Running
	Lost         uint64 // Running records whose owner was found dead: now Error
	Expired      uint64 // records freed because their time was over
	MembersSwept uint64 // dead members swept
	BlocksFreed  uint64 // blocks that became free
}

// Reap sweeps dead members, marks records of dead owners lost, and frees expired records.
func (a *Arena) Reap(policy Policy) (Report, error) {
	const call = "headway_reap"
	var p C.struct_headway_reap_policy
	var r C.struct_headway_reap_report
	ttl, ok := seconds(policy.TTL)
	errorTTL, also := seconds(policy.ErrorTTL)
	if !ok || !also {
		return Report{}, refused(call, syscall.EINVAL)
	}
	p.ttl_seconds, p.error_ttl_seconds = ttl, errorTTL
	if policy.DryRun {
		p.flags = C.HEADWAY_DRY_RUN
	}
	err := a.do(call, func(c *C.struct_headway_arena) C.int { return C.headway_reap(c, &p, &r) })
	return Report{uint64(r.live), uint64(r.lost), uint64(r.expired), uint64(r.members_swept),
		uint64(r.blocks_freed)}, err
}

// Remove frees a record, and ends it as Error "removed" before if it is Running.  The error is EBUSY if its owner
// lives or a process has it open.
func (a *Arena) Remove(id ID) error {
	return a.do("headway_remove", func(c *C.struct_headway_arena) C.int {
		return C.headway_remove(c, id.lower())
	})
}

// Cancel asks a record's owner to stop: [Record.Cancelled] becomes true.  Only the first request's reason is kept.
func (a *Arena) Cancel(id ID, reason string) error {
	const call = "headway_cancel"
	if strings.IndexByte(reason, 0) >= 0 {
		return refused(call, syscall.EINVAL)
	}
	text := C.CString(reason)
	defer C.free(unsafe.Pointer(text))
	return a.do(call, func(c *C.struct_headway_arena) C.int { return C.headway_cancel(c, id.lower(), text) })
}

// Info is an arena's geometry and use.
type Info struct {
	Path                            string // of the file
	BasePath                        string
	Bytes                           uint64
	Slots, SlotsUsed, SlotsRunning  uint32
	Members, MembersAlive           uint32
	Started, Finished, Errors, Lost uint64 // since the arena was made
	Expired, Evicted, NoRoom        uint64
	Unlinked                        bool // its name is gone, or leads to another
	TTL, ErrorTTL                   time.Duration
}

// Info returns the arena's geometry and use.
func (a *Arena) Info() (Info, error) {
	var i C.struct_headway_info
	err := a.do("headway_info", func(c *C.struct_headway_arena) C.int { return C.headway_info(c, &i) })
	if err != nil {
		return Info{}, err
	}
	return Info{
		Path: C.GoString(&i.path[0]), BasePath: C.GoString(&i.base_path[0]), Bytes: uint64(i.bytes),
		Slots: uint32(i.slots), SlotsUsed: uint32(i.slots_used), SlotsRunning: uint32(i.slots_running),
		Members: uint32(i.members), MembersAlive: uint32(i.members_alive),
		Started: uint64(i.started), Finished: uint64(i.finished), Errors: uint64(i.errors), Lost: uint64(i.lost),
		Expired: uint64(i.expired), Evicted: uint64(i.evicted), NoRoom: uint64(i.no_room),
		Unlinked: i.unlinked != 0,
		TTL:      time.Duration(i.ttl_seconds) * time.Second, ErrorTTL: time.Duration(i.error_ttl_seconds) * time.Second,
	}, nil
}

// Check audits every invariant of the arena.  It returns an error when one is violated, or when it could not check.
func (a *Arena) Check() error {
	var r C.struct_headway_fsck_report
	err := a.do("headway_fsck", func(c *C.struct_headway_arena) C.int { return C.headway_fsck(c, &r) })
	if err == nil && r.leaked+r.damaged > 0 {
		err = fmt.Errorf("headway_fsck: %d leaked, %d damaged: %s: %w", r.leaked, r.damaged,
			C.GoString(&r.first[0]), syscall.EBADMSG)
	}
	return err
}

// Version is the version of the library.
func Version() string { return C.GoString(C.headway_version()) }

func (id *ID) lower() *C.struct_headway_id { return (*C.struct_headway_id)(unsafe.Pointer(id)) }
