/* SPDX-License-Identifier: BSD-3-Clause */
/* Creates an arena: an unnamed file is reserved and initialized completely, and then gets its name
 * in one step. No process can see an incomplete arena, and a failure leaves no file. */
#include "arena/arena.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum {
	DEFAULT_SLOTS = 4096,
	DEFAULT_BYTES = 32 << 20,
	DEFAULT_TTL = 300,
	DEFAULT_ERROR_TTL = 3600,
	EXTENTS_MIN = 4,
	RESERVE_BYTES = 1 << 20,
	EXTENTS_TWO_RESULTS = 2112 /* two results of 4 MiB, the old and the new */
};

static const char default_base_path[] = "/_/status/";

static uint64_t fixed_bytes(struct hw__geometry g)
{
	g.extents = 0;
	return hw__geometry_layout(&g) ? UINT64_MAX : g.bytes;
}

/* Sets the number of extents to the largest that fits into bytes. */
static int geometry_fit(struct hw__geometry *g, uint64_t bytes)
{
	uint64_t fixed = fixed_bytes(*g), extents;

	if (fixed == UINT64_MAX || bytes < fixed)
		return -EINVAL;
	extents = (bytes - fixed) / HW__EXTENT_BYTES;
	if (extents > HW__CHUNKS_MAX)
		extents = HW__CHUNKS_MAX;
	for (; extents >= EXTENTS_MIN; extents--) { /* their hints take space too */
		g->extents = (uint32_t)extents;
		if (hw__geometry_layout(g) == 0 && g->bytes <= bytes)
			return 0;
	}
	return -EINVAL;
}

static uint64_t default_bytes(const struct hw__geometry *g)
{
	uint64_t fixed = fixed_bytes(*g), wanted = EXTENTS_TWO_RESULTS;
	uint64_t least, bytes;

	if (2ull * g->slots > wanted)
		wanted = 2ull * g->slots;
	least = fixed + (uint64_t)(EXTENTS_TWO_RESULTS + 1) * HW__EXTENT_BYTES;
	bytes = fixed + (wanted + 1) * HW__EXTENT_BYTES;
	if (bytes > DEFAULT_BYTES)
		bytes = DEFAULT_BYTES;
	return bytes < least ? least : bytes;
}

static int geometry_choose(const struct headway_options *o, struct hw__geometry *g)
{
	memset(g, 0, sizeof *g);
	g->slots = o->slots ? o->slots : DEFAULT_SLOTS;
	g->members = o->members ? o->members : HW__MEMBERS_MAX;
	if (g->slots < HW__SLOTS_MIN || g->slots > HW__SLOTS_MAX || g->members > HW__MEMBERS_MAX)
		return -EINVAL;
	g->blocks = g->slots + g->members * (HW__QUEUE + 1);
	g->striped_slots = g->slots / 16 ? g->slots / 16 : 1;
	if (g->striped_slots > 1024)
		g->striped_slots = 1024;
	return geometry_fit(g, o->bytes ? o->bytes : default_bytes(g));
}

static int base_path_set(char out[HW__BASE_PATH_BYTES], const char *path)
{
	size_t length;

	if (!path)
		path = default_base_path;
	length = strlen(path);
	if (!length || length >= HW__BASE_PATH_BYTES || path[0] != '/' || path[length - 1] != '/')
		return -EINVAL;
	memcpy(out, path, length + 1);
	return 0;
}

static int header_fill(struct hw__header *h, const struct headway_options *o,
		       const struct hw__geometry *g)
{
	int error;

	memcpy(h->magic, HW__MAGIC, sizeof h->magic);
	h->layout_version = HW__LAYOUT_VERSION;
	h->byte_order = HW__BYTE_ORDER;
	h->fingerprint = hw__layout_fingerprint();
	h->slots = g->slots;
	h->blocks = g->blocks;
	h->block_bytes = HW__BLOCK_BYTES;
	h->extents = g->extents;
	h->extent_bytes = HW__EXTENT_BYTES;
	h->members = g->members;
	h->striped_slots = g->striped_slots;
	h->ttl_seconds = o->ttl_seconds ? o->ttl_seconds : DEFAULT_TTL;
	h->error_ttl_seconds = o->error_ttl_seconds ? o->error_ttl_seconds : DEFAULT_ERROR_TTL;
	h->bytes = g->bytes;
	h->created_ns = (int64_t)hw__clock_ns(CLOCK_REALTIME);
	error = base_path_set(h->base_path, o->base_path);
	if (!error)
		error = hw__boot_id(h->boot_id);
	if (!error)
		error = hw__random(h->uuid, sizeof h->uuid);
	h->uuid[6] = (unsigned char)((h->uuid[6] & 0x0f) | 0x40);
	h->uuid[8] = (unsigned char)((h->uuid[8] & 0x3f) | 0x80);
	h->checksum = hw__header_checksum(h);
	return error;
}

