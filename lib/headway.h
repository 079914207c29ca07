/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Headway: the progress of long-running work, in shared memory.
 *
 * A program opens an ARENA (a file in /dev/shm), starts RECORDS in it, and updates them without
 * system calls and without locks. Every process with read permission may read them.
 *
 * Caveats first.
 *
 *  - Crash: a process may be killed at any instruction; it leaks no memory of the arena and damages no
 *    record. Its unfinished records become Error ("owner died ...") at the next sweep: by
 *    headway_reap(), by the next process that gets its member index, or by a headway_start() that
 *    needs room.
 *  - Fork: a child may use inherited handles; at its first call it becomes a member of its own. The
 *    parent stays the owner of the records that it started. The library registers pthread_atfork()
 *    handlers when it is loaded: fork() may be called at any time, whatever other threads do. An
 *    application may hold a lock during a call and also acquire it in an atfork handler, if it
 *    registers that handler after the library was loaded. _Fork() and a bare clone() run no
 *    handlers: such a child may only exec or _exit.
 *  - Signals: the only calls allowed in a signal handler are headway_add(), headway_set(),
 *    headway_set_total(), headway_counter_add() and headway_is_cancelled(); in a forked child only
 *    after another call on the handle.
 *  - Cancellation: a thread must not be cancelled (pthread_cancel) inside a call.
 *  - RCU: the library waits only for calls of its own threads; every call may be made inside a
 *    read-side section of the application.
 *  - Copies: several copies of the static library in one process (in plugins) are independent. A
 *    plugin closes its arenas before it is unloaded; threads that made calls may live on.
 *  - Seccomp: closing an arena while other threads have made calls uses membarrier(). If a filter
 *    refuses it with an error, closing takes 10 ms longer.
 *  - Containers: processes that share the file share the arena; the liveness of members is determined
 *    by file locks, not by process ids. The /dev/shm of a container often has only 64 MiB.
 *  - Clocks: times that are shown are of the wall clock when the event happened, and do not change when
 *    the clock is set later. Age, and so expiry, is measured with the boot clock, which includes
 *    suspension and cannot be set.
 *  - Time namespaces: boot clocks and start times of processes differ between them. A record that was
 *    started or ended in another one than the reaper's does not expire, and whether an owner that is
 *    known by its process id is alive is unknown there.
 *  - Rights: a handle keeps working after setuid(), chroot() and the like. Calls that open the file again
 *    need the rights for it at that moment: a forked child's first call returns -EACCES, and dead
 *    members are not swept. So open the arena after such a change, or let the later user write the
 *    file (mode and group of headway_options), or make the child's first call before it.
 *  - Names: an arena whose name was removed stays usable through open handles. A forked child cannot
 *    become a member (-ESTALE). Dead members are found by pid and start time: their records become lost as
 *    usual, but their other chunks are not freed. The same holds for a process that has lost the right
 *    to open the file.
 *  - Truncation: a user who may write the file may also truncate it; an access then raises SIGBUS. The
 *    library never shrinks a file and never reads memory that was not reserved.
 *  - Locks: a user who may read the file can hold read locks on the bytes of all unused member indices, up
 *    to 255 of 256, and block new members as long as it lives: headway_open() returns -EUSERS. Present
 *    members and readers are not affected.
 *
 * Every function returns 0 or a count on success and a negative errno value on failure; errno
 * itself is unspecified. A handle, id or output that is NULL is -EINVAL, unless the function's
 * comment says what NULL means; programs may rely on that. The library prints nothing, never exits,
 * starts no thread, installs no signal handler and keeps no file descriptor open.
 *
 * Threads: every function may be called by any thread with any handle, with these exceptions:
 *
 *     calls on one handle                    | may they overlap?
 *     any call           / any other call    | yes
 *     headway_release(r) / a call on r       | no: release ends the handle
 *     headway_close(a)   / a call on a       | no: close ends the handle
 *     headway_close(a)   / message, finish…  | yes: the call on the record succeeds, or returns -ESTALE
 *     headway_close(a)   / add, set, …       | no: close does not wait for the inline counters
 *
 * Progress classes: "wait-free" ends within a bounded number of the caller's own steps; "lock-free"
 * means that some caller always succeeds; "bounded" retries a fixed number of times at most and
 * then returns -EAGAIN; "blocking" may make system calls or acquire a lock of this process. Only
 * headway_open() waits for other processes.
 *
 * In a forked child, the first call that writes makes the child a member, and opens the file for
 * that. So start, resume, reap, remove, status, message and the other calls that change a record,
 * and the counters may return the errors of headway_open(): -EUSERS (no free member index), -ESTALE
 * (the arena was replaced or lost its name), -EACCES, -EMFILE, -ENFILE, -ENOMEM. Then nothing was
 * changed, and the next call tries again.
 */
