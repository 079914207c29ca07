// SPDX-License-Identifier: BSD-3-Clause

// Package headway keeps the progress of long-running work in shared memory, where other processes see it.
//
//	arena, err := headway.Open("", nil) // $HEADWAY_ARENA or /headway, made if missing
//	if err != nil {
//		return err
//	}
//	defer arena.Close()
//	record, err := arena.Start(headway.Spec{Name: "index", Unit: "files", Total: 1000})
//	if err != nil {
//		return err
//	}
//	record.Message("Stage", "reading")
//	for i := 0; i < 1000; i++ {
//		record.Add(1)
//	}
//	return record.Finish(map[string]int{"documents": 1000})
//
// A record is Running, then exactly once Finished or in Error, and cannot be modified after that.
// [Arena.Do] starts a record, calls a function and ends the record.  `headway top` and headway-httpd show records; package
// headway/client reads them over HTTP, and package headway/progress is a drop-in replacement for Skia's
// perf/go/progress.
//
// # Errors
//
// A call that fails returns an [*Error], which has the errno value: errors.Is(err, syscall.ENOSPC), or
// errors.Is(err, headway.ErrOver) for a record that is over.  A program may ignore the errors of calls that
// update a record: a failed call changes nothing.
//
// # Goroutines
//
// Any goroutine may make any call on any value, also while another closes the arena or releases the record,
// which waits for calls under way; later calls return [ErrGone] or [ErrOver].
//
// # Lifetime
//
// A record's handle is released when the record ends.  When the garbage collector frees a Record while it is
// Running, it becomes Error with the text "abandoned", unless it is detached or came from [Arena.Resume];
// [Record.Release] leaves it Running.  [Arena.Close] makes Running records that were started through that arena
// Error.  When a process dies, readers see its Running records as Error.
//
// # Processes
//
// When a command has [Record.Env] in its environment, the records that it starts, in any language, become children
// of the record.
//
// The package needs cgo.  Without it (CGO_ENABLED=0) it has only [ID]; headway/client and headway/progress also work
// without it.
package headway