int hw__random(void *bytes, size_t count)
{
	unsigned char *at = bytes;

	while (count) {
		ssize_t got = getrandom(at, count, 0);

		if (got < 0 && errno != EINTR)
			return -errno;
		at += got < 0 ? 0 : got;
		count -= got < 0 ? 0 : (size_t)got;
	}
	return 0;
}

/* Looks up a group; its entry may be of any length, since a group may have many members. -ENOENT:
 * no such group. */
static int group_look_up(const char *name, gid_t *gid)
{
	struct group entry, *found = NULL;
	int error = ERANGE;

	for (size_t bytes = 1024; error == ERANGE; bytes *= 2) {
		char *buffer = malloc(bytes);

		error = buffer ? getgrnam_r(name, &entry, buffer, bytes, &found) : ENOMEM;
		if (!error && found)
			*gid = found->gr_gid;
		free(buffer);
	}
	return error ? -error : found ? 0 : -ENOENT;
}

/* Finds a group by name, or by number; a number need not belong to a known group. */
static int group_find(const char *name, gid_t *gid)
{
	int error = group_look_up(name, gid);
	unsigned long number;
	char *end;

	if (!error || error == -ENOMEM)
		return error;
	errno = 0;
	number = strtoul(name, &end, 10);
	if (!errno && !*end && *name >= '0' && *name <= '9' && number < UINT_MAX) {
		*gid = (gid_t)number;
		return 0;
	}
	return error == -EMFILE || error == -ENFILE || error == -EIO ? error : -ENOENT;
}

/* Opens the folder part of a path, "." if there is none; *name is the rest. */
static int open_folder(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	int fd;

	*name = slash ? slash + 1 : path;
	folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	if (!folder)
		return -ENOMEM;
	fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	return fd < 0 ? -errno : fd;
}

/* Reserves in pieces: a signal undoes the reservation of the interrupted call, and a periodic timer
 * might interrupt every attempt to reserve a large file at once. */
static int bytes_reserve(int fd, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at += RESERVE_BYTES) {
		uint64_t piece = bytes - at < RESERVE_BYTES ? bytes - at : RESERVE_BYTES;
		int error;

		do
			error = posix_fallocate(fd, (off_t)at, (off_t)piece);
		while (error == EINTR);
		if (error)
			return -error;
	}
	return 0;
}

/* Reserves every byte. The limit on file sizes is checked first, since exceeding it raises
 * SIGXFSZ. */
static int file_reserve(int fd, uint64_t bytes)
{
	struct rlimit limit;

	if (bytes > INT64_MAX || (getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
				  limit.rlim_cur != RLIM_INFINITY && bytes > limit.rlim_cur))
		return -EFBIG;
	return bytes_reserve(fd, bytes);
}

static void pages_touch(unsigned char *base, size_t bytes)
{
	if (madvise(base, bytes, MADV_POPULATE_WRITE) == 0)
		return;
	for (size_t i = 0; i < bytes; i += HW__PAGE_BYTES)
		*(volatile unsigned char *)(base + i) = 0;
}

static void hints_fill(unsigned char *base, uint64_t off, uint32_t count)
{
	memset(base + off, 0xff, count / 8);
	if (count % 8)
		base[off + count / 8] = (unsigned char)((1 << count % 8) - 1);
}

