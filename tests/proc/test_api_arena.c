/* SPDX-License-Identifier: BSD-3-Clause */
/* Arenas: names, options, geometry of an existing arena, permissions, close, unlink and
 * replacement, several arenas in one process. */
#include "kit/as_root.h"
#include "kit/arenas.h"
#include "kit/processes.h"

#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

static struct headway_info info_of(struct headway_arena *arena)
{
	struct headway_info info = {.size = sizeof(info)};

	NEED_INT(headway_info(arena, &info), 0);
	return info;
}

static int open_code(const char *name, const struct headway_options *opt)
{
	struct headway_arena *arena = NULL;
	int code = headway_open(name, opt, &arena);

	CHECK(!code == !!arena);
	headway_close(arena);
	return code;
}

static void defaults(void)
{
	const char *name = new_name();
	struct headway_arena *arena = open_arena(name, NULL);
	struct headway_info info = info_of(arena);
	char path[96];

	(void)snprintf(path, sizeof(path), "/dev/shm%s", name);
	CHECK_INT(info.slots, 4096);
	CHECK_INT(info.members, 256);
	CHECK_INT(info.members_alive, 1);
	CHECK_INT(info.members_dead, 0);
	CHECK_INT(info.ttl_seconds, 300);
	CHECK_INT(info.error_ttl_seconds, 3600);
	CHECK(info.bytes <= 32u << 20);
	CHECK_TEXT(info.base_path, "/_/status/");
	CHECK_TEXT(info.path, path);
	CHECK_INT(info.slots_used, 0);
	CHECK_INT(info.unlinked, 0);
	headway_close(arena);
}

static void given_options(void)
{
	struct headway_options opt = {.size = sizeof(opt),
				      .slots = 10,
				      .members = 3,
				      .bytes = 2u << 20,
				      .base_path = "/x/",
				      .ttl_seconds = 7,
				      .error_ttl_seconds = 8};
	struct headway_options others = {.size = sizeof(opt),
					 .slots = 99,
					 .members = 9,
					 .bytes = 8u << 20,
					 .base_path = "/y/",
					 .ttl_seconds = 70,
					 .error_ttl_seconds = 80,
					 .mode = 0666};
	const char *name = new_name();
	struct headway_arena *arena = open_arena(name, &opt), *second = open_arena(name, &others);
	struct headway_info info = info_of(second);
	struct headway_id id;
	struct headway_snapshot *snapshot;
	struct stat status;

	CHECK_INT(info.slots, 10);
	CHECK_INT(info.members, 3);
	CHECK_INT(info.members_alive, 2);
	CHECK_INT(info.ttl_seconds, 7);
	CHECK_INT(info.error_ttl_seconds, 8);
	CHECK(info.bytes <= 2u << 20);
	CHECK_TEXT(info.base_path, "/x/");
	headway_release(start_record(second, "x", &id));
	snapshot = read_record(arena, &id);
	CHECK(!strncmp(snapshot->url, "/x/", 3) && strlen(snapshot->url) == 39);
	headway_snapshot_free(snapshot);
	CHECK_INT(stat(info.path, &status), 0);
	CHECK_INT(status.st_size, info.bytes);
	CHECK_INT(status.st_mode & 07777, 0600);
	/* all space is reserved, so writes cannot raise SIGBUS */
	CHECK((uint64_t)status.st_blocks * 512 >= info.bytes);
	headway_close(second);
	headway_close(arena);
}

static void extreme_options(void)
{
	struct headway_options opt = {.size = sizeof(opt),
				      .slots = 4,
				      .members = 1,
				      .ttl_seconds = UINT32_MAX,
				      .error_ttl_seconds = 1};
	struct headway_arena *arena;
	struct headway_info info;
	char path[257];

	memset(path, 'p', sizeof(path));
	path[0] = path[254] = '/';
	path[255] = 0;
	opt.base_path = path;
	arena = open_arena(new_name(), &opt);
	info = info_of(arena);
	CHECK_INT(info.slots, 4);
	CHECK_INT(info.members, 1);
	CHECK_INT(info.ttl_seconds, UINT32_MAX);
	CHECK_TEXT(info.base_path, path);
	headway_close(arena);
	memset(&opt, 0, sizeof(opt));
	opt.base_path = "/";
	opt.slots = 20000; /* the default of 32 MiB, unless the slots need more */
	arena = open_arena(new_name(), &opt);
	CHECK_INT(info_of(arena).slots, 20000);
	CHECK_TEXT(info_of(arena).base_path, "/");
	headway_close(arena);
}

