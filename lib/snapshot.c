/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Read a record: copy, validate, decode.  Stores nothing in the arena.
 *
 * A read is linearized at its load of the word: the block was current then, and its content cannot
 * change without its version (R1, R2, W1).  The counters of a record that is not over lie in the slot;
 * they are this record's if life is the same after them as before (C1, R2).  Nothing is waited for: a
 * record that changes too fast costs TRIES copies; then the last whole one is given as stale, or
 * -EAGAIN said.
 *
 * What a sweep or a reap would do is shown before it is done, since nobody may come to do it: a Running
 * record whose owner is dead reads as lost, and one whose time is over as gone.  An owner may have ended
 * its record just before it died, so the word is looked at again after the owner was found dead.
 */
#include "snapshot.h"

#include "clock.h"
#include "entry.h"
#include "rcu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 64, LOST_TEXT = 64 };

/* What a struct headway_snapshot really is. */
struct full {
	struct headway_snapshot s;
	struct hw__buffer buffer; /* the copy that texts point into */
	struct hw__version version;
	struct headway_message *messages; /* message_room of them */
	size_t message_room;
	struct headway_id parent;
	struct hw__origin origin;
	uint64_t ended_boot_ns; /* frozen; 0: not over, lost, or not known */
	uint64_t counters[HW__COUNTERS];
	const char *names[HW__NAMED_MAX + 1];
	char url[HW__BASE_PATH_BYTES + HEADWAY_ID_TEXT];
	struct headway_id url_id; /* that url was made for, in url_ino */
	ino_t url_ino;
	uint64_t held_ref; /* the version that was decoded last, or 0 */
	uint64_t held_life;
	ino_t held_ino;
	char lost[LOST_TEXT];
};

/* What one look at a slot gave, beside the copy. */
struct look {
	uint64_t word, life, owner, lost_ns;
	uint64_t counters[HW__COUNTERS]; /* as they are; a record that is over has frozen ones */
	bool same; /* the version is the one that this snapshot holds already */
};

/* ---- decode ------------------------------------------------------------------------------------------ */

static bool messages_grow(struct full *f)
{
	size_t room = f->message_room ? f->message_room * 2 : 16;
	struct headway_message *grown = realloc(f->messages, room * sizeof *grown);

	if (!grown)
		return false;
	f->messages = grown;
	f->message_room = room;
	return true;
}

static inline int message_add(struct full *f, const char *key, const char *value)
{
	if (f->s.message_count == f->message_room && !messages_grow(f))
		return -ENOMEM;
	f->messages[f->s.message_count++] = (struct headway_message){key, value};
	return 0;
}

static void frozen_decode(struct full *f, const struct hw__entry_view *e)
{
	struct hw__frozen frozen = {.ended_boot_ns = 0};

	memcpy(&frozen, e->value,
	       e->value_length < sizeof frozen ? e->value_length : sizeof frozen);
	memcpy(f->counters, frozen.counters, sizeof f->counters);
	f->ended_boot_ns = frozen.ended_boot_ns;
}

static void entry_decode(struct full *f, const struct hw__entry_view *e)
{
	struct headway_snapshot *s = &f->s;

	switch (e->kind) {
	case HW__ENTRY_ORIGIN:
		hw__origin_get(&f->origin, e->value, e->value_length);
		break;
	case HW__ENTRY_FROZEN:
		frozen_decode(f, e);
		break;
	case HW__ENTRY_NAME:
		s->name = e->value;
		break;
	case HW__ENTRY_UNIT:
		s->unit = e->value;
		break;
	case HW__ENTRY_URL:
		s->url = e->value;
		break;
	case HW__ENTRY_PARENT:
		if (e->value_length == sizeof f->parent.bytes) {
			memcpy(f->parent.bytes, e->value, sizeof f->parent.bytes);
			s->parent = &f->parent;
		}
		break;
	case HW__ENTRY_COUNTER:
		if (s->counter_count < HW__NAMED_MAX)
			f->names[s->counter_count++] = e->value;
		break;
	case HW__ENTRY_RESULTS:
		s->results = e->value;
		s->results_length = e->value_length;
		break;
	} /* an unknown kind is skipped */
}

/* Texts end where their entry says, whatever the arena holds there: the copy is ours to write. */
static void entry_terminate(const struct hw__entry_view *e)
{
	((char *)(uintptr_t)e->key)[e->key_length] = '\0';
	((char *)(uintptr_t)e->value)[e->value_length] = '\0';
}

