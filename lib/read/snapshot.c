/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads a record: copies, validates, decodes. Stores nothing in the arena.
 *
 * A read is linearized at its load of the word: the block was current then, and its content cannot
 * change without its version (R1, R2, W1). The counters of a running record are in the slot; they
 * belong to the record if the id tail is unchanged after they were read (C1, R2). A read never
 * waits: if a record changes too fast, it makes TRIES copies and then returns the last consistent
 * one as stale, or -EAGAIN.
 *
 * A snapshot shows what a sweep or a reap would do, since perhaps none will run: a Running record
 * whose owner is dead is shown as lost, and an expired one is gone. The record may have changed just
 * before the owner's death, so the word is loaded again after the owner was found dead; owner.h explains
 * why no revision is published later.
 */
#include "read/snapshot.h"

#include "base/clock.h"
#include "forecast/profile.h"
#include "read/shape.h"
#include "store/entry.h"
#include "open/open.h"
#include "open/lost.h"
#include "base/rcu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 64, LOST_TEXT = 64 };

/* A snapshot and the memory of its texts; the public part comes first. */
struct snapshot_memory {
	struct headway_snapshot s;
	struct hw__buffer buffer; /* the copy that texts point into */
	struct hw__revision revision;
	struct headway_message *messages; /* has space for message_room messages */
	size_t message_room;
	struct headway_id parent;
	struct hw__origin origin;
	uint64_t ended_boot_ns;          /* from the frozen entry; 0: not ended, lost, or unknown */
	uint64_t counters[HW__COUNTERS]; /* the slot's; of an ended record the frozen ones */
	const char *names[HW__NAMED_MAX + 1];
	char url[HW__BASE_PATH_BYTES + HEADWAY_ID_TEXT];
	struct headway_id url_id; /* the id for which the url in url_ino was made */
	ino_t url_ino;
	uint64_t decoded_ref; /* the block that was decoded last, or 0 */
	uint64_t decoded_id_tail;
	ino_t decoded_ino;
	struct hw__shape shape; /* of what was decoded last; of a Running record only */
	const unsigned char *shape_buffer;
	ino_t shape_ino;
	struct hw__owner_memo owner;
	char lost[LOST_TEXT];
};

/* The words of a slot, as one try loaded them. */
struct reading {
	uint32_t
		slot; /* as the caller named it: what a damaged arena says is not used as an index */
	uint64_t word, id_tail, owner, lost_ns;
	uint64_t now_ns; /* monotonic clock at the beginning: the revision may be younger */
	bool decoded;    /* the snapshot holds this revision */
};

/* ---- decode ---------------------------------------------------------------------------------- */

static bool messages_grow(struct snapshot_memory *m)
{
	size_t room = m->message_room ? m->message_room * 2 : 16;
	struct headway_message *grown = realloc(m->messages, room * sizeof *grown);

	if (!grown)
		return false;
	m->messages = grown;
	m->message_room = room;
	return true;
}

static inline int message_add(struct snapshot_memory *m, const char *key, const char *value)
{
	if (m->s.message_count == m->message_room && !messages_grow(m))
		return -ENOMEM;
	m->messages[m->s.message_count++] = (struct headway_message){key, value};
	return 0;
}

static void frozen_decode(struct snapshot_memory *m, const struct hw__entry_view *e)
{
	struct hw__frozen frozen = {.ended_boot_ns = 0};

	memcpy(&frozen, e->value,
	       e->value_length < sizeof frozen ? e->value_length : sizeof frozen);
	if (m->revision.head.status != HW__RUNNING)
		memcpy(m->counters, frozen.counters, sizeof m->counters);
	m->ended_boot_ns = frozen.ended_boot_ns;
}

static void cancel_decode(struct headway_snapshot *s, const struct hw__entry_view *e)
{
	struct hw__cancel cancel;

	if (e->value_length < sizeof cancel)
		return;
	memcpy(&cancel, e->value, sizeof cancel);
	s->cancel_requested_ns = (int64_t)cancel.asked_ns;
	s->cancel_reason = e->value + sizeof cancel;
}

