/* SPDX-License-Identifier: BSD-3-Clause */
/* Which texts are exactly one JSON value, and their form without white space. */
#include "json/json_check.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct sample {
	const char *text;
	size_t length;
	const char *compact; /* NULL: equal to the text */
};

/* clang-format off */
#define S(text)           { text, sizeof(text) - 1, NULL }
#define C(text, compact)  { text, sizeof(text) - 1, compact }
/* clang-format on */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
static const struct sample accepted[] = {
	/* scalars */
	S("null"), S("true"), S("false"), S("0"), S("-0"), S("7"), S("-7"), S("10"),
	S("1234567890123456789012345678901234567890"), S("0.0"), S("-0.0"), S("0.1"), S("1.000"),
	S("-12.34"), S("1e1"), S("1E1"), S("1e+1"), S("1e-1"), S("0e0"), S("0E+00"), S("1e999999"),
	S("-1.5e-999999999999999"), S("0.00000000000000000000000000000000001e5"), S("\"\""),
	S("\"a\""), S("\"15 characters..\""), S("\"sixteen of them.\""), S("\"seventeen of them\""),
	S("\" two  spaces \""), S("\"\x7f\""), S("\"/\""), S("\"<>&\""), S("\"null\""),
	S("\"[1, 2]\""),
	/* escapes */
	S("\"\\\"\""), S("\"\\\\\""), S("\"\\/\""), S("\"\\b\\f\\n\\r\\t\""), S("\"\\u0000\""),
	S("\"\\u001f\""), S("\"\\uABCD\\uabcd\""), S("\"\\uD83D\\uDE00\""), S("\"\\uD800\""),
	S("\"\\uDC00\\uD800\""), S("\"\\uDFFF\""), S("\"\\u0022\""), S("\"\\\\u12\""),
	S("\"\\\\\\\\\""), S("\"\\uFFFF\""), S("\"fifteen chars..\\\"\""), S("\"\\u005cx\""),
	/* UTF-8: the first and the last of each length, and around the surrogates */
	S("\"\xc2\x80\""), S("\"\xdf\xbf\""), S("\"\xe0\xa0\x80\""), S("\"\xed\x9f\xbf\""),
	S("\"\xee\x80\x80\""), S("\"\xef\xbf\xbf\""), S("\"\xf0\x90\x80\x80\""),
	S("\"\xf4\x8f\xbf\xbf\""), S("\"\xe2\x80\xa8\xe2\x80\xa9\""), S("\"\xef\xbb\xbf\""),
	S("\"\xef\xbf\xbd\""), S("\"caf\xc3\xa9 \xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x98\x80\""),
	S("{\"\xc3\xa9\":\"\xc3\xa9\"}"),
	/* arrays and objects */
	S("[]"), S("{}"), S("[[]]"), S("[{}]"), S("{\"\":{}}"), S("[1]"), S("[1,2]"),
	S("[null,true]"), S("[[],[]]"), S("[[1],{\"a\":[]},\"\"]"), S("{\"a\":1}"),
	S("{\"a\":1,\"b\":2}"), S("{\"a\":1,\"a\":1}"), S("{\"a\":{\"a\":{\"a\":[{}]}}}"),
	S("{\"\\u0061\":0}"), S("[0,-0,0.5]"), S("[{\"a\":[]},{\"b\":{}}]"),
	S("{\"a\":[1,2,{\"b\":null}],\"c\":\"\"}"), S("{\"}\":\"]\"}"),
	/* white space */
	C(" 1", "1"), C("1 ", "1"), C("\n\t\r 1 \r\t\n", "1"), C(" \"a b\" ", "\"a b\""),
	C("[ ]", "[]"), C("{ }", "{}"), C(" [ 1 , 2 ] ", "[1,2]"),
	C("{ \"a\" : 1 , \"b\" : [ ] }", "{\"a\":1,\"b\":[]}"),
	C("[\n  {\n    \"k k\": true\n  }\n]\n", "[{\"k k\":true}]"), C("\ttrue\t", "true"),
	C("{\"a\"\n:\r1\t}", "{\"a\":1}"), C("[1\n,\"\\n \"]", "[1,\"\\n \"]"),
	C(" -1.5e3\n", "-1.5e3"), C("                                1", "1"),
};

