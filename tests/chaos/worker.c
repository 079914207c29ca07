/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker.h"

#include "kit/processes.h"

enum { HANDS = 3, THREADS_MOST = 4, THREAD_OPS = 600 };

/* Each thread has an arena handle of its own; all threads share one more. */
struct thread {
	struct worker *worker;
	uint64_t random, seq;
	struct headway_arena *arena;
	struct hand hand[HANDS];
	bool inherited; /* this process is a forked child that inherited it */
	struct headway_snapshot *snapshot;
	char text[CHAOS_TEXT + 64], json[CHAOS_TEXT + 64];
};

static uint64_t chance_of(struct thread *t, uint64_t n)
{
	return check_random(&t->random) % n;
}

struct headway_arena *worker_open(const char *path, bool make)
{
	struct headway_options options = {.size = sizeof options,
					  .flags = make ? HEADWAY_CREATE : HEADWAY_EXISTING,
					  .slots = 40,
					  .members = 32,
					  .ttl_seconds = 1,
					  .error_ttl_seconds = 1,
					  .bytes = 480 << 10};
	struct headway_arena *arena = NULL;
	int error = headway_open(path, &options, &arena);

	if (error && error != -EUSERS && error != -ENOENT && error != -ESTALE)
		finding_send(0, "headway_open says %s", headway_strerror(error));
	return arena;
}

/* Reports an error that is not one of those allowed. */
static void expect(const struct hand *h, const char *call, int result, const int *allowed)
{
	for (; result < 0 && *allowed; allowed++)
		if (result == *allowed)
			return;
	if (result < 0)
		finding_send(h ? h->token : 0, "%s says %s", call, headway_strerror(result));
}

#define MAY(...) ((const int[]){__VA_ARGS__, 0})

/* ---- the writer's calls ---------------------------------------------------------------------- */

static void board_put(struct thread *t, const struct headway_id *id)
{
	uint64_t words[2], at = chance_of(t, BOARD);

	memcpy(words, id, sizeof words);
	__atomic_store_n(&t->worker->board->id[at][0], words[0], __ATOMIC_RELAXED);
	__atomic_store_n(&t->worker->board->id[at][1], words[1], __ATOMIC_RELAXED);
}

static struct headway_id board_get(struct thread *t)
{
	uint64_t words[2], at = chance_of(t, BOARD);
	struct headway_id id;

	words[0] = __atomic_load_n(&t->worker->board->id[at][0], __ATOMIC_RELAXED);
	words[1] = __atomic_load_n(&t->worker->board->id[at][1], __ATOMIC_RELAXED);
	memcpy(&id, words, sizeof words);
	return id;
}

static size_t some_length(struct thread *t)
{
	uint64_t kind = chance_of(t, 16);

	return (size_t)(kind == 0 ? chance_of(t, CHAOS_TEXT) : chance_of(t, kind < 4 ? 300 : 20));
}

static void do_start(struct thread *t, struct headway_arena *arena, struct hand *h)
{
	static const char *const names[] = {"errors", NULL};
	uint64_t token = check_random(&t->random) | 1, bits = check_random(&t->random);
	struct headway_spec spec = {.size = sizeof spec, .total = token, .counters = names};
	struct event e = {.token = token};

	e.flags = (bits & 1 ? IS_DETACHED : 0) | (bits & 14 ? 0 : IS_SETTER);
	spec.flags = bits & 1 ? HEADWAY_DETACHED : 0;
	if (!(bits & 0x30) && !(e.flags & IS_SETTER))
		spec.flags |= HEADWAY_STRIPED;
	if (!(bits & 0xf00) && !(bits & 1))
		spec.owner_pid = (uint32_t)getpid();
	spec.unit = e.flags & IS_SETTER ? "set" : "";
	spec.name = chaos_text(t->text, token, 0, bits & 0xf000 ? 3 : some_length(t));
	e.told = STARTING;
	event_send(&e);
	e.told = STARTED;
	e.result = headway_start(arena, &spec, &h->record);
	expect(NULL, "start", e.result, MAY(-ENOSPC, -ESTALE, -EUSERS));
	if (e.result)
		h->record = NULL;
	else
		(void)headway_get_id(h->record, &e.id);
	event_send(&e);
	h->token = token;
	h->id = e.id;
	h->setter = e.flags & IS_SETTER;
	if (!e.result)
		board_put(t, &h->id);
}

