/* SPDX-License-Identifier: BSD-3-Clause */
/* A record opened for writing. */
#ifndef HW_RECORD_H
#define HW_RECORD_H

#include "slot.h"

/*
 * prefix      what the inline counters see.  Everything in it but generation is set before the handle
 *             is given out or, in a forked child, before generation is raised (release)
 * attachment  referenced
 */
struct headway_record {
	struct headway_record_prefix prefix;
	struct hw__attachment *attachment;
	uint32_t slot;
	struct headway_id id;
};

#endif
