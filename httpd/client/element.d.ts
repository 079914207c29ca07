// SPDX-License-Identifier: BSD-3-Clause
import type { FollowOptions, HeadwayError, HeadwayRecord } from "./headway.js";

/** <headway-progress src="/_/status/ID">: a record as a bar that follows it. */
export class HeadwayProgress extends HTMLElement {
	src: string;
	/** Of follow(); set it before src. */
	options: Pick<FollowOptions, "token" | "headers" | "fetch" | "mode">;
	/** The last full view. */
	record: HeadwayRecord | null;
}

export interface HeadwayProgressEvents {
	change: CustomEvent<HeadwayRecord>;
	done: CustomEvent<HeadwayRecord>;
	error: CustomEvent<HeadwayError>;
}

declare global {
	interface HTMLElementTagNameMap {
		"headway-progress": HeadwayProgress;
	}
}
