/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that are found at an arena's name: each kind has its error code, and the file is not
 * changed. Only a left-over arena of another boot is replaced. */
#include "kit/as_root.h"
#include "kit/arenas.h"
#include "kit/processes.h"

#include "arena/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { BYTES = 65536, NOBODY = 65534, SOMEBODY = 12345 };

static unsigned char valid[BYTES];
static size_t valid_bytes;
static char name[128], path[192];

static int open_close(const char *at, unsigned flags)
{
	struct headway_options o = {
		.size = sizeof o, .flags = flags, .slots = 4, .members = 2, .bytes = BYTES};
	struct headway_arena *arena = (void *)&o;
	int error = headway_open(at, &o, &arena);

	if (error && arena)
		FAIL("a handle beside error %d", error);
	if (!error)
		headway_close(arena);
	return error;
}

static void file_write(const void *bytes, size_t count, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, count) != (ssize_t)count || ftruncate(fd, (off_t)size) != 0)
		FAIL("%s cannot be written", path);
	if (fd >= 0)
		close(fd);
}

static bool file_holds(const void *bytes, size_t count, size_t size)
{
	static unsigned char found[BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	bool same = fd >= 0 && fstat(fd, &st) == 0 && (size_t)st.st_size == size &&
		    pread(fd, found, count, 0) == (ssize_t)count &&
		    memcmp(found, bytes, count) == 0;

	if (fd >= 0)
		close(fd);
	return same;
}

/* All ways to open return error, HEADWAY_EXCLUSIVE -EEXIST, and the file remains. */
static void refused(const char *what, const void *bytes, size_t count, size_t size, int error)
{
	static const unsigned ways[] = {0, HEADWAY_READ_ONLY, HEADWAY_EXISTING,
					HEADWAY_READ_ONLY | HEADWAY_CREATE};

	file_write(bytes, count, size);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		int said = open_close(name, ways[i]);

		if (said != error)
			FAIL("%s, flags %u: %d (%s), not %d", what, ways[i], said,
			     headway_strerror(said), error);
	}
	if (open_close(name, HEADWAY_EXCLUSIVE) != -EEXIST)
		FAIL("%s: made exclusively", what);
	if (!file_holds(bytes, count, size))
		FAIL("%s: the file was changed", what);
	unlink(path);
}

