// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package headway

// #include "shim.h"
import "C"

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"
)

// These calls do in Go what C's inline calls do, because calling C takes several times as long as an add: check that
// the handle is valid and that the record is Running, then one atomic instruction.  When a check fails, the library
// finds out why.

// isOurs is C's headway_record_is_ours.
func (h *handle) isOurs() bool {
	p := h.prefix
	return atomic.LoadUint64((*uint64)(p.generation_now)) == atomic.LoadUint64((*uint64)(&p.generation))
}

// isLive is C's headway_record_is_live.
func (h *handle) isLive() bool {
	return h.isOurs() && atomic.LoadUint64((*uint64)(h.prefix.word))>>C.HEADWAY_STATUS_SHIFT == C.HEADWAY_STATUS_RUNNING
}

// counter returns the address of a counter: 0 is done, 1 is total, the named ones follow.
func (h *handle) counter(of *C.uint64_t, index uintptr) *uint64 {
	return (*uint64)(unsafe.Add(unsafe.Pointer(of), index*8))
}

// Add adds to done.
func (r *Record) Add(n uint64) error {
	h := r.handle
	if !h.enter(h.free) {
		return h.refusal("headway_add")
	}
	var code C.int
	if h.isLive() {
		atomic.AddUint64(h.counter(h.prefix.counters, 0), n)
	} else {
		code = C.headway_counter_slow(h.c, C.HEADWAY_SLOW_ADD, 0, C.uint64_t(n))
	}
	h.leave(h.free)
	runtime.KeepAlive(r)
	return result("headway_add", code)
}

// Set sets done.  For a striped record the error is EINVAL.
func (r *Record) Set(done uint64) error {
	h := r.handle
	if !h.enter(h.free) {
		return h.refusal("headway_set")
	}
	var code C.int
	if h.isLive() && h.prefix.striped == 0 {
		atomic.StoreUint64(h.counter(h.prefix.line, 0), done)
	} else {
		code = C.headway_counter_slow(h.c, C.HEADWAY_SLOW_SET, 0, C.uint64_t(done))
	}
	h.leave(h.free)
	runtime.KeepAlive(r)
	return result("headway_set", code)
}

// SetTotal sets the value that done is expected to reach.
func (r *Record) SetTotal(total uint64) error {
	h := r.handle
	if !h.enter(h.free) {
		return h.refusal("headway_set_total")
	}
	var code C.int
	if h.isLive() {
		atomic.StoreUint64(h.counter(h.prefix.line, 1), total)
	} else {
		code = C.headway_counter_slow(h.c, C.HEADWAY_SLOW_TOTAL, 1, C.uint64_t(total))
	}
	h.leave(h.free)
	runtime.KeepAlive(r)
	return result("headway_set_total", code)
}

// AddCounter adds to a named counter, given by its index in Spec.Counters.
func (r *Record) AddCounter(counter int, n uint64) error {
	h := r.handle
	if !h.enter(h.free) {
		return h.refusal("headway_counter_add")
	}
	var code C.int
	if counter >= 0 && counter < int(h.prefix.counter_count) && h.isLive() {
		atomic.AddUint64(h.counter(h.prefix.counters, uintptr(counter)+2), n)
	} else {
		index := C.uint(1<<32 - 1)
		if counter >= 0 && counter < 6 {
			index = C.uint(counter + 2)
		}
		code = C.headway_counter_slow(h.c, C.HEADWAY_SLOW_ADD, index, C.uint64_t(n))
	}
	h.leave(h.free)
	runtime.KeepAlive(r)
	return result("headway_counter_add", code)
}

// Cancelled is true when the record's owner was asked to stop, by `headway cancel` or [Arena.Cancel].  It costs as
// little as Add.  It is false for a record that has ended or was released.
func (r *Record) Cancelled() bool {
	h := r.handle
	if !h.enter(h.free) {
		return false
	}
	var cancelled bool
	if h.isOurs() {
		cancelled = atomic.LoadUint64((*uint64)(h.prefix.word))>>C.HEADWAY_CANCELLED_SHIFT&1 == 1
	} else {
		cancelled = C.headway_counter_slow(h.c, C.HEADWAY_SLOW_CANCELLED, 0, 0) == 1
	}
	h.leave(h.free)
	runtime.KeepAlive(r)
	return cancelled
}

// Context returns a context that is done when the record is cancelled (its error is then context.Canceled) or when the
// parent is done.  A goroutine looks ten times a second until stop is called.
func (r *Record) Context(parent context.Context) (ctx context.Context, stop context.CancelFunc) {
	ctx, stop = context.WithCancel(parent)
	go func() {
		ticker := time.NewTicker(100 * time.Millisecond)
		defer ticker.Stop()
		for {
			if r.Cancelled() {
				stop()
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	return ctx, stop
}
