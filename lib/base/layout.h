/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The layout of the shared file: structs, drawings, assertions. No functions: word.h packs and
 * unpacks.
 *
 *   +0        struct hw__header                   4 KiB, immutable after creation
 *   members   members x struct hw__member_line    who is attached
 *   totals    members x struct hw__totals         what each member has done since the arena was made
 *   watches   members x struct hw__watch          which records of others each member is about to change
 *   slots     slots x struct hw__slot             one record each
 *   stripes   striped_slots x struct hw__stripes  counters of the first slots, spread over lines
 *   hints     a bit for each block, then for each extent: probably free; may be wrong
 *   blocks    blocks x block_bytes                revisions of records       (4 KiB aligned)
 *   extents   extents x extent_bytes              entries beyond a block     (4 KiB aligned)
 *
 * Offsets are computed from the geometry, never stored. After a valid header, all zero bytes are a
 * valid empty arena: every slot FREE, every block FREE at version 0.
 *
 *   word    63..61 status | 60 cancelled       | 59..36 block index | 35..0 version
 *   state   63..62 kind   | 61..48 member      | 47..36 zero | 35..0 version
 *   ref     60 set        | 59..36 index       | 35..0 version       0 = none
 *   owner   63..60 kind   | 59..56 flags       | 55..32 member       | 31..0 pid
 */
#ifndef HW_LAYOUT_H
#define HW_LAYOUT_H

#include "base/private.h"

#include <stddef.h>
#include <stdint.h>

#define HW__MAGIC          "HEADWAY\n"
#define HW__LAYOUT_VERSION 4u
#define HW__BYTE_ORDER     0x01020304u

enum {
	HW__HEADER_BYTES = 4096,
	HW__PAGE_BYTES = 4096,
	HW__BLOCK_BYTES = 512,
	HW__EXTENT_BYTES = 4096,
	HW__BASE_PATH_BYTES = 256, /* includes the NUL */
	HW__MEMBERS_MAX = 256,
	HW__PIN_WORDS = HW__MEMBERS_MAX / 64,
	HW__SLOTS_MIN = 4,
	HW__SLOTS_MAX = 1 << 22,
	HW__CHUNKS_MAX = 1 << 24, /* blocks, and extents */
	HW__QUEUE = 4,            /* blocks in a thread's queue, at most */
	HW__COUNTERS = 8,         /* done, total, six named */
	HW__NAMED_MAX = 6,
	HW__STRIPES = 16,     /* lines a striped record */
	HW__WATCH_UNTIL = 32, /* groups of slots in a member's watch */
	HW__WATCH_CALLS = 31  /* calls that it can name */
};

/* Member p locks byte HW__LOCK_BASE + p of the file, which is beyond any arena's end. */
#define HW__LOCK_BASE (1ll << 40)

/* A slot's status: it only rises while the slot holds one record. */
enum hw__status {
	HW__FREE = 0,  /* the word is 0 */
	HW__CLAIM = 1, /* a member builds its first revision; index = member */
	HW__RUNNING = 2,
	HW__FINISHED = 3,
	HW__ERROR = 4,
	HW__LOST = 5,    /* Error because the owner died: the block still has the status Running */
	HW__RETIRING = 6 /* gone for readers; becomes FREE when no pin is left */
};

/* The kind in a chunk's state; block.h has the transitions. */
enum hw__kind {
	HW__KIND_FREE = 0,
	HW__KIND_OWNED = 1,  /* being written by the member, or published by it */
	HW__KIND_SHARED = 2, /* published; another member may be about to retire it */
	HW__KIND_PRIVATE = 3 /* of the member only: about to be written, or superseded */
};

enum hw__owner_kind { HW__OWNER_NONE = 0, HW__OWNER_MEMBER = 1, HW__OWNER_PROCESS = 2 };
enum { HW__FLAG_STRIPED = 1 };

