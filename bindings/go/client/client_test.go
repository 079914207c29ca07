// SPDX-License-Identifier: BSD-3-Clause

package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func no(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: got %#v, want %#v", what, got, want)
	}
}

// headway runs a command of the tool; its output.
func headway(t testing.TB, arguments ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(os.Getenv("BIN"), "headway"), arguments...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	no(t, err)
	return strings.TrimSpace(string(out))
}

// serve starts a real server on an arena of its own.
func serve(t testing.TB) *Client {
	t.Helper()
	if os.Getenv("BIN") == "" {
		t.Fatal("set BIN to the folder of the built programs")
	}
	t.Setenv("HEADWAY_ARENA", filepath.Join(t.TempDir(), "arena"))
	headway(t, "init", "--slots", "1024")
	cmd := exec.Command(filepath.Join(os.Getenv("BIN"), "headway-httpd"), "--listen", "127.0.0.1:0")
	out, err := cmd.StderrPipe()
	no(t, err)
	no(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, listens := strings.Cut(lines.Text(), "listening on "); listens {
			go func() {
				for lines.Scan() {
				}
			}()
			return New(url)
		}
	}
	t.Fatal("headway-httpd does not start")
	return nil
}

func TestReadAndList(t *testing.T) {
	c, ctx := serve(t), context.Background()
	id := headway(t, "start", "--name", "one", "--total", "7", "--unit", "rows")
	headway(t, "message", id, "Step=1/2")
	headway(t, "add", id, "3")
	r, err := c.Read(ctx, id)
	no(t, err)
	is(t, "record", []any{r.ID, r.Status, r.Name, r.Unit, r.Done, r.Total, r.Message("Step"), r.IsOver()},
		[]any{id, "Running", "one", "rows", uint64(3), uint64(7), "1/2", false})
	is(t, "started", r.StartedAt != nil && r.FinishedAt == nil, true)
	child := headway(t, "start", "--parent", id, "--counter", "bytes", "--owner", fmt.Sprint(os.Getpid()))
	r, err = c.Read(ctx, child)
	no(t, err)
	is(t, "its parent, owner and counters", []any{r.Parent, r.Owner.PID, *r.Owner.Alive, r.Counters},
		[]any{id, os.Getpid(), true, map[string]uint64{"bytes": 0}})
	headway(t, "finish", id, "--results", `{"n": 1}`)
	text, err := c.StatusJSON(ctx, id)
	no(t, err)
	is(t, "status view", string(text), headway(t, "dump", "--format", "status", id)+"\n")
	for i := 0; i < 50; i++ {
		headway(t, "start", "--name", fmt.Sprint("many-", i))
	}
	var names []string
	no(t, c.Each(ctx, Filter{Name: "many-*", Status: []string{"Running"}}, func(r *Record) error {
		names = append(names, r.Name)
		return nil
	}))
	is(t, "all", len(names), 50)
	is(t, "in order", names[0]+names[49], "many-0many-49")
	enough := errors.New("enough")
	is(t, "it ends", c.Each(ctx, Filter{}, func(*Record) error { return enough }), enough)
}

func TestErrors(t *testing.T) {
	c, ctx := serve(t), context.Background()
	for _, id := range []string{"00000000-0000-8000-8000-000000000000", "no/id?"} {
		_, err := c.Read(ctx, id)
		is(t, err.Error(), errors.Is(err, fs.ErrNotExist), true)
		_, err = c.Wait(ctx, id, nil)
		is(t, "wait", errors.Is(err, fs.ErrNotExist), true)
	}
	id := headway(t, "start")
	headway(t, "rm", id)
	_, err := c.Read(ctx, id)
	var e *Error
	is(t, "gone", errors.As(err, &e) && e.StatusCode == 410 && errors.Is(err, fs.ErrNotExist), true)
	_, err = New("http://127.0.0.1:1/").Read(ctx, id)
	is(t, "no server", errors.As(err, &e) && e.StatusCode == 0, true)
	over, cancel := context.WithCancel(ctx)
	cancel()
	_, err = New("http://127.0.0.1:1/").Wait(over, id, nil)
	is(t, "given up", err, context.Canceled)
	_, err = New(":").Read(ctx, id)
	is(t, "no URL", err != nil, true)
}

