/* SPDX-License-Identifier: BSD-3-Clause */
/* The out-of-line versions of the counter functions, for other languages: linked, and found in the
 * shared library with dlsym(), like the whole interface. */
#define HEADWAY_NO_INLINE
#include "kit/arenas.h"
#include "kit/processes.h"

#include <dlfcn.h>

static struct headway_arena *arena;
static const char *name;

static void linked_twins(void)
{
	static const char *const names[] = {"a", "b", NULL};
	struct headway_spec spec = {.size = sizeof(spec), .counters = names};
	struct headway_record *record = NULL;
	struct headway_snapshot *snapshot;
	struct headway_id id;

	NEED_INT(headway_start(arena, &spec, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
	CHECK_INT(headway_add(record, 3), 0);
	CHECK_INT(headway_set(record, 40), 0);
	CHECK_INT(headway_add(record, 2), 0);
	CHECK_INT(headway_set_total(record, 50), 0);
	CHECK_INT(headway_counter_add(record, 1, 9), 0);
	CHECK_INT(headway_counter_add(record, 2, 1), -EINVAL);
	CHECK_INT(headway_counter_add(record, UINT32_MAX, 1), -EINVAL);
	CHECK_INT(headway_counter_add(record, UINT32_MAX - 1, 1), -EINVAL);
	snapshot = read_record(arena, &id);
	CHECK_INT(snapshot->done, 42);
	CHECK_INT(snapshot->total, 50);
	CHECK_INT(snapshot->counters[0], 0);
	CHECK_INT(snapshot->counters[1], 9);
	headway_snapshot_free(snapshot);
	CHECK_INT(headway_finish(record), 0);
	CHECK_INT(headway_add(record, 1), -EALREADY);
	CHECK_INT(headway_set(record, 1), -EALREADY);
	CHECK_INT(headway_set_total(record, 1), -EALREADY);
	CHECK_INT(headway_counter_add(record, 0, 1), -EALREADY);
	headway_release(record);
	CHECK_INT(headway_add(NULL, 1), -EINVAL);
	CHECK_INT(headway_set(NULL, 1), -EINVAL);
	CHECK_INT(headway_set_total(NULL, 1), -EINVAL);
	CHECK_INT(headway_counter_add(NULL, 0, 1), -EINVAL);
}

static const char *const symbols[] = {
	"headway_open",          "headway_close",
	"headway_unlink",        "headway_start",
	"headway_resume",        "headway_release",
	"headway_get_id",        "headway_message",
	"headway_update",        "headway_results",
	"headway_url",           "headway_finish",
	"headway_error",         "headway_status",
	"headway_add",           "headway_set",
	"headway_set_total",     "headway_counter_add",
	"headway_read",          "headway_each",
	"headway_wait",          "headway_json",
	"headway_json_full",     "headway_reap",
	"headway_remove",        "headway_fsck",
	"headway_info",          "headway_parse_id",
	"headway_format_id",     "headway_strerror",
	"headway_version",       "headway_counter_slow",
	"headway_snapshot_free", "headway_finish_with_results",
};

/* A second copy of the library in the process reads and writes the same arena. */
static void shared_library(void *library)
{
	int (*resume)(struct headway_arena *, const struct headway_id *, struct headway_record **);
	int (*open_it)(const char *, const struct headway_options *, struct headway_arena **);
	int (*add)(struct headway_record *, uint64_t);
	void (*release)(struct headway_record *);
	void (*close_it)(struct headway_arena *);
	struct headway_record *record, *twin = NULL;
	struct headway_arena *second = NULL;
	struct headway_snapshot *snapshot;
	struct headway_id id;

	*(void **)&open_it = dlsym(library, "headway_open");
	*(void **)&close_it = dlsym(library, "headway_close");
	*(void **)&resume = dlsym(library, "headway_resume");
	*(void **)&add = dlsym(library, "headway_add");
	*(void **)&release = dlsym(library, "headway_release");
	NEED(open_it && close_it && resume && add && release);
	record = start_record(arena, "twin", &id);
	NEED_INT(open_it(name, NULL, &second), 0);
	NEED_INT(resume(second, &id, &twin), 0);
	for (unsigned i = 0; i < 1000; i++)
		CHECK_INT(add(twin, 2), 0);
	release(twin);
	close_it(second);
	snapshot = read_record(arena, &id);
	CHECK_INT(snapshot->done, 2000);
	CHECK_INT(snapshot->status, HEADWAY_RUNNING);
	headway_snapshot_free(snapshot);
	headway_release(record);
}

int main(void)
{
	const char *folder = getenv("BIN");
	char path[600];
	void *library;

	check_begin(60);
	name = new_name();
	arena = open_arena(name, NULL);
	RUN(linked_twins);
	check_running = "shared_library";
	(void)snprintf(path, sizeof(path), "%s/libheadway.so", folder ? folder : "build/release");
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		printf("NOTE the shared library was not looked at: %s\n", dlerror());
		headway_close(arena);
		return check_end();
	}
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
		if (!dlsym(library, symbols[i]))
			FAIL("no symbol %s", symbols[i]);
	CHECK(!dlsym(library, "hw__arena_open"));
	shared_library(library);
	headway_close(arena);
	return check_end();
}
