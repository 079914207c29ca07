/* SPDX-License-Identifier: BSD-3-Clause */
/* Update: from one revision of a record to the next, by the general path; see update.c. */
#ifndef HW_UPDATE_H
#define HW_UPDATE_H

#include "base/clock.h"
#include "record/edit.h"
#include "record/handle.h"

/* Applies an edit; makes room if there is none. 0 or the errors of headway_message(); -EMSGSIZE as
 * hw__edit_apply(). */
int hw__update(struct headway_record *record, struct hw__edit *edit);

/* Counts a record that ended with this status; other statuses are not counted. */
static inline void hw__end_count(const struct hw__attachment *a, unsigned status)
{
	if (status == HW__FINISHED || status == HW__ERROR)
		hw__total_add(a, status == HW__FINISHED ? HW__TOTAL_FINISHED : HW__TOTAL_ERRORS, 1);
}

/* The present boot time, for the end of a record of that time namespace; 0 if this process's clock
 * is a different one. */
static inline uint64_t hw__ended_boot_ns(const struct hw__attachment *a, uint32_t time_namespace)
{
	return hw__clock_is_shared(a, time_namespace) ? hw__boot_ns() : 0;
}

#endif