static void entry_decode(struct snapshot_memory *m, const struct hw__entry_view *e)
{
	struct headway_snapshot *s = &m->s;

	switch (e->kind) {
	case HW__ENTRY_ORIGIN:
		hw__origin_get(&m->origin, e->value, e->value_length);
		break;
	case HW__ENTRY_FROZEN:
		frozen_decode(m, e);
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
	case HW__ENTRY_CANCEL:
		cancel_decode(s, e);
		break;
	case HW__ENTRY_PROFILE:
		if (e->value_length == sizeof(struct hw__profile))
			s->profile = e->value;
		break;
	case HW__ENTRY_PARENT:
		if (e->value_length == sizeof m->parent.bytes) {
			memcpy(m->parent.bytes, e->value, sizeof m->parent.bytes);
			s->parent = &m->parent;
		}
		break;
	case HW__ENTRY_COUNTER:
		if (s->counter_count < HW__NAMED_MAX)
			m->names[s->counter_count++] = e->value;
		break;
	case HW__ENTRY_RESULTS:
		s->results = e->value;
		s->results_length = e->value_length;
		break;
	} /* unknown kinds are skipped */
}

/* Terminates each text at its length, independent of what the arena holds there. */
static void entry_terminate(const struct hw__entry_view *e)
{
	((char *)(uintptr_t)e->key)[e->key_length] = '\0';
	((char *)(uintptr_t)e->value)[e->value_length] = '\0';
}

static int entries_decode(struct snapshot_memory *m)
{
	const unsigned char *at = m->buffer.bytes + HW__COPY_ENTRIES;
	const unsigned char *end = at + m->revision.entries_bytes;
	struct hw__entry_view e;

	while (hw__entry_next(&at, end, &e)) {
		entry_terminate(&e);
		if (e.kind != HW__ENTRY_MESSAGE)
			entry_decode(m, &e);
		else if (message_add(m, e.key, e.value) != 0)
			return -ENOMEM;
	}
	return at == end ? 0 : -EBADMSG;
}

/* The wall time of a later event, computed from the start, so that steps of the clock do not
 * matter. */
static int64_t since_start(const struct hw__origin *origin, uint64_t boot_ns)
{
	uint64_t passed = boot_ns > origin->started_boot_ns ? boot_ns - origin->started_boot_ns : 0;

	return (int64_t)(origin->started_ns + passed);
}

static uint64_t boot_ns(const struct hw__attachment *a, const struct reading *reading)
{
	return reading->now_ns + hw__load_relaxed(&a->suspended_ns);
}

static int64_t read_time(const struct hw__attachment *a, const struct hw__origin *origin,
			 const struct reading *reading)
{
	if (!hw__clock_is_shared(a, origin->time_namespace))
		return (int64_t)hw__wall_coarse_ns();
	return since_start(origin, boot_ns(a, reading));
}

static void times_set(const struct hw__attachment *a, struct snapshot_memory *m,
		      const struct reading *reading)
{
	struct headway_snapshot *s = &m->s;

	s->read_ns = read_time(a, &m->origin, reading);
	s->updated_ns = (int64_t)m->revision.head.changed_ns;
	if (s->lost) {
		int64_t lost = since_start(&m->origin, reading->lost_ns);

		s->updated_ns = lost > s->updated_ns ? lost : s->updated_ns;
	}
	s->finished_ns = s->status == HEADWAY_RUNNING ? 0 : s->updated_ns;
}

/* The Error message of a lost record, which its dead owner could not write. */
static int lost_message_add(struct snapshot_memory *m)
{
	int length = snprintf(m->lost, sizeof m->lost, "owner died (pid %u, %s)",
			      m->origin.owner_pid, m->origin.command);

	(void)length;
	for (size_t i = 0; i < m->s.message_count; i++) {
		if (strcmp(m->messages[i].key, "Error") == 0) {
			m->messages[i].value = m->lost;
			return 0;
		}
	}
	return message_add(m, "Error", m->lost);
}

