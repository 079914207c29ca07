/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small arena for each test, and functions that put states into it which only a killed or faulty
 * process could leave. Its name contains the pid and the test's name; it is removed when the test
 * ends.
 *
 * The test's process is member 0. No other member is attached, so every other index can stand for a
 * dead member, once fixture_bury() has recorded it as a former member.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "store/entry.h"
#include "record/handle.h"
#include "open/open.h"
#include "store/sweep.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEAD = 2, OTHER = 3 }; /* member indices that are not in use */

struct fixture {
	struct headway_arena *arena;
	struct hw__attachment *a;
	char name[256];
};

static struct fixture fx;

/* The linker takes from an archive only the objects that are referred to: this refers to those
 * modules that are otherwise reached through pointers only. */
__attribute__((used)) static uint64_t (*const fixture_modules)(struct hw__attachment *,
							       bool) = hw__sweep_orphans;

static inline const struct headway_options *fixture_options(void)
{
	static const struct headway_options small = {
		.slots = 8, .members = 4, .bytes = 128 << 10, .flags = HEADWAY_EXCLUSIVE};

	return &small;
}

static inline const char *fixture_name(const char *suffix)
{
	static char name[256];

	snprintf(name, sizeof name, "/headway-unit-%d-%s-%s%s", (int)getpid(),
		 criterion_current_test->category, criterion_current_test->name, suffix);
	return name;
}

static inline void fixture_open(const struct headway_options *options)
{
	snprintf(fx.name, sizeof fx.name, "%s", fixture_name(""));
	cr_assert_eq(headway_open(fx.name, options, &fx.arena), 0);
	fx.a = fx.arena->current;
}

static inline void fixture_up(void)
{
	fixture_open(fixture_options());
}

static inline void fixture_down(void)
{
	headway_close(fx.arena);
	headway_unlink(fx.name);
	fx.arena = NULL;
}

/* Replaces the arena by a new one. */
static inline void fixture_again(const struct headway_options *options)
{
	fixture_down();
	fixture_open(options);
}

/* ---- records --------------------------------------------------------------------------------- */

static inline struct headway_record *fixture_start(const struct headway_spec *spec)
{
	struct headway_record *r = NULL;

	cr_assert_eq(headway_start(fx.arena, spec, &r), 0);
	return r;
}

/* Reads it into *s, which may hold an earlier revision. */
static inline void fixture_read(const struct headway_record *r, struct headway_snapshot **s)
{
	cr_assert_eq(headway_read(fx.arena, &r->id, s), 0);
	cr_assert_eq(memcmp(&(*s)->id, &r->id, sizeof(*s)->id), 0);
}

/* The value of a message; NULL: there is none with this key. */
static inline const char *fixture_value(const struct headway_snapshot *s, const char *key)
{
	for (size_t i = 0; i < s->message_count; i++)
		if (strcmp(s->messages[i].key, key) == 0)
			return s->messages[i].value;
	return NULL;
}

/* A text of count times c; it stays valid for seven further calls. */
static inline const char *fixture_text(size_t count, char c)
{
	static char *texts[8];
	static unsigned turn;
	char **text = &texts[turn++ % 8];

	free(*text);
	*text = malloc(count + 1);
	cr_assert_not_null(*text);
	memset(*text, c, count);
	(*text)[count] = '\0';
	return *text;
}

static inline struct hw__slot *fixture_slot(const struct headway_record *r)
{
	return &fx.a->slots[r->slot];
}

/* The block and version that the record's word names. */
static inline uint64_t fixture_ref(const struct headway_record *r)
{
	return hw__word_ref(fixture_slot(r)->word);
}

static inline struct hw__block *fixture_block(const struct headway_record *r)
{
	return hw__block_at(fx.a, hw__ref_index(fixture_ref(r)));
}

/* The value of entry number index of a block; 0 is the origin. */
static inline unsigned char *fixture_entry(struct hw__block *b, int index)
{
	struct hw__entry e;
	unsigned char *at = b->entries;

	for (;; at += sizeof e + e.key_length + e.value_length + 2) {
		memcpy(&e, at, sizeof e);
		if (!index--)
			return at + sizeof e + e.key_length + 1;
	}
}

/* Sets the time by the boot clock at which the record started, or ended. */
static inline void fixture_started(struct hw__block *b, uint64_t boot_ns)
{
	memcpy(fixture_entry(b, 0) + offsetof(struct hw__origin, started_boot_ns), &boot_ns,
	       sizeof boot_ns);
}

static inline void fixture_ended(struct hw__block *b, uint64_t boot_ns)
{
	memcpy(fixture_entry(b, 1), &boot_ns, sizeof boot_ns);
}

