// SPDX-License-Identifier: BSD-3-Clause

package headway

import "sync/atomic"

// A guard counts the calls under way on a handle of C, so that it is freed when the last of them has returned
// and not before.  Above its count it has two marks: no call may begin any more, and it has been freed.
type guard struct{ word int64 }

const (
	guardClosed = 1 << 62
	guardFreed  = 1 << 61
)

// enter is true when the call may go on; it must leave then.
func (g *guard) enter(free func()) bool {
	if atomic.AddInt64(&g.word, 1) < guardFreed {
		return true
	}
	g.leave(free)
	return false
}

// leave ends a call.  The last one after close calls free.
func (g *guard) leave(free func()) {
	if atomic.AddInt64(&g.word, -1) == guardClosed {
		g.free(free)
	}
}

// close lets no more calls begin.  It is true for the one that did so.
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

// free calls free once, however often the count comes back to 0: a call that was refused counts for a moment.
func (g *guard) free(free func()) {
	if atomic.CompareAndSwapInt64(&g.word, guardClosed, guardClosed|guardFreed) {
		free()
	}
}

// isClosed is true when no more calls may begin.
func (g *guard) isClosed() bool { return atomic.LoadInt64(&g.word) >= guardFreed }
