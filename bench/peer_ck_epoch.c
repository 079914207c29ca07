/* SPDX-License-Identifier: BSD-3-Clause */
/* In one process: copy and update, with Concurrency Kit's ck_epoch to free the old version. */
#include "peers.h"

#if __has_include(<ck_epoch.h>)

#include "peer_copy.h"

#include <ck_epoch.h>
#include <stdlib.h>

enum { POLL_EVERY = 64 };

struct node {
	ck_epoch_entry_t entry;
	struct copy copy;
};

struct writer {
	ck_epoch_t epoch;
	ck_epoch_record_t record;
	struct node *current;
	unsigned next, calls;
};

static struct node *node_make(void)
{
	struct node *n = malloc(sizeof *n);

	if (!n)
		bench_fail("out of memory");
	return n;
}

static void node_free(ck_epoch_entry_t *entry)
{
	free((char *)entry - offsetof(struct node, entry));
}

static void *join(void *argument, unsigned worker)
{
	struct writer *w = argument;

	(void)worker;
	ck_epoch_init(&w->epoch);
	ck_epoch_register(&w->epoch, &w->record, NULL);
	w->current = node_make();
	copy_begin(&w->current->copy);
	return w;
}

static void run(void *context, uint64_t count)
{
	struct writer *w = context;

	while (count--) {
		const struct headway_message *m = sample_next(&w->next);
		struct node *old, *new = node_make();

		ck_epoch_begin(&w->record, NULL);
		old = __atomic_load_n(&w->current, __ATOMIC_ACQUIRE);
		copy_change(&new->copy, &old->copy, m);
		old = __atomic_exchange_n(&w->current, new, __ATOMIC_SEQ_CST);
		ck_epoch_end(&w->record, NULL);
		ck_epoch_call(&w->record, &old->entry, node_free);
		if (++w->calls % POLL_EVERY == 0)
			ck_epoch_poll(&w->record);
	}
}

static void check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	struct writer *w = context;

	ck_epoch_barrier(&w->record);
	copy_check("ck_epoch", &w->current->copy, ops[0]);
}

bool peer_ck_epoch(struct bench_side *side)
{
	static struct writer writer;

	*side = (struct bench_side){
		.name = "ck_epoch", .argument = &writer, .join = join, .run = run, .check = check};
	return true;
}

#else

bool peer_ck_epoch(struct bench_side *side)
{
	(void)side;
	return peer_skip("ck_epoch", "built without libck-dev");
}

#endif