static void do_resume(struct thread *t, struct headway_arena *arena, struct hand *h)
{
	struct headway_id id = board_get(t);
	int error = headway_resume(arena, &id, &h->record);

	expect(NULL, "resume", error, MAY(-ENOENT, -ESTALE, -EUSERS, -EAGAIN));
	if (error) {
		h->record = NULL;
		return;
	}
	if (headway_read(arena, &id, &t->snapshot) != 0) { /* replaced meanwhile */
		headway_release(h->record);
		h->record = NULL;
		return;
	}
	h->id = id;
	h->token = snapshot_token(t->snapshot);
	h->setter = strcmp(t->snapshot->unit, "set") == 0;
}

static int change_once(struct thread *t, const struct hand *h)
{
	static const char *const keys[] = {"k0", "k1", "k2", "k3"};
	struct headway_message pair[2] = {{"p1", t->text}, {"p2", t->text}};
	size_t length = some_length(t);

	(void)chaos_text(t->text, h->token, ++t->seq, length);
	switch (chance_of(t, 8)) {
	case 0:
	case 3:
		return headway_update(h->record, pair, 2);
	case 1:
		length = (size_t)snprintf(t->json, sizeof t->json, "\"%s\"", t->text);
		return headway_results(h->record, t->json, length);
	case 2:
		return headway_url(h->record, t->text);
	default:
		return headway_message(h->record, keys[chance_of(t, 4)], t->text);
	}
}

static void do_change(struct thread *t, const struct hand *h)
{
	struct event e = {.told = CHANGING, .token = h->token};

	event_send(&e);
	e.told = CHANGED;
	e.result = change_once(t, h);
	expect(h, "a change", e.result, MAY(-EALREADY, -ESTALE, -ENOSPC, -EUSERS));
	event_send(&e);
}

static void do_add(struct thread *t, const struct hand *h)
{
	struct event e = {.told = ADDING,
			  .token = h->token,
			  .amount = 1 + chance_of(t, 9),
			  .counter = (uint32_t)chance_of(t, 2)};

	if (h->setter)
		e.counter = 1;
	event_send(&e);
	e.told = ADDED;
	e.result = e.counter ? headway_counter_add(h->record, 0, e.amount)
			     : headway_add(h->record, e.amount);
	expect(h, "add", e.result, MAY(-EALREADY, -ESTALE, -EUSERS));
	event_send(&e);
	if (h->setter)
		(void)headway_set(h->record, h->token ^ chance_of(t, 256));
	if (chance_of(t, 8) == 0)
		(void)headway_set_total(h->record, h->token);
}

static void do_end(struct thread *t, const struct hand *h)
{
	struct event e = {.told = ENDING, .token = h->token, .status = HEADWAY_FINISHED};
	size_t length;

	(void)chaos_text(t->text, h->token, ++t->seq, some_length(t));
	length = (size_t)snprintf(t->json, sizeof t->json, "\"%s\"", t->text);
	switch (chance_of(t, 3)) {
	case 0:
		event_send(&e);
		e.result = headway_finish(h->record);
		break;
	case 1:
		event_send(&e);
		e.result = headway_finish_with_results(h->record, t->json, length);
		break;
	default:
		e.status = HEADWAY_ERROR;
		event_send(&e);
		e.result = headway_error(h->record, t->text);
	}
	e.told = ENDED;
	expect(h, "an end", e.result, MAY(-EALREADY, -ESTALE, -ENOSPC, -EUSERS));
	event_send(&e);
}

static void do_remove(struct thread *t, struct headway_arena *arena)
{
	struct headway_id id = board_get(t);
	struct event e = {.told = ENDING, .pid = (uint32_t)getpid()};
	int error = headway_read(arena, &id, &t->snapshot);

	if (error || (e.token = snapshot_token(t->snapshot)) == 0)
		return;
	event_send(&e);
	e.told = ENDED;
	e.result = headway_remove(arena, &id);
	expect(NULL, "remove", e.result, MAY(-EBUSY, -ESTALE, -ENOENT, -ENOSPC, -EUSERS, -EAGAIN));
	event_send(&e);
}