static int entries_decode(struct full *f)
{
	const unsigned char *at = f->buffer.bytes + HW__COPY_ENTRIES;
	const unsigned char *end = at + f->version.entries_bytes;
	struct hw__entry_view e;

	while (hw__entry_next(&at, end, &e)) {
		entry_terminate(&e);
		if (e.kind != HW__ENTRY_MESSAGE)
			entry_decode(f, &e);
		else if (message_add(f, e.key, e.value) != 0)
			return -ENOMEM;
	}
	return at == end ? 0 : -EBADMSG;
}

/* The wall time of a later moment, reckoned from the start on: a step of the clock does not count. */
static int64_t since_start(const struct hw__origin *origin, uint64_t boot_ns)
{
	uint64_t passed = boot_ns > origin->started_boot_ns ? boot_ns - origin->started_boot_ns : 0;

	return (int64_t)(origin->started_ns + passed);
}

static uint64_t boot_coarse_ns(const struct hw__attachment *a)
{
	return hw__now_coarse_ns() + hw__load_relaxed(&a->suspended_ns);
}

static int64_t read_time(const struct hw__attachment *a, const struct hw__origin *origin)
{
	if (!hw__clock_is_shared(a, origin->time_namespace))
		return (int64_t)hw__wall_coarse_ns();
	return since_start(origin, boot_coarse_ns(a));
}

static void times_set(const struct hw__attachment *a, struct full *f, const struct look *look)
{
	struct headway_snapshot *s = &f->s;
	int64_t lost = since_start(&f->origin, look->lost_ns);

	s->read_ns = read_time(a, &f->origin);
	s->started_ns = (int64_t)f->origin.started_ns;
	s->updated_ns = (int64_t)f->version.changed_ns;
	if (s->lost && lost > s->updated_ns)
		s->updated_ns = lost;
	s->finished_ns = s->status == HEADWAY_RUNNING ? 0 : s->updated_ns;
}

/* The Error message of a lost record: its owner, who is dead, could not write one. */
static int lost_tell(struct full *f)
{
	int length = snprintf(f->lost, sizeof f->lost, "owner died (pid %u, %s)",
			      f->origin.owner_pid, f->origin.command);

	(void)length;
	for (size_t i = 0; i < f->s.message_count; i++) {
		if (strcmp(f->messages[i].key, "Error") == 0) {
			f->messages[i].value = f->lost;
			return 0;
		}
	}
	return message_add(f, "Error", f->lost);
}

static void url_default(const struct hw__attachment *a, struct full *f)
{
	struct headway_snapshot *s = &f->s;
	size_t length;

	s->url = f->url;
	if (f->url_ino == a->ino && memcmp(&f->url_id, &s->id, sizeof s->id) == 0)
		return; /* the same record read again */
	length = strnlen(a->base_path, sizeof a->base_path - 1);
	hw__copy(f->url, a->base_path, length);
	headway_format_id(&s->id, f->url + length);
	f->url_id = s->id;
	f->url_ino = a->ino;
}

static void snapshot_reset(struct full *f)
{
	struct headway_snapshot *s = &f->s;

	s->name = s->unit = "";
	s->url = s->results = NULL;
	s->parent = NULL;
	s->results_length = s->message_count = s->counter_count = 0;
	s->stale = 0;
	f->ended_boot_ns = 0;
	memset(&f->origin, 0, sizeof f->origin);
}

static void owner_set(struct hw__attachment *a, struct full *f, const struct look *look)
{
	struct headway_snapshot *s = &f->s;

	s->owner_pid = f->origin.owner_pid;
	s->owner_command = f->origin.command;
	s->detached = hw__owner_kind(look->owner) == HW__OWNER_NONE;
	s->ttl_seconds = f->origin.ttl_seconds;
	s->owner_alive = s->lost ? 0 : hw__owner_alive(a, look->owner, &f->origin, false);
}

static int lost_set(struct full *f)
{
	int error;

	f->s.lost = 1;
	f->s.status = HEADWAY_ERROR;
	f->s.version = f->version.rev + 1;
	error = lost_tell(f);
	f->s.messages = f->messages; /* they may have moved */
	return error;
}

/* No sweep has come yet: lost all the same. */
static int orphan_set(const struct hw__attachment *a, struct full *f, struct look *look)
{
	f->held_ref = 0; /* this says more than the version does */
	if (hw__clock_is_shared(a, f->origin.time_namespace))
		look->lost_ns = hw__owner_dead_ns(a, look->owner, &f->origin);
	return lost_set(f);
}

/* Is its time over, by the arena's policy?  Where the clocks differ that is not known. */
static bool is_expired(const struct hw__attachment *a, const struct full *f,
		       const struct look *look)
{
	unsigned status = hw__word_status(look->word);
	bool lost = status == HW__LOST && look->lost_ns >= f->origin.started_boot_ns;
	uint64_t ended = lost ? look->lost_ns : f->ended_boot_ns, now;
	uint64_t ttl = status == HW__FINISHED ? a->ttl_seconds : a->error_ttl_seconds;

	if (!hw__status_is_over(status) || !ended ||
	    !hw__clock_is_shared(a, f->origin.time_namespace))
		return false;
	if (f->origin.ttl_seconds)
		ttl = f->origin.ttl_seconds;
	now = boot_coarse_ns(a);
	return now > ended && now - ended >= ttl * 1000000000;
}

