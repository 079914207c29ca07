/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Headway: the progress of long-running work, in shared memory.
 *
 * A program opens an ARENA (a file in /dev/shm), starts RECORDS in it, and updates them without
 * system calls and without locks.  Anybody with read permission may watch.
 *
 * Caveats first.
 *
 *  - Crash: a process may be killed at any instruction; it loses no memory of the arena and damages
 *    no record.  Records it owned and had not finished become Error ("owner died ...") at the next
 *    sweep: by headway_reap(), by the next process that is given its place, or by a
 *    headway_start() that needs room.
 *  - Fork: a handle inherited by a child may be used there; the child becomes a member of its own at
 *    its first call.  The parent stays the owner of what it started.  The library registers
 *    pthread_atfork() handlers when it is loaded: fork() may be called whatever other threads do.
 *    A lock of the application that is held in a call and also taken by an atfork handler of the
 *    application is safe where that handler was registered after the library was loaded.  A child
 *    of _Fork() or of a bare clone(), which run no handlers, may only exec or _exit.
 *  - Signals: no call but headway_add(), headway_set(), headway_set_total(), headway_counter_add()
 *    and headway_is_cancelled() may be made from a signal handler; in a forked child only after one
 *    other call on the handle.
 *  - Cancellation: a thread must not be cancelled (pthread_cancel) inside a call.
 *  - RCU: the library waits for its own threads' calls only; every call may be made inside a
 *    read-side section of the application.
 *  - Copies: several copies of the static library in one process (in plugins) do not meet.  A
 *    plugin closes its arenas before it is unloaded; threads that made calls may live on.
 *  - Seccomp: closing an arena while other threads have made calls uses membarrier().  A filter may
 *    refuse that with an error: closing takes 10 ms longer then.
 *  - Containers: processes that share the file share the arena; liveness rests on file locks, not on
 *    process ids.  A /dev/shm of a container is often only 64 MiB.
 *  - Clocks: a time that is shown is the wall clock's when it happened, and stays as it is however the
 *    clock is set later.  Age, and so what expires, goes by the boot clock, which counts suspended
 *    time and is never set.
 *  - Time namespaces: boot clocks and start times of processes differ between them.  What was started
 *    or ended in another one than the reaper's does not expire, and an owner known by its process id
 *    is neither alive nor dead there but unknown.
 *  - Rights: a handle works on after setuid(), chroot() and the like.  What opens the file anew needs the
 *    rights for it then: a forked child's first call says -EACCES, and no dead are swept.  So open after
 *    that, or give the later user the right to write (mode and group of headway_options), or make the
 *    child's first call before.
 *  - Names: an arena whose name was removed is used on by who has it open.  A forked child cannot join it
 *    (-ESTALE).  Its dead are known by their processes: their records are lost, as ever, but what else
 *    they held is not given back.  The same goes for who has lost the right to open the file.
 *  - Truncation: whoever may write the file may also truncate it, and an access then raises SIGBUS.
 *    The library never shrinks a file and never reads memory that was not reserved.
 *  - Locks: whoever may read the file can hold read locks on the bytes of all places for writers that are
 *    not taken, up to 255 of 256, and for as long as it lives nobody is given one of them: headway_open()
 *    says -EUSERS.  Members that are there, and readers, are not harmed.
 *
 * Every function returns 0 or a count on success and a negative errno value on failure; errno itself
 * says nothing.  A handle, id or output that is NULL is -EINVAL, unless the function's comment says that
 * NULL is ignored or what it stands for: programs may rely on that.  The library prints nothing, never exits, starts no thread, installs no signal
 * handler and keeps no file descriptor open.
 *
 * Threads: every function may be called by any thread with any handle, except as this table says.
 *
 *     calls on one handle                    | may they overlap?
 *     any call           / any other call    | yes
 *     headway_release(r) / a call on r       | no: the handle ends with release
 *     headway_close(a)   / a call on a       | no: the handle ends with close
 *     headway_close(a)   / message, finish…  | yes: the call on the record is done, or says -ESTALE
 *     headway_close(a)   / add, set, …       | no: the inline counters are not waited for
 *
 * Progress classes used below: "wait-free" ends in a bounded number of its own steps; "lock-free"
 * means that some caller always gets on; "bounded" retries at most a fixed number of times and then
 * says -EAGAIN; "blocking" may make system calls or take a lock of this process only.  Nothing but
 * headway_open() waits for another process.
 *
 * In a forked child, the first call that writes makes it a member and opens the file for that.  So start,
 * resume, reap, remove, status, message and the others that change a record, and the counters may say there
 * what headway_open() says: -EUSERS (no place is free), -ESTALE (the arena was replaced or lost its name),
 * -EACCES, -EMFILE, -ENFILE, -ENOMEM.  Nothing was changed then, and the next call tries again.
 */
