/* SPDX-License-Identifier: BSD-3-Clause */
/* In one process: copies the record, changes the copy, swaps the pointer, frees the old one with
 * call_rcu(). */
#include "peers.h"

#if __has_include(<urcu/urcu-memb.h>)

#define _LGPL_SOURCE
#include <urcu/urcu-memb.h>

#include "peer_copy.h"

#include <stdlib.h>

struct node {
	struct rcu_head head;
	struct copy copy;
};

struct writer {
	struct node *current;
	unsigned next;
};

static struct node *node_make(void)
{
	struct node *n = malloc(sizeof *n);

	if (!n)
		bench_fail("out of memory");
	return n;
}

static void node_free(struct rcu_head *head)
{
	free(caa_container_of(head, struct node, head));
}

static void *join(void *argument, unsigned worker)
{
	struct writer *w = argument;

	(void)worker;
	urcu_memb_register_thread();
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

		urcu_memb_read_lock();
		old = rcu_dereference(w->current);
		copy_change(&new->copy, &old->copy, m);
		old = rcu_xchg_pointer(&w->current, new);
		urcu_memb_read_unlock();
		urcu_memb_call_rcu(&old->head, node_free);
	}
}

static void check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	struct writer *w = context;

	urcu_memb_barrier();
	copy_check("liburcu", &w->current->copy, ops[0]);
}

bool peer_urcu(struct bench_side *side)
{
	static struct writer writer;

	*side = (struct bench_side){.name = "liburcu,_call_rcu",
				    .argument = &writer,
				    .join = join,
				    .run = run,
				    .check = check};
	return true;
}

#else

bool peer_urcu(struct bench_side *side)
{
	(void)side;
	return peer_skip("liburcu", "built without liburcu-dev");
}

#endif
