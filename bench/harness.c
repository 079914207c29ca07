/* SPDX-License-Identifier: BSD-3-Clause */
#include "harness.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	BATCH_NS = 4000,
	BATCH_TRIES = 5,
	START_NS = 100000,
	CLEAN_LEAST = 5, /* undisturbed slices that make up a turn's figure */
	TURN_REPEATS = 8 /* repetitions of a turn at most, until there are enough */
};

/* ---- turns ----------------------------------------------------------------------------------- */

/* State shared by the worker processes of a comparison. */
struct shared {
	pthread_barrier_t barrier;
	uint64_t start_ns;
	bool again; /* too few slices were undisturbed: repeat the turn */
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
	struct shared *shared;
};

static unsigned workers_of(const struct bench_side *side)
{
	return side->workers ? side->workers : 1;
}

static bool takes_part(const struct worker *w, unsigned side)
{
	return w->index < workers_of(&w->sides[side]);
}

/* The shortest of a few runs, since any of them may have been preempted. */
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

/* Operations between two clock readings, so that reading the clock costs less than 1 %. */
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
	uint64_t *ops = &w->shared->ops[i][w->index], start = w->shared->start_ns;

	if (!w->sides[i].slice && !w->batches[i])
		w->batches[i] = w->sides[i].batch ? w->sides[i].batch
						  : batch_find(&w->sides[i], w->contexts[i], ops);
	while (bench_now_ns() < start)
		continue;
	(void)bench_was_preempted();
	for (unsigned k = 0; k < w->slices; k++) {
		struct bench_slice *slice = &w->shared->slices[w->index][k];

		slice_run(w, i, start + (k + 1) * w->slice_ns, slice);
		*ops += slice->ops;
	}
}

static void part(struct worker *w, unsigned side)
{
	pthread_barrier_wait(&w->shared->barrier);
	if (w->index == 0)
		w->shared->start_ns = bench_now_ns() + START_NS;
	pthread_barrier_wait(&w->shared->barrier);
	if (takes_part(w, side))
		slices_run(w, side);
	pthread_barrier_wait(&w->shared->barrier);
}

/* Time of an operation in slice k, in ns; *clean tells whether the slice was undisturbed. */
static double slice_value(const struct worker *w, unsigned side, unsigned k, bool *clean)
{
	unsigned workers = workers_of(&w->sides[side]);
	double rate = 0;

	*clean = true;
	for (unsigned i = 0; i < workers; i++) {
		const struct bench_slice *s = &w->shared->slices[i][k];

		*clean = *clean && !s->disturbed;
		if (i == 0 || w->sides[side].measure == BENCH_TOTAL)
			rate += (double)s->ops / (double)s->ns;
	}
	return 1 / rate;
}

/* What worker 0 has collected of a turn so far. */
struct tally {
	double clean[BENCH_SLICES_MAX], all[BENCH_SLICES_MAX];
	unsigned clean_count, repeats;
};

static void tally_add(const struct worker *w, unsigned side, struct tally *t)
{
	for (unsigned k = 0; k < w->slices; k++) {
		bool counts;
		double value = slice_value(w, side, k, &counts);

		t->all[k] = value;
		if (counts && t->clean_count < BENCH_SLICES_MAX)
			t->clean[t->clean_count++] = value;
	}
	t->repeats++;
}

/* Time of an operation in ns. Disturbed slices count only if there are no others. */
static double tally_value(const struct worker *w, const struct tally *t)
{
	return t->clean_count ? bench_figure_of(t->clean, t->clean_count).median
			      : bench_figure_of(t->all, w->slices).median;
}

/* One turn of a side, prolonged on a busy machine. Sets worker 0's figure; returns true if enough
 * slices were undisturbed. */
static bool turn(struct worker *w, unsigned side, double *value)
{
	struct tally t = {.clean_count = 0};
	unsigned least = w->slices < CLEAN_LEAST ? w->slices : CLEAN_LEAST;
	unsigned repeats = (unsigned)bench_setting("BENCH_REPEATS", TURN_REPEATS, 1, 100);

	do {
		part(w, side);
		if (w->index == 0) {
			tally_add(w, side, &t);
			w->shared->again = t.clean_count < least && t.repeats < repeats;
		}
		pthread_barrier_wait(&w->shared->barrier);
	} while (w->shared->again);
	if (w->index == 0)
		*value = tally_value(w, &t);
	return t.clean_count >= least;
}

/* ---- workers --------------------------------------------------------------------------------- */

static pid_t worker_pids[BENCH_WORKERS];
static volatile sig_atomic_t under_way;

/* If a worker dies, the others would wait at the barrier for ever. */
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
	for (unsigned round = 0; round <= w->rounds; round++) { /* round 0 is the warm-up */
		for (unsigned i = 0; i < w->side_count; i++) {
			double value;
			bool quiet = turn(w, i, &value);

			if (w->index)
				continue;
			if (w->sides[i].check)
				w->sides[i].check(w->contexts[i], w->shared->ops[i]);
			if (round) {
				results[i].ns[round - 1] = value;
				results[i].disturbed += !quiet;
			}
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

static struct shared *desk_make(unsigned workers)
{
	pthread_barrierattr_t attributes;
	struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		bench_fail("mmap: %s", strerror(errno));
	pthread_barrierattr_init(&attributes);
	pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&shared->barrier, &attributes, workers);
	return shared;
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
	leader.slices = (unsigned)bench_setting("BENCH_SLICES", 24, 2, BENCH_SLICES_MAX);
	leader.slice_ns = 1000 * bench_setting("BENCH_SLICE_US", 1000, 500, 1000000);
	leader.shared = desk_make(workers);
	under_way = 1;
	sigaction(SIGCHLD, &action, NULL);
	for (unsigned i = 1; i < workers; i++)
		worker_fork(&leader, i);
	for (unsigned i = 0; i < count; i++)
		results[i] = (struct bench_result){.rounds = leader.rounds};
	worker_work(&leader, results);
	workers_end(workers);
	munmap(leader.shared, sizeof *leader.shared);
	return true;
}
