/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of opening an existing arena, compared with opening and mapping a file of that size. */
#include "harness.h"
#include "report.h"
#include "sample.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct target {
	const char *path;
	unsigned flags;
};

/* Times headway_open() only, not headway_close(). */
static void attach_slice(void *context, uint64_t ns, struct bench_slice *slice)
{
	const struct target *t = context;
	struct headway_options options = {.size = sizeof options, .flags = t->flags};

	(void)bench_was_preempted();
	slice->ops = slice->ns = 0;
	for (uint64_t begin = bench_now_ns(); bench_now_ns() - begin < ns;) {
		uint64_t before = bench_now_ns();
		struct headway_arena *arena;

		bench_must(headway_open(t->path, &options, &arena), "headway_open");
		slice->ns += bench_now_ns() - before;
		slice->ops++;
		headway_close(arena);
	}
	slice->disturbed = bench_was_preempted();
}

static void map_slice(void *context, uint64_t ns, struct bench_slice *slice)
{
	const struct target *t = context;

	(void)bench_was_preempted();
	slice->ops = slice->ns = 0;
	for (uint64_t begin = bench_now_ns(); bench_now_ns() - begin < ns;) {
		uint64_t before = bench_now_ns();
		int fd = open(t->path, O_RDWR | O_CLOEXEC);
		struct stat st;
		void *at;

		if (fd < 0 || fstat(fd, &st) != 0)
			bench_fail("%s: %s", t->path, strerror(errno));
		at = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (at == MAP_FAILED)
			bench_fail("mmap: %s", strerror(errno));
		close(fd);
		slice->ns += bench_now_ns() - before;
		slice->ops++;
		munmap(at, (size_t)st.st_size);
	}
	slice->disturbed = bench_was_preempted();
}

/* After all closes the arena has no members and no damage. */
static void check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	const struct target *t = context;
	struct headway_options options = {.size = sizeof options, .flags = HEADWAY_READ_ONLY};
	struct headway_info info = {.size = sizeof info};
	struct headway_arena *arena;

	(void)ops;
	bench_must(headway_open(t->path, &options, &arena), "headway_open");
	bench_must(headway_info(arena, &info), "headway_info");
	if (info.members_alive != 1 || info.members_dead || info.slots_running != 1)
		bench_fail("%u members, %u dead, %u records", info.members_alive, info.members_dead,
			   info.slots_running);
	headway_close(arena);
}

int main(void)
{
	const struct sample_writer *writer = sample_writer_make("attach", 0);
	struct target write = {writer->path, HEADWAY_EXISTING};
	struct target read = {writer->path, HEADWAY_READ_ONLY};
	struct bench_side sides[] = {
		{.name = "write", .argument = &write, .slice = attach_slice, .check = check},
		{.name = "read", .argument = &read, .slice = attach_slice, .check = check},
		{.name = "map", .argument = &write, .slice = map_slice},
	};
	struct bench_result r[3];
	struct bench_line line = {
		.number = "12", .what = "attach", .unit = "us", .target = VALUE_AT_MOST(300)};

	if (!bench_compare("12 attach", sides, 3, r))
		return 0;
	line.value = bench_figure_scaled(bench_figure(&r[0]), 1e-3);
	bench_say(&line);
	bench_say_pair("12", "attach", &r[0], "open_and_mmap", &r[2], NO_TARGET);
	bench_say_pair("12", "attach,_read-only", &r[1], "open_and_mmap", &r[2], NO_TARGET);
	return 0;
}
