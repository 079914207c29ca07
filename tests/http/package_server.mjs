// SPDX-License-Identifier: BSD-3-Clause
// Serves a folder, and what is below /_/ from SERVER, under a policy that allows neither inline styles nor inline scripts
// but one: package_server.mjs FOLDER.  Prints its URL.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import http from "node:http";
import path from "node:path";

const folder = process.argv[2];
const types = { ".html": "text/html", ".js": "text/javascript" };

const server = http.createServer(async (request, response) => {
	if (request.url.startsWith("/_/")) {
		const { host, ...headers } = request.headers;
		const onward = http.request(process.env.SERVER + request.url, { headers }, (answer) => {
			response.writeHead(answer.statusCode, answer.headers);
			answer.pipe(response);
		});
		response.on("close", () => onward.destroy());
		onward.on("error", () => response.destroy());
		onward.end();
		return;
	}
	try {
		const text = await readFile(path.join(folder, path.normalize(request.url)));
		const inline = /<script type="module">([^]*?)<\/script>/.exec(text)?.[1] ?? "";
		const hash = createHash("sha256").update(inline).digest("base64");
		response.writeHead(200, {
			"Content-Type": types[path.extname(request.url)] ?? "text/plain",
			"Content-Security-Policy": `default-src 'none'; script-src 'self' 'sha256-${hash}'; connect-src 'self'; style-src 'self'`,
		}).end(text);
	} catch {
		response.writeHead(request.url === "/favicon.ico" ? 204 : 404).end();
	}
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
