/* SPDX-License-Identifier: BSD-3-Clause */
#include "parse/presets.h"

#include <stdio.h>
#include <string.h>

const struct preset *const presets[] = {
	&preset_rsync,  &preset_curl,   &preset_wget,     &preset_ffmpeg, &preset_apt,
	&preset_dpkg,   &preset_git,    &preset_ninja,    &preset_make,   &preset_cmake,
	&preset_cargo,  &preset_pytest, &preset_parallel, &preset_dd,     &preset_pv,
	&preset_zstd,   &preset_xz,     &preset_tar,      &preset_borg,   &preset_restic,
	&preset_rclone, &preset_docker, &preset_mkfs,     &preset_fsck,   NULL,
};

const struct preset *presets_find(const char *name)
{
	for (int i = 0; presets[i]; i++)
		if (!strcmp(presets[i]->name, name))
			return presets[i];
	return NULL;
}

static int is_one_of(const char *list, const char *word)
{
	const char *slash = strrchr(word, '/');
	char between[40];

	snprintf(between, sizeof(between), " %.36s ", slash ? slash + 1 : word);
	return strstr(list, between) != NULL;
}

int presets_is_program(const struct preset *preset, const char *word)
{
	return is_one_of(preset->programs, word);
}

static const struct preset *by_program(const char *word)
{
	for (int i = 0; presets[i]; i++)
		if (presets_is_program(presets[i], word))
			return presets[i];
	return NULL;
}

const struct preset *presets_guess(char **command, int *is_first)
{
	static const char wrappers[] =
		" sudo doas env nice ionice chrt taskset nohup time timeout stdbuf setsid ";
	const struct preset *preset = by_program(command[0]);

	*is_first = preset != NULL;
	if (preset)
		return preset;
	if (strstr(command[0], "python") && command[1] && !strcmp(command[1], "-m") && command[2] &&
	    !strcmp(command[2], "pytest"))
		return &preset_pytest;
	if (!is_one_of(wrappers, command[0]))
		return NULL;
	for (int i = 1; command[i]; i++) {
		preset = by_program(command[i]);
		if (preset)
			return preset;
	}
	return NULL;
}

/* A message that follows on the same line, as after rsync's progress: "rsync error: ...". */
static const char *message_of(const struct preset *preset, const char *line)
{
	size_t length = strlen(preset->name);

	for (const char *at = line; (at = strstr(at, preset->name)); at += length)
		if (at[length] == ':' || !strncmp(at + length, " error:", 7))
			return at;
	return "";
}

/* The two lines above curl's table. */
static int is_header(const char *line)
{
	return strstr(line, "% Received % Xferd") || strstr(line, "Dload  Upload");
}

static int is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* A line without any is a row of numbers, as curl's. */
static int has_word(const char *line)
{
	for (; *line; line++)
		if (is_letter(line[0]) && is_letter(line[1]))
			return 1;
	return 0;
}

const char *presets_message(const char *line, int is_drawn)
{
	if (is_header(line) || (is_drawn && !has_word(line)))
		return "";
	for (int i = 0; is_drawn && presets[i]; i++) {
		struct reader reader = {.done = 0};

		if (presets[i]->read(&reader, (struct scan){line, 1}))
			return message_of(presets[i], line);
	}
	return line;
}