#ifndef HEADWAY_H
#define HEADWAY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default) /* every declaration below is exported */
#endif

#define HEADWAY_VERSION_MAJOR 0
#define HEADWAY_VERSION_MINOR 1
#define HEADWAY_VERSION_PATCH 0

/* An open arena, and a record opened for writing; both are opaque. */
struct headway_arena;
struct headway_record;

/* 128 bits, a version 8 UUID. Text form: 36 characters, lower-case hex. */
struct headway_id {
	unsigned char bytes[16];
};

#define HEADWAY_ID_TEXT 37 /* bytes of the text form, its NUL included */

/* A record's status. It is Running first, and then Finished or Error for ever. */
enum { HEADWAY_RUNNING = 1, HEADWAY_FINISHED = 2, HEADWAY_ERROR = 3 };

/* Flags of headway_options. */
enum {
	HEADWAY_CREATE = 1,    /* create the arena if there is none; the default unless READ_ONLY */
	HEADWAY_EXCLUSIVE = 2, /* create it; -EEXIST if there is one */
	HEADWAY_READ_ONLY = 4, /* map it read-only */
	HEADWAY_EXISTING = 8,  /* open for writing, but do not create; -ENOENT if there is none */
	HEADWAY_ANY_OWNER = 16 /* accept a file of any user: see headway_open() */
};

/* Flags of headway_spec. */
enum {
	HEADWAY_DETACHED = 1, /* no owner: stays Running until some process ends it */
	HEADWAY_STRIPED = 2,  /* done and the named counters are spread over cache lines, for many
				 processes that add at once; headway_set() is then refused */
	HEADWAY_ROOT = 4      /* no parent, whatever HEADWAY_PARENT says */
};

/* count what would be done, change nothing */
enum { HEADWAY_DRY_RUN = 1 /* count what would be done, change nothing */ };

/* How to open or create an arena. 0 and NULL mean the default, which follows each ";". Geometry,
 * mode, group, base path and times to live are used only when the arena is created: an existing
 * arena keeps its own. */
struct headway_options {
	size_t size;           /* sizeof(struct headway_options); 0 means this version's */
	unsigned flags;        /* HEADWAY_CREATE … */
	uint32_t slots;        /* records at the same time, 4 to 4194304; 4096 */
	uint64_t bytes;        /* size of the file; 32 MiB, or more if the slots need it */
	uint32_t members;      /* writing processes at the same time, 1 to 256; 256 */
	uint32_t mode;         /* permission bits, umask is ignored; 0600 */
	const char *group;     /* name or number of the file's group; the process's */
	const char *base_path; /* beginning of every record's url: begins and ends in '/', at most
				       255 bytes; "/_/status/" */
	uint32_t ttl_seconds;  /* seconds for which a Finished record stays; 300 */
	uint32_t error_ttl_seconds; /* seconds for which a record in Error stays; 3600 */
};

/* Properties of a new record. Texts are copied. 0 and NULL mean the default, which
 * follows each ";". */
