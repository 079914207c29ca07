/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers /healthz, /readyz and /metrics, with --listen. */
#ifndef RELAY_SERVE_H
#define RELAY_SERVE_H

#include <stdbool.h>

/* To be called before the process is confined.  false: what is wrong was logged. */
bool serve_start(void);
void serve_stop(void);

/* The folder of the socket file that serve_stop() removes, in memory that is never freed; NULL: none. */
const char *serve_folder(void);

#endif
