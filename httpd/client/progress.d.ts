// SPDX-License-Identifier: BSD-3-Clause
import type { Message, Status } from "./headway.js";

/** The status view of a record. */
export interface SerializedProgress {
	status: Status;
	messages: Message[];
	results?: any;
	/** Where to ask next. */
	url: string;
}

/** An element that shows that something is under way, as spinner-sk. */
export interface Spinner {
	active: boolean;
}

export type callback = (arg: SerializedProgress) => void;

/** Starts work with a POST and follows it until it is over, asking every period milliseconds. */
export function startRequest(
	startingURL: string,
	body: any,
	period: number,
	spinner: Spinner | null,
	cb: callback | null,
): Promise<SerializedProgress>;
