/* SPDX-License-Identifier: BSD-3-Clause */
#ifdef HEADWAY_CURL
#include "base/curl.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define LIBRARY "libcurl.so.4"

/* A function's address as one: ISO C knows no conversion from an object's. */
static bool find(void *library, const char *name, void *function, size_t size)
{
	void *address = dlsym(library, name);

	memcpy(function, &address, size);
	return address != NULL;
}

#define FIND(member, name) find(library, name, &calls.member, sizeof(calls.member))

const struct curl_calls *curl_load(const char **why)
{
	static struct curl_calls calls;
	static bool is_loaded;
	void *library;

	if (is_loaded)
		return &calls;
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	is_loaded = library && FIND(init, "curl_easy_init") && FIND(reset, "curl_easy_reset") &&
		    FIND(setopt, "curl_easy_setopt") && FIND(perform, "curl_easy_perform") &&
		    FIND(getinfo, "curl_easy_getinfo") && FIND(strerror, "curl_easy_strerror") &&
		    FIND(slist_append, "curl_slist_append") &&
		    FIND(slist_free_all, "curl_slist_free_all");
	if (!is_loaded)
		*why = dlerror();
	return is_loaded ? &calls : NULL;
}
#else
typedef int curl_is_missing; /* a file is not empty */
#endif
