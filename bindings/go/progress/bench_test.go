// SPDX-License-Identifier: BSD-3-Clause

package progress

import (
	"runtime"
	"syscall"
	"testing"
	"unsafe"
)

func threadTime() int64 {
	var t syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, 3 /* CLOCK_THREAD_CPUTIME_ID */, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

// A message of a Progress that others see, and of one without a record, which does what Skia's package does.
func BenchmarkMessage(b *testing.B) {
	values := [...]string{"1/3", "2/3", "3/3"}
	message := func(p *progress) func(*testing.B) {
		return func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			before := threadTime()
			for i := 0; i < b.N; i++ {
				p.Message("Step", values[i%3])
			}
			b.ReportMetric(float64(threadTime()-before)/float64(b.N), "cpu-ns/op")
		}
	}
	b.Run("record", message(New()))
	alone := New()
	alone.record = mirror{}
	b.Run("alone", message(alone))
}