struct headway_spec {
	size_t size;                     /* sizeof(struct headway_spec); 0 means this version's */
	unsigned flags;                  /* HEADWAY_DETACHED, HEADWAY_STRIPED, HEADWAY_ROOT */
	const char *name;                /* for people; "" */
	const char *unit;                /* what done and total count: "bytes", "files"; "" */
	const struct headway_id *parent; /* the record it is part of; $HEADWAY_PARENT's */
	uint64_t total;                  /* the value that done is expected to reach; 0 = unknown */
	const char *const *counters; /* names of further ones, NULL-terminated, at most 6; none */
	uint32_t ttl_seconds;        /* seconds it stays after its end; 0 = the arena's */
	uint32_t owner_pid;          /* another process that owns the record, known by pid, start
					    time and namespaces; 0 = the caller */
	const char *history; /* name under which successful runs of this user are remembered and
				forecasts are made, at most 255 bytes: see headway_sample(); none */
};

struct headway_message {
	const char *key, *value;
};

/* One consistent version of a record. Only the library makes snapshots; members stay valid until
 * the snapshot is read into again or freed. Later versions may add members at the end. */
struct headway_snapshot {
	struct headway_id id;
	int status;                      /* HEADWAY_RUNNING, HEADWAY_FINISHED, HEADWAY_ERROR */
	int lost;                        /* 1: in Error because its owner died */
	int stale;                       /* 1: an older version, as it was changing too fast */
	int owner_alive;                 /* 1 yes, 0 no, -1 unknown (no owner, or another pid or
				  time namespace) */
	uint64_t version;                /* rises with every change except those of counters */
	const char *name;                /* never NULL */
	const char *unit;                /* never NULL */
	const char *url;                 /* never NULL */
	const struct headway_id *parent; /* NULL when it has none */
	const struct headway_message *messages; /* in the order of insertion */
	size_t message_count;
	const char *results;   /* one JSON value, compact; NULL when never set */
	size_t results_length; /* bytes, without the NUL */
	uint64_t done, total;
	const uint64_t *counters;         /* counter_count values */
	const char *const *counter_names; /* NULL-terminated */
	size_t counter_count;
	uint32_t owner_pid;        /* 0 when detached */
	const char *owner_command; /* at most 15 bytes; never NULL */
	int64_t started_ns;        /* wall clock, ns since 1970 */
	int64_t updated_ns;        /* wall clock of the last change except those of counters */
	int64_t finished_ns;       /* wall clock; if lost: started_ns + time it ran; 0: Running */
	uint32_t ttl_seconds;      /* 0 = the arena's */
	int detached;              /* 1: has no owner */
	int64_t read_ns; /* when this read began: started_ns plus the time until then; elapsed
				     time and rate are computed up to it */
	int64_t cancel_requested_ns; /* time of the request to stop, wall clock; 0 = none */
	const char *cancel_reason;   /* its reason, "" if it has none; NULL = no request */
	const void *profile; /* of earlier runs, for headway_estimate() and JSON; NULL = none */
};

/* What headway_reap() frees. NULL or 0: the arena's times. */
struct headway_reap_policy {
	size_t size;
	uint32_t ttl_seconds, error_ttl_seconds; /* 0 = the arena's */
	unsigned flags;                          /* HEADWAY_DRY_RUN */
};

struct headway_reap_report {
	size_t size;            /* set by the caller; 0 means this version's */
	uint64_t live;          /* records still Running */
	uint64_t lost;          /* Running records whose owner was found dead: now Error */
	uint64_t expired;       /* records freed because their time-to-live was over */
	uint64_t evicted;       /* records freed because room was needed (0 from headway_reap) */
	uint64_t members_swept; /* dead members swept */
	uint64_t blocks_freed;  /* blocks and extents freed */
};

struct headway_fsck_report {
	size_t size;
	uint64_t slots;      /* in use */
	uint64_t blocks;     /* in use, including extents */
	uint64_t in_transit; /* just superseded, not yet freed: 0 in an arena without members */
	uint64_t leaked;     /* neither free nor current nor owned by a member */
	uint64_t damaged;    /* violations of invariants */
	char first[160];     /* description of the first leak or damage; "" if none */
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
	uint64_t expired, evicted, no_room;       /* no_room: calls that returned -ENOSPC */
	uint64_t unlinked;                        /* 1: the name is removed, or of another file */
	char base_path[256];
	char path[1024]; /* path of the file */
};

