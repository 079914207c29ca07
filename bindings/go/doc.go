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
// [Arena.Do] does all of this around a function.  `headway top` and headway-httpd show the records; package
// headway/client reads them over HTTP, and package headway/progress is a drop-in replacement for Skia's
// perf/go/progress.
//
// # Errors
//
// What fails returns an [*Error], which carries the errno value: errors.Is(err, syscall.ENOSPC), or
// errors.Is(err, headway.ErrOver) for a record that is over.  A program may leave the errors of calls that
// update a record out of account: such a call then changes nothing.
//
// # Goroutines
//
// Any goroutine may make any call on any value, also while another closes the arena or releases the record:
// calls under way are waited for, and later ones return [ErrGone] or [ErrOver].
//
// # Lifetime
//
// A record gives back its handle when it ends.  One that the garbage collector finds while it is Running
// becomes Error with the text "abandoned", unless it is detached or came from [Arena.Resume]; [Record.Release]
// leaves it Running.  [Arena.Close] ends the records that were started through that arena and are Running.  The
// record of a process that dies becomes Error by itself.
//
// # Processes
//
// A command that is started with [Record.Env] in its environment is a part of the record: what it starts, in any
// language, is shown below it.
//
// The package needs cgo.  Without it (CGO_ENABLED=0) only [ID] is there; headway/client and headway/progress
// build and work without it, too.
package headway