static void refused_options(void)
{
	static const char *const paths[] = {"", "x", "x/", "/x", " /x/"};
	struct headway_options opt = {.size = sizeof(opt)};
	const char *name = new_name();
	char path[258];

	for (unsigned i = 0; i < 5; i++) {
		opt.base_path = paths[i];
		CHECK_INT(open_code(name, &opt), -EINVAL);
	}
	memset(path, 'p', sizeof(path));
	path[0] = path[255] = '/';
	path[256] = 0;
	opt.base_path = path;
	CHECK_INT(open_code(name, &opt), -EINVAL);
	opt = (struct headway_options){.size = sizeof(opt), .slots = 3};
	CHECK_INT(open_code(name, &opt), -EINVAL);
	opt.slots = 4194305;
	CHECK_INT(open_code(name, &opt), -EINVAL);
	opt = (struct headway_options){.size = sizeof(opt), .members = 257};
	CHECK_INT(open_code(name, &opt), -EINVAL);
	opt = (struct headway_options){.size = sizeof(opt), .slots = 4096, .bytes = 65536};
	CHECK_INT(open_code(name, &opt), -EINVAL);
	opt.bytes = 1;
	CHECK_INT(open_code(name, &opt), -EINVAL);
	opt = (struct headway_options){.size = sizeof(opt), .mode = 010000};
	CHECK_INT(open_code(name, &opt), -EINVAL);
	opt = (struct headway_options){.size = sizeof(opt), .flags = 1u << 30};
	CHECK_INT(open_code(name, &opt), -EINVAL);
	opt = (struct headway_options){.size = sizeof(opt), .group = "no-such-group-here"};
	CHECK_INT(open_code(name, &opt), -ENOENT);
	CHECK_INT(headway_open(name, NULL, NULL), -EINVAL);
	CHECK_INT(headway_unlink(name), -ENOENT); /* nothing was made */
}

/* Mounts a file system of 4 MiB, in a child that has the right to. */
static void small_file_system(const char *folder)
{
	struct headway_options opt = {.size = sizeof(opt), .bytes = 3u << 20, .slots = 16};
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/arena", folder);
	CHECK_INT(open_code(path, NULL), -ENOSPC);
	CHECK_INT(access(path, F_OK), -1);
	CHECK_INT(open_code(path, &opt), 0); /* so no space is left over from the first attempt */
}

/* An arena larger than the file system, or than the limit on file sizes: an error, and no file is
 * left over. */
static void too_big(void)
{
	char folder[] = "/tmp/headway-check-XXXXXX";
	struct rlimit limit = {.rlim_cur = 1u << 20, .rlim_max = RLIM_INFINITY};
	const char *name = new_name();
	pid_t pid;

	CHECK(mkdtemp(folder) != NULL);
	pid = fork_child();
	if (!pid) {
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("none", folder, "tmpfs", 0, "size=4m"))
			note_left_out("a full file system");
		else
			small_file_system(folder);
		end_child();
	}
	CHECK_INT(wait_child(pid), 0);
	CHECK_INT(rmdir(folder), 0);
	pid = fork_child();
	if (!pid) {
		NEED_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
		CHECK_INT(open_code(name, NULL), -EFBIG);
		end_child();
	}
	CHECK_INT(wait_child(pid), 0); /* not killed by SIGXFSZ */
	CHECK_INT(headway_unlink(name), -ENOENT);
}

static void options_of_other_sizes(void)
{
	struct {
		struct headway_options known;
		unsigned char more[64];
	} newer = {.known = {.size = sizeof(newer), .slots = 11}};
	struct headway_options older = {.size = offsetof(struct headway_options, mode),
					.slots = 12,
					.mode = 0777,
					.group = "no-such-group-here",
					.base_path = "bad",
					.ttl_seconds = 5};
	struct headway_arena *arena = open_arena(new_name(), &newer.known);

	CHECK_INT(info_of(arena).slots, 11);
	headway_close(arena);
	arena = open_arena(new_name(), &older);
	CHECK_INT(info_of(arena).slots, 12);
	CHECK_INT(info_of(arena).ttl_seconds, 300);
	CHECK_TEXT(info_of(arena).base_path, "/_/status/");
	headway_close(arena);
}

