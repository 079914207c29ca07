/* SPDX-License-Identifier: BSD-3-Clause */
/* Races at one name: simultaneous creation, removal and replacement of an arena in use, handles
 * inherited by a child, eviction during reads, resumes and pins. Tests wait for conditions, with a
 * time limit, never for a fixed time. */
#include "kit/arenas.h"
#include "kit/processes.h"

#include "base/layout.h"
#include "arena/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

enum { CREATORS = 4, WORKERS = 3, REMAKES = 3 };

/* State shared by all processes of a test. */
static struct shared {
	pthread_barrier_t barrier;
	int said[CREATORS];
	struct headway_id uuid[CREATORS];
	int stop, failed;
	struct headway_id id;
} * shared;

/* Numbers of rounds: a sample, or all with LONG=1. */
static struct {
	unsigned pairs, crowds;
	int swaps, evictions;
} how_often = {150, 50, 60, 600}, in_full = {1000, 1000, 300, 3000};

static char name[128], path[192];

static struct headway_arena *opened(unsigned flags, int *error)
{
	struct headway_options o = {
		.size = sizeof o, .flags = flags, .slots = 8, .members = 8, .bytes = 128 << 10};
	struct headway_arena *arena;
	int said = headway_open(name, &o, &arena);

	if (error)
		*error = said;
	else
		CHECK_INT(said, 0);
	return arena;
}

static struct headway_id uuid_of(struct headway_arena *arena)
{
	struct headway_info info = {.size = sizeof info};

	if (arena)
		CHECK_INT(headway_info(arena, &info), 0);
	return info.uuid;
}

static int same(const struct headway_id *a, const struct headway_id *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

static void clean(void)
{
	struct headway_fsck_report report = {.size = sizeof report};
	struct headway_arena *arena = opened(HEADWAY_EXISTING, NULL);

	CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	CHECK_INT(headway_fsck(arena, &report), 0);
	if (report.damaged || report.leaked)
		FAIL("fsck: %s", report.first);
	headway_close(arena);
}

static void shared_make(unsigned parties)
{
	pthread_barrierattr_t attributes;

	memset(shared, 0, sizeof *shared);
	pthread_barrierattr_init(&attributes);
	pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&shared->barrier, &attributes, parties);
}

static pid_t child_run(void (*fn)(unsigned), unsigned i)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		check_failures = 0;
		alarm(100);
		fn(i);
		_exit(check_failures != 0);
	}
	return pid;
}

static void child_end(pid_t pid)
{
	int status = 0;

	if (waitpid(pid, &status, 0) != pid || status != 0)
		FAIL("a child ended with status %x", (unsigned)status);
}

static int stopped(void)
{
	return __atomic_load_n(&shared->stop, __ATOMIC_ACQUIRE);
}

/* Waits up to a minute for a condition; returns 0 if it did not become true. */
static int wait_for(int (*holds)(void *), void *argument)
{
	for (int i = 0; i < 6000; i++) {
		if (holds(argument))
			return 1;
		usleep(10000);
	}
	return 0;
}

/* ---- creators at once ------------------------------------------------------------------------ */

static unsigned creators, rounds;

static void leftover_make(void)
{
	struct hw__header header;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	CHECK(pread(fd, &header, sizeof header, 0) == sizeof header);
	header.boot_id[5] ^= 1;
	header.checksum = hw__header_checksum(&header);
	CHECK(pwrite(fd, &header, sizeof header, 0) == sizeof header);
	close(fd);
}

static void round_judge(unsigned round, unsigned kind)
{
	int made = 0;

	for (unsigned i = 0; i < creators; i++) {
		made += shared->said[i] == 0;
		if (shared->said[i] && (kind != 1 || shared->said[i] != -EEXIST))
			FAIL("round %u: creator %u got %d", round, i, shared->said[i]);
		if (kind != 1 && !same(&shared->uuid[i], &shared->uuid[0]))
			FAIL("round %u: creator %u is in another arena", round, i);
	}
	if (kind == 1 && made != 1)
		FAIL("round %u: %d made it exclusively", round, made);
	if (files_with("/dev/shm", name + 1) != 1)
		FAIL("round %u: %d files", round, files_with("/dev/shm", name + 1));
}