static void do_status(const struct thread *t, const struct hand *h)
{
	int status = headway_status(h->record);

	if (status > 0 || (t->inherited && (status == -ESTALE || status == -EUSERS)))
		return;
	finding_send(h->token, "status of an open handle says %s", headway_strerror(status));
}

/* ---- the reader's calls ---------------------------------------------------------------------- */

static int look_at(const struct headway_snapshot *s, void *argument)
{
	struct thread *t = argument;
	const char *fault = snapshot_fault(s);
	uint64_t token = snapshot_token(s);

	if (fault)
		finding_send(token, "a reader finds that %s (%s)", fault, s->name);
	if (s->done && strcmp(s->unit, "set") == 0 && s->done >> 8 != token >> 8)
		finding_send(token, "its counter is another's: %llx", (unsigned long long)s->done);
	(void)headway_json_full(s, t->json, sizeof t->json);
	return 0;
}

static void do_read(struct thread *t, struct headway_arena *arena)
{
	struct headway_reap_report reaped = {.size = sizeof reaped};
	struct headway_fsck_report report = {.size = sizeof report};
	struct headway_info info = {.size = sizeof info};
	struct headway_id id = board_get(t);
	int error = 0;

	switch (chance_of(t, 12)) {
	case 0:
		error = headway_each(arena, look_at, t);
		break;
	case 1:
		error = headway_fsck(arena, &report);
		if (report.leaked || report.damaged)
			finding_send(0, "fsck in use: leaked %llu damaged %llu: %s",
				     (unsigned long long)report.leaked,
				     (unsigned long long)report.damaged, report.first);
		break;
	case 2:
		error = headway_reap(arena, NULL, &reaped);
		break;
	case 3:
		error = headway_info(arena, &info);
		break;
	case 4:
		error = headway_wait(arena, &id, 0);
		break;
	default:
		error = headway_read(arena, &id, &t->snapshot);
		if (!error && memcmp(&t->snapshot->id, &id, sizeof id) != 0)
			finding_send(0, "a record answers to another's id");
		if (!error)
			(void)look_at(t->snapshot, t);
	}
	expect(NULL, "a reader's call", error, MAY(-ENOENT, -ESTALE, -EAGAIN, -EUSERS, -ETIMEDOUT));
}

/* ---- threads --------------------------------------------------------------------------------- */

static void do_hand(struct thread *t, struct headway_arena *arena, struct hand *h)
{
	uint64_t what = chance_of(t, 100);

	if (!h->record) {
		if (what < 50)
			do_start(t, arena, h);
		else
			do_resume(t, arena, h);
	} else if (what < 45) {
		do_change(t, h);
	} else if (what < 80) {
		do_add(t, h);
	} else if (what < 86) {
		do_end(t, h);
	} else if (what < 92) {
		do_status(t, h);
	} else {
		if (what < 98)
			do_end(t, h);
		headway_release(h->record);
		h->record = NULL;
	}
}

/* The handle that all threads share: it is closed while updates run, but never during an add or a
 * release. */
static void do_common(struct thread *t)
{
	struct worker *w = t->worker;
	uint64_t what = chance_of(t, 200);

	if (what == 0) {
		pthread_rwlock_wrlock(&w->add);
		headway_close(w->arena);
		w->arena = NULL;
		pthread_rwlock_unlock(&w->add);
	} else if (what < 4) {
		pthread_rwlock_wrlock(&w->use);
		pthread_rwlock_wrlock(&w->add);
		headway_release(w->common.record);
		w->common.record = NULL;
		if (!w->arena)
			w->arena = worker_open(w->path, false);
		if (w->arena)
			do_start(t, w->arena, &w->common);
		pthread_rwlock_unlock(&w->add);
		pthread_rwlock_unlock(&w->use);
	} else {
		pthread_rwlock_rdlock(&w->use);
		if (w->common.record && what < 100) {
			do_change(t, &w->common);
		} else if (w->common.record && what < 106) {
			do_end(t, &w->common);
		} else if (w->common.record) {
			pthread_rwlock_rdlock(&w->add);
			do_add(t, &w->common);
			pthread_rwlock_unlock(&w->add);
		}
		pthread_rwlock_unlock(&w->use);
	}
}