static int file_initialise(int fd, const struct headway_options *o, const struct hw__geometry *g)
{
	unsigned char *base = mmap(NULL, g->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	int error;

	if (base == MAP_FAILED)
		return -errno;
	pages_touch(base, g->bytes);
	hints_fill(base, g->block_hints_off, g->blocks);
	hints_fill(base, g->extent_hints_off, g->extents);
	error = header_fill((struct hw__header *)(void *)base, o, g);
	munmap(base, g->bytes);
	return error;
}

static int file_prepare(int fd, const struct headway_options *o, const struct hw__geometry *g)
{
	gid_t gid;
	int error = o->group ? group_find(o->group, &gid) : 0;

	if (error)
		return error;
	if (o->group && fchown(fd, (uid_t)-1, gid) != 0)
		return -errno;
	if (fchmod(fd, o->mode ? o->mode : 0600) != 0)
		return -errno;
	error = file_reserve(fd, g->bytes);
	return error ? error : file_initialise(fd, o, g);
}

/* Makes a name in the same folder that no other process uses. */
static int temporary_name(const char *name, char temporary[NAME_MAX + 1])
{
	uint64_t salt;
	int error = hw__random(&salt, sizeof salt);

	if (!error)
		snprintf(temporary, NAME_MAX + 1, ".%.200s.%016llx", name,
			 (unsigned long long)salt);
	return error;
}

/* For file systems without unnamed files. */
static int temporary_open(int folder, const char *name, char temporary[NAME_MAX + 1])
{
	int fd, error = temporary_name(name, temporary);

	if (error)
		return error;
	fd = openat(folder, temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	*temporary = '\0';
	return -errno;
}

static int nameless_link(int fd, int folder, const char *name)
{
	char self[64];

	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, folder, name, AT_SYMLINK_FOLLOW) ? -errno : 0;
}

static bool leads_to(int folder, const char *name, const struct hw__file *file)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == file->dev &&
	       st.st_ino == file->ino;
}

/* Replaces the left-over by the new arena: exchanges the names, and checks which file the name
 * belonged to. If it was not the left-over but an arena that was made meanwhile, the names are
 * exchanged back. If the file system cannot exchange names, the check comes before a rename. */
static int place_take_over(int folder, const char *temporary, const char *name,
			   const struct hw__file *replace)
{
	if (!leads_to(folder, name, replace))
		return -EAGAIN;
	if (renameat2(folder, temporary, folder, name, RENAME_EXCHANGE) != 0) {
		if (errno == ENOENT)
			return -EAGAIN; /* removed meanwhile */
		if (errno != EINVAL && errno != ENOSYS)
			return -errno;
		return renameat(folder, temporary, folder, name) ? -errno : 0;
	}
	if (leads_to(folder, temporary, replace))
		return 0;
	if (renameat2(folder, temporary, folder, name, RENAME_EXCHANGE) != 0)
		(void)renameat2(folder, temporary, folder, name, RENAME_NOREPLACE);
	return -EAGAIN;
}

/* Gives the file its name, with link() if the name must not exist. temporary: its present name; ""
 * if none. */
static int name_give(int fd, int folder, const char *name, char temporary[NAME_MAX + 1],
		     const struct hw__file *replace)
{
	int error = 0;

	if (!replace)
		return !*temporary ? nameless_link(fd, folder, name)
		       : linkat(folder, temporary, folder, name, 0) ? -errno
								    : 0;
	if (!*temporary) {
		error = temporary_name(name, temporary);
		if (!error)
			error = nameless_link(fd, folder, temporary);
		if (error)
			*temporary = '\0';
	}
	return error ? error : place_take_over(folder, temporary, name, replace);
}

static bool nameless_unsupported(int error)
{
	return error == EOPNOTSUPP || error == EISDIR || error == EINVAL || error == ENOENT;
}

int hw__arena_create(const char *path, const struct headway_options *options,
		     const struct hw__file *replace, int *out)
{
	struct hw__geometry geometry;
	char temporary[NAME_MAX + 1] = "", unused[HW__BASE_PATH_BYTES];
	const char *name;
	int folder, fd, error = geometry_choose(options, &geometry);

	if (error || (error = base_path_set(unused, options->base_path)) ||
	    (error = options->mode & ~0777u ? -EINVAL : 0))
		return error;
	folder = open_folder(path, &name);
	if (folder < 0)
		return folder;
	fd = access("/proc/self/fd", X_OK) == 0
		     ? openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)
		     : (errno = EOPNOTSUPP, -1);
	if (fd < 0 && nameless_unsupported(errno))
		fd = temporary_open(folder, name, temporary);
	else if (fd < 0)
		fd = -errno;
	error = fd < 0 ? fd : file_prepare(fd, options, &geometry);
	if (!error)
		error = name_give(fd, folder, name, temporary, replace);
	if (*temporary)
		unlinkat(folder, temporary, 0);
	if (error && fd >= 0)
		close(fd);
	close(folder);
	*out = fd;
	return error;
}
