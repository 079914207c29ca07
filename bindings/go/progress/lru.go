// SPDX-License-Identifier: BSD-3-Clause

package progress

import (
	"container/list"
	"sync"
)

// lru keeps a number of entries; when there are too many, it removes the one that was used least recently.
type lru struct {
	mutex sync.Mutex
	most  int
	order list.List // of *lruItem, the one used last in front
	items map[string]*list.Element
}

type lruItem struct {
	key   string
	entry cacheEntry
}

func newLRU(most int) *lru { return &lru{most: most, items: map[string]*list.Element{}} }

// Add adds an entry, or replaces it.
func (l *lru) Add(key string, entry cacheEntry) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if e, known := l.items[key]; known {
		e.Value.(*lruItem).entry = entry
		l.order.MoveToFront(e)
		return
	}
	l.items[key] = l.order.PushFront(&lruItem{key, entry})
	if len(l.items) > l.most {
		l.remove(l.order.Back())
	}
}

// Update replaces an entry that is still there.
func (l *lru) Update(key string, entry cacheEntry) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if e, known := l.items[key]; known {
		e.Value.(*lruItem).entry = entry
	}
}

// Get finds an entry and marks it as used.
func (l *lru) Get(key string) (cacheEntry, bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	e, known := l.items[key]
	if !known {
		return cacheEntry{}, false
	}
	l.order.MoveToFront(e)
	return e.Value.(*lruItem).entry, true
}

// Remove removes an entry.
func (l *lru) Remove(key string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if e, known := l.items[key]; known {
		l.remove(e)
	}
}

func (l *lru) remove(e *list.Element) {
	l.order.Remove(e)
	delete(l.items, e.Value.(*lruItem).key)
}

// Keys lists all keys, the least recently used first.
func (l *lru) Keys() []string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	keys := make([]string, 0, len(l.items))
	for e := l.order.Back(); e != nil; e = e.Prev() {
		keys = append(keys, e.Value.(*lruItem).key)
	}
	return keys
}

// Len is the number of entries.
func (l *lru) Len() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return len(l.items)
}
