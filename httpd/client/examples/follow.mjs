// SPDX-License-Identifier: BSD-3-Clause
// Follows one record on a terminal until it is over: node follow.mjs URL
import { follow, HeadwayError } from "headway-client";

const line = (record) => `${record.status} ${record.done} of ${record.total || "?"} ${record.unit}`.trim();

try {
	const last = await follow(process.argv[2], { onChange: (record) => console.log(line(record)) });
	process.exitCode = last.status === "Finished" ? 0 : 1;
} catch (error) {
	console.error(error instanceof HeadwayError ? `${error.status}: ${error.message}` : error.message);
	process.exitCode = 2;
}