/* A caller built with an older header passes a smaller struct: no byte beyond it is written. */
static void reports_of_other_sizes(void)
{
	struct headway_arena *arena = open_small(new_name());
	struct headway_info info, whole = info_of(arena);
	struct headway_fsck_report fsck;
	struct headway_reap_report reap;

	memset(&info, 0xee, sizeof(info));
	info.size = offsetof(struct headway_info, members);
	CHECK_INT(headway_info(arena, &info), 0);
	CHECK_INT(info.size, offsetof(struct headway_info, members));
	CHECK_INT(info.extents, whole.extents);
	CHECK_INT(info.members, 0xeeeeeeee);
	CHECK(((unsigned char *)&info)[sizeof(info) - 1] == 0xee);

	memset(&fsck, 0xee, sizeof(fsck));
	fsck.size = offsetof(struct headway_fsck_report, leaked);
	CHECK_INT(headway_fsck(arena, &fsck), 0);
	CHECK_INT(fsck.in_transit, 0);
	CHECK(fsck.leaked == 0xeeeeeeeeeeeeeeee && (unsigned char)fsck.first[159] == 0xee);

	memset(&reap, 0xee, sizeof(reap));
	reap.size = offsetof(struct headway_reap_report, blocks_freed);
	CHECK_INT(headway_reap(arena, NULL, &reap), 0);
	CHECK_INT(reap.members_swept, 0);
	CHECK(reap.blocks_freed == 0xeeeeeeeeeeeeeeee);
	headway_close(arena);
}

static void expect_mode(mode_t mask, uint32_t mode, const char *group, unsigned expected)
{
	struct headway_options opt = {
		.size = sizeof(opt), .slots = 4, .members = 1, .mode = mode, .group = group};
	mode_t old = umask(mask);
	struct headway_arena *arena = open_arena(new_name(), &opt);
	struct stat status;

	(void)umask(old);
	CHECK_INT(stat(info_of(arena).path, &status), 0);
	CHECK_INT(status.st_mode & 07777, expected);
	if (group)
		CHECK_INT(status.st_gid, getegid() ? getegid() : 1);
	headway_close(arena);
}

static void mode_and_group(void)
{
	char group[16];

	expect_mode(077, 0, NULL, 0600);
	expect_mode(077, 0666, NULL, 0666);
	expect_mode(0777, 0640, NULL, 0640);
	expect_mode(000, 0660, NULL, 0660);
	expect_mode(000, 0, NULL, 0600);
	(void)snprintf(group, sizeof(group), "%u", getegid() ? getegid() : 1);
	expect_mode(027, 0660, group, 0660);
	if (!geteuid())
		expect_mode(022, 0664, "daemon", 0664); /* gid 1 is "daemon" on all Linux systems */
}

static void flags(void)
{
	struct headway_options opt = {.size = sizeof(opt), .flags = HEADWAY_READ_ONLY, .slots = 8};
	const char *name = new_name();
	struct headway_arena *arena, *reader;
	struct headway_record *record = NULL;
	struct headway_id id;

	CHECK_INT(open_code(name, &opt), -ENOENT);
	opt.flags = HEADWAY_EXISTING;
	CHECK_INT(open_code(name, &opt), -ENOENT);
	opt.flags = HEADWAY_EXCLUSIVE;
	arena = open_arena(name, &opt);
	CHECK_INT(open_code(name, &opt), -EEXIST);
	opt.flags = HEADWAY_CREATE | HEADWAY_EXCLUSIVE;
	CHECK_INT(open_code(name, &opt), -EEXIST);
	opt.flags = HEADWAY_CREATE;
	CHECK_INT(open_code(name, &opt), 0);
	opt.flags = HEADWAY_EXISTING;
	CHECK_INT(open_code(name, &opt), 0);
	opt.flags = HEADWAY_EXISTING | HEADWAY_CREATE;
	CHECK_INT(open_code(name, &opt), -EINVAL);
	opt.flags = HEADWAY_EXISTING | HEADWAY_EXCLUSIVE;
	CHECK_INT(open_code(name, &opt), -EINVAL);
	opt.flags = 1u << 30;
	CHECK_INT(open_code(name, &opt), -EINVAL);
	headway_release(start_record(arena, "x", &id));
	reader = open_read_only(name);
	CHECK_INT(headway_start(reader, NULL, &record), -EACCES);
	CHECK_INT(headway_resume(reader, &id, &record), -EACCES);
	CHECK_INT(headway_reap(reader, NULL, NULL), -EACCES);
	CHECK_INT(headway_remove(reader, &id), -EACCES);
	CHECK_INT(info_of(reader).members_alive, 1);
	CHECK_INT(status_of(reader, &id), HEADWAY_RUNNING);
	headway_close(reader);
	headway_close(arena);
}

