// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package headway

// #include "shim.h"
import "C"

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// Spec describes a new record.
type Spec struct {
	Name     string
	Unit     string        // what done and total count: "bytes", "files"
	Total    uint64        // the value that done is expected to reach; 0: unknown
	Parent   ID            // the record that this one is part of; zero: that of $HEADWAY_PARENT, if there is one
	Counters []string      // names of named counters, at most 6
	TTL      time.Duration // how long it stays after its end, in whole seconds; 0: the arena's time
	OwnerPID int           // the process that owns it; 0: this one
	History  string        // name under which earlier runs are remembered, for forecasts; "": none
	Detached bool          // no owner: it stays Running until a process ends it
	Striped  bool          // counters are spread over cache lines, for many processes that add at once
	Root     bool          // no parent, even if HEADWAY_PARENT is set
}

// Message is a key and a value.
type Message struct{ Key, Value string }

// Record is a record that is open for writing.
type Record struct{ *handle }

// handle is a type of its own, so that the arena's list of handles does not keep Records from being collected.
type handle struct {
	guard
	c       *C.struct_headway_record
	prefix  *C.struct_headway_record_prefix // the part of c that C's inline calls use
	arena   *arena
	id      ID
	abandon bool  // the record becomes Error when the Record is collected while it is Running
	final   int32 // the status, after this handle ended the record or found it over
}

// Start starts a record.  It is Running, and this process owns it unless the spec says otherwise.
func (a *Arena) Start(spec Spec) (*Record, error) {
	const call = "headway_start"
	s, err := spec.lower(call)
	if err != nil {
		return nil, err
	}
	defer freeSpec(s)
	return a.opened(call, !spec.Detached && spec.OwnerPID == 0,
		func(c *C.struct_headway_arena, r **C.struct_headway_record) C.int {
			return C.headway_start(c, &s.spec, r)
		})
}

// Resume opens an existing record for writing.  Its owner does not change.
func (a *Arena) Resume(id ID) (*Record, error) {
	return a.opened("headway_resume", false,
		func(c *C.struct_headway_arena, r **C.struct_headway_record) C.int {
			return C.headway_resume(c, id.lower(), r)
		})
}

// opened makes a Record for a handle, which counts as a call under way of the arena until it is freed.
func (a *Arena) opened(call string, abandon bool,
	f func(*C.struct_headway_arena, **C.struct_headway_record) C.int) (*Record, error) {
	if !a.enter(a.free) {
		return nil, refused(call, ErrGone)
	}
	var c *C.struct_headway_record
	if err := result(call, f(a.c, &c)); err != nil {
		a.leave(a.free)
		return nil, err
	}
	h := &handle{c: c, prefix: (*C.struct_headway_record_prefix)(unsafe.Pointer(c)), arena: a.arena, abandon: abandon}
	id := C.go_id(c)
	h.id = *(*ID)(unsafe.Pointer(&id))
	a.mutex.Lock()
	a.records[h] = struct{}{}
	a.mutex.Unlock()
	if a.guard.isClosed() { // Close may have copied the list before
		h.guard.close(h.free)
	}
	r := &Record{h}
	runtime.SetFinalizer(r, (*Record).collected)
	runtime.KeepAlive(a)
	return r, nil
}

func (s *Spec) lower(call string) (*C.struct_go_spec, error) {
	ttl, ok := seconds(s.TTL)
	if !ok || len(s.Counters) > 6 || s.OwnerPID < 0 || uint64(s.OwnerPID) > 1<<32-1 ||
		strings.IndexByte(s.Name+s.Unit+s.History+strings.Join(s.Counters, ""), 0) >= 0 {
		return nil, refused(call, syscall.EINVAL)
	}
	c := (*C.struct_go_spec)(C.calloc(1, C.sizeof_struct_go_spec))
	c.spec.name, c.spec.unit, c.spec.history = cString(s.Name), cString(s.Unit), cString(s.History)
	c.spec.total, c.spec.ttl_seconds, c.spec.owner_pid = C.uint64_t(s.Total), ttl, C.uint32_t(s.OwnerPID)
	if s.Parent != (ID{}) {
		c.parent = *s.Parent.lower()
		c.spec.parent = &c.parent
	}
	for i, name := range s.Counters {
		c.counters[i] = C.CString(name)
	}
	if len(s.Counters) > 0 {
		c.spec.counters = &c.counters[0]
	}
	if s.Detached {
		c.spec.flags |= C.HEADWAY_DETACHED
	}
	if s.Striped {
		c.spec.flags |= C.HEADWAY_STRIPED
	}
	if s.Root {
		c.spec.flags |= C.HEADWAY_ROOT
	}
	return c, nil
}