#ifndef HEADWAY_H
#define HEADWAY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default) /* all that is declared here is exported */
#endif

#define HEADWAY_VERSION_MAJOR 0
#define HEADWAY_VERSION_MINOR 1
#define HEADWAY_VERSION_PATCH 0

/* An attached arena, a record opened for writing: both opaque. */
struct headway_arena;
struct headway_record;

/* 128 bits, a version 8 UUID.  Text form: 36 characters, lower-case hex. */
struct headway_id {
	unsigned char bytes[16];
};

#define HEADWAY_ID_TEXT 37 /* bytes of the text form, its NUL included */

/* A record's status.  It is Running, then exactly once Finished or Error. */
enum { HEADWAY_RUNNING = 1, HEADWAY_FINISHED = 2, HEADWAY_ERROR = 3 };

/* Flags of headway_options. */
enum {
	HEADWAY_CREATE = 1,    /* make the arena when there is none: the default unless READ_ONLY */
	HEADWAY_EXCLUSIVE = 2, /* make it, and fail with -EEXIST when there is one */
	HEADWAY_READ_ONLY = 4, /* map it read-only: for watching */
	HEADWAY_EXISTING = 8,  /* open for writing, but do not make one: -ENOENT */
	HEADWAY_ANY_OWNER = 16 /* whoever the file belongs to: see headway_open() */
};

/* Flags of headway_spec. */
enum {
	HEADWAY_DETACHED = 1, /* no owner: stays Running until somebody ends it */
	HEADWAY_STRIPED = 2,  /* done and the named counters are spread over cache lines, for many
				 processes that add at once; headway_set() is refused then */
	HEADWAY_ROOT = 4      /* no parent, whatever HEADWAY_PARENT says */
};

/* Flags of headway_reap_policy. */
enum { HEADWAY_DRY_RUN = 1 /* count what would be done, change nothing */ };

/*
 * How to open or make an arena.  0 and NULL mean the default given.  Geometry, mode, group, base
 * path and time-to-live count when the arena is made: one that exists keeps its own.
 */
struct headway_options {
	size_t size;           /* sizeof(struct headway_options); 0 is read as this version's */
	unsigned flags;        /* HEADWAY_CREATE … */
	uint32_t slots;        /* records at once, 4 to 4194304; 4096 */
	uint64_t bytes;        /* whole file; 32 MiB at most unless the slots need more */
	uint32_t members;      /* writing processes at once, 1 to 256; 256 */
	uint32_t mode;         /* permission bits, umask is ignored; 0600 */
	const char *group;     /* group name or number that owns the file; the process's */
	const char *base_path; /* start of every record's url, begins and ends in '/', at most
				       255 bytes; "/_/status/" */
	uint32_t ttl_seconds;  /* how long a Finished record stays; 300 */
	uint32_t error_ttl_seconds; /* how long one in Error stays; 3600 */
};

/* What a new record is.  Texts are copied. */
struct headway_spec {
	size_t size;                     /* sizeof(struct headway_spec) */
	unsigned flags;                  /* HEADWAY_DETACHED, HEADWAY_STRIPED, HEADWAY_ROOT */
	const char *name;                /* for people; "" */
	const char *unit;                /* what done and total count: "bytes", "files"; "" */
	const struct headway_id *parent; /* the record this one is part of; $HEADWAY_PARENT's */
	uint64_t total;                  /* what done is expected to reach; 0 = unknown */
	const char *const *counters;     /* names of more counters, NULL-ended, at most 6; none */
	uint32_t ttl_seconds;            /* how long it stays when it is over; 0 = the policy's */
	uint32_t owner_pid; /* another process that owns the record, known by pid, start
					    time and namespaces; 0 = the caller */
};

