/* SPDX-License-Identifier: BSD-3-Clause */
#include "shared/link.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <urcu/uatomic.h>

#include "base/log.h"

enum { SERVERS_MOST = 64, CONNECT_MS = 3000, RECONNECT_MS = 250, KEPT_BYTES = 256 * 1024 };

static uint64_t connects;

uint64_t link_connects(void)
{
	return CMM_LOAD_SHARED(connects);
}

static void on_disconnected(natsConnection *nc, void *unused)
{
	(void)unused;
	if (!natsConnection_IsClosed(nc)) /* link_close() did not do it */
		log_warning("the connection to NATS is lost; trying again");
}

static void on_reconnected(natsConnection *nc, void *unused)
{
	char url[256] = "?";

	(void)unused;
	natsConnection_GetConnectedUrl(nc, url, sizeof(url));
	log_line("connected to NATS again, at %s", strrchr(url, '@') ? strrchr(url, '@') + 1 : url);
	uatomic_inc(&connects);
}

/* Errors that a server reports without being asked, as of a subject that is not permitted. */
static void on_error(natsConnection *nc, natsSubscription *sub, natsStatus status, void *unused)
{
	const char *text = NULL;

	(void)sub;
	(void)unused;
	natsConnection_GetLastError(nc, &text);
	log_warning("NATS: %s", text && *text ? text : natsStatus_GetText(status));
}

static bool failed(char *fault, size_t size, const char *what, const char *detail)
{
	snprintf(fault, size, "%s: %s", what, detail);
	return false;
}

static bool is_readable(const char *option, const char *file, char *fault, size_t size)
{
	char text[64];

	if (!file || access(file, R_OK) == 0)
		return true;
	snprintf(text, sizeof(text), "--%s: cannot read", option);
	snprintf(fault, size, "%s '%s': %s", text, file, strerror(errno));
	return false;
}

/* libnats sends credentials that it cannot use, and then only the server says that it does not know them. */
static bool has_credentials(const char *file, char *fault, size_t size)
{
	char *line = NULL;
	size_t room = 0;
	int parts = 0;
	FILE *in = file ? fopen(file, "re") : NULL;

	if (!in)
		return !file;
	while (getline(&line, &room, in) >= 0)
		parts += strncmp(line, "-----BEGIN ", 11) == 0;
	free(line);
	(void)fclose(in);
	if (parts < 2)
		snprintf(fault, size, "--creds: no JWT and seed in '%s'", file);
	return parts >= 2;
}

bool link_check(const struct link_options *o, char *fault, size_t size)
{
	size_t commas = 0;

	for (const char *c = o->servers; *c; c++)
		commas += *c == ',';
	if (!*o->servers || commas >= SERVERS_MOST)
		return failed(fault, size, "--nats", "name 1 to 64 servers");
	if (!o->tls_cert != !o->tls_key)
		return failed(fault, size, "--tls-cert, --tls-key", "one needs the other");
	return is_readable("creds", o->creds, fault, size) &&
	       has_credentials(o->creds, fault, size) &&
	       is_readable("tls-ca", o->tls_ca, fault, size) &&
	       is_readable("tls-cert", o->tls_cert, fault, size) &&
	       is_readable("tls-key", o->tls_key, fault, size);
}

static natsStatus set_servers(natsOptions *options, const char *servers)
{
	const char *list[SERVERS_MOST];
	char *copy = strdup(servers), *rest = copy, *one;
	natsStatus s = copy ? NATS_OK : NATS_NO_MEMORY;
	int count = 0;

	while (s == NATS_OK && count < SERVERS_MOST && (one = strsep(&rest, ",")))
		list[count++] = one;
	if (s == NATS_OK)
		s = natsOptions_SetServers(options, list, count);
	free(copy);
	return s;
}

static natsStatus set_security(natsOptions *options, const struct link_options *o)
{
	bool secure = o->tls_ca || o->tls_cert || strstr(o->servers, "tls://");
	natsStatus s = NATS_OK;

	if (secure)
		s = natsOptions_SetSecure(options, true);
	if (s == NATS_OK && o->tls_ca)
		s = natsOptions_LoadCATrustedCertificates(options, o->tls_ca);
	if (s == NATS_OK && o->tls_cert)
		s = natsOptions_LoadCertificatesChain(options, o->tls_cert, o->tls_key);
	if (s == NATS_OK && o->creds)
		s = natsOptions_SetUserCredentialsFromFiles(options, o->creds, NULL);
	return s;
}

