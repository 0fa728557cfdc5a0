/* Lanes: whose turn it is to read from a PHP stream, and to write to it.
 *
 * Lane states:   free --enter--> busy --leave--> free
 *                busy --enter--> the newcomer queues; leave wakes the first in the queue
 * The first stays in the queue until it runs and finds the lane free, so nobody is
 * overtaken. A waiter that gives up (deadline, cancel) wakes the one behind it.
 *
 * One call of PHP often reads several times: fgets() until the line is whole, a method
 * of a Redis client until the answer is. It must not lose the lane in between. Its frame
 * carries a mark that a new call cannot have, because the engine writes that word when it
 * pushes a frame; a marked frame goes before the queue. Who was woken meanwhile finds the
 * lane busy, or runs when the call is over: there is no preemption.
 *
 * What a call has read beyond its own answer stays in PHP's read buffer, and belongs to
 * the first in the queue. PHP would give it to whoever reads next. So a new call that
 * comes before the first has run puts it aside (the stash), and the first gets it back
 * with the lane. Invariant: a stash exists only while the read lane is free and somebody
 * queues for it.
 */
#include "stream/flight.h"
#include <errno.h>

/* The engine looks at this bit of a frame only while it sends the arguments, which is
 * over when an internal function runs. */
#define CALL_MARK ZEND_CALL_SEND_ARG_BY_REF

static bool same_call(const tusk_lane_state *state)
{
	const zend_execute_data *call = tusk_running_call();

	return call && call == state->call && (ZEND_CALL_INFO(call) & CALL_MARK);
}

static bool must_queue(const tusk_lane_state *state)
{
	return state->busy || (state->first && !same_call(state));
}

bool tusk_flight_contended(const php_stream *stream, tusk_lane lane)
{
	const tusk_flight *flight = tusk_flight_find(stream);

	return flight && (flight->closing || must_queue(&flight->lanes[lane]));
}

/* ---- the stash ------------------------------------------------------------------ */

void tusk_flight_new_call(php_stream *stream)
{
	tusk_flight *flight = tusk_flight_find(stream);
	tusk_lane_state *state = flight ? &flight->lanes[TUSK_LANE_READ] : NULL;

	if (!state || !state->first || state->busy || same_call(state) || stream->writepos <= stream->readpos) {
		return;
	}
	flight->stash = (tusk_stash) {
		.buf = stream->readbuf,
		.len = stream->readbuflen,
		.readpos = stream->readpos,
		.writepos = stream->writepos,
		.persistent = stream->is_persistent,
	};
	stream->readbuf = NULL;
	stream->readbuflen = 0;
	stream->readpos = stream->writepos = 0;
}

bool tusk_flight_unstash(tusk_flight *flight)
{
	php_stream *stream = flight->stream;

	if (!flight->stash.buf) {
		return false;
	}
	if (stream->readbuf) {
		pefree(stream->readbuf, stream->is_persistent);
	}
	stream->readbuf = flight->stash.buf;
	stream->readbuflen = flight->stash.len;
	stream->readpos = flight->stash.readpos;
	stream->writepos = flight->stash.writepos;
	flight->stash.buf = NULL;
	return true;
}

/* ---- the queue ------------------------------------------------------------------- */

static void append(tusk_lane_state *state, tusk_hold *hold)
{
	hold->next = NULL;
	if (state->last) {
		state->last->next = hold;
	} else {
		state->first = hold;
	}
	state->last = hold;
}

static void remove_hold(tusk_lane_state *state, tusk_hold *hold)
{
	tusk_hold *before = NULL, *at = state->first;

	while (at != hold) {
		before = at;
		at = at->next;
	}
	if (before) {
		before->next = hold->next;
	} else {
		state->first = hold->next;
	}
	if (state->last == hold) {
		state->last = before;
	}
	tusk_rt_turn_clear(&hold->turn);
}

static void wake_first(tusk_lane_state *state)
{
	if (!state->busy && state->first) {
		tusk_rt_turn_wake(&state->first->turn);
	}
}