/*
 * Opens an arena, and creates it if there is none.
 *
 * name     "/headway" or "headway" (names in /dev/shm), a path with a further '/', or NULL for
 *          $HEADWAY_ARENA (not in a set-user-ID program) or else "/headway"; "" is -EINVAL
 * options  NULL: all defaults
 * arena    out: the handle; close it with headway_close()
 *
 * Returns 0, or
 *   -EINVAL   an option is out of range, or bytes are too few for the slots
 *   -ENOENT   no arena (READ_ONLY or EXISTING), or no such folder or group
 *   -EEXIST   the arena exists (EXCLUSIVE)
 *   -EACCES   permissions, or a file of another user: see below
 *   -EPROTO   the file is not an arena
 *   -ENOTSUP  an arena of another layout version or word size
 *   -EBADMSG  damaged or truncated
 *   -ESTALE   left over from before the last boot (READ_ONLY or EXISTING)
 *   -EAGAIN   other processes were creating or replacing the arena for a minute: one may be stopped
 *   -ENOSPC   not enough space in the file system; no file is left over
 *   -EUSERS   all member indices are in use (not READ_ONLY)
 *   -ENOMEM, -EMFILE, -ENFILE, -EFBIG, -EIO … from the system
 * Any thread. Blocking; the only call that waits for other processes: up to a minute while one
 * replaces a file left over from another boot, and up to 5 s while the last free member index is
 * being swept.
 *
 * A user who may write a file may truncate it, which raises SIGBUS in every process that has it
 * mapped. So a file of another user is opened only if its group is one of the process's and its
 * mode gives that group access, or if it is root's; root may read every file. HEADWAY_ANY_OWNER
 * omits this check, so that only permissions count.
 */
int headway_open(const char *name, const struct headway_options *options,
		 struct headway_arena **arena);

/* Closes an arena. Records that this handle started and that are still Running become Error; calls
 * on open record handles return -ESTALE, and these handles must still be released. NULL is ignored.
 * See the table above for calls that must not overlap. Blocking. */
void headway_close(struct headway_arena *arena);

/* Removes an arena's name. Processes that use the arena continue until they open or follow the name
 * again. Returns 0, -EINVAL, -ENOENT, -EACCES, -EPERM, -EPROTO (the file is not an arena) … Any
 * thread. Blocking. */
int headway_unlink(const char *name);

/*
 * Starts a record: its status is Running, and the caller has it open.
 *
 * spec    NULL: no name, owned by the caller
 * record  out: the handle; release it with headway_release()
 *
 * A record without a parent becomes part of the record whose id is in the environment variable
 * HEADWAY_PARENT, so that a program is a child of what started it (`headway run`). HEADWAY_ROOT
 * prevents that. HEADWAY_PARENT is ignored if it is not an id, if this arena has no such record, or
 * in a program with more rights than its caller: see secure_getenv(3).
 *
 * When the arena is full, expired records are freed, dead members are swept, then the oldest
 * Finished and then the oldest Error records without open handles are evicted. If even that would
 * not make enough room, none is evicted.
 *
 * Returns 0, or -EINVAL (too many counters, an empty counter name, HEADWAY_ROOT with a parent),
 * -EACCES (READ_ONLY; /proc does not show owner_pid), -ESRCH (no process owner_pid), -ENOSPC (only
 * Running or open records are left), -E2BIG, -EUSERS and -ESTALE (in a forked child: no free member
 * index, the arena was replaced), -ENOMEM.
 * Any thread. Lock-free with respect to other processes; acquires a lock of this process briefly.
 */
int headway_start(struct headway_arena *arena, const struct headway_spec *spec,
		  struct headway_record **record);

/* Opens an existing record for writing. Its owner does not change. Returns 0, or -ENOENT (no such
 * record ever existed here), -ESTALE (it is gone), -EACCES (READ_ONLY), -EUSERS, -ENOMEM, -EAGAIN.
 * A record that is over can be opened; writing to it returns -EALREADY. Any thread. Bounded;
 * acquires a lock of this process briefly. */
