/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that are not arenas, belong to others or are damaged: each has its error code. Ids and
 * error codes as text. */
#include "kit/as_root.h"
#include "kit/arenas.h"
#include "kit/processes.h"

#include <fcntl.h>
#include <sys/stat.h>

static char folder[64];

static int open_code(const char *path, unsigned flags)
{
	struct headway_options opt = {
		.size = sizeof(opt), .flags = flags, .slots = 4, .members = 2};
	struct headway_arena *arena = NULL;
	int code = headway_open(path, &opt, &arena);

	CHECK(!code == !!arena);
	headway_close(arena);
	return code;
}

static void expect_refused(const char *path, int code)
{
	CHECK_INT(open_code(path, HEADWAY_READ_ONLY), code);
	CHECK_INT(open_code(path, HEADWAY_EXISTING), code);
	CHECK_INT(open_code(path, 0), code);
}

static const char *in_folder(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	NEED(fd >= 0);
	NEED(write(fd, bytes, size) == (ssize_t)size);
	(void)close(fd);
}

static void not_an_arena(void)
{
	const char *path = in_folder("not");
	char *bytes = calloc(1, 70000);

	NEED(bytes);
	write_file(path, "", 0);
	expect_refused(path, -EPROTO);
	write_file(path, "hello\n", 6);
	expect_refused(path, -EPROTO);
	CHECK_INT(headway_unlink(path), -EPROTO);
	write_file(path, bytes, 70000);
	expect_refused(path, -EPROTO);
	memset(bytes, 0xff, 70000);
	write_file(path, bytes, 70000);
	expect_refused(path, -EPROTO);
	CHECK_INT(headway_unlink(path), -EPROTO);
	CHECK_INT(unlink(path), 0);
	free(bytes);
	CHECK_INT(mkdir(path, 0700), 0);
	CHECK(open_code(path, 0) < 0);
	CHECK(headway_unlink(path) < 0);
	CHECK_INT(rmdir(path), 0);
	CHECK_INT(mkfifo(path, 0600), 0); /* open() must not block for the FIFO's other end */
	CHECK(open_code(path, HEADWAY_READ_ONLY) < 0);
	CHECK(open_code(path, 0) < 0);
	CHECK_INT(unlink(path), 0);
}

/* The bytes of a valid arena, which tests then damage. */
static unsigned char *an_arena(size_t *size)
{
	struct headway_options opt = {.size = sizeof(opt), .slots = 4, .members = 2};
	const char *path = in_folder("made");
	struct headway_arena *arena = open_arena(path, &opt);
	struct headway_info info = {.size = sizeof(info)};
	unsigned char *bytes;
	int fd;

	CHECK_INT(headway_info(arena, &info), 0);
	headway_close(arena);
	*size = (size_t)info.bytes;
	bytes = malloc(*size);
	NEED(bytes);
	fd = open(path, O_RDONLY);
	NEED(fd >= 0 && read(fd, bytes, *size) == (ssize_t)*size);
	(void)close(fd);
	CHECK_INT(headway_unlink(path), 0);
	return bytes;
}

/* Changes each byte of the header: the arena is refused, with the error code for that field. */
static void damaged_header(void)
{
	size_t size;
	unsigned char *bytes = an_arena(&size);
	unsigned seen[4] = {0}; /* opened, EPROTO, ENOTSUP, EBADMSG */
	const char *path = in_folder("damaged");
	int fd;

	write_file(path, bytes, size);
	CHECK_INT(open_code(path, HEADWAY_READ_ONLY), 0);
	fd = open(path, O_RDWR);
	NEED(fd >= 0);
	for (unsigned i = 0; i < 4096; i++) {
		unsigned char changed = bytes[i] ^ 0x11;
		int code;

		NEED(pwrite(fd, &changed, 1, i) == 1);
		code = open_code(path, HEADWAY_READ_ONLY);
		NEED(pwrite(fd, &bytes[i], 1, i) == 1);
		seen[0] += !code;
		seen[1] += code == -EPROTO;
		seen[2] += code == -ENOTSUP;
		seen[3] += code == -EBADMSG;
		if (code && code != -EPROTO && code != -ENOTSUP && code != -EBADMSG)
			CHECK_INT(code, -EBADMSG);
		if (i < 8)
			CHECK_INT(code, -EPROTO);
	}
	CHECK_INT(open_code(path, HEADWAY_READ_ONLY), 0);
	(void)close(fd);
	CHECK(seen[1] >= 8);
	CHECK(seen[2] >= 1);
	CHECK(seen[3] >= 16);
	CHECK_INT(headway_unlink(path), 0);
	free(bytes);
}