/* The buffer for what is sent while no server answers is small: the relay does not write then, since a newer
 * state exists when the servers are back. */
static natsStatus set_behaviour(natsOptions *options, const struct link_options *o)
{
	natsStatus s = natsOptions_SetName(options, o->name);

	if (s == NATS_OK)
		s = natsOptions_SetTimeout(options, CONNECT_MS);
	if (s == NATS_OK)
		s = natsOptions_SetMaxReconnect(options, -1);
	if (s == NATS_OK)
		s = natsOptions_SetReconnectWait(options, RECONNECT_MS);
	if (s == NATS_OK)
		s = natsOptions_SetReconnectBufSize(options, KEPT_BYTES);
	if (s == NATS_OK)
		s = natsOptions_SetPingInterval(options, 5000);
	if (s == NATS_OK)
		s = natsOptions_SetMaxPingsOut(options, 2);
	if (s == NATS_OK)
		s = natsOptions_SetFailRequestsOnDisconnect(options, true);
	if (s == NATS_OK && o->inbox)
		s = natsOptions_SetCustomInboxPrefix(options, o->inbox);
	if (s == NATS_OK)
		s = natsOptions_SetErrorHandler(options, on_error, NULL);
	if (s == NATS_OK)
		s = natsOptions_SetDisconnectedCB(options, on_disconnected, NULL);
	if (s == NATS_OK)
		s = natsOptions_SetReconnectedCB(options, on_reconnected, NULL);
	return s;
}

/* The text begins with a place in the source of libnats, "(conn.c:2088): ", which is left out. */
const char *link_explain(natsStatus status)
{
	natsStatus last = status;
	const char *text = nats_GetLastError(&last), *behind;

	if (!text || !*text || last != status)
		return natsStatus_GetText(status);
	behind = *text == '(' ? strstr(text, "): ") : NULL;
	return behind ? behind + 3 : text;
}

bool link_open(struct link *link, const struct link_options *o, char *fault, size_t size)
{
	natsOptions *options = NULL;
	natsStatus s = natsOptions_Create(&options);
	const char *at;
	char url[256] = "?";

	*link = (struct link){0};
	if (s == NATS_OK)
		s = set_servers(options, o->servers);
	if (s == NATS_OK)
		s = set_security(options, o);
	if (s == NATS_OK)
		s = set_behaviour(options, o);
	if (s == NATS_OK)
		s = natsConnection_Connect(&link->nc, options);
	natsOptions_Destroy(options);
	if (s == NATS_OK)
		s = natsConnection_JetStream(&link->js, link->nc, NULL);
	if (s != NATS_OK) {
		snprintf(fault, size, "%s", link_explain(s));
		link_close(link);
		return false;
	}
	natsConnection_GetConnectedUrl(link->nc, url, sizeof(url));
	at = strrchr(url, '@');
	snprintf(link->server, sizeof(link->server), "%.127s", at ? at + 1 : url);
	uatomic_inc(&connects);
	return true;
}

void link_close(struct link *link)
{
	jsCtx_Destroy(link->js);
	if (link->nc)
		natsConnection_Close(link->nc);
	natsConnection_Destroy(link->nc);
	*link = (struct link){0};
}

bool link_is_up(const struct link *link)
{
	return link->nc && natsConnection_Status(link->nc) == NATS_CONN_STATUS_CONNECTED;
}

bool link_is_closed(const struct link *link)
{
	return !link->nc || natsConnection_IsClosed(link->nc);
}

size_t link_folders(const struct link_options *o, const char *folders[4])
{
	const char *files[] = {o->creds, o->tls_ca, o->tls_cert, o->tls_key};
	size_t count = 0;

	for (int i = 0; i < 4; i++) {
		char *copy = files[i] ? strdup(files[i]) : NULL;

		if (copy)
			folders[count++] = dirname(copy);
	}
	return count;
}
