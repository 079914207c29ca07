/* SPDX-License-Identifier: BSD-3-Clause */
/* Versions wrap around at 2^36. In an arena where all blocks and extents start two below that
 * limit, updates, reads, sweeps and fsck work as usual. */
#include "kit/arenas.h"
#include "kit/processes.h"

#include "arena/arena.h"
#include "base/word.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { UPDATES = 4000, KILLS = 40, LONG = 9000 };

static char name[128];
static const uint64_t start_version = HW__VERSION_MASK - 1; /* 2^36 - 2 */

struct mapped {
	unsigned char *at;
	size_t bytes;
	struct hw__geometry geometry;
};

static void arena_map(struct mapped *m)
{
	int fd = open(file_of(name), O_RDWR | O_CLOEXEC);
	const struct hw__header *h;
	struct stat st;

	CHECK(fd >= 0 && fstat(fd, &st) == 0);
	m->bytes = (size_t)st.st_size;
	m->at = mmap(NULL, m->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (m->at == MAP_FAILED)
		exit(1);
	h = (const void *)m->at;
	m->geometry = (struct hw__geometry){.slots = h->slots,
					    .blocks = h->blocks,
					    .extents = h->extents,
					    .members = h->members,
					    .striped_slots = h->striped_slots};
	CHECK_INT(hw__geometry_layout(&m->geometry), 0);
}

static uint64_t *state_at(const struct mapped *m, bool extent, uint32_t i)
{
	return (uint64_t *)(void *)(m->at +
				    (extent ? m->geometry.extents_off + (size_t)i * HW__EXTENT_BYTES
					    : m->geometry.blocks_off +
						      (size_t)i * HW__BLOCK_BYTES));
}

static void versions_set(const struct mapped *m)
{
	for (uint32_t i = 0; i < m->geometry.blocks; i++)
		*state_at(m, false, i) = hw__state(HW__KIND_FREE, 0, start_version);
	for (uint32_t i = 0; i < m->geometry.extents; i++)
		*state_at(m, true, i) = hw__state(HW__KIND_FREE, 0, start_version);
}

static uint32_t versions_wrapped(const struct mapped *m, bool extent)
{
	uint32_t wrapped = 0;

	for (uint32_t i = 0; i < (extent ? m->geometry.extents : m->geometry.blocks); i++)
		wrapped += hw__version(*state_at(m, extent, i)) < start_version;
	return wrapped;
}

static struct headway_arena *opened(void)
{
	struct headway_options o = {.size = sizeof o, .slots = 8, .members = 4, .bytes = 192 << 10};
	struct headway_arena *arena;

	CHECK_INT(headway_open(name, &o, &arena), 0);
	if (!arena)
		exit(1);
	return arena;
}

static void audit(struct headway_arena *arena, const char *when)
{
	struct headway_fsck_report report = {.size = sizeof report};

	CHECK_INT(headway_fsck(arena, &report), 0);
	if (report.damaged || report.leaked)
		FAIL("%s: %s", when, report.first);
}

/* Both texts of an update contain its number, so that a mixture of two updates is detected. */
static void write_number(struct headway_record *r, int n)
{
	static char text[LONG + 1];
	char number[16];
	struct headway_message both[2] = {{"n", number}, {"long", text}};

	snprintf(number, sizeof number, "%d", n);
	memset(text, 'a' + n % 26, LONG);
	CHECK_INT(headway_update(r, both, n % 3 ? 1 : 2), 0);
	if (n % 5 == 0)
		CHECK_INT(headway_results(r, number, strlen(number)), 0);
}

static void read_number(struct headway_arena *arena, const struct headway_id *id, int least,
			uint64_t *version)
{
	static struct headway_snapshot *s;
	const char *text;

	CHECK_INT(headway_read(arena, id, &s), 0);
	if (!s || !s->message_count)
		return;
	CHECK(s->version >= *version);
	*version = s->version;
	CHECK(atoi(s->messages[0].value) >= least);
	text = s->messages[1].value;
	CHECK(s->message_count == 2 && strlen(text) == LONG && text[0] == text[LONG - 1]);
}

static void updates(struct headway_arena *arena, int count)
{
	struct headway_record *r;
	struct headway_id id;
	uint64_t version = 0;

	CHECK_INT(headway_start(arena, NULL, &r), 0);
	CHECK_INT(headway_get_id(r, &id), 0);
	for (int n = 0; n < count && check_failures < 5; n++) {
		write_number(r, n);
		read_number(arena, &id, n, &version);
		if (n % 64 == 0)
			audit(arena, "between updates");
	}
	CHECK_INT(headway_finish(r), 0);
	headway_release(r);
}

static int writer(void *unused)
{
	struct headway_arena *arena = opened();
	struct headway_record *r;

	(void)unused;
	CHECK_INT(headway_start(arena, NULL, &r), 0);
	for (int n = 0; r; n++)
		write_number(r, n);
	return 0;
}

/* Kills writers at random moments while all versions are about to wrap around or have just done
 * so. */
static void kills(struct headway_arena *arena, struct mapped *m)
{
	for (int i = 0; i < KILLS && check_failures < 5; i++) {
		struct headway_reap_policy policy = {.size = sizeof policy};
		pid_t pid;

		headway_close(arena); /* no member is attached, so versions may be set */
		CHECK_INT(headway_unlink(name), 0);
		arena = opened();
		munmap(m->at, m->bytes);
		arena_map(m);
		versions_set(m);
		fflush(NULL);
		pid = fork();
		if (pid == 0)
			_exit(writer(NULL));
		usleep((useconds_t)(500 + i * 400));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		CHECK_INT(headway_reap(arena, &policy, NULL), 0);
		audit(arena, "after a kill");
		updates(arena, 40);
	}
	headway_close(arena);
}

int main(void)
{
	struct headway_arena *arena;
	struct mapped m;

	snprintf(name, sizeof name, "%s", new_name());
	check_begin(110);
	arena = opened();
	arena_map(&m);
	versions_set(&m);
	audit(arena, "before");
	updates(arena, UPDATES);
	audit(arena, "after");
	CHECK(versions_wrapped(&m, false) >= 5 && versions_wrapped(&m, true) >= 5);
	kills(arena, &m);
	CHECK_INT(headway_unlink(name), 0);
	return check_end();
}