/* A child uses the inherited handles, and ends in a random way. */
static void do_fork(struct thread *t)
{
	uint64_t *place = &t->worker->board->children[chance_of(t, BOARD)];
	uint64_t ops = chance_of(t, 60), end = chance_of(t, 4);
	pid_t me = getpid(), pid = fork();

	t->random += (uint64_t)pid;
	if (pid)
		return;
	die_with_parent(me);
	signal(SIGALRM, SIG_DFL);
	alarm(20);
	t->inherited = true;
	closefrom(FIRST_FREE_FD);
	__atomic_store_n(place, (uint64_t)getpid(), __ATOMIC_RELAXED);
	while (ops--) {
		if (chance_of(t, 4))
			do_hand(t, t->arena, &t->hand[chance_of(t, HANDS)]);
		else
			do_read(t, t->arena);
	}
	if (end == 0)
		headway_close(t->arena);
	if (end == 1)
		kill(getpid(), SIGKILL);
	__atomic_store_n(place, 0, __ATOMIC_RELAXED);
	_exit(0);
}

static void do_rare(struct thread *t)
{
	switch (chance_of(t, 12)) {
	case 0:
		execv("/proc/self/exe", t->worker->again);
		break;
	case 1:
	case 2:
	case 3:
		for (int i = 0; i < HANDS && chance_of(t, 2); i++) {
			headway_release(t->hand[i].record);
			t->hand[i].record = NULL;
		}
		headway_close(t->arena);
		t->arena = worker_open(t->worker->path, false);
		for (int i = 0; i < HANDS; i++) { /* handles of the old arena handle */
			headway_release(t->hand[i].record);
			t->hand[i].record = NULL;
		}
		break;
	case 4:
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		break;
	default:
		do_fork(t);
	}
}

static void *thread_body(void *argument)
{
	struct thread *t = argument;

	t->arena = worker_open(t->worker->path, false);
	for (int i = 0; i < THREAD_OPS && t->arena &&
			!__atomic_load_n(&t->worker->board->stop, __ATOMIC_RELAXED);
	     i++) {
		uint64_t what = chance_of(t, 200);

		if (what < 1)
			do_rare(t);
		else if (what < 10)
			do_remove(t, t->arena);
		else if (what < 30)
			do_read(t, t->arena);
		else if (what < 80)
			do_common(t);
		else
			do_hand(t, t->arena, &t->hand[chance_of(t, HANDS)]);
	}
	for (int i = 0; i < HANDS; i++)
		headway_release(t->hand[i].record);
	headway_close(t->arena);
	headway_snapshot_free(t->snapshot);
	free(t);
	return NULL;
}

/* -EAGAIN: another thread is in exec(), which is about to end this one. */
static void thread_begin(pthread_t *thread, struct thread *t)
{
	int error, tries = 0;

	while ((error = pthread_create(thread, NULL, thread_body, t)) == EAGAIN && ++tries < 1000)
		usleep(1000);
	NEED(error == 0);
}

void worker_run(struct worker *w)
{
	pthread_t threads[THREADS_MOST];

	pthread_rwlock_init(&w->use, NULL);
	pthread_rwlock_init(&w->add, NULL);
	while (!__atomic_load_n(&w->board->stop, __ATOMIC_RELAXED)) {
		for (unsigned i = 0; i < w->threads; i++) {
			struct thread *t = calloc(1, sizeof *t);

			NEED(t);
			t->worker = w;
			t->random = check_random(&w->seed);
			thread_begin(&threads[i], t);
		}
		for (unsigned i = 0; i < w->threads; i++)
			NEED(pthread_join(threads[i], NULL) == 0);
		closefrom(FIRST_FREE_FD); /* while no thread is opening a file */
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	headway_close(w->arena);
	headway_release(w->common.record);
}
