/* SPDX-License-Identifier: BSD-3-Clause */
/* Edit: computes the entries of the next revision from those of the current one, in private
 * memory. */
#ifndef HW_EDIT_H
#define HW_EDIT_H

#include "forecast/profile.h"
#include "store/entry.h"
#include "store/revision.h"

#include <errno.h>

enum { HW__RESULTS_INLINE = 256 }; /* longer results go to a chain of their own */

/* A message with the lengths of its texts, which need no NUL. */
struct hw__message {
	const char *key, *value;
	size_t key_length, value_length;
};

static inline int hw__message_check(const struct hw__message *m)
{
	if (!m->key_length)
		return -EINVAL;
	return m->key_length > UINT16_MAX || m->value_length > UINT32_MAX ? -E2BIG : 0;
}

static inline int hw__message_measure(struct hw__message *m, const char *key, const char *value)
{
	if (!key || !value)
		return -EINVAL;
	*m = (struct hw__message){key, value, strlen(key), strlen(value)};
	return hw__message_check(m);
}

/* A message of an update. Of several with the same key the first is kept, with the value of the
 * last. */
struct hw__setting {
	struct hw__message message;
	bool superfluous; /* another one before it has the same key */
	bool placed;      /* it is among the new entries */
};

/* The changes of one update. NULL or 0: no change. */
struct hw__edit {
	const struct hw__message *messages;
	size_t count;
	struct hw__setting *settings; /* count of them; made by hw__edit_prepare() */
	struct hw__setting **sorted;  /* those to be placed, ordered by key */
	size_t sorted_count;
	const char *results; /* compact */
	size_t results_length;
	bool results_chain; /* they go to a chain, not among the entries */
	const char *url;
	const char *cancel; /* the reason of a request to stop; NULL: no request */
	size_t cancel_length;
	uint64_t asked_ns;
	unsigned status; /* HW__FINISHED, HW__ERROR */
	struct hw__frozen frozen;
};

/* The next revision: the first inline_bytes of its entries go into the block, the rest into the
 * overflow chain. */
struct hw__plan {
	uint64_t rev;
	unsigned status;
	size_t bytes, inline_bytes;
	bool results_inline; /* an entry replaces the old results, which were an entry or a chain */
	uint64_t overflow, results;
};

/* Sorts the messages by key, once per call and outside sections. The tables are in this thread's
 * scratch memory. 0 or -ENOMEM. */
int hw__edit_prepare(struct hw__edit *edit);

/* Writes the entries of the next revision to out; edit is prepared. -ENOMEM; -EBADMSG: the old
 * entries are damaged; -EMSGSIZE: short results do not fit into the block, so a chain is needed. */
int hw__edit_apply(const struct hw__edit *edit, const unsigned char *entries,
		   const struct hw__revision *old, struct hw__buffer *out, struct hw__plan *plan);

/* Writes the entries of a first revision; profile may be NULL. -EINVAL, -E2BIG, -ENOMEM. */
int hw__edit_first(const struct headway_spec *spec, const struct hw__origin *origin,
		   const struct hw__profile *profile, struct hw__buffer *out, struct hw__plan *plan,
		   uint32_t *counter_count);

#endif