struct headway_message {
	const char *key, *value;
};

/*
 * One version of a record, whole.  Made by the library only; members stay valid until the snapshot
 * is read into again or freed.  Members may be added at the end.
 */
struct headway_snapshot {
	struct headway_id id;
	int status;                      /* HEADWAY_RUNNING, HEADWAY_FINISHED, HEADWAY_ERROR */
	int lost;                        /* 1: in Error because its owner died */
	int stale;                       /* 1: an older version, the record was changing too fast */
	int owner_alive;                 /* 1 yes, 0 no, -1 unknown (no owner, or another pid or
				  time namespace) */
	uint64_t version;                /* rises with every change but those of counters */
	const char *name;                /* never NULL */
	const char *unit;                /* never NULL */
	const char *url;                 /* never NULL */
	const struct headway_id *parent; /* NULL when it has none */
	const struct headway_message *messages; /* in order of insertion */
	size_t message_count;
	const char *results;   /* one JSON value, compact; NULL when never set */
	size_t results_length; /* bytes, without the NUL */
	uint64_t done, total;
	const uint64_t *counters;         /* counter_count of them */
	const char *const *counter_names; /* NULL-ended */
	size_t counter_count;
	uint32_t owner_pid;        /* 0 when detached */
	const char *owner_command; /* never NULL */
	int64_t started_ns;        /* wall clock, ns since 1970; 0 = not yet */
	int64_t updated_ns;        /* last change but those of counters; wall clock too */
	int64_t finished_ns;       /* and this; of a lost record: started_ns and the time it ran */
	uint32_t ttl_seconds;      /* 0 = the policy's */
	int detached;              /* 1: has no owner */
	int64_t read_ns; /* when this was read: started_ns and the time that has passed since,
				     which elapsed time and rate are up to */
	int64_t cancel_requested_ns; /* when it was asked to stop, wall clock; 0 = never */
	const char *cancel_reason;   /* why, "" when none was given; NULL = never asked */
};

/* What to free.  NULL or 0: what the arena says. */
struct headway_reap_policy {
	size_t size;
	uint32_t ttl_seconds, error_ttl_seconds; /* 0 = the arena's */
	unsigned flags;                          /* HEADWAY_DRY_RUN */
};

struct headway_reap_report {
	size_t size;            /* set by the caller; 0 is read as this version's */
	uint64_t live;          /* records still Running */
	uint64_t lost;          /* Running records whose owner was found dead: now Error */
	uint64_t expired;       /* records freed because their time was over */
	uint64_t evicted;       /* records freed because room was needed (0 from headway_reap) */
	uint64_t members_swept; /* dead processes cleaned up after */
	uint64_t blocks_freed;  /* blocks and extents given back */
};

struct headway_fsck_report {
	size_t size;
	uint64_t slots;      /* in use */
	uint64_t blocks;     /* in use, extents included */
	uint64_t in_transit; /* just superseded, on their way back: 0 in an arena at rest */
	uint64_t leaked;     /* neither free nor referenced nor anybody's */
	uint64_t damaged;    /* invariants broken */
	char first[160];     /* what the first leak or damage was; "" when none */
};

/* Geometry and use of an arena. */
struct headway_info {
	size_t size;
	uint32_t layout_version;
	uint32_t slots, slots_used, slots_running;
	uint32_t blocks, blocks_free, block_bytes;
	uint32_t extents, extents_free, extent_bytes;
	uint32_t members, members_alive, members_dead; /* dead: not yet swept */
	uint32_t striped_slots;
	uint32_t ttl_seconds, error_ttl_seconds;
	uint64_t bytes;
	int64_t created_ns;                       /* wall clock, ns since 1970 */
	struct headway_id uuid;                   /* of the arena */
	uint64_t started, finished, errors, lost; /* totals since it was made */
	uint64_t expired, evicted, no_room;       /* no_room: calls that said -ENOSPC */
	uint64_t unlinked;                        /* 1: the name is gone or leads elsewhere */
	char base_path[256];
	char path[1024]; /* of the file */
};

