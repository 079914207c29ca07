/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every key is a node.  All nodes are on one list in the order of their sequence numbers, in which values
 * also expire in the bucket; so the nodes to drop are always the first.
 *
 * Two records have the same id only if an arena was copied, or if two relays write the same arena.  Then
 * every reader shows the one whose host comes first by name.
 */
#include "reader/store.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/glob.h"
#include "base/log.h"
#include "reader/view.h"
#include "shared/id_hash.h"
#include "shared/wire.h"

enum { HOST_CHAINS = 4096, SILENT_PERIODS = 3 };

struct host {
	struct host *chain;
	struct node *nodes; /* records */
	struct node *heartbeat_node;
	struct heartbeat heartbeat;
	size_t keys;
	int64_t heard_ns;   /* monotonic: when the last heartbeat was written, as far as is known */
	int64_t created_ns; /* when it was written, by a server's clock */
	bool has_heartbeat, is_alive;
	uint64_t by_status[HEADWAY_ERROR + 1];
	char name[];
};

struct node {
	struct node *older, *newer; /* by sequence number */
	struct node *chain;         /* records: of the hash of ids */
	struct node *next, **back;  /* records: of the host */
	struct host *host;
	struct item *item; /* NULL: a delete marker, or not valid */
	struct headway_id id;
	uint64_t sequence;
	unsigned round; /* the pass over the whole bucket in which it was applied last */
	bool is_record;
	bool was_hidden; /* another host's record of the same id was shown instead */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char bucket_name[WIRE_BUCKET_BYTES];
static struct node list = {.older = &list, .newer = &list}; /* .newer is the oldest */
static struct node **chains;
static size_t mask, records;
static struct host *hosts[HOST_CHAINS];
static uint64_t state, keys, highest;
static unsigned current_round;
static bool is_replay;
static int64_t newest_created_ns;
static struct store_counts counts;

void store_configure(const char *bucket)
{
	strncpy(bucket_name, bucket, sizeof(bucket_name) - 1);
	mask = 1023;
	chains = calloc(mask + 1, sizeof(struct node *));
}

/* ---- hosts --------------------------------------------------------------------------------------- */

static struct host **host_place(const char *name)
{
	size_t sum = 5381;
	struct host **at;

	for (const char *c = name; *c; c++)
		sum = sum * 33 + (unsigned char)*c;
	at = &hosts[(sum ^ sum >> 17) % HOST_CHAINS];
	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->chain;
	return at;
}

static struct host *host_of(const char *name, int64_t now)
{
	struct host **at = host_place(name), *host = *at;
	size_t size = strlen(name) + 1;

	if (host)
		return host;
	host = calloc(1, sizeof(*host) + size);
	if (!host)
		return NULL;
	memcpy(host->name, name, size);
	host->heard_ns = now;
	host->is_alive = true; /* until no heartbeat has come for three periods */
	host->heartbeat.period_ns = SECOND_NS;
	*at = host;
	counts.hosts++;
	counts.hosts_alive++;
	return host;
}

static void host_leave(struct host *host)
{
	if (--host->keys > 0)
		return;
	counts.hosts--;
	counts.hosts_alive -= host->is_alive;
	*host_place(host->name) = host->chain;
	free(host);
}

/* ---- records by id ------------------------------------------------------------------------------- */

static struct node **node_place(const struct headway_id *id, const struct host *host)
{
	struct node **at = &chains[id_hash(id) & mask];

	while (*at && ((*at)->host != host || memcmp(&(*at)->id, id, sizeof(*id)) != 0))
		at = &(*at)->chain;
	return at;
}

/* If memory is short the table keeps its size, and its chains become longer. */
static void grow(void)
{
	size_t size = (mask + 1) * 2;
	struct node **grown = calloc(size, sizeof(struct node *)), *next;

	if (!grown)
		return;
	for (size_t i = 0; i <= mask; i++) {
		for (struct node *n = chains[i]; n; n = next) {
			struct node **at = &grown[id_hash(&n->id) & (size - 1)];

			next = n->chain;
			n->chain = *at;
			*at = n;
		}
	}
	free(chains);
	chains = grown;
	mask = size - 1;
}

/* The node of the record that is shown under this id. */
static struct node *shown(const struct headway_id *id)
{
	struct node *found = NULL;