/* What may change without a new version: counters, clock, owner. */
static int snapshot_refresh(struct hw__attachment *a, struct full *f, struct look *look)
{
	unsigned status = hw__word_status(look->word);
	int error = 0;

	if (status == HW__RUNNING || status == HW__LOST)
		memcpy(f->counters, look->counters, sizeof f->counters);
	f->s.done = f->counters[0];
	f->s.total = f->counters[1];
	f->s.stale = 0;
	owner_set(a, f, look);
	if (status == HW__RUNNING && f->s.owner_alive == 0)
		error = orphan_set(a, f, look);
	times_set(a, f, look);
	return !error && is_expired(a, f, look) ? -ESTALE : error;
}

static int status_of(unsigned status)
{
	if (status == HW__RUNNING)
		return HEADWAY_RUNNING;
	return status == HW__FINISHED ? HEADWAY_FINISHED : HEADWAY_ERROR;
}

static void results_set(struct full *f)
{
	struct headway_snapshot *s = &f->s;

	s->results = (const char *)f->buffer.bytes + f->version.results_off;
	s->results_length = f->version.results_bytes;
	f->buffer.bytes[f->version.results_off + s->results_length] = '\0';
}

static void hold(const struct hw__attachment *a, struct full *f, const struct look *look)
{
	f->held_ref = hw__word_ref(look->word);
	f->held_life = look->life;
	f->held_ino = a->ino;
}

static int snapshot_decode(struct hw__attachment *a, struct full *f, struct look *look)
{
	struct headway_snapshot *s = &f->s;
	int error;

	if (look->same)
		return snapshot_refresh(a, f, look);
	snapshot_reset(f);
	memcpy(s->id.bytes, f->version.id, sizeof s->id.bytes);
	error = entries_decode(f);
	if (error)
		return error;
	s->lost = 0;
	s->status = status_of(hw__word_status(look->word));
	s->version = f->version.rev;
	if (f->version.results)
		results_set(f);
	if (!s->url)
		url_default(a, f);
	s->messages = f->messages;
	if (hw__word_status(look->word) == HW__LOST && (error = lost_set(f)))
		return error;
	s->counters = f->counters + 2;
	f->names[s->counter_count] = NULL;
	s->counter_names = f->names;
	if (!s->lost)
		hold(a, f, look);
	return snapshot_refresh(a, f, look);
}

/* ---- copy -------------------------------------------------------------------------------------------- */

/* (index, version) is published once, and its content never changes: what is held need not be copied
 * again.  A LOST record says more than its version does. */
static bool is_held(const struct hw__attachment *a, const struct full *f, const struct look *look)
{
	return f->held_ref == hw__word_ref(look->word) && f->held_life == look->life &&
	       f->held_ino == a->ino && hw__word_status(look->word) != HW__LOST;
}

static int version_take(const struct hw__attachment *a, const uint64_t *word, struct full *f,
			const struct look *look)
{
	int error;

	f->held_ref = 0;
	memset(f->counters, 0, sizeof f->counters); /* frozen ones come with the version */
	error = hw__version_copy(a, hw__word_ref(look->word), &f->buffer, true, &f->version);
	if (!error && memcmp(&look->life, f->version.id + 8, sizeof look->life) != 0)
		error = -EAGAIN; /* the slot has changed hands between its word and its life */
	if (error == -EAGAIN && hw__word_stands(word, look->word))
		error = -EBADMSG;
	return error;
}

/* One try.  -EAGAIN: something moved. */
static int slot_copy(const struct hw__attachment *a, uint32_t slot, const struct headway_id *id,
		     struct full *f, struct look *look)
{
	const struct hw__slot *s = &a->slots[slot];
	unsigned status;
	int error;

	look->word = hw__load_acquire(&s->word); /* R1: the block is read after the word */
	look->life = hw__load_relaxed(&s->life);
	look->owner = hw__load_relaxed(&s->owner);
	status = hw__word_status(look->word);
	if (!hw__status_is_readable(status) || (id && look->life != hw__id_life(id)))
		return -ESTALE;
	look->same = is_held(a, f, look);
	__builtin_prefetch(s->counters); /* while the block is waited for */
	error = look->same ? 0 : version_take(a, &s->word, f, look);
	if (error)
		return error;
	hw__slot_counters_read(a, slot, look->owner, look->counters);
	look->lost_ns = hw__load_relaxed(&s->lost_ns);
	hw__fence_load(); /* R2, with C1: the counters were read before this look at life */
	if (hw__load_relaxed(&s->life) != look->life)
		return -EAGAIN;
	if (id && memcmp(id->bytes, f->version.id, sizeof id->bytes) != 0)
		return -ESTALE;
	return hw__word_status(hw__load_relaxed(&s->word)) == status ? 0 : -EALREADY;
}