/*
 *      0 magic[8]        8 layout_version  12 byte_order    16 fingerprint
 *     24 slots          28 blocks          32 block_bytes   36 extents
 *     40 extent_bytes   44 members         48 striped_slots 52 ttl_seconds
 *     56 error_ttl      60 (zero)          64 bytes         72 created_ns
 *     80 boot_id[16]    96 uuid[16]       112 base_path[256]
 *    368 (zero)       4088 checksum
 * Written by the creator before the file has a name; read by everybody at attach, once.
 */
struct hw__header {
	char magic[8];
	uint32_t layout_version;
	uint32_t byte_order;
	uint64_t fingerprint;
	uint32_t slots;
	uint32_t blocks;
	uint32_t block_bytes;
	uint32_t extents;
	uint32_t extent_bytes;
	uint32_t members;
	uint32_t striped_slots;
	uint32_t ttl_seconds;
	uint32_t error_ttl_seconds;
	uint32_t zero_1;
	uint64_t bytes;
	int64_t created_ns; /* wall clock */
	unsigned char boot_id[16];
	unsigned char uuid[16];
	char base_path[HW__BASE_PATH_BYTES];
	unsigned char zero_2[3720];
	uint64_t checksum; /* over the rest */
};

_Static_assert(sizeof(struct hw__header) == HW__HEADER_BYTES, "header size");
_Static_assert(offsetof(struct hw__header, fingerprint) == 16, "fingerprint");
_Static_assert(offsetof(struct hw__header, slots) == 24, "slots");
_Static_assert(offsetof(struct hw__header, members) == 44, "members");
_Static_assert(offsetof(struct hw__header, bytes) == 64, "bytes");
_Static_assert(offsetof(struct hw__header, boot_id) == 80, "boot id");
_Static_assert(offsetof(struct hw__header, base_path) == 112, "base path");
_Static_assert(offsetof(struct hw__header, checksum) == 4088, "checksum");

/*
 *      0 dirty   8 incarnation  16 pid  24 start_ticks  32 namespace  40 command[16]  56 reserved
 * Written by the process that holds the member's lock byte for writing; dirty and reserved also by
 * a sweeper, which holds it for reading. dirty is 1 from attach to the end of a sweep. reserved:
 * how many blocks the member's threads may keep between calls, see hw__reservable_blocks(). No code
 * depends on the other fields; they tell people who the member is.
 */
struct hw__member_line {
	uint64_t dirty;
	uint64_t incarnation;
	uint64_t pid;
	uint64_t start_ticks;
	uint64_t pid_namespace;
	uint64_t command[2];
	uint64_t reserved;
};

_Static_assert(sizeof(struct hw__member_line) == 64, "member line");
_Static_assert(offsetof(struct hw__member_line, pid) == 16, "pid");
_Static_assert(offsetof(struct hw__member_line, command) == 40, "command");
_Static_assert(offsetof(struct hw__member_line, reserved) == 56, "reserved");

/* Counts of what a member did since the arena was made. Written by its threads, read by anybody,
 * relaxed. */
enum hw__total {
	HW__TOTAL_STARTED,
	HW__TOTAL_FINISHED,
	HW__TOTAL_ERRORS,
	HW__TOTAL_LOST,
	HW__TOTAL_EXPIRED,
	HW__TOTAL_EVICTED,
	HW__TOTAL_NO_ROOM
};

struct hw__totals {
	uint64_t count[7];
	uint64_t zero;
};

_Static_assert(sizeof(struct hw__totals) == 64, "totals");

/*
 *      0 until[32]   256 calls[31]   504 others
 * Written by the member's threads, read by anybody: owner.h has the orders.
 * until    from then on the member relies on no look at the owner of a record in slot s; entry s mod 32;
 *          monotonic clock, ms
 * calls    each names the record of another owner that a thread is in a call on: slot + 1, or 0
 * others   how many threads are in such a call and found no entry of calls free
 */
struct hw__watch {
	uint64_t until[HW__WATCH_UNTIL];
	uint64_t calls[HW__WATCH_CALLS];
	uint64_t others;
};

