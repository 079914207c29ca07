/* SPDX-License-Identifier: BSD-3-Clause */
/* libcurl, loaded when a record is first read by URL: with its thirty libraries it would triple the time that
 * each call of the tool takes. */
#ifndef TOOLS_CURL_H
#define TOOLS_CURL_H

#define CURL_DISABLE_TYPECHECK /* its macros name the functions */
#include <curl/curl.h>

struct curl_calls {
	__typeof__(curl_easy_init) *init;
	__typeof__(curl_easy_reset) *reset;
	__typeof__(curl_easy_setopt) *setopt;
	__typeof__(curl_easy_perform) *perform;
	__typeof__(curl_easy_getinfo) *getinfo;
	__typeof__(curl_easy_strerror) *strerror;
	__typeof__(curl_slist_append) *slist_append;
	__typeof__(curl_slist_free_all) *slist_free_all;
};

/* NULL: it cannot be loaded; *why is what the linker says. */
const struct curl_calls *curl_load(const char **why);

#endif
