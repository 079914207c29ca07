// SPDX-License-Identifier: BSD-3-Clause

// Package client reads the records of a headway-httpd: one of them or all, now or as they change.  It is plain Go.
//
//	c := client.New("http://127.0.0.1:8080/")
//	record, err := c.Wait(ctx, id, func(r *client.Record) { fmt.Println(r.Done, "of", r.Total) })
//
// An error response is returned as an [*Error]; errors.Is(err, fs.ErrNotExist) is true for a record that is unknown or
// gone.  Any goroutine may make any call.  Each call ends when its context is done.
package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

const (
	waitSeconds  = 25               // how long a long poll waits in the server
	firstDelay   = time.Second / 2  // before a failed request is made again; doubled each time
	longestDelay = 30 * time.Second // up to this
	silence      = 45 * time.Second // after which a stream counts as broken: the server sends a comment every 15 seconds
	longestLine  = 64 << 20         // bytes of one record
)

// Record is the full view of a record.
type Record struct {
	ID             string            `json:"id"`
	Status         string            `json:"status"` // "Running", "Finished" or "Error"
	Name           string            `json:"name"`
	Unit           string            `json:"unit"`
	Messages       []Message         `json:"messages"`
	Results        json.RawMessage   `json:"results"`
	URL            string            `json:"url"`
	Done           uint64            `json:"done"`
	Total          uint64            `json:"total"`
	Counters       map[string]uint64 `json:"counters"`
	Parent         string            `json:"parent"`
	Owner          *Owner            `json:"owner"` // nil: detached
	StartedAt      *time.Time        `json:"started_at"`
	UpdatedAt      *time.Time        `json:"updated_at"`
	FinishedAt     *time.Time        `json:"finished_at"`
	ElapsedSeconds *float64          `json:"elapsed_seconds"`
	Rate           *float64          `json:"rate"`        // units a second; nil: unknown
	ETASeconds     *float64          `json:"eta_seconds"` // nil: unknown
	Lost           bool              `json:"lost"`        // in Error because its owner died
	Version        uint64            `json:"version"`

	CancelRequested *struct {
		Reason string    `json:"reason"`
		At     time.Time `json:"at"`
	} `json:"cancel_requested"` // nil: its owner was not asked to stop

	// The band around ETASeconds in which the end is expected; nil: no earlier runs are remembered.
	ETALowSeconds  *float64 `json:"eta_low_seconds"`
	ETAHighSeconds *float64 `json:"eta_high_seconds"`
}

// Message is a key and a value.
type Message struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Owner is the process that a record belongs to.
type Owner struct {
	PID     int    `json:"pid"`
	Command string `json:"command"`
	Alive   *bool  `json:"alive"` // nil: unknown
}

// IsOver is true for a record that is Finished or in Error.
func (r *Record) IsOver() bool { return r.Status == "Finished" || r.Status == "Error" }

// Message is the value of a key, or "".
func (r *Record) Message(key string) string {
	for _, m := range r.Messages {
		if m.Key == key {
			return m.Value
		}
	}
	return ""
}

// Error is an error response, or an error of the connection.
type Error struct {
	StatusCode int           // 0: the server could not be reached, or the connection broke
	Detail     string        // the cause, from the server or of the connection
	RetryAfter time.Duration // 0: the server did not say
	Err        error         // of the connection; nil: an error response
}

func (e *Error) Error() string {
	if e.StatusCode == 0 {
		return "headway-httpd: " + e.Detail
	}
	return fmt.Sprintf("headway-httpd: %d %s", e.StatusCode, e.Detail)
}

// Unwrap returns the error of the connection.
func (e *Error) Unwrap() error { return e.Err }

// Is maps 404 and 410 to fs.ErrNotExist, and 401 and 403 to fs.ErrPermission.
func (e *Error) Is(target error) bool {
	switch e.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		return target == fs.ErrNotExist
	case http.StatusUnauthorized, http.StatusForbidden:
		return target == fs.ErrPermission
	}
	return false
}

// isPassing is true if the same request may succeed later.
func (e *Error) isPassing() bool {
	return e.StatusCode == 0 || e.StatusCode == http.StatusTooManyRequests || e.StatusCode >= 500
}

// Client reads from one server.
type Client struct {
	URL   string       // of the server, as in "http://127.0.0.1:8080/"
	Token string       // to be sent as a bearer token; "": none
	HTTP  *http.Client // nil: http.DefaultClient; it should have no timeout of its own
}

// New makes a client of the server with that URL.
func New(url string) *Client { return &Client{URL: url} }

// Filter says which records are wanted; zero values mean all.
type Filter struct {
	Status []string // "Running", "Finished", "Error", "Lost"
	Name   string   // a pattern, as in "build-*"
	IDs    []string // for events only
}

