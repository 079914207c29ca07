/* SPDX-License-Identifier: BSD-3-Clause */
#include "mirror.h"

#include "arena/arena.h"
#include "store/sweep.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

static void mirror_offsets(struct mirror *m)
{
	const struct hw__header *h = (const void *)m->live;
	uint64_t at = HW__HEADER_BYTES + (uint64_t)h->members * 128;

	m->members = h->members;
	m->members_off = HW__HEADER_BYTES;
	m->extents_off = m->bytes - (uint64_t)h->extents * HW__EXTENT_BYTES;
	m->blocks_off = m->extents_off -
			((uint64_t)h->blocks * HW__BLOCK_BYTES + 4095) / 4096 * 4096;
	NEED(at < m->blocks_off);
}

void mirror_open(struct mirror *m, const char *path, const char *copy)
{
	struct headway_options options = {.flags = HEADWAY_READ_ONLY};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	memset(m, 0, sizeof *m);
	NEED(fd >= 0 && fstat(fd, &st) == 0);
	m->bytes = (size_t)st.st_size;
	m->live = mmap(NULL, m->bytes, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	unlink(copy);
	m->fd = open(copy, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	NEED(m->fd >= 0 && ftruncate(m->fd, st.st_size) == 0);
	m->copy = mmap(NULL, m->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
	m->last = malloc(m->bytes);
	NEED(m->live != MAP_FAILED && m->copy != MAP_FAILED && m->last);
	snprintf(m->path, sizeof m->path, "%s", copy);
	memcpy(m->last, m->live, m->bytes);
	memcpy(m->copy, m->live, m->bytes);
	mirror_offsets(m);
	NEED(headway_open(copy, &options, &m->reader) == 0);
}

void mirror_close(struct mirror *m)
{
	headway_close(m->reader);
	munmap((void *)(uintptr_t)m->live, m->bytes);
	munmap(m->copy, m->bytes);
	close(m->fd);
	unlink(m->path);
	free(m->last);
}

bool mirror_moved(struct mirror *m, size_t *where)
{
	size_t at = 0;

	if (memcmp(m->live, m->last, m->bytes) == 0)
		return false;
	while (m->live[at] == m->last[at])
		at++;
	*where = at;
	memcpy(m->last, m->live, m->bytes);
	return true;
}

bool mirror_is_content(const struct mirror *m, size_t where)
{
	size_t off;

	if (where < m->blocks_off)
		return false;
	off = where < m->extents_off ? (where - m->blocks_off) % HW__BLOCK_BYTES
				     : (where - m->extents_off) % HW__EXTENT_BYTES;
	return off >= 64 + 16;
}

void mirror_member_lock(const struct mirror *m, uint32_t member, short type)
{
	struct flock lock = {.l_type = type,
			     .l_whence = SEEK_SET,
			     .l_start = HW__LOCK_BASE + member,
			     .l_len = 1};

	NEED(fcntl(m->fd, F_OFD_SETLK, &lock) == 0);
}

static bool mirror_member_dirty(const struct mirror *m, uint32_t member)
{
	const struct hw__member_line *line = (const void *)(m->copy + m->members_off);

	return line[member].dirty != 0;
}

void mirror_lock_dirty(const struct mirror *m, short type)
{
	for (uint32_t p = 0; p < m->members; p++)
		if (type == F_UNLCK || mirror_member_dirty(m, p))
			mirror_member_lock(m, p, type);
}

const uint64_t *mirror_live_word(const struct mirror *m, uint32_t slot)
{
	const struct hw__attachment *a = m->reader->current;
	const unsigned char *word = (const void *)&a->slots[slot].word;

	return (const void *)(m->live + (word - a->base));
}

static bool is_kept(const struct lane *lane, uint64_t ref)
{
	for (int i = 0; i < KEPT_MOST; i++)
		if (lane->kept[i] == ref)
			return true;
	return false;
}

unsigned mirror_owned_in_vain(const struct mirror *m, uint32_t member, const struct lane *lane)
{
	const struct hw__attachment *a = m->reader->current;
	unsigned count = 0;

	for (int which = 0; which < 2; which++) {
		for (uint32_t i = 0; i < a->pools[which].count; i++) {
			uint64_t state = *hw__chunk_state(&a->pools[which], i);

			count += hw__state_kind(state) == HW__KIND_OWNED &&
				 hw__state_member(state) == member &&
				 !hw__chunk_is_current(a, (enum hw__pool_index)which, i, state) &&
				 !(which == HW__BLOCKS &&
				   is_kept(lane, hw__ref(i, hw__version(state))));
		}
	}
	return count;
}

void mirror_expect(const struct mirror *m, const struct view *before, const struct view *after)
{
	char was[120], is[120];

	for (int i = 0; i < VIEW_SLOTS; i++) {
		struct seen want = before->slot[i];

		if (want.there && want.status == HEADWAY_RUNNING && !want.detached) {
			want.status = HEADWAY_ERROR;
			want.lost = 1;
			want.version++;
		}
		if (!seen_same(&want, &after->slot[i]))
			FAIL("%s, instruction %llu: slot %d had %s, and after recovery %s", m->call,
			     (unsigned long long)m->step, i, seen_text(&before->slot[i], was),
			     seen_text(&after->slot[i], is));
	}
}

void mirror_audit(const struct mirror *m, const char *when)
{
	struct headway_fsck_report report = {.size = sizeof report};
	int error = headway_fsck(m->reader, &report);

	if (error || report.leaked || report.damaged || report.in_transit)
		FAIL("%s, instruction %llu, %s: fsck %d: leaked %llu damaged %llu in transit "
		     "%llu: %s",
		     m->call, (unsigned long long)m->step, when, error,
		     (unsigned long long)report.leaked, (unsigned long long)report.damaged,
		     (unsigned long long)report.in_transit, report.first);
	for (uint32_t p = 0; p < m->members; p++)
		if (mirror_member_dirty(m, p))
			FAIL("%s, instruction %llu, %s: member %u stays dirty", m->call,
			     (unsigned long long)m->step, when, p);
}

/* All space is usable again: every free slot can be started with a message in an extent. */
static void mirror_fill(const struct mirror *m)
{
	struct headway_options options = {.flags = HEADWAY_EXISTING};
	struct headway_info info = {.size = sizeof info};
	struct headway_arena *arena;
	struct headway_record *record[VIEW_SLOTS];
	uint32_t started = 0, room, extents = 0;
	char text[4200];
	int error = 0;

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	NEED(headway_open(m->path, &options, &arena) == 0 && headway_info(arena, &info) == 0);
	room = info.slots - info.slots_used;
	while (started < room && !(error = headway_start(arena, NULL, &record[started])))
		started++;
	for (uint32_t i = 0; i < started && !error && extents + 2 <= info.extents_free;
	     i++, extents += 2)
		error = headway_message(record[i], "filling", text);
	if (error)
		FAIL("%s, instruction %llu: %u of %u slots could be started: %s", m->call,
		     (unsigned long long)m->step, started, room, headway_strerror(error));
	for (uint32_t i = 0; i < started; i++)
		headway_release(record[i]);
	headway_close(arena);
}

void mirror_recover(struct mirror *m, unsigned how, struct view *before)
{
	struct headway_options options = {.flags = HEADWAY_EXISTING};
	struct headway_arena *arena;
	struct view after;
	int error;

	memcpy(m->copy, m->last, m->bytes);
	mirror_lock_dirty(m, F_WRLCK); /* before the kill every owner is alive */
	view_take(m->reader, before);
	if (!(how & BY_REAP))
		mirror_lock_dirty(m, F_UNLCK);
	error = headway_open(m->path, &options, &arena);
	mirror_lock_dirty(m, F_UNLCK);
	if (!error)
		error = headway_reap(arena, NULL, NULL);
	if (error) {
		FAIL("%s, instruction %llu: cannot be recovered: %s", m->call,
		     (unsigned long long)m->step, headway_strerror(error));
		return;
	}
	headway_close(arena);
	view_take(m->reader, &after);
	mirror_expect(m, before, &after);
	mirror_audit(m, how & BY_REAP ? "recovered by reap" : "recovered by attach");
	m->recovered++;
	if (!(how & FILL))
		return;
	mirror_fill(m);
	mirror_audit(m, "filled");
}