static const struct sample refused[] = {
	/* nothing, and more than one */
	S(""), S(" "), S("\n"), S("1 2"), S("1,2"), S("[] []"), S("{}{}"), S("\"\"\"\""),
	S("null,"), S("[],"), S("[]]"), S("{}}"), S("1]"), S("true false"), S("\"a\" b"),
	S("[1] x"), S("0 0"),
	/* words */
	S("nul"), S("nulll"), S("tru"), S("truee"), S("fals"), S("True"), S("NULL"), S("nan"),
	S("NaN"), S("Infinity"), S("-Infinity"), S("undefined"), S("t"), S("n"), S("f"), S("x"),
	S("[nul]"), S("[truex]"),
	/* numbers */
	S("-"), S("+1"), S("01"), S("-01"), S("00"), S("1."), S(".5"), S("-.5"), S("1.e1"), S("1e"),
	S("1e+"), S("1E-"), S("0x10"), S("1_000"), S("1.5.5"), S("--1"), S("1-"), S("1e1.5"),
	S("1ee1"), S("1a"), S("\xd9\xa1"), S("0.1."), S("[-]"), S("[1.]"), S("- 1"), S("1 .5"),
	S("1e 5"), S("[0 1]"),
	/* strings */
	S("\""), S("\"a"), S("a\""), S("'a'"), S("\"\\\""), S("\"\\"), S("\"\\x\""), S("\"\\a\""),
	S("\"\\'\""), S("\"\\0\""), S("\"\\U0041\""), S("\"\\u\""), S("\"\\u1\""), S("\"\\u12\""),
	S("\"\\u123\""), S("\"\\u123g\""), S("\"\\ug123\""), S("\"\\u 123\""), S("\"\\u123"),
	S("\"\\u12"), S("\"\\u-123\""), S("\"\\\n\""), S("\"\n\""), S("\"\t\""), S("\"\x01\""),
	S("\"\x1f\""), S("\"\r\""), S("\"sixteen of them.\x1f\""), S("\"seventeen of them"),
	S("\"15 characters.."), S("\"\\\0\""), S("\"a\" \""),
	/* NUL */
	S("\0"), S("1\0"), S("\0" "1"), S("\"\0\""), S("[1,\0]"), S("{}\0"), S("\"a\0b\""),
	/* not UTF-8 */
	S("\"\x80\""), S("\"\xbf\""), S("\"\xc0\x80\""), S("\"\xc0\xaf\""), S("\"\xc1\xbf\""),
	S("\"\xc2\""), S("\"\xc2\x20\""), S("\"\xc2\xc2\x80\""), S("\"\xe0\x80\x80\""),
	S("\"\xe0\x9f\xbf\""), S("\"\xe2\x80\""), S("\"\xe2\x28\xa1\""), S("\"\xe2\x82\x28\""),
	S("\"\xed\xa0\x80\""), S("\"\xed\xbf\xbf\""), S("\"\xed\xa0\xbd\xed\xb8\x80\""),
	S("\"\xf0\x80\x80\x80\""), S("\"\xf0\x8f\xbf\xbf\""), S("\"\xf0\x90\x80\""),
	S("\"\xf0\x28\x8c\xbc\""), S("\"\xf4\x90\x80\x80\""), S("\"\xf5\x80\x80\x80\""),
	S("\"\xf8\x88\x80\x80\x80\""), S("\"\xfe\""), S("\"\xff\""), S("\"\xe9\""), S("\"\xe2\x82"),
	S("\"\xf0\x9f\x98"), S("\"\xc3"), S("{\"\xff\":1}"), S("\xc3\xa9"), S("\xff"),
	/* byte order marks and other white space */
	S("\xef\xbb\xbf" "1"), S("\xef\xbb\xbf"), S("\xff\xfe" "1\0"), S("\v1"), S("\f1"),
	S("\xc2\xa0" "1"), S("[1\v]"), S("\xe2\x80\xa8" "1"), S("1\x1f"), S("\x85"),
	/* arrays and objects */
	S("["), S("]"), S("{"), S("}"), S("[1"), S("[1,"), S("[1,]"), S("[,]"), S("[,1]"),
	S("[1,,2]"), S("[1 2]"), S("[1;2]"), S("[1:2]"), S("[}"), S("{]"), S("[{]}"), S("[1}"),
	S("{\"a\":1]"), S("{,}"), S("{\"a\"}"), S("{\"a\":}"), S("{\"a\":1,}"), S("{,\"a\":1}"),
	S("{a:1}"), S("{1:1}"), S("{'a':1}"), S("{\"a\" 1}"), S("{\"a\",1}"), S("{\"a\"::1}"),
	S("{\"a\":1 \"b\":2}"), S("{\"a\":1,,\"b\":2}"), S("{null:1}"), S("{\"a\":1,2}"),
	S("{[]:1}"), S("{\"a\""), S("{\"a\":"), S("{\"a\":1"), S("{\"a\":1,"), S("[\"a"), S("[[[["),
	S("{\"a\":[}"), S("[]{"), S(":"), S(","), S("{\"a\":\"b\":\"c\"}"), S("[\"a\":1]"),
	S("{\"a\":1}}"), S("[[1]"), S("{\"a\":{}"),
	/* comments */
	S("/**/1"), S("1//"), S("[1/**/]"), S("#1"),
};
/* clang-format on */

