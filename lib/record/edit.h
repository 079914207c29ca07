/* SPDX-License-Identifier: BSD-3-Clause */
/* Edit: from the entries of one revision to those of the next, in private memory. */
#ifndef HW_EDIT_H
#define HW_EDIT_H

#include "store/entry.h"
#include "store/revision.h"

enum { HW__RESULTS_INLINE = 256 }; /* longer results are a chain of their own */

/* A message with the lengths of its texts, which need no NUL. */
struct hw__message {
	const char *key, *value;
	size_t key_length, value_length;
};

/* A message in its place.  Of several with one key the first is kept, with the last one's value. */
struct hw__setting {
	struct hw__message message;
	bool superfluous; /* not the first of its key */
	bool placed;      /* it is among the new entries */
};

/* The changes of one update.  NULL or 0: as it was. */
struct hw__edit {
	const struct hw__message *messages;
	size_t count;
	struct hw__setting *settings; /* count of them: see hw__edit_prepare() */
	struct hw__setting **sorted;  /* those to be placed, in the order of their keys */
	size_t sorted_count;
	const char *results; /* compact */
	size_t results_length;
	bool results_chain; /* they go to a chain, not among the entries */
	const char *url;
	const char *cancel; /* ask the owner to stop: the reason */
	size_t cancel_length;
	uint64_t asked_ns;
	unsigned status; /* HW__FINISHED, HW__ERROR */
	struct hw__frozen frozen;
};

/* The next revision: the first inline_bytes of its entries go into the block, the rest into the overflow
 * chain. */
struct hw__plan {
	uint64_t rev;
	unsigned status;
	size_t bytes, inline_bytes;
	bool results_inline; /* an entry takes the place of the old results, wherever they were */
	uint64_t overflow, results;
};

/* Looks through the messages, once a call and outside sections: a try then finds each key in a sorted
 * table.  The tables are this thread's scratch memory.  -ENOMEM. */
int hw__edit_prepare(struct hw__edit *edit);

/* The entries of the next revision into out; edit is prepared.  -ENOMEM; -EBADMSG: the old ones cannot
 * be; -EMSGSIZE: short results do not fit beside the rest: make them a chain. */
int hw__edit_apply(const struct hw__edit *edit, const unsigned char *entries,
		   const struct hw__revision *old, struct hw__buffer *out, struct hw__plan *plan);

/* The entries of a first revision.  -EINVAL, -E2BIG, -ENOMEM. */
int hw__edit_first(const struct headway_spec *spec, const struct hw__origin *origin,
		   struct hw__buffer *out, struct hw__plan *plan, uint32_t *counter_count);

#endif
