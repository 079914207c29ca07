/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hostile arenas: whatever the file contains, every call ends within a bounded number of steps,
 * with an error or a consistent result. An input is
 *
 *   mode | time | count | count mutations | script of calls
 *
 * mode  bits 0-1 which valid arena; 2: header mutations count (the checksum is corrected), and the
 * reader
 *       opens the file anew; 3: a writer opens it and runs the script; 4: the writer may replace it; 5: a
 *       second thread flips bytes meanwhile (its findings cannot be replayed, so it is rare); 6: close
 *       before release; 7: no reader
 */
#include "json/json_check.h"
#include "mutate.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MUTATIONS = 32, HANDLES = 4, CALLS = 40, FLIPS = 3000 };
enum { HEADER = 4, WRITER = 8, REPLACE = 16, FLIPPER = 32, CLOSE_FIRST = 64, NO_READER = 128 };

static struct image *image;
static struct mutation mutations[MUTATIONS];
static unsigned mutation_count, mutation_next, mutation_wait;
static char json[1 << 18];

#define CALL(call) (world_call(#call), allowed(#call, (call)))

/* Fails unless the result is a count, or an error that headway_strerror() has a text for. */
static int allowed(const char *call, int result)
{
	if (result < 0 && !strcmp(headway_strerror(result), "unknown error"))
		world_fail("%s said %d", call, result);
	return result;
}

/* ---- the hostile side ------------------------------------------------------------------------ */

static void mutate_due(void)
{
	while (mutation_next < mutation_count && !mutation_wait) {
		mutation_apply(image, &mutations[mutation_next++]);
		if (mutation_next < mutation_count)
			mutation_wait = mutations[mutation_next].delay;
	}
}

static void after_step(void)
{
	if (mutation_wait)
		mutation_wait--;
	mutate_due();
}

static void *flip(void *seed)
{
	uint64_t x = *(uint64_t *)seed | 1;

	for (int i = 0; i < FLIPS; i++) {
		struct mutation m;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		m = (struct mutation){.op = 4 + (x & 3),
				      .where = (unsigned)(x >> 8) & 0xffffff,
				      .from = (unsigned)(x >> 32) & 0xffffff};
		mutation_apply(image, &m);
	}
	return NULL;
}

/* ---- reading --------------------------------------------------------------------------------- */

static void json_check(const struct headway_snapshot *s,
		       int (*write)(const struct headway_snapshot *, char *, size_t))
{
	static char compact[sizeof json];
	size_t length;
	int bytes = write(s, json, sizeof json);

	if (bytes < 0 || write(s, compact, 1 + (size_t)bytes / 2) < 0)
		world_fail("JSON: %d", bytes);
	if (bytes >= (int)sizeof json)
		return;
	if (json[bytes] || json[bytes - 1] != '\n')
		world_fail("JSON does not end where it says");
	if (s->results && hw__json_check(s->results, s->results_length, compact, &length) != 0)
		return; /* invalid input is not a fault of the serializer */
	if (hw__json_check(json, (size_t)bytes, compact, &length) != 0)
		world_fail("not JSON: %s", json);
}

/* Reads every byte that a caller may read, so that AddressSanitizer checks it. */
static void texts_check(const struct headway_snapshot *s)
{
	size_t bytes = strlen(s->name) + strlen(s->unit) + strlen(s->url) +
		       strlen(s->owner_command);

	for (size_t i = 0; i < s->message_count; i++)
		bytes += strlen(s->messages[i].key) + strlen(s->messages[i].value);
	for (size_t i = 0; i < s->counter_count; i++)
		bytes += strlen(s->counter_names[i]) + (s->counters[i] & 1);
	if (s->counter_names[s->counter_count] || s->status < HEADWAY_RUNNING ||
	    s->status > HEADWAY_ERROR || bytes > 2 * image->geometry.bytes)
		world_fail("a snapshot that cannot be");
	if (s->results && (s->results[s->results_length] || strlen(s->results) > s->results_length))
		world_fail("results that do not end");
}

static int snapshot_check(const struct headway_snapshot *s, void *unused)
{
	(void)unused;
	texts_check(s);
	json_check(s, s->version & 1 ? headway_json : headway_json_full);
	return 0;
}

