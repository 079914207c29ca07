/* SPDX-License-Identifier: BSD-3-Clause */
#include "security/security.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/options.h"
#include "net/listen.h"

enum { TOKEN_BYTES = 512 };

static char **tokens;
static size_t token_count;

static int token_add(const char *line)
{
	char **grown = realloc(tokens, (token_count + 1) * sizeof(*tokens));
	/* all have the same size: they are compared in constant time */
	char *copy = calloc(1, TOKEN_BYTES);

	if (!grown || !copy) {
		free(copy);
		tokens = grown ? grown : tokens;
		log_line("out of memory");
		return -1;
	}
	tokens = grown;
	/* shorter than TOKEN_BYTES, as token_lines() has checked */
	memcpy(copy, line, strlen(line));
	tokens[token_count++] = copy;
	return 0;
}

/* Reads one token per line, without blanks around it; empty lines and comments (#) are skipped. */
static int token_lines(FILE *file)
{
	char line[TOKEN_BYTES + 2];

	while (fgets(line, sizeof(line), file)) {
		size_t length = strcspn(line, "\r\n"), blanks = strspn(line, " \t");

		while (length > blanks && strchr(" \t", line[length - 1]))
			length--;
		if (length >= TOKEN_BYTES) {
			log_line("--token-file: '%s' has a line of more than %d bytes",
				 options.token_file, TOKEN_BYTES - 1);
			return -1;
		}
		line[length] = '\0';
		if (length == blanks || line[blanks] == '#')
			continue;
		if (line[blanks + strcspn(line + blanks, " \t")]) {
			log_line("--token-file: '%s' has a token with a blank in it: no client can "
				 "send that",
				 options.token_file);
			return -1;
		}
		if (token_add(line + blanks) != 0)
			return -1;
	}
	return 0;
}

int security_init(void)
{
	struct stat st;
	FILE *file;
	int rc;

	if (!options.token_file)
		return 0;
	file = fopen(options.token_file, "re");
	if (!file) {
		log_line("--token-file: cannot read '%s': %s", options.token_file, strerror(errno));
		return -1;
	}
	if (fstat(fileno(file), &st) == 0 && (st.st_mode & S_IROTH))
		log_warning("--token-file: everybody may read '%s'", options.token_file);
	rc = token_lines(file);
	fclose(file);
	if (rc == 0 && token_count == 0) {
		log_line("--token-file: there is no token in '%s'", options.token_file);
		return -1;
	}
	return rc;
}

void security_free(void)
{
	for (size_t i = 0; i < token_count; i++)
		free(tokens[i]);
	free(tokens);
}

/* Constant time: all bytes of all tokens are compared, so the time does not depend on the guess. */
static bool token_known(const char *guess)
{
	char padded[TOKEN_BYTES] = {0};
	unsigned known = 0;

	if (strlen(guess) >= TOKEN_BYTES)
		return false;
	memcpy(padded, guess, strlen(guess));
	for (size_t i = 0; i < token_count; i++) {
		unsigned differs = 0;

		for (size_t k = 0; k < TOKEN_BYTES; k++)
			differs |= (unsigned char)(padded[k] ^ tokens[i][k]);
		known |= differs == 0;
	}
	return known != 0;
}

bool security_authorized(const char *authorization)
{
	if (token_count == 0)
		return true;
	if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0)
		return false;
	return token_known(authorization + 7 + strspn(authorization + 7, " "));
}

/* Extracts the name from a Host header: without port and brackets, in lower case. */
static bool host_name(const char *host, char *name, size_t size)
{
	const char *end = *host == '[' ? strchr(host, ']') : host + strcspn(host, ":");
	size_t length;

	host += *host == '[';
	if (!end || (size_t)(end - host) >= size)
		return false;
	length = (size_t)(end - host);
	length -= length > 1 && host[length - 1] == '.'; /* a trailing dot means the same name */
	for (size_t i = 0; i < length; i++)
		name[i] = (char)tolower((unsigned char)host[i]);
	name[length] = '\0';
	end += *end == ']';
	return length > 0 &&
	       (*end == '\0' || (*end == ':' && end[1 + strspn(end + 1, "0123456789")] == '\0'));
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length > end_length && strcmp(text + length - end_length, end) == 0;
}

static bool is_loopback_name(const char *name)
{
	unsigned a, b, c, d;
	char rest;

	return strcmp(name, "localhost") == 0 || ends_with(name, ".localhost") ||
	       strcmp(name, "::1") == 0 ||
	       (sscanf(name, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &rest) == 4 && a == 127);
}

/* True if an --allow-host matches the name. Both may have a trailing dot. */
static bool is_allowed(const char *allowed, const char *name)
{
	char text[256];
	size_t length = strlen(allowed);

	if (length >= sizeof(text))
		return false;
	memcpy(text, allowed, length + 1);
	if (length > 1 && text[length - 1] == '.')
		text[length - 1] = '\0';
	return strcmp(text, "*") == 0 || strcasecmp(text, name) == 0 ||
	       (strncmp(text, "*.", 2) == 0 && ends_with(name, text + 1));
}

bool security_host_allowed(const struct listener *listener, const char *host)
{
	char name[256];

	if (listener->is_unix)
		return true; /* a browser reaches it only through a proxy, which checks the Host */
	if (!host_name(host, name, sizeof(name)))
		return false;
	if (is_loopback_name(name) || strcmp(name, listener->host) == 0)
		return true;
	for (size_t i = 0; i < options.allow_host.count; i++) {
		if (is_allowed(options.allow_host.item[i], name))
			return true;
	}
	return false;
}

bool security_origin_allowed(const char *origin, const char *host)
{
	const char *authority = origin ? strstr(origin, "://") : NULL;

	if (!origin)
		return true;
	if (authority && strcasecmp(authority + 3, host) == 0 &&
	    (strncasecmp(origin, "http:", 5) == 0 || strncasecmp(origin, "https:", 6) == 0))
		return true;
	for (size_t i = 0; i < options.allow_origin.count; i++)
		if (strcmp(options.allow_origin.item[i], origin) == 0)
			return true;
	return false;
}

void security_cors(const char *origin, bool is_preflight, struct MHD_Response *response)
{
	if (options.allow_origin.count == 0)
		return;
	MHD_add_response_header(response, "Vary", "Origin");
	for (size_t i = 0; origin && i < options.allow_origin.count; i++) {
		const char *allowed = options.allow_origin.item[i];

		if (strcmp(allowed, "*") != 0 && strcmp(allowed, origin) != 0)
			continue;
		MHD_add_response_header(response, "Access-Control-Allow-Origin", allowed);
		MHD_add_response_header(response, "Access-Control-Allow-Methods",
					options.allow_cancel ? "GET, HEAD, OPTIONS, POST"
							     : "GET, HEAD, OPTIONS");
		MHD_add_response_header(
			response, "Access-Control-Allow-Headers",
			"Authorization, If-Match, If-None-Match, Last-Event-ID, Prefer");
		MHD_add_response_header(response, "Access-Control-Expose-Headers",
					"ETag, Link, Retry-After, Headway-Next-Page");
		if (is_preflight)
			MHD_add_response_header(response, "Access-Control-Max-Age", "3600");
		return;
	}
}