/* kind 0: create; 1: HEADWAY_EXCLUSIVE; 2: replace a left-over of another boot. */
static void create_rounds(unsigned i)
{
	for (unsigned round = 0; round < rounds; round++) {
		unsigned kind = round % 3;
		struct headway_arena *arena;

		if (i == 0 && kind == 2) {
			headway_close(opened(0, NULL));
			leftover_make();
		}
		pthread_barrier_wait(&shared->barrier);
		arena = opened(kind == 1 ? HEADWAY_EXCLUSIVE : 0, &shared->said[i]);
		shared->uuid[i] = uuid_of(arena);
		pthread_barrier_wait(&shared->barrier);
		if (i == 0) {
			round_judge(round, kind);
			CHECK_INT(headway_unlink(name), 0);
		}
		headway_close(arena);
		pthread_barrier_wait(&shared->barrier);
	}
}

static void creating(unsigned count, unsigned times)
{
	pid_t pids[CREATORS];

	creators = count;
	rounds = times;
	shared_make(count);
	for (unsigned i = 0; i < count; i++)
		pids[i] = child_run(create_rounds, i);
	for (unsigned i = 0; i < count; i++)
		child_end(pids[i]);
	CHECK_INT(files_with("/dev/shm", name + 1), 0);
}

/* ---- made anew under those who work ---------------------------------------------------------- */

static int walk_on(const struct headway_snapshot *snapshot, void *unused)
{
	(void)unused;
	if (snapshot->message_count > 1 ||
	    (snapshot->message_count && strcmp(snapshot->messages[0].key, "n") != 0))
		FAIL("a record that nobody wrote");
	return 0;
}

static void write_once(struct headway_arena *arena)
{
	struct headway_record *r;
	struct headway_message message = {"n", "1"};
	int error = headway_start(arena, NULL, &r);

	if (error == -ESTALE)
		return;
	CHECK_INT(error, 0);
	if (!r)
		return;
	CHECK_INT(headway_update(r, &message, 1), 0);
	CHECK_INT(headway_finish(r), 0);
	headway_release(r);
}

/* Workers 0 and 1 write, 2 reads; each reports which arena it uses. Open records stay usable. */
static void work(unsigned i)
{
	struct headway_arena *arena = opened(i == 2 ? HEADWAY_READ_ONLY : HEADWAY_EXISTING, NULL);
	struct headway_record *old = NULL;

	if (i < 2)
		CHECK_INT(headway_start(arena, NULL, &old), 0);
	if (old)
		CHECK_INT(headway_message(old, "n", "0"), 0);
	while (!stopped() && check_failures < 5) {
		if (i == 2)
			CHECK(headway_each(arena, walk_on, NULL) >= 0);
		else
			write_once(arena);
		if (old)
			CHECK_INT(headway_message(old, "n", "2"), 0);
		shared->uuid[i] = uuid_of(arena);
	}
	if (old)
		CHECK_INT(headway_finish(old), 0);
	headway_release(old);
	headway_close(arena);
}

static int all_followed(void *uuid)
{
	for (unsigned i = 0; i < WORKERS; i++)
		if (!same(&shared->uuid[i], uuid))
			return 0;
	return 1;
}

static void remaking(void)
{
	pid_t pids[WORKERS];
	struct headway_arena *arena = opened(0, NULL);

	shared_make(1);
	for (unsigned i = 0; i < WORKERS; i++)
		pids[i] = child_run(work, i);
	for (int n = 0; n < REMAKES; n++) {
		struct headway_id uuid = uuid_of(arena);

		if (!wait_for(all_followed, &uuid))
			FAIL("not all followed to arena %d", n);
		headway_close(arena);
		if (n + 1 < REMAKES)
			CHECK_INT(headway_unlink(name), 0);
		arena = opened(0, NULL);
	}
	__atomic_store_n(&shared->stop, 1, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < WORKERS; i++)
		child_end(pids[i]);
	headway_close(arena);
	clean();
	CHECK_INT(headway_unlink(name), 0);
}