static void names(void)
{
	char folder[] = "/tmp/headway-check-XXXXXX", path[64], link[64];
	struct headway_options look = {.size = sizeof(look), .flags = HEADWAY_READ_ONLY};
	const char *name = new_name();
	struct headway_arena *arena;
	struct headway_id id, other;

	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/arena", folder);
	(void)snprintf(link, sizeof(link), "%s/link", folder);
	arena = open_small(path);
	CHECK_TEXT(info_of(arena).path, path);
	headway_release(start_record(arena, "x", &id));
	headway_close(arena);
	CHECK_INT(access(path, F_OK), 0);
	CHECK_INT(symlink(path, link), 0);
	CHECK(open_code(link, NULL) < 0); /* a symbolic link could be a trap in a shared folder */
	CHECK_INT(unlink(link), 0);
	CHECK_INT(headway_unlink(path), 0);
	CHECK_INT(access(path, F_OK), -1);
	(void)snprintf(link, sizeof(link), "%s/none/arena", folder);
	CHECK_INT(open_code(link, NULL), -ENOENT);
	CHECK_INT(rmdir(folder), 0);

	CHECK_INT(setenv("HEADWAY_ARENA", name, 1), 0);
	arena = open_small(NULL);
	headway_release(start_record(arena, "x", &other));
	headway_close(arena);
	arena = open_read_only(name);
	CHECK_INT(status_of(arena, &other), HEADWAY_ERROR);
	headway_close(arena);
	CHECK_INT(headway_unlink(NULL), 0);
	CHECK_INT(headway_unlink(name), -ENOENT);
	CHECK_INT(unsetenv("HEADWAY_ARENA"), 0);
	CHECK_INT(open_code("", &look), -EINVAL);
}

static void members_run_out(void)
{
	struct headway_options opt = {.size = sizeof(opt), .slots = 8, .members = 3};
	const char *name = new_name();
	struct headway_arena *arenas[3], *reader;

	for (unsigned i = 0; i < 3; i++)
		arenas[i] = open_arena(name, &opt);
	CHECK_INT(open_code(name, &opt), -EUSERS);
	reader = open_read_only(name); /* a reader uses no member index */
	CHECK_INT(info_of(reader).members_alive, 3);
	headway_close(arenas[1]);
	CHECK_INT(open_code(name, &opt), 0);
	headway_close(arenas[0]);
	headway_close(arenas[2]);
	CHECK_INT(info_of(reader).members_alive, 0);
	headway_close(reader);
}

static void closing_ends_what_it_started(void)
{
	const char *name = new_name();
	struct headway_arena *arena = open_small(name), *other = open_small(name);
	struct headway_spec detached = {.size = sizeof(detached), .flags = HEADWAY_DETACHED};
	struct headway_record *mine, *same = NULL, *loose = NULL, *others, *visited = NULL;
	struct headway_id mine_id, loose_id, others_id;
	struct headway_snapshot *snapshot;
	char died[96];

	mine = start_record(arena, "mine", &mine_id);
	others = start_record(other, "other's", &others_id);
	NEED_INT(headway_start(arena, &detached, &loose), 0);
	NEED_INT(headway_get_id(loose, &loose_id), 0);
	NEED_INT(headway_resume(other, &mine_id, &same), 0);
	NEED_INT(headway_resume(arena, &others_id, &visited), 0);
	headway_close(arena);
	CHECK_INT(headway_message(mine, "k", "v"), -ESTALE);
	CHECK_INT(headway_results(mine, "1", 1), -ESTALE);
	CHECK_INT(headway_finish(mine), -ESTALE);
	CHECK_INT(headway_error(mine, "e"), -ESTALE);
	CHECK_INT(headway_add(mine, 1), -ESTALE);
	CHECK_INT(headway_set(mine, 1), -ESTALE);
	CHECK_INT(headway_set_total(mine, 1), -ESTALE);
	CHECK_INT(headway_status(mine), -ESTALE);
	CHECK_INT(headway_message(visited, "k", "v"), -ESTALE);
	CHECK_INT(headway_get_id(mine, &mine_id), 0);
	headway_release(mine);
	headway_release(loose);
	headway_release(visited);
	CHECK_INT(headway_message(same, "k", "v"), -EALREADY);
	CHECK_INT(headway_add(same, 1), -EALREADY);
	snapshot = read_record(other, &mine_id);
	CHECK_INT(snapshot->status, HEADWAY_ERROR);
	(void)snprintf(died, sizeof(died), "owner died (pid %d, test_api_arena)", (int)getpid());
	CHECK_TEXT(value_of(snapshot, "Error"), died);
	headway_snapshot_free(snapshot);
	CHECK_INT(status_of(other, &loose_id), HEADWAY_RUNNING);
	CHECK_INT(status_of(other, &others_id), HEADWAY_RUNNING);
	CHECK_INT(headway_message(others, "k", "v"), 0);
	headway_release(same);
	headway_release(others);
	headway_close(other);
}