func TestWait(t *testing.T) {
	c := serve(t)
	id := headway(t, "start", "--total", "3")
	seen := make(chan *Record, 100)
	done := make(chan *Record)
	go func() {
		r, err := c.Wait(context.Background(), id, func(r *Record) { seen <- r })
		if err != nil {
			t.Error(err)
		}
		done <- r
	}()
	is(t, "at once", (<-seen).Done, uint64(0))
	headway(t, "add", id, "2")
	is(t, "a counter is told", (<-seen).Done, uint64(2))
	headway(t, "error", id, "no more")
	is(t, "at last", (<-done).Message("Error"), "no more")
}

func TestEvents(t *testing.T) {
	c := serve(t)
	id := headway(t, "start", "--name", "watched-1")
	headway(t, "start", "--name", "other")
	enough := errors.New("enough")
	var told []string
	err := c.Events(context.Background(), Filter{Name: "watched-*"}, func(e Event) error {
		name := e.Type
		if e.Record != nil {
			name += " " + e.Record.Name + " " + e.Record.Status
		}
		told = append(told, name)
		switch e.Type {
		case "ready":
			go headway(t, "finish", id)
		case "done":
			go headway(t, "rm", id)
		case "removed":
			is(t, "id", e.ID, id)
			return enough
		}
		return nil
	})
	is(t, "error", err, enough)
	is(t, "told", told, []string{"reset", "progress watched-1 Running", "ready", "done watched-1 Finished", "removed"})
}

// A server that fails is asked again, and a stream that breaks goes on where it was.
func TestFailuresPass(t *testing.T) {
	asked, lastID := 0, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch {
		case asked == 1:
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(503)
			fmt.Fprint(w, `{"detail":"not yet"}`)
		case asked == 2:
			is(t, "token", r.Header.Get("Authorization"), "Bearer secret")
			fmt.Fprint(w, "id: 7\nevent: progress\ndata: {\"id\":\"x\",\"status\":\"Running\"}\n\nevent: cut")
		default:
			lastID = r.Header.Get("Last-Event-ID")
			fmt.Fprint(w, "event: done\ndata: {\"id\":\"x\",\"status\":\"Finished\"}\n\n")
		}
	}))
	defer server.Close()
	enough := errors.New("enough")
	c := &Client{URL: server.URL, Token: "secret", HTTP: server.Client()}
	err := c.Events(context.Background(), Filter{IDs: []string{"x"}}, func(e Event) error {
		if e.Type == "done" {
			return enough
		}
		return nil
	})
	is(t, "error", err, enough)
	is(t, "where it was", lastID, "7")
	asked = 0
	_, err = c.Read(context.Background(), "x")
	is(t, "its words", err.Error(), "headway-httpd: 503 not yet")
}

func TestBackoff(t *testing.T) {
	for failures, want := range map[int]time.Duration{0: 500 * time.Millisecond, 3: 4 * time.Second, 6: 30 * time.Second, 99: 30 * time.Second} {
		is(t, "longest", backoff(failures, 1), want)
		is(t, "shortest", backoff(failures, 0), want/2)
	}
}

func TestParserTakesPieces(t *testing.T) {
	const text = ": comment\r\nevent: a\nid: 7\ndata: one\ndata: two\n\nid: 8\n\ndata:x\r\n\r\ndata: cut"
	want := []rawEvent{{"a", "one\ntwo", "7"}, {"message", "x", "8"}}
	var got []rawEvent
	keep := func(e rawEvent) error { got = append(got, e); return nil }
	no(t, parse(iotest.OneByteReader(strings.NewReader(text)), func() {}, keep))
	is(t, "events", got, want)
}
