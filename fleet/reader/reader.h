/* SPDX-License-Identifier: BSD-3-Clause */
/* The records of all hosts, from a bucket of NATS JetStream. */
#ifndef READER_READER_H
#define READER_READER_H

#include "shared/link.h"
#include "snapshot/origin.h"

extern const struct fleet reader_fleet;

/* Start the thread that follows the bucket, and goes on after every error.  The arguments must live as long as
 * the program.  0 or a negative errno. */
int reader_start(const struct link_options *, const char *bucket);
void reader_stop(void);

#endif
