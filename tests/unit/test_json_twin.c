/* SPDX-License-Identifier: BSD-3-Clause */
/* The byte loops for machines without vector instructions give the same results as the vector
 * code. */
#include "headway.h"
#include "json/json_check.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

/* Includes the same sources once more, compiled to byte loops, under other names. */
#define HEADWAY_SCALAR
#define headway_json       scalar_json
#define headway_json_full  scalar_json_full
#define hw__json_check     scalar_json_check
#define hw__out_begin      scalar_out_begin
#define hw__out_end        scalar_out_end
#define hw__out_make_room  scalar_out_make_room
#define hw__out_text       scalar_out_text
#define hw__out_json       scalar_out_json
#define hw__put_number     scalar_put_number
#define hw__put_millionths scalar_put_millionths
#define hw__put_time       scalar_put_time
#define hw__put_id         scalar_put_id

int scalar_json(const struct headway_snapshot *, char *, size_t);
int scalar_json_full(const struct headway_snapshot *, char *, size_t);
int scalar_json_check(const char *, size_t, char *, size_t *);

#include "json/json_out.c"
#include "json/json.c"
#include "json/json_check.c"

#undef headway_json
#undef headway_json_full
#undef hw__json_check

enum { ROUNDS = 60000, LONGEST = 200 };

/* Bytes with a special meaning are frequent; runs of other bytes are long enough for several
 * vectors. */
static char random_byte(unsigned dull)
{
	static const char nasty[] =
		"\"\\<>&\n\x01\x1f\x7f\x80\xbf\xc2\xc3\xe2\x80\xa8\xe2\x80\xa9\xf0\x9f\xff";

	if ((unsigned)rand() % 100 < dull)
		return (char)('a' + rand() % 26);
	if (rand() % 4)
		return nasty[(size_t)rand() % (sizeof(nasty) - 1)];
	return (char)(1 + rand() % 255);
}

static size_t fill(char *text)
{
	static const unsigned dull[] = {0, 60, 90, 98, 100};
	size_t length = (size_t)rand() % LONGEST;
	unsigned how = dull[rand() % 5];

	for (size_t i = 0; i < length; i++)
		text[i] = random_byte(how);
	text[length] = '\0';
	return length;
}

/* A random address in a page, often so that the text crosses its end. */
static char *place_at_random(char *pages)
{
	return pages + 4096 - (rand() % 2 ? rand() % LONGEST : rand() % 4096);
}

Test(json_twin, writes_the_same_views)
{
	static char pages[4][3 * 4096], vector[16384], scalar[16384];

	srand(1);
	for (int round = 0; round < ROUNDS; round++) {
		char *t[4];
		struct headway_message m;
		struct headway_snapshot s = {.status = 1,
					     .messages = &m,
					     .message_count = 1,
					     .unit = "",
					     .owner_command = ""};
		size_t size = rand() % 2 ? sizeof(vector) : (size_t)rand() % 1500;
		int n;

		for (int i = 0; i < 4; i++) {
			t[i] = place_at_random(pages[i]);
			s.results_length = fill(t[i]);
		}
		m.key = t[0];
		m.value = t[1];
		s.url = s.name = t[2];
		s.results = t[3];
		n = scalar_json_full(&s, scalar, size);
		cr_assert_eq(headway_json_full(&s, vector, size), n, "round %d", round);
		if (size)
			cr_assert_str_eq(vector, scalar, "round %d", round);
	}
}

/* A text of JSON tokens, sometimes made invalid. */
static size_t fill_json(char *text)
{
	static const char *const tokens[] = {
		"[",       "]", "{",      "}",    ",", ":",  "\"",       "\\n",
		"\\u00e9", "1", "-0.5e3", "null", " ", "\n", "\xc3\xa9", "a string of some length"};
	size_t n = 0, m = fill(text + 1);

	if (rand() % 2) { /* a string */
		text[0] = text[m + 1] = '"';
		return m + 2;
	}
	while (n < LONGEST / 2) {
		const char *token = tokens[rand() % 16];

		memcpy(text + n, token, strlen(token));
		n += strlen(token);
	}
	return n;
}

Test(json_twin, accepts_and_compacts_the_same)
{
	char text[LONGEST + 16], vector[LONGEST + 16], scalar[LONGEST + 16];
	unsigned accepted = 0;

	srand(2);
	for (int round = 0; round < ROUNDS; round++) {
		size_t n = 0, m = 0, length = fill_json(text);
		int result = scalar_json_check(text, length, scalar, &n);

		accepted += !result;
		cr_assert_eq(hw__json_check(text, length, vector, &m), result, "round %d", round);
		if (!result)
			cr_assert(n == m && !memcmp(vector, scalar, n), "round %d", round);
	}
	cr_assert_gt(accepted, ROUNDS / 100);
}

static size_t append_run(char *text, char byte, int most)
{
	size_t n = (size_t)(rand() % (most + 1));

	memset(text, byte, n);
	return n;
}

Test(json_twin, compacts_runs_of_every_length_the_same)
{
	char text[4096], vector[4096], scalar[4096];

	srand(3);
	for (int round = 0; round < ROUNDS / 10; round++) {
		size_t n, m, length = append_run(text, ' ', 40);

		text[length++] = '[';
		for (int i = rand() % 40; i--;) {
			text[length++] = '7';
			length += append_run(text + length, '7', 25);
			text[length++] = ',';
			length += append_run(text + length, '\n', rand() % 3 ? 0 : 25);
		}
		text[length++] = '0';
		text[length++] = ']';
		cr_assert_eq(scalar_json_check(text, length, scalar, &n), 0);
		cr_assert_eq(hw__json_check(text, length, vector, &m), 0);
		cr_assert(n == m && !memcmp(vector, scalar, n), "round %d", round);
	}
}
