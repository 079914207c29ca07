/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs that install packages or images: apt, dpkg, docker. */
#include "parse/preset.h"

#include <string.h>

/* ---- apt: "dlstatus:1:33.3:Retrieving file 1 of 3", "pmstatus:vim:20.0:Installing vim" --------- */

static int apt_read(struct reader *reader, struct scan line)
{
	int is_download = scan_text(&line, "dlstatus:");
	double percent;

	if (!is_download && !scan_text(&line, "pmstatus:"))
		return 0;
	/* a name may have an architecture, as in libc6:amd64 */
	while (scan_find(&line, ":")) {
		struct scan at = line;

		if (scan_decimal(&at, &percent) && scan_text(&at, ":") && percent <= 100) {
			reader_phase(reader, is_download ? "Download" : "Install");
			return reader_percent(reader, percent);
		}
	}
	return 0;
}

static void apt_adapt(struct adapt *adapt)
{
	for (int i = 1; i < adapt->count; i++)
		if (strstr(adapt->words[i], "Status-Fd"))
			return;
	if (adapt->descriptor < 0 || !adapt->adds)
		return;
	adapt_insert(adapt, 0, "-o");
	adapt_insert(adapt, 1, "APT::Status-Fd=%d", adapt->descriptor);
	adapt->uses_descriptor = 1;
}

const struct preset preset_apt = {
	.name = "apt",
	.programs = " apt apt-get aptitude ",
	.unit = "%",
	.flags = PRESET_MESSAGES | PRESET_OWN,
	.read = apt_read,
	.adapt = apt_adapt,
	.notes = "Adds -o APT::Status-Fd=N, with a descriptor of its own. Download and "
		 "installation are "
		 "a phase of 100 each.",
};

/* ---- dpkg: "processing: install: vim", "status: vim: unpacked" --------------------------------- */

/* A package is unpacked, then configured: two steps. */
static int dpkg_step(struct reader *reader, const char *name, unsigned long length, unsigned step)
{
	struct reader_item *item = reader_item(reader, name, length);
	uint64_t done = 0;

	if (!item)
		return 0;
	if (item->share < step)
		item->share = step;
	for (unsigned i = 0; i < reader->item_count; i++)
		done += reader->items[i].share;
	return step && reader->expected ? reader_set(reader, done, 0) : 0;
}

static int dpkg_read(struct reader *reader, struct scan line)
{
	const char *name, *end;
	unsigned long length;

	if (scan_text(&line, "processing:")) {
		int is_install = scan_text(&line, "install:") || scan_text(&line, "upgrade:") ||
				 scan_text(&line, "configure:");

		if (is_install && scan_text(&line, "") && line.is_whole)
			(void)dpkg_step(reader, line.at, strlen(line.at), 0);
		return 0;
	}
	if (!scan_text(&line, "status:") || !scan_text(&line, "") || !line.is_whole)
		return 0;
	name = line.at;
	end = strstr(name, ": ");
	length = end ? (unsigned long)(end - name) : 0;
	if (!length)
		return 0;
	if (!strcmp(end, ": unpacked"))
		return dpkg_step(reader, name, length, 1);
	if (!strcmp(end, ": installed"))
		return dpkg_step(reader, name, length, 2);
	return 0;
}

static int ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length > tail && !strcmp(text + length - tail, end);
}

static void dpkg_adapt(struct adapt *adapt)
{
	uint64_t packages = 0;

	for (int i = 1; i < adapt->count; i++)
		packages += (uint64_t)ends_with(adapt->words[i], ".deb");
	if (adapt_find(adapt, "-i --install"))
		adapt->reader->expected = 2 * packages;
	if (adapt->descriptor < 0 || !adapt->adds || adapt_find(adapt, "--status-fd"))
		return;
	adapt_insert(adapt, 0, "--status-fd=%d", adapt->descriptor);
	adapt->uses_descriptor = 1;
}

const struct preset preset_dpkg = {
	.name = "dpkg",
	.programs = " dpkg ",
	.unit = "steps",
	.flags = PRESET_OUTPUT | PRESET_OWN | PRESET_PLAIN,
	.read = dpkg_read,
	.adapt = dpkg_adapt,
	.notes = "Adds --status-fd=N, with a descriptor of its own. Each .deb file of 'dpkg -i' is "
		 "two "
		 "steps: it is unpacked, then configured.",
};

/* ---- docker: layers of pull and push, steps of build ------------------------------------------ */

