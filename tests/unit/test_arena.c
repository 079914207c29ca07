/* SPDX-License-Identifier: BSD-3-Clause */
/* Arenas: paths, creation, which files are refused, and following a replaced arena. */
#include "fixture.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

TestSuite(arena, .init = fixture_up, .fini = fixture_down);

static const struct headway_options existing = {.flags = HEADWAY_EXISTING};
static const struct headway_options watching = {.flags = HEADWAY_READ_ONLY};

/* Opens the test's arena once more and closes it again; returns the result. */
static int opening(const struct headway_options *options)
{
	struct headway_arena *arena;
	int error = headway_open(fx.name, options, &arena);

	if (!error)
		headway_close(arena);
	else
		cr_expect_null(arena);
	return error;
}

/* Makes another arena and removes it again; returns the result. */
static int making(const struct headway_options *options)
{
	const char *name = fixture_name("-other");
	struct headway_arena *arena;
	int error = headway_open(name, options, &arena);

	if (!error) {
		headway_close(arena);
		cr_expect_eq(headway_unlink(name), 0);
	} else {
		cr_expect_eq(headway_unlink(name), -ENOENT, "nothing is left behind");
	}
	return error;
}

static const char *file(void)
{
	return fx.a->path;
}

/* ---- names ----------------------------------------------------------------------------------- */

static void must_lead_to(const char *name, const char *want)
{
	char *path = NULL;

	cr_expect_eq(hw__arena_path(name, &path), 0);
	cr_expect_str_eq(path, want, "%s leads to %s", name ? name : "NULL", path);
	free(path);
}

Test(arena, a_name_without_slash_is_in_dev_shm_and_anything_else_is_a_path)
{
	static const char *const bad[] = {"", "/", ".", "..", "/.", "/.."};
	char *path;

	must_lead_to("/x", "/dev/shm/x");
	must_lead_to("x", "/dev/shm/x");
	must_lead_to(".hidden", "/dev/shm/.hidden");
	must_lead_to("/tmp/x", "/tmp/x");
	cr_assert_eq(chdir("/usr/lib"), 0); /* a relative path is resolved once, at open */
	must_lead_to("a/b", "/usr/lib/a/b");
	must_lead_to("./x", "/usr/lib/./x");
	must_lead_to("//x", "//x");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_eq(hw__arena_path(bad[i], &path), -EINVAL, "%s", bad[i]);
}

Test(arena, without_a_name_the_environment_names_it)
{
	setenv("HEADWAY_ARENA", "/from-environment", 1);
	must_lead_to(NULL, "/dev/shm/from-environment");
	setenv("HEADWAY_ARENA", "", 1);
	must_lead_to(NULL, "/dev/shm/headway");
	unsetenv("HEADWAY_ARENA");
	must_lead_to(NULL, "/dev/shm/headway");
}

/* ---- making ---------------------------------------------------------------------------------- */

Test(arena, options_out_of_range_are_refused)
{
	const struct headway_options bad[] = {
		{.slots = HW__SLOTS_MIN - 1},
		{.slots = HW__SLOTS_MAX + 1},
		{.slots = 8, .members = HW__MEMBERS_MAX + 1},
		{.slots = 8, .members = UINT32_MAX},
		{.slots = 8, .mode = 01000},
		{.slots = 8, .mode = UINT32_MAX},
		{.flags = 32},
		{.flags = HEADWAY_EXISTING | HEADWAY_CREATE},
		{.flags = HEADWAY_EXISTING | HEADWAY_EXCLUSIVE},
		{.size = 1},
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_eq(making(&bad[i]), -EINVAL, "%zu", i);
	cr_expect_eq(headway_open(fx.name, NULL, NULL), -EINVAL);
}

Test(arena, a_base_path_begins_and_ends_in_a_slash)
{
	static const char *const bad[] = {"", "x", "status/", "/status", "status"};
	struct headway_options o = *fixture_options();
	char longest[258];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		o.base_path = bad[i];
		cr_expect_eq(making(&o), -EINVAL, "'%s'", bad[i]);
	}
	memset(longest, '/', sizeof longest);
	o.base_path = longest;
	longest[256] = '\0';
	cr_expect_eq(making(&o), -EINVAL, "256 bytes");
	longest[255] = '\0';
	cr_expect_eq(making(&o), 0, "255 bytes");
	o.base_path = "/";
	cr_expect_eq(making(&o), 0);
}

