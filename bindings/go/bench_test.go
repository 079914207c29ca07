// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package headway_test

import (
	"runtime"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"headway"
)

// What is compared with: the same state in this process alone, under a mutex, as Go services keep it.
type plain struct {
	mutex    sync.Mutex
	done     uint64
	messages []headway.Message
}

func (p *plain) add(n uint64) {
	p.mutex.Lock()
	p.done += n
	p.mutex.Unlock()
}

func (p *plain) message(key, value string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for i := range p.messages {
		if p.messages[i].Key == key {
			p.messages[i].Value = value
			return
		}
	}
	p.messages = append(p.messages, headway.Message{Key: key, Value: value})
}

var (
	keys   = [...]string{"Step", "Query", "Stage", "Commit", "Details"}
	values = [...]string{"3/7", "select id, size from parts where kind = 4", "3 of 7: sort the parts", "9f1c20e7b35d",
		"1482 of 9000 rows merged, 12 wait for it; next: parts"}
)

// cpu times what a call costs its thread, which others on the machine do not disturb.
func cpu(b *testing.B, name string, call func(i int)) {
	b.Run(name, func(b *testing.B) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		before := threadTime()
		for i := 0; i < b.N; i++ {
			call(i)
		}
		b.ReportMetric(float64(threadTime()-before)/float64(b.N), "cpu-ns/op")
	})
}

func threadTime() int64 {
	var t syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, 3 /* CLOCK_THREAD_CPUTIME_ID */, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

func BenchmarkAdd(b *testing.B) {
	arena, _ := newArena(b, headway.Options{Slots: 16})
	record := start(b, arena, headway.Spec{})
	cpu(b, "headway", func(i int) {
		record.Add(1)
	})
	var p plain
	cpu(b, "mutex", func(i int) {
		p.add(1)
	})
}

func BenchmarkMessage(b *testing.B) {
	arena, _ := newArena(b, headway.Options{Slots: 16})
	record := start(b, arena, headway.Spec{})
	cpu(b, "headway", func(i int) {
		if err := record.Message(keys[i%5], values[(i+i/5)%5]); err != nil {
			b.Fatal(err)
		}
	})
	var p plain
	cpu(b, "mutex", func(i int) {
		p.message(keys[i%5], values[(i+i/5)%5])
	})
}

// Start, five messages, the end.
func BenchmarkLife(b *testing.B) {
	arena, _ := newArena(b, headway.Options{})
	cpu(b, "headway", func(i int) {
		record := start(b, arena, headway.Spec{})
		for j, key := range keys {
			record.Message(key, values[j])
		}
		if err := record.Finish(); err != nil {
			b.Fatal(err)
		}
	})
	cpu(b, "mutex", func(i int) {
		p := new(plain)
		for j, key := range keys {
			p.message(key, values[j])
		}
		p.add(1)
	})
}