	for (struct node *n = chains[id_hash(id) & mask]; n; n = n->chain) {
		if (n->item && memcmp(&n->id, id, sizeof(*id)) == 0 &&
		    (!found || strcmp(n->host->name, found->host->name) < 0))
			found = n;
	}
	return found;
}

/* ---- nodes --------------------------------------------------------------------------------------- */

static void unlink_order(struct node *n)
{
	n->older->newer = n->newer;
	n->newer->older = n->older;
}

static void make_newest(struct node *n)
{
	n->newer = &list;
	n->older = list.older;
	n->older->newer = list.older = n;
}

static void set_item(struct node *n, struct item *item)
{
	if (n->item) {
		n->host->by_status[n->item->status]--;
		counts.records--;
		item_put(n->item);
	}
	n->item = item;
	if (item) {
		n->host->by_status[item->status]++;
		counts.records++;
	}
	state++;
}

static struct node *node_new(struct host *host, const struct headway_id *id)
{
	struct node *n = calloc(1, sizeof(*n)), **at;

	if (!n)
		return NULL;
	n->host = host;
	n->is_record = id != NULL;
	make_newest(n);
	host->keys++;
	keys++;
	if (!id) {
		host->heartbeat_node = n;
		return n;
	}
	n->id = *id;
	if (++records > mask)
		grow();
	at = node_place(id, host);
	*at = n;
	n->next = host->nodes;
	n->back = &host->nodes;
	if (n->next)
		n->next->back = &n->next;
	host->nodes = n;
	return n;
}

static void node_drop(struct node *n)
{
	struct host *host = n->host;

	unlink_order(n);
	keys--;
	if (n->is_record) {
		set_item(n, NULL);
		*node_place(&n->id, host) = n->chain;
		*n->back = n->next;
		if (n->next)
			n->next->back = n->back;
		records--;
	} else {
		host->heartbeat_node = NULL;
		state++;
	}
	free(n);
	host_leave(host);
}

/* ---- messages ------------------------------------------------------------------------------------ */

static void set_alive(struct host *host, bool is_alive)
{
	if (host->is_alive == is_alive)
		return;
	host->is_alive = is_alive;
	counts.hosts_alive += is_alive ? 1 : -1ull;
	state++;
	for (struct node *n = host->nodes; n; n = n->next) {
		struct item *item = n->item ? item_copy(n->item, is_alive) : NULL;

		if (item)
			set_item(n, item);
	}
}

static void tell_invalid(const char *subject, int64_t now)
{
	static int64_t told_ns;

	counts.invalid++;
	if (told_ns && now - told_ns < 60 * SECOND_NS)
		return;
	told_ns = now;
	log_warning("the bucket's value of %.300s is not what a relay writes", subject);
}

static void apply_record(struct node *n, const struct store_message *m, int64_t now)
{
	struct item *item = NULL;

	if (!m->is_mark) {
		item = view_item(m->data, m->length, &n->id, n->host->name, n->host->is_alive);
		if (!item)
			tell_invalid(m->subject, now);
	}
	set_item(n, item);
}

static void apply_heartbeat(struct node *n, const struct store_message *m, int64_t now)
{
	struct host *host = n->host;
	struct heartbeat heartbeat;

	if (m->is_mark)
		return;
	if (!wire_heartbeat_parse(m->data, m->length, &heartbeat) ||
	    strcmp(heartbeat.host, host->name) != 0) {
		tell_invalid(m->subject, now);
		return;
	}
	host->heartbeat = heartbeat;
	host->heard_ns = now;
	host->created_ns = m->created_ns;
	host->has_heartbeat = true;
	if (!is_replay)
		set_alive(host, true);
}

static struct node *node_of(const struct store_message *m, int64_t now)
{
	char name[WIRE_HOST_BYTES];
	struct headway_id id;
	struct host *host;
	struct node *n;
	bool is_record;

