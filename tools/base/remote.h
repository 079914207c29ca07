/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of a headway-httpd, by --url.  For one thread: the connection is kept for the next call. */
#ifndef TOOLS_REMOTE_H
#define TOOLS_REMOTE_H

#include <headway.h>

#include <stddef.h>

/*
 * Call fn for every record of the server, with its full view as it was sent, without its newline. The
 * snapshot and the text are valid during the call only. url is "http://HOST:PORT", or with the path
 * that records have there. Returns 0, what fn returned if not 0, or why not, which remote_trouble()
 * explains: -EAGAIN, when the server is not reached or not ready and may be later, else -EIO.
 * A stop signal that is caught (see base/stop.h) ends the call with -EAGAIN.
 */
typedef int remote_record(const struct headway_snapshot *snapshot, const char *json, size_t length,
			  void *argument);
int remote_each(const char *url, remote_record *fn, void *argument);

/* The same for one record; wait_ms: wait for its next change for up to that time, 0: do not.
 * Returns -ENOENT or -ESTALE, too: the server has no such record. */
int remote_read(const char *url, const struct headway_id *id, long wait_ms, remote_record *fn,
		void *argument);

/* Turn the result of remote_read() into an exit status; prints a message on failure. */
int remote_result(const struct headway_id *id, int error);

/* Why the last call failed: static text. */
const char *remote_trouble(void);

/* An id; exits with a usage error when it is none. */
struct headway_id remote_operand(const char *text);

#endif
