/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two threads of one process: one is stopped at an instruction of a call, the other makes a
 * complete call.
 *
 * Only the first thread is traced. The call of the second may have to wait for the first (process
 * lock, grace period): after a short time the first thread continues. Then both results must be
 * right and the arena sound.
 *
 * Tested are each instruction of the windows, which are stretches of code between a check and the
 * use of its result, where a stop once caused a fault; and a sample of all instructions of every
 * second pair of calls. --long: of every pair, an even sample of all instructions, within a limit
 * of steps (--sample N: N per duel; --all: each).
 */
#include "kit/options.h"
#include "kit/processes.h"
#include "step/seconds.h"

#include "record/handle.h"
#include "open/open.h"
#include "record/publish.h"
#include "read/snapshot.h"
#include "record/update.h"

#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>

/* For a duel in the long form: limit of instructions to step through; the fixed cost of a run, in
 * instructions. */
enum { STEPS_LONG = 350000, STEPS_START = 400 };

/* State that the process shares with its tracer. */
struct stage {
	volatile int phase;  /* of the stepped thread: READY, CALLING, RETURNED */
	volatile int result; /* result of its call */
	volatile int tid;
	volatile int begin; /* the stepped thread is being traced and may begin */
	volatile int go;    /* the second thread may begin */
	volatile int done;  /* it has ended */
	volatile int second_tid;
	volatile int pid;    /* pid of the process of both threads */
	volatile int second; /* result of the second thread */
	volatile int child;  /* result of a forked child */
};

struct scene {
	struct actor actor;
	struct stage *stage;
	const struct call *call;
	int (*second)(struct actor *actor);
};

struct duel {
	const char *call, *name;
	int (*second)(struct actor *actor);
	bool closes;
	unsigned mean; /* average distance of the stops in a sample; 0: not in the sample */
	/* instructions are counted from the entry to this function; NULL: from the beginning */
	const void *after;
};

/* The last instructions of a call before it enters a function; stride: every so many of them; 0:
 * every one. */
struct window {
	struct duel duel;
	const void *before;
	unsigned instructions, stride;
};

static struct test_options how;
static uint64_t chance, runs, instructions;
static uint64_t stops, stops_of; /* in the long form: stops made, and instructions in all */
static const char *arena_path;
static struct stage *stage;

/* ---- calls of this test's own ---------------------------------------------------------------- */

static int counters_match(const struct headway_snapshot *s, void *argument)
{
	uint64_t want = strcmp(s->name, "subject") == 0 ? 10
			: strcmp(s->name, "next") == 0  ? 777
							: 0;

	(void)argument;
	return s->total == want ? 0 : -EBADMSG;
}

static int run_each(struct actor *a)
{
	int count = headway_each(a->arena, counters_match, NULL);

	return count < 0 ? count : 0;
}

static int run_read(struct actor *a)
{
	struct headway_snapshot *s = NULL;
	int error = headway_read(a->arena, &a->lane->id, &s);

	if (!error)
		error = counters_match(s, NULL);
	headway_snapshot_free(s);
	return error == -ESTALE ? -EALREADY : error;
}

/* Reads a record of the old arena, or of its replacement. */
static int run_read_either(struct actor *a)
{
	int error = run_read(a);

	return error == -ENOENT ? -EALREADY : error;
}

/* Once a handle is closed, every later call on it fails. */
static int run_message_add(struct actor *a)
{
	int error = run_message(a);

	return error == -ESTALE && headway_add(a->record, 1) != -ESTALE ? -EBADMSG : error;
}

/* A text that consists of one letter only is not torn. */
static int run_read_long(struct actor *a)
{
	struct headway_snapshot *s = NULL;
	int error = headway_read(a->arena, &a->lane->id, &s);

	for (size_t i = 0; !error && i < s->message_count; i++) {
		const char *value = s->messages[i].value;

		if (strcmp(s->messages[i].key, "Log") == 0 &&
		    (strlen(value) != CALLS_LONG ||
		     strspn(value, (char[]){value[0], '\0'}) != CALLS_LONG))
			error = -EBADMSG;
	}
	headway_snapshot_free(s);
	return error;
}

static struct headway_snapshot *held; /* what was read before the call */

static void pair_set(struct actor *a, char letter)
{
	char text[41] = "";

	memset(text, letter, sizeof text - 1);
	NEED(headway_update(a->record, (struct headway_message[]){{"one", text}, {"two", text}},
			    2) == 0);
}

