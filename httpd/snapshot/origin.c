/* SPDX-License-Identifier: BSD-3-Clause */
#include "snapshot/origin.h"

#include <errno.h>
#include <pthread.h>

#include "snapshot/fingerprint.h"
#include "snapshot/source.h"

const struct fleet *origin_fleet;

/* A snapshot's memory, used again by every request of a server thread. */
static __thread struct headway_snapshot *scratch;
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void scratch_free(void *unused)
{
	(void)unused;
	headway_snapshot_free(scratch);
	scratch = NULL;
}

static void scratch_make_key(void)
{
	pthread_key_create(&scratch_key, scratch_free);
}

static int read_into_scratch(struct source *source, const struct headway_id *id)
{
	if (!scratch) {
		pthread_once(&scratch_once, scratch_make_key);
		pthread_setspecific(scratch_key,
				    &scratch_key); /* not NULL, so that scratch_free() is called */
	}
	return source_read(source, id, &scratch);
}

/*
 * Before it is said that there is none, the arena is looked up again: another may have taken its place a
 * moment ago.
 */
static int find_in_arena(const struct headway_id *id, int *error)
{
	struct source *source = source_get(error), *again;
	int rc = source ? read_into_scratch(source, id) : -ENOENT;

	if (rc == -ENOENT || rc == -ESTALE) {
		again = source_look(error);
		if (again && again != source)
			rc = read_into_scratch(again, id);
		if (source)
			source_put(source);
		source = again;
	}
	if (!source)
		return 1;
	source_put(source);
	return rc;
}

static int read_arena(const struct headway_id *id, struct reading *r, int *error)
{
	int rc = find_in_arena(id, error);

	if (rc != 0)
		return rc;
	*r = (struct reading){.id = scratch->id,
			      .status = scratch->status,
			      .lost = scratch->lost,
			      .version = scratch->version,
			      .fingerprint = snapshot_fingerprint(scratch),
			      .started_ns = scratch->started_ns,
			      .snapshot = scratch};
	return 0;
}

static int read_fleet(const struct headway_id *id, struct reading *r, int *error)
{
	struct item *item;

	*error = origin_fleet->error();
	if (*error < 0)
		return 1;
	item = origin_fleet->find(id);
	if (!item)
		return -ENOENT;
	*r = (struct reading){.id = item->id,
			      .status = item->status,
			      .lost = item->lost,
			      .version = item->version,
			      .fingerprint = item->fingerprint,
			      .started_ns = item->started_ns,
			      .item = item};
	return 0;
}

int origin_read(const struct headway_id *id, struct reading *r, int *error)
{
	return origin_fleet ? read_fleet(id, r, error) : read_arena(id, r, error);
}

void origin_done(struct reading *r)
{
	if (r->item)
		item_put(r->item);
	r->item = NULL;
}

int origin_error(void)
{
	struct source *source;
	int error = 0;

	if (origin_fleet)
		return origin_fleet->error();
	source = source_get(&error);
	if (!source)
		source = source_look(&error);
	if (!source)
		return error;
	source_put(source);
	return 0;
}

const char *origin_missing(void)
{
	return origin_fleet ? "the fleet was not read yet" : "no arena to read";
}

const char *origin_strerror(int error)
{
	return origin_fleet ? origin_fleet->describe(error) : source_strerror(error);
}
