/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers /healthz, /readyz and /metrics, with --listen. */
#ifndef RELAY_SERVE_H
#define RELAY_SERVE_H

#include <stdbool.h>

/* false: a line says what is wrong.  Before the process is confined. */
bool serve_start(void);
void serve_stop(void);

/* The folder of the socket file that serve_stop() removes; NULL: none. */
const char *serve_folder(void);

#endif
