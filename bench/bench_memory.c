/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory of a process that only has an arena open, apart from the arena's own pages. */
#include "harness.h"
#include "report.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct use {
	long own_kib;    /* anonymous pages, and pages of files other than the arena */
	long shared_kib; /* resident pages of shared memory */
};

static long status_kib(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtol(at + strlen(key), NULL, 10) : 0;
}

static struct use use_now(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char text[8192];
	size_t length = f ? fread(text, 1, sizeof text - 1, f) : 0;

	text[length] = '\0';
	if (f)
		fclose(f);
	if (!length)
		bench_fail("cannot read /proc/self/status");
	return (struct use){status_kib(text, "RssAnon:") + status_kib(text, "RssFile:"),
			    status_kib(text, "RssShmem:")};
}

/* Measured in a child process that opens the arena and does nothing else. */
static struct use use_of_open(const char *path, unsigned flags)
{
	struct headway_options options = {.size = sizeof options, .flags = flags};
	struct use before, after;
	struct headway_arena *arena;
	int ends[2];
	pid_t pid;

	if (pipe(ends) != 0)
		bench_fail("pipe failed");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		before = use_now();
		bench_must(headway_open(path, &options, &arena), "headway_open");
		after = use_now();
		after.own_kib -= before.own_kib;
		after.shared_kib -= before.shared_kib;
		(void)!write(ends[1], &after, sizeof after);
		_exit(0);
	}
	close(ends[1]);
	if (pid < 0 || read(ends[0], &after, sizeof after) != sizeof after)
		bench_fail("the process that opens the arena failed");
	close(ends[0]);
	waitpid(pid, NULL, 0);
	return after;
}

static void say(const char *kind, const char *path, unsigned flags)
{
	struct use use = use_of_open(path, flags);
	char what[64];

	snprintf(what, sizeof what, "attach_%s,_private_memory", kind);
	bench_say_value("11", what, "KiB", (double)use.own_kib, VALUE_AT_MOST(1024));
	snprintf(what, sizeof what, "attach_%s,_arena_pages_touched", kind);
	bench_say_value("11", what, "KiB", (double)use.shared_kib, NO_TARGET);
}

int main(void)
{
	headway_close(sample_arena("memory", 0));
	say("to_write", sample_arena_path("memory"), HEADWAY_EXISTING);
	say("to_read", sample_arena_path("memory"), HEADWAY_READ_ONLY);
	if (bench_is_smoke())
		return 0;
	headway_close(sample_arena("memory-1000000", 1000000));
	say("to_write,_1000000_records", sample_arena_path("memory-1000000"), HEADWAY_EXISTING);
	return 0;
}