static struct full *full_make(struct headway_snapshot **snapshot)
{
	struct full *f = (struct full *)(void *)*snapshot;

	if (!f) {
		f = calloc(1, sizeof *f);
		*snapshot = f ? &f->s : NULL;
	}
	return f;
}

/* Ended, or another's, since it was copied: what was found out about its owner came too late. */
static bool is_overtaken(const struct hw__attachment *a, uint32_t slot, const struct full *f,
			 const struct look *look)
{
	const struct hw__slot *s = &a->slots[slot];

	if (!f->s.lost || hw__word_status(look->word) != HW__RUNNING)
		return false;
	hw__fence_load(); /* R2: what the owner did last came before it was found dead */
	return hw__word_status(hw__load_relaxed(&s->word)) != HW__RUNNING ||
	       hw__load_relaxed(&s->life) != look->life;
}

int hw__snapshot_read(struct hw__attachment *a, uint32_t slot, const struct headway_id *id,
		      struct headway_snapshot **snapshot)
{
	struct full *f = full_make(snapshot);
	struct look look; /* whole, or not looked at: clearing it would take as long as the copy */
	int error = -EAGAIN, decoded = -EAGAIN;

	if (!f)
		return -ENOMEM;
	for (int k = 0; k < TRIES && decoded == -EAGAIN; k++) {
		error = slot_copy(a, slot, id, f, &look);
		if (error == -EAGAIN || (error == -EALREADY && k + 1 < TRIES))
			continue;
		if (error && error != -EALREADY)
			return error;
		decoded = snapshot_decode(a, f, &look);
		if (!decoded && is_overtaken(a, slot, f, &look))
			decoded = -EAGAIN;
	}
	f->s.stale = error == -EALREADY; /* whole, but the status moved on each time */
	return decoded;
}

/* ---- public ------------------------------------------------------------------------------------------- */

static int read_id(struct hw__attachment *a, const struct headway_id *id,
		   struct headway_snapshot **snapshot)
{
	uint32_t slot = hw__id_slot(id);
	int error;

	if (!hw__id_is_ours(a, id))
		return -ENOENT;
	error = hw__snapshot_read(a, slot, id, snapshot);
	if (error == -ESTALE && hw__load_relaxed(&a->slots[slot].life) == 0)
		return -ENOENT; /* nothing was ever there */
	return error;
}

int headway_read(struct headway_arena *arena, const struct headway_id *id,
		 struct headway_snapshot **snapshot)
{
	struct headway_snapshot *own = NULL;
	struct hw__attachment *a;
	int error = -EINVAL;

	if (!arena || !id || !snapshot)
		return error;
	if (!hw__rcu_read_lock())
		return -ENOMEM;
	own = *snapshot;
	a = hw__attachment_peek(arena);
	if (a)
		error = read_id(a, id, &own);
	hw__rcu_read_unlock();
	if (!a) {
		a = hw__attachment_get(arena);
		error = a ? read_id(a, id, &own) : -ESTALE;
		hw__attachment_put(a);
	}
	if (error && !*snapshot)
		headway_snapshot_free(own);
	else
		*snapshot = own;
	return error;
}

int headway_each(struct headway_arena *arena,
		 int (*fn)(const struct headway_snapshot *snapshot, void *argument), void *argument)
{
	struct headway_snapshot *snapshot = NULL;
	struct hw__attachment *a;
	int count = 0, stop = 0;

	if (!arena || !fn)
		return -EINVAL;
	a = hw__attachment_get(arena);
	if (!a)
		return -ESTALE;
	for (uint32_t slot = 0; slot < a->geometry.slots && !stop; slot++) {
		int error;

		if (!hw__status_is_readable(
			    hw__word_status(hw__load_relaxed(&a->slots[slot].word))))
			continue;
		error = hw__snapshot_read(a, slot, NULL, &snapshot);
		if (error == -ENOMEM)
			stop = error;
		else if (!error && ++count)
			stop = fn(snapshot, argument);
	}
	headway_snapshot_free(snapshot);
	hw__attachment_put(a);
	return stop ? stop : count;
}

void headway_snapshot_free(struct headway_snapshot *snapshot)
{
	struct full *f = (struct full *)(void *)snapshot;

	if (!f)
		return;
	hw__buffer_free(&f->buffer);
	free(f->messages);
	free(f);
}
