/* SPDX-License-Identifier: BSD-3-Clause */
#include "harness.h"

#include <headway.h>

#include <errno.h>
#include <ftw.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BATCH_NS = 4000, BATCH_TRIES = 5, START_NS = 100000 };

/* ---- small things -------------------------------------------------------------------------------------- */

void bench_fail(const char *format, ...)
{
	va_list list;

	fflush(stdout);
	fputs("bench: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(1);
}

int bench_must(int error, const char *what)
{
	if (error < 0)
		bench_fail("%s: %s", what, headway_strerror(error));
	return error;
}

uint64_t bench_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

bool bench_was_preempted(void)
{
	static __thread long before;
	struct rusage usage;
	bool was;

	getrusage(RUSAGE_THREAD, &usage);
	was = usage.ru_nivcsw != before;
	before = usage.ru_nivcsw;
	return was;
}

static uint64_t from_environment(const char *name, uint64_t usual, uint64_t smoke, uint64_t most)
{
	const char *text = getenv(name);
	char *end;
	uint64_t value = bench_is_smoke() ? smoke : usual;

	if (text && *text) {
		value = strtoull(text, &end, 10);
		if (*end || !value || value > most)
			bench_fail("%s=%s: a number from 1 to %llu is wanted", name, text,
				   (unsigned long long)most);
	}
	return value;
}

bool bench_is_smoke(void)
{
	const char *text = getenv("BENCH_SMOKE");

	return text && *text && strcmp(text, "0") != 0;
}

unsigned bench_rounds(void)
{
	return (unsigned)from_environment("BENCH_ROUNDS", 9, 2, BENCH_ROUNDS_MAX);
}

/* The processors we were given at the start, before anything was pinned. */
static const cpu_set_t *processors(void)
{
	static cpu_set_t set;
	static bool known;

	if (!known && sched_getaffinity(0, sizeof set, &set) != 0)
		bench_fail("sched_getaffinity: %s", strerror(errno));
	known = true;
	return &set;
}

unsigned bench_processors(void)
{
	return (unsigned)CPU_COUNT(processors());
}

void bench_pin(unsigned worker)
{
	const cpu_set_t *all = processors();
	unsigned left = worker % bench_processors();
	cpu_set_t one;
	size_t cpu = 0;

	for (; !CPU_ISSET(cpu, all) || left; cpu++)
		left -= CPU_ISSET(cpu, all) ? 1 : 0;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof one, &one) != 0)
		bench_fail("cannot pin to processor %zu: %s", cpu, strerror(errno));
}

void bench_unpin(void)
{
	(void)sched_setaffinity(0, sizeof(cpu_set_t), processors());
}

/* ---- a folder ------------------------------------------------------------------------------------------ */

static char folder[4096];
static pid_t folder_owner;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void folder_remove(void)
{
	if (getpid() == folder_owner)
		nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *bench_dir(void)
{
	const char *given = getenv("BENCH_DIR");

	if (*folder)
		return folder;
	snprintf(folder, sizeof folder, "%s/headway-bench-XXXXXX",
		 given && *given ? given : "/dev/shm");
	if (!mkdtemp(folder))
		bench_fail("cannot make a folder %s: %s", folder, strerror(errno));
	folder_owner = getpid();
	atexit(folder_remove);
	return folder;
}

/* ---- figures ------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct bench_figure bench_figure_of(const double *values, unsigned count)
{
	double sorted[BENCH_SLICES_MAX];
	struct bench_figure f = {0, 0, 0};

	if (!count || count > BENCH_SLICES_MAX)
		return f;
	memcpy(sorted, values, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, by_value);
	f.median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
	f.low = sorted[0];
	f.high = sorted[count - 1];
	return f;
}

struct bench_figure bench_figure(const struct bench_result *result)
{
	return bench_figure_of(result->ns, result->rounds);
}

struct bench_figure bench_figure_ratio(const struct bench_result *a, const struct bench_result *b)
{
	double ratios[BENCH_ROUNDS_MAX];

	for (unsigned i = 0; i < a->rounds; i++)
		ratios[i] = a->ns[i] / b->ns[i];
	return bench_figure_of(ratios, a->rounds);
}

struct bench_figure bench_figure_scaled(struct bench_figure f, double factor)
{
	return (struct bench_figure){f.median * factor, f.low * factor, f.high * factor};
}

/* ---- turns --------------------------------------------------------------------------------------------- */

/* Shared by the workers of a comparison. */
struct desk {
	pthread_barrier_t barrier;
	uint64_t start_ns;
	uint64_t ops[BENCH_SIDES][BENCH_WORKERS];
	struct bench_slice slices[BENCH_WORKERS][BENCH_SLICES_MAX];
};

struct worker {
	unsigned index;
	const struct bench_side *sides;
	unsigned side_count;
	void *contexts[BENCH_SIDES];
	uint64_t batches[BENCH_SIDES];
	unsigned rounds, slices;
	uint64_t slice_ns;
	struct desk *desk;
};

static unsigned workers_of(const struct bench_side *side)
{
	return side->workers ? side->workers : 1;
}

static bool takes_part(const struct worker *w, unsigned side)
{
	return w->index < workers_of(&w->sides[side]);
}

/* The quickest of a few, since any of them may have been preempted. */
static uint64_t quickest(const struct bench_side *s, void *context, uint64_t batch, uint64_t *ops)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < BATCH_TRIES; i++) {
		uint64_t begin = bench_now_ns(), took;

		s->run(context, batch);
		*ops += batch;
		took = bench_now_ns() - begin;
		best = took < best ? took : best;
	}
	return best;
}

