// SPDX-License-Identifier: BSD-3-Clause
// What the package headway-client exports; the element is apart, because it defines itself when it is imported.
export * from "./headway.js";
export { startRequest } from "./progress.js";
