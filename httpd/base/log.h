/* SPDX-License-Identifier: BSD-3-Clause */
/* Each call writes one line to stderr in a single write: safe from any thread. */
#ifndef HTTPD_LOG_H
#define HTTPD_LOG_H

/* The name that a line begins with; set at start-up. */
extern const char *log_program;

/* log_program, a colon and what the format says; control characters are escaped. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, with the priority "warning" for systemd's journal. */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
