// SPDX-License-Identifier: BSD-3-Clause
export * from "./headway.js";
export { startRequest, type SerializedProgress, type Spinner, type callback } from "./progress.js";
