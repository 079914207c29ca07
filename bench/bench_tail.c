/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tail of an update's times: each of a million messages is timed, while another process reads
 * the record without pause and a third reaps; then while a process that has the record is stopped
 * in the middle of its work. Beside: the same with a robust mutex, whose holder is stopped.
 * And the time that a cache line takes from one processor to the other, which moves all figures of
 * two processes.
 */
#include "floors.h"
#include "harness.h"
#include "peers.h"
#include "report.h"
#include "sample.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STOP_MS = 50, REAP_EVERY_MS = 10, LONG_NS = 10000 };

struct tail {
	double p50, p99, p999, longest;
	uint64_t calls; /* made, also those that do not count */
};

static void sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&t, &t) != 0 && errno == EINTR)
		;
}

/* ---- helpers: each runs in a child until it is killed ---------------------------------------- */

static pid_t helper_start(void (*run)(void *), void *argument, int processor)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		bench_fail("fork: %s", strerror(errno));
	if (pid)
		return pid;
	bench_unpin();
	if (processor >= 0)
		bench_pin((unsigned)processor);
	while (getppid() == parent)
		run(argument);
	_exit(0);
}

static void helper_end(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void headway_reader(void *argument)
{
	static struct headway_snapshot *snapshot;
	static struct headway_arena *arena;
	const struct headway_options options = {.size = sizeof options, .flags = HEADWAY_READ_ONLY};
	const struct sample_writer *w = argument;

	if (!arena)
		bench_must(headway_open(w->path, &options, &arena), "headway_open");
	for (int i = 0; i < 1000; i++)
		bench_must(headway_read(arena, &w->id, &snapshot), "headway_read");
}

static void headway_reaper(void *argument)
{
	static struct headway_arena *arena;
	const struct headway_options options = {.size = sizeof options, .flags = HEADWAY_EXISTING};

	if (!arena)
		bench_must(headway_open(((struct sample_writer *)argument)->path, &options, &arena),
			   "headway_open");
	bench_must(headway_reap(arena, NULL, NULL), "headway_reap");
	sleep_ms(REAP_EVERY_MS);
}

/* A second writer, joined by its first call. */
static void headway_writer(void *argument)
{
	static struct sample_writer *joined;

	if (!joined)
		joined = sample_writer_join(argument, 1);
	sample_writer_run(joined, 1000);
}

static void mutex_reader(void *argument)
{
	mutex_reader_run(argument, 1000);
}

/* ---- measure --------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static struct tail tail_of(uint32_t *ns, uint64_t count)
{
	qsort(ns, count, sizeof *ns, by_size);
	return (struct tail){ns[count / 2], ns[count - 1 - count / 100],
			     ns[count - 1 - count / 1000], ns[count - 1], 0};
}

/* Each call timed by itself, the clock included. A call during which another program took the
 * processor away does not count; one that waited for a lock does. */
static struct tail measure(void (*run)(void *context, uint64_t count), void *context,
			   uint64_t count)
{
	uint32_t *ns = calloc(count, sizeof *ns);
	uint64_t calls = 0;
	struct tail tail;

	if (!ns)
		bench_fail("out of memory");
	(void)bench_was_preempted();
	for (uint64_t i = 0; i < count && calls < count * 2; calls++) {
		uint64_t before = bench_now_ns(), took;

		run(context, 1);
		took = bench_now_ns() - before;
		ns[i] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
		i += took < LONG_NS || !bench_was_preempted();
	}
	tail = tail_of(ns, count);
	tail.calls = calls;
	free(ns);
	return tail;
}

static void say(const char *what, double headway, const char *other, double mutex)
{
	struct bench_line line = {
		.number = "15", .what = what, .unit = "ns", .other = other, .target = NO_TARGET};

	line.value = (struct bench_figure){headway, headway, headway};
	line.other_value = (struct bench_figure){mutex, mutex, mutex};
	line.ratio = bench_figure_scaled(line.value, 1 / mutex);
	bench_say(&line);
}

/* ---- beside a reader and a reaper ------------------------------------------------------------ */

static void tails(uint64_t count)
{
	struct sample_writer *w = sample_writer_make("tail", 0);
	void *m = mutex_writer_join(mutex_record_make(), 0);
	pid_t reader = helper_start(headway_reader, w, 1),
	      reaper = helper_start(headway_reaper, w, -1);
	struct tail h, x;

	h = measure(sample_writer_run, w, count);
	helper_end(reader);
	helper_end(reaper);
	sample_writer_check(w, (const uint64_t[BENCH_WORKERS]){h.calls});
	reader = helper_start(mutex_reader, m, 1);
	x = measure(mutex_writer_run, m, count);
	helper_end(reader);
	say("message,_one_reads,_one_reaps:_p50", h.p50, "robust_mutex,_one_reads", x.p50);
	say("message,_one_reads,_one_reaps:_p99", h.p99, "robust_mutex,_one_reads", x.p99);
	say("message,_one_reads,_one_reaps:_p99.9", h.p999, "robust_mutex,_one_reads", x.p999);
	say("message,_one_reads,_one_reaps:_longest", h.longest, "robust_mutex,_one_reads",
	    x.longest);
}

/* ---- while another is stopped ---------------------------------------------------------------- */

static struct mutex_record *held;

/* Stops itself while it holds the lock. */
static void mutex_holder(void *argument)
{
	(void)argument;
	mutex_lock(held);
	(void)raise(SIGSTOP);
	mutex_unlock(held);
	for (;;)
		(void)pause();
}

static void stopped_await(pid_t pid)
{
	int status = 0;

	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		bench_fail("a process that was to stop did not");
}

/* Lets a stopped process go on after STOP_MS. */
static pid_t continue_later(pid_t stopped)
{
	pid_t pid = fork();

	if (pid < 0)
		bench_fail("fork: %s", strerror(errno));
	if (pid)
		return pid;
	sleep_ms(STOP_MS);
	(void)kill(stopped, SIGCONT);
	_exit(0);
}

static void stopped(uint64_t count)
{
	struct sample_writer *w = sample_writer_make("stopped", HEADWAY_DETACHED);
	void *m = mutex_writer_join(held = mutex_record_make(), 0);
	pid_t other = helper_start(headway_writer, w, 1), later;
	struct tail h, x;

	sleep_ms(STOP_MS); /* so that it is in the middle of its work */
	(void)kill(other, SIGSTOP);
	stopped_await(other);
	h = measure(sample_writer_run, w, count);
	(void)kill(other, SIGCONT);
	helper_end(other);
	other = helper_start(mutex_holder, NULL, 1);
	stopped_await(other);
	later = continue_later(other);
	x = measure(mutex_writer_run, m, count);
	while (waitpid(later, NULL, 0) < 0 && errno == EINTR)
		;
	helper_end(other);
	say("longest_message,_another_writer_is_stopped", h.longest,
	    "robust_mutex,_its_holder_stopped_for_50_ms", x.longest);
}

/* ---- from one processor to the other --------------------------------------------------------- */

static void line(void)
{
	struct bench_side side = floor_line();
	struct bench_result r;

	if (bench_compare("15 line", &side, 1, &r))
		bench_say_alone("15", side.name, &r, NO_TARGET);
}

int main(void)
{
	uint64_t count = bench_setting("BENCH_TAIL", 1000000, 2000, 100000000);

	if (bench_processors() < 2)
		return !peer_skip("15 tail", "needs 2 processors");
	line();
	tails(count);
	stopped(count / 10);
	return 0;
}
