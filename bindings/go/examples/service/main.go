// SPDX-License-Identifier: BSD-3-Clause

// A service that counts primes for whoever asks, and tells them how it gets on.  It was written for Skia's package;
// the one line that was changed is marked.  Nothing else in it knows of Headway, and yet `headway top` and
// headway-httpd show its work:
//
//	service 127.0.0.1:8000 &
//	curl -d 3000000 127.0.0.1:8000/_/start   # an answer with the URL to ask next
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"headway/progress" // was "go.skia.org/infra/perf/go/progress"
)

// count counts the primes below a number, in ten steps.
func count(below int, prog progress.Progress) {
	if below < 2 {
		prog.Error(fmt.Sprintf("there is no prime below %d", below))
		return
	}
	sieve := make([]bool, below)
	primes := 0
	for step := 1; step <= 10; step++ {
		prog.Message("Step", fmt.Sprintf("%d/10", step))
		for n := max(2, below/10*(step-1)); n < below && (step == 10 || n < below/10*step); n++ {
			if sieve[n] {
				continue
			}
			primes++
			for multiple := n * n; multiple < below; multiple += n {
				sieve[multiple] = true
			}
		}
		prog.Message("Primes", strconv.Itoa(primes))
		prog.Results(map[string]int{"primes": primes})
	}
	prog.FinishedWithResults(map[string]int{"primes": primes, "below": below})
}

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}

// start begins to count in the background, and answers at once.
func start(tracker progress.Tracker) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(io.LimitReader(r.Body, 20))
		below, err2 := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil || err2 != nil || below > 1e8 {
			http.Error(w, "send a number up to 100000000", http.StatusBadRequest)
			return
		}
		prog := progress.New()
		tracker.Add(prog)
		go count(below, prog)
		w.Header().Set("Content-Type", "application/json")
		if err := prog.JSON(w); err != nil {
			log.Print(err)
		}
	}
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: service ADDRESS, as in 127.0.0.1:8000")
	}
	tracker, err := progress.NewTracker("/_/status/")
	if err != nil {
		log.Fatal(err)
	}
	tracker.Start(context.Background())
	http.HandleFunc("/_/start", start(tracker))
	http.HandleFunc("/_/status/", tracker.Handler)
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on http://%s/", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