	if (!wire_key(m->subject, bucket_name, name, &id, &is_record)) {
		tell_invalid(m->subject, now);
		return NULL;
	}
	host = host_of(name, now);
	if (!host)
		return NULL;
	n = is_record ? *node_place(&id, host) : host->heartbeat_node;
	if (n) {
		unlink_order(n);
		make_newest(n);
		return n;
	}
	n = node_new(host, is_record ? &id : NULL);
	if (!n && host->keys == 0) {
		host->keys = 1;
		host_leave(host);
	}
	return n;
}

void store_apply(const struct store_message *m, int64_t now)
{
	struct node *n;

	pthread_mutex_lock(&lock);
	counts.messages++;
	if (m->sequence > highest)
		highest = m->sequence;
	if (m->created_ns > newest_created_ns)
		newest_created_ns = m->created_ns;
	n = node_of(m, now);
	if (n) {
		n->sequence = m->sequence;
		n->round = current_round;
		if (n->is_record)
			apply_record(n, m, now);
		else
			apply_heartbeat(n, m, now);
	}
	pthread_mutex_unlock(&lock);
}

void store_check_hosts(int64_t now)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < HOST_CHAINS && !is_replay; i++) {
		for (struct host *host = hosts[i]; host; host = host->chain) {
			int64_t most = SILENT_PERIODS * host->heartbeat.period_ns;

			if (now - host->heard_ns > most)
				set_alive(host, false);
		}
	}
	pthread_mutex_unlock(&lock);
}

void store_drop_older(uint64_t sequence)
{
	pthread_mutex_lock(&lock);
	while (list.newer != &list && list.newer->sequence < sequence)
		node_drop(list.newer);
	pthread_mutex_unlock(&lock);
}

void store_begin_all(void)
{
	pthread_mutex_lock(&lock);
	current_round++;
	is_replay = true;
	highest = 0;
	newest_created_ns = 0;
	counts.resyncs++;
	pthread_mutex_unlock(&lock);
}

/* Heartbeats that were applied with the whole bucket may be old.  Their age is the time to the newest
 * message, both by the servers' clocks. */
void store_end_all(int64_t now)
{
	pthread_mutex_lock(&lock);
	is_replay = false;
	while (list.newer != &list && list.newer->round != current_round)
		node_drop(list.newer);
	for (size_t i = 0; i < HOST_CHAINS; i++) {
		for (struct host *host = hosts[i]; host; host = host->chain) {
			int64_t age = newest_created_ns - host->created_ns;

			if (!host->has_heartbeat)
				continue;
			host->heard_ns -= age > 0 ? age : 0;
			set_alive(host, now - host->heard_ns <=
						SILENT_PERIODS * host->heartbeat.period_ns);
		}
	}
	state++;
	pthread_mutex_unlock(&lock);
}

uint64_t store_keys(void)
{
	uint64_t number;

	pthread_mutex_lock(&lock);
	number = keys;
	pthread_mutex_unlock(&lock);
	return number;
}

uint64_t store_last_sequence(void)
{
	uint64_t number;

	pthread_mutex_lock(&lock);
	number = highest;
	pthread_mutex_unlock(&lock);
	return number;
}

/* ---- readers ------------------------------------------------------------------------------------- */

uint64_t store_state(void)
{
	uint64_t number;

	pthread_mutex_lock(&lock);
	/* The second is a part of it, since elapsed times change without a message. */
	number = state << 32 | (uint32_t)(now_ns() / SECOND_NS);
	pthread_mutex_unlock(&lock);
	return number;
}

/* The text of a running record contains its elapsed time, so it is made anew once a second. */
static bool is_stale(const struct item *item, int64_t now)
{
	return item->status == HEADWAY_RUNNING && item->host_alive &&
	       now - item->serialized_ns >= SECOND_NS;
}

/* Make an item anew when it is out of date, or was hidden: lists that are still being read may have linked
 * the old one at its former place.  false: no memory. */