/* The id that slot i claims to hold at the moment. */
static struct headway_id id_found(unsigned i)
{
	const struct hw__geometry *g = &image->geometry;
	struct hw__slot *slots = (void *)(image->map + g->slots_off);
	uint32_t block = (uint32_t)(slots[i % g->slots].word >> 36) & 0xffffff;
	struct headway_id id;

	memcpy(&id, image->map + g->blocks_off + (size_t)(block % g->blocks) * HW__BLOCK_BYTES + 24,
	       sizeof id);
	return id;
}

static struct headway_id id_chosen(unsigned i)
{
	return i < image->id_count ? image->ids[i] : id_found(i);
}

static void read_one(struct headway_arena *arena, unsigned i, struct headway_snapshot **snapshot)
{
	struct headway_id id = id_chosen(i);

	if (CALL(headway_read(arena, &id, snapshot)) == 0)
		texts_check(*snapshot);
}

static void audit(struct headway_arena *arena)
{
	struct headway_fsck_report report = {.size = sizeof report};
	struct headway_info info = {.size = sizeof info};

	(void)CALL(headway_fsck(arena, &report));
	if (!memchr(report.first, '\0', sizeof report.first) ||
	    ((report.leaked || report.damaged) && !report.first[0]))
		world_fail("a finding without a text");
	(void)CALL(headway_info(arena, &info));
}

static void read_all(struct headway_arena *arena)
{
	struct headway_snapshot *snapshot = NULL;
	struct headway_id id;

	(void)CALL(headway_each(arena, snapshot_check, NULL));
	for (unsigned i = 0; i < image->id_count + 4; i++)
		read_one(arena, i, &snapshot);
	headway_snapshot_free(snapshot);
	audit(arena);
	id = id_chosen(0);
	(void)CALL(headway_wait(arena, &id, 0));
}

static void reader_run(unsigned mode)
{
	static struct headway_arena *readers[IMAGES];
	struct headway_options o = {.size = sizeof o, .flags = HEADWAY_READ_ONLY};
	struct headway_arena *fresh, **kept = &readers[mode % IMAGES];

	if (!(mode & HEADER)) { /* only the body differs: one mapping serves all executions */
		struct stat st;

		if (*kept && stat(image->path, &st) == 0 &&
		    (*kept)->current->file.ino != st.st_ino) {
			headway_close(*kept);
			*kept = NULL;
		}
		if (!*kept && CALL(headway_open(image->path, &o, kept)) != 0)
			return;
		read_all(*kept);
		return;
	}
	if (CALL(headway_open(image->path, &o, &fresh)) != 0)
		return;
	read_all(fresh);
	headway_close(fresh);
}

/* ---- writing --------------------------------------------------------------------------------- */

static char long_value[6001], long_results[5003];

static void start_one(struct headway_arena *arena, unsigned how, struct headway_record **r)
{
	static const char *const counters[] = {"a", "b", "c", NULL};
	struct headway_id parent = id_chosen(how);
	struct headway_spec spec = {.size = sizeof spec,
				    .flags = how & 3,
				    .total = how,
				    .name = how & 4 ? long_value : "new",
				    .ttl_seconds = 1,
				    .counters = how & 8 ? counters : NULL,
				    .parent = how & 16 ? &parent : NULL};

	if (how & 32 && !(how & HEADWAY_DETACHED))
		spec.owner_pid = (uint32_t)getpid();
	headway_release(*r);
	(void)CALL(headway_start(arena, &spec, r));
}

static void write_one(struct headway_record *r, unsigned call)
{
	static const struct headway_message two[] = {{"Step", "2/2"}, {"new", "\xff<>&"}};

	switch (call % 12) {
	case 0:
		(void)CALL(headway_message(r, "Step", "changed"));
		break;
	case 1:
		(void)CALL(headway_update(r, two, 2));
		break;
	case 2:
		(void)CALL(headway_message(r, "Long", long_value));
		break;
	case 3:
		(void)CALL(headway_results(r, "[1, 2]", 6));
		break;
	case 4:
		(void)CALL(headway_results(r, long_results, sizeof long_results - 1));
		break;
	case 5:
		(void)CALL(headway_url(r, "http://localhost/"));
		break;
	case 6:
		(void)CALL(headway_add(r, 3));
		(void)CALL(headway_counter_add(r, 1, 2));
		break;
	case 7:
		(void)CALL(headway_set(r, 5));
		(void)CALL(headway_set_total(r, 6));
		break;
	case 8:
		(void)CALL(headway_status(r));
		break;
	case 9:
		(void)CALL(headway_finish(r));
		break;
	case 10:
		(void)CALL(headway_error(r, "again"));
		break;
	default:
		(void)CALL(headway_finish_with_results(r, long_results, sizeof long_results - 1));
	}
}

