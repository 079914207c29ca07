/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The claim on the host's name: the relay that wrote the heartbeat's key has it.  To take it, a relay writes
 * the key on the condition that it still has the sequence number that was read, so of two relays one
 * succeeds.  It does so only when the last heartbeat says that its relay stopped, when that relay is a dead
 * process of this system, or when no heartbeat came for three periods.
 */
#ifndef RELAY_CLAIM_H
#define RELAY_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/relay.h"
#include "relay/window.h"

enum claim { CLAIM_OURS, CLAIM_TAKEN, CLAIM_FAILED };

/* Take the name.  Waits for up to three periods of the relay that had it, or until is_ending() returns true
 * (CLAIM_FAILED).  After CLAIM_TAKEN and CLAIM_FAILED fault says why; after a signal it is empty. */
enum claim claim_take(struct relay *, bool (*is_ending)(int64_t wait_ns), char *fault, size_t size);

/* Write the heartbeat, unless the one before is still under way.  stopped: it is the last one, and says that
 * this relay stops. */
void claim_heartbeat(struct relay *, struct window *, bool stopped, int64_t now);

/* The answer to a heartbeat.  Sets must_start_over when the bucket was lost, is_refused when another relay
 * has the name. */
void claim_answer(struct relay *, struct window *, struct flight *, enum answer, uint64_t sequence);

#endif
