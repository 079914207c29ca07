/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What comes from a bucket: a record's two views, a heartbeat, a key.  Whatever is in it, nothing crashes
 * or reads past its end; and what is taken is shown as it should be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader/view.h"
#include "shared/json.h"
#include "shared/wire.h"

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static const char id_text[] = "00000000-0000-8000-8000-000000000001";

static bool take_string(struct json_part key, struct json_part value, void *argument)
{
	char *text = json_text(value);
	uint64_t number;
	int64_t ns;

	(void)argument;
	CHECK(!text || strlen(text) < value.length);
	free(text);
	(void)json_number(value, &number);
	(void)json_seconds(value, &ns);
	(void)json_time(value, &ns);
	return key.length < 1000;
}

/* One line of JSON that tells of the host, and the status view as it came. */
static void look_at(const struct item *item, const char *data, size_t length, bool alive)
{
	const char *second = (const char *)memchr(data, '\n', length) + 1;
	struct json_part full = {item->text + ITEM_LEAD, item->text_length - ITEM_LEAD - 1};

	CHECK(item->status >= HEADWAY_RUNNING && item->status <= HEADWAY_ERROR);
	CHECK(item->text[item->text_length - 1] == '\n' && item->text[item->text_length] == '\0');
	CHECK(json_object(full, NULL, NULL));
	CHECK(strstr(item->text, alive ? ",\"host\":\"web\",\"host_alive\":true}\n"
				       : ",\"host\":\"web\",\"host_alive\":false}\n"));
	CHECK(item->status_length == (size_t)(data + length - second));
	CHECK(memcmp(item->status_view, second, item->status_length) == 0);
	CHECK(strcmp(item->host, "web") == 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length);
int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length)
{
	char *data = malloc(length + 1), host[WIRE_HOST_BYTES];
	struct heartbeat heartbeat;
	struct headway_id id;
	struct item *item, *copy;
	bool is_record;

	memcpy(data, bytes, length);
	data[length] = '\0';
	CHECK(headway_parse_id(id_text, &id) == 0);
	item = view_item(data, length, &id, "web", true);
	if (item) {
		look_at(item, data, length, true);
		copy = item_copy(item, false);
		CHECK(copy && copy->fingerprint == ~item->fingerprint);
		look_at(copy, data, length, false);
		item_put(copy);
		item_put(item);
	}
	(void)json_object((struct json_part){data, length}, take_string, NULL);
	if (wire_heartbeat_parse(data, length, &heartbeat))
		CHECK(strlen(heartbeat.host) < sizeof(heartbeat.host) && heartbeat.period_ns > 0);
	if (wire_key(data, "headway", host, &id, &is_record))
		CHECK(!wire_host_fault(host));
	free(data);
	return 0;
}