static void url_default(const struct hw__attachment *a, struct snapshot_memory *m)
{
	struct headway_snapshot *s = &m->s;
	size_t length;

	s->url = m->url;
	if (m->url_ino == a->file.ino && memcmp(&m->url_id, &s->id, sizeof s->id) == 0)
		return; /* the same record as in the last read */
	length = strnlen(a->base_path, sizeof a->base_path - 1);
	hw__copy(m->url, a->base_path, length);
	headway_format_id(&s->id, m->url + length);
	m->url_id = s->id;
	m->url_ino = a->file.ino;
}

static void snapshot_reset(struct snapshot_memory *m)
{
	struct headway_snapshot *s = &m->s;

	s->name = s->unit = "";
	s->url = s->results = NULL;
	s->parent = NULL;
	s->cancel_reason = NULL;
	s->profile = NULL;
	s->cancel_requested_ns = 0;
	s->results_length = s->message_count = s->counter_count = 0;
	s->stale = 0;
	m->shape.count = 0;
	m->ended_boot_ns = 0;
	m->owner.since_ns = 0;
	memset(&m->origin, 0, sizeof m->origin);
}

/* What is the same for all revisions of a record. */
static void origin_set(struct snapshot_memory *m, const struct reading *reading)
{
	struct headway_snapshot *s = &m->s;

	s->started_ns = (int64_t)m->origin.started_ns;
	s->owner_pid = m->origin.owner_pid;
	s->owner_command = m->origin.command;
	s->detached = hw__owner_kind(reading->owner) == HW__OWNER_NONE;
	s->ttl_seconds = m->origin.ttl_seconds;
}

static void owner_set(struct hw__attachment *a, struct snapshot_memory *m,
		      const struct reading *reading)
{
	struct headway_snapshot *s = &m->s;

	if (s->lost)
		s->owner_alive = 0;
	else if (!hw__owner_memo_is(a, &m->owner, reading->owner, reading->now_ns))
		s->owner_alive = hw__owner_alive_noted(a, reading->owner, &m->origin,
						       reading->now_ns, &m->owner);
}

static int lost_set(struct snapshot_memory *m)
{
	int error;

	m->shape.count = 0; /* a message is added that is not among the entries */
	m->owner.since_ns = 0;
	m->s.lost = 1;
	m->s.status = HEADWAY_ERROR;
	m->s.version = m->revision.head.rev + 1;
	error = lost_message_add(m);
	m->s.messages = m->messages; /* the array may have moved */
	return error;
}

/* The owner is dead, but no sweep has marked the record lost: shows it as lost. */
static int lost_unswept_set(struct snapshot_memory *m, struct reading *reading, uint64_t dead_ns)
{
	m->decoded_ref = 0; /* the snapshot no longer shows the block alone */
	if (dead_ns)
		reading->lost_ns = dead_ns;
	m->s.owner_alive = 0;
	return lost_set(m);
}

/* For a record whose word says Running. True if readers report it lost. *dead_ns: 0: not known by this clock. */
static bool is_lost_unswept(struct hw__attachment *a, const struct snapshot_memory *m,
			    const struct reading *reading, uint64_t *dead_ns)
{
	if (hw__lost_find(a, reading->slot, reading->id_tail, dead_ns))
		return true;
	if (m->s.owner_alive != 0 ||
	    hw__owner_is_relied_on(a, reading->slot, reading->owner, &m->origin))
		return false;
	*dead_ns = hw__clock_is_shared(a, m->origin.time_namespace)
			   ? hw__owner_dead_ns(a, reading->owner, &m->origin)
			   : 0;
	hw__lost_add(a, reading->slot, reading->id_tail, *dead_ns);
	return true;
}

/* True if it has expired by the arena's policy. If the clocks cannot be compared, false. */
static bool is_expired(const struct hw__attachment *a, const struct snapshot_memory *m,
		       const struct reading *reading)
{
	unsigned status = hw__word_status(reading->word);
	bool lost = status == HW__LOST && reading->lost_ns >= m->origin.started_boot_ns;
	uint64_t ended = lost ? reading->lost_ns : m->ended_boot_ns, now;
	uint64_t ttl = status == HW__FINISHED ? a->ttl_seconds : a->error_ttl_seconds;

	if (!hw__status_is_over(status) || !ended ||
	    !hw__clock_is_shared(a, m->origin.time_namespace))
		return false;
	if (m->origin.ttl_seconds)
		ttl = m->origin.ttl_seconds;
	now = boot_ns(a, reading);
	return now > ended && now - ended >= ttl * 1000000000;
}