Test(arena, a_base_path_is_kept_and_begins_every_url)
{
	struct headway_options o = *fixture_options();
	struct headway_record *r;
	struct headway_snapshot *s = NULL;
	char url[300], id[HEADWAY_ID_TEXT], base[256];

	memset(base, 'b', sizeof base);
	base[0] = base[254] = '/';
	base[255] = '\0';
	o.base_path = base;
	fixture_again(&o);
	r = fixture_start(NULL);
	cr_assert_eq(headway_read(fx.arena, &r->id, &s), 0);
	headway_format_id(&r->id, id);
	snprintf(url, sizeof url, "%s%s", base, id);
	cr_expect_str_eq(s->url, url);
	headway_snapshot_free(s);
	headway_release(r);
}

Test(arena, default_size_is_32_mib_and_holds_results_of_4_mib_twice)
{
	struct headway_options none = {.flags = HEADWAY_EXCLUSIVE};
	struct headway_info info = {.size = sizeof info};
	struct headway_record *r;
	enum { BIG = 4 << 20 };
	char *json = malloc(BIG);

	fixture_again(&none);
	cr_assert_eq(headway_info(fx.arena, &info), 0);
	cr_expect_leq(info.bytes, 32 << 20);
	cr_expect_gt(info.bytes, 16 << 20);
	cr_expect(info.slots == 4096 && info.members == 256);
	cr_expect(info.ttl_seconds == 300 && info.error_ttl_seconds == 3600);
	cr_expect_eq(info.blocks, 4096 + 256 * 5);
	cr_expect_str_eq(info.base_path, "/_/status/");
	r = fixture_start(NULL);
	memset(json, '7', BIG);
	cr_expect_eq(headway_results(r, json, BIG), 0);
	cr_expect_eq(headway_results(r, json, BIG), 0, "the old ones and the new ones at once");
	headway_release(r);
	free(json);
}

Test(arena, default_size_with_few_slots_holds_results_of_4_mib_too)
{
	struct headway_options o = {.flags = HEADWAY_EXCLUSIVE, .slots = 4, .members = 1};
	struct headway_record *r;
	enum { BIG = 4 << 20 };
	char *json = malloc(BIG);

	fixture_again(&o);
	cr_expect_lt(fx.a->bytes, 10 << 20);
	r = fixture_start(NULL);
	memset(json, '7', BIG);
	cr_expect_eq(headway_results(r, json, BIG), 0);
	cr_expect_eq(headway_finish_with_results(r, json, BIG), 0);
	headway_release(r);
	free(json);
}

/* Uses at most the given bytes, and leaves no whole extent unused. */
Test(arena, uses_the_given_bytes_or_reports_that_they_are_too_few)
{
	struct headway_options o = *fixture_options();
	struct hw__geometry least = fx.a->geometry;

	least.extents = 4;
	cr_assert_eq(hw__geometry_layout(&least), 0);
	for (uint64_t few = 1; few < least.bytes; few = few * 2 + 1) {
		o.bytes = few;
		cr_expect_eq(making(&o), -EINVAL, "%llu", (unsigned long long)few);
	}
	o.bytes = least.bytes - 1;
	cr_expect_eq(making(&o), -EINVAL);
	for (uint64_t more = 0; more < 3 * 4096; more += 512) {
		struct stat st;

		o.bytes = least.bytes + more;
		fixture_again(&o);
		cr_assert_eq(stat(file(), &st), 0);
		cr_expect_eq((uint64_t)st.st_size, fx.a->geometry.bytes);
		cr_expect_leq(fx.a->geometry.bytes, o.bytes);
		cr_expect_gt(fx.a->geometry.bytes + 4096, o.bytes);
		cr_expect_eq(fx.a->geometry.extents, 4 + more / 4096);
		cr_expect_eq((uint64_t)st.st_blocks * 512, fx.a->geometry.bytes, "all is reserved");
	}
}