/* How often it is done between two looks at the clock: the looks are to cost less than a hundredth. */
static uint64_t batch_find(const struct bench_side *s, void *context, uint64_t *ops)
{
	uint64_t batch = 1;

	while (quickest(s, context, batch, ops) < BATCH_NS)
		batch *= 2;
	return batch;
}

static void slice_run(const struct worker *w, unsigned i, uint64_t until, struct bench_slice *out)
{
	const struct bench_side *s = &w->sides[i];
	uint64_t begin = bench_now_ns(), now;
	bool late = begin + w->slice_ns * 9 / 10 > until;

	out->ops = 0;
	if (s->slice) {
		s->slice(w->contexts[i], w->slice_ns, out);
		return;
	}
	do {
		s->run(w->contexts[i], w->batches[i]);
		out->ops += w->batches[i];
		now = bench_now_ns();
	} while (now < until);
	out->ns = now - begin;
	out->disturbed = bench_was_preempted() || (late && out->ns < w->slice_ns / 2);
}

static void slices_run(struct worker *w, unsigned i)
{
	uint64_t *ops = &w->desk->ops[i][w->index], start = w->desk->start_ns;

	if (!w->sides[i].slice && !w->batches[i])
		w->batches[i] = w->sides[i].batch ? w->sides[i].batch
						  : batch_find(&w->sides[i], w->contexts[i], ops);
	while (bench_now_ns() < start)
		continue;
	(void)bench_was_preempted();
	for (unsigned k = 0; k < w->slices; k++) {
		struct bench_slice *slice = &w->desk->slices[w->index][k];

		slice_run(w, i, start + (k + 1) * w->slice_ns, slice);
		*ops += slice->ops;
	}
}

static void turn(struct worker *w, unsigned side)
{
	pthread_barrier_wait(&w->desk->barrier);
	if (w->index == 0)
		w->desk->start_ns = bench_now_ns() + START_NS;
	pthread_barrier_wait(&w->desk->barrier);
	if (takes_part(w, side))
		slices_run(w, side);
	pthread_barrier_wait(&w->desk->barrier);
}

/* ns an operation in slice k; whether it is to count. */
static double slice_value(const struct worker *w, unsigned side, unsigned k, bool *clean)
{
	unsigned workers = workers_of(&w->sides[side]);
	double rate = 0;

	*clean = true;
	for (unsigned i = 0; i < workers; i++) {
		const struct bench_slice *s = &w->desk->slices[i][k];

		*clean = *clean && !s->disturbed;
		if (i == 0 || w->sides[side].measure == BENCH_TOTAL)
			rate += (double)s->ops / (double)s->ns;
	}
	return 1 / rate;
}

