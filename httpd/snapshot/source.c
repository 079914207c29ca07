/* SPDX-License-Identifier: BSD-3-Clause */
/* refresh() publishes `current` with `refreshing` locked; readers take a reference inside a
 * section. No section is open across a call of the library: the library waits for grace periods of
 * the same flavor when it follows a replaced arena. */
#include "snapshot/source.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <urcu/uatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "snapshot/sigbus.h"

static const char *arena_name;
static const char *fixed_base;
static struct source *current;
static pthread_mutex_t refreshing = PTHREAD_MUTEX_INITIALIZER;
/* time of the next check of the file; written with refreshing locked */
static int64_t next_check_ns;
/* a negative errno if current is NULL; written with refreshing locked */
static int open_error;

/* The base path of the last arena that was opened; it stays when the arena is removed. */
struct base {
	struct rcu_head rcu;
	char path[BASE_PATH_BYTES];
};

static struct base *base;

#define DEFAULT_BASE "/_/status/"

void source_configure(const char *arena, const char *base_path)
{
	arena_name = arena;
	fixed_base = base_path;
}

static void source_free(struct rcu_head *head)
{
	free(caa_container_of(head, struct source, rcu));
}

static void source_release(struct urcu_ref *ref)
{
	struct source *source = caa_container_of(ref, struct source, ref);

	headway_close(source->arena);
	call_rcu(&source->rcu, source_free);
}

void source_put(struct source *source)
{
	urcu_ref_put(&source->ref, source_release);
}

static struct source *source_take(void)
{
	struct source *source;

	rcu_read_lock();
	source = rcu_dereference(current);
	if (source && !urcu_ref_get_unless_zero(&source->ref))
		source = NULL;
	rcu_read_unlock();
	return source;
}

static void base_free(struct rcu_head *head)
{
	free(caa_container_of(head, struct base, rcu));
}

/* NULL: no base path. */
static void base_set(const char *path)
{
	struct base *old, *next = NULL;

	if (path && base && strcmp(base->path, path) == 0)
		return;
	if (path) {
		next = calloc(1, sizeof(*next));
		if (!next)
			return;
		snprintf(next->path, sizeof(next->path), "%s", path);
	}
	old = rcu_xchg_pointer(&base, next);
	if (old)
		call_rcu(&old->rcu, base_free);
}

static int source_describe(struct source *source)
{
	struct headway_info info = {.size = sizeof(info)};
	struct stat st;
	int rc;

	sigbus_guard_begin();
	rc = headway_info(source->arena, &info);
	if (sigbus_guard_end())
		return -EBADMSG;
	if (rc < 0)
		return rc;
	if (stat(info.path, &st) != 0)
		return -errno;
	memcpy(source->path, info.path, sizeof(source->path));
	source->device = st.st_dev;
	source->inode = st.st_ino;
	base_set(info.base_path);
	return 0;
}

static int source_open(struct source **out)
{
	struct headway_options how = {.size = sizeof(how), .flags = HEADWAY_READ_ONLY};
	struct source *source = calloc(1, sizeof(*source));
	int rc;

	if (!source)
		return -ENOMEM;
	sigbus_guard_begin();
	rc = headway_open(arena_name, &how, &source->arena);
	if (sigbus_guard_end() && rc == 0) {
		headway_close(source->arena);
		rc = -EBADMSG;
	}
	if (rc == 0) {
		rc = source_describe(source);
		if (rc < 0)
			headway_close(source->arena);
	}
	if (rc < 0) {
		free(source);
		return rc;
	}
	urcu_ref_init(&source->ref);
	*out = source;
	return 0;
}

/* True if the path still belongs to the opened file. */
static bool source_is_there(const struct source *source)
{
	struct stat st;

	return stat(source->path, &st) == 0 && st.st_ino == source->inode &&
	       st.st_dev == source->device;
}

static void publish(struct source *source)
{
	struct source *old = rcu_xchg_pointer(&current, source);

	if (old)
		source_put(old);
}

/* Keeps the arena, or opens the file that replaced it, or stores the error. */
static void refresh(void)
{
	struct source *source = NULL;
	int error;

	CMM_STORE_SHARED(next_check_ns, now_ns() + SECOND_NS / 4);
	if (current && source_is_there(current))
		return;
	error = source_open(&source);
	if (source)
		log_line("reading the arena %s", source->path);
	else if (error != open_error)
		log_warning("no arena to read: %s", source_strerror(error));
	CMM_STORE_SHARED(open_error, error);
	publish(source);
}

/* At most four times a second, by one thread; the others do not wait. */
static void refresh_if_due(void)
{
	if (now_ns() < CMM_LOAD_SHARED(next_check_ns) || pthread_mutex_trylock(&refreshing) != 0)
		return;
	refresh();
	pthread_mutex_unlock(&refreshing);
}

static struct source *source_or_error(int *error)
{
	struct source *source = source_take();

	*error = source ? 0 : CMM_LOAD_SHARED(open_error);
	if (!source && *error == 0)
		*error = -EAGAIN;
	return source;
}

struct source *source_get(int *error)
{
	refresh_if_due();
	return source_or_error(error);
}

struct source *source_look(int *error)
{
	pthread_mutex_lock(&refreshing);
	refresh();
	pthread_mutex_unlock(&refreshing);
	return source_or_error(error);
}

size_t source_base_path(char path[BASE_PATH_BYTES])
{
	const struct base *seen;
	int length;

	if (!fixed_base)
		refresh_if_due();
	rcu_read_lock();
	seen = rcu_dereference(base);
	length = snprintf(path, BASE_PATH_BYTES, "%s",
			  fixed_base ? fixed_base
			  : seen     ? seen->path
				     : DEFAULT_BASE);
	rcu_read_unlock();
	return (size_t)length;
}

/* Drops a damaged arena, so that the next request opens the file again. */
static void source_mark_damaged(struct source *source)
{
	pthread_mutex_lock(&refreshing);
	if (current == source) {
		log_warning("no arena to read: %s is damaged or was truncated", source->path);
		CMM_STORE_SHARED(open_error, -EBADMSG);
		publish(NULL);
	}
	pthread_mutex_unlock(&refreshing);
}

static int source_result(struct source *source, bool faulted, int rc)
{
	if (!faulted)
		return rc;
	source_mark_damaged(source);
	return -EBADMSG;
}

int source_read(struct source *source, const struct headway_id *id,
		struct headway_snapshot **snapshot)
{
	int rc;

	sigbus_guard_begin();
	rc = headway_read(source->arena, id, snapshot);
	return source_result(source, sigbus_guard_end(), rc);
}

int source_each(struct source *source, int (*fn)(const struct headway_snapshot *, void *),
		void *argument)
{
	int rc;

	sigbus_guard_begin();
	rc = headway_each(source->arena, fn, argument);
	return source_result(source, sigbus_guard_end(), rc);
}

int source_info(struct source *source, struct headway_info *info)
{
	int rc;

	sigbus_guard_begin();
	rc = headway_info(source->arena, info);
	return source_result(source, sigbus_guard_end(), rc);
}

const char *source_strerror(int error)
{
	switch (error) {
	case -ENOENT:
		return "there is none yet";
	case -EACCES:
		return "permission to read the arena is denied, or its owner is not trusted";
	case -EPROTO:
		return "the file is not an arena";
	case -ENOTSUP:
		return "the arena has another layout version";
	case -EBADMSG:
		return "the arena is damaged or truncated";
	case -ESTALE:
		return "the arena is left over from before the last boot";
	default:
		return headway_strerror(error);
	}
}

void source_close(void)
{
	publish(NULL);
	base_set(NULL);
}