/* Sizes at which one more extent needs one more page of hints. */
Test(arena, hints_of_extents_fit_into_the_given_bytes)
{
	struct headway_options o = *fixture_options();
	struct hw__geometry g;

	for (o.slots = 8;; o.slots++) {
		g = (struct hw__geometry){.slots = o.slots,
					  .blocks = o.slots + 20,
					  .members = 4,
					  .striped_slots = o.slots < 32 ? 1 : o.slots / 16};
		g.extents = 512;
		cr_assert_eq(hw__geometry_layout(&g), 0);
		if (g.extent_hints_off % HW__PAGE_BYTES == HW__PAGE_BYTES - 64)
			break;
	}
	o.bytes = g.bytes + 2 * HW__EXTENT_BYTES - 1;
	fixture_again(&o);
	cr_expect_eq(fx.a->geometry.extents, 512);
	cr_expect_leq(fx.a->geometry.bytes, o.bytes);
}

Test(arena, larger_than_the_limit_on_files_is_refused_without_a_signal)
{
	struct headway_options o = *fixture_options();
	struct rlimit limit = {64 << 10, RLIM_INFINITY};

	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_expect_eq(making(&o), -EFBIG);
	o.bytes = 64 << 10;
	cr_expect_eq(making(&o), 0);
}

