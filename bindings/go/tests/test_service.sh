#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The examples of the Go packages: a service that moved from Skia's package by one line gets the same bytes from its
# own handler and from headway-httpd; an indexer has a record for each file.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/../../../tests/cli/lib.sh"
need curl
go=$BIN/bindings/go
[ -x "$go/service" ] || { echo 'no go command here'; exit 77; }
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; clean_up' EXIT
listens() { [[ $(<"$1") =~ listening\ on\ (http://[0-9.:]+)/ ]] && url=${BASH_REMATCH[1]}; }
run() { # NAME COMMAND…: in the background, until it listens; sets url
	"${@:2}" 2>"$folder/$1.log" &
	pids+=($!)
	eventually "$1 listens" listens "$folder/$1.log"
}
url=''
run service "$go/service" 127.0.0.1:0
service=$url
run httpd "$BIN/headway-httpd" --listen 127.0.0.1:0
httpd=$url

line=$(grep -n progress\" "$here/../examples/service/main.go")
like 'the import is the one line' '*"headway/progress" // was "go.skia.org/infra/perf/go/progress"' "$line"
ok 'it starts' curl -sS -d 5000000 "$service/_/start"
path=$(jq -r .url <<<"$out")
like 'with a URL' '/_/status/????????-????-????-????-????????????' "$path"
both() { # the answers of both, at one moment
	own=$(curl -sS "$service$path"; echo .)
	others=$(curl -sS "$httpd$path"; echo .)
	[ "$own" = "$others" ]
}
over() { both && [[ $own != *'"status":"Running"'* ]]; }
eventually 'it is over, and both say so' over
is 'the bytes' '{"status":"Finished","messages":[{"key":"Step","value":"10/10"},{"key":"Primes","value":"348513"}],"results":{"below":5000000,"primes":348513},"url":"'"$path"$'"}\n.' "$own"
view --name '*start*' # the name of a function literal, which differs between compilers
record_has 'its record' '"status":"Finished"' '"command":"service"' '"alive":true'
ok 'an error' curl -sS -d 1 "$service/_/start"
path=$(jq -r .url <<<"$out")
eventually 'is one for both' over
is 'its bytes' '{"status":"Error","messages":[{"key":"Error","value":"there is no prime below 1"}],"url":"'"$path"$'"}\n.' "$own"
code=$(curl -s -o /dev/null -w '%{http_code}' "$service/_/status/unknown")
is 'unknown' 404 "$code"

# When the service dies during its work, headway-httpd shows the record as Error.
ok 'a long one' curl -sS -d 100000000 "$service/_/start"
path=$(jq -r .url <<<"$out")
disown "${pids[0]}"
kill -KILL "${pids[0]}"
dead() { [[ $(curl -sS "$httpd$path") == *'"status":"Error"'*'owner died (pid '* ]]; }
eventually 'its death is told' dead

# Without an arena the service works, and logs once why there is no record.
run lonely env HEADWAY_ARENA=/no/such/folder/arena "$go/service" 127.0.0.1:0
for _ in 1 2; do
	ok 'without an arena' curl -sS -d 10 "$url/_/start"
	service=$url path=$(jq -r .url <<<"$out")
	alone() { [[ $(curl -sS "$service$path") == *'"results":{"below":10,"primes":4}'* ]]; }
	eventually 'it counts' alone
done
is 'said once' 1 "$(grep -c 'no arena for others to see' "$folder/lonely.log")"

printf 'one\ntwo\n' >"$folder/a"
printf 'three\n' >"$folder/b"
try "$go/index" "$folder/a" "$folder/b" "$folder/none"
is 'lines' '3 lines' "$out"
like 'a file that is not there' '*none: no such file*' "$err"
view --name index
record_has 'the index' '"status":"Finished"' '"done":3,"total":3' '"failed":1' '"results":{"lines":3}'
index=$(jq -r .id <<<"$record")
view --name "$folder/a"
record_has 'a file' "\"parent\":\"$index\"" '"status":"Finished"' '"done":8,"total":8' '"results":2'
fails 'no arena' 1 'index: headway_open: *' env HEADWAY_ARENA=/no/such/folder/arena "$go/index"

# The installed package needs nothing of this tree.
ok 'make install' make -C "$here/../../.." --no-print-directory install PREFIX="$folder/usr" DESTDIR=
mkdir "$folder/module"
printf 'module example.org/m\n\ngo 1.19\n' >"$folder/module/go.mod"
cp "$here/../examples/index/main.go" "$folder/module"
use() { env -C "$folder/module" GOPROXY=off GOFLAGS=-mod=mod GOCACHE="$BIN/../go-cache" GOMODCACHE="$BIN/../go-cache/mod" \
	XDG_CONFIG_HOME="$folder/config" CGO_LDFLAGS= PKG_CONFIG_PATH="$folder/usr/lib/pkgconfig" LD_LIBRARY_PATH="$folder/usr/lib" "$@"; }
ok 'a module of its own' use go mod edit -require=headway@v0.0.0 -replace="headway=$folder/usr/share/gocode/src/headway"
ok 'compiles' use go build -o index .
ok 'and runs' use ./index "$folder/b"
is 'as it should' '1 lines' "$out"

# The example in the documentation of the package compiles and runs.
mkdir "$folder/doc"
{
	printf 'package main\n\nimport "headway"\n\nfunc run() error {\n'
	sed -n '/^\/\/	arena, err/,/^\/\/	return record.Finish/s|^//	||p' "$here/../doc.go"
	printf '}\n\nfunc main() {\n\tif err := run(); err != nil {\n\t\tpanic(err)\n\t}\n}\n'
} >"$folder/doc/main.go"
printf 'module doc\n\ngo 1.19\n\nrequire headway v0.0.0\n\nreplace headway => "%s"\n' "$(cd "$here/.." && pwd)" >"$folder/doc/go.mod"
ok 'the documentation compiles' env -C "$folder/doc" "$go/go" build -o doc .
ok 'and runs' "$folder/doc/doc"
view --name index --sort=-started
record_has 'its record' '"status":"Finished"' '{"key":"Stage","value":"reading"}' '"results":{"documents":1000}'
finish