static void wrong_length(void)
{
	static const size_t lengths[] = {1, 7, 8, 64, 4095, 4096, 4097, 8192};
	size_t size;
	unsigned char *bytes = an_arena(&size);
	const char *path = in_folder("short");
	int code;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		write_file(path, bytes, lengths[i]);
		code = open_code(path, HEADWAY_READ_ONLY);
		if (lengths[i] < 64) /* too short to tell what it is */
			CHECK(code == -EBADMSG || code == -EPROTO);
		else
			CHECK_INT(code, -EBADMSG);
		CHECK_INT(open_code(path, 0), code);
	}
	write_file(path, bytes, size - 1);
	expect_refused(path, -EBADMSG);
	CHECK_INT(unlink(path), 0);
	free(bytes);
}

/* Another user without any rights gets -EACCES, also from unlink. */
static void no_permission(void)
{
	struct headway_options opt = {.size = sizeof(opt), .slots = 4, .members = 2};
	const char *name = new_name();
	struct headway_arena *arena = open_arena(name, &opt);
	char path[96];
	pid_t pid;

	if (geteuid()) {
		note_left_out("who may open whose arena");
		headway_close(arena);
		return;
	}
	(void)snprintf(path, sizeof(path), "/dev/shm%s", name);
	pid = fork_child();
	if (!pid) {
		int code;

		NEED(!setgid(65534) && !setuid(65534));
		CHECK_INT(open_code(name, HEADWAY_READ_ONLY), -EACCES);
		CHECK_INT(open_code(name, HEADWAY_EXISTING), -EACCES);
		CHECK_INT(open_code(name, 0), -EACCES);
		code = headway_unlink(name);
		CHECK(code == -EACCES || code == -EPERM);
		end_child();
	}
	CHECK_INT(wait_child(pid), 0);
	CHECK_INT(chmod(path, 0644), 0); /* may read, may not write */
	pid = fork_child();
	if (!pid) {
		NEED(!setgid(65534) && !setuid(65534));
		CHECK_INT(open_code(name, HEADWAY_READ_ONLY), 0);
		CHECK_INT(open_code(name, HEADWAY_EXISTING), -EACCES);
		CHECK_INT(open_code(name, 0), -EACCES);
		CHECK_INT(headway_unlink(name), -EPERM); /* the sticky bit of /dev/shm */
		end_child();
	}
	CHECK_INT(wait_child(pid), 0);
	headway_close(arena);
}

static void as_other_user(const char *name, gid_t group, int code)
{
	pid_t pid = fork_child();

	if (!pid) {
		NEED(!setgid(group) && !setuid(65534));
		CHECK_INT(open_code(name, HEADWAY_READ_ONLY), code);
		CHECK_INT(open_code(name, HEADWAY_EXISTING), code);
		end_child();
	}
	CHECK_INT(wait_child(pid), 0);
}

/* An arena of another user is trusted only if its group and mode give this process access. */
static void arena_of_another_user(void)
{
	struct headway_options opt = {.size = sizeof(opt), .slots = 4, .members = 2};
	const char *name = new_name();
	char path[96];

	headway_close(open_arena(name, &opt));
	if (geteuid())
		return;
	(void)snprintf(path, sizeof(path), "/dev/shm%s", name);
	CHECK_INT(chown(path, 12345, 54321), 0);
	CHECK_INT(chmod(path, 0666), 0);
	as_other_user(name, 65534, -EACCES);
	CHECK_INT(chmod(path, 0660), 0);
	as_other_user(name, 65534, -EACCES);
	as_other_user(name, 54321, 0);
}