int headway_resume(struct headway_arena *arena, const struct headway_id *id,
		   struct headway_record **record);

/* Ends a handle. The record stays, and an owner that releases a Running record remains its owner.
 * NULL is ignored. Any thread. Acquires a lock of this process briefly. */
void headway_release(struct headway_record *record);

/* Gets the record's id. Returns 0, or -EINVAL for NULL. Any thread. Wait-free. */
int headway_get_id(const struct headway_record *record, struct headway_id *id);

/*
 * Sets a message; an existing key keeps its place and gets the new value.
 * key    1 to 65535 bytes, NUL-terminated
 * value  NUL-terminated; any bytes
 *
 * This and the calls below up to headway_error() return 0, or
 *   -EALREADY  the record is over; nothing was changed
 *   -ESTALE    the arena handle was closed, or the record is gone
 *   -ENOSPC    no room, even if every ended record that nobody has open were evicted; so none was,
 *              and the record is unchanged. Old values occupy their room until the call has replaced them
 *   -E2BIG     longer than the arena allows
 *   -EINVAL    NULL or empty key, NULL value, results that are not one JSON value in UTF-8
 *   -EBADMSG   the arena is damaged
 *   -EUSERS, -ENOMEM
 *   -EAGAIN    a million updates by others came first: try again
 * Any thread. Lock-free; no system call and no lock, except in a thread's first call, when it runs
 * out of blocks, and when the record's texts take more than 60,000 bytes.
 */
int headway_message(struct headway_record *record, const char *key, const char *value);

/* Sets a message whose texts have lengths and need no terminating NUL.
 *
 * key, key_length: 1 to 65535 bytes. value, value_length: any bytes; value may be NULL if its
 * length is 0. Returns as headway_message(), and -EINVAL if a text contains a NUL. */
int headway_message_n(struct headway_record *record, const char *key, size_t key_length,
		      const char *value, size_t value_length);

/* Sets several messages in one step: a reader sees all of them or none. */
int headway_update(struct headway_record *record, const struct headway_message *messages,
		   size_t count);

/* Sets the results: one JSON value of length bytes (RFC 8259, UTF-8, nested at most 10,000
 * deep). */
int headway_results(struct headway_record *record, const char *json, size_t length);

/* Sets the url; "" restores base path + id. */
int headway_url(struct headway_record *record, const char *url);

/* Ends the record: Finished, Finished with results set in the same step, or Error. message is
 * stored under the key "Error"; NULL adds none. */
int headway_finish(struct headway_record *record);
int headway_finish_with_results(struct headway_record *record, const char *json, size_t length);
int headway_error(struct headway_record *record, const char *message);

/*
 * Requests the owner of a record to stop. Every process that may write the arena may call it. The
 * status does not change. The owner, like every process that has the record open, sees the request
 * in headway_is_cancelled() and may still finish; readers see it in the snapshot. The request stays
 * until the record is freed.
 *
 * reason  NULL or "": none. Of several requests the first reason is kept.
 *
 * Returns 0 (also if there was a request before: nothing changes), -EALREADY (the record is over),
 * -EINVAL, -ENOSPC and -E2BIG (for the reason), or as headway_resume(). Any thread. Lock-free with
 * respect to other processes; acquires a lock of this process briefly.
 */
int headway_cancel(struct headway_arena *arena, const struct headway_id *id, const char *reason);

/* Returns HEADWAY_RUNNING, HEADWAY_FINISHED, HEADWAY_ERROR, or a negative errno. It does not look
 * at the owner: a lost record that nobody marked yet is Running. Any thread. Wait-free. */
int headway_status(const struct headway_record *record);

