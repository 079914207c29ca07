/* SPDX-License-Identifier: BSD-3-Clause */
#include "fleet.h"

#include "base/log.h"
#include "base/options.h"
#include "snapshot/origin.h"
#ifdef HEADWAY_NATS
#include "reader/reader.h"
#include "shared/wire.h"
#endif

#ifdef HEADWAY_NATS
static struct link_options fleet_link;

int fleet_configure(void)
{
	const char *bucket = options.bucket ? options.bucket : "headway";
	char fault[512];

	if (!options.nats)
		return -1;
	fleet_link = (struct link_options){.name = "headway-httpd",
					   .servers = options.nats,
					   .inbox = "_INBOX.reader",
					   .creds = options.creds,
					   .tls_ca = options.tls_ca,
					   .tls_cert = options.tls_cert,
					   .tls_key = options.tls_key};
	if (wire_bucket_fault(bucket)) {
		log_line("--bucket: '%s': %s", bucket, wire_bucket_fault(bucket));
		return 2;
	}
	if (!link_check(&fleet_link, fault, sizeof(fault))) {
		log_line("%s", fault);
		return 2;
	}
	options.bucket = bucket;
	options.base_path = options.base_path ? options.base_path : "/_/status/";
	origin_fleet = &reader_fleet;
	return -1;
}

int fleet_start(void)
{
	return origin_fleet ? reader_start(&fleet_link, options.bucket) : 0;
}

void fleet_stop(void)
{
	if (origin_fleet)
		reader_stop();
}

void fleet_keep(struct sandbox *keep, const char *folders[4])
{
	if (!origin_fleet)
		return;
	keep->has_arena = false;
	keep->connects = true;
	keep->read_in = folders;
	keep->read_count = link_folders(&fleet_link, folders);
}
#else
int fleet_configure(void)
{
	if (!options.nats)
		return -1;
	log_line("--nats: this program was built without libnats; install libnats-dev and make it "
		 "again");
	return 2;
}

int fleet_start(void)
{
	return 0;
}

void fleet_stop(void)
{
}

void fleet_keep(struct sandbox *keep, const char *folders[4])
{
	(void)keep;
	(void)folders;
}
#endif