Test(arena, has_the_requested_mode_independent_of_the_umask)
{
	struct headway_options o = *fixture_options();
	struct stat st;

	umask(077);
	o.mode = 0664;
	fixture_again(&o);
	cr_assert_eq(stat(file(), &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0664);
	umask(0);
	o.mode = 0;
	fixture_again(&o);
	cr_assert_eq(stat(file(), &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0600);
}

Test(arena, unknown_group_or_folder_is_an_error)
{
	struct headway_options o = *fixture_options();
	static const char *const groups[] = {"no such group", "",   "-1", "12x",
					     "4294967295",    "+5", " 5"};
	struct headway_arena *arena;

	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		o.group = groups[i];
		cr_expect_eq(making(&o), -ENOENT, "%s", groups[i]);
	}
	o.group = NULL;
	cr_expect_eq(headway_open("/dev/shm/no-such-folder/x", &o, &arena), -ENOENT);
	cr_expect_eq(headway_open("/dev/null/x", &o, &arena), -ENOTDIR);
}

Test(arena, that_exists_keeps_its_geometry_and_times)
{
	struct headway_options o = {
		.slots = 100, .members = 9, .ttl_seconds = 1, .base_path = "/x/"};
	struct headway_info info = {.size = sizeof info};
	struct headway_arena *again;

	cr_assert_eq(headway_open(fx.name, &o, &again), 0);
	cr_assert_eq(headway_info(again, &info), 0);
	cr_expect(info.slots == 8 && info.members == 4 && info.ttl_seconds == 300);
	cr_expect_str_eq(info.base_path, "/_/status/");
	headway_close(again);
}

Test(arena, times_to_live_are_kept)
{
	struct headway_options o = *fixture_options();
	struct headway_info info = {.size = sizeof info};

	o.ttl_seconds = 17;
	o.error_ttl_seconds = UINT32_MAX;
	fixture_again(&o);
	cr_assert_eq(headway_info(fx.arena, &info), 0);
	cr_expect(info.ttl_seconds == 17 && info.error_ttl_seconds == UINT32_MAX);
}

Test(arena, is_created_according_to_the_flags)
{
	struct headway_options o = *fixture_options();

	cr_expect_eq(opening(&o), -EEXIST, "EXCLUSIVE");
	o.flags = HEADWAY_EXISTING;
	cr_expect_eq(opening(&o), 0);
	cr_expect_eq(making(&o), -ENOENT);
	o.flags = HEADWAY_READ_ONLY;
	cr_expect_eq(opening(&o), 0);
	cr_expect_eq(making(&o), -ENOENT);
	o.flags = HEADWAY_READ_ONLY | HEADWAY_CREATE;
	cr_expect_eq(making(&o), 0);
	o.flags = 0;
	cr_expect_eq(opening(&o), 0);
	cr_expect_eq(making(&o), 0);
}

/* ---- what is let in -------------------------------------------------------------------------- */

static void header_rewrite(void (*change)(struct hw__header *), bool with_checksum)
{
	struct hw__header h;
	int fd = open(file(), O_RDWR);

	cr_assert_geq(fd, 0);
	cr_assert_eq(pread(fd, &h, sizeof h, 0), sizeof h);
	change(&h);
	if (with_checksum)
		h.checksum = hw__header_checksum(&h);
	cr_assert_eq(pwrite(fd, &h, sizeof h, 0), sizeof h);
	close(fd);
}

static void another_magic(struct hw__header *h)
{
	h->magic[7] ^= 1;
}

static void another_version(struct hw__header *h)
{
	h->layout_version++;
}

static void another_byte_order(struct hw__header *h)
{
	h->byte_order = __builtin_bswap32(h->byte_order);
}

static void another_fingerprint(struct hw__header *h)
{
	h->fingerprint ^= 1;
}

Test(arena, of_another_layout_has_an_error_code_of_its_own)
{
	header_rewrite(another_version, true);
	cr_expect_eq(opening(&watching), -ENOTSUP);
	cr_expect_eq(opening(&existing), -ENOTSUP);
	cr_expect_eq(opening(NULL), -ENOTSUP, "and is not replaced");
	header_rewrite(another_magic, true);
	cr_expect_eq(opening(&watching), -EPROTO, "whatever else");
	header_rewrite(another_magic, true);
	cr_expect_eq(opening(&watching), -ENOTSUP);
}

Test(arena, of_another_machine_is_not_supported)
{
	header_rewrite(another_byte_order, true);
	cr_expect_eq(opening(&watching), -ENOTSUP);
	header_rewrite(another_byte_order, true);
	header_rewrite(another_fingerprint, true);
	cr_expect_eq(opening(&watching), -ENOTSUP);
	header_rewrite(another_fingerprint, true);
	cr_expect_eq(opening(&watching), 0);
}

Test(arena, whose_header_has_one_wrong_byte_is_refused)
{
	unsigned char byte;
	int fd = open(file(), O_RDWR);

	for (off_t i = 0; i < HW__HEADER_BYTES; i++) {
		int error;

		cr_assert_eq(pread(fd, &byte, 1, i), 1);
		byte ^= 0x10;
		cr_assert_eq(pwrite(fd, &byte, 1, i), 1);
		error = opening(&watching);
		cr_assert(error == -EPROTO || error == -ENOTSUP || error == -EBADMSG, "byte %d: %d",
			  (int)i, error);
		cr_assert_eq(error == -EPROTO, i < 8, "byte %d: %d", (int)i, error);
		byte ^= 0x10;
		cr_assert_eq(pwrite(fd, &byte, 1, i), 1);
	}
	close(fd);
	cr_expect_eq(opening(&watching), 0);
}

static void more_slots(struct hw__header *h)
{
	h->slots = h->blocks + 1;
}

static void no_members(struct hw__header *h)
{
	h->members = 0;
}

static void more_bytes(struct hw__header *h)
{
	h->bytes += 4096;
}

static void other_blocks(struct hw__header *h)
{
	h->block_bytes *= 2;
}

static void other_extents(struct hw__header *h)
{
	h->extent_bytes *= 2;
}

static void endless_base_path(struct hw__header *h)
{
	memset(h->base_path, '/', sizeof h->base_path);
}

Test(arena, with_wrong_counts_is_damaged_even_with_a_valid_checksum)
{
	static void (*const changes[])(struct hw__header *) = {
		more_slots, no_members, more_bytes, other_blocks, other_extents, endless_base_path};

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		fixture_again(fixture_options());
		header_rewrite(changes[i], true);
		cr_expect_eq(opening(&watching), -EBADMSG, "change %zu", i);
		cr_expect_eq(opening(&existing), -EBADMSG, "change %zu", i);
	}
}

