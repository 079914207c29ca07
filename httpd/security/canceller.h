/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process that asks owners to stop, for --allow-cancel: the only part of the program that may write an
 * arena. It is forked before the server enters its sandbox, has one of its own, holds nothing but a socket to
 * this process, and takes no other orders than an id and a reason. For each it starts a process of its own, so
 * that a damaged arena ends only that. Another one, in the same sandbox, takes over when it is killed; after
 * the second time within a minute it pauses, for up to a minute.
 *
 * No call here waits: an order is sent, its request is suspended, and the collector's thread receives the
 * answer.
 */
#ifndef HTTPD_CANCELLER_H
#define HTTPD_CANCELLER_H

#include <stdbool.h>
#include <stdint.h>

#include <headway.h>

enum {
	CANCEL_REASON = 512, /* bytes of a reason, with its NUL */
	CANCEL_ORDERS = 64   /* that may wait for their answers at one time */
};

/* Forks it; before any thread is started. arena: as headway_open() takes it. 0 or a negative errno. */
int canceller_start(const char *arena, bool confined);

/* Sends the order to ask for a record's end; sets the number by which its answer is found, and which
 * canceller_forget() gives back. 0; -EPIPE: both processes are gone; -EBUSY: too many orders wait. Any thread. */
int canceller_order(const struct headway_id *, const char *reason, uint64_t *number);

/* 0 or as headway_cancel(); -EPIPE: the process was killed; -EINPROGRESS: no answer yet. Any thread. */
int canceller_answer(uint64_t number);
void canceller_forget(uint64_t number);

/* For one thread: the socket that answers come from, -1 for none, and what to call when it is readable. */
int canceller_fd(void);
void canceller_receive(void);

/* Ends it; when no other call is made any more. */
void canceller_stop(void);

#endif