_Static_assert(sizeof(struct hw__watch) == 512, "watch");
_Static_assert(offsetof(struct hw__watch, calls) == 256, "calls");
_Static_assert(offsetof(struct hw__watch, others) == 504, "others");

/*
 *  line 0    0 word   8 id_tail  16 lost_ns  24 owner  32 pins[4]
 *  line 1   64 counters[8]: 0 done, 1 total, 2..7 named
 *
 * word     written by anybody, by compare-and-swap only.  Cancelled is set together with a revision that
 *          says who asked and why, and stays as long as the slot holds the record
 * id_tail  bytes 8..15 of the id; written by the claimer, after CLAIM and before line 1 is zeroed
 * (C1) lost_ns  boot clock; written once a record, by the first sweeper that finds the owner dead;
 * 0 before,
 *          and when no sweeper was in the record's time namespace
 * owner    written by the claimer
 * pins     a bit for each member, written by that member and by the sweep of it
 * line 1   written by anybody who has the record open, relaxed
 */
struct hw__slot {
	uint64_t word;
	uint64_t id_tail;
	uint64_t lost_ns;
	uint64_t owner;
	uint64_t pins[HW__PIN_WORDS];
	uint64_t counters[HW__COUNTERS];
};

_Static_assert(sizeof(struct hw__slot) == 128, "slot");
_Static_assert(offsetof(struct hw__slot, id_tail) == 8, "id_tail");
_Static_assert(offsetof(struct hw__slot, pins) == 32, "pins");
_Static_assert(offsetof(struct hw__slot, counters) == 64, "line 1");

/* Stripe i is added to by members p with p mod HW__STRIPES == i; index 1 (total) stays 0. */
struct hw__stripes {
	uint64_t counters[HW__STRIPES][HW__COUNTERS];
};

_Static_assert(sizeof(struct hw__stripes) == 1024, "stripes");

/*
 *      0 state   8 home  12 used_bytes  14 status  16 rev  24 id[16]
 *     40 changed_ns  48 overflow  56 results  64 entries …
 *
 * state    written by anybody, by compare-and-swap; by a plain store of the member that it belongs to when
 *          it begins to write, or gives up what it has not published
 * the rest is written by that member between OWNED and publication, and never changes afterwards:
 * home     index of the slot
 * used_bytes  of entries
 * status   as of this revision
 * rev      1 in the first revision, one more in each that follows
 * changed_ns  wall clock at that change
 * overflow, results: refs of chains of extents, or 0
 */
struct hw__block_head {
	uint64_t state;
	uint32_t home;
	uint16_t used_bytes;
	uint16_t status;
	uint64_t rev;
	unsigned char id[16];
	uint64_t changed_ns;
	uint64_t overflow;
	uint64_t results;
};

struct hw__block {
	struct hw__block_head h;
	unsigned char entries[HW__BLOCK_BYTES - sizeof(struct hw__block_head)];
};

_Static_assert(sizeof(struct hw__block) == HW__BLOCK_BYTES, "block");
_Static_assert(offsetof(struct hw__block_head, home) == 8, "home");
_Static_assert(offsetof(struct hw__block_head, rev) == 16, "rev");
_Static_assert(offsetof(struct hw__block_head, id) == 24, "id");
_Static_assert(offsetof(struct hw__block_head, overflow) == 48, "overflow");
_Static_assert(offsetof(struct hw__block, entries) == 64, "entries");

/*
 *      0 state   8 home  12 used_bytes  16 head  24 next  32 total_bytes  40 (zero)  64 data …
 *
 * state and home are as in a block. head is the ref of the chain's first extent (in the first, its
 * own); next is 0 in the last. used_bytes fills every extent but the last. total_bytes are those of
 * this extent and all that follow it, so that a cycle is noticed at its first turn.
 */
struct hw__extent_head {
	uint64_t state;
	uint32_t home;
	uint32_t used_bytes;
	uint64_t head;
	uint64_t next;
	uint64_t total_bytes;
	uint64_t zero[3];
};

