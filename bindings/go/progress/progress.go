// SPDX-License-Identifier: BSD-3-Clause

// Package progress has the names and the behaviour of go.skia.org/infra/perf/go/progress, and keeps each Progress also as
// a record in the arena.  A service that changes this one import line keeps its own handler, and `headway top`,
// headway-httpd and every process that may read the arena see the same records.
//
// The arena is the one that HEADWAY_ARENA names, or /headway; a record has the name of the function that called [New].
// The state that the program reads is in its own memory, and the record follows it.  When the process dies, its Running
// records become Error, "owner died".  When the garbage collector frees a Running Progress, its record becomes Error,
// "abandoned".
//
// The service never fails because of the record.  If no arena can be opened or made, if it is full, or if the package was
// built without cgo, everything else works, and the record is missing.  The first error of each kind is written to the
// standard logger.
//
// A record differs from what [Progress.JSON] writes in these cases:
//
//   - results are shown as they were at the call of Results, and not at all when they cannot be written as JSON;
//   - results that are set to nil again are shown as null;
//   - a message with an empty key is not shown, and a NUL in a text is shown as U+FFFD;
//   - the URL is that of the arena until one is set;
//   - a record stays for five minutes after its end, as in a Tracker.
package progress

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"
)

// Status is the status of a process.
type Status string

// A process is Running, and then once Finished or in Error.
const (
	Running  Status = "Running"
	Finished Status = "Finished"
	Error    Status = "Error"
)

// ErrorMessageKey is the key of the message that Error sets.
const ErrorMessageKey = "Error"

// AllStatus lists every Status.
var AllStatus = []Status{Running, Finished, Error}

// Message is one of the texts of a SerializedProgress.
type Message struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// SerializedProgress is what a Progress writes as JSON.
type SerializedProgress struct {
	Status    Status      `json:"status"`
	Messsages []*Message  `json:"messages" go2ts:"ignorenil"`
	Results   interface{} `json:"results,omitempty"`

	// URL is the URL to ask next.
	URL string `json:"url"`
}

// Progress is the progress of a long-running process.  Any goroutine may make any call.  When it is not Running any
// more, all calls that would modify it panic.
type Progress interface {
	// Message sets a message.  An existing key keeps its place and gets the new value.
	Message(key, value string)

	// Results sets the results, or intermediate ones.
	Results(interface{})

	// Error ends it as Error; the text becomes the message ErrorMessageKey.
	Error(string)

	// Finished ends it as Finished.
	Finished()

	// FinishedWithResults sets the results and ends it as Finished.
	FinishedWithResults(interface{})

	// Status returns its status.
	Status() Status

	// URL sets the URL to ask next.
	URL(string)

	// JSON writes a SerializedProgress and a newline.
	JSON(w io.Writer) error
}

type progress struct {
	mutex  sync.Mutex
	state  SerializedProgress
	record mirror
}

var _ Progress = (*progress)(nil)

// New makes a Progress that is Running.
func New() *progress {
	return &progress{
		state:  SerializedProgress{Status: Running, Messsages: []*Message{}},
		record: newMirror(),
	}
}

// modify makes a change of a Progress that is Running.
func (p *progress) modify(change func()) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.state.Status != Running {
		panic("Progress is already Finished")
	}
	change()
}

func (p *progress) setMessage(key, value string) {
	for _, m := range p.state.Messsages {
		if m.Key == key {
			m.Value = value
			return
		}
	}
	p.state.Messsages = append(p.state.Messsages, &Message{key, value})
}

// Message implements Progress.
func (p *progress) Message(key, value string) {
	p.modify(func() {
		p.setMessage(key, value)
		p.record.message(key, value)
	})
}

// Results implements Progress.
func (p *progress) Results(results interface{}) {
	p.modify(func() {
		had := p.state.Results != nil
		p.state.Results = results
		p.record.results(results, had)
	})
}

// Error implements Progress.
func (p *progress) Error(text string) {
	p.modify(func() {
		p.state.Status = Error
		p.setMessage(ErrorMessageKey, text)
		p.record.error(text)
	})
}

// Finished implements Progress.
func (p *progress) Finished() {
	p.modify(func() {
		p.state.Status = Finished
		p.record.finish()
	})
}

// FinishedWithResults implements Progress.
func (p *progress) FinishedWithResults(results interface{}) {
	p.modify(func() {
		had := p.state.Results != nil
		p.state.Status = Finished
		p.state.Results = results
		p.record.finishWithResults(results, had)
	})
}

// Status implements Progress.
func (p *progress) Status() Status {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.state.Status
}

// URL implements Progress.
func (p *progress) URL(url string) {
	p.modify(func() {
		p.state.URL = url
		p.record.url(url)
	})
}

// JSON implements Progress.  It does not hold the lock while it writes to w.
func (p *progress) JSON(w io.Writer) error {
	var text bytes.Buffer
	p.mutex.Lock()
	err := json.NewEncoder(&text).Encode(p.state)
	p.mutex.Unlock()
	if err != nil {
		return err
	}
	_, err = w.Write(text.Bytes())
	return err
}
