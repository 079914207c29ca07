/* SPDX-License-Identifier: BSD-3-Clause */
#include "image.h"

#include "base/word.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* dirty: copied while members are attached; to a process that opens the copy they are dead. */
static const struct shape {
	uint32_t slots, members, extents;
	bool dirty;
} shapes[IMAGES] = {
	{4, 1, 4, false},
	{12, 4, 10, false},
	{12, 4, 10, true},
	{40, 16, 24, true},
};

static struct image images[IMAGES];
static char long_text[5201];
static struct headway_record *kept[2]; /* open while a dirty image is copied */

#define MUST(call)                                                                                 \
	do {                                                                                       \
		int must_ = (call);                                                                \
		if (must_ < 0)                                                                     \
			world_fail("%s: %s", #call, headway_strerror(must_));                      \
	} while (0)

static void images_remove(void)
{
	for (int i = 0; i < IMAGES; i++)
		if (images[i].bytes)
			unlink(images[i].path);
}

/* ---- records in all states ------------------------------------------------------------------- */

static struct headway_record *begin(struct image *m, struct headway_arena *arena, unsigned flags,
				    const char *name)
{
	static const char *const counters[] = {"read", "written", NULL};
	struct headway_spec spec = {.size = sizeof spec,
				    .flags = flags,
				    .name = name,
				    .unit = "files",
				    .total = 100,
				    .counters = counters,
				    .ttl_seconds = 5};
	struct headway_record *r;
	int error;

	spec.parent = m->id_count ? &m->ids[0] : NULL;
	error = headway_start(arena, &spec, &r);
	if (error == -ENOSPC)
		return NULL;
	MUST(error);
	MUST(headway_get_id(r, &m->ids[m->id_count++]));
	MUST(headway_add(r, 7));
	MUST(headway_message(r, "Step", "1/2"));
	return r;
}

static void finish_all_ways(struct image *m, struct headway_arena *arena)
{
	struct headway_record *r;

	if ((r = begin(m, arena, HEADWAY_DETACHED, "chains"))) {
		MUST(headway_message(r, "Long", long_text));
		MUST(headway_url(r, "http://localhost/x"));
		headway_release(r);
	}
	if ((r = begin(m, arena, 0, "results"))) {
		MUST(headway_finish_with_results(r, "{\"n\":[1,2,3]}", 13));
		headway_release(r);
	}
	if ((r = begin(m, arena, 0, "long results"))) {
		long_text[0] = long_text[4999] = '"';
		(void)headway_finish_with_results(r, long_text, 5000);
		long_text[0] = long_text[4999] = 'x';
		headway_release(r);
	}
	if ((r = begin(m, arena, 0, ""))) {
		MUST(headway_error(r, "it went wrong"));
		headway_release(r);
	}
}

static void run_all_ways(struct image *m, struct headway_arena *arena)
{
	struct headway_spec spec = {.size = sizeof spec, .owner_pid = (uint32_t)getpid()};
	struct headway_record *r;

	if ((r = begin(m, arena, HEADWAY_STRIPED | HEADWAY_DETACHED, "striped")))
		headway_release(r);
	if ((r = begin(m, arena, 0, "owned")))
		headway_release(r);
	if (headway_start(arena, &spec, &r) == 0) {
		MUST(headway_get_id(r, &m->ids[m->id_count++]));
		headway_release(r);
	}
	if (m->geometry.slots < 12)
		return;
	kept[0] = begin(m, arena, HEADWAY_DETACHED, "pinned");
	kept[1] = begin(m, arena, 0, "lost");
}

/* A slot that is RETIRING, and one whose claimer died. */
static void states_force(struct image *m)
{
	struct hw__slot *slots = (void *)(m->bytes + m->geometry.slots_off);
	bool retired = false, claimed = false;

	for (uint32_t i = m->geometry.slots; i-- && m->geometry.slots >= 12;) {
		uint64_t word = slots[i].word;

		if (!word && !claimed)
			slots[i].word = hw__word_claim(2), claimed = true;
		if (hw__word_status(word) == HW__FINISHED && !retired)
			slots[i].word = hw__word(HW__RETIRING, word), retired = true;
	}
}

/* ---- the file -------------------------------------------------------------------------------- */

static void file_make(struct image *m)
{
	m->fd = open(m->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (m->fd < 0 || ftruncate(m->fd, (off_t)m->geometry.bytes) != 0)
		world_fail("%s: cannot be made", m->path);
	m->map = mmap(NULL, m->geometry.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
	if (m->map == MAP_FAILED)
		world_fail("%s: cannot be mapped", m->path);
}

void image_restore(struct image *m)
{
	struct stat named, held;

	if (stat(m->path, &named) != 0 || fstat(m->fd, &held) != 0 || named.st_ino != held.st_ino) {
		munmap(m->map, m->geometry.bytes);
		close(m->fd);
		file_make(m);
	}
	memcpy(m->map, m->bytes, m->geometry.bytes);
}

static void image_make(struct image *m, const struct shape *shape, unsigned i)
{
	struct headway_options o = {
		.size = sizeof o, .slots = shape->slots, .members = shape->members};
	struct headway_arena *arena;
	struct hw__geometry *g = &m->geometry;

	memset(long_text, 'x', sizeof long_text - 1);
	g->slots = shape->slots;
	g->members = shape->members;
	g->blocks = g->slots + g->members * (HW__QUEUE + 1);
	g->extents = shape->extents;
	g->striped_slots = g->slots / 16 ? g->slots / 16 : 1;
	MUST(hw__geometry_layout(g));
	o.bytes = g->bytes;
	snprintf(m->path, sizeof m->path, "/dev/shm/headway-fuzz-%d-%u", (int)getpid(), i);
	m->bytes = malloc(g->bytes);
	MUST(headway_open(m->path, &o, &arena));
	finish_all_ways(m, arena);
	run_all_ways(m, arena);
	if (!shape->dirty)
		headway_close(arena);
	m->fd = open(m->path, O_RDWR | O_CLOEXEC);
	if (!m->bytes || m->fd < 0 || pread(m->fd, m->bytes, g->bytes, 0) != (ssize_t)g->bytes)
		world_fail("%s: cannot be copied", m->path);
	close(m->fd);
	if (shape->dirty)
		headway_close(arena);
	for (int k = 0; k < 2; k++) {
		headway_release(kept[k]);
		kept[k] = NULL;
	}
	unlink(m->path);
	states_force(m);
	file_make(m);
}

struct image *image_get(unsigned i)
{
	if (!images[i].bytes) {
		if (!i)
			atexit(images_remove);
		image_make(&images[i], &shapes[i], i);
	}
	return &images[i];
}
