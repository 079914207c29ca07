/* SPDX-License-Identifier: BSD-3-Clause */
/* Facts that are compiled into programs and that the debugging information of the library does not
 * show: the part of a handle that the inline functions use, and the values of all constants. A
 * change of one of these breaks every program that was compiled before. */
#include <headway.h>

#define AT(type, member, offset, bytes)                                                            \
	_Static_assert(offsetof(struct type, member) == (offset), #member);                        \
	_Static_assert(sizeof(((struct type *)0)->member) == (bytes), #member)
#define IS(constant, value) _Static_assert((constant) == (value), #constant)

AT(headway_record_prefix, generation_now, 0, 8);
AT(headway_record_prefix, generation, 8, 8);
AT(headway_record_prefix, word, 16, 8);
AT(headway_record_prefix, counters, 24, 8);
AT(headway_record_prefix, line, 32, 8);
AT(headway_record_prefix, counter_count, 40, 4);
AT(headway_record_prefix, striped, 44, 4);
IS(HEADWAY_STATUS_SHIFT, 61);
IS(HEADWAY_STATUS_RUNNING, 2);
IS(HEADWAY_CANCELLED_SHIFT, 60);
IS(HEADWAY_SLOW_ADD, 0);
IS(HEADWAY_SLOW_SET, 1);
IS(HEADWAY_SLOW_TOTAL, 2);
IS(HEADWAY_SLOW_CANCELLED, 3);

IS(HEADWAY_ID_TEXT, 37);
IS(HEADWAY_RUNNING, 1);
IS(HEADWAY_FINISHED, 2);
IS(HEADWAY_ERROR, 3);
IS(HEADWAY_CREATE, 1);
IS(HEADWAY_EXCLUSIVE, 2);
IS(HEADWAY_READ_ONLY, 4);
IS(HEADWAY_EXISTING, 8);
IS(HEADWAY_DETACHED, 1);
IS(HEADWAY_STRIPED, 2);
IS(HEADWAY_DRY_RUN, 1);