/* Reads into a snapshot of an earlier revision, which differs in the letters of its texts. */
static int run_read_again(struct actor *a)
{
	int error = headway_read(a->arena, &a->lane->id, &held);
	char letter = 0;

	for (size_t i = 0; !error && i < held->message_count; i++) {
		const char *key = held->messages[i].key, *value = held->messages[i].value;

		if (strcmp(key, "one") != 0 && strcmp(key, "two") != 0)
			continue;
		letter = letter ? letter : value[0];
		if (strlen(value) != 40 || strspn(value, (char[]){letter, '\0'}) != 40 ||
		    held->version != (uint64_t)(letter - 'a') + held->total)
			error = -EBADMSG;
	}
	return error;
}

static int second_pairs(struct actor *a)
{
	for (char letter = 'd'; letter < 'q'; letter++)
		pair_set(a, letter);
	return 0;
}

/* A handle that was returned belongs to the record. */
static int run_resume_use(struct actor *a)
{
	struct headway_snapshot *s = NULL;
	int error = headway_resume(a->arena, &a->lane->id, &a->other);

	if (!error && headway_status(a->other) < 0)
		error = -EBADMSG;
	if (!error && headway_read(a->arena, &a->lane->id, &s) != 0)
		error = -EBADMSG;
	headway_snapshot_free(s);
	return error == -ESTALE ? -EALREADY : error;
}

/* ---- the process ----------------------------------------------------------------------------- */

static void prepare_inherited(struct actor *actor);

static void *first_thread(void *argument)
{
	struct scene *s = argument;

	if (s->actor.record && s->call->run != run_start && s->call->prepare != prepare_inherited &&
	    s->call->run != run_read_again)
		for (int i = 0; i < 5; i++) /* fills its queue: the fast path */
			(void)headway_message(s->actor.record, "Step", "0/2");
	s->stage->phase = READY;
	s->stage->tid = (int)syscall(SYS_gettid);
	while (!s->stage->begin)
		usleep(20);
	s->stage->phase = CALLING;
	s->stage->result = s->call->run(&s->actor);
	s->stage->phase = RETURNED;
	return NULL;
}

/* Inherited handles, of a process that has closed its arena meanwhile. */
static void prepare_inherited(struct actor *a)
{
	int ready[2], status;
	char byte;
	pid_t me = getpid(), pid;

	prepare_subject(a);
	NEED(pipe2(ready, O_CLOEXEC) == 0);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		die_with_parent(me);
		NEED(read(ready[0], &byte, 1) == 1);
		return;
	}
	headway_close(a->arena);
	headway_release(a->record);
	NEED(write(ready[1], "", 1) == 1 && waitpid(pid, &status, 0) == pid);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* A reader, whose attachment can end without the end of a membership. */
static void prepare_watching(struct actor *a)
{
	struct headway_options options = {.flags = HEADWAY_READ_ONLY};

	prepare_closed(a);
	NEED(headway_open(a->path, &options, &a->arena) == 0);
}

/* The record's total is the version of the revision with letter a. */
static void prepare_read_again(struct actor *a)
{
	prepare_subject(a);
	pair_set(a, 'a');
	NEED(headway_read(a->arena, &a->lane->id, &held) == 0);
	NEED(headway_set_total(a->record, held->version) == 0);
	pair_set(a, 'b');
	NEED(headway_read(a->arena, &a->lane->id, &held) == 0);
	pair_set(a, 'c');
}

static const struct call own_calls[] = {
	{"each", prepare_subject, run_each, 0},
	{"read", prepare_subject, run_read, 0},
	{"read of either", prepare_watching, run_read_either, 0},
	{"read of a long text", prepare_in_extents, run_read_long, 0},
	{"read again", prepare_read_again, run_read_again, 0},
	{"resume and use", prepare_expired, run_resume_use, 0},
	{"inherited message", prepare_inherited, run_message_add, 0},
};

static const struct call *find_call(const char *name)
{
	for (size_t i = 0; i < sizeof own_calls / sizeof *own_calls; i++)
		if (strcmp(own_calls[i].name, name) == 0)
			return &own_calls[i];
	return call_named(name);
}

static void process_body(struct scene *s)
{
	pthread_t first;

	s->call->prepare(&s->actor);
	for (int i = 0; s->second == second_reuse && i < 5; i++) /* fills a queue of its own */
		NEED(headway_message(s->actor.record, "Step", "0/2") == 0);
	NEED(pthread_create(&first, NULL, first_thread, s) == 0);
	while (!s->stage->go)
		usleep(50);
	s->stage->pid = getpid();
	s->stage->second_tid = (int)syscall(SYS_gettid);
	s->stage->second = s->second(&s->actor);
	s->stage->done = 1;
	NEED(pthread_join(first, NULL) == 0);
	headway_release(s->actor.record);
	headway_release(s->actor.other);
	headway_close(s->actor.arena);
	_exit(0);
}

