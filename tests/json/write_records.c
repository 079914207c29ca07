/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes random records, rich in characters that JSON must escape, each with the library's JSON,
 * which main.go compares with Go's.
 *
 *     write_records SEED COUNT > FILE
 *
 * A record is: status, number of messages, keys and values, 1 and the results as they were given or
 * 0, url, three times in nanoseconds, status view, full view. Numbers are 64 bits, little-endian; a
 * text is its length and its bytes.
 */
#include "headway.h"
#include "json/json_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 40000, MESSAGES_MAX = 12, RESULTS_MAX = 100000, DEPTH_MAX = 6 };

static uint64_t state;

static uint64_t next_random(void) /* splitmix64 */
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static unsigned below(unsigned n)
{
	return (unsigned)(next_random() >> 32) % n;
}

struct text {
	char *bytes;
	size_t length;
};

static void add(struct text *t, const char *bytes, size_t n)
{
	memcpy(t->bytes + t->length, bytes, n);
	t->length += n;
}

static void add_string(struct text *t, const char *string)
{
	add(t, string, strlen(string));
}

static void add_byte(struct text *t, unsigned byte)
{
	t->bytes[t->length++] = (char)byte;
}

/* ---- characters ------------------------------------------------------------------------------ */

static void add_code_point(struct text *t, unsigned c)
{
	if (c < 0x80) {
		add_byte(t, c);
		return;
	}
	if (c < 0x800) {
		add_byte(t, 0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			add_byte(t, 0xe0 | c >> 12);
		} else {
			add_byte(t, 0xf0 | c >> 18);
			add_byte(t, 0x80 | (c >> 12 & 0x3f));
		}
		add_byte(t, 0x80 | (c >> 6 & 0x3f));
	}
	add_byte(t, 0x80 | (c & 0x3f));
}

static void add_valid_character(struct text *t)
{
	static const unsigned edges[] = {0x80,   0x7ff,   0x800,   0xfff,   0x1000,   0x2027,
					 0x2028, 0x2029,  0x202a,  0xd7ff,  0xe000,   0xfeff,
					 0xfffd, 0xfffe,  0xffff,  0x10000, 0xe2,     0x20a8,
					 0xffff, 0x3ffff, 0x40000, 0xfffff, 0x100000, 0x10ffff};
	unsigned c;

	switch (below(4)) {
	case 0:
		c = edges[below(sizeof(edges) / sizeof(edges[0]))];
		break;
	case 1:
		c = 0x80 + below(0x780);
		break;
	case 2:
		c = 0x800 + below(0xd000);
		break;
	default:
		c = 0x10000 + below(0x100000);
	}
	add_code_point(t, c);
}

static void add_invalid_bytes(struct text *t)
{
	static const char *const bad[] = {
		"\x80",         "\xbf",         "\xc0\x80",         "\xc1\xbf",
		"\xc2",         "\xe0\x80",     "\xe0\x9f\xbf",     "\xe2\x80",
		"\xe2",         "\xed\xa0\x80", "\xed\xbf\xbf",     "\xf0\x80\x80\x80",
		"\xf0\x9f\x98", "\xf0\x9f",     "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xfe",         "\xff",         "\xe2\xe2\x80\xa8", "\xf0\x90\xe2\x80\xa9",
	};

	if (below(3)) {
		add_string(t, bad[below(sizeof(bad) / sizeof(bad[0]))]);
		return;
	}
	for (unsigned n = 1 + below(6); n--;)
		add_byte(t, 0x80 + below(0x80));
}

/* Up to 8 bytes, without NUL, and without \b and \f, which Go before 1.22 encodes differently. */
static void add_piece(struct text *t, unsigned kind)
{
	unsigned c;

	switch (kind) {
	case 0:
		add_valid_character(t);
		return;
	case 1:
		add_invalid_bytes(t);
		return;
	case 2:
		do
			c = 1 + below(0x1f);
		while (c == '\b' || c == '\f');
		add_byte(t, c);
		return;
	case 3:
		add_byte(t, (unsigned char)"\"\\<>&/'\x7f"[below(8)]);
		return;
	default:
		add_byte(t, 0x20 + below(0x5f));
	}
}

/* Random bytes. Some texts mix all kinds of characters, some have one kind only, some are long. */
static char *random_text(void)
{
	struct text t = {malloc(TEXT_MAX + 16), 0};
	unsigned kinds = 1 + below(20), only = below(5);
	size_t length = below(100) == 0 ? below(TEXT_MAX) : below(8) == 0 ? below(600) : below(50);

	while (t.length < length)
		add_piece(&t, kinds < 3 ? only : below(4 + kinds));
	t.bytes[t.length] = '\0';
	return t.bytes;
}

/* ---- results --------------------------------------------------------------------------------- */

static void add_space(struct text *t)
{
	if (!below(4)) {
		for (unsigned n = below(5); n--;)
			add_byte(t, (unsigned char)" \n\t\r"[below(4)]);
	}
}

static void add_json_string(struct text *t)
{
	static const char *const escapes[] = {"\\\"",    "\\\\",    "\\/",     "\\b",
					      "\\f",     "\\n",     "\\r",     "\\t",
					      "\\u003c", "\\u2028", "\\uD800", "\\uD83D\\uDE00",
					      "\\u0000"};

	add_byte(t, '"');
	for (unsigned n = below(40); n--;) {
		unsigned kind = below(8);

		if (kind == 0)
			add_string(t, escapes[below(sizeof(escapes) / sizeof(escapes[0]))]);
		else if (kind == 1)
			add_valid_character(t);
		else if (kind == 2)
			add_byte(t, (unsigned char)"<>& "[below(4)]);
		else
			add_byte(t, (unsigned char)"abcxyz0123456789"[below(16)]);
	}
	add_byte(t, '"');
}

