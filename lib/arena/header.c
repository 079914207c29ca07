/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of arenas, their geometry, and the header that stores it. */
#include "arena/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The current folder may change before the file is opened again. */
static int absolute_path(const char *name, char **path)
{
	char *folder;
	int length;

	if (*name == '/') {
		*path = strdup(name);
		return *path ? 0 : -ENOMEM;
	}
	folder = getcwd(NULL, 0);
	if (!folder)
		return -errno;
	length = asprintf(path, "%s/%s", folder, name);
	free(folder);
	return length < 0 ? -ENOMEM : 0;
}

int hw__arena_path(const char *name, char **path)
{
	const char *bare;
	int length;

	if (!name) {
		name = secure_getenv("HEADWAY_ARENA"); /* NULL in a set-user-ID program */
		if (!name || !*name)
			name = "/headway";
	}
	bare = name[0] == '/' ? name + 1 : name;
	if (strchr(bare, '/'))
		return absolute_path(name, path);
	if (!*bare || !strcmp(bare, ".") || !strcmp(bare, ".."))
		return -EINVAL;
	length = asprintf(path, "/dev/shm/%s", bare);
	if (length < 0)
		return -ENOMEM;
	return 0;
}

static uint64_t align_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

int hw__geometry_layout(struct hw__geometry *g)
{
	uint64_t at = HW__HEADER_BYTES;

	if (g->slots < HW__SLOTS_MIN || g->slots > HW__SLOTS_MAX || !g->members ||
	    g->members > HW__MEMBERS_MAX || g->blocks < g->slots || g->blocks > HW__CHUNKS_MAX ||
	    g->extents > HW__CHUNKS_MAX || g->striped_slots > g->slots)
		return -EINVAL;
	g->members_off = at;
	at += (uint64_t)g->members * sizeof(struct hw__member_line);
	g->totals_off = at;
	at += (uint64_t)g->members * sizeof(struct hw__totals);
	g->watches_off = at;
	at += (uint64_t)g->members * sizeof(struct hw__watch);
	g->slots_off = at = align_up(at, 128);
	at += (uint64_t)g->slots * sizeof(struct hw__slot);
	g->stripes_off = at;
	at += (uint64_t)g->striped_slots * sizeof(struct hw__stripes);
	g->block_hints_off = at;
	at = align_up(at + (g->blocks + 7) / 8, 64);
	g->extent_hints_off = at;
	at = align_up(at + (g->extents + 7) / 8, HW__PAGE_BYTES);
	g->blocks_off = at;
	at = align_up(at + (uint64_t)g->blocks * HW__BLOCK_BYTES, HW__PAGE_BYTES);
	g->extents_off = at;
	g->bytes = at + (uint64_t)g->extents * HW__EXTENT_BYTES;
	return 0;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

uint64_t hw__header_checksum(const struct hw__header *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	uint64_t word, hash = 0x6865616477617921u;

	for (size_t at = 0; at < HW__HEADER_BYTES - sizeof word; at += sizeof word) {
		memcpy(&word, bytes + at, sizeof word);
		hash = mix(hash, word);
	}
	return hash;
}

/* Changes whenever a compiler, a word size or an edit moves a field of the shared structs. */
uint64_t hw__layout_fingerprint(void)
{
	static const uint64_t facts[] = {
		HW__LAYOUT_VERSION,
		sizeof(struct hw__header),
		sizeof(struct hw__member_line),
		sizeof(struct hw__totals),
		sizeof(struct hw__watch),
		sizeof(struct hw__slot),
		sizeof(struct hw__stripes),
		sizeof(struct hw__block),
		sizeof(struct hw__extent),
		sizeof(struct hw__origin),
		sizeof(struct hw__frozen),
		offsetof(struct hw__slot, pins),
		offsetof(struct hw__block, entries),
		offsetof(struct hw__block_head, rev),
		offsetof(struct hw__extent, data),
		HW__STRIPES,
		HW__COUNTERS,
		sizeof(void *),
	};
	uint64_t hash = 1;

	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
		hash = mix(hash, facts[i]);
	return hash;
}

int hw__boot_id(unsigned char id[16])
{
	char text[40] = "";
	unsigned nibbles = 0;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	memset(id, 0, 16);
	if (fd < 0 && errno != ENOENT && errno != EACCES)
		return -errno;
	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i < got && nibbles < 32; i++) {
		const char *digits = "0123456789abcdef", *digit = strchr(digits, text[i]);

		if (!digit || !*digit)
			continue;
		id[nibbles / 2] = (unsigned char)(id[nibbles / 2] << 4 | (digit - digits));
		nibbles++;
	}
	return 0;
}

int hw__header_check(const struct hw__header *h, uint64_t file_bytes, struct hw__geometry *g)
{
	static const unsigned char none[16];
	unsigned char boot[16];
	int error;

	if (memcmp(h->magic, HW__MAGIC, sizeof h->magic) != 0)
		return -EPROTO;
	if (h->layout_version != HW__LAYOUT_VERSION || h->byte_order != HW__BYTE_ORDER ||
	    h->fingerprint != hw__layout_fingerprint())
		return -ENOTSUP;
	if (h->checksum != hw__header_checksum(h))
		return -EBADMSG;
	memset(g, 0, sizeof *g);
	g->slots = h->slots;
	g->blocks = h->blocks;
	g->extents = h->extents;
	g->members = h->members;
	g->striped_slots = h->striped_slots;
	if (hw__geometry_layout(g) || g->bytes != h->bytes || h->bytes > file_bytes ||
	    h->block_bytes != HW__BLOCK_BYTES || h->extent_bytes != HW__EXTENT_BYTES ||
	    !memchr(h->base_path, '\0', sizeof h->base_path))
		return -EBADMSG;
	error = hw__boot_id(boot);
	if (error)
		return error;
	/* zero: made, or read, without /proc; treated as of this boot */
	if (memcmp(boot, none, sizeof boot) == 0 || memcmp(h->boot_id, none, sizeof boot) == 0)
		return 0;
	return memcmp(boot, h->boot_id, sizeof boot) == 0 ? 0 : -ESTALE;
}

/* 0 if /proc shows the processes of another namespace. */
uint64_t hw__pid_namespace(void)
{
	char text[24] = "";
	struct stat st;

	if (readlink("/proc/self", text, sizeof text - 1) < 1 || atol(text) != (long)getpid() ||
	    stat("/proc/self/ns/pid", &st) != 0)
		return 0;
	return st.st_ino;
}

uint32_t hw__time_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/time", &st) == 0 ? (uint32_t)st.st_ino : 0;
}
