/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chunks, that is blocks and extents: take, own, publish, retire, free.
 *
 *   from          event                        to            by                 order
 *   FREE(v)       take                         PRIVATE(p,v)  p                  CAS
 *   PRIVATE(p,v)  begin to write               OWNED(p,v+1)  p                  store, then W1
 *   OWNED(p,v)    abandoned, not published     PRIVATE(p,v)  p                  store
 *   OWNED(p,v)    another will supersede it    SHARED(v)     anybody (help)     CAS, before W3
 *   OWNED(p,v)    superseded by p              PRIVATE(p,v)  p, or FREE         CAS after W3, or it stays: P2
 *   OWNED(p,v)    superseded, begin to write   OWNED(p,v+1)  p                  store, then W1
 *   OWNED(p,v)    superseded, queue is full    FREE(v)       p                  CAS
 *   SHARED(v)     superseded by p              PRIVATE(p,v)  p, or FREE         CAS, after W3
 *   PRIVATE(p,v)  the queue is full            FREE(v)       p                  CAS
 *   PRIVATE(p,v)  p died                       FREE(v)       sweep of p         CAS
 *   OWNED(p,v)    p died, current              SHARED(v)     sweep of p         CAS
 *   OWNED(p,v)    p died, not current          FREE(v)       sweep of p         CAS
 *   SHARED(v)     not current                  FREE(v)       any sweep          CAS
 *
 * The version rises where writing begins and at no other transition. So (index, version) is
 * published at most once, and a copy of a superseded block stays valid until the block is written
 * again.
 *
 * W1 (store fence in hw__chunk_own) pairs with R2 (load fence in hw__version_is): the new version
 * is seen before any byte of the new content. Without it a reader could copy new bytes and
 * afterwards still load the old version.
 */
#ifndef HW_BLOCK_H
#define HW_BLOCK_H

#include "arena/member.h"
#include "base/word.h"
#include "store/memo.h"

#include <string.h>

/* Takes a FREE chunk as PRIVATE(member). thorough: search all states, not only those with hints.
 * Returns its ref, or 0 if there is none. */
uint64_t hw__chunk_take(struct hw__attachment *attachment, enum hw__pool_index pool, bool thorough);

/* PRIVATE(member), or OWNED(member) and superseded -> OWNED(member) with the next version; returns
 * its ref. */
static inline __attribute__((always_inline)) uint64_t hw__state_own(uint64_t *state,
								    uint32_t member, uint64_t ref)
{
	uint64_t version = hw__version_next(hw__version(ref));

	hw__store_relaxed(state, hw__state(HW__KIND_OWNED, member, version));
	hw__fence_store(); /* W1, with R2: no new byte is seen before the new version */
	return hw__ref(hw__ref_index(ref), version);
}

static inline __attribute__((always_inline)) uint64_t hw__chunk_own(const struct hw__pool *pool,
								    uint32_t member, uint64_t ref)
{
	return hw__state_own(hw__chunk_state(pool, hw__ref_index(ref)), member, ref);
}

/* OWNED(member), never published -> PRIVATE(member). */
static inline void hw__chunk_abandon(const struct hw__pool *pool, uint32_t member, uint64_t ref)
{
	hw__store_release(hw__chunk_state(pool, hw__ref_index(ref)),
			  hw__state(HW__KIND_PRIVATE, member, hw__version(ref)));
}

/* Help: OWNED by another member -> SHARED, before it is superseded, so that any sweep may free it.
 * state: its state, as the caller loaded it. */
static inline void hw__chunk_help(const struct hw__pool *pool, uint64_t ref, uint64_t state)
{
	if (hw__state_kind(state) == HW__KIND_OWNED && hw__version(state) == hw__version(ref))
		(void)hw__cas_full(hw__chunk_state(pool, hw__ref_index(ref)), state,
				   hw__state(HW__KIND_SHARED, 0, hw__version(ref)));
}

/* OWNED(member) or SHARED, superseded by member -> PRIVATE(member).  False: a sweep has freed it. */
static inline bool hw__chunk_retire(const struct hw__pool *pool, uint32_t member, uint64_t ref)
{
	uint64_t *state = hw__chunk_state(pool, hw__ref_index(ref)), version = hw__version(ref);
	uint64_t retired = hw__state(HW__KIND_PRIVATE, member, version);

	if (!hw__cas_full(state, hw__state(HW__KIND_OWNED, member, version), retired) &&
	    !hw__cas_full(state, hw__state(HW__KIND_SHARED, 0, version), retired))
		return false;
	hw__touch(pool->touched, hw__ref_index(ref)); /* another member may have written it */
	return true;
}