struct hw__extent {
	struct hw__extent_head h;
	unsigned char data[HW__EXTENT_BYTES - sizeof(struct hw__extent_head)];
};

_Static_assert(sizeof(struct hw__extent) == HW__EXTENT_BYTES, "extent");
_Static_assert(offsetof(struct hw__extent_head, home) == 8, "extent home");
_Static_assert(offsetof(struct hw__extent_head, head) == 16, "head");
_Static_assert(offsetof(struct hw__extent, data) == 64, "data");

enum {
	HW__LINE = 64, /* bytes that move between processors together */
	HW__INLINE_BYTES = sizeof(((struct hw__block *)0)->entries),
	HW__EXTENT_DATA = sizeof(((struct hw__extent *)0)->data)
};

/* An entry of a revision: header, key, NUL, value, NUL, without padding. The value of a message may
 * have more NULs behind its text (entry.h). Readers skip unknown kinds. The first entry is
 * HW__ENTRY_ORIGIN. */
struct hw__entry {
	uint16_t kind;
	uint16_t key_length;
	uint32_t value_length;
};

_Static_assert(sizeof(struct hw__entry) == 8, "entry");

enum hw__entry_kind {
	HW__ENTRY_ORIGIN = 1, /* value: struct hw__origin, without the command's trailing NULs */
	/* value: struct hw__frozen, with as many counters as the record has */
	HW__ENTRY_FROZEN = 2,
	HW__ENTRY_NAME = 3,
	HW__ENTRY_UNIT = 4,
	HW__ENTRY_PARENT = 5, /* value: 16 bytes */
	HW__ENTRY_URL = 6,
	HW__ENTRY_COUNTER = 7, /* value: the name; in the order of the counters */
	HW__ENTRY_RESULTS = 8, /* short results; long ones are in a chain */
	HW__ENTRY_MESSAGE = 9,
	HW__ENTRY_PROFILE = 11, /* value: struct hw__profile.  From the start on */
	HW__ENTRY_CANCEL = 10   /* value: struct hw__cancel, then the reason.  Once, behind what is
				 frozen; there exactly when the word says cancelled */
};

/* The origin of a record; the same in all its revisions. */
struct hw__origin {
	uint64_t started_ns;      /* wall clock */
	uint64_t started_boot_ns; /* the same moment, boot clock */
	uint64_t owner_start_ticks;
	uint32_t owner_namespace; /* inode of the pid namespace */
	uint32_t owner_pid;       /* 0: detached */
	uint32_t ttl_seconds;
	uint32_t
		time_namespace; /* inode of the creator's time namespace, to which all boot times here belong */
	char command[24]; /* NUL-padded here; stored without trailing NULs */
};

enum { HW__ORIGIN_BYTES = 40 }; /* without the command */

_Static_assert(offsetof(struct hw__origin, time_namespace) == 36, "time namespace");
_Static_assert(offsetof(struct hw__origin, command) == HW__ORIGIN_BYTES, "origin");
_Static_assert(sizeof(struct hw__origin) == 64, "origin size");

/* A request to the owner to stop. */
struct hw__cancel {
	uint64_t asked_ns; /* wall clock */
};

_Static_assert(sizeof(struct hw__cancel) == 8, "cancel");

/* Values fixed when a record ends. */
struct hw__frozen {
	uint64_t ended_boot_ns; /* 0: unknown, since it ended in another time namespace */
	uint64_t counters[HW__COUNTERS];
};

/* Size for a record with this many named counters, which follow done and total. */
#define HW__FROZEN_BYTES(named) (offsetof(struct hw__frozen, counters) + (2 + (size_t)(named)) * 8)

_Static_assert(offsetof(struct hw__frozen, counters) == 8, "frozen counters");
_Static_assert(HW__FROZEN_BYTES(HW__NAMED_MAX) == sizeof(struct hw__frozen), "frozen size");

#endif
