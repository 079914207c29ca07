/* SPDX-License-Identifier: BSD-3-Clause */
#include "parse/adapt.h"

#include "base/say.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void adapt_start(struct adapt *adapt, char **command)
{
	size_t size;

	for (adapt->count = 0; command[adapt->count];)
		adapt->count++;
	size = ((size_t)adapt->count + 1) * sizeof(*command);
	adapt->words = memcpy(say_memory(malloc(size)), command, size);
}

static int is_separator(const char *word)
{
	return !strcmp(word, "--");
}

static int is_option(const char *word, const char *option, size_t length)
{
	return !strncmp(word, option, length) && (!word[length] || word[length] == '=');
}

int adapt_find(const struct adapt *adapt, const char *options)
{
	for (int i = 1; i < adapt->count && !is_separator(adapt->words[i]); i++) {
		const char *option = options;

		while (*option) {
			size_t length = strcspn(option, " ");

			if (is_option(adapt->words[i], option, length))
				return i;
			option += length + (option[length] == ' ');
		}
	}
	return 0;
}

int adapt_letter(const struct adapt *adapt, char letter, const char *valued)
{
	for (int i = 1; i < adapt->count && !is_separator(adapt->words[i]); i++) {
		const char *word = adapt->words[i], *at;

		if (word[0] != '-' || word[1] == '-')
			continue;
		at = strchr(word + 1, letter);
		if (at && at < word + 1 + strcspn(word + 1, valued))
			return 1;
	}
	return 0;
}

const char *adapt_value(const struct adapt *adapt, const char *option)
{
	size_t length = strlen(option);

	for (int i = 1; i < adapt->count && !is_separator(adapt->words[i]); i++) {
		const char *word = adapt->words[i];

		if (!strcmp(word, option))
			return adapt->words[i + 1];
		if (!strncmp(word, option, length) && (option[1] != '-' || word[length] == '='))
			return word + length + (word[length] == '=');
	}
	return NULL;
}

int adapt_operand(const struct adapt *adapt, int index, const char *valued)
{
	for (int i = index + 1; i < adapt->count; i++) {
		char between[64];

		if (adapt->words[i][0] != '-')
			return i;
		if (is_separator(adapt->words[i]))
			return i + 1 < adapt->count ? i + 1 : 0;
		snprintf(between, sizeof(between), " %.60s ", adapt->words[i]);
		i += strstr(valued, between) != NULL;
	}
	return 0;
}

static void insert_words(struct adapt *adapt, int index, const char *format, va_list arguments)
{
	size_t size = ((size_t)adapt->count + 2) * sizeof(*adapt->words);
	char *word = NULL;

	if (!adapt->adds)
		return;
	if (vasprintf(&word, format, arguments) < 0)
		say_memory(NULL);
	adapt->words = say_memory(realloc(adapt->words, size));
	memmove(adapt->words + index + 2, adapt->words + index + 1,
		(size_t)(adapt->count - index) * sizeof(*adapt->words));
	adapt->words[index + 1] = word;
	adapt->count++;
}

void adapt_insert(struct adapt *adapt, int index, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	insert_words(adapt, index, format, arguments);
	va_end(arguments);
}

void adapt_append(struct adapt *adapt, const char *format, ...)
{
	va_list arguments;
	int last = adapt->count - 1;

	for (int i = adapt->count - 1; i > 0; i--)
		if (is_separator(adapt->words[i]))
			last = i - 1;
	va_start(arguments, format);
	insert_words(adapt, last, format, arguments);
	va_end(arguments);
}

void adapt_environment(struct adapt *adapt, const char *name, const char *value)
{
	if (adapt->adds && setenv(name, value, 0))
		say_memory(NULL);
}

uint64_t adapt_file_bytes(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat file;
	off_t end = -1;

	if (fd < 0)
		return 0;
	if (!fstat(fd, &file) && (S_ISREG(file.st_mode) || S_ISBLK(file.st_mode)))
		end = lseek(fd, 0, SEEK_END);
	close(fd);
	return end > 0 ? (uint64_t)end : 0;
}
