/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How costs would grow with many cores: a simulation of cache lines that move between cores.
 *
 * Each core runs a small program of loads and locked operations on shared lines, in simulated time;
 * the core that is furthest behind goes next. A line is in the caches of the cores that read it
 * since it was last written; cores that want to write it queue. The cost of a transfer is assumed
 * (below), so the figures show how costs grow, not what a machine will measure. A real core often
 * does several operations before it loses a line, so contended cases look worse here than they are.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In ns: a cached line; a line from another core of the socket; from another socket; how long a
 * line that is only read delays the next reader. */
enum { READ_HIT = 1, WRITE_HIT = 6, NEAR = 60, FAR = 180, SERVE = 8 };
enum { CORES = 192, SOCKET = 96, WORK_NS = 1000 };

struct line {
	uint64_t readers[CORES / 64]; /* that have it; after a write, one */
	double busy_until;
	int writer; /* the core that has it exclusively; -1: none */
	int last;   /* the core that wrote last: the line is fetched from there */
};

struct core {
	double time;
	double waited; /* time of the present task spent in operations on shared lines */
	int step;
	uint32_t at, slot, word; /* progress of a search */
	uint64_t done;
};

static struct core cores[CORES];
static unsigned core_count;
static uint64_t looks; /* slots examined */

static uint32_t random_next(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

static void lines_reset(struct line *lines, size_t count)
{
	memset(lines, 0, count * sizeof *lines);
	for (size_t i = 0; i < count; i++)
		lines[i].writer = lines[i].last = -1;
}

static struct line *lines_make(size_t count)
{
	struct line *lines = malloc(count * sizeof *lines);

	if (!lines) {
		fprintf(stderr, "many: out of memory\n");
		exit(1);
	}
	lines_reset(lines, count);
	return lines;
}

/* ---- a line is read, or written -------------------------------------------------------------- */

static bool has(const struct line *l, unsigned core)
{
	return l->readers[core / 64] >> core % 64 & 1;
}

static bool elsewhere(const struct line *l, unsigned core)
{
	for (unsigned i = 0; i < core_count; i++)
		if (has(l, i) && i / SOCKET != core / SOCKET)
			return true;
	return false;
}

static double distance(const struct line *l, unsigned core)
{
	bool far = elsewhere(l, core) ||
		   (l->last >= 0 && (unsigned)l->last / SOCKET != core / SOCKET);

	return far ? FAR : NEAR;
}

/* Advances the core's time to the arrival of the line; the next core waits for keep ns more. */
static void fetch(struct line *l, struct core *c, double cost, double keep)
{
	double begin = c->time > l->busy_until ? c->time : l->busy_until;

	l->busy_until = begin + keep;
	c->waited += begin + cost - c->time;
	c->time = begin + cost;
}

static void use(struct core *c, double cost)
{
	c->time += cost;
	c->waited += cost;
}

static void line_read(struct line *l, struct core *c)
{
	unsigned core = (unsigned)(c - cores);
	double cost = distance(l, core);

	if (has(l, core)) {
		use(c, READ_HIT);
		return;
	}
	fetch(l, c, cost, l->writer >= 0 ? cost : SERVE);
	l->readers[core / 64] |= 1ull << core % 64;
	l->writer = -1;
}

static void line_write(struct line *l, struct core *c)
{
	unsigned core = (unsigned)(c - cores);
	double cost = distance(l, core) + WRITE_HIT;

	if (l->writer == (int)core) {
		use(c, WRITE_HIT);
		return;
	}
	fetch(l, c, cost, cost);
	memset(l->readers, 0, sizeof l->readers);
	l->readers[core / 64] |= 1ull << core % 64;
	l->writer = l->last = (int)core;
}

/* ---- the machine ----------------------------------------------------------------------------- */

static struct core *next_core(void)
{
	struct core *c = &cores[0];

	for (unsigned i = 1; i < core_count; i++)
		if (cores[i].time < c->time)
			c = &cores[i];
	return c;
}

static void machine_reset(unsigned count)
{
	memset(cores, 0, sizeof cores);
	core_count = count;
	looks = 0;
	for (unsigned i = 0; i < count; i++)
		cores[i].time = random_next() % 100; /* different starting times */
}

/* The duration varies a little, so that cores do not run in lockstep. */
static void work(struct core *c, double ns)
{
	c->time += ns * (0.5 + random_next() % 1000 / 1000.0);
}

/* ---- counters: core p adds on line p mod lines ----------------------------------------------- */

static double counters(unsigned count, unsigned line_count, double work_ns)
{
	struct line *lines = lines_make(line_count);
	double waited = 0;
	uint64_t adds = 100000;

	machine_reset(count);
	for (uint64_t i = 0; i < adds; i++) {
		struct core *c = next_core();

		line_write(&lines[(c - cores) % line_count], c);
		if (work_ns > 0)
			work(c, work_ns);
	}
	for (unsigned i = 0; i < count; i++)
		waited += cores[i].waited;
	free(lines);
	return waited / (double)adds;
}

/* ---- one writer, everybody else reads the same record ---------------------------------------- */

/* A writer uses these blocks in turn. The lines of one block arrive together and count as one. */
enum { BLOCKS = 5, UPDATE_NS = 30, DECODE_NS = 40 };

static double readers(unsigned count, double pause_ns)
{
	struct line *word = lines_make(1), *blocks = lines_make(BLOCKS);
	uint64_t updates = 10000, version = 0;

	machine_reset(count);
	while (version < updates) {
		struct core *c = next_core();

		if (c == cores) {
			line_write(&blocks[(version + 1) % BLOCKS], c);
			line_write(word, c);
			c->time += UPDATE_NS;
			c->waited += UPDATE_NS;
			version++;
			continue;
		}
		line_read(word, c);
		line_read(&blocks[version % BLOCKS], c);
		line_read(word, c);
		c->time += DECODE_NS;
		if (pause_ns > 0)
			work(c, pause_ns);
	}
	free(word);
	free(blocks);
	return cores[0].waited / (double)updates;
}

/* ---- starts: find a slot, then a block ------------------------------------------------------- */

enum { SLOTS = 1 << 16, HINTS = SLOTS / 64, STARTS = 20000 };
enum { LOOK, CLAIM, HINT, CLEAR, TAKE };

struct pool {
	struct line *slots, *hints, *blocks; /* a line holds eight words of hints */
	bool *taken;
	uint64_t *free;
};

static void pool_step(struct pool *p, struct core *c)
{
	uint32_t at = c->at % SLOTS, word = c->word % HINTS;

	switch (c->step) {
	case LOOK: /* skips slots in use */
		line_read(&p->slots[at], c);
		looks++;
		c->slot = at;
		c->at += p->taken[at];
		c->step = p->taken[at] ? LOOK : CLAIM;
		break;
	case CLAIM: /* the compare-and-swap may fail */
		line_write(&p->slots[c->slot], c);
		c->step = p->taken[c->slot] ? LOOK : HINT;
		p->taken[c->slot] = true;
		c->at++;
		break;
	case HINT:
		line_read(&p->hints[word / 8], c);
		c->word += p->free[word] == 0;
		c->step = p->free[word] ? CLEAR : HINT;
		break;
	case CLEAR: /* clears the lowest bit if it is still set */
		line_write(&p->hints[word / 8], c);
		c->step = p->free[word] ? TAKE : HINT;
		p->free[word] &= p->free[word] - 1;
		break;
	default: /* the block has not been used recently, so nobody has it cached */
		use(c, WRITE_HIT + NEAR);
		c->done++;
		c->step = LOOK;
		work(c, WORK_NS);
	}
}

static double starts(unsigned count, bool apart, double *looks_a_start)
{
	struct pool p = {lines_make(SLOTS), lines_make(HINTS / 8), NULL,
			 calloc(SLOTS, sizeof(bool)), malloc(HINTS * sizeof(uint64_t))};
	uint64_t done = 0;
	double waited = 0;

	if (!p.taken || !p.free)
		exit(1);
	memset(p.free, 0xff, HINTS * sizeof *p.free);
	machine_reset(count);
	for (unsigned i = 0; i < count && apart; i++) {
		cores[i].at = i * (SLOTS / count);
		cores[i].word = i * (HINTS / count);
	}
	while (done < STARTS) {
		struct core *c = next_core();
		uint64_t before = c->done;

		pool_step(&p, c);
		done += c->done - before;
	}
	for (unsigned i = 0; i < count; i++)
		waited += cores[i].waited;
	*looks_a_start = (double)looks / STARTS;
	free(p.slots);
	free(p.hints);
	free(p.taken);
	free(p.free);
	return waited / STARTS;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static const unsigned counts[] = {1, 2, 16, 64, 192};
enum { COLUMNS = sizeof counts / sizeof *counts };

static void head(void)
{
	printf("| ns an operation, members at once: |");
	for (unsigned i = 0; i < COLUMNS; i++)
		printf(" %u |", counts[i]);
	printf("\n|---|");
	for (unsigned i = 0; i < COLUMNS; i++)
		printf("---:|");
	printf("\n");
}

static void row_counters(const char *name, unsigned lines, double work_ns)
{
	printf("| %s |", name);
	for (unsigned i = 0; i < COLUMNS; i++)
		printf(" %.0f |", counters(counts[i], lines, work_ns));
	printf("\n");
}

static void row_readers(const char *name, double pause_ns)
{
	printf("| %s |", name);
	for (unsigned i = 0; i < COLUMNS; i++)
		printf(" %.0f |", readers(counts[i], pause_ns));
	printf("\n");
}

static void row_starts(const char *name, bool apart)
{
	printf("| %s |", name);
	for (unsigned i = 0; i < COLUMNS; i++) {
		double looks_a_start, ns = starts(counts[i], apart, &looks_a_start);

		printf(" %.0f (%.0f) |", ns, looks_a_start);
	}
	printf("\n");
}

int main(void)
{
	head();
	row_counters("add on one line, without pause", 1, 0);
	row_counters("the same, 16 stripes", 16, 0);
	row_counters("the same, 64 stripes", 64, 0);
	row_counters("add on one line, 1 µs of work between", 1, WORK_NS);
	row_counters("the same, 16 stripes", 16, WORK_NS);
	row_readers("update while all others read that record without pause", 0);
	row_readers("update while all others read it a thousand times a second", 1e6);
	row_starts("start, all members looking from the same place (slots looked at)", false);
	row_starts("start, each member looking from its own", true);
	return 0;
}
