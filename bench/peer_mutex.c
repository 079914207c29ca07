/* SPDX-License-Identifier: BSD-3-Clause */
/* A struct under a process-shared robust mutex in shared memory: the straightforward solution
 * without Headway. It keeps what a Headway record keeps: status, number and time of changes,
 * messages. */
#include "peers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

struct mutex_record {
	pthread_mutex_t lock;
	int status;
	uint64_t version, changed_ns;
	size_t count;
	struct {
		char key[MUTEX_KEY];
		char value[MUTEX_VALUE];
	} messages[MUTEX_MESSAGES];
};

struct mutex_writer {
	struct mutex_record *record, copy;
	unsigned next, worker;
};

void mutex_lock(struct mutex_record *r)
{
	int error = pthread_mutex_lock(&r->lock);

	if (error == EOWNERDEAD) /* the record may be half written: there is no way to know */
		pthread_mutex_consistent(&r->lock);
	else if (error)
		bench_fail("pthread_mutex_lock: %s", strerror(error));
}

void mutex_unlock(struct mutex_record *r)
{
	pthread_mutex_unlock(&r->lock);
}

static uint64_t coarse_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void set(struct mutex_record *r, const char *key, const char *value)
{
	size_t length = strlen(value), i = 0;

	if (length >= MUTEX_VALUE || strlen(key) >= MUTEX_KEY)
		bench_fail("too long for the mutex's record: %s", key);
	mutex_lock(r);
	while (i < r->count && strcmp(r->messages[i].key, key) != 0)
		i++;
	if (i == r->count) {
		strcpy(r->messages[i].key, key);
		r->count++;
	}
	memcpy(r->messages[i].value, value, length + 1);
	r->version++;
	r->changed_ns = coarse_ns();
	pthread_mutex_unlock(&r->lock);
}

struct mutex_record *mutex_record_make(void)
{
	pthread_mutexattr_t attributes;
	struct mutex_record *r = mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (r == MAP_FAILED)
		bench_fail("mmap: %s", strerror(errno));
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&r->lock, &attributes);
	r->status = HEADWAY_RUNNING;
	for (unsigned i = 0; i < SAMPLE_KEYS; i++)
		set(r, sample_updates[i].key, sample_updates[i].value);
	return r;
}

void *mutex_writer_join(void *record, unsigned worker)
{
	struct mutex_writer *w = calloc(1, sizeof *w);

	if (!w)
		bench_fail("out of memory");
	w->record = record;
	w->worker = worker;
	return w;
}

void mutex_writer_run(void *context, uint64_t count)
{
	struct mutex_writer *w = context;

	while (count--) {
		const struct headway_message *m = sample_next(&w->next);

		set(w->record, m->key, m->value);
	}
}

void mutex_reader_run(void *context, uint64_t count)
{
	struct mutex_writer *w = context;

	while (count--) {
		struct mutex_record *r = w->record;

		mutex_lock(r);
		w->copy.status = r->status;
		w->copy.version = r->version;
		w->copy.changed_ns = r->changed_ns;
		w->copy.count = r->count;
		memcpy(w->copy.messages, r->messages, r->count * sizeof *r->messages);
		pthread_mutex_unlock(&r->lock);
		bench_keep(&w->copy);
	}
}

void mutex_reader_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	const struct mutex_record *copy = &((struct mutex_writer *)context)->copy;

	(void)ops;
	if (copy->count != SAMPLE_KEYS)
		bench_fail("a copy of the mutex's record has %zu messages", copy->count);
	for (unsigned i = 0; i < SAMPLE_KEYS; i++)
		peer_verify("robust-mutex", i, copy->messages[i].value,
			    strlen(copy->messages[i].value), 0);
}

void mutex_write_beside_read_run(void *context, uint64_t count)
{
	if (((struct mutex_writer *)context)->worker)
		mutex_reader_run(context, count);
	else
		mutex_writer_run(context, count);
}

void mutex_read_beside_write_run(void *context, uint64_t count)
{
	if (((struct mutex_writer *)context)->worker)
		mutex_writer_run(context, count);
	else
		mutex_reader_run(context, count);
}

void mutex_read_beside_write_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	const uint64_t writes[BENCH_WORKERS] = {ops[1]};

	mutex_writer_check(context, writes);
}

void mutex_writer_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	const struct mutex_record *r = ((struct mutex_writer *)context)->record;
	uint64_t made = r->version - SAMPLE_KEYS;

	if (made != ops[0] && made != ops[0] + ops[1])
		bench_fail("the mutex's record counts %llu updates", (unsigned long long)made);
	for (unsigned i = 0; i < SAMPLE_KEYS && !ops[1]; i++)
		peer_verify("robust-mutex", i, r->messages[i].value, strlen(r->messages[i].value),
			    ops[0]);
}

bool peer_mutex(struct bench_side *side)
{
	*side = (struct bench_side){.name = "robust_mutex",
				    .argument = mutex_record_make(),
				    .join = mutex_writer_join,
				    .run = mutex_writer_run,
				    .check = mutex_writer_check};
	return true;
}
