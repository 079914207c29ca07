/* SPDX-License-Identifier: BSD-3-Clause */
/* System calls in a million updates, adds and reads. The program runs itself under strace and
 * counts the lines between two marker calls. */
#include "harness.h"
#include "peers.h"
#include "report.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PARTS = 3, TRIES = 5 };

static const char *const part_names[PARTS] = {"updates", "adds", "reads"};

static void mark(void)
{
	syscall(SYS_getppid);
}

static void work(uint64_t count)
{
	struct sample_writer *w = sample_writer_make("syscalls", 0);
	struct headway_snapshot *s = NULL;
	struct headway_record *other = sample_record(w->arena, 0);
	struct headway_id ids[2] = {w->id};

	headway_get_id(other, &ids[1]);
	sample_writer_run(w, 1000); /* the first calls allocate; do that before counting */
	bench_must(headway_read(w->arena, &w->id, &s), "headway_read");
	mark();
	sample_writer_run(w, count);
	mark();
	for (uint64_t i = 0; i < count; i++)
		bench_must(headway_add(w->record, 1), "headway_add");
	mark();
	for (uint64_t i = 0; i < count; i++) /* in turn, so that each read copies */
		bench_must(headway_read(w->arena, &ids[i % 2], &s), "headway_read");
	mark();
	bench_must(headway_read(w->arena, &w->id, &s), "headway_read");
	if (s->version != w->first_version + 1000 + count || s->done != count)
		bench_fail("%llu updates and adds made, version %llu, done %llu",
			   (unsigned long long)count, (unsigned long long)s->version,
			   (unsigned long long)s->done);
}

/* Counts the calls of each part; first gets the first line that is not a marker. */
static bool count_calls(const char *path, unsigned calls[PARTS], char first[256])
{
	FILE *f = fopen(path, "r");
	int part = -1;
	char line[1024];

	memset(calls, 0, PARTS * sizeof *calls);
	*first = '\0';
	while (f && fgets(line, sizeof line, f)) {
		if (strstr(line, "getppid(")) {
			part++;
		} else if (part >= 0 && part < PARTS && strchr(line, '(')) {
			if (!calls[part]++)
				snprintf(first, 256, "%.200s", line);
		}
	}
	if (f)
		fclose(f);
	return part == PARTS;
}

static bool trace(unsigned calls[PARTS], char first[256], const char *program, const char *count)
{
	const char *path = sample_arena_path("strace");
	const char *arguments[] = {"strace", "-f", "-o", path, program, count, NULL};
	pid_t pid = peer_start(arguments, -1, -1, 0);
	int status;

	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return false;
	return count_calls(path, calls, first);
}

int main(int argc, char **argv)
{
	unsigned calls[PARTS] = {0};
	char first[256] = "", program[4096];
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
	uint64_t total = 1;

	if (argc == 2) {
		work(strtoull(argv[1], NULL, 10));
		return 0;
	}
	program[length > 0 ? length : 0] = '\0';
	/* Once a second a handle checks with stat() whether its arena was replaced. That call
	 * depends on time, not on the million, so a run that contains it is repeated; a run shorter
	 * than a second can avoid it. */
	for (int i = 0; i < TRIES && total; i++) {
		if (!trace(calls, first, program, bench_is_smoke() ? "10000" : "1000000")) {
			peer_skip("14 system calls", "strace is missing, or may not trace");
			return 0;
		}
		total = calls[0] + calls[1] + calls[2];
	}
	if (total)
		printf("NOTE 14 the first of them: %s", first);
	for (int i = 0; i < PARTS; i++) {
		char what[64];

		snprintf(what, sizeof what, "system_calls_in_%s_%s",
			 bench_is_smoke() ? "10000" : "a_million", part_names[i]);
		bench_say_value("14", what, "calls", calls[i], VALUE_AT_MOST(0));
	}
	return 0;
}
