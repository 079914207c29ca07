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

/* Standard output, standard error, and a descriptor of the command's own that nothing else reads. */
enum { OUTPUT_STREAMS = 3 };

enum {
	OUTPUT_STANDARD = 1, /* standard output is read, too */
	OUTPUT_TERMINAL =
		2, /* each stream is a terminal for the command, whatever the original is */
	OUTPUT_ERROR_TERMINAL = 4, /* so is standard error */
	OUTPUT_ERROR_PIPE = 8,     /* standard error is a pipe, also where it was a terminal */
};

struct output_stream {
	int from;      /* this process's end; -1: at its end, or not read */
	int to;        /* the original; -1: what comes is not passed on */
	int child_end; /* -1: closed */
	int carries_both;
};

struct output {
	struct output_stream streams[OUTPUT_STREAMS];
	/* Called for each piece before it is passed on; stream is 0 or 1; length 0 at the end. */
	void (*fn)(int stream, const char *data, size_t length, void *argument);
	/* Called before a piece is written, and after with NULL and 0; NULL: not called. */
	void (*around)(const char *data, size_t length, void *argument);
	void *argument;
};

/* Start with nothing that is read: the command keeps the original streams. */
void output_none(struct output *output);

/* Make a pipe that is descriptor number in the command, before the others, which could be given that
 * number.  Returns 0 or a negative errno. */
int output_add(struct output *output, int number);

/* Make the pipes after output_none(), always for standard error.  Exits with a message when that fails. */
void output_start(struct output *output, unsigned flags);

/* In the child: redirect its streams into the pipes.  In the parent, after the fork: close the ends of
 * the child. */
void output_in_child(struct output *output);
void output_in_parent(struct output *output);

/* Is a pipe that is passed on still open? */
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