static void two_arenas_in_one_process(void)
{
	struct headway_arena *a = open_small(new_name()), *b = open_small(new_name());
	struct headway_id ida, idb;
	struct headway_record *ra = start_record(a, "a", &ida), *rb = start_record(b, "b", &idb);

	for (unsigned i = 0; i < 1000; i++) {
		CHECK_INT(headway_message(ra, "k", "a"), 0);
		CHECK_INT(headway_message(rb, "k", "b"), 0);
	}
	CHECK(status_of(b, &ida) < 0);
	CHECK(status_of(a, &idb) < 0);
	headway_close(a);
	CHECK_INT(headway_message(ra, "k", "a"), -ESTALE);
	CHECK_INT(headway_message(rb, "k", "b"), 0);
	CHECK_INT(version_of(b, &idb), 1002);
	headway_release(ra);
	headway_release(rb);
	check_whole(b, 0);
	headway_close(b);
}

/* The name leads to another file: each handle follows within about a second. */
static void unlinked_and_made_again(void)
{
	const char *name = new_name();
	struct headway_arena *arena = open_small(name), *reader = open_read_only(name), *fresh;
	struct headway_record *record, *next = NULL;
	struct headway_id old, id, followed;

	record = start_record(arena, "old", &old);
	CHECK_INT(headway_unlink(name), 0);
	CHECK_INT(headway_unlink(name), -ENOENT);
	CHECK_INT(headway_message(record, "k", "v"), 0); /* existing handles still work */
	sleep_ms(1300);
	CHECK_INT(info_of(arena).unlinked, 1);
	CHECK_INT(info_of(reader).unlinked, 1);
	CHECK_INT(status_of(arena, &old), HEADWAY_RUNNING);
	fresh = open_small(name);
	headway_release(start_record(fresh, "new", &id));
	sleep_ms(1300);
	CHECK_INT(status_of(reader, &id), HEADWAY_RUNNING);
	next = start_record(arena, "follows", &followed);
	CHECK_INT(status_of(fresh, &followed), HEADWAY_RUNNING);
	CHECK_INT(headway_message(next, "k", "v"), 0);
	/* as long as the record's handle is open */
	CHECK_INT(headway_message(record, "k", "w"), 0);
	CHECK_INT(headway_add(record, 1), 0);
	CHECK_INT(headway_finish(record), 0);
	headway_release(record);
	headway_release(next);
	headway_close(fresh);
	headway_close(arena);
	headway_close(reader);
	reader = open_read_only(name);
	check_whole(reader, 1);
	headway_close(reader);
}

int main(void)
{
	run_as_root();
	check_begin(60);
	RUN(defaults);
	RUN(given_options);
	RUN(extreme_options);
	RUN(refused_options);
	RUN(too_big);
	RUN(options_of_other_sizes);
	RUN(reports_of_other_sizes);
	RUN(mode_and_group);
	RUN(flags);
	RUN(names);
	RUN(members_run_out);
	RUN(closing_ends_what_it_started);
	RUN(two_arenas_in_one_process);
	RUN(unlinked_and_made_again);
	check_failures += as_root_failed();
	return check_end();
}
