/* SPDX-License-Identifier: BSD-3-Clause */
/* The files are in httpd/page and httpd/client; the assembler embeds them in the program. */
#include "answer/page.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "answer/etag.h"
#include "answer/query.h"
#include "answer/reply.h"
#include "base/gzip.h"
#include "base/text.h"

#define EMBED(symbol, path)                                                                        \
	__asm__(".section .rodata\n"                                                               \
		".global hw__page_" #symbol "\n"                                                   \
		"hw__page_" #symbol ":\n"                                                          \
		".incbin \"" path "\"\n"                                                           \
		".global hw__page_" #symbol "_end\n"                                               \
		"hw__page_" #symbol "_end:\n"                                                      \
		".byte 0\n"                                                                        \
		".previous\n");                                                                    \
	extern const char hw__page_##symbol[], hw__page_##symbol##_end[]

EMBED(index, "httpd/page/index.html");
EMBED(app, "httpd/page/app.js");
EMBED(model, "httpd/page/model.js");
EMBED(format, "httpd/page/format.js");
EMBED(glob, "httpd/page/glob.js");
EMBED(time, "httpd/page/time.js");
EMBED(address, "httpd/page/address.js");
EMBED(theme, "httpd/page/theme.js");
EMBED(keys, "httpd/page/keys.js");
EMBED(list, "httpd/page/list.js");
EMBED(row, "httpd/page/row.js");
EMBED(timeline, "httpd/page/timeline.js");
EMBED(detail, "httpd/page/detail.js");
EMBED(cancel, "httpd/page/cancel.js");
EMBED(style, "httpd/page/app.css");
EMBED(icon, "httpd/page/favicon.svg");
EMBED(client, "httpd/client/headway.js");

static struct asset {
	const char *path, *type, *body, *end;
	struct text compressed;
	char etag[ETAG_BYTES];
} assets[] = {
#define ASSET(path_, type_, symbol)                                                                \
	{                                                                                          \
		.path = path_, .type = type_ "; charset=utf-8", .body = hw__page_##symbol,         \
		.end = hw__page_##symbol##_end                                                     \
	}
	ASSET("/", "text/html", index),
	ASSET("/app.js", "text/javascript", app),
	ASSET("/model.js", "text/javascript", model),
	ASSET("/format.js", "text/javascript", format),
	ASSET("/glob.js", "text/javascript", glob),
	ASSET("/time.js", "text/javascript", time),
	ASSET("/address.js", "text/javascript", address),
	ASSET("/theme.js", "text/javascript", theme),
	ASSET("/keys.js", "text/javascript", keys),
	ASSET("/list.js", "text/javascript", list),
	ASSET("/row.js", "text/javascript", row),
	ASSET("/timeline.js", "text/javascript", timeline),
	ASSET("/detail.js", "text/javascript", detail),
	ASSET("/cancel.js", "text/javascript", cancel),
	ASSET("/headway.js", "text/javascript", client),
	ASSET("/app.css", "text/css", style),
	ASSET("/favicon.svg", "image/svg+xml", icon),
};

enum { ASSETS = sizeof(assets) / sizeof(assets[0]) };

/* No resource of other origins, no inline code, no frames. */
#define CONTENT_SECURITY_POLICY                                                                    \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "                \
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

int page_init(void)
{
	for (size_t i = 0; i < ASSETS; i++) {
		struct asset *a = &assets[i];
		size_t length = (size_t)(a->end - a->body);

		a->compressed = gzip_text(a->body, length, 9);
		if (a->compressed.failed)
			return -ENOMEM;
		snprintf(a->etag, sizeof(a->etag), "W/\"%08lx\"",
			 crc32(0, (const unsigned char *)a->body, (uInt)length));
	}
	return 0;
}

void page_free(void)
{
	for (size_t i = 0; i < ASSETS; i++)
		text_free(&assets[i].compressed);
}

static const struct asset *asset_at(const char *path)
{
	for (size_t i = 0; i < ASSETS; i++) {
		if (strcmp(assets[i].path, path) == 0)
			return &assets[i];
	}
	return NULL;
}

bool page_has(const char *path)
{
	return asset_at(path) != NULL;
}

static struct MHD_Response *asset_body(struct request *request, const struct asset *a)
{
	struct MHD_Response *response;

	if (!header_accepts_gzip(request))
		return reply_static(a->body, (size_t)(a->end - a->body));
	response = reply_static(a->compressed.data, a->compressed.length);
	reply_header(response, "Content-Encoding", "gzip");
	return response;
}

enum MHD_Result page_get(struct request *request, const char *path)
{
	const struct asset *a = asset_at(path);
	bool same = etag_matches(header_get(request, "If-None-Match"), a->etag);
	struct MHD_Response *response;

	if (!etag_allowed(header_get(request, "If-Match"), a->etag))
		return reply_problem(request, 412, PRECONDITION_FAILED);
	response = same ? reply_not_modified() : asset_body(request, a);
	if (!same)
		reply_header(response, "Content-Type", a->type);
	reply_header(response, "ETag", a->etag);
	reply_header(response, "Cache-Control", "no-cache");
	reply_header(response, "Vary", "Accept-Encoding");
	reply_header(response, "Content-Security-Policy", CONTENT_SECURITY_POLICY);
	reply_header(response, "Referrer-Policy", "no-referrer");
	reply_header(response, "Cross-Origin-Opener-Policy", "same-origin");
	return reply_send(request, same ? 304 : 200, response);
}
