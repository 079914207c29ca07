// SPDX-License-Identifier: BSD-3-Clause

// Compares the JSON that write_records made with what Go's own encoder makes of the same records.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
)

type message struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type statusView struct {
	Status   string          `json:"status"`
	Messages []message       `json:"messages"`
	Results  json.RawMessage `json:"results,omitempty"`
	URL      string          `json:"url"`
}

// The times in the full view; the other members are only checked to be valid JSON.
type fullView struct {
	StartedAt  json.RawMessage `json:"started_at"`
	UpdatedAt  json.RawMessage `json:"updated_at"`
	FinishedAt json.RawMessage `json:"finished_at"`
}

type record struct {
	view         statusView
	times        [3]int64
	status, full []byte
}

type reader struct {
	in  *bufio.Reader
	err error
}

func (r *reader) number() uint64 {
	var b [8]byte
	if r.err == nil {
		_, r.err = io.ReadFull(r.in, b[:])
	}
	return binary.LittleEndian.Uint64(b[:])
}

func (r *reader) text() []byte {
	b := make([]byte, r.number())
	if r.err == nil {
		_, r.err = io.ReadFull(r.in, b)
	}
	return b
}

func (r *reader) record() record {
	var rec record
	names := map[uint64]string{1: "Running", 2: "Finished", 3: "Error"}
	rec.view.Status = names[r.number()]
	rec.view.Messages = make([]message, r.number())
	for i := range rec.view.Messages {
		rec.view.Messages[i].Key = string(r.text())
		rec.view.Messages[i].Value = string(r.text())
	}
	if r.number() != 0 {
		rec.view.Results = r.text()
	}
	rec.view.URL = string(r.text())
	for i := range rec.times {
		rec.times[i] = int64(r.number())
	}
	rec.status = r.text()
	rec.full = r.text()
	return rec
}

func differs(what string, n int, got, want []byte) bool {
	if bytes.Equal(got, want) {
		return false
	}
	at := 0
	for at < len(got) && at < len(want) && got[at] == want[at] {
		at++
	}
	cut := func(b []byte) []byte {
		from, to := at-20, at+40
		if from < 0 {
			from = 0
		}
		if to > len(b) {
			to = len(b)
		}
		return b[from:to]
	}
	fmt.Printf("record %d, %s, byte %d: headway …%q…, Go …%q…\n", n, what, at, cut(got), cut(want))
	return true
}

func goTime(ns int64) []byte {
	if ns == 0 {
		return []byte("null")
	}
	text, err := json.Marshal(time.Unix(0, ns).UTC())
	if err != nil {
		return []byte(err.Error())
	}
	return text
}

func (rec *record) fullDiffers(n int) bool {
	beginning := len(rec.status) - len("}\n")
	if len(rec.full) < beginning ||
		differs("beginning of the full view", n, rec.full[:beginning], rec.status[:beginning]) {
		return true
	}
	var view fullView
	if err := json.Unmarshal(rec.full, &view); err != nil {
		fmt.Printf("record %d, full view: %v\n", n, err)
		return true
	}
	return differs("started_at", n, view.StartedAt, goTime(rec.times[0])) ||
		differs("updated_at", n, view.UpdatedAt, goTime(rec.times[1])) ||
		differs("finished_at", n, view.FinishedAt, goTime(rec.times[2]))
}

func main() {
	r := reader{in: bufio.NewReaderSize(os.Stdin, 1<<20)}
	count, wrong := 0, 0
	size := 0
	for ; ; count++ {
		if _, err := r.in.Peek(1); err == io.EOF {
			break
		}
		rec := r.record()
		if r.err != nil {
			fmt.Println("cannot read the records:", r.err)
			os.Exit(1)
		}
		var want bytes.Buffer
		if err := json.NewEncoder(&want).Encode(rec.view); err != nil {
			fmt.Printf("record %d: Go refuses it: %v\n", count, err)
			os.Exit(1)
		}
		size += want.Len()
		if differs("status view", count, rec.status, want.Bytes()) || rec.fullDiffers(count) {
			wrong++
			if wrong == 10 {
				break
			}
		}
	}
	fmt.Printf("NOTE %d records, %d bytes of JSON compared with Go's encoder, %d differ\n", count, size, wrong)
	if wrong > 0 || count == 0 {
		os.Exit(1)
	}
}
