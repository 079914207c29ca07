/* SPDX-License-Identifier: BSD-3-Clause */
/* The writer's calls on a record, but for its messages: message.c. */
#include "forecast/history.h"
#include "base/rcu.h"
#include "record/known_path.h"
#include "json/json_check.h"

#include <errno.h>
#include <string.h>

_Static_assert(HEADWAY_STATUS_RUNNING == HW__RUNNING, "the inline counters know this status");
_Static_assert(HEADWAY_STATUS_SHIFT == HW__STATUS_SHIFT, "the status in a word");
_Static_assert(HW__WORD_CANCELLED == 1ull << HEADWAY_CANCELLED_SHIFT, "the request in a word");

/* ---- the history ----------------------------------------------------------------------------- */

/* False: closed. A section, since another thread may close the arena meanwhile. */
static bool counters_now(const struct headway_record *r, uint64_t counters[HW__COUNTERS])
{
	bool is_open;

	if (!hw__rcu_read_lock())
		return false;
	is_open = hw__generation(r->attachment) &&
		  hw__load_acquire(&r->prefix.generation) == hw__generation(r->attachment);
	if (is_open)
		hw__slot_counters_read(r->attachment, r->slot, r->owner, counters);
	hw__rcu_read_unlock();
	return is_open;
}

void hw__sample(struct headway_record *r)
{
	uint64_t counters[HW__COUNTERS];

	if (counters_now(r, counters))
		hw__trace_add(r->trace, hw__boot_ns(), counters[0], counters[1]);
}

/* Before the end, when the counters are still the record's.  A run that was cancelled may have stopped
 * early, though it ends well. */
static bool run_take(struct headway_record *r, struct hw__run *run)
{
	uint64_t counters[HW__COUNTERS];

	if (!r || !r->trace || headway_is_cancelled(r) == 1 || !counters_now(r, counters) ||
	    !hw__trace_end(r->trace, hw__boot_ns(), counters[0], counters[1], run))
		return false;
	run->ended_ns = (int64_t)hw__wall_coarse_ns();
	return true;
}

int headway_sample(struct headway_record *r)
{
	int error = hw__handle_ready(r);

	return hw__sampled(r, error);
}

/* ---- results, url, ends ---------------------------------------------------------------------- */

/* Writes the compacted results into this thread's scratch memory, valid until the end of the
 * call. */
static int results_take(struct hw__edit *edit, const char *json, size_t length)
{
	struct hw__buffer *buffer = hw__scratch(HW__SCRATCH_JSON);
	size_t compact = 0;

	if (!json)
		return -EINVAL;
	if (length > UINT32_MAX)
		return -E2BIG;
	if (!buffer || !hw__buffer_reserve(buffer, length + 16))
		return -ENOMEM;
	if (hw__json_check(json, length, (char *)buffer->bytes, &compact) != 0)
		return -EINVAL;
	edit->results = (const char *)buffer->bytes;
	edit->results_length = compact;
	return 0;
}

static int results_set(struct headway_record *r, const char *json, size_t length,
		       enum hw__status status)
{
	struct hw__edit edit = {.status = status};
	int error = results_take(&edit, json, length);

	edit.results_chain = edit.results_length > HW__RESULTS_INLINE;
	if (!error)
		error = hw__update(r, &edit);
	if (error == -EMSGSIZE) { /* short, but other entries fill the block */
		edit.results_chain = true;
		error = hw__update(r, &edit);
	}
	hw__scratch_done(HW__SCRATCH_JSON);
	return error;
}

int headway_results(struct headway_record *r, const char *json, size_t length)
{
	return hw__sampled(r, results_set(r, json, length, 0));
}

int headway_finish_with_results(struct headway_record *r, const char *json, size_t length)
{
	struct hw__run run;
	bool is_learnt = run_take(r, &run);
	int error = results_set(r, json, length, HW__FINISHED);

	if (!error && is_learnt)
		hw__history_add(r->trace->name, &run);
	return error;
}

int headway_url(struct headway_record *r, const char *url)
{
	struct hw__edit edit = {.url = url};

	if (!url)
		return -EINVAL;
	if (strlen(url) > UINT32_MAX)
		return -E2BIG;
	return hw__sampled(r, hw__update(r, &edit));
}

int headway_finish(struct headway_record *r)
{
	struct hw__run run;
	bool is_learnt = run_take(r, &run);
	int error = -EINVAL;

	if (r)
		error = hw__known_end(r, HW__FINISHED) ? 0
						       : hw__fast_update(r, NULL, 0, HW__FINISHED);
	if (!error && is_learnt)
		hw__history_add(r->trace->name, &run);
	return error;
}

int headway_error(struct headway_record *r, const char *text)
{
	struct hw__message message = {.key = NULL};
	int error = r ? 0 : -EINVAL;

	if (!error && text)
		error = hw__message_measure(&message, "Error", text);
	return error ? error : hw__fast_update(r, &message, text != NULL, HW__ERROR);
}

int headway_cancel(struct headway_arena *arena, const struct headway_id *id, const char *reason)
{
	struct hw__edit edit = {.cancel = reason ? reason : "", .asked_ns = hw__wall_coarse_ns()};
	struct headway_record *r;
	int error;

	edit.cancel_length = strlen(edit.cancel);
	if (edit.cancel_length > UINT32_MAX - sizeof(struct hw__cancel))
		return -E2BIG;
	error = headway_resume(arena, id, &r);
	if (error)
		return error;
	error = hw__update(r, &edit);
	headway_release(r);
	return error;
}

/* The status of a record that is RETIRING while a handle is open: its slot still names the block,
 * which holds it. */
static int retiring_status(const struct hw__attachment *a, uint64_t word)
{
	struct hw__summary summary;
	int error = hw__revision_summary(a, hw__word_ref(word), &summary);

	if (error)
		return error;
	return summary.head.status == HW__FINISHED ? HEADWAY_FINISHED : HEADWAY_ERROR;
}

int headway_status(const struct headway_record *record)
{
	struct headway_record *r = (struct headway_record *)(uintptr_t)record;
	int error = hw__handle_ready(r);
	uint64_t word;

	if (error)
		return error;
	word = hw__load_acquire(r->prefix.word);
	switch (hw__word_status(word)) {
	case HW__RUNNING:
		return HEADWAY_RUNNING;
	case HW__FINISHED:
		return HEADWAY_FINISHED;
	case HW__ERROR:
	case HW__LOST:
		return HEADWAY_ERROR;
	case HW__RETIRING:
		return retiring_status(r->attachment, word);
	}
	return -ESTALE;
}

int headway_counter_slow(struct headway_record *r, int operation, unsigned index, uint64_t n)
{
	int error = hw__handle_ready(r);

	if (!error && operation == HEADWAY_SLOW_CANCELLED)
		return (hw__load_relaxed(r->prefix.word) & HW__WORD_CANCELLED) != 0;
	if (!error)
		error = hw__status_refusal(hw__load_relaxed(r->prefix.word));
	if (error)
		return error;
	if (operation == HEADWAY_SLOW_ADD) {
		if (index == 1 || (index > 1 && index - 2 >= r->prefix.counter_count))
			return -EINVAL;
		(void)hw__fetch_add_relaxed(&r->prefix.counters[index], n);
		return 0;
	}
	if (operation == HEADWAY_SLOW_SET && r->prefix.striped)
		return -EINVAL;
	if (operation != HEADWAY_SLOW_SET && operation != HEADWAY_SLOW_TOTAL)
		return -EINVAL;
	hw__store_relaxed(&r->prefix.line[operation == HEADWAY_SLOW_TOTAL], n);
	return 0;
}