/* state -> FREE, if the state has not changed.  True: this call freed it. */
bool hw__chunk_free(struct hw__pool *pool, uint32_t index, uint64_t state);

/* PRIVATE(member), or OWNED(member) and superseded -> FREE. */
void hw__chunk_give_back(struct hw__pool *pool, uint32_t member, uint64_t ref);

/* OWNED(member) or SHARED, superseded -> FREE.  True: this call freed it. */
bool hw__chunk_drop(struct hw__pool *pool, uint32_t member, uint64_t ref);

/* Copies a block's head, except its state, word by word. Relaxed: a reader compares the block's
 * version afterwards (R2), and a writer owns the block. home, used_bytes and status share one word,
 * which is packed and unpacked by shifts, since a load of a word that was just stored in parts
 * stalls. */
enum {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	HW__HOME_SHIFT = 0,
	HW__USED_SHIFT = 32,
	HW__HEAD_STATUS_SHIFT = 48
#else
	HW__HOME_SHIFT = 32,
	HW__USED_SHIFT = 16,
	HW__HEAD_STATUS_SHIFT = 0
#endif
};

static inline size_t hw__block_used_bytes(const struct hw__block *block)
{
	uint64_t word = hw__load_relaxed((const uint64_t *)(const void *)&block->h.home);

	return word >> HW__USED_SHIFT & 0xffff;
}

static inline void hw__block_head_load(struct hw__block_head *head, const struct hw__block *from)
{
	uint64_t word = hw__load_relaxed((const uint64_t *)(const void *)&from->h.home);
	uint64_t id[2];

	for (int i = 0; i < 2; i++)
		id[i] = hw__load_relaxed((const uint64_t *)(const void *)from->h.id + i);
	memcpy(head->id, id, sizeof id);
	head->home = (uint32_t)(word >> HW__HOME_SHIFT);
	head->used_bytes = (uint16_t)(word >> HW__USED_SHIFT);
	head->status = (uint16_t)(word >> HW__HEAD_STATUS_SHIFT);
	head->rev = hw__load_relaxed(&from->h.rev);
	head->changed_ns = hw__load_relaxed(&from->h.changed_ns);
	head->overflow = hw__load_relaxed(&from->h.overflow);
	head->results = hw__load_relaxed(&from->h.results);
}

static inline void hw__block_head_store(struct hw__block *to, const struct hw__block_head *head)
{
	uint64_t id[2];

	memcpy(id, head->id, sizeof id);
	hw__store_relaxed((uint64_t *)(void *)&to->h.home,
			  (uint64_t)head->home << HW__HOME_SHIFT |
				  (uint64_t)head->used_bytes << HW__USED_SHIFT |
				  (uint64_t)head->status << HW__HEAD_STATUS_SHIFT);
	for (int i = 0; i < 2; i++)
		hw__store_relaxed((uint64_t *)(void *)to->h.id + i, id[i]);
	hw__store_relaxed(&to->h.rev, head->rev);
	hw__store_relaxed(&to->h.changed_ns, head->changed_ns);
	hw__store_relaxed(&to->h.overflow, head->overflow);
	hw__store_relaxed(&to->h.results, head->results);
}

/* Writes what differs in the head of the next revision of old, if it has the same shape. */
static inline void hw__block_head_next(struct hw__block *to, const struct hw__block *old,
				       uint64_t changed_ns)
{
	hw__store_relaxed(&to->h.rev, hw__load_relaxed(&old->h.rev) + 1);
	hw__store_relaxed(&to->h.changed_ns, changed_ns);
}

/* Writes the rest of it. home, used bytes and status are what the writer knows. */
static inline void hw__block_head_shape(struct hw__block *to, const struct hw__block *old,
					uint32_t home, size_t used, unsigned status)
{
	const uint64_t *from = (const uint64_t *)(const void *)old->h.id;
	uint64_t *id = (uint64_t *)(void *)to->h.id;

	hw__store_relaxed((uint64_t *)(void *)&to->h.home,
			  (uint64_t)home << HW__HOME_SHIFT | (uint64_t)used << HW__USED_SHIFT |
				  (uint64_t)status << HW__HEAD_STATUS_SHIFT);
	hw__store_relaxed(&id[0], hw__load_relaxed(&from[0]));
	hw__store_relaxed(&id[1], hw__load_relaxed(&from[1]));
	hw__store_relaxed(&to->h.overflow, hw__load_relaxed(&old->h.overflow));
	hw__store_relaxed(&to->h.results, hw__load_relaxed(&old->h.results));
}

enum { HW__RANDOM = 4080 }; /* random bytes drawn at once: enough for 340 ids */

/* How many blocks the threads of all members may keep between calls: four fifths of those beyond
 * one per slot. However many threads are idle, the rest is enough for the first block of each slot
 * and for some calls in progress (I7). */