static void add_json_number(struct text *t)
{
	if (!below(2))
		add_byte(t, '-');
	add_byte(t, '1' + below(9));
	for (unsigned n = below(4) ? below(5) : below(60); n--;)
		add_byte(t, '0' + below(10));
	if (!below(3)) {
		add_byte(t, '.');
		for (unsigned n = 1 + below(20); n--;)
			add_byte(t, '0' + below(10));
	}
	if (!below(4)) {
		add_string(t, below(2) ? "e" : "E+");
		add_byte(t, '0' + below(10));
		add_byte(t, '0' + below(10));
	}
}

static void add_json(struct text *t, unsigned depth)
{
	static const char *const words[] = {"null", "true", "false", "0", "-0", "{}", "[ ]"};
	unsigned kind = depth >= DEPTH_MAX || t->length > RESULTS_MAX / 2 ? below(3) : below(6);
	int is_object = kind == 5;

	add_space(t);
	if (kind == 0) {
		add_string(t, words[below(7)]);
	} else if (kind == 1) {
		add_json_number(t);
	} else if (kind == 2) {
		add_json_string(t);
	} else {
		add_byte(t, is_object ? '{' : '[');
		for (unsigned n = 1 + below(5); n--;) {
			add_space(t);
			if (is_object) {
				add_json_string(t);
				add_space(t);
				add_byte(t, ':');
			}
			add_json(t, depth + 1);
			if (n)
				add_byte(t, ',');
		}
		add_byte(t, is_object ? '}' : ']');
	}
	add_space(t);
}

/* ---- the file -------------------------------------------------------------------------------- */

static void write_number(uint64_t number)
{
	unsigned char bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(number >> 8 * i);
	fwrite(bytes, 1, sizeof(bytes), stdout);
}

static void write_text(const char *text, size_t length)
{
	write_number(length);
	fwrite(text, 1, length, stdout);
}

static void write_view(const struct headway_snapshot *s,
		       int (*view)(const struct headway_snapshot *, char *, size_t))
{
	int length = view(s, NULL, 0);
	char *text = malloc((size_t)length + 1);

	if (view(s, text, (size_t)length + 1) != length)
		exit(1);
	write_text(text, (size_t)length);
	free(text);
}

/* Reproducible: the same seed makes the same file. */
static int full_view(const struct headway_snapshot *s, char *buffer, size_t size)
{
	struct headway_snapshot then = *s;

	then.read_ns = INT64_C(1700000000123456789);
	return headway_json_full(&then, buffer, size);
}

static int64_t random_time(void)
{
	static const uint64_t whole[] = {1, 10, 1000000, 1000000000, 86400000000000};
	uint64_t time = next_random(), unit = whole[below(5)];

	return below(6) ? (int64_t)(time / unit * unit) : 0;
}

/* Sets the snapshot's results; the file contains them as they were given. */
static char *set_results(struct headway_snapshot *s)
{
	struct text given = {NULL, 0};
	char *compact;
	int has_results = below(3) != 0;

	write_number((uint64_t)has_results);
	if (!has_results)
		return NULL;
	given.bytes = malloc(RESULTS_MAX);
	add_json(&given, 0);
	compact = malloc(given.length);
	if (hw__json_check(given.bytes, given.length, compact, &s->results_length)) {
		fprintf(stderr, "write_records: valid results were refused: %.*s\n",
			(int)given.length, given.bytes);
		exit(1);
	}
	write_text(given.bytes, given.length);
	free(given.bytes);
	return compact;
}

static void write_record(void)
{
	struct headway_message messages[MESSAGES_MAX];
	struct headway_snapshot s = {.messages = messages, .owner_pid = 1, .owner_command = ""};
	char *texts[2 * MESSAGES_MAX + 4], *results = NULL;
	size_t n = 0;

	s.status = HEADWAY_RUNNING + (int)below(3);
	s.message_count = below(MESSAGES_MAX + 1);
	write_number((uint64_t)s.status);
	write_number(s.message_count);
	for (size_t i = 0; i < s.message_count; i++) {
		messages[i].key = texts[n++] = random_text();
		messages[i].value = texts[n++] = random_text();
		write_text(messages[i].key, strlen(messages[i].key));
		write_text(messages[i].value, strlen(messages[i].value));
	}
	results = set_results(&s);
	s.results = results;
	s.url = texts[n++] = random_text();
	s.name = texts[n++] = random_text();
	s.unit = texts[n++] = random_text();
	write_text(s.url, strlen(s.url));
	write_number((uint64_t)(s.started_ns = random_time()));
	write_number((uint64_t)(s.updated_ns = random_time()));
	write_number((uint64_t)(s.finished_ns = random_time()));
	s.done = below(2) ? next_random() : below(1000);
	s.total = below(2) ? next_random() : below(1000);
	write_view(&s, headway_json);
	write_view(&s, full_view);
	while (n)
		free(texts[--n]);
	free(results);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: write_records SEED COUNT > FILE\n");
		return 2;
	}
	state = strtoull(argv[1], NULL, 10);
	for (unsigned long count = strtoul(argv[2], NULL, 10); count--;)
		write_record();
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
