/* SPDX-License-Identifier: BSD-3-Clause */
/* Signals that end the program, read from a descriptor. */
#ifndef HTTPD_SIGNALS_H
#define HTTPD_SIGNALS_H

/* Blocks SIGTERM and SIGINT in this thread and those that it starts, so that they arrive through the descriptor,
 * whichever thread they are sent to; ignores SIGPIPE.  Returns the descriptor (non-blocking), or -1 and errno. */
int signals_open(void);

#endif