/* Both buffers end at an inaccessible page. */
static char *guarded(size_t length)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (length / page + 2) * page;
	char *memory = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);

	cr_assert_neq(memory, MAP_FAILED);
	cr_assert_eq(mprotect(memory + whole - page, page, PROT_NONE), 0);
	return memory + whole - page - length;
}

static void free_guarded(char *text, size_t length)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *end = text + length + page;

	munmap(end - (length / page + 2) * page, (length / page + 2) * page);
}

static int check(const char *text, size_t length, char *out, size_t *out_length)
{
	char *in = guarded(length), *exact = guarded(length);
	int result;

	memcpy(in, text, length);
	*out_length = 0;
	result = hw__json_check(in, length, exact, out_length);
	if (!result)
		memcpy(out, exact, *out_length);
	free_guarded(in, length);
	free_guarded(exact, length);
	return result;
}

static void must_accept(const struct sample *s)
{
	const char *compact = s->compact ? s->compact : s->text;
	char out[256];
	size_t n;

	cr_expect_eq(check(s->text, s->length, out, &n), 0, "refused: %s", s->text);
	cr_expect(n == strlen(compact) && !memcmp(out, compact, n), "%s became %.*s", s->text,
		  (int)n, out);
}

Test(json_check, accepts_every_value_and_removes_white_space_only)
{
	for (size_t i = 0; i < COUNT(accepted); i++)
		must_accept(&accepted[i]);
}

Test(json_check, refuses_texts_that_are_not_one_value)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		char out[256];
		size_t n;

		cr_expect_eq(check(refused[i].text, refused[i].length, out, &n), -EINVAL,
			     "accepted number %zu: %s", i, refused[i].text);
	}
}

Test(json_check, accepts_the_same_values_as_elements_and_members)
{
	for (size_t i = 0; i < COUNT(accepted); i++) {
		const struct sample *s = &accepted[i];
		const char *compact = s->compact ? s->compact : s->text;
		char text[512], want[512], out[512];
		size_t n, m;

		n = (size_t)snprintf(text, sizeof(text), "[ {\"k\" :%s},[%s , %s] ]", s->text,
				     s->text, s->text);
		m = (size_t)snprintf(want, sizeof(want), "[{\"k\":%s},[%s,%s]]", compact, compact,
				     compact);
		cr_expect_eq(check(text, n, out, &n), 0, "refused: %s", text);
		cr_expect(n == m && !memcmp(out, want, m), "%s became %.*s", text, (int)n, out);
	}
}

