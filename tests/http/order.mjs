// SPDX-License-Identifier: BSD-3-Clause
// Run by test_http_order.sh with the list of records on standard input: the ids of the page's rows, for
// each argument, which is a sort key or name:PATTERN, as a line.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { Model } = await import(pathToFileURL(process.argv[2]));
const model = new Model();
for (const record of JSON.parse(readFileSync(0, "utf8"))) model.put(record);
for (const wish of process.argv.slice(3)) {
	const rows = model.rows(wish.startsWith("name:") ? { text: wish, sort: "started" } : { sort: wish });
	console.log(rows.map((row) => row.record.id).join(" "));
}