/* ---- the tracer ------------------------------------------------------------------------------ */

static bool thread_wait(pid_t tid)
{
	int status;

	NEED(waitpid(tid, &status, __WALL) == tid);
	return WIFSTOPPED(status);
}

static pid_t scene_start(struct scene *s)
{
	pid_t pid;

	memset(stage, 0, sizeof *stage);
	unlink(arena_path);
	fflush(stdout);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		die_with_parent(check_owner);
		prctl(PR_SET_DUMPABLE, 1);
		process_body(s);
	}
	return pid;
}

/* Attaches to the first thread when it is ready, and stops it. */
static pid_t first_seize(pid_t pid)
{
	pid_t tid;

	while (!(tid = stage->tid)) {
		NEED(waitpid(pid, NULL, WNOHANG) == 0);
		usleep(20);
	}
	NEED(ptrace(PTRACE_SEIZE, tid, NULL, PTRACE_O_EXITKILL) == 0);
	NEED(ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) == 0 && thread_wait(tid));
	stage->begin = 1;
	return tid;
}

/* Lets the first thread run until the call enters function; NULL: not at all. False: the call never
 * enters it. The second thread waits meanwhile, so that it does not hit the breakpoint. */
static bool first_run_to(pid_t tid, const void *function)
{
	const size_t at = offsetof(struct user_regs_struct, rip);
	long word;

	if (!function)
		return true;
	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, tid, function, NULL);
	NEED(errno == 0);
	NEED(ptrace(PTRACE_POKETEXT, tid, function, (word & ~0xffl) | 0xcc) == 0);
	NEED(ptrace(PTRACE_CONT, tid, NULL, NULL) == 0);
	if (!thread_wait(tid))
		return false;
	NEED(ptrace(PTRACE_PEEKUSER, tid, at, NULL) == (long)(uintptr_t)function + 1);
	NEED(ptrace(PTRACE_POKETEXT, tid, function, word) == 0);
	NEED(ptrace(PTRACE_POKEUSER, tid, at, function) == 0);
	return true;
}

/* Steps n instructions of the call. False: the call has fewer. */
static bool first_step(pid_t tid, uint64_t n)
{
	uint64_t steps = 0;

	while (steps < n) {
		NEED(ptrace(PTRACE_SINGLESTEP, tid, NULL, NULL) == 0 && thread_wait(tid));
		if (stage->phase == RETURNED)
			return false;
		steps += stage->phase == CALLING;
	}
	return true;
}

static void audit(const char *what, uint64_t n)
{
	struct headway_options options = {.flags = HEADWAY_READ_ONLY};
	struct headway_fsck_report report = {.size = sizeof report};
	struct headway_arena *arena;

	NEED(headway_open(arena_path, &options, &arena) == 0);
	NEED(headway_fsck(arena, &report) == 0);
	if (report.leaked || report.damaged || report.in_transit)
		FAIL("%s, instruction %llu: leaked %llu damaged %llu in transit %llu: %s", what,
		     (unsigned long long)n, (unsigned long long)report.leaked,
		     (unsigned long long)report.damaged, (unsigned long long)report.in_transit,
		     report.first);
	headway_close(arena);
}

/* Steps until the call enters function; returns the number of instructions, 0: it never does. */
static uint64_t first_step_to(pid_t tid, const void *function)
{
	const size_t at = offsetof(struct user_regs_struct, rip);

	for (uint64_t steps = 1; first_step(tid, 1); steps++)
		if (ptrace(PTRACE_PEEKUSER, tid, at, NULL) == (long)(uintptr_t)function)
			return steps;
	return 0;
}

/* A checksum over the whole arena. */
static uint64_t arena_sum(void)
{
	uint64_t words[512], sum = 1;
	ssize_t got;
	int fd = open(arena_path, O_RDONLY | O_CLOEXEC);

	NEED(fd >= 0);
	while ((got = read(fd, words, sizeof words)) > 0)
		for (ssize_t i = 0; i < got / 8; i++)
			sum = (sum ^ words[i]) * 0x9e3779b97f4a7c15u + (sum >> 31);
	close(fd);
	return sum;
}

/* closed: checksum of the arena when it was closed, before the call continued; 0: it was not
 * closed. */
