// SPDX-License-Identifier: BSD-3-Clause

package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strings"
	"time"
)

// Event is an event of a server's stream.
type Event struct {
	// Type is "progress" (a Running record) or "done", both with a Record; "removed", with an ID; "reset": all records
	// are sent again; "ready": all existing records have been sent.  Others may be added.
	Type    string
	ID      string
	Record  *Record
	Problem string // of "ready": why there is no arena to read; "": there is one
}

// errSilent: nothing came for longer than the time between the server's comments.
var errSilent = errors.New("the server has stopped sending")

// Events calls f with every event until f returns an error, which Events then returns.  The first events are all existing
// records.  When the connection breaks, Events connects again and goes on from the last event.
func (c *Client) Events(ctx context.Context, filter Filter, f func(Event) error) error {
	query := url.Values{}
	if filter.Name != "" {
		query.Set("name", filter.Name)
	}
	if len(filter.IDs) > 0 {
		query.Set("id", strings.Join(filter.IDs, ","))
	}
	last := ""
	return persist(ctx, func(progressed func()) (bool, error) {
		header := []string{"Accept", "text/event-stream"}
		if last != "" {
			header = append(header, "Last-Event-ID", last)
		}
		inner, cancel := context.WithCancel(ctx)
		defer cancel()
		timer := time.AfterFunc(silence, cancel)
		defer timer.Stop()
		answer, err := c.get(inner, "_/events", query, header...)
		if err != nil {
			return false, silentError(ctx, err)
		}
		defer answer.Body.Close()
		stop := false
		err = parse(answer.Body, func() { timer.Reset(silence) }, func(e rawEvent) error {
			progressed()
			last = e.id
			event, err := e.event()
			if err == nil {
				err = f(event)
			}
			stop = err != nil
			return err
		})
		if !stop && err != nil {
			err = silentError(ctx, &Error{Detail: "the connection broke: " + err.Error(), Err: err})
		}
		return stop, err
	})
}

// silentError returns errSilent for a stream that the timer has cancelled, and other errors unchanged.
func silentError(ctx context.Context, err error) error {
	if ctx.Err() == nil && errors.Is(err, context.Canceled) {
		return &Error{Detail: errSilent.Error(), Err: errSilent}
	}
	return err
}

// rawEvent is an event as it is in the stream.
type rawEvent struct{ kind, data, id string }

func (e rawEvent) event() (Event, error) {
	event := Event{Type: e.kind}
	switch e.kind {
	case "progress", "done":
		event.Record = &Record{}
		err := json.Unmarshal([]byte(e.data), event.Record)
		event.ID = event.Record.ID
		return event, err
	case "removed":
		var told struct{ ID string }
		err := json.Unmarshal([]byte(e.data), &told)
		event.ID = told.ID
		return event, err
	case "ready":
		var told struct{ Problem string }
		err := json.Unmarshal([]byte(e.data), &told)
		event.Problem = told.Problem
		return event, err
	}
	return event, nil
}

// parse reads a stream of server-sent events: touch is called for each line, f for each event.
func parse(from io.Reader, touch func(), f func(rawEvent) error) error {
	lines := bufio.NewReader(from)
	event := rawEvent{}
	var data []string
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			return nil // an event that does not end with an empty line is ignored
		}
		if err != nil {
			return err
		}
		touch()
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && len(data) > 0:
			event.data = strings.Join(data, "\n")
			if event.kind == "" {
				event.kind = "message"
			}
			if err := f(event); err != nil {
				return err
			}
			fallthrough
		case line == "":
			event.kind, data = "", nil
		case name == "event":
			event.kind = value
		case name == "data":
			data = append(data, value)
		case name == "id":
			event.id = value
		}
	}
}
