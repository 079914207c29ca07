/* SPDX-License-Identifier: BSD-3-Clause */
/* The live page and what it needs, built into the program. */
#ifndef HTTPD_PAGE_H
#define HTTPD_PAGE_H

#include "answer/request.h"

int page_init(void); /* compress them; 0, or a negative errno */
void page_free(void);

/* Is this one of its files? */
bool page_has(const char *path);
enum MHD_Result page_get(struct request *, const char *path);

#endif
