// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

// Index counts the lines of files, several at a time: a record for all of them, and one that is a part of it for
// each file.
//
//	index FILE…
package main

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"headway"
)

// lines counts the lines of a file, and its record the bytes.
func lines(arena *headway.Arena, all *headway.Record, path string) (count uint64, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	spec := headway.Spec{Name: path, Unit: "bytes", Total: uint64(len(text)), Parent: all.ID()}
	return count, arena.Do(spec, func(record *headway.Record) error {
		for len(text) > 0 {
			_, rest, found := bytes.Cut(text, []byte("\n"))
			if found {
				count++
			}
			record.Add(uint64(len(text) - len(rest)))
			text = rest
		}
		return record.Finish(count)
	})
}

// index counts all files at once.
func index(arena *headway.Arena, paths []string) error {
	spec := headway.Spec{Name: "index", Unit: "files", Total: uint64(len(paths)), Counters: []string{"failed"}}
	return arena.Do(spec, func(all *headway.Record) error {
		var total uint64
		var wait sync.WaitGroup
		for _, path := range paths {
			wait.Add(1)
			go func(path string) {
				defer wait.Done()
				count, err := lines(arena, all, path)
				if err != nil {
					fmt.Fprintln(os.Stderr, "index:", err)
					all.AddCounter(0, 1)
				}
				atomic.AddUint64(&total, count)
				all.Add(1)
			}(path)
		}
		wait.Wait()
		fmt.Println(total, "lines")
		return all.Finish(map[string]uint64{"lines": total})
	})
}

func main() {
	arena, err := headway.Open("", nil)
	if err == nil {
		err = index(arena, os.Args[1:])
		arena.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "index:", err)
		os.Exit(1)
	}
}
