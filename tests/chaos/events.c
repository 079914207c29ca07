/* SPDX-License-Identifier: BSD-3-Clause */
#include "events.h"

#include <stdarg.h>

void event_send(const struct event *e)
{
	NEED(write(PIPE_FD, e, sizeof *e) == (ssize_t)sizeof *e);
}

void finding_send(uint64_t token, const char *format, ...)
{
	struct event e = {.told = FOUND, .token = token, .pid = (uint32_t)getpid()};
	va_list arguments;
	char text[240];

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	printf("FAIL process %d, record %016llx: %s\n", (int)getpid(), (unsigned long long)token,
	       text);
	event_send(&e);
}

/* ---- texts ----------------------------------------------------------------------------------- */

const char *chaos_text(char text[CHAOS_TEXT + 64], uint64_t token, uint64_t seq, size_t length)
{
	int head = snprintf(text, 64, "%016llx:%llu:", (unsigned long long)token,
			    (unsigned long long)seq);

	memset(text + head, (int)('a' + seq % 26), length);
	text[(size_t)head + length] = '\0';
	return text;
}

/* NULL if the text belongs to this record, or a description of the fault. */
static const char *text_fault(const char *text, uint64_t token)
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

uint64_t snapshot_token(const struct headway_snapshot *s)
{
	return strtoull(s->name, NULL, 16);
}

const char *snapshot_fault(const struct headway_snapshot *s)
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