static bool bring_up_to_date(struct node *n, int64_t now)
{
	struct item *item = NULL;

	if (n->was_hidden || is_stale(n->item, now))
		item = item_copy(n->item, n->item->host_alive);
	if (n->was_hidden && !item)
		return false;
	if (item) {
		item_put(n->item);
		n->item = item;
		n->was_hidden = false;
	}
	return true;
}

void store_each(bool (*fn)(struct item *, void *), void *argument)
{
	bool goes_on = true;
	int64_t now = now_ns();

	pthread_mutex_lock(&lock);
	counts.hidden = 0;
	for (size_t i = 0; i <= mask && goes_on; i++) {
		for (struct node *n = chains[i]; n && goes_on; n = n->chain) {
			if (!n->item)
				continue;
			if (n != shown(&n->id)) {
				n->was_hidden = true;
				counts.hidden++;
			} else if (bring_up_to_date(n, now)) {
				goes_on = fn(n->item, argument);
			}
		}
	}
	pthread_mutex_unlock(&lock);
}

struct item *store_find(const struct headway_id *id)
{
	struct item *item = NULL;
	struct node *n;

	pthread_mutex_lock(&lock);
	n = shown(id);
	if (n) {
		if (is_stale(n->item, now_ns()))
			item = item_copy(n->item, n->item->host_alive);
		if (!item) {
			item = n->item;
			item_get(item);
		}
	}
	pthread_mutex_unlock(&lock);
	return item;
}

void store_counts(struct store_counts *out)
{
	pthread_mutex_lock(&lock);
	*out = counts;
	pthread_mutex_unlock(&lock);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp((*(struct host *const *)a)->name, (*(struct host *const *)b)->name);
}

/* All hosts, sorted by name; the caller has the lock, and frees the array. */
static struct host **sorted(size_t *count)
{
	struct host **all = malloc((counts.hosts + 1) * sizeof(struct host *));

	*count = 0;
	for (size_t i = 0; i < HOST_CHAINS && all; i++) {
		for (struct host *host = hosts[i]; host; host = host->chain)
			all[(*count)++] = host;
	}
	if (all)
		qsort(all, *count, sizeof(*all), compare_names);
	return all;
}

void store_each_host(void (*fn)(const struct store_host *, void *), void *argument, size_t most,
		     const char *pattern)
{
	int64_t now = now_ns();
	struct host **all;
	size_t count;

	pthread_mutex_lock(&lock);
	all = sorted(&count);
	for (size_t i = 0; i < count && most > 0; i++) {
		const struct host *host = all[i];

		if (pattern && !glob_match(pattern, host->name))
			continue;
		fn(&(const struct store_host){.name = host->name,
					      .is_alive = host->is_alive,
					      .silent_ns = now - host->heard_ns,
					      .running = host->by_status[HEADWAY_RUNNING],
					      .finished = host->by_status[HEADWAY_FINISHED],
					      .errors = host->by_status[HEADWAY_ERROR]},
		   argument);
		most--;
	}
	pthread_mutex_unlock(&lock);
	free(all);
}

static void put_host(const struct store_host *host, void *argument)
{
	struct text *text = argument;

	text_put(text, text->length > 1 ? ",\n{\"host\":" : "{\"host\":");
	text_json(text, host->name);
	text_format(text,
		    ",\"alive\":%s,\"silent_seconds\":%.3f,\"running\":%" PRIu64
		    ",\"finished\":%" PRIu64 ",\"errors\":%" PRIu64 "}",
		    host->is_alive ? "true" : "false",
		    (double)(host->silent_ns > 0 ? host->silent_ns : 0) / SECOND_NS, host->running,
		    host->finished, host->errors);
}

void store_hosts(struct text *text, const char *pattern)
{
	text_put(text, "[");
	store_each_host(put_host, text, SIZE_MAX, pattern);
	text_put(text, "]\n");
}

void store_free(void)
{
	store_drop_older(UINT64_MAX);
	free(chains);
	chains = NULL;
}