// cString copies a string for C; NULL for "", which means the same there.  The caller frees it.
func cString(s string) *C.char {
	if s == "" {
		return nil
	}
	return C.CString(s)
}

func freeSpec(c *C.struct_go_spec) {
	for _, text := range append([]*C.char{c.spec.name, c.spec.unit, c.spec.history}, c.counters[:]...) {
		if text != nil {
			C.free(unsafe.Pointer(text))
		}
	}
	C.free(unsafe.Pointer(c))
}

// free releases the handle.
func (h *handle) free() {
	C.headway_release(h.c)
	h.arena.mutex.Lock()
	delete(h.arena.records, h)
	h.arena.mutex.Unlock()
	h.arena.leave(h.arena.free)
}

// refusal is the error of a call after the handle was released.
func (h *handle) refusal(call string) error {
	if atomic.LoadInt32(&h.final) != 0 {
		return refused(call, ErrOver)
	}
	return refused(call, ErrGone)
}

// do makes a call, unless the handle was released.
func (r *Record) do(call string, f func(*C.struct_headway_record) C.int) error {
	h := r.handle
	if !h.enter(h.free) {
		return h.refusal(call)
	}
	code := f(h.c)
	h.leave(h.free)
	runtime.KeepAlive(r)
	return result(call, code)
}

// collected is called when the Record is collected.
func (r *Record) collected() {
	if r.abandon {
		r.Error("abandoned")
	}
	r.Release()
}

// Release releases the handle and does not change the record: if it is Running, this process stays its owner.
// Later calls return ErrGone.
func (r *Record) Release() {
	if r.guard.close(r.free) {
		runtime.SetFinalizer(r, nil)
	}
}

// ID is the record's id.
func (r *Record) ID() ID { return r.id }

// Message sets a message; an existing key keeps its place and gets the new value.
func (r *Record) Message(key, value string) error {
	h := r.handle
	if !h.enter(h.free) {
		return h.refusal("headway_message")
	}
	code := C.go_message(h.c, key, value)
	h.leave(h.free)
	runtime.KeepAlive(r)
	return result("headway_message", code)
}

// Update sets several messages in one step: a reader sees all of them or none.
func (r *Record) Update(messages ...Message) error {
	const call = "headway_update"
	const each = C.sizeof_struct_headway_message
	bytes := each * len(messages)
	for _, m := range messages {
		if strings.IndexByte(m.Key, 0) >= 0 || strings.IndexByte(m.Value, 0) >= 0 {
			return refused(call, syscall.EINVAL)
		}
		bytes += len(m.Key) + len(m.Value) + 2
	}
	if len(messages) == 0 {
		bytes = each
	}
	memory := C.malloc(C.size_t(bytes)) // the array, then the texts, each with a NUL
	defer C.free(memory)
	array := (*C.struct_headway_message)(memory)
	list := unsafe.Slice(array, len(messages))
	text := unsafe.Slice((*byte)(memory), bytes)
	at := each * len(messages)
	put := func(s string) *C.char {
		start := at
		at += copy(text[at:], s)
		text[at] = 0
		at++
		return (*C.char)(unsafe.Pointer(&text[start]))
	}
	for i, m := range messages {
		list[i].key = put(m.Key)
		list[i].value = put(m.Value)
	}
	return r.do(call, func(c *C.struct_headway_record) C.int {
		return C.headway_update(c, array, C.size_t(len(messages)))
	})
}

// URL sets the record's URL; "" sets it to the arena's base path and the id again.
func (r *Record) URL(url string) error {
	if strings.IndexByte(url, 0) >= 0 {
		return refused("headway_url", syscall.EINVAL)
	}
	text := C.CString(url)
	defer C.free(unsafe.Pointer(text))
	return r.do("headway_url", func(c *C.struct_headway_record) C.int { return C.headway_url(c, text) })
}