/* Sets the members that may change without a new revision: counters, clock, owner. */
static inline int snapshot_refresh(struct hw__attachment *a, struct snapshot_memory *m,
				   struct reading *reading)
{
	unsigned status = hw__word_status(reading->word);
	uint64_t dead_ns;
	int error = 0;

	m->s.done = m->counters[0];
	m->s.total = m->counters[1];
	m->s.stale = 0;
	owner_set(a, m, reading);
	if (status == HW__RUNNING && is_lost_unswept(a, m, reading, &dead_ns))
		error = lost_unswept_set(m, reading, dead_ns);
	else if (status == HW__RUNNING && m->s.owner_alive == 0)
		m->s.owner_alive = 1; /* as a writer found it, which may still publish */
	times_set(a, m, reading);
	if (status == HW__RUNNING)
		return error;
	return !error && is_expired(a, m, reading) ? -ESTALE : error;
}

static int status_of(unsigned status)
{
	if (status == HW__RUNNING)
		return HEADWAY_RUNNING;
	return status == HW__FINISHED ? HEADWAY_FINISHED : HEADWAY_ERROR;
}

static void results_set(struct snapshot_memory *m)
{
	struct headway_snapshot *s = &m->s;

	s->results = (const char *)m->buffer.bytes + m->revision.results_off;
	s->results_length = m->revision.results_bytes;
	m->buffer.bytes[m->revision.results_off + s->results_length] = '\0';
}

static void decoded_set(const struct hw__attachment *a, struct snapshot_memory *m,
			const struct reading *reading)
{
	m->decoded_ref = hw__word_ref(reading->word);
	m->decoded_id_tail = reading->id_tail;
	m->decoded_ino = a->file.ino;
}

static void shape_set(const struct hw__attachment *a, struct snapshot_memory *m,
		      const struct reading *reading)
{
	if (hw__word_status(reading->word) == HW__RUNNING)
		hw__shape_learn(&m->shape, &m->revision, m->buffer.bytes + HW__COPY_ENTRIES);
	m->shape_buffer = m->buffer.bytes;
	m->shape_ino = a->file.ino;
}

/* Not inlined: a snapshot that is read into again mostly needs none of it. */
static __attribute__((noinline)) int
snapshot_decode(struct hw__attachment *a, struct snapshot_memory *m, struct reading *reading)
{
	struct headway_snapshot *s = &m->s;
	bool is_again = m->decoded_id_tail == reading->id_tail;
	int error;

	snapshot_reset(m);
	memcpy(s->id.bytes, m->revision.head.id, sizeof s->id.bytes);
	error = entries_decode(m);
	if (error)
		return error;
	s->lost = 0;
	s->status = status_of(hw__word_status(reading->word));
	s->version = m->revision.head.rev;
	origin_set(m, reading);
	if (m->revision.head.results)
		results_set(m);
	if (!s->url)
		url_default(a, m);
	s->messages = m->messages;
	if (hw__word_status(reading->word) == HW__LOST && (error = lost_set(m)))
		return error;
	s->counters = m->counters + 2;
	m->names[s->counter_count] = NULL;
	s->counter_names = m->names;
	if (is_again) /* it will be read once more, it seems; a walk over many learns no shapes */
		shape_set(a, m, reading);
	if (!s->lost)
		decoded_set(a, m, reading);
	return 0;
}

/* ---- copy ------------------------------------------------------------------------------------ */

/* The content of (index, version) never changes, so a decoded one need not be copied again. Not for
 * LOST: its message is not in the block. */
static bool is_decoded(const struct hw__attachment *a, const struct snapshot_memory *m,
		       const struct reading *reading)
{
	return m->decoded_ref == hw__word_ref(reading->word) &&
	       m->decoded_id_tail == reading->id_tail && m->decoded_ino == a->file.ino &&
	       hw__word_status(reading->word) != HW__LOST;
}

/* ---- the same record again, with other texts --------------------------------------------------- */