static int wait_in_queue(tusk_hold *hold, tusk_lane_state *state, int64_t *timeout_ns)
{
	int64_t deadline = tusk_deadline_ns(*timeout_ns);
	int waited;

	append(state, hold);
	do {
		waited = tusk_rt_turn_wait(&hold->turn, *timeout_ns);
		*timeout_ns = tusk_left_ns(deadline);
		if (waited == 0) {
			waited = tusk_flight_ends(hold);
		}
	} while (waited == 0 && (state->busy || state->first != hold));
	remove_hold(state, hold);
	return waited;
}

/* ---- holds ----------------------------------------------------------------------- */

static void pin(tusk_pin *pin, tusk_hold *hold, tusk_flight *flight)
{
	flight->users++;
	*pin = (tusk_pin) {.flight = flight, .hold = hold, .next = flight->pins};
	flight->pins = pin;
}

/* In the child of a fork the list is empty. */
static void unpin(tusk_pin *pin)
{
	tusk_pin **link = &pin->flight->pins;

	while (*link && *link != pin) {
		link = &(*link)->next;
	}
	if (*link) {
		*link = pin->next;
	}
	tusk_flight_release(pin->flight);
}

/* The call that suspends may hold other PHP streams, as stream_copy_to_stream() does.
 * They must not be freed under it either. */
static void pin_arguments(tusk_hold *hold, const php_stream *own)
{
	zend_execute_data *call = tusk_running_call();
	unsigned pins = 0;

	for (unsigned i = 0; i < TUSK_PINS; i++) {
		hold->pinned[i].flight = NULL;
	}
	for (uint32_t i = 1; call && i <= ZEND_CALL_NUM_ARGS(call) && pins < TUSK_PINS; i++) {
		zval *arg = ZEND_CALL_ARG(call, i);
		if (Z_TYPE_P(arg) != IS_RESOURCE) {
			continue;
		}
		zend_resource *resource = Z_RES_P(arg);
		if (resource->ptr == own
			|| (resource->type != php_file_le_stream() && resource->type != php_file_le_pstream())) {
			continue;
		}
		pin(&hold->pinned[pins++], hold, tusk_flight_find_or_make(resource->ptr));
	}
	if (pins) {
		hold->task = tusk_rt_current_task();
	}
}

static void release_hold(tusk_hold *hold)
{
	for (unsigned i = 0; i < TUSK_PINS && hold->pinned[i].flight; i++) {
		unpin(&hold->pinned[i]);
	}
	tusk_flight_release(hold->flight);
}

static void take_lane(tusk_hold *hold, tusk_lane_state *state)
{
	zend_execute_data *call = tusk_running_call();

	state->busy = true;
	state->owner = tusk_rt_current_task();
	state->call = call;
	if (call) {
		ZEND_ADD_CALL_FLAG(call, CALL_MARK);
	}
	hold->refilled = hold->lane == TUSK_LANE_READ && tusk_flight_unstash(hold->flight);
}

/* Nobody is left who could take what was put aside. */
static void gave_up(tusk_hold *hold, tusk_lane_state *state)
{
	if (state->first) {
		wake_first(state);
	} else if (hold->lane == TUSK_LANE_READ && !state->busy && !hold->flight->closing) {
		tusk_flight_unstash(hold->flight);
	}
}

int tusk_flight_enter(tusk_hold *hold, php_stream *stream, tusk_lane lane, int64_t *timeout_ns)
{
	tusk_flight *flight = tusk_flight_find_or_make(stream);
	tusk_lane_state *state = &flight->lanes[lane];

	if (flight->closing) {
		return -EBADF;
	}
	flight->users++;
	hold->flight = flight;
	hold->lane = lane;
	hold->turn = (tusk_turn) {0};
	hold->waited = must_queue(state);
	pin_arguments(hold, stream);
	int ends = tusk_flight_ends(hold);
	if (ends) {
		release_hold(hold);
		return ends;
	}
	if (hold->waited) {
		int waited = wait_in_queue(hold, state, timeout_ns);
		if (waited < 0) {
			gave_up(hold, state);
			release_hold(hold);
			return waited;
		}
	}
	take_lane(hold, state);
	return 0;
}

void tusk_flight_leave(tusk_hold *hold)
{
	tusk_lane_state *state = &hold->flight->lanes[hold->lane];

	state->busy = false;
	wake_first(state);
	release_hold(hold);
}