static void ids_as_text(void)
{
	static const char *const bad[] = {
		"",
		"0",
		"00000000-0000-8000-8000-00000000000",
		"00000000-0000-8000-8000-0000000000000",
		"00000000-0000-8000-8000-00000000000g",
		"000000000000-8000-8000-0000000000000",
		"00000000_0000-8000-8000-000000000000",
		" 0000000-0000-8000-8000-000000000000",
		"00000000-0000-8000-8000-000000000000 ",
		"{0000000-0000-8000-8000-00000000000}",
		"0000000000000000800080000000000000000",
	};
	struct headway_id id, again;
	char text[HEADWAY_ID_TEXT], upper[HEADWAY_ID_TEXT];
	struct headway_arena *arena = open_small(new_name());

	headway_release(start_record(arena, "x", &id));
	headway_close(arena);
	memset(text, 'x', sizeof(text));
	CHECK_INT(headway_format_id(&id, text), 0);
	CHECK_INT(strlen(text), 36);
	CHECK_INT(strspn(text, "0123456789abcdef-"), 36);
	CHECK(text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-');
	CHECK(text[14] == '8');                  /* UUID version 8 */
	CHECK(strchr("89ab", text[19]) != NULL); /* and the standard variant */
	CHECK_INT(headway_parse_id(text, &again), 0);
	CHECK(!memcmp(&id, &again, sizeof(id)));
	for (unsigned i = 0; i < sizeof(text); i++)
		upper[i] = (char)(text[i] >= 'a' && text[i] <= 'f' ? text[i] - 32 : text[i]);
	memset(&again, 0, sizeof(again));
	CHECK_INT(headway_parse_id(upper, &again), 0);
	CHECK(!memcmp(&id, &again, sizeof(id)));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(headway_parse_id(bad[i], &again), -EINVAL);
	CHECK(!memcmp(&id, &again, sizeof(id)));
	CHECK_INT(headway_parse_id(NULL, &again), -EINVAL);
	CHECK_INT(headway_parse_id(text, NULL), -EINVAL);
	CHECK_INT(headway_format_id(NULL, text), -EINVAL);
	CHECK_INT(headway_format_id(&id, NULL), -EINVAL);
}

/* Every error code that headway.h names has a text of its own, for both signs. */
static void codes_as_text(void)
{
	static const int codes[] = {
		EALREADY,  ESTALE,    ENOSPC, EAGAIN,       EEXIST,  EUSERS,  E2BIG,
		EINVAL,    ENOENT,    EACCES, EPROTO,       ENOTSUP, EBADMSG, ESRCH,
		EBUSY,     ENOMEM,    EMFILE, ENFILE,       EFBIG,   EIO,     EPERM,
		ETIMEDOUT, EOVERFLOW, ELOOP,  ENAMETOOLONG, ENOTDIR, EISDIR,
	};
	enum { COUNT = sizeof(codes) / sizeof(codes[0]) };
	const char *unknown = headway_strerror(-99999), *texts[COUNT];

	CHECK(unknown && *unknown);
	CHECK(headway_strerror(0) && *headway_strerror(0));
	CHECK(headway_strerror(INT32_MIN) && headway_strerror(INT32_MAX));
	for (unsigned i = 0; i < COUNT; i++) {
		texts[i] = headway_strerror(-codes[i]);
		NEED(texts[i] && *texts[i]);
		CHECK_TEXT(headway_strerror(codes[i]), texts[i]);
		if (!strcmp(texts[i], unknown) || strstr(texts[i], "nknown error"))
			CHECK_TEXT(texts[i], strerror(codes[i]));
		for (unsigned j = 0; j < i; j++)
			CHECK(strcmp(texts[i], texts[j]) != 0);
	}
}

static void version_of_the_library(void)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%d.%d.%d", HEADWAY_VERSION_MAJOR, HEADWAY_VERSION_MINOR,
		       HEADWAY_VERSION_PATCH);
	CHECK_TEXT(headway_version(), text);
}

int main(void)
{
	run_as_root();
	check_begin(60);
	(void)snprintf(folder, sizeof(folder), "/tmp/headway-check-XXXXXX");
	NEED(mkdtemp(folder) != NULL);
	RUN(not_an_arena);
	RUN(damaged_header);
	RUN(wrong_length);
	RUN(no_permission);
	RUN(arena_of_another_user);
	RUN(ids_as_text);
	RUN(codes_as_text);
	RUN(version_of_the_library);
	CHECK_INT(rmdir(folder), 0);
	check_failures += as_root_failed();
	return check_end();
}
