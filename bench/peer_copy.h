/* SPDX-License-Identifier: BSD-3-Clause */
/* A version of the record for the copy-and-update peers: entries packed one after the other. */
#ifndef BENCH_PEER_COPY_H
#define BENCH_PEER_COPY_H

#include "peers.h"

#include <string.h>
#include <time.h>

struct copy {
	uint64_t version, changed_ns;
	int status;
	uint32_t used;
	char text[440]; /* key, NUL, value, NUL, … */
};

static inline char *copy_text(char *to, const char *text)
{
	size_t bytes = strlen(text) + 1;

	memcpy(to, text, bytes);
	return to + bytes;
}

static inline void copy_begin(struct copy *c)
{
	char *to = c->text;

	for (unsigned i = 0; i < SAMPLE_KEYS; i++)
		to = copy_text(copy_text(to, sample_updates[i].key), sample_updates[i].value);
	c->version = 1;
	c->changed_ns = 0;
	c->status = HEADWAY_RUNNING;
	c->used = (uint32_t)(to - c->text);
}

/* Makes new a copy of old with one message changed. */
static inline void copy_change(struct copy *new, const struct copy *old,
			       const struct headway_message *m)
{
	const char *at = old->text, *end = at + old->used, *value;
	struct timespec t;
	char *to;

	while (at < end && strcmp(at, m->key) != 0) {
		at += strlen(at) + 1;
		at += strlen(at) + 1;
	}
	if (at >= end || old->used + strlen(m->value) > sizeof new->text)
		bench_fail("no room in the copy-update peers' record");
	value = at + strlen(at) + 1;
	memcpy(new->text, old->text, (size_t)(value - old->text));
	to = copy_text(new->text + (value - old->text), m->value);
	at = value + strlen(value) + 1;
	memcpy(to, at, (size_t)(end - at));
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	new->used = (uint32_t)(to + (end - at) - new->text);
	new->version = old->version + 1;
	new->changed_ns = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
	new->status = old->status;
}

static inline void copy_check(const char *name, const struct copy *c, uint64_t ops)
{
	const char *at = c->text;

	if (c->version != 1 + ops)
		bench_fail("%s counts %llu updates", name, (unsigned long long)c->version - 1);
	for (unsigned i = 0; i < SAMPLE_KEYS; i++) {
		at += strlen(at) + 1;
		peer_verify(name, i, at, strlen(at), ops);
		at += strlen(at) + 1;
	}
}

#endif