/*
 * Reads one record. READ_ONLY suffices; stores nothing in the arena.
 *
 * snapshot  in: *snapshot is NULL, or one to reuse; out: the record
 *
 * A Running record whose owner is dead is reported as Error and lost, and an expired one as gone,
 * whether or not a reaper has run since; headway_read(3) tells of an exception.
 *
 * Returns 0, or -ENOENT (never existed here), -ESTALE (gone), -EAGAIN (changing too fast: try
 * again), -EBADMSG (damaged), -ENOMEM, -EINVAL. On failure the caller still owns *snapshot. Any
 * thread; a snapshot is used by one thread at a time. Bounded.
 */
int headway_read(struct headway_arena *arena, const struct headway_id *id,
		 struct headway_snapshot **snapshot);

/* Calls fn for every record, in the order of the slots. Records that are started or freed during
 * the walk may or may not be included. fn returns 0 to continue; any other value ends the walk and
 * is returned. The snapshot is valid only during the call of fn. Returns the number of records, or
 * a negative errno. Unreadable records are omitted. Any thread; each record as by
 * headway_read(). */
int headway_each(struct headway_arena *arena,
		 int (*fn)(const struct headway_snapshot *snapshot, void *argument),
		 void *argument);

/* Free a snapshot.  NULL is ignored. */
void headway_snapshot_free(struct headway_snapshot *snapshot);

/* Waits until a record is over; reads it ten times a second. timeout_ms: -1 = no limit, 0 = read
 * once; less is -EINVAL. Returns the final status, -ETIMEDOUT, or the errors of headway_read(). Any
 * thread. Blocking. */
int headway_wait(struct headway_arena *arena, const struct headway_id *id, int timeout_ms);

/*
 * Writes the status view, or the full view, of a snapshot as JSON with a newline at the end.
 * buffer, size  like snprintf: at most size bytes, NUL-terminated if size > 0; may be NULL if size
 * is 0
 *               (bytes of the buffer after the NUL may be overwritten)
 * Returns the length of the whole text without its NUL, or -EINVAL, -EOVERFLOW (over INT_MAX).
 * Any thread. Wait-free.
 */
int headway_json(const struct headway_snapshot *snapshot, char *buffer, size_t size);
int headway_json_full(const struct headway_snapshot *snapshot, char *buffer, size_t size);

/* A record's rate, and its time left. */
struct headway_estimate {
	size_t size;            /* set by the caller; 0 means this version's */
	double elapsed_seconds; /* from its start until it was read or ended; below 0: unknown */
	double rate;            /* units per second, over that time; below 0: unknown */
	double eta_seconds;     /* until the end, from the profile of earlier runs if it has one,
				   otherwise until total at that rate; below 0: unknown, or the
				   record is over */
	double eta_low_seconds, eta_high_seconds; /* the band in which it is expected; below 0:
						     no earlier runs are known */
};

/* Estimates a record's rate and time left from one snapshot. JSON and all views show these numbers.
 * Returns 0 or -EINVAL. Any thread. Wait-free. */
int headway_estimate(const struct headway_snapshot *snapshot, struct headway_estimate *estimate);

/*
 * Keeps a sample of what is done now, for the history of a record that was started with one. A record's
 * other calls do so, too, except for the counters' inline functions: a program that only counts calls
 * this now and then, a few hundred times over the whole run; more often does no harm.
 *
 * When the handle that started the record finishes it, its run is added to the history: a file in
 * $XDG_STATE_HOME/headway, or in ~/.local/state/headway. A run that fails, was cancelled, or takes less
 * than half a second, is not. Records that are started later under that name carry the profile of these runs, and
 * headway_estimate() makes a forecast of it. Without such a folder, or where it cannot be used, there
 * is no forecast, and no error.
 *
 * Returns 0, also for a record without a history; -ESTALE (closed), -EINVAL. Any thread. Wait-free.
 */
int headway_sample(struct headway_record *record);

/* What is remembered of one name. */
struct headway_history {
	size_t size;
	const char *name;
	uint32_t runs;           /* 1 to 8, the last ones */
	uint64_t total;          /* what the last one counted to; 0 = nothing */
	int64_t last_ns;         /* its end, wall clock, ns since 1970 */
	double duration_seconds; /* the median */
};