/* Copies a revision of the same record and the same shape as the one that was decoded last, so that
 * it need not be decoded. They are compared in the block, since loads of what was just copied would
 * wait for the stores. False: it is another one, or was written again meanwhile. */
static inline bool shape_take(const struct hw__attachment *a, struct snapshot_memory *m,
			      const struct reading *reading)
{
	unsigned char stand_in[HW__STAND_IN_BYTES(HW__INLINE_BYTES)];
	uint64_t ref = hw__word_ref(reading->word);
	size_t bytes = hw__whole_lines(m->shape.bytes);
	struct hw__block_head head;
	const struct hw__block *b;
	unsigned char *entries;

	if (!m->shape.count || m->decoded_id_tail != reading->id_tail ||
	    m->shape_ino != a->file.ino || m->shape_buffer != m->buffer.bytes ||
	    hw__word_status(reading->word) != HW__RUNNING ||
	    hw__ref_index(ref) >= a->geometry.blocks)
		return false;
	b = hw__block_at(a, hw__ref_index(ref));
	hw__block_head_load(&head, b);
	if (!hw__shape_is(&m->shape, &head, hw__read_in_place(b->entries, bytes, stand_in)) ||
	    memcmp(head.id, m->s.id.bytes, sizeof head.id) != 0)
		return false;
	m->decoded_ref = 0;
	entries = m->buffer.bytes + HW__COPY_ENTRIES;
	hw__copy_in(entries, b->entries, bytes);
	if (!hw__version_is(&b->h.state, ref))
		return false;
	hw__shape_terminate(&m->shape, entries);
	m->revision.head.changed_ns = head.changed_ns;
	m->revision.head.rev = m->s.version = head.rev;
	decoded_set(a, m, reading);
	return true;
}

static int version_take(const struct hw__attachment *a, const uint64_t *word,
			struct snapshot_memory *m, const struct reading *reading)
{
	int error;

	m->decoded_ref = 0;
	memset(m->counters, 0, sizeof m->counters); /* frozen ones are in the block */
	error = hw__revision_copy(a, hw__word_ref(reading->word), &m->buffer, true, &m->revision);
	if (!error &&
	    memcmp(&reading->id_tail, m->revision.head.id + 8, sizeof reading->id_tail) != 0)
		error = -EAGAIN; /* another record took the slot between the two loads */
	if (error == -EAGAIN && hw__word_is_unchanged(word, reading->word))
		error = -EBADMSG;
	return error;
}

/* One try. -EAGAIN: the record changed meanwhile. */
static int slot_copy(const struct hw__attachment *a, uint32_t slot, const struct headway_id *id,
		     struct snapshot_memory *m, struct reading *reading)
{
	const struct hw__slot *s = &a->slots[slot];
	unsigned status;

	reading->word = hw__load_acquire(&s->word); /* R1: the block is read after the word */
	reading->id_tail = hw__load_relaxed(&s->id_tail);
	reading->owner = hw__load_relaxed(&s->owner);
	status = hw__word_status(reading->word);
	if (!hw__status_is_readable(status) || (id && reading->id_tail != hw__id_tail(id)))
		return -ESTALE;
	__builtin_prefetch(s->counters); /* in parallel with the block */
	reading->decoded = is_decoded(a, m, reading);
	if (!reading->decoded) {
		reading->decoded = shape_take(a, m, reading);
		if (!reading->decoded) {
			int error = version_take(a, &s->word, m, reading);

			if (error)
				return error;
		}
	}
	if (status == HW__RUNNING || status == HW__LOST)
		hw__slot_counters_read(a, slot, reading->owner, m->counters);
	reading->lost_ns = hw__load_relaxed(&s->lost_ns);
	hw__fence_load(); /* R2, with C1: the counters were read before this load of id_tail */
	if (hw__load_relaxed(&s->id_tail) != reading->id_tail)
		return -EAGAIN;
	if (id && memcmp(id->bytes, m->revision.head.id, sizeof id->bytes) != 0)
		return -ESTALE;
	return hw__word_status(hw__load_relaxed(&s->word)) == status ? 0 : -EALREADY;
}

static struct snapshot_memory *snapshot_make(struct headway_snapshot **snapshot)
{
	struct snapshot_memory *m = (struct snapshot_memory *)(void *)*snapshot;

