/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The peers. Each function makes a side that updates one message of the same five again and again;
 * it returns false, after a SKIP line, where the peer is not on this machine.
 */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include "harness.h"
#include "sample.h"

#include <sys/types.h>

bool peer_mutex(struct bench_side *side);
bool peer_urcu(struct bench_side *side);
bool peer_ck_epoch(struct bench_side *side);
bool peer_lmdb(struct bench_side *side);
bool peer_sqlite(struct bench_side *side);
bool peer_redis(struct bench_side *side);
bool peer_redis_pipelined(struct bench_side *side);
bool peer_go(struct bench_side *side);

/* Prints "SKIP name: why" and returns false. */
bool peer_skip(const char *name, const char *why);

/* Fails unless the peer holds the value that key has after ops updates. */
void peer_verify(const char *name, unsigned key, const char *value, size_t length, uint64_t ops);

/* Starts a process that serves the peer. It ends with this process, by peer_end(), or when its
 * standard input is closed. worker: it is pinned to that worker's processor; -1: not pinned. */
pid_t peer_start(const char *const *arguments, int in, int out, int worker);
void peer_end(pid_t pid);

/* ---- a struct under a robust mutex, in shared memory ----------------------------------------- */

/* Sizes as small as the sample's texts allow, so that a reader does not copy more than Headway's
 * does. */
enum { MUTEX_MESSAGES = 16, MUTEX_KEY = 16, MUTEX_VALUE = 64 };

struct mutex_record;

struct mutex_record *mutex_record_make(void);
void mutex_lock(struct mutex_record *record);
void mutex_unlock(struct mutex_record *record);

/* join, run and check of a bench_side whose argument is the record. Each worker writes messages of
 * its own. */
void *mutex_writer_join(void *record, unsigned worker);
void mutex_writer_run(void *writer, uint64_t count);
void mutex_writer_check(void *writer, const uint64_t ops[BENCH_WORKERS]);

/* Copies the record under the lock. The check verifies the last copy while nobody writes. */
void mutex_reader_run(void *writer, uint64_t count);
void mutex_reader_check(void *writer, const uint64_t ops[BENCH_WORKERS]);

/* Worker 0 writes while worker 1 reads, or the other way round. */
void mutex_write_beside_read_run(void *writer, uint64_t count);
void mutex_read_beside_write_run(void *writer, uint64_t count);
void mutex_read_beside_write_check(void *writer, const uint64_t ops[BENCH_WORKERS]);

/* ---- our Go program: mutex, slice of messages, encoding/json --------------------------------- */

struct go_program;

/* The program, one for all sides; NULL after a SKIP line. */
struct go_program *go_program(void);

/* Runs command ("message", "encode", "life", "life-pooled") for ns nanoseconds. */
void go_slice(struct go_program *go, const char *command, uint64_t ns, struct bench_slice *slice);

/* The record as its encoder writes it, including the newline. */
const char *go_show(struct go_program *go);

#endif