/* The test's own mapping must not be touched after the file was truncated. */
Test(arena, that_was_truncated_is_damaged_or_no_arena)
{
	char *path = strdup(file());

	headway_close(fx.arena);
	cr_assert_eq(truncate(path, (128 << 10) - 8192), 0);
	cr_expect_eq(opening(&watching), -EBADMSG);
	cr_assert_eq(truncate(path, HW__HEADER_BYTES), 0);
	cr_expect_eq(opening(&watching), -EBADMSG);
	cr_assert_eq(truncate(path, HW__HEADER_BYTES - 1), 0);
	cr_expect_eq(opening(&watching), -EBADMSG);
	cr_assert_eq(truncate(path, 8), 0);
	cr_expect_eq(opening(&watching), -EBADMSG);
	cr_assert_eq(truncate(path, 7), 0);
	cr_expect_eq(opening(&watching), -EPROTO, "it could be anything");
	cr_assert_eq(truncate(path, 0), 0);
	cr_expect_eq(opening(NULL), -EPROTO, "an empty file is somebody's");
	cr_assert_eq(truncate(path, 1 << 20), 0);
	cr_expect_eq(opening(&watching), -EPROTO, "zeros");
	cr_expect_eq(headway_unlink(fx.name), -EPROTO, "what is not an arena is not removed");
	cr_assert_eq(unlink(path), 0);
	free(path);
	fx.arena = NULL;
}

Test(arena, is_a_regular_file_and_no_link)
{
	char link[300], fifo[300], *path = strdup(file());
	struct headway_arena *arena;

	snprintf(link, sizeof link, "/dev/shm%s", fixture_name("-link"));
	snprintf(fifo, sizeof fifo, "/dev/shm%s", fixture_name("-fifo"));
	cr_assert_eq(symlink(path, link), 0);
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	cr_expect_eq(headway_open(link, &existing, &arena), -ELOOP);
	cr_expect_eq(headway_open(link, &watching, &arena), -ELOOP);
	cr_expect_eq(headway_open(link, NULL, &arena), -ELOOP);
	cr_expect_eq(headway_open(fifo, NULL, &arena), -EPROTO);
	cr_expect_eq(headway_open("/dev/shm/", &existing, &arena), -EPROTO);
	cr_expect_eq(headway_open("/usr/lib/", &watching, &arena), -EPROTO);
	cr_expect_eq(headway_open("/dev/zero", &watching, &arena), -EPROTO);
	cr_expect_eq(headway_unlink(link), -ELOOP);
	cr_expect_eq(headway_unlink(fifo), -EPROTO);
	cr_assert_eq(unlink(link), 0);
	cr_assert_eq(unlink(fifo), 0);
	free(path);
}

/* ---- left over, replaced, removed ------------------------------------------------------------ */

static void another_boot(struct hw__header *h)
{
	h->boot_id[3] ^= 1;
}

Test(arena, from_another_boot_is_refused_by_readers_and_replaced_by_creators)
{
	struct headway_info info = {.size = sizeof info};
	struct headway_arena *fresh;
	unsigned char uuid[16];

	memcpy(uuid, fx.a->uuid, sizeof uuid);
	header_rewrite(another_boot, true);
	cr_expect_eq(opening(&watching), 0, "somebody is a member: another container's boot id");
	headway_close(fx.arena);
	fx.arena = NULL;
	cr_expect_eq(opening(&watching), -ESTALE);
	cr_expect_eq(opening(&existing), -ESTALE);
	cr_assert_eq(headway_open(fx.name, fixture_options(), &fresh), 0, "EXCLUSIVE, too");
	cr_assert_eq(headway_info(fresh, &info), 0);
	cr_expect_neq(memcmp(info.uuid.bytes, uuid, sizeof uuid), 0);
	cr_expect_eq(opening(&watching), 0);
	headway_close(fresh);
}