/* Makes an ended record without open handles and returns its slot. */
static inline uint32_t fixture_past(const struct headway_spec *spec, const char *error)
{
	struct headway_record *r = fixture_start(spec);
	uint32_t slot = r->slot;

	cr_assert_eq(error ? headway_error(r, error) : headway_finish(r), 0);
	headway_release(r);
	return slot;
}

/* ---- units ----------------------------------------------------------------------------------- */

static inline uint64_t *fixture_state(enum hw__pool_index which, uint32_t index)
{
	return hw__chunk_state(&fx.a->pools[which], index);
}

/* Counts the chunks with this state and any version; member is 0 for FREE and SHARED. */
static inline uint32_t fixture_count(enum hw__pool_index which, enum hw__kind kind, uint32_t member)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < fx.a->pools[which].count; i++) {
		uint64_t state = *fixture_state(which, i);

		count += hw__state_kind(state) == kind && hw__state_member(state) == member;
	}
	return count;
}

/* Runs a function in a thread of its own, to its end. An access hook does so with its calls, since its own
 * thread is inside one. */
static inline void fixture_in_thread(void *(*function)(void *))
{
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, function, NULL), 0);
	cr_assert_eq(pthread_join(thread, NULL), 0);
}

static inline uint32_t fixture_free(enum hw__pool_index which)
{
	return fixture_count(which, HW__KIND_FREE, 0);
}

/* How many blocks the threads of the member keep between calls: PRIVATE, or OWNED and superseded. */
static inline uint32_t fixture_kept(uint32_t member)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < fx.a->pools[HW__BLOCKS].count; i++) {
		uint64_t state = *fixture_state(HW__BLOCKS, i);
		unsigned kind = hw__state_kind(state);

		count += hw__state_member(state) == member &&
			 (kind == HW__KIND_PRIVATE ||
			  (kind == HW__KIND_OWNED &&
			   !hw__chunk_is_current(fx.a, HW__BLOCKS, i, state)));
	}
	return count;
}

/* Takes all chunks of a pool except leave. */
static inline void fixture_exhaust(enum hw__pool_index which, uint32_t leave)
{
	while (fixture_free(which) > leave)
		cr_assert_neq(hw__chunk_take(fx.a, which, true), 0);
}

/* ---- the dead -------------------------------------------------------------------------------- */

static inline void fixture_bury(uint32_t member)
{
	fx.a->members[member].dirty = 1;
}

/* Makes everything that this process has of the record belong to the dead member: owner, block,
 * extents, pin. */
static inline void fixture_bequeath(const struct headway_record *r, uint32_t member)
{
	struct hw__slot *slot = fixture_slot(r);

	slot->owner = hw__owner(HW__OWNER_MEMBER, hw__owner_flags(slot->owner), member, 1);
	slot->pins[0] = 1ull << member;
	for (int which = HW__BLOCKS; which <= HW__EXTENTS; which++) {
		for (uint32_t i = 0; i < fx.a->pools[which].count; i++) {
			uint64_t *state = fixture_state((enum hw__pool_index)which, i);

			if (hw__state_kind(*state) == HW__KIND_OWNED &&
			    hw__state_member(*state) == 0 &&
			    hw__chunk_is_current(fx.a, (enum hw__pool_index)which, i, *state))
				*state = hw__state(HW__KIND_OWNED, member, hw__version(*state));
		}
	}
	fixture_bury(member);
}

/* A copy of the whole arena, to compare with later. */
static inline unsigned char *fixture_image(void)
{
	unsigned char *image = malloc(fx.a->bytes);

	cr_assert_not_null(image);
	memcpy(image, fx.a->base, fx.a->bytes);
	return image;
}

#define FIXTURE_UNCHANGED(image)                                                                   \
	do {                                                                                       \
		for (size_t i_ = 0; i_ < fx.a->bytes; i_++)                                        \
			cr_assert_eq((image)[i_], fx.a->base[i_], "byte %zu changed", i_);         \
		free(image);                                                                       \
	} while (0)

static inline struct headway_fsck_report fixture_fsck(void)
{
	struct headway_fsck_report report = {.size = sizeof report};

	cr_assert_eq(headway_fsck(fx.arena, &report), 0);
	return report;
}

/* Fails if fsck finds a fault. */
#define FIXTURE_SOUND()                                                                            \
	do {                                                                                       \
		struct headway_fsck_report report_ = fixture_fsck();                               \
		cr_expect(!report_.damaged && !report_.leaked, "%s", report_.first);               \
	} while (0)

#endif