static double turn_value(const struct worker *w, unsigned side)
{
	double clean[BENCH_SLICES_MAX], all[BENCH_SLICES_MAX];
	unsigned clean_count = 0;

	for (unsigned k = 0; k < w->slices; k++) {
		bool counts;

		all[k] = slice_value(w, side, k, &counts);
		if (counts)
			clean[clean_count++] = all[k];
	}
	return clean_count >= 3 ? bench_figure_of(clean, clean_count).median
				: bench_figure_of(all, w->slices).median;
}

/* ---- workers ------------------------------------------------------------------------------------------- */

static pid_t worker_pids[BENCH_WORKERS];
static volatile sig_atomic_t under_way;

/* A worker that dies would leave the others waiting at the barrier. */
static void on_child(int signal_number)
{
	static const char text[] = "bench: a worker died\n";
	siginfo_t info = {0};

	(void)signal_number;
	for (unsigned i = 1; i < BENCH_WORKERS; i++) {
		if (!under_way || !worker_pids[i] ||
		    waitid(P_PID, (id_t)worker_pids[i], &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
		    !info.si_pid || (info.si_code == CLD_EXITED && info.si_status == 0))
			continue;
		(void)!write(STDERR_FILENO, text, sizeof text - 1);
		_exit(1);
	}
}

static void worker_work(struct worker *w, struct bench_result *results)
{
	bench_pin(w->index);
	for (unsigned i = 0; i < w->side_count; i++) {
		const struct bench_side *s = &w->sides[i];

		w->contexts[i] = s->join && takes_part(w, i) ? s->join(s->argument, w->index)
							     : s->argument;
	}
	for (unsigned round = 0; round <= w->rounds; round++) { /* round 0 warms up */
		for (unsigned i = 0; i < w->side_count; i++) {
			turn(w, i);
			if (w->index == 0 && w->sides[i].check)
				w->sides[i].check(w->contexts[i], w->desk->ops[i]);
			if (w->index == 0 && round)
				results[i].ns[round - 1] = turn_value(w, i);
		}
	}
}

static void worker_fork(const struct worker *leader, unsigned index)
{
	struct worker w = *leader;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		bench_fail("fork: %s", strerror(errno));
	worker_pids[index] = pid;
	if (pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	w.index = index;
	worker_work(&w, NULL);
	_exit(0);
}

static struct desk *desk_make(unsigned workers)
{
	pthread_barrierattr_t attributes;
	struct desk *desk = mmap(NULL, sizeof *desk, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (desk == MAP_FAILED)
		bench_fail("mmap: %s", strerror(errno));
	pthread_barrierattr_init(&attributes);
	pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&desk->barrier, &attributes, workers);
	return desk;
}

static void workers_end(unsigned workers)
{
	under_way = 0;
	for (unsigned i = 1; i < workers; i++) {
		int status = 0;

		if (waitpid(worker_pids[i], &status, 0) == worker_pids[i] && status)
			bench_fail("a worker failed");
		worker_pids[i] = 0;
	}
}

bool bench_compare(const char *title, const struct bench_side *sides, unsigned count,
		   struct bench_result *results)
{
	struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP | SA_RESTART};
	struct worker leader = {.sides = sides, .side_count = count};
	unsigned workers = 1;

	for (unsigned i = 0; i < count; i++)
		if (workers_of(&sides[i]) > workers)
			workers = workers_of(&sides[i]);
	if (workers > bench_processors()) {
		printf("SKIP %s: needs %u processors\n", title, workers);
		return false;
	}
	leader.rounds = bench_rounds();
	leader.slices = (unsigned)from_environment("BENCH_SLICES", 24, 3, BENCH_SLICES_MAX);
	leader.slice_ns = 1000 * from_environment("BENCH_SLICE_US", 1000, 500, 1000000);
	leader.desk = desk_make(workers);
	under_way = 1;
	sigaction(SIGCHLD, &action, NULL);
	for (unsigned i = 1; i < workers; i++)
		worker_fork(&leader, i);
	for (unsigned i = 0; i < count; i++)
		results[i].rounds = leader.rounds;
	worker_work(&leader, results);
	workers_end(workers);
	munmap(leader.desk, sizeof *leader.desk);
	return true;
}
