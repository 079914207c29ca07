/* SPDX-License-Identifier: BSD-3-Clause */
#include "open/room.h"

#include <errno.h>

static bool is_no_room(int error)
{
	return error == -ENOSPC || error == -ENOBUFS || error == -ENOSR;
}

static enum hw__want wanted(int error, enum hw__want slot)
{
	if (error == -ENOSR)
		return slot;
	return error == -ENOBUFS ? HW__WANT_BLOCK : HW__WANT_EXTENT;
}

int hw__attempt_with_room(struct hw__attachment *a, enum hw__want slot, hw__attempt *attempt,
			  void *call)
{
	uint32_t rounds = hw__room_rounds(a);
	uint64_t extents = 0;
	int error = attempt(call, false, &extents);

	if (error == -ENOSPC || error == -ENOBUFS) /* hints may be wrong: search before evicting */
		error = attempt(call, true, &extents);
	for (; is_no_room(error) && rounds; rounds--) {
		if (!hw__make_room(a, wanted(error, slot), extents))
			break;
		error = attempt(call, true, &extents);
	}
	if (!is_no_room(error))
		return error;
	hw__total_add(a, HW__TOTAL_NO_ROOM, 1);
	return -ENOSPC;
}
