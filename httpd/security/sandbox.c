/* SPDX-License-Identifier: BSD-3-Clause */
/* Both filters are inherited by the threads started afterwards. The arena may be replaced while the
 * program runs, so the folder stays readable, not only the file. */
#include "security/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

#define READ_ACCESS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ALL_ACCESS                                                                                 \
	(READ_ACCESS | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                          \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |                              \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |                              \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |                            \
	 LANDLOCK_ACCESS_FS_MAKE_SYM)

static int allow_below(int ruleset, const char *folder, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = access,
		.parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC),
	};
	long rc;

	if (rule.parent_fd < 0)
		return -errno;
	rc = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return rc == 0 ? 0 : -errno;
}

/* The folder of the arena, by the rules of headway_open() for names. */
static char *arena_folder(const char *name)
{
	char *folder, *slash;

	if (!name)
		name = getenv("HEADWAY_ARENA");
	if (!name || !*name || !strchr(name + 1, '/'))
		return strdup("/dev/shm");
	folder = realpath(name, NULL); /* resolves symbolic links */
	folder = folder ? folder : strdup(name);
	slash = folder ? strrchr(folder, '/') : NULL;
	if (slash)
		slash[slash == folder] = '\0';
	return folder;
}

/* The arena's folder, which may not be there yet. */
static int allow_arena(int ruleset, const char *name, bool writes)
{
	char *folder = arena_folder(name);
	uint64_t access = READ_ACCESS | (writes ? LANDLOCK_ACCESS_FS_WRITE_FILE : 0);
	int rc = folder ? allow_below(ruleset, folder, access) : -ENOMEM;

	free(folder);
	return rc == -ENOENT ? 0 : rc;
}

/* Allows the files that getaddrinfo() and TLS read. */
static int allow_names(int ruleset)
{
	static const char *const folders[] = {"/etc", "/run/systemd/resolve", "/run/resolvconf",
					      "/usr/lib/ssl", "/usr/share/ca-certificates"};
	int rc = 0;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && rc == 0; i++) {
		rc = allow_below(ruleset, folders[i], READ_ACCESS);
		if (rc == -ENOENT)
			rc = 0;
	}
	return rc;
}

static int allow_files(int ruleset, const struct sandbox *s)
{
	int rc = s->has_arena ? allow_arena(ruleset, s->arena, s->writes) : 0;

	if (rc == 0) /* the owners of records; the boot id */
		rc = allow_below(ruleset, "/proc", READ_ACCESS);
	if (rc == 0 && s->connects)
		rc = allow_names(ruleset);
	for (size_t i = 0; i < s->read_count && rc == 0; i++)
		rc = allow_below(ruleset, s->read_in[i], READ_ACCESS);
	for (size_t i = 0; i < s->remove_count && rc == 0; i++)
		rc = allow_below(ruleset, s->remove_in[i], LANDLOCK_ACCESS_FS_REMOVE_FILE);
	return rc;
}

static int landlock(const struct sandbox *s)
{
	struct landlock_ruleset_attr all = {.handled_access_fs = ALL_ACCESS};
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	int rc;

	if (ruleset < 0)
		return -errno;
	rc = allow_files(ruleset, s);
	if (rc == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		rc = -errno;
	close(ruleset);
	return rc;
}

/* What both processes call. */
static const int common[] = {
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(pread64),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(close),
	SCMP_SYS(lseek),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(statx),
	SCMP_SYS(fstatfs),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(fcntl),
	SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),
	/* waiting */
	SCMP_SYS(futex),
	SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(sched_yield),
	SCMP_SYS(membarrier),
	/* memory and processes */
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(brk),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(gettid),
	SCMP_SYS(getpid),
	SCMP_SYS(tgkill),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(getcpu),
	SCMP_SYS(getrandom),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getgroups),
};

/* For the server. */
static const int serving[] = {
	SCMP_SYS(getdents64),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(dup),
	SCMP_SYS(dup3),
	SCMP_SYS(ioctl),
	SCMP_SYS(pipe2),
	SCMP_SYS(eventfd2),
	/* sockets that exist, and those they accept */
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendfile),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	/* waiting */
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(clock_getres),
	/* threads */
	SCMP_SYS(clone),
	SCMP_SYS(clone3),
	SCMP_SYS(sched_getparam),
	SCMP_SYS(sched_getscheduler),
	SCMP_SYS(sched_setaffinity),
	SCMP_SYS(prctl),
	SCMP_SYS(prlimit64),
	SCMP_SYS(getrlimit),
	SCMP_SYS(sysinfo),
	SCMP_SYS(uname),
	SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(kill),
};

