/* SPDX-License-Identifier: BSD-3-Clause */
#include "shared/bucket.h"

#include <stdio.h>
#include <string.h>

enum { WAIT_MS = 2000, STREAM_NOT_FOUND = 10059, MESSAGE_NOT_FOUND = 10037 };

#define STREAM_BYTES (sizeof("KV_") + WIRE_BUCKET_BYTES)

static void stream_name(char stream[STREAM_BYTES], const char *bucket)
{
	snprintf(stream, STREAM_BYTES, "KV_%s", bucket);
}

static void explain(natsStatus status, char *fault, size_t size)
{
	const char *text = link_explain(status);

	if (status == NATS_TIMEOUT)
		text = "no answer: no leader is elected, or it is not permitted";
	else if (status == NATS_NO_RESPONDERS)
		text = "JetStream does not answer: is it enabled on the servers?";
	snprintf(fault, size, "%s", text);
}

static void options_init(jsOptions *options)
{
	jsOptions_Init(options);
	options->Wait = WAIT_MS;
}

enum bucket_answer bucket_look(struct link *link, const char *bucket, struct bucket_state *state,
			       char *fault, size_t size)
{
	char stream[STREAM_BYTES];
	jsStreamInfo *info = NULL;
	jsOptions options;
	jsErrCode code = 0;
	natsStatus s;

	stream_name(stream, bucket);
	options_init(&options);
	s = js_GetStreamInfo(&info, link->js, stream, &options, &code);
	if (s == NATS_NOT_FOUND || (int)code == STREAM_NOT_FOUND)
		return BUCKET_IS_NOT;
	if (s != NATS_OK) {
		explain(s, fault, size);
		return BUCKET_FAILED;
	}
	*state = (struct bucket_state){.age_ns = info->Config->MaxAge,
				       .created_ns = info->Created,
				       .keys = info->State.Msgs,
				       .first = info->State.FirstSeq,
				       .last = info->State.LastSeq};
	jsStreamInfo_Destroy(info);
	return BUCKET_IS;
}

bool bucket_make(struct link *link, const char *bucket, int64_t age_ns, uint32_t replicas,
		 struct bucket_state *state, char *fault, size_t size)
{
	enum bucket_answer answer = bucket_look(link, bucket, state, fault, size);
	kvStore *store = NULL;
	kvConfig config;
	natsStatus s;

	if (answer != BUCKET_IS_NOT)
		return answer == BUCKET_IS;
	kvConfig_Init(&config);
	config.Bucket = bucket;
	config.Description = "Records of Headway: headway-relay(8)";
	config.History = 1;
	config.TTL = age_ns;
	config.Replicas = (int)replicas;
	s = js_CreateKeyValue(&store, link->js, &config);
	kvStore_Destroy(store);
	if (s != NATS_OK)
		explain(s, fault, size);
	/* Another relay may have made it a moment ago. */
	return bucket_look(link, bucket, state, s == NATS_OK ? fault : (char[1]){0},
			   s == NATS_OK ? size : 1) == BUCKET_IS;
}

bool bucket_each_key(struct link *link, const char *bucket, const char *host,
		     void (*fn)(const struct headway_id *, void *), void *argument, char *fault,
		     size_t size)
{
	char stream[STREAM_BYTES], filter[WIRE_SUBJECT_BYTES + 2], name[WIRE_HOST_BYTES];
	jsStreamInfo *info = NULL;
	struct headway_id id;
	jsOptions options;
	bool is_record;
	natsStatus s;

	stream_name(stream, bucket);
	options_init(&options);
	wire_subject(filter, bucket, host, NULL);
	strcat(filter, ".*");
	options.Stream.Info.SubjectsFilter = filter;
	s = js_GetStreamInfo(&info, link->js, stream, &options, NULL);
	if (s != NATS_OK) {
		explain(s, fault, size);
		return false;
	}
	for (int i = 0; info->State.Subjects && i < info->State.Subjects->Count; i++) {
		const char *subject = info->State.Subjects->List[i].Subject;

		if (wire_key(subject, bucket, name, &id, &is_record) && is_record)
			fn(&id, argument);
	}
	jsStreamInfo_Destroy(info);
	return true;
}

static bool is_delete_marker(natsMsg *msg)
{
	const char *operation = NULL;

	return natsMsgHeader_Get(msg, "KV-Operation", &operation) == NATS_OK;
}

enum bucket_answer bucket_heartbeat(struct link *link, const char *bucket, const char *host,
				    struct heartbeat *heartbeat, uint64_t *sequence, char *fault,
				    size_t size)
{
	char stream[STREAM_BYTES], subject[WIRE_SUBJECT_BYTES];
	natsMsg *msg = NULL;
	jsOptions options;
	jsErrCode code = 0;
	natsStatus s;
	bool is;

	*sequence = 0;
	stream_name(stream, bucket);
	wire_subject(subject, bucket, host, NULL);
	options_init(&options);
	s = js_GetLastMsg(&msg, link->js, stream, subject, &options, &code);
	if (s == NATS_NOT_FOUND || (int)code == MESSAGE_NOT_FOUND)
		return BUCKET_IS_NOT;
	if (s != NATS_OK) {
		explain(s, fault, size);
		return BUCKET_FAILED;
	}
	*sequence = natsMsg_GetSequence(msg);
	is = !is_delete_marker(msg) &&
	     wire_heartbeat_parse(natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg),
				  heartbeat);
	natsMsg_Destroy(msg);
	return is ? BUCKET_IS : BUCKET_IS_NOT;
}
