/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose is the host's name?  The heartbeat's key says so.  A relay takes the name by writing it with the
 * number that the key had before, so of two only one succeeds; and it takes it only when the one that had it
 * said that it stopped, is a dead process of this very system, or wrote nothing for three periods.
 */
#ifndef RELAY_CLAIM_H
#define RELAY_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/relay.h"
#include "relay/window.h"

enum claim { CLAIM_OURS, CLAIM_TAKEN, CLAIM_FAILED };

/* Take the name; waits for up to three periods of the relay that had it, or until is_ending() returns true
 * (CLAIM_FAILED).  CLAIM_TAKEN, CLAIM_FAILED: fault says why. */
enum claim claim_take(struct relay *, bool (*is_ending)(int64_t wait_ns), char *fault, size_t size);

/* Write the heartbeat, when the last one was answered; stopped: the last one. */
void claim_beat(struct relay *, struct window *, bool stopped, int64_t now);

/* The answer to one.  Sets must_start_over or is_refused when the name or the bucket is not ours any more. */
void claim_answer(struct relay *, struct window *, struct flight *, enum answer, uint64_t revision);

#endif
