/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/conformance.h"

#include <microhttpd.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct inspection {
	const char *fault;
	unsigned hosts, lengths, codings;
	bool has_body;
};

/* libmicrohttpd 0.9 keeps all strings of a request in one buffer, unchanged; see below. */
static bool is_in_place(void)
{
	return MHD_get_version()[0] == '0';
}

/* True for a header folded into a second line. libmicrohttpd 0.9 appends that line to the name
 * instead of the value, in other memory, so that "Content-Length: 5" would not be found. */
static bool is_folded(const char *name, const char *value)
{
	return is_in_place() && (uintptr_t)value < (uintptr_t)name + strlen(name) + 1;
}

/* True if a NUL truncated the address. In an intact request the version follows the address in
 * memory. */
static bool is_cut(const char *url, const char *target, const char *version)
{
	return is_in_place() && (uintptr_t)version != (uintptr_t)url + strlen(target) + 1;
}

/* True if the text is a token: letters, digits and !#$%&'*+-.^_`|~. */
static bool is_name(const char *text)
{
	const char *c = text;

	while ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
	       (*c && strchr("-_!#$%&'*+.^`|~", *c)))
		c++;
	return c > text && *c == '\0';
}

static bool has_control(const char *text)
{
	for (; *text; text++) {
		if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
			return true;
	}
	return false;
}

static void inspect_length(struct inspection *i, const char *value)
{
	size_t digits = strspn(value, "0123456789");

	i->lengths++;
	if (digits == 0 || value[digits + strspn(value + digits, " \t")])
		i->fault = "Content-Length is not a number";
	i->has_body |= strspn(value, "0") < digits;
}

static enum MHD_Result on_header(void *argument, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	struct inspection *i = argument;

	(void)kind;
	if (value && is_folded(name, value))
		i->fault = "a header has more than one line";
	value = value ? value : "";
	if (!is_name(name))
		i->fault =
			"the name of a header has a blank or another character that none may have";
	else if (has_control(value))
		i->fault = "the value of a header has a control character";
	else if (strcasecmp(name, "Host") == 0)
		i->hosts++;
	else if (strcasecmp(name, "Content-Length") == 0)
		inspect_length(i, value);
	else if (strcasecmp(name, "Transfer-Encoding") == 0)
		i->codings++, i->has_body = true;
	return i->fault ? MHD_NO : MHD_YES;
}

const char *request_fault(struct MHD_Connection *connection, const char *url, const char *target,
			  const char *version, bool *has_body)
{
	struct inspection i = {0};

	MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, &i);
	*has_body = i.has_body;
	if (i.fault)
		return i.fault;
	if (i.hosts > 1)
		return "there is more than one Host";
	if (i.hosts == 0 && strcmp(version, "HTTP/1.0") != 0)
		return "there is no Host";
	if (i.lengths > 1 || (i.lengths && i.codings))
		return "the length of the content is told twice";
	if (has_control(target) || strpbrk(target, " \t"))
		return "there is a blank or a control character in the address";
	if (strstr(target, "%00") || is_cut(url, target, version))
		return "there is a NUL in the address";
	return NULL;
}
