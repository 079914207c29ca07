// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package headway

// #include <headway.h>
import "C"

import "syscall"

// Errors to compare with by errors.Is.  Others are those of package syscall: ENOSPC (the arena is full of
// records that are Running or open), EACCES, EINVAL, E2BIG, EUSERS and so on, as <headway.h> lists for each call.
const (
	// ErrOver: the record is Finished or in Error, and the call changed nothing.
	ErrOver = syscall.EALREADY
	// ErrGone: the record or the arena does not exist any more, was released or closed, or was replaced.
	ErrGone = syscall.ESTALE
	// ErrNotFound: there never was such a record or arena.
	ErrNotFound = syscall.ENOENT
)

// Error is returned by a call that fails.
type Error struct {
	Call  string        // of the library, as in "headway_start"
	Errno syscall.Errno // the cause
}

// Error returns the call that failed and the library's text for the errno.
func (e *Error) Error() string {
	return e.Call + ": " + C.GoString(C.headway_strerror(C.int(e.Errno)))
}

// Unwrap returns the errno, for errors.Is.
func (e *Error) Unwrap() error { return e.Errno }

// result is nil, or the error for a negative code of the library.
func result(call string, code C.int) error {
	if code >= 0 {
		return nil
	}
	return &Error{call, syscall.Errno(-code)}
}

func refused(call string, errno syscall.Errno) error { return &Error{call, errno} }
