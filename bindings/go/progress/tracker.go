// SPDX-License-Identifier: BSD-3-Clause

package progress

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"net/http"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"headway/now"
)

const (
	cacheDuration     = 5 * time.Minute // how long a Progress stays after its end
	cacheUpdatePeriod = time.Minute     // how often the cache is searched for those to remove
	cacheSize         = 1000            // how many there may be
)

// timeNow is the clock when there is no context.
var timeNow = time.Now

// Tracker answers requests for the state of Progresses, until five minutes after their end.  It keeps the thousand that
// were used most recently.
type Tracker interface {
	// Add adds a Progress and sets its URL.
	Add(prog Progress)

	// Handler answers a request for a Progress: the id is the last part of the path.
	Handler(w http.ResponseWriter, r *http.Request)

	// Start removes, until the context is done, Progresses that have been over for five minutes.
	Start(ctx context.Context)
}

type tracker struct {
	cache             *lru
	basePath          string
	numEntriesInCache gauge
}

var _ Tracker = (*tracker)(nil)

// cacheEntry is a Progress, and when it was first seen to be over.
type cacheEntry struct {
	Progress Progress
	Finished time.Time
}

// gauge is a number that one goroutine sets and others read.
type gauge struct{ value int64 }

func (g *gauge) Update(value int64) { atomic.StoreInt64(&g.value, value) }
func (g *gauge) Get() int64         { return atomic.LoadInt64(&g.value) }

// NewTracker makes a Tracker.  The base path is the beginning of all URLs that Handler is to be registered for,
// and must end in '/':
//
//	tracker, err := progress.NewTracker("/_/status/")
//	…
//	http.HandleFunc("/_/status/", tracker.Handler)
//
// Then, where work is started:
//
//	prog := progress.New()
//	tracker.Add(prog)
//	go work(prog)
//	err := prog.JSON(w) // has the URL to ask next
//
// `headway-httpd --base-path /_/status/` answers the same URLs with the same bytes.
func NewTracker(basePath string) (*tracker, error) {
	if !strings.HasSuffix(basePath, "/") {
		return nil, fmt.Errorf("basePath %q must end with a '/'", basePath)
	}
	return &tracker{cache: newLRU(cacheSize), basePath: basePath}, nil
}

// Start implements Tracker.
func (t *tracker) Start(ctx context.Context) {
	ticker := time.NewTicker(cacheUpdatePeriod)
	go func() {
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				t.singleStep(ctx)
			}
		}
	}()
}

// singleStep removes Progresses that have been over for long enough, and notes the time for those that are over now.
func (t *tracker) singleStep(ctx ...context.Context) {
	time := timeNow()
	if len(ctx) > 0 && ctx[0].Value(now.ContextKey) != nil {
		time = now.Now(ctx[0])
	}
	for _, id := range t.cache.Keys() {
		entry, known := t.cache.Get(id)
		switch {
		case !known:
		case !entry.Finished.IsZero() && entry.Finished.Add(cacheDuration).Before(time):
			t.cache.Remove(id)
		case entry.Finished.IsZero() && entry.Progress.Status() != Running:
			t.cache.Update(id, cacheEntry{entry.Progress, time})
		}
	}
	t.numEntriesInCache.Update(int64(t.cache.Len()))
}

// Add implements Tracker.  The id is that of the record, so that headway-httpd has it at the same URL.
func (t *tracker) Add(prog Progress) {
	id := ""
	if p, ours := prog.(*progress); ours {
		id = p.record.id()
	}
	if _, known := t.cache.Get(id); id == "" || known {
		id = randomID()
	}
	prog.URL(t.basePath + id)
	t.cache.Add(id, cacheEntry{Progress: prog})
}

// randomID returns the text of a UUID of version 4.
func randomID() string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err)
	}
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Handler implements Tracker.
func (t *tracker) Handler(w http.ResponseWriter, r *http.Request) {
	entry, known := t.cache.Get(path.Base(r.URL.Path))
	if !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := entry.Progress.JSON(w); err != nil {
		http.Error(w, "Failed to serialize JSON", http.StatusInternalServerError)
		log.Printf("progress: %s: %v", r.URL.Path, err)
	}
}