static void script_step(struct headway_arena *arena, struct input *in,
			struct headway_record *handles[HANDLES])
{
	unsigned call = (unsigned)input_take(in, 1), choice = (unsigned)input_take(in, 1);
	struct headway_record **r = &handles[choice % HANDLES];
	struct headway_reap_policy policy = {.size = sizeof policy, .flags = choice & 1};
	struct headway_id id = id_chosen(choice >> 2);

	switch (call % 24) {
	case 12:
		start_one(arena, choice, r);
		break;
	case 13:
	case 14:
	case 15:
		headway_release(*r);
		(void)CALL(headway_resume(arena, &id, r));
		break;
	case 16:
		(void)CALL(headway_remove(arena, &id));
		break;
	case 17:
		(void)CALL(headway_reap(arena, &policy, NULL));
		break;
	case 18:
		world_advance(choice & 128 ? 4000 : choice % 8);
		break;
	case 19:
		audit(arena);
		break;
	case 20:
		(void)CALL(headway_each(arena, snapshot_check, NULL));
		break;
	case 21:
		(void)CALL(headway_wait(arena, &id, 0));
		break;
	case 22:
		world_call("headway_release");
		headway_release(*r);
		*r = NULL;
		break;
	case 23:
		if (choice == 255) /* a new file costs as much as a hundred executions */
			(void)CALL(headway_unlink(image->path));
		break;
	default:
		write_one(*r, call % 24);
	}
}

static void writer_run(unsigned mode, struct input *in)
{
	struct headway_options o = {.size = sizeof o, .flags = HEADWAY_EXISTING};
	struct headway_record *handles[HANDLES] = {NULL};
	struct headway_arena *arena;

	if (mode & REPLACE)
		o = (struct headway_options){.size = sizeof o,
					     .slots = 8,
					     .members = 2,
					     .bytes = image->geometry.bytes + 65536};
	if (CALL(headway_open(image->path, &o, &arena)) != 0)
		return;
	for (int i = 0; i < CALLS && in->at < in->end; i++)
		script_step(arena, in, handles);
	world_call("the end");
	if (mode & CLOSE_FIRST)
		headway_close(arena);
	for (int i = 0; i < HANDLES; i++)
		headway_release(handles[i]);
	if (!(mode & CLOSE_FIRST))
		headway_close(arena);
}

/* ---- one input ------------------------------------------------------------------------------- */

static int lowest_descriptor(void)
{
	int fd = fcntl(image->fd, F_DUPFD_CLOEXEC, 0);

	close(fd);
	return fd;
}

static void mutations_take(struct input *in)
{
	mutation_count = (unsigned)input_take(in, 1) % (MUTATIONS + 1);
	for (unsigned i = 0; i < mutation_count; i++)
		mutation_take(in, &mutations[i]);
	mutation_next = 0;
	mutation_wait = mutation_count ? mutations[0].delay : 0;
	mutate_due();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct input in = {data, data + size};
	unsigned mode = (unsigned)input_take(&in, 1);
	uint64_t seed = size;
	pthread_t thread;
	bool flipping;
	int lowest;

	world_reset();
	for (unsigned i = 0; i < IMAGES; i++)
		(void)image_get(i);
	memset(long_value, 'v', sizeof long_value - 1);
	memset(long_results, '1', sizeof long_results - 1);
	image = image_get(mode % IMAGES);
	image_restore(image);
	lowest = lowest_descriptor();
	world_advance(input_take(&in, 1));
	mutations_take(&in);
	if (mode & HEADER)
		header_seal(image);
	flipping = (mode & FLIPPER) && size % 16 == 0 &&
		   pthread_create(&thread, NULL, flip, &seed) == 0;
	world_after_step = flipping ? NULL : after_step;
	if (!(mode & NO_READER))
		reader_run(mode);
	if (mode & WRITER)
		writer_run(mode, &in);
	world_after_step = NULL;
	if (flipping)
		pthread_join(thread, NULL);
	if (lowest_descriptor() != lowest)
		world_fail("a descriptor was left open");
	return 0;
}
