/* SPDX-License-Identifier: BSD-3-Clause */
/* The live page and its scripts and styles, embedded in the program. */
#ifndef HTTPD_PAGE_H
#define HTTPD_PAGE_H

#include "answer/request.h"

int page_init(void); /* compress them; 0, or a negative errno */
void page_free(void);

/* True if the path is one of its files. */
bool page_has(const char *path);
enum MHD_Result page_get(struct request *, const char *path);

#endif
