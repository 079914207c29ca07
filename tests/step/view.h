/* SPDX-License-Identifier: BSD-3-Clause */
/* What a reader sees of a small arena: one entry for each slot, texts reduced to hashes. */
#ifndef TESTS_VIEW_H
#define TESTS_VIEW_H

#include "kit/check.h"

enum { VIEW_SLOTS = 16 };

struct seen {
	bool there;
	struct headway_id id;
	uint64_t version, content, counters;
	int status, lost, detached;
};

struct view {
	struct seen slot[VIEW_SLOTS];
};

/* Reads the whole arena. */
void view_take(struct headway_arena *arena, struct view *view);

bool seen_same(const struct seen *a, const struct seen *b);

/* A description for messages, or "nothing". */
const char *seen_text(const struct seen *s, char text[120]);

#endif