/* ---- replaced in the middle of an attach ----------------------------------------------------- */

static void attach(unsigned i)
{
	while (!stopped() && check_failures < 5) {
		int error;
		struct headway_arena *arena = opened(i ? HEADWAY_EXISTING : 0, &error);

		if (error && error != -ESTALE && (!i || error != -ENOENT))
			FAIL("attached while it was replaced: %d (%s)", error,
			     headway_strerror(error));
		if (arena)
			write_once(arena);
		headway_close(arena);
	}
}

static void swapping(void)
{
	pid_t pids[2];

	shared_make(1);
	for (unsigned i = 0; i < 2; i++)
		pids[i] = child_run(attach, i);
	for (int n = 0; n < how_often.swaps; n++) {
		int error;
		struct headway_arena *arena = opened(0, &error);

		if (n % 2 && arena)
			leftover_make();
		else
			(void)headway_unlink(name);
		headway_close(arena);
	}
	__atomic_store_n(&shared->stop, 1, __ATOMIC_RELEASE);
	child_end(pids[0]);
	child_end(pids[1]);
	(void)headway_unlink(name);
	CHECK_INT(files_with("/dev/shm", name + 1), 0);
}

/* ---- handles that are left to a child -------------------------------------------------------- */

static void heir(struct headway_arena *arena, struct headway_record *r,
		 struct headway_record *free_one, pid_t parent)
{
	struct headway_record *own;
	int error;

	while (getppid() == parent)
		usleep(1000);
	error = headway_message(r, "n", "3"); /* not swept yet, or already lost */
	if (error && error != -EALREADY)
		FAIL("the dead parent's record: %d (%s)", error, headway_strerror(error));
	CHECK_INT(headway_message(free_one, "n", "3"), 0); /* it has no owner, so it is not lost */
	CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	CHECK_INT(headway_message(r, "n", "4"), -EALREADY);
	CHECK_INT(headway_status(r), HEADWAY_ERROR);
	CHECK_INT(headway_start(arena, NULL, &own), 0);
	CHECK_INT(headway_message(own, "n", "1"), 0);
	CHECK_INT(headway_finish(own), 0);
	CHECK_INT(headway_finish(free_one), 0);
	headway_release(own);
	headway_release(free_one);
	headway_release(r);
	headway_close(arena);
	__atomic_store_n(&shared->failed, check_failures, __ATOMIC_RELEASE);
	__atomic_store_n(&shared->stop, 1, __ATOMIC_RELEASE);
	_exit(0);
}

static void testator(unsigned unused)
{
	struct headway_spec detached = {.size = sizeof detached, .flags = HEADWAY_DETACHED};
	struct headway_arena *arena = opened(0, NULL);
	struct headway_record *r, *free_one;
	pid_t self = getpid();

	(void)unused;
	CHECK_INT(headway_start(arena, NULL, &r), 0);
	CHECK_INT(headway_start(arena, &detached, &free_one), 0);
	CHECK_INT(headway_message(r, "n", "1"), 0);
	CHECK_INT(headway_message(free_one, "n", "1"), 0);
	if (fork() == 0)
		heir(arena, r, free_one, self);
	raise(SIGKILL);
}

static int heir_is_done(void *unused)
{
	(void)unused;
	return stopped();
}

static void inheriting(void)
{
	int status;
	pid_t pid;

	shared_make(1);
	pid = child_run(testator, 0);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	CHECK(wait_for(heir_is_done, NULL));
	CHECK_INT(shared->failed, 0);
	usleep(1000);
	clean();
	CHECK_INT(headway_unlink(name), 0);
}

/* ---- eviction -------------------------------------------------------------------------------- */

