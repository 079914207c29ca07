/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/process.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* Counts open descriptors, without the one that reads the folder. */
static uint64_t count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;
	uint64_t count = 0;

	if (!folder)
		return 0;
	while ((entry = readdir(folder)))
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count ? count - 1 : 0;
}

/* Reads fields 20 and 22 to 24 of /proc/self/stat; the name before them may contain blanks and
 * parentheses. */
static bool read_stat(uint64_t *threads, uint64_t *start_ticks, uint64_t *bytes, uint64_t *pages)
{
	char line[1024];
	FILE *file = fopen("/proc/self/stat", "re");
	const char *behind;
	bool read;

	if (!file)
		return false;
	read = fgets(line, sizeof(line), file) != NULL;
	fclose(file);
	behind = read ? strrchr(line, ')') : NULL;
	return behind && sscanf(behind,
				") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
				"%*d %" SCNu64 " %*d %" SCNu64 " %" SCNu64 " %" SCNu64,
				threads, start_ticks, bytes, pages) == 4;
}

static int64_t clock_now(clockid_t clock)
{
	struct timespec t = {0};

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

bool process_use(struct process_use *use)
{
	uint64_t start_ticks, pages;
	int64_t ticks = sysconf(_SC_CLK_TCK);
	struct rlimit limit = {0};

	if (ticks <= 0 || !read_stat(&use->threads, &start_ticks, &use->virtual_bytes, &pages))
		return false;
	getrlimit(RLIMIT_NOFILE, &limit);
	use->cpu_ns = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	use->started_ns = wall_ns() - clock_now(CLOCK_BOOTTIME) +
			  (int64_t)start_ticks * (SECOND_NS / ticks);
	use->resident_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	use->open_descriptors = count_descriptors();
	use->most_descriptors = limit.rlim_cur;
	return true;
}
