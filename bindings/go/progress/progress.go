// SPDX-License-Identifier: BSD-3-Clause

// Package progress has the names and the behaviour of go.skia.org/infra/perf/go/progress, and shows what is in it to
// the whole machine: a service that changes this one import line keeps its own handler, and `headway top`,
// headway-httpd with its page, events and metrics, and whoever may read the arena see the same records.
//
// Each Progress is also a record of the arena that HEADWAY_ARENA names, or of /headway, with the name of the function
// that called [New].  The state that the program sees is its own, in its own memory.  The record follows it.  It is
// seen there when the process dies, too: it is in Error then, "owner died".  A Progress that the garbage
// collector finds while it is Running makes its record Error, "abandoned".
//
// A service must not fail because of who watches it: where there is no arena and none can be made, where it is
// full, and where the package was built without cgo, everything works but for the record.  The first such error
// of each kind is written to the standard logger.
//
// A record differs from what [Progress.JSON] writes in these cases:
//
//   - results are shown as they were at the call of Results, and not at all when they cannot be written as JSON;
//   - results that are set to nil again are shown as null;
//   - a message with an empty key is not shown, and a NUL in a text is shown as U+FFFD;
//   - the URL is that of the arena until one is set;
//   - a record that is over stays for five minutes, as in a Tracker.
package progress

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"
)

// Status is what a process is in.
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

	// URL is where to ask next.
	URL string `json:"url"`
}

// Progress tells how a long-running process gets on.  Any goroutine may make any call.  When it is not Running any
// more, all calls that would modify it panic.
type Progress interface {
	// Message sets a message.  A key that is there keeps its place and gets the new value.
	Message(key, value string)

	// Results sets the results, or those that there are so far.
	Results(interface{})

	// Error ends it: it is in Error, and the text is its message ErrorMessageKey.
	Error(string)

	// Finished ends it: it is Finished.
	Finished()

	// FinishedWithResults sets the results and ends it: it is Finished.
	FinishedWithResults(interface{})

	// Status is what it is in.
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

// JSON implements Progress.  A writer that is slow does not hold up the process.
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
