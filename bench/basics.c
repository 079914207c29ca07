/* SPDX-License-Identifier: BSD-3-Clause */
/* Parts that every bench program uses: the clock, processors, settings, a temporary folder,
 * figures. */
#include "harness.h"

#include <headway.h>

#include <errno.h>
#include <ftw.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* ---- clock, settings, checks ----------------------------------------------------------------- */

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

uint64_t bench_setting(const char *name, uint64_t usual, uint64_t smoke, uint64_t most)
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
	return (unsigned)bench_setting("BENCH_ROUNDS", 25, 2, BENCH_ROUNDS_MAX);
}

/* The processors this process was allowed to use at its start, before it pinned any thread. */
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

/* ---- a folder -------------------------------------------------------------------------------- */

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

/* ---- figures --------------------------------------------------------------------------------- */

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