	if (!m) {
		m = calloc(1, sizeof *m);
		*snapshot = m ? &m->s : NULL;
	}
	return m;
}

/* True if the record changed after it was copied: the result of the owner check is newer. */
static bool is_overtaken(const struct hw__attachment *a, uint32_t slot,
			 const struct snapshot_memory *m, const struct reading *reading)
{
	const struct hw__slot *s = &a->slots[slot];

	if (!m->s.lost || hw__word_status(reading->word) != HW__RUNNING)
		return false;
	hw__fence_load(); /* R2: the last publication came before the owner was found dead */
	return hw__load_relaxed(&s->word) != reading->word ||
	       hw__load_relaxed(&s->id_tail) != reading->id_tail;
}

int hw__snapshot_read(struct hw__attachment *a, uint32_t slot, const struct headway_id *id,
		      struct headway_snapshot **snapshot, uint64_t now_ns)
{
	struct snapshot_memory *m = snapshot_make(snapshot);
	struct reading reading; /* not cleared: that would take as long as the copy */
	int error = -EAGAIN, decoded = -EAGAIN;

	if (!m)
		return -ENOMEM;
	reading.now_ns = now_ns;
	reading.slot = slot;
	for (int k = 0; k < TRIES && decoded == -EAGAIN; k++) {
		error = slot_copy(a, slot, id, m, &reading);
		if (error == -EAGAIN || (error == -EALREADY && k + 1 < TRIES))
			continue;
		if (error && error != -EALREADY)
			return error;
		decoded = reading.decoded ? 0 : snapshot_decode(a, m, &reading);
		if (!decoded)
			decoded = snapshot_refresh(a, m, &reading);
		if (!decoded && is_overtaken(a, slot, m, &reading))
			decoded = -EAGAIN;
	}
	m->s.stale = error == -EALREADY; /* consistent, but the status changed during each try */
	return decoded;
}

/* ---- public ---------------------------------------------------------------------------------- */

/* True if the snapshot is of this arena's record with that id already. */
static bool is_held(const struct hw__attachment *a, const struct headway_snapshot *snapshot,
		    const struct headway_id *id)
{
	const struct snapshot_memory *m = (const struct snapshot_memory *)(const void *)snapshot;

	return m && m->decoded_ref && m->decoded_ino == a->file.ino &&
	       memcmp(&m->s.id, id, sizeof *id) == 0;
}

static inline int read_id(struct hw__attachment *a, const struct headway_id *id,
			  struct headway_snapshot **snapshot, uint64_t now_ns)
{
	uint32_t slot = hw__id_slot(id);
	int error;

	if (!is_held(a, *snapshot, id) && !hw__id_is_ours(a, id))
		return -ENOENT;
	error = hw__snapshot_read(a, slot, id, snapshot, now_ns);
	if (error == -ESTALE && hw__load_relaxed(&a->slots[slot].id_tail) == 0)
		return -ENOENT; /* no record was ever there */
	return error;
}

int headway_read(struct headway_arena *arena, const struct headway_id *id,
		 struct headway_snapshot **snapshot)
{
	struct headway_snapshot *own = NULL;
	struct hw__attachment *a;
	uint64_t now_ns;
	int error = -EINVAL;

	if (!arena || !id || !snapshot)
		return error;
	now_ns = hw__now_coarse_ns(); /* once: the clock takes a third of a short read */
	if (!hw__rcu_read_lock())
		return -ENOMEM;
	own = *snapshot;
	a = hw__attachment_peek(arena, now_ns);
	if (a)
		error = read_id(a, id, &own, now_ns);
	hw__rcu_read_unlock();
	if (!a) {
		a = hw__attachment_get(arena);
		error = a ? read_id(a, id, &own, now_ns) : -ESTALE;
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
		error = hw__snapshot_read(a, slot, NULL, &snapshot, hw__now_coarse_ns());
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
	struct snapshot_memory *m = (struct snapshot_memory *)(void *)snapshot;

	if (!m)
		return;
	hw__buffer_free(&m->buffer);
	free(m->messages);
	free(m);
}