/*
 * Open an arena, making it when there is none.
 *
 * name     "/headway" or "headway" (names in /dev/shm), a path with a further '/', or NULL for
 *          $HEADWAY_ARENA (not in a set-user-ID program) or else "/headway"; "" is -EINVAL
 * options  NULL: all defaults
 * arena    out: the handle; close it with headway_close()
 *
 * Returns 0, or
 *   -EINVAL   an option is out of range, or bytes too few for the slots
 *   -ENOENT   no arena (READ_ONLY or EXISTING), or no such folder or group
 *   -EEXIST   there is one (EXCLUSIVE)
 *   -EACCES   permissions, or the file belongs to somebody else: see below
 *   -EPROTO   the file is not an arena
 *   -ENOTSUP  an arena of another layout version or machine word
 *   -EBADMSG  damaged or truncated
 *   -ESTALE   left over from before the last boot (READ_ONLY or EXISTING)
 *   -EAGAIN   for a minute others were making or replacing the arena: one may be stopped
 *   -ENOSPC   not enough room in the file system: nothing is left behind
 *   -EUSERS   all members taken (not READ_ONLY)
 *   -ENOMEM, -EMFILE, -ENFILE, -EFBIG, -EIO … from the system
 * Any thread.  Blocking, and the one call that waits for other processes: for up to a minute while one
 * replaces what another boot left, and for up to 5 s when the last free place is being swept.
 *
 * Who may write a file may truncate it, which raises SIGBUS in everybody who has it mapped.  So a file of
 * another user is opened only when its group is one of the process's and its mode lets that group in, or
 * when it is root's; root may read everybody's.  HEADWAY_ANY_OWNER leaves that out: permissions alone count.
 */
int headway_open(const char *name, const struct headway_options *options,
		 struct headway_arena **arena);

/*
 * Close an arena.  Records this handle started and did not end become Error; record handles still
 * open answer -ESTALE and are still to be released.  NULL is ignored.  See the table above for what
 * must not overlap.  Blocking.
 */
void headway_close(struct headway_arena *arena);

/*
 * Remove an arena's name; whoever uses it goes on until they look for a new one.
 * Returns 0, -EINVAL, -ENOENT, -EACCES, -EPERM, -EPROTO (the file is not an arena) …  Any thread.
 * Blocking.
 */
int headway_unlink(const char *name);

/*
 * Start a record: it is Running, and the caller has it open.
 *
 * spec    NULL: nameless, owned by the caller
 * record  out: the handle; release it with headway_release()
 *
 * A record without a parent is part of the one whose id is in the environment as HEADWAY_PARENT, so
 * that a program is a child of what it was started by (`headway run`).  HEADWAY_ROOT is for one that
 * is not.  A HEADWAY_PARENT counts for nothing when it is no id, when there is no such record in this
 * arena (any more), or in a program with more rights than its caller: see secure_getenv(3).
 *
 * When the arena is full, expired records are freed, the dead are swept, then the oldest Finished and
 * then the oldest Error records that nobody has open are evicted.  For a call that could not be met
 * even so, none is.
 *
 * Returns 0, or -EINVAL (too many counters, an empty counter name, HEADWAY_ROOT with a parent),
 * -EACCES (READ_ONLY; /proc does not tell of owner_pid), -ESRCH (no process owner_pid), -ENOSPC (only
 * Running or open records left), -E2BIG, -EUSERS and -ESTALE (in a forked child: no member free, the
 * arena was replaced), -ENOMEM.
 * Any thread.  Lock-free towards other processes; takes a lock of this process for a moment.
 */
int headway_start(struct headway_arena *arena, const struct headway_spec *spec,
		  struct headway_record **record);

/*
 * Open a record that somebody started, for writing.  Its owner stays who it was.
 * Returns 0, or -ENOENT (no such record was ever here), -ESTALE (it is gone), -EACCES (READ_ONLY),
 * -EUSERS, -ENOMEM, -EAGAIN.  A record that is over can be opened; writing to it says -EALREADY.
 * Any thread.  Bounded; takes a lock of this process for a moment.
 */
int headway_resume(struct headway_arena *arena, const struct headway_id *id,
		   struct headway_record **record);

/* End a handle.  The record stays; an owner still Running stays owner.  NULL is ignored. */
void headway_release(struct headway_record *record);

