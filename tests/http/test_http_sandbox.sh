#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The sandbox from inside: a library preloaded into the server tries, each time an answer is queued,
# what an attacker would try, and logs each attempt that succeeded.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
compiler=$(command -v cc || command -v gcc) || { echo 'no C compiler here'; exit 77; }
cat >"$dir/attempt.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void report(const char *attempt, long result)
{
	char line[128];
	int refused = result < 0 && (errno == EPERM || errno == EACCES);
	int length = snprintf(line, sizeof(line), "attempt %s: %s\n", attempt, refused ? strerror(errno) : "possible");

	write(STDERR_FILENO, line, (size_t)length);
}

static void attempt(void)
{
	void *page;

	report("to read the arena's folder", open("/dev/shm", O_RDONLY | O_DIRECTORY));
	report("to read a file of others", open(getenv("ATTEMPT_FILE"), O_RDONLY));
	report("to write the arena", open(getenv("ATTEMPT_ARENA"), O_RDWR));
	report("to make a file", open("/dev/shm/headway-http-attempt", O_RDWR | O_CREAT, 0600));
	report("to remove a file", unlink(getenv("ATTEMPT_FILE")));
	report("to connect", socket(AF_INET, SOCK_STREAM, 0));
	report("to run a program", syscall(SYS_execve, "/nothing/is/here", NULL, NULL));
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	report("to make memory code", mprotect(page, 4096, PROT_READ | PROT_EXEC));
	page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	report("to map code", page == MAP_FAILED ? -1 : 0);
	report("to trace", syscall(SYS_ptrace, PTRACE_PEEKDATA, 0, 0, 0));
}

/* The process that writes the arena sets an alarm before it does that. */
static void attempt_as_writer(void)
{
	int arena = open(getenv("ATTEMPT_ARENA"), O_RDWR);
	long child;
	void *page;

	report("W to write the arena", arena);
	report("W to cut the arena", ftruncate(arena, lseek(arena, 0, SEEK_END)));
	report("W to write a file of others", open(getenv("ATTEMPT_FILE"), O_RDWR));
	report("W to read a file of others", open(getenv("ATTEMPT_FILE"), O_RDONLY));
	report("W to make a file", open("/dev/shm/headway-http-attempt", O_RDWR | O_CREAT, 0600));
	report("W to remove a file", unlink("/dev/shm/headway-http-attempt"));
	report("W to connect", socket(AF_INET, SOCK_STREAM, 0));
	report("W to accept", accept(-1, NULL, NULL) < 0 && errno == EBADF ? 0 : -1);
	report("W to run a program", syscall(SYS_execve, "/nothing/is/here", NULL, NULL));
	page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	report("W to map code", page == MAP_FAILED ? -1 : 0);
	report("W to trace", syscall(SYS_ptrace, PTRACE_PEEKDATA, 0, 0, 0));
	report("W to send a signal", kill(getppid(), SIGCONT));
	report("W to look for a process", kill(getppid(), 0));
	report("W to read a directory", syscall(SYS_getdents64, -1, NULL, 0) < 0 && errno == EBADF ? 0 : -1);
	child = syscall(SYS_clone, CLONE_NEWUTS | SIGCHLD, NULL, NULL, NULL, NULL);
	if (child == 0)
		_exit(0);
	report("W to make a namespace", child < 0 && errno == EINVAL ? 0 : child);
}

unsigned alarm(unsigned seconds)
{
	unsigned (*set)(unsigned) = dlsym(RTLD_NEXT, "alarm");

	attempt_as_writer();
	return set(seconds);
}

int MHD_queue_response(void *connection, unsigned status, void *response)
{
	int (*queue)(void *, unsigned, void *) = dlsym(RTLD_NEXT, "MHD_queue_response");

	attempt();
	return queue(connection, status, response);
}
C
"$compiler" -shared -fPIC -w -o "$dir/attempt.so" "$dir/attempt.c" -ldl 2>"$dir/cc" || { echo "cannot be built: $(cat "$dir/cc")"; exit 77; }
echo precious >"$dir/file"
"$headway" init >/dev/null
export ATTEMPT_FILE=$dir/file ATTEMPT_ARENA=/dev/shm$HEADWAY_ARENA
try() { # OPTION…: starts the server and sets possible to the attempts that succeeded
	LD_LIBRARY_PATH=$dir LD_PRELOAD=attempt.so serve "$@"
	is 'an answer' "$(get "$url/healthz")" ok
	possible=$(sed -n 's/^attempt \(.*\): possible$/\1/p' "$log")
}
can() { a_line "^$1$" <<<"$possible"; }

try --no-sandbox # all attempts must succeed without the sandbox, or the rest proves nothing
is 'what is possible without' "$(grep -c . <<<"$possible")" 10
rm -f /dev/shm/headway-http-attempt
echo precious >"$dir/file"
stop
try
hasnt 'seccomp' "$(cat "$log")" 'no seccomp'
for attempt in 'to write the arena' 'to make a file' 'to connect' 'to run a program' 'to make memory code' 'to map code' 'to trace'; do
	! can "$attempt" || fail "possible: $attempt"
done
# refused by seccomp, independent of Landlock
for attempt in 'to write the arena' 'to make a file'; do
	says "^attempt $attempt: Operation not permitted$" "$log" || fail "not refused by seccomp: $attempt"
done
can "to read the arena's folder" || fail 'the folder of the arena cannot be read'
if says 'no Landlock' "$log"; then
	echo 'NOTE no Landlock here: files that are read and removed were not tried'
else
	! can 'to read a file of others' || fail 'possible: to read a file of others'
	! can 'to remove a file' || fail 'possible: to remove a file'
	is 'the file' "$(cat "$dir/file")" precious
fi
stop

# ---- the process that writes the arena
printf 'secret\n' >"$dir/tokens"
chmod 600 "$dir/tokens"
try_to_write() { # OPTION…: the same for that process
	LD_LIBRARY_PATH=$dir LD_PRELOAD=attempt.so serve --token-file "$dir/tokens" --allow-cancel "$@"
	is 'asked' "$(code_of -X POST -H 'Authorization: Bearer secret' "$url/_/cancel/$("$headway" start)")" 202
	possible=$(sed -n 's/^attempt W \(.*\): possible$/\1/p' "$log")
}
try_to_write --no-sandbox
all=15
[ "$(id -u)" = 0 ] || all=14 # only root may make a namespace
is 'what is possible without' "$(grep -c . <<<"$possible")" $all
rm -f /dev/shm/headway-http-attempt
stop
echo precious >"$dir/file"
try_to_write
says 'no Landlock' "$log" || kept=$'to write the arena\nto look for a process'
[ -z "${kept-}" ] || is 'what it may do' "$possible" "$kept"
for attempt in 'to cut the arena' 'to make a file' 'to remove a file' 'to connect' 'to accept' 'to run a program' \
	'to map code' 'to trace' 'to send a signal' 'to read a directory' 'to make a namespace'; do
	! can "$attempt" || fail "possible for the process that writes: $attempt"
done
is 'the file' "$(cat "$dir/file")" precious
stop
finish
