/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What chaos writes into records, and what it tells of it.
 *
 * Each record has a token, drawn by who starts it: it is in the record's name, its total, and in front
 * of each of its texts, so that any mixture of two records shows.  What is about to be done is told
 * through a pipe before the call, and what came of it after: a pipe keeps what the dead have said, and
 * the order in which it was said.
 */
#ifndef STEP_CHAOS_H
#define STEP_CHAOS_H

#include "headway.h"
#include "watch.h"

#include <fcntl.h>
#include <sys/mman.h>

enum { CHAOS_TEXT = 9000, BOARD = 32, PIPE_FD = 3, BOARD_FD = 4, FIRST_FREE_FD = 5 };

enum told { STARTING, STARTED, ADDING, ADDED, CHANGING, CHANGED, ENDING, ENDED, FOUND };

enum { IS_DETACHED = 1, IS_SETTER = 2 };

struct event {
	uint32_t told;
	int32_t result;
	uint64_t token, amount;
	uint32_t counter; /* of an add */
	uint32_t flags;   /* of a start */
	int32_t status;   /* of an end; 0: a removal */
	uint32_t pid;
	struct headway_id id;
};

/* What the processes share.  Ids on the board may be torn: they are then nobody's. */
struct board {
	uint64_t stop;
	int64_t driver;           /* its pid: without it nobody goes on */
	uint64_t children[BOARD]; /* pids of forked children, for the killer */
	uint64_t id[BOARD][2];
};

static inline void tell(const struct event *e)
{
	NEED(write(PIPE_FD, e, sizeof *e) == (ssize_t)sizeof *e);
}

/* A worker's finding: its reader prints it, and counts. */
__attribute__((format(printf, 2, 3))) static inline void tell_finding(uint64_t token,
								      const char *format, ...)
{
	struct event e = {.told = FOUND, .token = token, .pid = (uint32_t)getpid()};
	va_list arguments;
	char text[240];

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	printf("FAIL process %d, record %016llx: %s\n", (int)getpid(), (unsigned long long)token,
	       text);
	tell(&e);
}

/* ---- texts -------------------------------------------------------------------------------------------- */

/* "TOKEN:seq:" and a filling of length bytes. */
static inline const char *chaos_text(char text[CHAOS_TEXT + 64], uint64_t token, uint64_t seq,
				     size_t length)
{
	int head = snprintf(text, 64, "%016llx:%llu:", (unsigned long long)token,
			    (unsigned long long)seq);

	memset(text + head, (int)('a' + seq % 26), length);
	text[(size_t)head + length] = '\0';
	return text;
}

/* NULL, or what is wrong with a text of this record. */
static inline const char *text_fault(const char *text, uint64_t token)
{
	char head[64], *end;
	unsigned long long seq;
	size_t length;

	snprintf(head, sizeof head, "%016llx:", (unsigned long long)token);
	if (strncmp(text, head, 17) != 0)
		return "is another record's";
	seq = strtoull(text + 17, &end, 10);
	if (*end++ != ':')
		return "has no sequence number";
	length = strlen(end);
	length -= length && end[length - 1] == '"'; /* results */
	return strspn(end, (char[]){(char)('a' + seq % 26), '\0'}) == length ? NULL : "is mixed";
}

static inline uint64_t snapshot_token(const struct headway_snapshot *s)
{
	return strtoull(s->name, NULL, 16);
}

/* Whole, and of one record? */
static inline const char *snapshot_fault(const struct headway_snapshot *s)
{
	uint64_t token = snapshot_token(s);
	const char *first = NULL, *fault = text_fault(s->name, token);

	if (s->total != token)
		return "its total is another record's";
	if (!fault && s->results)
		fault = text_fault(s->results + 1, token);
	if (!fault && strncmp(s->url, "/_/", 3) != 0)
		fault = text_fault(s->url, token);
	for (size_t i = 0; i < s->message_count && !fault; i++) {
		const struct headway_message *m = &s->messages[i];

		if (strcmp(m->key, "Error") == 0 && (s->lost || strcmp(m->value, "removed") == 0))
			continue;
		fault = text_fault(m->value, token);
		if (m->key[0] == 'p' && first && strcmp(first, m->value) != 0)
			fault = "two messages of one update differ";
		if (m->key[0] == 'p')
			first = m->value;
	}
	return fault;
}

#endif