static void valid_make(void)
{
	int fd;

	CHECK_INT(open_close(name, 0), 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	valid_bytes = (size_t)pread(fd, valid, sizeof valid, 0);
	close(fd);
	CHECK_INT(headway_unlink(name), 0);
	CHECK(valid_bytes > HW__HEADER_BYTES && valid_bytes <= BYTES);
}

/* ---- sizes, header --------------------------------------------------------------------------- */

static void sizes(void)
{
	const size_t all = valid_bytes;
	const struct {
		size_t size;
		int error;
	} cases[] = {
		{0, -EPROTO},           {1, -EPROTO},
		{7, -EPROTO},           {8, -EBADMSG},
		{4095, -EBADMSG},       {4096, -EBADMSG},
		{4097, -EBADMSG},       {8191, -EBADMSG},
		{8192, -EBADMSG},       {all / 8192 * 4096, -EBADMSG},
		{all - 4096, -EBADMSG}, {all - 1, -EBADMSG},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char what[40];

		snprintf(what, sizeof what, "%zu bytes of %zu", cases[i].size, all);
		refused(what, valid, cases[i].size, cases[i].size, cases[i].error);
	}
	file_write(valid, all, all + 12345); /* extra bytes at the end do no harm */
	CHECK_INT(open_close(name, HEADWAY_READ_ONLY), 0);
	CHECK_INT(open_close(name, 0), 0);
	unlink(path);
}

static void header_put(const char *what, size_t off, const void *value, size_t bytes, bool seal,
		       int error)
{
	static unsigned char file[BYTES] __attribute__((aligned(8)));
	struct hw__header *header = (void *)file;

	memcpy(file, valid, valid_bytes);
	memcpy(file + off, value, bytes);
	if (seal)
		header->checksum = hw__header_checksum(header);
	refused(what, file, valid_bytes, valid_bytes, error);
}

#define FIELD(member, value, seal, error)                                                          \
	do {                                                                                       \
		__typeof__(((struct hw__header *)0)->member) v_ = (value);                         \
		header_put(#member " = " #value, offsetof(struct hw__header, member), &v_,         \
			   sizeof v_, seal, error);                                                \
	} while (0)

static void header_kinds(void)
{
	const uint64_t fingerprint = hw__layout_fingerprint();

	header_put("wrong magic", 0, "HEADWAY\r", 8, true, -EPROTO);
	header_put("no magic", 0, "\0\0\0\0\0\0\0", 8, true, -EPROTO);
	FIELD(layout_version, 0, true, -ENOTSUP);
	FIELD(layout_version, HW__LAYOUT_VERSION + 1, true, -ENOTSUP);
	FIELD(layout_version, __builtin_bswap32(HW__LAYOUT_VERSION), true, -ENOTSUP);
	FIELD(byte_order, __builtin_bswap32(HW__BYTE_ORDER), true, -ENOTSUP);
	FIELD(byte_order, 0, true, -ENOTSUP);
	FIELD(fingerprint, fingerprint + 1, true, -ENOTSUP); /* another word size or layout */
	FIELD(fingerprint, __builtin_bswap64(fingerprint), true, -ENOTSUP);
}

/* seal: the checksum is corrected, so that the check of the count itself is tested. */
static void header_counts(bool seal)
{
	FIELD(slots, 0, seal, -EBADMSG);
	FIELD(slots, 3, seal, -EBADMSG);
	FIELD(slots, 64, seal, -EBADMSG);
	FIELD(slots, HW__SLOTS_MAX, seal, -EBADMSG);
	FIELD(slots, UINT32_MAX, seal, -EBADMSG);
	FIELD(blocks, 0, seal, -EBADMSG);
	FIELD(blocks, 3, seal, -EBADMSG);
	FIELD(blocks, HW__CHUNKS_MAX, seal, -EBADMSG);
	FIELD(blocks, UINT32_MAX, seal, -EBADMSG);
	FIELD(block_bytes, 0, seal, -EBADMSG);
	FIELD(block_bytes, 256, seal, -EBADMSG);
	FIELD(extents, 0, seal, -EBADMSG);
	FIELD(extents, HW__CHUNKS_MAX, seal, -EBADMSG);
	FIELD(extents, UINT32_MAX, seal, -EBADMSG);
	FIELD(extent_bytes, 8192, seal, -EBADMSG);
	FIELD(members, 0, seal, -EBADMSG);
	FIELD(members, 257, seal, -EBADMSG);
	FIELD(members, UINT32_MAX, seal, -EBADMSG);
	FIELD(striped_slots, 5, seal, -EBADMSG);
	FIELD(striped_slots, UINT32_MAX, seal, -EBADMSG);
	FIELD(bytes, 0, seal, -EBADMSG);
	FIELD(bytes, valid_bytes - 4096, seal, -EBADMSG);
	FIELD(bytes, UINT64_MAX, seal, -EBADMSG);
	if (!seal)
		FIELD(checksum, 0, false, -EBADMSG);
}

static void header_base_path(void)
{
	char unended[HW__BASE_PATH_BYTES];

	memset(unended, '/', sizeof unended);
	header_put("a base path without end", offsetof(struct hw__header, base_path), unended,
		   sizeof unended, true, -EBADMSG);
}

/* ---- what is not a file ---------------------------------------------------------------------- */

static void not_a_file(const char *what, const char *at, int writer, int reader)
{
	int said[4] = {open_close(at, 0), open_close(at, HEADWAY_EXISTING),
		       open_close(at, HEADWAY_READ_ONLY), open_close(at, HEADWAY_EXCLUSIVE)};
	int unlinked = headway_unlink(at);

	if (said[0] != writer || said[1] != writer || said[2] != reader || said[3] != -EEXIST)
		FAIL("%s: %d, %d, %d and %d, not %d, %d, %d and %d", what, said[0], said[1],
		     said[2], said[3], writer, writer, reader, -EEXIST);
	if (!unlinked)
		FAIL("%s: unlinked", what);
}

static void kinds_of_files(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	mkdir(path, 0700);
	not_a_file("a folder", name, -EPROTO, -EPROTO);
	rmdir(path);
	mkfifo(path, 0600);
	not_a_file("a FIFO", name, -EPROTO, -EPROTO);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
		not_a_file("a socket", name, -ENXIO, -ENXIO);
	close(fd);
	unlink(path);
	not_a_file("a device", "/dev/null", -EPROTO, -EPROTO);
	not_a_file("a device that never ends", "/dev/zero", -EPROTO, -EPROTO);
	if (symlink("/dev/shm/headway-nowhere", path) == 0)
		not_a_file("a link to nowhere", name, -ELOOP, -ELOOP);
	unlink(path);
	CHECK(access("/dev/shm/headway-nowhere", F_OK) != 0);
}

static void link_to_an_arena(void)
{
	char real[200];

	file_write(valid, valid_bytes, valid_bytes);
	snprintf(real, sizeof real, "%s-real", path);
	CHECK(rename(path, real) == 0 && symlink(real, path) == 0);
	not_a_file("a link to an arena", name, -ELOOP, -ELOOP);
	CHECK(access(real, F_OK) == 0);
	unlink(path);
	unlink(real);
}

static void names(void)
{
	char *longest = malloc(5000);

	memset(longest, 'n', 4999);
	longest[4999] = '\0';
	CHECK_INT(open_close("/", 0), -EINVAL);
	CHECK_INT(open_close("/.", 0), -EINVAL);
	CHECK_INT(open_close("..", 0), -EINVAL);
	CHECK_INT(open_close(longest, 0), -ENAMETOOLONG);
	longest[256] = '\0';
	CHECK_INT(open_close(longest, 0), -ENAMETOOLONG);
	CHECK_INT(open_close("/dev/shm/headway-no-folder/x", 0), -ENOENT);
	CHECK_INT(open_close("/dev/null/x", 0), -ENOTDIR);
	CHECK_INT(open_close("/dev/shm/", 0), -EPROTO);
	CHECK_INT(headway_unlink(longest), -ENAMETOOLONG);
	free(longest);
}

/* ---- another boot ---------------------------------------------------------------------------- */

static void leftover_put(void)
{
	struct hw__header header;

	memcpy(&header, valid, sizeof header);
	header.boot_id[3] ^= 1;
	header.checksum = hw__header_checksum(&header);
	file_write(valid, valid_bytes, valid_bytes);
	if (truncate(path, 0) != 0)
		FAIL("%s cannot be emptied", path);
	file_write(&header, sizeof header, valid_bytes);
}

static void another_boot(void)
{
	unsigned char uuid[16];
	struct hw__header now;
	int fd;

	leftover_put();
	CHECK_INT(open_close(name, HEADWAY_READ_ONLY), -ESTALE);
	CHECK_INT(open_close(name, HEADWAY_EXISTING), -ESTALE);
	memcpy(uuid, valid + offsetof(struct hw__header, uuid), sizeof uuid);
	CHECK_INT(open_close(name, 0), 0); /* the left-over is replaced */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(pread(fd, &now, sizeof now, 0) == sizeof now && memcmp(now.uuid, uuid, 16) != 0);
	close(fd);
	CHECK_INT(open_close(name, HEADWAY_READ_ONLY), 0);
	CHECK_INT(open_close(name, HEADWAY_EXCLUSIVE), -EEXIST);
	leftover_put();
	/* a left-over does not count as existing */
	CHECK_INT(open_close(name, HEADWAY_EXCLUSIVE), 0);
	CHECK_INT(open_close(name, HEADWAY_READ_ONLY), 0);
	leftover_put();
	CHECK_INT(open_close(name, HEADWAY_READ_ONLY | HEADWAY_CREATE), 0);
	unlink(path);
	CHECK_INT(files_with("/dev/shm", name + 1), 0);
}

/* ---- whose it is ----------------------------------------------------------------------------- */

struct visitor {
	uid_t uid;
	gid_t gid, extra;
	int writer, reader;
	int any_owner; /* result of a writer with HEADWAY_ANY_OWNER */
	const char *what;
};

static int visit(void *argument)
{
	const struct visitor *v = argument;
	int writer, reader, any_owner;

	if (setgroups(v->extra ? 1 : 0, &v->extra) != 0 || setgid(v->gid) != 0 ||
	    setuid(v->uid) != 0)
		return 1;
	writer = open_close(name, HEADWAY_EXISTING);
	reader = open_close(name, HEADWAY_READ_ONLY);
	any_owner = open_close(name, HEADWAY_EXISTING | HEADWAY_ANY_OWNER);
	if (writer != v->writer || reader != v->reader || any_owner != v->any_owner)
		FAIL("%s: %d, %d and %d, not %d, %d and %d", v->what, writer, reader, any_owner,
		     v->writer, v->reader, v->any_owner);
	return 0;
}

static void visited(const char *what, uid_t owner, gid_t group, mode_t mode, struct visitor v)
{
	v.what = what;
	file_write(valid, valid_bytes, valid_bytes);
	if (chown(path, owner, group) != 0 || chmod(path, mode) != 0)
		FAIL("%s: cannot be given away", path);
	if (in_child(visit, &v) != 0)
		FAIL("%s", what);
	unlink(path);
}

static void owners(void)
{
	if (geteuid() != 0) {
		note_left_out("who may open whose arena");
		return;
	}
	visited("root's, closed", 0, 0, 0600,
		(struct visitor){NOBODY, NOBODY, 0, -EACCES, -EACCES, -EACCES, NULL});
	visited("root's, for all to read", 0, 0, 0644,
		(struct visitor){NOBODY, NOBODY, 0, -EACCES, 0, -EACCES, NULL});
	visited("one's own", NOBODY, 0, 0600, (struct visitor){NOBODY, NOBODY, 0, 0, 0, 0, NULL});
	visited("one's own, not to be written", NOBODY, 0, 0400,
		(struct visitor){NOBODY, NOBODY, 0, -EACCES, 0, -EACCES, NULL});
	visited("a stranger's, for all", SOMEBODY, SOMEBODY, 0666,
		(struct visitor){NOBODY, NOBODY, 0, -EACCES, -EACCES, 0, NULL});
	visited("a stranger's, of our group", SOMEBODY, NOBODY, 0660,
		(struct visitor){NOBODY, NOBODY, 0, 0, 0, 0, NULL});
	visited("a stranger's, of our second group", SOMEBODY, 4711, 0660,
		(struct visitor){NOBODY, NOBODY, 4711, 0, 0, 0, NULL});
	visited("a stranger's, for our group to read", SOMEBODY, NOBODY, 0640,
		(struct visitor){NOBODY, NOBODY, 0, -EACCES, 0, -EACCES, NULL});
	visited("a stranger's, of our group but not for it", SOMEBODY, NOBODY, 0606,
		(struct visitor){NOBODY, NOBODY, 0, -EACCES, -EACCES, -EACCES, NULL});
	visited("a stranger's, for all but of another group", SOMEBODY, SOMEBODY, 0666,
		(struct visitor){NOBODY, NOBODY, 4711, -EACCES, -EACCES, 0, NULL});
	visited("anybody's, for root", SOMEBODY, SOMEBODY, 0600,
		(struct visitor){0, 0, 0, -EACCES, 0, 0, NULL});
	visited("anybody's, of root's group", SOMEBODY, 0, 0660,
		(struct visitor){0, 0, 0, 0, 0, 0, NULL});
	visited("anybody's, of root's group but not for it", SOMEBODY, 0, 0600,
		(struct visitor){0, 0, 0, -EACCES, 0, 0, NULL});
	visited("root's own", 0, SOMEBODY, 0600, (struct visitor){0, 0, 0, 0, 0, 0, NULL});
}

static void made_as_told(void)
{
	struct headway_options o = {.size = sizeof o, .slots = 4, .members = 2, .mode = 0664};
	struct headway_arena *arena;
	struct stat st;
	mode_t mask = umask(077);

	CHECK_INT(headway_open(name, &o, &arena), 0);
	headway_close(arena);
	umask(mask);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0664);
	CHECK_INT(headway_unlink(name), 0);
	o.mode = 04600;
	CHECK_INT(headway_open(name, &o, &arena), -EINVAL);
	o.mode = 0600;
	o.group = "no-such-group-at-all";
	CHECK_INT(headway_open(name, &o, &arena), -ENOENT);
	o.group = geteuid() ? NULL : "65534";
	CHECK_INT(headway_open(name, &o, &arena), 0);
	headway_close(arena);
	CHECK(stat(path, &st) == 0 && (geteuid() || st.st_gid == 65534));
	CHECK_INT(headway_unlink(name), 0);
}

int main(void)
{
	snprintf(name, sizeof name, "%s", new_name());
	snprintf(path, sizeof path, "%s", file_of(name));
	run_as_root();
	check_begin(100); /* a time limit: no call may block */
	valid_make();
	sizes();
	header_kinds();
	header_counts(false);
	header_counts(true);
	header_base_path();
	kinds_of_files();
	link_to_an_arena();
	names();
	another_boot();
	owners();
	made_as_told();
	unlink(path);
	CHECK_INT(files_with("/dev/shm", name + 1), 0);
	check_failures += as_root_failed();
	return check_end();
}