/* The record's id.  Returns 0, or -EINVAL for NULL.  Wait-free. */
int headway_get_id(const struct headway_record *record, struct headway_id *id);

/*
 * Set a message; an existing key keeps its place and gets the new value.
 * key    at least one byte, at most 65535
 * value  NUL-ended; any bytes
 *
 * This and the calls below to headway_error() return 0, or
 *   -EALREADY  the record is over; nothing was changed
 *   -ESTALE    the arena handle was closed, or the record is gone
 *   -ENOSPC    no room even if all went that may go, so that nothing was evicted; the record is
 *              unchanged.  What a call replaces needs its room until the call is done
 *   -E2BIG     longer than the arena allows
 *   -EINVAL    NULL or empty key, NULL value, results that are not one JSON value in UTF-8
 *   -EBADMSG   the arena is damaged
 *   -EUSERS, -ENOMEM
 *   -EAGAIN    a million others were faster: try again
 * Any thread.  Lock-free; no system call and no lock, but for a thread's first call and when blocks
 * run out.
 */
int headway_message(struct headway_record *record, const char *key, const char *value);

/*
 * Set a message whose texts need no NUL, as other languages have them; no byte of them may be one.
 * key, key_length      at least one byte, at most 65535
 * value, value_length  any bytes; may be NULL when its length is 0
 * Returns as headway_message(), and -EINVAL for a NUL within.
 */
int headway_message_n(struct headway_record *record, const char *key, size_t key_length,
		      const char *value, size_t value_length);

/* Set several messages in one step: a reader sees all of them or none. */
int headway_update(struct headway_record *record, const struct headway_message *messages,
		   size_t count);

/* Set the results: one JSON value of length bytes (RFC 8259, UTF-8, at most 10,000 deep). */
int headway_results(struct headway_record *record, const char *json, size_t length);

/* Set the url; "" brings back base path + id. */
int headway_url(struct headway_record *record, const char *url);

/* End the record: Finished, Finished with results in the same step, or Error.  message is kept under
 * the key "Error"; NULL adds none. */
int headway_finish(struct headway_record *record);
int headway_finish_with_results(struct headway_record *record, const char *json, size_t length);
int headway_error(struct headway_record *record, const char *message);

/*
 * Ask the owner of a record to stop: whoever may write the arena may ask.  The record's status stays what
 * it is.  Its owner sees the request in headway_is_cancelled(), whenever it looks, and may still finish;
 * so does everybody who has the record open, and readers in the snapshot.  The request stays until the
 * record is freed.
 * reason  NULL or "": none.  Of several requests the first one's is kept
 * Returns 0 (also when it was asked before: nothing changes), -EALREADY (the record is over), -EINVAL,
 * -ENOSPC and -E2BIG (for the reason), or as headway_resume().
 * Any thread.  Lock-free towards other processes; takes a lock of this process for a moment.
 */
int headway_cancel(struct headway_arena *arena, const struct headway_id *id, const char *reason);

/* HEADWAY_RUNNING, HEADWAY_FINISHED or HEADWAY_ERROR, or a negative errno.  Wait-free. */
int headway_status(const struct headway_record *record);

/*
 * Read one record.  READ_ONLY suffices; stores nothing in the arena.
 * snapshot  in: *snapshot NULL, or one to use again; out: the record
 * A Running record whose owner is dead is in Error and lost, and one whose time is over is gone, whether
 * or not somebody has cleaned up.
 * Returns 0, or -ENOENT (never here), -ESTALE (gone), -EAGAIN (unreadable just now: try again),
 * -EBADMSG (damaged), -ENOMEM, -EINVAL.  On failure *snapshot stays owned by the caller.
 * Any thread, each snapshot by one at a time.  Bounded.
 */
int headway_read(struct headway_arena *arena, const struct headway_id *id,
		 struct headway_snapshot **snapshot);

/*
 * Call fn for every record there is; order is that of the slots.  Records that come or go during the
 * walk may or may not be seen.  fn returns 0 to go on; anything else ends the walk and is returned.
 * The snapshot is valid during the call of fn only.
 * Returns the number of records, or a negative errno.  Unreadable records are left out.
 */
int headway_each(struct headway_arena *arena,
		 int (*fn)(const struct headway_snapshot *snapshot, void *argument),
		 void *argument);

