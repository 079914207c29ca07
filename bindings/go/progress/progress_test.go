// SPDX-License-Identifier: BSD-3-Clause

package progress

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"headway/now"
)

func is(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: got %#v, want %#v", what, got, want)
	}
}

func jsonOf(t testing.TB, p Progress) string {
	t.Helper()
	var out bytes.Buffer
	if err := p.JSON(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestJSON(t *testing.T) {
	p := New()
	is(t, "empty", jsonOf(t, p), `{"status":"Running","messages":[],"url":""}`+"\n")
	p.Message("Step", "1/2")
	p.Message("Query", "a<b&\u2028\xff\x01")
	p.Message("Step", "2/2")
	p.Results(map[string]int{"n": 1})
	p.URL("/_/next")
	is(t, "all", jsonOf(t, p), `{"status":"Running","messages":[{"key":"Step","value":"2/2"},`+
		`{"key":"Query","value":"a\u003cb\u0026\u2028\ufffd\u0001"}],"results":{"n":1},"url":"/_/next"}`+"\n")
	p.Results(nil)
	p.Error("no more")
	is(t, "error", jsonOf(t, p), `{"status":"Error","messages":[{"key":"Step","value":"2/2"},`+
		`{"key":"Query","value":"a\u003cb\u0026\u2028\ufffd\u0001"},{"key":"Error","value":"no more"}],"url":"/_/next"}`+"\n")
	for results, want := range map[any]string{0: `,"results":0`, "": `,"results":""`, (*int)(nil): `,"results":null`} {
		p := New()
		p.FinishedWithResults(results)
		is(t, "results", jsonOf(t, p), `{"status":"Finished","messages":[]`+want+`,"url":""}`+"\n")
	}
	is(t, "all status", AllStatus, []Status{"Running", "Finished", "Error"})
}

// Results are written when they are asked for, as they are then.
func TestResultsThatCannotBeWritten(t *testing.T) {
	p := New()
	p.Results(make(chan int))
	var out bytes.Buffer
	is(t, "error", p.JSON(&out) != nil, true)
	is(t, "nothing is written", out.Len(), 0)
	p.Results(panics{})
	p.Results(1)
	p.FinishedWithResults(func() {})
	is(t, "status", p.Status(), Finished)
}

type panics struct{}

func (panics) MarshalJSON() ([]byte, error) { panic("never again") }

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWriterThatFailsOrIsSlow(t *testing.T) {
	p := New()
	is(t, "its error", p.JSON(brokenWriter{}), io.ErrClosedPipe)
	in, out := io.Pipe()
	done := make(chan error)
	go func() { done <- p.JSON(out) }()
	p.Message("while", "nobody reads") // does not wait
	in.Read(make([]byte, 1000))
	in.Close()
	<-done
}

func TestWhatIsOverPanics(t *testing.T) {
	for _, end := range []func(Progress){
		func(p Progress) { p.Finished() },
		func(p Progress) { p.FinishedWithResults(1) },
		func(p Progress) { p.Error("over") },
	} {
		for i, modify := range []func(Progress){
			func(p Progress) { p.Message("a", "b") },
			func(p Progress) { p.Results(1) },
			func(p Progress) { p.URL("/") },
			func(p Progress) { p.Finished() },
			func(p Progress) { p.FinishedWithResults(1) },
			func(p Progress) { p.Error("again") },
		} {
			p := New()
			end(p)
			before := jsonOf(t, p)
			func() {
				defer func() {
					if recover() == nil {
						t.Error("no panic: ", i)
					}
				}()
				modify(p)
			}()
			is(t, "as it was", jsonOf(t, p), before)
		}
	}
}

func request(tr Tracker, url string) *http.Response {
	w := httptest.NewRecorder()
	tr.Handler(w, httptest.NewRequest("GET", url, nil))
	return w.Result()
}

func body(t testing.TB, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func urlOf(t testing.TB, p Progress) string {
	t.Helper()
	var s SerializedProgress
	if err := json.Unmarshal([]byte(jsonOf(t, p)), &s); err != nil {
		t.Fatal(err)
	}
	return s.URL
}

func TestTrackerAnswers(t *testing.T) {
	if _, err := NewTracker("/no/slash"); err == nil || !strings.Contains(err.Error(), `"/no/slash"`) {
		t.Error("a path without a slash: ", err)
	}
	tr, err := NewTracker("/_/status/")
	is(t, "error", err, nil)
	p := New()
	tr.Add(p)
	url := urlOf(t, p)
	is(t, "an id of 36 characters", len(url), len("/_/status/")+36)
	answer := request(tr, url)
	is(t, "code", answer.StatusCode, 200)
	is(t, "type", answer.Header.Get("Content-Type"), "application/json")
	is(t, "body", body(t, answer), jsonOf(t, p))
	is(t, "unknown", request(tr, "/_/status/123").StatusCode, 404)

	tr.Add(p)
	if urlOf(t, p) == url {
		t.Error("added twice, it has one URL")
	}
	is(t, "both are known", []int{request(tr, url).StatusCode, request(tr, urlOf(t, p)).StatusCode}, []int{200, 200})
	p.Results(make(chan int))
	answer = request(tr, url)
	is(t, "code", answer.StatusCode, 500)
	is(t, "text", body(t, answer), "Failed to serialize JSON\n")

	other := struct{ Progress }{New()} // somebody else's
	tr.Add(other)
	is(t, "of another type", request(tr, urlOf(t, other)).StatusCode, 200)
}

func TestTrackerForgets(t *testing.T) {
	tr, _ := NewTracker("/")
	running, over := New(), New()
	tr.Add(running)
	tr.Add(over)
	over.Finished()
	at := func(minutes int) context.Context {
		date := time.Date(2026, 1, 2, 3, minutes, 0, 0, time.UTC)
		if minutes%2 == 0 {
			return context.WithValue(context.Background(), now.ContextKey, date)
		}
		return context.WithValue(context.Background(), now.ContextKey, now.NowProvider(func() time.Time { return date }))
	}
	for minutes, want := range []int64{2, 2, 2, 2, 2, 2, 1, 1} {
		tr.singleStep(at(minutes))
		is(t, fmt.Sprint("after ", minutes, " minutes"), tr.numEntriesInCache.Get(), want)
	}
	is(t, "running", request(tr, urlOf(t, running)).StatusCode, 200)
	is(t, "over", request(tr, urlOf(t, over)).StatusCode, 404)
}

func TestTrackerKnowsAThousand(t *testing.T) {
	tr, _ := NewTracker("/")
	var all []string
	for i := 0; i < cacheSize; i++ {
		p := New()
		tr.Add(p)
		all = append(all, urlOf(t, p))
	}
	request(tr, all[0]) // used last
	tr.Add(New())
	is(t, "used", request(tr, all[0]).StatusCode, 200)
	is(t, "not used", request(tr, all[1]).StatusCode, 404)
	is(t, "number", tr.cache.Len(), cacheSize)
}

func TestTrackerStarts(t *testing.T) {
	tr, _ := NewTracker("/")
	ctx, cancel := context.WithCancel(context.Background())
	tr.Start(ctx)
	cancel()
	is(t, "now", time.Since(now.Now(ctx)) < time.Hour, true)
}

func TestManyGoroutines(t *testing.T) {
	tr, _ := NewTracker("/")
	var wait sync.WaitGroup
	for w := 0; w < 8; w++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := 0; i < 50; i++ {
				p := New()
				tr.Add(p)
				url := urlOf(t, p)
				go request(tr, url)
				p.Message("i", fmt.Sprint(i))
				tr.singleStep()
				p.FinishedWithResults(i)
				if request(tr, url).StatusCode != 200 {
					t.Error("not known: ", url)
				}
			}
		}()
	}
	wait.Wait()
}

// tell keeps what is logged.
type tell struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (l *tell) Write(b []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(b)
}

func (l *tell) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

func TestMain(m *testing.M) {
	os.Setenv("HEADWAY_ARENA", fmt.Sprintf("/headway-go-progress-%d", os.Getpid()))
	os.Unsetenv("HEADWAY_PARENT")
	code := m.Run()
	if err := os.Remove("/dev/shm" + os.Getenv("HEADWAY_ARENA")); err != nil && !errors.Is(err, os.ErrNotExist) {
		fmt.Println(err)
		code = 1
	}
	os.Exit(code)
}
