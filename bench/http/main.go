// SPDX-License-Identifier: BSD-3-Clause
// The peer: a program in Go that encodes the status of a job for each request. Usage: main < TEXT;
// prints its port. main port: prints a free port, for servers that cannot choose one.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
)

type message struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type status struct {
	Status   string    `json:"status"`
	Messages []message `json:"messages"`
	URL      string    `json:"url"`
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	if len(os.Args) > 1 {
		return
	}
	var current status
	var lock sync.Mutex
	text, _ := io.ReadAll(os.Stdin)
	if err := json.Unmarshal(text, &current); err != nil {
		panic(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		lock.Lock()
		seen := current
		seen.Messages = append([]message(nil), current.Messages...)
		lock.Unlock()
		json.NewEncoder(w).Encode(seen)
	})
	panic(http.Serve(listener, nil))
}