Test(json_check, refuses_every_proper_prefix_of_a_value)
{
	static const char whole[] = "{\"name\": \"a \\u00e9 \xc3\xa9 and more text\", \"list\": "
				    "[1.5e3, true, null, {}]}";
	char out[sizeof(whole)];
	size_t n;

	cr_assert_eq(check(whole, sizeof(whole) - 1, out, &n), 0);
	for (size_t length = 0; length < sizeof(whole) - 1; length++)
		cr_expect_eq(check(whole, length, out, &n), -EINVAL, "accepted %zu bytes", length);
}

Test(json_check, finds_a_bad_byte_at_every_offset_of_a_long_string)
{
	static const char bad[] = {'"', '\\', '\n', 0, 0x1f, (char)0x80, (char)0xff};

	for (size_t length = 2; length < 70; length++) {
		for (size_t at = 1; at < length - 1; at++) {
			for (size_t b = 0; b < sizeof(bad); b++) {
				char text[80], out[80];
				size_t n;

				memset(text, 'x', length);
				text[0] = text[length - 1] = '"';
				cr_assert_eq(hw__json_check(text, length, out, &n), 0);
				text[at] = bad[b];
				cr_expect_eq(hw__json_check(text, length, out, &n), -EINVAL,
					     "byte %d at %zu of %zu", bad[b], at, length);
			}
		}
	}
}

static int check_nested(size_t depth, const char *open, const char *middle, const char *close)
{
	size_t width = strlen(open), n = depth * width, m = strlen(middle), out_length;
	char *text = malloc(n + m + depth), *out = malloc(n + m + depth);
	int result;

	for (size_t i = 0; i < depth; i++)
		memcpy(text + i * width, open, width);
	memcpy(text + n, middle, m);
	memset(text + n + m, *close, depth);
	result = hw__json_check(text, n + m + depth, out, &out_length);
	if (!result) {
		cr_expect_eq(out_length, n + m + depth);
		cr_expect_eq(memcmp(out, text, out_length), 0);
	}
	free(text);
	free(out);
	return result;
}

Test(json_check, accepts_ten_thousand_levels_and_refuses_one_more)
{
	cr_expect_eq(check_nested(9999, "[", "", "]"), 0);
	cr_expect_eq(check_nested(10000, "[", "", "]"), 0);
	cr_expect_eq(check_nested(10001, "[", "", "]"), -EINVAL);
	cr_expect_eq(check_nested(10000, "{\"a\":", "1", "}"), 0);
	cr_expect_eq(check_nested(10001, "{\"a\":", "1", "}"), -EINVAL);
	cr_expect_eq(check_nested(10000, "[", "{}", "]"), -EINVAL);
	cr_expect_eq(check_nested(200000, "[", "", "]"), -EINVAL);
	cr_expect_eq(check_nested(9999, "[", "", "}"), -EINVAL);
}

Test(json_check, distinguishes_arrays_and_objects_at_each_level)
{
	enum { LEVELS = 5000 };
	char *text = malloc(LEVELS * 7), *out = malloc(LEVELS * 7);
	size_t n = 0, out_length;

	for (unsigned i = 0; i < LEVELS; i++)
		n += (size_t)sprintf(text + n, i % 3 ? "[" : "{\"a\":");
	text[n++] = '0';
	for (unsigned i = LEVELS; i--;)
		text[n++] = i % 3 ? ']' : '}';
	cr_expect_eq(hw__json_check(text, n, out, &out_length), 0);
	text[n - 200] ^= ']' ^ '}';
	cr_expect_eq(hw__json_check(text, n, out, &out_length), -EINVAL);
	free(text);
	free(out);
}

Test(json_check, refuses_an_empty_text)
{
	char out[1];
	size_t n;

	cr_expect_eq(hw__json_check(NULL, 0, out, &n), -EINVAL);
	cr_expect_eq(hw__json_check("", 0, out, &n), -EINVAL);
}