/* Free a snapshot.  NULL is ignored. */
void headway_snapshot_free(struct headway_snapshot *snapshot);

/*
 * Wait until a record is over; looks ten times a second.
 * timeout_ms  -1 = for ever, 0 = look once; less is -EINVAL
 * Returns its final status, -ETIMEDOUT, or as headway_read().  Blocking.
 */
int headway_wait(struct headway_arena *arena, const struct headway_id *id, int timeout_ms);

/*
 * Write the status view, or the full view, of a snapshot as JSON with a closing newline.
 * buffer, size  like snprintf: at most size bytes, NUL-ended when size > 0; NULL with size 0
 *               (within size, bytes behind the NUL may be overwritten)
 * Returns the length of the whole text without its NUL, or -EINVAL, -EOVERFLOW (over INT_MAX).
 */
int headway_json(const struct headway_snapshot *snapshot, char *buffer, size_t size);
int headway_json_full(const struct headway_snapshot *snapshot, char *buffer, size_t size);

/* How fast a record goes, and how long it will still take. */
struct headway_estimate {
	size_t size;            /* set by the caller; 0 is read as this version's */
	double elapsed_seconds; /* from its start until it was read or ended; below 0: not known */
	double rate;            /* units a second, over all of that time; below 0: not known */
	double eta_seconds;     /* for what is left of total at that rate; below 0: not known, or
				   the record is over */
};

/*
 * Estimate a record's rate and time left, from one snapshot of it.  The JSON and all views show these
 * numbers.  Returns 0 or -EINVAL.  Any thread; wait-free.
 */
int headway_estimate(const struct headway_snapshot *snapshot, struct headway_estimate *estimate);

/*
 * One pass of cleaning: sweep the dead, mark their records lost, free what expired.  Suspended time
 * counts; a step of the wall clock does not.
 * policy, report  may be NULL
 * Returns 0, -EACCES (READ_ONLY), -EINVAL …  Any thread, many processes at once.  Blocking.
 */
int headway_reap(struct headway_arena *arena, const struct headway_reap_policy *policy,
		 struct headway_reap_report *report);

/*
 * End a record as Error "removed" when it is still Running, and free it.
 * Returns 0, -EBUSY (its owner lives, or somebody has it open: nothing was changed), or as
 * headway_resume().
 */
int headway_remove(struct headway_arena *arena, const struct headway_id *id);

/* Audit every invariant.  READ_ONLY suffices.  Returns 0 (also when something is wrong: see the
 * report), or a negative errno when it could not look. */
int headway_fsck(struct headway_arena *arena, struct headway_fsck_report *report);

/* Geometry and use.  READ_ONLY suffices.  Returns 0 or a negative errno. */
int headway_info(struct headway_arena *arena, struct headway_info *info);

/* Text form to id: 36 characters, either case.  Returns 0 or -EINVAL. */
int headway_parse_id(const char *text, struct headway_id *id);

/* Id to text form.  Returns 0 or -EINVAL. */
int headway_format_id(const struct headway_id *id, char text[HEADWAY_ID_TEXT]);

/* What a code this library returns means, positive or negative.  Never NULL; static. */
const char *headway_strerror(int error);

/* "0.1.0" of the library that is loaded. */
const char *headway_version(void);

/*
 * Counters.  Inline and wait-free: one check that the handle is this process's, one that the record
 * is Running, one atomic instruction.  Each is exported from the library too, for other languages.
 *
 *   headway_add           done += n
 *   headway_set           done = n (not for HEADWAY_STRIPED: -EINVAL)
 *   headway_set_total     total = n
 *   headway_counter_add   the named counter (0 to 5, in the order of the spec) += n
 *
 * Return 0, -EALREADY (the record is over), -ESTALE (gone or closed), -EINVAL (no such counter).
 * An add that overlaps the call that ends the record may or may not be counted.
 *
 *   headway_is_cancelled  1: somebody asked the record's owner to stop, see headway_cancel(); 0: nobody
 *                         did.  Of a record that is over, too.  -ESTALE (gone or closed), -EINVAL (NULL)
 */
