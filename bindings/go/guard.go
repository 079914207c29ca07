// SPDX-License-Identifier: BSD-3-Clause

package headway

import "sync/atomic"

// A guard counts the calls under way on a handle of C, so that the handle is freed after the last of them has
// returned.  Two bits above the count say that no call may begin any more, and that the handle was freed.
type guard struct{ word int64 }

const (
	guardClosed = 1 << 62
	guardFreed  = 1 << 61
)

// enter begins a call.  If it returns true, the call must end with leave.
func (g *guard) enter(free func()) bool {
	if atomic.AddInt64(&g.word, 1) < guardFreed {
		return true
	}
	g.leave(free)
	return false
}

// leave ends a call.  After close, the last call to leave calls free.
func (g *guard) leave(free func()) {
	if atomic.AddInt64(&g.word, -1) == guardClosed {
		g.free(free)
	}
}

// close makes later calls of enter fail.  It returns true the first time.
func (g *guard) close(free func()) bool {
	for {
		word := atomic.LoadInt64(&g.word)
		if word >= guardFreed {
			return false
		}
		if atomic.CompareAndSwapInt64(&g.word, word, word+guardClosed) {
			if word == 0 {
				g.free(free)
			}
			return true
		}
	}
}

// free calls free once.  The count may return to 0 several times, since a refused call is counted for a moment.
func (g *guard) free(free func()) {
	if atomic.CompareAndSwapInt64(&g.word, guardClosed, guardClosed|guardFreed) {
		free()
	}
}

// isClosed is true when no more calls may begin.
func (g *guard) isClosed() bool { return atomic.LoadInt64(&g.word) >= guardFreed }
