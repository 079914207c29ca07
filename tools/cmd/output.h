/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The output of a command that passes through headway run, unchanged, so that it can be parsed.
 *
 * Each stream is a pipe, or a terminal of its own if the original is a terminal, so that the
 * command finds the same kind of stream as without headway. If both streams are the same file or
 * pipe, one pipe carries both and keeps their order.
 */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include <stddef.h>

enum { OUTPUT_STREAMS = 2 }; /* standard output, standard error */

struct output_stream {
	int from;      /* this process's end; -1: at its end, or not read */
	int to;        /* the original */
	int child_end; /* -1: closed */
	int carries_both;
};

struct output {
	struct output_stream streams[OUTPUT_STREAMS];
	/* Called for each piece before it is passed on; stream is 0 or 1; length 0 at the end. */
	void (*fn)(int stream, const char *data, size_t length, void *argument);
	/* Called before and after a piece is written; NULL: not called. */
	void (*around)(int is_before, void *argument);
	void *argument;
};

/* Make the pipes: always for standard error, and with_output also for standard output. Exits
 * with a message when that fails. */
void output_start(struct output *output, int with_output);

/* Read nothing: the command keeps the original streams. */
void output_none(struct output *output);

/* In the child: redirect its streams into the pipes. In the parent, after the fork: close the
 * ends of the child. */
void output_in_child(struct output *output);
void output_in_parent(struct output *output);

/* True if a pipe is still open. */
int output_is_open(const struct output *output);

/* Reads the available data of a stream and passes it on. Returns 1 if there was any. */
int output_pump(struct output *output, int stream);

/* After the end of the command: reads what is in the pipes now. */
void output_drain(struct output *output);

/* Stop reading.  Processes that the command left behind may still hold the pipes. */
void output_give_up(struct output *output);

/* Sets the size of the command's terminals to that of the original. */
void output_resize(const struct output *output);

/* Leave the open pipes to a background process, which passes on the output of processes that the
 * command left behind, until they close the pipes. */
void output_leave(struct output *output);

#endif