/* For the process that writes the arena; allow_fork() and allow_kill() add two more. */
static const int writing[] = {
	SCMP_SYS(wait4), SCMP_SYS(waitid),    SCMP_SYS(alarm), SCMP_SYS(ppoll),
	SCMP_SYS(pipe2), SCMP_SYS(setitimer), /* alarm() where there is no such system call */
};

/* For programs that connect to others. */
static const int connecting[] = {
	SCMP_SYS(socket),   SCMP_SYS(socketpair),
	SCMP_SYS(connect),  SCMP_SYS(bind), /* getaddrinfo() asks the kernel for addresses */
	SCMP_SYS(sendmmsg),
};

/* Files may be opened only for reading, unless the arena is written, but never made or emptied; and
 * memory never becomes executable. */
static int allow_with_care(scmp_filter_ctx filter, bool writes)
{
	const uint64_t refused = O_CREAT | O_TRUNC | (writes ? 0 : O_ACCMODE);
	int rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				  SCMP_A2(SCMP_CMP_MASKED_EQ, refused, 0));

	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
				      SCMP_A1(SCMP_CMP_MASKED_EQ, refused, 0));
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return rc;
}

static int allow_calls(scmp_filter_ctx filter, const int *calls, size_t count)
{
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
		if (rc == -EDOM) /* the system call does not exist on this machine */
			rc = 0;
	}
	return rc;
}

/* A new process, but no new namespace, which would give it capabilities. */
static int allow_fork(scmp_filter_ctx filter)
{
	const uint64_t refused = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
				 CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, refused, 0));
}

/* To ask whether an owner is there, without a signal. */
static int allow_kill(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1, SCMP_A1(SCMP_CMP_EQ, 0));
}

static int allow_serving(scmp_filter_ctx filter, bool connects)
{
	int rc = allow_calls(filter, serving, sizeof(serving) / sizeof(serving[0]));

	if (rc == 0 && connects)
		rc = allow_calls(filter, connecting, sizeof(connecting) / sizeof(connecting[0]));
	return rc;
}

static int allow_writing(scmp_filter_ctx filter)
{
	int rc = allow_calls(filter, writing, sizeof(writing) / sizeof(writing[0]));

	if (rc == 0)
		rc = allow_fork(filter);
	return rc == 0 ? allow_kill(filter) : rc;
}

static int syscall_filter(const struct sandbox *s)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc = filter ? 0 : -ENOMEM;

	if (rc == 0)
		rc = allow_calls(filter, common, sizeof(common) / sizeof(common[0]));
	if (rc == 0)
		rc = s->writes ? allow_writing(filter) : allow_serving(filter, s->connects);
	if (rc == 0)
		rc = allow_with_care(filter, s->writes);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc;
}

/* Root keeps the one capability that is needed to read other users' arenas; Landlock limits it to
 * the folder. To write an arena it needs none: it writes its own only. All others are dropped,
 * whoever started the program. */
static int capabilities_drop(bool writes)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct held[2], kept[2] = {{0}};

	if (syscall(SYS_capget, &header, held) != 0)
		return -errno;
	for (int i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0); /* fails for other users than root */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	kept[0].effective = writes ? 0 : held[0].effective & 1u << CAP_DAC_READ_SEARCH;
	kept[0].permitted = kept[0].effective;
	return syscall(SYS_capset, &header, kept) == 0 ? 0 : -errno;
}

int sandbox_enter(const struct sandbox *s)
{
	int rc;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	rc = capabilities_drop(s->writes);
	if (rc < 0)
		log_warning("capabilities are kept: %s", strerror(-rc));
	rc = landlock(s);
	if (rc < 0)
		log_warning("no Landlock here: %s", strerror(-rc));
	rc = syscall_filter(s);
	if (rc < 0)
		log_warning("no seccomp here: %s", strerror(-rc));
	return 0;
}
