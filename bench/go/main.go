// SPDX-License-Identifier: BSD-3-Clause

// The in-process design that Headway replaces: records in a map, each with a mutex and a slice of
// messages, shown by encoding/json. Reads commands from standard input: what to do, and for how
// long; prints how often it was done, how long it took, and whether the thread was preempted
// meanwhile.
package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

type message struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// The struct that is encoded.
type view struct {
	Status   string          `json:"status"`
	Messages []message       `json:"messages"`
	Results  json.RawMessage `json:"results,omitempty"`
	URL      string          `json:"url"`
}

type record struct {
	mutex    sync.Mutex
	status   string
	messages []message
	results  json.RawMessage
	url      string
	ended    time.Time
}

func (r *record) set(key, value string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for i := range r.messages {
		if r.messages[i].Key == key {
			r.messages[i].Value = value
			return
		}
	}
	r.messages = append(r.messages, message{key, value})
}

func (r *record) finish() {
	r.mutex.Lock()
	r.status = "Finished"
	r.ended = time.Now()
	r.mutex.Unlock()
}

func (r *record) encode(out *bytes.Buffer) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	messages := r.messages
	if messages == nil {
		messages = []message{}
	}
	return json.NewEncoder(out).Encode(view{r.status, messages, r.results, r.url})
}

// All records, by id.
type registry struct {
	mutex   sync.Mutex
	records map[string]*record
	random  func([]byte)
}

func (g *registry) start() *record {
	var id [16]byte
	g.random(id[:])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[0:8], id[0:4])
	text[8] = '-'
	hex.Encode(text[9:13], id[4:6])
	text[13] = '-'
	hex.Encode(text[14:18], id[6:8])
	text[18] = '-'
	hex.Encode(text[19:23], id[8:10])
	text[23] = '-'
	hex.Encode(text[24:], id[10:])
	key := string(text[:])
	r := &record{status: "Running", url: "/_/status/" + key}
	g.mutex.Lock()
	g.records[key] = r
	g.mutex.Unlock()
	return r
}

// Deletes the records that have ended.
func (g *registry) reap() int {
	now := time.Now()
	reaped := 0
	g.mutex.Lock()
	for key, r := range g.records {
		r.mutex.Lock()
		over := r.status != "Running" && !now.Before(r.ended)
		r.mutex.Unlock()
		if over {
			delete(g.records, key)
			reaped++
		}
	}
	g.mutex.Unlock()
	return reaped
}

// Random bytes, directly from the system or through a buffer as large as Headway's.
func random(out []byte) {
	if _, err := rand.Read(out); err != nil {
		panic(err)
	}
}

var pool [240]byte
var poolLeft int

func randomPooled(out []byte) {
	if poolLeft < len(out) {
		random(pool[:])
		poolLeft = len(pool)
	}
	poolLeft -= len(out)
	copy(out, pool[poolLeft:poolLeft+len(out)])
}

// ---- commands

const lives = 4000 // between two passes of the reaper, as in bench_life.c

type bench struct {
	updates []message
	next    int
	record  *record
	out     bytes.Buffer
	plain   registry
	pooled  registry
}

func (b *bench) messages(count int) {
	for ; count > 0; count-- {
		m := &b.updates[b.next]
		b.next++
		if b.next == len(b.updates) {
			b.next = 0
		}
		b.record.set(m.Key, m.Value)
	}
}

func (b *bench) encodings(count int) {
	for ; count > 0; count-- {
		b.out.Reset()
		if err := b.record.encode(&b.out); err != nil {
			panic(err)
		}
	}
}

// Start, five messages, finish, count times; then one reaping pass.
func (b *bench) lives(g *registry, count int) {
	for i := 0; i < count; i++ {
		r := g.start()
		for _, m := range b.updates[:5] {
			r.set(m.Key, m.Value)
		}
		r.finish()
	}
	if reaped := g.reap(); reaped != count {
		panic(fmt.Sprint("reaped ", reaped, " of ", count))
	}
}

func preemptions() int64 {
	var usage syscall.Rusage
	syscall.Getrusage(1 /* RUSAGE_THREAD */, &usage)
	return usage.Nivcsw
}

func (b *bench) during(ns int64, batch int, do func(int)) {
	before := preemptions()
	begin := time.Now()
	ops := 0
	for time.Since(begin).Nanoseconds() < ns {
		do(batch)
		ops += batch
	}
	took := time.Since(begin).Nanoseconds()
	disturbed := 0
	if preemptions() != before {
		disturbed = 1
	}
	fmt.Println(ops, took, disturbed)
}

func (b *bench) answer(command, argument string) {
	ns, _ := strconv.ParseInt(argument, 10, 64)
	switch command {
	case "pair":
		key, value, _ := strings.Cut(argument, "\t")
		b.updates = append(b.updates, message{key, value})
		if len(b.updates) <= 5 {
			b.record.set(key, value)
		}
	case "message":
		b.during(ns, 256, b.messages)
	case "encode":
		b.during(ns, 4, b.encodings)
	case "life":
		b.during(ns, lives, func(n int) { b.lives(&b.plain, n) })
	case "life-pooled":
		b.during(ns, lives, func(n int) { b.lives(&b.pooled, n) })
	case "show":
		b.encodings(1)
		os.Stdout.Write(b.out.Bytes())
	default:
		fmt.Println("unknown:", command)
	}
}

// Pins this thread only: the garbage collector may use the other processors.
func pin() {
	var set [128]uint64
	runtime.LockOSThread()
	syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(set), uintptr(unsafe.Pointer(&set)))
	first := true
	for i := range set {
		for bit := uint(0); bit < 64; bit++ {
			if set[i]>>bit&1 == 1 && !first {
				set[i] &^= 1 << bit
			} else if set[i]>>bit&1 == 1 {
				first = false
			}
		}
	}
	syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(set), uintptr(unsafe.Pointer(&set)))
}

func main() {
	b := &bench{record: &record{status: "Running"}}
	b.plain = registry{records: map[string]*record{}, random: random}
	b.pooled = registry{records: map[string]*record{}, random: randomPooled}
	b.record.url = "/_/status/00000000-0000-4000-8000-000000000000"
	pin()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		command, argument, _ := strings.Cut(lines.Text(), " ")
		b.answer(command, argument)
	}
}