static void evict(unsigned unused)
{
	struct headway_arena *arena = opened(HEADWAY_EXISTING, NULL);

	(void)unused;
	for (int i = 0; i < how_often.evictions && check_failures < 5; i++) {
		struct headway_record *r;

		CHECK_INT(headway_start(arena, NULL, &r), 0);
		if (!r)
			break;
		CHECK_INT(headway_message(r, "n", "1"), 0);
		CHECK_INT(headway_get_id(r, &shared->id),
			  0); /* the id may be torn: then it is the id of no record */
		CHECK_INT(headway_finish(r), 0);
		headway_release(r);
	}
	__atomic_store_n(&shared->stop, 1, __ATOMIC_RELEASE);
	headway_close(arena);
}

/* Resumes the latest record: the handle stays valid, or the record is gone. */
static void resume(unsigned unused)
{
	struct headway_arena *arena = opened(HEADWAY_EXISTING, NULL);

	(void)unused;
	while (!stopped() && check_failures < 5) {
		struct headway_id id = shared->id;
		struct headway_record *r;
		struct headway_snapshot *s = NULL;
		int error = headway_resume(arena, &id, &r);

		if (error && error != -ESTALE && error != -ENOENT && error != -EAGAIN)
			FAIL("resume: %d (%s)", error, headway_strerror(error));
		if (error)
			continue;
		CHECK_INT(headway_read(arena, &id, &s), 0); /* pinned, so it still exists */
		headway_snapshot_free(s);
		error = headway_status(r);
		if (error != HEADWAY_FINISHED && error != HEADWAY_RUNNING)
			FAIL("the status of a pinned record is %d", error);
		headway_release(r);
	}
	headway_close(arena);
}

static int look_on(const struct headway_snapshot *s, void *unused)
{
	(void)unused;
	if (s->message_count > 1 || (s->status == HEADWAY_FINISHED && s->message_count != 1) ||
	    (s->message_count && strcmp(s->messages[0].key, "n") != 0))
		FAIL("a record that nobody wrote");
	return 0;
}

static void look(unsigned unused)
{
	struct headway_arena *arena = opened(HEADWAY_READ_ONLY, NULL);

	(void)unused;
	while (!stopped() && check_failures < 5)
		CHECK(headway_each(arena, look_on, NULL) >= 0);
	headway_close(arena);
}

static void evicting(void)
{
	void (*const parts[])(unsigned) = {evict, evict, resume, look};
	struct headway_arena *arena = opened(0, NULL);
	struct headway_snapshot *s = NULL;
	struct headway_record *pinned;
	struct headway_id id;
	pid_t pids[4];

	shared_make(1);
	CHECK_INT(headway_start(arena, NULL, &pinned), 0);
	CHECK_INT(headway_message(pinned, "n", "pinned"), 0);
	CHECK_INT(headway_finish(pinned), 0);
	CHECK_INT(headway_get_id(pinned, &id), 0);
	for (unsigned i = 0; i < 4; i++)
		pids[i] = child_run(parts[i], i);
	while (!stopped() && check_failures < 5) {
		CHECK_INT(headway_read(arena, &id, &s), 0);
		CHECK(s && s->status == HEADWAY_FINISHED &&
		      !strcmp(s->messages[0].value, "pinned"));
	}
	for (unsigned i = 0; i < 4; i++)
		child_end(pids[i]);
	headway_snapshot_free(s);
	headway_release(pinned);
	headway_close(arena);
	clean();
	CHECK_INT(headway_unlink(name), 0);
}

int main(void)
{
	snprintf(name, sizeof name, "%s", new_name());
	snprintf(path, sizeof path, "/dev/shm%s", name);
	shared = shared_memory(sizeof *shared);
	check_begin(110);
	if (getenv("LONG"))
		how_often = in_full;
	creating(2, how_often.pairs);
	creating(4, how_often.crowds);
	remaking();
	swapping();
	inheriting();
	evicting();
	unlink(path);
	CHECK_INT(files_with("/dev/shm", name + 1), 0);
	return check_end();
}