Test(arena, that_was_replaced_is_followed_and_open_handles_stay)
{
	struct headway_record *old = fixture_start(NULL), *fresh;
	struct headway_info info = {.size = sizeof info};
	struct headway_arena *watcher, *other;
	struct headway_snapshot *s = NULL;

	cr_assert_eq(headway_open(fx.name, &watching, &watcher), 0);
	cr_assert_eq(headway_unlink(fx.name), 0);
	cr_assert_eq(headway_open(fx.name, fixture_options(), &other), 0);
	cr_assert_eq(headway_start(other, NULL, &fresh), 0);
	fx.arena->current->looked_ns -= 2000000000; /* as if two seconds had passed */
	watcher->current->looked_ns -= 2000000000;
	cr_expect_eq(headway_read(watcher, &fresh->id, &s), 0);
	cr_expect_eq(headway_read(fx.arena, &fresh->id, &s), 0);
	cr_expect_neq(headway_read(fx.arena, &old->id, &s), 0);
	cr_expect_eq(headway_message(old, "still", "there"), 0);
	cr_assert_eq(headway_info(fx.arena, &info), 0);
	cr_expect_eq(info.unlinked, 0);
	headway_snapshot_free(s);
	headway_release(old);
	headway_release(fresh);
	headway_close(watcher);
	headway_close(other);
}

/* Another user's, which root may write because it said so when it opened the first one. */
Test(arena, of_any_owner_is_followed_to_one_of_any_owner)
{
	struct headway_options any = {.flags = HEADWAY_EXISTING | HEADWAY_ANY_OWNER};
	struct headway_arena *arena, *other;
	struct headway_snapshot *s = NULL;
	struct headway_record *fresh;

	if (geteuid() != 0)
		return; /* only root can give files away */
	cr_assert_eq(chown(fx.a->path, 1, 1), 0);
	cr_assert_eq(headway_open(fx.name, &any, &arena), 0);
	cr_assert_eq(headway_unlink(fx.name), 0);
	cr_assert_eq(headway_open(fx.name, fixture_options(), &other), 0);
	cr_assert_eq(chown(fx.a->path, 1, 1), 0);
	cr_assert_eq(headway_start(other, NULL, &fresh), 0);
	arena->current->looked_ns -= 2000000000;
	cr_expect_eq(headway_read(arena, &fresh->id, &s), 0);
	headway_snapshot_free(s);
	headway_release(fresh);
	headway_close(other);
	headway_close(arena);
}

Test(arena, without_a_name_stays_usable_and_reports_it)
{
	struct headway_record *r = fixture_start(NULL);
	struct headway_info info = {.size = sizeof info};

	cr_assert_eq(headway_unlink(fx.name), 0);
	cr_expect_eq(headway_unlink(fx.name), -ENOENT);
	fx.a->looked_ns -= 2000000000;
	cr_expect_eq(headway_message(r, "k", "v"), 0);
	cr_assert_eq(headway_info(fx.arena, &info), 0);
	cr_expect_eq(info.unlinked, 1);
	headway_release(fixture_start(NULL));
	headway_release(r);
}

Test(arena, opened_read_only_refuses_writes)
{
	struct headway_record *r = fixture_start(NULL), *again;
	struct headway_arena *watcher;
	struct headway_id id = r->id;

	cr_assert_eq(headway_open(fx.name, &watching, &watcher), 0);
	cr_expect_eq(headway_start(watcher, NULL, &again), -EACCES);
	cr_expect_eq(headway_resume(watcher, &id, &again), -EACCES);
	cr_expect_eq(headway_remove(watcher, &id), -EACCES);
	headway_close(watcher);
	headway_release(r);
}