// Results sets the results: any value that encoding/json can write, also a json.RawMessage.
func (r *Record) Results(results any) error {
	text, err := json.Marshal(results)
	if err != nil {
		return err
	}
	return r.do("headway_results", func(c *C.struct_headway_record) C.int {
		return C.headway_results(c, (*C.char)(unsafe.Pointer(&text[0])), C.size_t(len(text)))
	})
}

// Finish ends the record as Finished.  An argument is set as the results in the same step.
func (r *Record) Finish(results ...any) error {
	if len(results) == 0 {
		return r.end("headway_finish", C.HEADWAY_FINISHED, func(c *C.struct_headway_record) C.int {
			return C.headway_finish(c)
		})
	}
	text, err := json.Marshal(results[0])
	if err != nil {
		return err
	}
	return r.end("headway_finish_with_results", C.HEADWAY_FINISHED, func(c *C.struct_headway_record) C.int {
		return C.headway_finish_with_results(c, (*C.char)(unsafe.Pointer(&text[0])), C.size_t(len(text)))
	})
}

// Error ends the record as Error.  The text becomes the message "Error"; an empty text adds no message.
func (r *Record) Error(text string) error {
	var c *C.char
	if strings.IndexByte(text, 0) >= 0 {
		return refused("headway_error", syscall.EINVAL)
	}
	if text != "" {
		c = C.CString(text)
		defer C.free(unsafe.Pointer(c))
	}
	return r.end("headway_error", C.HEADWAY_ERROR, func(h *C.struct_headway_record) C.int {
		return C.headway_error(h, c)
	})
}

// end makes a call that ends the record, and releases the handle when the record is over, since an open handle
// keeps the slot in use.
func (r *Record) end(call string, final C.int, f func(*C.struct_headway_record) C.int) error {
	h := r.handle
	if !h.enter(h.free) {
		return h.refusal(call)
	}
	code := f(h.c)
	if code == -C.EALREADY {
		final = C.headway_status(h.c)
	}
	over := code == 0 || code == -C.EALREADY
	if over && final > 0 {
		atomic.StoreInt32(&h.final, int32(final))
	}
	h.leave(h.free)
	if over {
		r.Release()
	}
	runtime.KeepAlive(r)
	return result(call, code)
}

// Status is Running, Finished or Error.
func (r *Record) Status() (Status, error) {
	if final := atomic.LoadInt32(&r.final); final != 0 {
		return Status(final), nil
	}
	var status C.int
	err := r.do("headway_status", func(c *C.struct_headway_record) C.int {
		status = C.headway_status(c)
		return status
	})
	if err != nil && atomic.LoadInt32(&r.final) != 0 { // it ended meanwhile
		return Status(atomic.LoadInt32(&r.final)), nil
	}
	if err != nil {
		return 0, err
	}
	return Status(status), nil
}

// Env returns variables for the environment of a command, in the form of exec.Cmd.Env, which make the records that it
// starts children of this one.
func (r *Record) Env() []string {
	env := []string{"HEADWAY_PARENT=" + r.id.String()}
	if info, err := (&Arena{r.arena}).Info(); err == nil {
		env = append(env, "HEADWAY_ARENA="+info.Path)
	}
	return env
}

// Do starts a record and calls f with it.  When f returns nil, the record becomes Finished; when f returns an error,
// it becomes Error with the error's text, and Do returns the error; when f panics, it becomes Error too, and the panic
// continues.  A record that f has ended itself stays as it is.
func (a *Arena) Do(spec Spec, f func(*Record) error) (err error) {
	record, err := a.Start(spec)
	if err != nil {
		return err
	}
	returned := false
	defer func() {
		switch {
		case returned && err == nil:
			if e := record.Finish(); e != nil && e.(*Error).Errno != ErrOver {
				err = e
			}
		case returned:
			record.Error(err.Error())
		default:
			value := recover()
			if value == nil {
				record.Error("the goroutine ended")
				return
			}
			record.Error(fmt.Sprint("panic: ", value))
			panic(value)
		}
	}()
	err = f(record)
	returned = true
	return err
}
