/* SPDX-License-Identifier: BSD-3-Clause */
/* What does it cost to change one message of five?  Against everything one might use instead. */
#include "harness.h"
#include "peers.h"
#include "report.h"
#include "sample.h"

struct opponent {
	bool (*make)(struct bench_side *side);
	struct bench_target target;
};

int main(void)
{
	const struct opponent opponents[] = {
		{peer_mutex, RATIO_AT_MOST(1.3)},
		{peer_go, RATIO_AT_MOST(1.5)},
		{peer_urcu, NO_TARGET},
		{peer_ck_epoch, NO_TARGET},
		{peer_lmdb, FASTER_AT_LEAST(6)},
		{peer_sqlite, NO_TARGET},
		{peer_redis, FASTER_AT_LEAST(500)},
		{peer_redis_pipelined, FASTER_AT_LEAST(25)},
	};
	struct bench_side sides[BENCH_SIDES] = {{.name = "headway_message",
						 .argument = sample_writer_make("update", 0),
						 .run = sample_writer_run,
						 .check = sample_writer_check}};
	struct bench_target targets[BENCH_SIDES];
	struct bench_result results[BENCH_SIDES];
	unsigned count = 1;

	for (size_t i = 0; i < sizeof opponents / sizeof *opponents; i++)
		if (opponents[i].make(&sides[count]))
			targets[count++] = opponents[i].target;
	if (!bench_compare("3 update", sides, count, results))
		return 0;
	for (unsigned i = 1; i < count; i++)
		bench_say_pair("3", "message", &results[0], sides[i].name, &results[i], targets[i]);
	return 0;
}