static inline uint64_t hw__reservable_blocks(const struct hw__geometry *g)
{
	return (uint64_t)(g->blocks - g->slots) * HW__QUEUE / (HW__QUEUE + 1);
}

/* The blocks that a thread keeps between calls, for one membership, oldest first: PRIVATE(member), or
 * OWNED(member) and superseded. A superseded block waits there before it is written again, so that
 * readers can finish copying it. A thread with capacity 0 takes a block for each call and frees
 * one. */
struct hw__queue {
	uint64_t generation;
	struct hw__queue *next;
	uint32_t head, count;
	uint32_t capacity;     /* how many this thread may keep: HW__QUEUE, 1 or 0 */
	uint32_t pool_backoff; /* pops until the pool, which was empty, is searched again */
	uint64_t ref[HW__QUEUE];
	/* The shape that the block has, as a memo names it; 0: unknown. */
	uint64_t shape[HW__QUEUE];
	uint64_t shapes; /* how many memos of this queue have named */
	struct hw__memo memo[HW__MEMOS];
	size_t random_left;
	unsigned char random[HW__RANDOM];
};

/* This thread's queue for the membership; NULL: no memory. Its blocks are freed when the thread
 * exits. */
struct hw__queue *hw__queue_get(struct hw__attachment *attachment);

/* Takes a block to write to, PRIVATE(member) or as it was kept. thorough: see hw__chunk_take(). 0: none. */
uint64_t hw__queue_pop(struct hw__attachment *attachment, struct hw__queue *queue, bool thorough);

/* Keeps a block, or gives it back if the queue is full. */
static inline void hw__queue_push(struct hw__attachment *a, struct hw__queue *queue, uint64_t ref)
{
	uint32_t place = (queue->head + queue->count) % HW__QUEUE;

	if (queue->count == queue->capacity) {
		hw__chunk_give_back(&a->pools[HW__BLOCKS], a->member, ref);
		return;
	}
	queue->ref[place] = ref;
	queue->shape[place] = 0;
	queue->count++;
}

/* Takes the oldest block of a queue that is not empty. */
static inline uint64_t hw__queue_oldest(struct hw__queue *queue)
{
	uint64_t ref = queue->ref[queue->head];

	queue->head = (queue->head + 1) % HW__QUEUE;
	queue->count--;
	return ref;
}

/* Takes the oldest block of a full queue, and keeps ref instead, which has that shape. */
static inline void hw__queue_exchange(struct hw__queue *queue, uint64_t ref, uint64_t shape)
{
	uint32_t head = queue->head, place = (head + queue->count) % HW__QUEUE;

	queue->ref[place] = ref;
	queue->shape[place] = shape;
	queue->head = (head + 1) % HW__QUEUE;
}

/* Growing memory. {NULL, 0} is empty; hw__buffer_free() frees it. From HW__BUFFER_MAPPED bytes on
 * it is a mapping of its own, which is returned to the system at once; malloc() would keep it for
 * the thread. */
struct hw__buffer {
	unsigned char *bytes;
	size_t capacity;
};

enum { HW__BUFFER_MAPPED = 64 << 10 };

/* Grows to at least this many bytes and keeps the content. False: no memory. */
bool hw__buffer_reserve(struct hw__buffer *buffer, size_t bytes);
void hw__buffer_free(struct hw__buffer *buffer);

/* Buffers of this thread, freed when it exits; large ones after each call. */
enum hw__scratch_use {
	HW__SCRATCH_OLD,      /* the revision that is updated */
	HW__SCRATCH_NEW,      /* the entries of the next revision */
	HW__SCRATCH_OLD_REFS, /* extents that it does not use any more */
	HW__SCRATCH_NEW_REFS, /* its new extents */
	HW__SCRATCH_REFS,     /* extents of a slot that is retired */
	HW__SCRATCH_JSON,     /* compacted results */
	HW__SCRATCH_MESSAGES, /* messages of an update, with their lengths */
	HW__SCRATCH_SETTINGS, /* settings, and the table of their keys */
	HW__SCRATCH_COUNT
};

/* Returns a scratch buffer of this thread; NULL: no memory. */
struct hw__buffer *hw__scratch(enum hw__scratch_use use);

/* To be called at the end of a call: frees the buffer unless it is small. */
void hw__scratch_done(enum hw__scratch_use use);

/* Thread-local state; NULL before the thread's first call. */
struct hw__thread {
	struct hw__queue *queues; /* the most recently used first */
	struct hw__buffer scratch[HW__SCRATCH_COUNT];
};

extern __thread struct hw__thread *hw__thread_self
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

#endif