struct stage {
	const char *text;
	unsigned share; /* percent of the layer when it begins */
	unsigned room;  /* percent that its own progress is worth */
};

static const struct stage stages[] = {
	{"Pulling fs layer", 0, 0},   {"Waiting", 0, 0},
	{"Downloading", 0, 50},       {"Verifying Checksum", 50, 0},
	{"Download complete", 50, 0}, {"Extracting", 50, 50},
	{"Pull complete", 100, 0},    {"Already exists", 100, 0},
	{"Preparing", 0, 0},          {"Pushing", 0, 100},
	{"Pushed", 100, 0},           {"Layer already exists", 100, 0},
	{"Mounted from", 100, 0},
};

/* "Downloading [====>    ]  1.2MB/3.4MB": its share of the layer, in percent. */
static unsigned stage_share(const struct stage *stage, struct scan line)
{
	uint64_t done, total;

	if (stage->room && scan_find(&line, "]") && scan_bytes(&line, 1000, &done) &&
	    scan_text(&line, "/") && scan_bytes(&line, 1000, &total) && total && done <= total)
		return stage->share + (unsigned)(done * stage->room / total);
	return stage->share;
}

static int docker_layer(struct reader *reader, struct scan line)
{
	size_t length = strspn(line.at, "0123456789abcdef");
	const char *name = line.at;
	struct reader_item *item;

	line.at += length;
	if (length != 12 || !scan_text(&line, ":"))
		return 0;
	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++) {
		if (!scan_text(&line, stages[i].text))
			continue;
		item = reader_item(reader, name, length);
		if (!item)
			return 0;
		item->total = 100;
		if (item->share < stage_share(&stages[i], line))
			item->share = stage_share(&stages[i], line);
		return reader_items(reader);
	}
	return 0;
}

/* "#7 [build 3/6] RUN make": step 3 of a stage begins, so 2 are done.  "#7 DONE 0.1s": so is step 3. */
static int docker_step(struct reader *reader, struct scan line)
{
	struct reader_item *item;
	uint64_t number, step, steps;
	const char *name;
	size_t length;

	if (!scan_text(&line, "#") || !scan_number(&line, &number))
		return 0;
	if (scan_text(&line, "DONE") || scan_text(&line, "CACHED")) {
		for (unsigned i = 0; i < reader->item_count; i++)
			if (reader->size == number && i + 1 == reader->last) {
				reader->items[i].share++;
				reader->size = 0;
				return reader_items(reader);
			}
		return 0;
	}
	if (!scan_text(&line, "["))
		return 0;
	name = line.at;
	length = strcspn(name, " ]");
	if (name[length] == ']')
		length = 0;
	line.at += length;
	if (!scan_of(&line, &step, &steps) || !scan_text(&line, "]") || !step || step > steps)
		return 0;
	item = reader_item(reader, length ? name : "-", length ? length : 1);
	if (!item)
		return 0;
	item->total = (unsigned)steps;
	if (item->share < step - 1)
		item->share = (unsigned)step - 1;
	reader->size = number;
	reader->last = (uint64_t)(item - reader->items) + 1;
	return reader_items(reader);
}

static int docker_read(struct reader *reader, struct scan line)
{
	uint64_t step, steps;

	if (scan_text(&line, "Step") && scan_of(&line, &step, &steps) && step)
		return reader_set(reader, step - 1, steps);
	return docker_layer(reader, line) || docker_step(reader, line);
}

static void docker_adapt(struct adapt *adapt)
{
	int command = adapt_operand(adapt, 0, " -H --host -c --context --config -l --log-level ");

	if (command && !strcmp(adapt->words[command], "buildx"))
		command = adapt_operand(adapt, command, " --builder ");
	if (command && !strcmp(adapt->words[command], "build")) {
		adapt->unit = "steps";
		if (!adapt_find(adapt, "--progress -q --quiet"))
			adapt_insert(adapt, command, "--progress=plain");
	}
}

const struct preset preset_docker = {
	.name = "docker",
	.programs = " docker podman ",
	.unit = "",
	.flags = PRESET_OUTPUT | PRESET_MESSAGES,
	.read = docker_read,
	.adapt = docker_adapt,
	.notes = "Each layer of pull and push counts 100: 50 when it is downloaded, 100 when it is "
		 "extracted. Adds --progress=plain to 'docker build', and counts the steps of its "
		 "stages.",
};