/* Calls fn for each history of this user, in no order, until it returns another value than 0, which is
 * then returned. Returns the number of histories (0 also if there is no folder), -EINVAL, -EACCES (the
 * folder is somebody else's, or others may write it) … The history is valid only during the call of
 * fn. Any thread. Blocking. */
int headway_history_each(int (*fn)(const struct headway_history *history, void *argument),
			 void *argument);

/* Forgets a name, or all if it is NULL. Returns the number of histories that there were, or as
 * headway_history_each(). Any thread. Blocking. */
int headway_history_forget(const char *name);

/* Makes one reaping pass: sweeps dead members, marks their records lost, frees expired records.
 * Time of suspension counts; a step of the wall clock does not. policy and report may be NULL.
 * Returns 0, -EACCES (READ_ONLY), -EINVAL … Any thread; many processes may reap at the same time.
 * Blocking. */
int headway_reap(struct headway_arena *arena, const struct headway_reap_policy *policy,
		 struct headway_reap_report *report);

/* Ends a Running record as Error "removed", and frees the record. Returns 0, -EBUSY (its owner is
 * alive, or it is open: nothing was changed), or as headway_resume(). Any thread. Blocking. */
int headway_remove(struct headway_arena *arena, const struct headway_id *id);

/* Checks every invariant. READ_ONLY suffices. Returns 0 (also if there are faults: see the report),
 * or a negative errno if the check failed to run. Any thread. Blocking. */
int headway_fsck(struct headway_arena *arena, struct headway_fsck_report *report);

/* Gets geometry and use. READ_ONLY suffices. Returns 0 or a negative errno. Any thread.
 * Blocking. */
int headway_info(struct headway_arena *arena, struct headway_info *info);

/* Converts the text form to an id: 36 characters, either case. Returns 0 or -EINVAL. Wait-free. */
int headway_parse_id(const char *text, struct headway_id *id);

/* Converts an id to its text form. Returns 0 or -EINVAL. Wait-free. */
int headway_format_id(const struct headway_id *id, char text[HEADWAY_ID_TEXT]);

/* The meaning of an error code of this library, positive or negative. Never NULL; a constant
 * string. */
const char *headway_strerror(int error);

/* Version of the loaded library, such as "0.1.0"; a constant string. */
const char *headway_version(void);

/*
 * Counters. Inline and wait-free: a check that the handle belongs to this process, a check that the
 * record is Running, one atomic instruction. Each is also exported from the library, for other
 * languages.
 *
 *   headway_add           done += n
 *   headway_set           done = n (not for HEADWAY_STRIPED: -EINVAL)
 *   headway_set_total     total = n
 *   headway_counter_add   the named counter (0 to 5, in the order of the spec) += n
 *
 * Return 0, -EALREADY (the record is over), -ESTALE (gone or closed), -EINVAL (no such counter).
 * An add that overlaps the call that ends the record may or may not be counted.
 *
 *   headway_is_cancelled  returns 1 if the record's owner was requested to stop, see headway_cancel();
 *                         otherwise 0; also after the record's end. -ESTALE (gone or closed), -EINVAL (NULL)
 */
struct headway_record_prefix {          /* the part of a handle that the inline functions use */
	const uint64_t *generation_now; /* differs from generation after close and in a child */
	uint64_t generation;
	/* the slot's word: three bits of status, and whether it is cancelled */
	const uint64_t *word;
	uint64_t *counters; /* done, total, named ones; those of a stripe if striped */
	uint64_t *line;     /* the slot's own counters; [1] is total */
	uint32_t counter_count;
	uint32_t striped;
};

enum { HEADWAY_SLOW_ADD, HEADWAY_SLOW_SET, HEADWAY_SLOW_TOTAL, HEADWAY_SLOW_CANCELLED };

/* Called by the inline functions when a check fails: updates the handle, or returns the error.
 * nothrow, so that C++ compilers can make a tail call. */
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

/* Acquire: a child that became a member updated the handle before it set the generation. */
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