func (c *Client) at(place string, query url.Values) (string, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return "", err
	}
	u.Path = path.Join("/", u.Path, place)
	if strings.HasSuffix(place, "/") {
		u.Path += "/"
	}
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// get makes a request, and returns a response with code 200 or 304.
func (c *Client) get(ctx context.Context, place string, query url.Values, header ...string) (*http.Response, error) {
	where, err := c.at(place, query)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, broken(ctx, err)
	}
	if answer.StatusCode == http.StatusOK || answer.StatusCode == http.StatusNotModified {
		return answer, nil
	}
	defer answer.Body.Close()
	return nil, problem(answer)
}

// broken returns the error for a connection that failed: the context's, if that is done.
func broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &Error{Detail: err.Error(), Err: err}
}

func problem(answer *http.Response) error {
	e := &Error{StatusCode: answer.StatusCode, Detail: http.StatusText(answer.StatusCode)}
	var told struct{ Detail string }
	if json.NewDecoder(io.LimitReader(answer.Body, 1<<16)).Decode(&told) == nil && told.Detail != "" {
		e.Detail = told.Detail
	}
	if s, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && s > 0 {
		e.RetryAfter = time.Duration(s) * time.Second
	}
	return e
}

func recordPath(id string) string { return "_/status/" + url.PathEscape(id) }

// Read reads one record.
func (c *Client) Read(ctx context.Context, id string) (*Record, error) {
	answer, err := c.get(ctx, recordPath(id), url.Values{"view": {"full"}})
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return decode(ctx, answer.Body)
}

func decode(ctx context.Context, from io.Reader) (*Record, error) {
	r := &Record{}
	if err := json.NewDecoder(from).Decode(r); err != nil {
		return nil, broken(ctx, err)
	}
	return r, nil
}

// StatusJSON returns a record's status view, as the server sends it.
func (c *Client) StatusJSON(ctx context.Context, id string) ([]byte, error) {
	answer, err := c.get(ctx, recordPath(id), nil)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, broken(ctx, err)
	}
	return text, nil
}

// Each calls f with every record, in the order of their start, until f returns an error, which Each then returns.
// The list is read as it arrives, one record on each line, and not stored.
func (c *Client) Each(ctx context.Context, filter Filter, f func(*Record) error) error {
	query := url.Values{}
	if filter.Name != "" {
		query.Set("name", filter.Name)
	}
	if len(filter.Status) > 0 {
		query.Set("status", strings.Join(filter.Status, ","))
	}
	answer, err := c.get(ctx, "_/status/", query, "Accept", "application/x-ndjson", "Cache-Control", "no-cache")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		r := &Record{}
		if err := json.Unmarshal(lines.Bytes(), r); err != nil {
			return err
		}
		if err := f(r); err != nil {
			return err
		}
	}
	if lines.Err() != nil {
		return broken(ctx, lines.Err())
	}
	return nil
}

// Wait follows a record by long polls until it is over, and then returns it.  onChange, which may be nil, is called with
// each state.  After an error that may pass, the request is repeated.
func (c *Client) Wait(ctx context.Context, id string, onChange func(*Record)) (*Record, error) {
	tag := ""
	var last *Record
	err := persist(ctx, func(progressed func()) (bool, error) {
		for {
			query := url.Values{"view": {"full"}}
			var header []string
			if tag != "" {
				query.Set("wait", fmt.Sprint(waitSeconds, "s"))
				header = []string{"If-None-Match", tag}
			}
			began := time.Now()
			answer, err := c.get(ctx, recordPath(id), query, header...)
			if err != nil {
				return false, err
			}
			if answer.StatusCode == http.StatusNotModified {
				answer.Body.Close()
				if time.Since(began) < time.Second { // the server did not wait
					if err := sleep(ctx, time.Second); err != nil {
						return false, err
					}
				}
				continue
			}
			r, err := decode(ctx, answer.Body)
			answer.Body.Close()
			if err != nil {
				return false, err
			}
			progressed()
			tag, last = answer.Header.Get("ETag"), r
			if onChange != nil {
				onChange(r)
			}
			if r.IsOver() {
				return true, nil
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return last, nil
}

// persist repeats f until it is done, or fails with an error that does not pass.  The delay starts at its first value
// again when f calls progressed.
func persist(ctx context.Context, f func(progressed func()) (done bool, err error)) error {
	failures := 0
	for {
		done, err := f(func() { failures = 0 })
		if done {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		delay := backoff(failures, rand.Float64())
		failures++
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || !e.isPassing() {
				return err
			}
			if e.RetryAfter > delay {
				delay = e.RetryAfter
			}
		}
		if err := sleep(ctx, delay); err != nil {
			return err
		}
	}
}

// backoff is the delay before the next try: doubled each time, half of it random, so that many clients do not come back
// at the same moment.
func backoff(failures int, chance float64) time.Duration {
	most := longestDelay
	if failures < 16 && firstDelay<<failures < longestDelay {
		most = firstDelay << failures
	}
	return most/2 + time.Duration(chance*float64(most/2))
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