struct headway_record_prefix {          /* what the inline calls see of a handle */
	const uint64_t *generation_now; /* differs from generation after close and in a child */
	uint64_t generation;
	const uint64_t *word; /* the slot's: three bits of status, and whether it is cancelled */
	uint64_t *counters;   /* done, total, named ones: a stripe's when striped */
	uint64_t *line;       /* the slot's own line of counters; [1] is total */
	uint32_t counter_count;
	uint32_t striped;
};

enum { HEADWAY_SLOW_ADD, HEADWAY_SLOW_SET, HEADWAY_SLOW_TOTAL, HEADWAY_SLOW_CANCELLED };

/* The way of the inline calls when a check fails: brings the handle up to date or says why not.
 * C++ compilers need not expect it to throw, and so call it by a jump. */
int headway_counter_slow(struct headway_record *record, int operation, unsigned index, uint64_t n)
	__attribute__((nothrow));

#ifdef HEADWAY_NO_INLINE
int headway_add(struct headway_record *record, uint64_t n);
int headway_set(struct headway_record *record, uint64_t done);
int headway_set_total(struct headway_record *record, uint64_t total);
int headway_counter_add(struct headway_record *record, unsigned counter, uint64_t n);
int headway_is_cancelled(const struct headway_record *record);
#else

#define HEADWAY_STATUS_SHIFT    61
#define HEADWAY_STATUS_RUNNING  2u
#define HEADWAY_CANCELLED_SHIFT 60

/* The generation is acquired: a child that re-attached changed the handle before it raised it. */
static inline int headway_record_is_ours(const struct headway_record_prefix *h)
{
	return h && __atomic_load_n(h->generation_now, __ATOMIC_ACQUIRE) ==
			    __atomic_load_n(&h->generation, __ATOMIC_ACQUIRE);
}

static inline int headway_record_is_live(const struct headway_record_prefix *h)
{
	return headway_record_is_ours(h) &&
	       __atomic_load_n(h->word, __ATOMIC_RELAXED) >> HEADWAY_STATUS_SHIFT ==
		       HEADWAY_STATUS_RUNNING;
}

static inline int headway_add(struct headway_record *record, uint64_t n)
{
	struct headway_record_prefix *h = (struct headway_record_prefix *)record;

	if (!headway_record_is_live(h))
		return headway_counter_slow(record, HEADWAY_SLOW_ADD, 0, n);
	(void)__atomic_fetch_add(&h->counters[0], n, __ATOMIC_RELAXED);
	return 0;
}

static inline int headway_set(struct headway_record *record, uint64_t done)
{
	struct headway_record_prefix *h = (struct headway_record_prefix *)record;

	if (!headway_record_is_live(h) || h->striped)
		return headway_counter_slow(record, HEADWAY_SLOW_SET, 0, done);
	__atomic_store_n(&h->line[0], done, __ATOMIC_RELAXED);
	return 0;
}

static inline int headway_set_total(struct headway_record *record, uint64_t total)
{
	struct headway_record_prefix *h = (struct headway_record_prefix *)record;

	if (!headway_record_is_live(h))
		return headway_counter_slow(record, HEADWAY_SLOW_TOTAL, 1, total);
	__atomic_store_n(&h->line[1], total, __ATOMIC_RELAXED);
	return 0;
}

static inline int headway_counter_add(struct headway_record *record, unsigned counter, uint64_t n)
{
	struct headway_record_prefix *h = (struct headway_record_prefix *)record;

	if (!headway_record_is_live(h) || counter >= h->counter_count)
		return headway_counter_slow(record, HEADWAY_SLOW_ADD,
					    counter < 6 ? counter + 2 : ~0u, n);
	(void)__atomic_fetch_add(&h->counters[counter + 2], n, __ATOMIC_RELAXED);
	return 0;
}

static inline int headway_is_cancelled(const struct headway_record *record)
{
	const struct headway_record_prefix *h = (const struct headway_record_prefix *)record;

	if (!headway_record_is_ours(h))
		return headway_counter_slow((struct headway_record *)(uintptr_t)record,
					    HEADWAY_SLOW_CANCELLED, 0, 0);
	return (int)(__atomic_load_n(h->word, __ATOMIC_RELAXED) >> HEADWAY_CANCELLED_SHIFT & 1);
}
#endif /* HEADWAY_NO_INLINE */

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif /* HEADWAY_H */
