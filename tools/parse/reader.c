/* SPDX-License-Identifier: BSD-3-Clause */
#include "parse/reader.h"

#include <stdio.h>
#include <string.h>

int reader_set(struct reader *reader, uint64_t done, uint64_t total)
{
	if (total && done > total)
		done = total;
	reader->has_total |= total > 0;
	if (!total && reader->expected > reader->base) /* may be wrong, so done may be above it */
		total = reader->expected - reader->base;
	reader->total = total ? reader->base + total : 0;
	if (reader->done < reader->base + done)
		reader->done = reader->base + done;
	if (reader->total && reader->done > reader->total)
		reader->total = reader->done;
	reader->reports++;
	return 1;
}

int reader_percent(struct reader *reader, double percent)
{
	return reader_set(reader, (uint64_t)(percent + 0.001), 100);
}

static void name_phase(struct reader *reader, const char *name)
{
	snprintf(reader->phase, sizeof(reader->phase), "%s", name);
}

void reader_phase(struct reader *reader, const char *name)
{
	if (name && !strcmp(reader->phase, name))
		return;
	if (name)
		name_phase(reader, name);
	if (reader->reports == 0)
		return;
	reader->phases++;
	reader->base = reader->total ? reader->total : reader->done;
	reader->done = reader->base;
}

int reader_part(struct reader *reader, const struct reader_part *parts,
		const struct reader_part *part, double fraction)
{
	double done = 0;

	for (const struct reader_part *before = parts; before < part; before++)
		done += before->share;
	if (strncmp(reader->phase, part->text, sizeof(reader->phase) - 1) != 0) {
		name_phase(reader, part->text);
		reader->phases += reader->reports > 0;
	}
	return reader_percent(reader, done + part->share * fraction);
}

struct reader_item *reader_item(struct reader *reader, const char *name, unsigned long length)
{
	struct reader_item *item = reader->items;

	if (length >= sizeof(item->name))
		length = sizeof(item->name) - 1;
	for (unsigned i = 0; i < reader->item_count; i++, item++)
		if (!strncmp(item->name, name, length) && !item->name[length])
			return item;
	if (reader->item_count == READER_ITEMS)
		return NULL;
	reader->item_count++;
	*item = (struct reader_item){.share = 0};
	memcpy(item->name, name, length);
	return item;
}

int reader_items(struct reader *reader)
{
	uint64_t done = 0, total = 0;

	for (unsigned i = 0; i < reader->item_count; i++) {
		done += reader->items[i].share;
		total += reader->items[i].total;
	}
	return reader_set(reader, done, total);
}
