/* SPDX-License-Identifier: BSD-3-Clause */
/* --nats: the records of all hosts, where the program was built with libnats. */
#ifndef HTTPD_FLEET_H
#define HTTPD_FLEET_H

#include "security/sandbox.h"

/* Look at the options.  Returns -1 to go on, or the exit status. */
int fleet_configure(void);

/* What it reads from when it connects again stays readable.  folders: room for their names. */
void fleet_keep(struct sandbox *, const char *folders[4]);

int fleet_start(void); /* 0 or a negative errno */
void fleet_stop(void);

#endif