static void judge(const struct duel *d, const char *what, uint64_t n, uint64_t closed)
{
	int result = stage->result;

	if (result && result != -EALREADY && !(d->closes && result == -ESTALE))
		FAIL("%s, instruction %llu: the call said %d", what, (unsigned long long)n, result);
	if (stage->second && stage->second != -EALREADY)
		FAIL("%s, instruction %llu: the second thread's call said %d", what,
		     (unsigned long long)n, stage->second);
	if (closed && closed != arena_sum())
		FAIL("%s, instruction %llu: it wrote to the arena after the close (and said %d)",
		     what, (unsigned long long)n, result);
}

static bool second_sleeps(void)
{
	char path[64], text[256] = "";
	int fd;

	if (!stage->second_tid)
		return false;
	snprintf(path, sizeof path, "/proc/%d/task/%d/stat", stage->pid, stage->second_tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	NEED(read(fd, text, sizeof text - 1) >= 0);
	close(fd);
	return strstr(text, ") S ") != NULL;
}

/* Waits until the second thread is done or waits for the first; half a second at most. */
static void second_wait(void)
{
	uint64_t end = check_ns() + 500000000;
	int asleep = 0;

	while (!stage->done && asleep < 4 && check_ns() < end) {
		usleep(100);
		asleep = second_sleeps() ? asleep + 1 : 0;
	}
}

/* The second thread makes its call while the first is stopped at instruction n. False: the call has
 * fewer. */
static bool duel_at(const struct duel *d, uint64_t n)
{
	struct lane lane;
	struct scene s = {.actor = {.path = arena_path, .lane = &lane},
			  .stage = stage,
			  .call = find_call(d->call),
			  .second = d->second};
	char what[160];
	uint64_t closed = 0;
	bool reached;
	int status;
	pid_t pid = scene_start(&s), tid = first_seize(pid);

	snprintf(what, sizeof what, "%s, while another thread does %s", d->call, d->name);
	reached = first_run_to(tid, d->after) && first_step(tid, n);
	instructions += n;
	stage->go = 1;
	if (reached)
		second_wait();
	if (d->closes && reached && stage->done)
		closed = arena_sum();
	NEED(ptrace(PTRACE_DETACH, tid, NULL, NULL) == 0);
	NEED(waitpid(pid, &status, 0) == pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		FAIL("%s, instruction %llu: the process ended with %#x", what,
		     (unsigned long long)n, status);
	judge(d, what, n, closed);
	audit(what, n);
	runs++;
	return reached;
}

/* ---- windows --------------------------------------------------------------------------------- */

/* Number of instructions from the entry to d->after to the entry to before; NULL: to the call's
 * end. 0: the call does not do that. */
static uint64_t duel_length(const struct duel *d, const void *before)
{
	struct lane lane;
	struct scene s = {.actor = {.path = arena_path, .lane = &lane},
			  .stage = stage,
			  .call = find_call(d->call),
			  .second = d->second};
	pid_t pid = scene_start(&s), tid = first_seize(pid);
	bool there = first_run_to(tid, d->after);
	uint64_t steps = there && before ? first_step_to(tid, before) : 0;

	while (there && !before && first_step(tid, 1))
		steps++;
	kill(pid, SIGKILL);
	while (waitpid(tid, NULL, __WALL) > 0 || waitpid(pid, NULL, __WALL) > 0)
		;
	return steps;
}

static void window_duel(const struct window *w)
{
	unsigned every = w->instructions > 8 && !how.all ? 4 : 1;
	unsigned first = (unsigned)(check_random(&chance) % every);
	uint64_t end = duel_length(&w->duel, w->before);

	every *= w->stride + !w->stride;
	if (!end)
		FAIL("%s never comes to the window of %s", w->duel.call, w->duel.name);
	for (unsigned i = first; i < w->instructions && i < end; i += every)
		(void)duel_at(&w->duel, end - i);
	printf("  %s / %s: one in %u of %u instructions to %llu\n", w->duel.call, w->duel.name,
	       every, w->instructions, (unsigned long long)end);
}

static const struct window windows[] = {
	/* between the check of the handle and the search for its queue */
	{{"url", "close", second_close, true, 0, NULL}, hw__queue_get, 3, 0},
	{{"finish", "close", second_close, true, 0, NULL}, hw__queue_get, 3, 0},
	/* between the check of a child's inherited handle and its binding */
	{{"inherited message", "close", second_close, true, 0, hw__revision_copy},
	 hw__process_lock,
	 3,
	 0},
	/* after a handle was returned, no other record gets its slot */
	{{"resume and use", "reap and reuse", second_expire, false, 0, hw__revision_copy},
	 headway_status,
	 2,
	 0},
	/* between finding a free block and taking it */
	{{"start", "open, message, which takes one too", second_open, false, 0, hw__chunk_take},
	 hw__publish_write,
	 120,
	 4},
	/* between freeing a slot and freeing its chunks, which anybody may do */
	{{"remove", "reap", second_reap, false, 0, hw__slot_retire}, hw__chunk_free, 1, 0},
	/* between looking up the arena and reading it */
	{{"read of either", "follow", second_follow, false, 0, headway_read},
	 hw__revision_copy,
	 2,
	 0},
	/* between the load of the word and those of the id tail and the content */
	{{"each", "reuse", second_reuse, false, 0, hw__snapshot_read}, hw__revision_copy, 48, 0},
	{{"read", "reuse", second_reuse, false, 0, hw__snapshot_read}, hw__revision_copy, 8, 0},
	/* between the comparison of the shape and that of the version */
	{{"read again", "updates", second_pairs, false, 0, hw__snapshot_read},
	 hw__owner_alive_noted,
	 260,
	 1},
};

static const struct duel duels[] = {
	{"message", "close", second_close, true, 150, NULL},
	{"message into extents", "close", second_close, true, 0, NULL},
	{"url", "close", second_close, true, 250, NULL},
	{"finish", "close", second_close, true, 0, NULL},
	{"release", "close", second_close, true, 100, NULL},
	{"inherited message", "close", second_close, true, 2000, hw__revision_copy},
	{"inherited message", "message", second_message, false, 2000, hw__revision_copy},
	{"message", "message", second_message, false, 200, NULL},
	{"message out of extents", "message", second_message, false, 900, NULL},
	{"message", "fork", second_fork, false, 250, NULL},
	{"start", "fork", second_fork, false, 900, NULL},
	{"resume", "fork", second_fork, false, 800, NULL},
	{"message", "open, resume, message, close", second_open, false, 250, NULL},
	{"start", "open, resume, message, close", second_open, false, 1200, NULL},
	{"each", "reuse", second_reuse, false, 0, NULL},
	{"read", "reuse", second_reuse, false, 1200, NULL},
	{"read of either", "follow", second_follow, false, 0, NULL},
	{"read of a long text", "updates", second_updates, false, 500, hw__revision_copy},
	{"read again", "updates", second_pairs, false, 100, NULL},
	{"resume and use", "reap and reuse", second_expire, false, 1200, hw__revision_copy},
	{"finish", "reap", second_reap, false, 0, NULL},
	{"start", "reap", second_reap, false, 1200, NULL},
};

static bool is_chosen(const struct duel *d)
{
	return !how.only || strstr(d->name, how.only) || strstr(d->call, how.only);
}

/* Average distance of the stops over the whole call. */
static unsigned mean_long(uint64_t length)
{
	uint64_t sample = how.sample ? how.sample : STEPS_LONG / (length / 2 + STEPS_START);

	return how.everything || length < sample || !sample ? 1 : (unsigned)(length / sample);
}

static void duel_all(const struct duel *duel)
{
	struct duel d = *duel;
	uint64_t n = how.from, before = runs;

	if (how.all) {
		uint64_t length;

		d.after = NULL;
		length = duel_length(&d, NULL);
		d.mean = mean_long(length);
		stops_of += length;
	} else if (!how.only) {
		d.mean *= 3;
	}
	while (duel_at(&d, n))
		n += 1 + check_random(&chance) % (2 * d.mean - 1);
	stops += runs - before;
	printf("  %s / %s: %llu stops in %llu instructions\n", d.call, d.name,
	       (unsigned long long)(runs - before), (unsigned long long)n);
}

int main(int argc, char **argv)
{
	uint64_t turn;

	how = options_read(argc, argv);
	chance = how.seed;
	check_begin(how.all ? 3000 : 100);
	arena_path = check_path("threads");
	calls_texts();
	stage = (void *)lane_make();
	printf("seed %#llx\n", (unsigned long long)how.seed);
	for (size_t i = 0; i < sizeof windows / sizeof *windows; i++)
		if (is_chosen(&windows[i].duel))
			window_duel(&windows[i]);
	turn = check_random(&chance);
	for (size_t i = 0; i < sizeof duels / sizeof *duels; i++)
		if (is_chosen(&duels[i]) &&
		    (how.all || (duels[i].mean && (how.only || (turn + i) % 2))))
			duel_all(&duels[i]);
	if (how.all)
		printf("covered: %llu of %llu instructions, and each of the windows\n",
		       (unsigned long long)stops, (unsigned long long)stops_of);
	printf("RESULT threads runs=%llu instructions=%llu findings=%u\n", (unsigned long long)runs,
	       (unsigned long long)instructions, check_failures);
	return check_end();
}
