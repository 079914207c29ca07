// SPDX-License-Identifier: BSD-3-Clause
// All that the types of headway-client say, used.  Compiled by package_tools.sh, never run.
import { follow, watch, read, HeadwayError, startRequest, type SerializedProgress } from "headway-client";
import { startRequest as again, type Spinner } from "headway-client/progress";
import "headway-client/element";
import type { HeadwayProgress } from "headway-client/element";
const spinner: Spinner = { active: false };
const p: Promise<SerializedProgress> = startRequest("/x", { a: 1 }, 200, spinner, (sp: SerializedProgress) => { console.log(sp.messages[0].key); });
const q: Promise<SerializedProgress> = again("/x", {}, 1, spinner, null);
const r = await follow("http://x/_/status/1", { onChange: (r) => console.log(r.done.toFixed(), r.owner?.pid) });
const w = watch("http://x/", { ids: ["a"], onReady: (p) => p?.length });
w.close(); await w.closed;
try { await read(new URL("http://x/")); } catch (e) { if (e instanceof HeadwayError && e.isPassing) console.log(e.retryAfterMs); }
const e: HeadwayProgress = document.querySelector("headway-progress")!;
e.options = { token: "t" }; e.src = "/"; e.record?.version;
// @ts-expect-error
startRequest(1);
export { p, q, r };
