/* Flights: who is suspended in which PHP stream.
 *
 * A flight exists while at least one coroutine is suspended inside PHP's code for a
 * PHP stream, or is waiting to close it. It has two lanes, one for a reader and one for
 * a writer, each with a FIFO of holds: the frames that wait their turn.
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
 * Closing: the closer marks the flight, cancels what is armed on the descriptor, wakes
 * all, and waits until `users` is 0. Whoever leaves only makes the closer ready; by the
 * time it runs, the C frames above the hook have returned and nothing points into the
 * php_stream any more.
 */
#include "stream.h"
#include <errno.h>

typedef struct {
	bool busy;
	const zend_execute_data *call; /* the call that has, or had, the lane; only compared */
	tusk_hold *first, *last;
} lane_state;

struct tusk_flight {
	const php_stream *stream;
	unsigned users;   /* suspended frames and pins */
	unsigned closers; /* coroutines that wait in tusk_flight_close */
	bool closing;
	lane_state lanes[2];
	tusk_turn gone;
	tusk_flight *next; /* in its bucket, or in the list of spare flights */
};

/* Chained buckets: the table is looked at on every hooked call while anything is in
 * flight, so a lookup is one multiplication and usually one comparison. */
static struct {
	tusk_flight **buckets;
	unsigned bits;
	tusk_flight *spare;
	unsigned spares;
} table;

/* Spare flights are kept for the next suspension; more than this are given back. */
#define MAX_SPARES 256
#define MIN_BITS 8

unsigned tusk_flights;

static unsigned bucket_of(const php_stream *stream, unsigned bits)
{
	return (unsigned) (((uint64_t) (uintptr_t) stream * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - bits));
}

static tusk_flight *find(const php_stream *stream)
{
	tusk_flight *flight;

	if (!tusk_flights) {
		return NULL;
	}
	flight = table.buckets[bucket_of(stream, table.bits)];
	while (flight && flight->stream != stream) {
		flight = flight->next;
	}
	return flight;
}

static void grow(void)
{
	unsigned bits = table.bits ? table.bits + 1 : MIN_BITS;
	tusk_flight **buckets = pecalloc((size_t) 1 << bits, sizeof(*buckets), 1);

	if (table.buckets) {
		for (size_t i = 0; i < (size_t) 1 << table.bits; i++) {
			tusk_flight *flight = table.buckets[i];
			while (flight) {
				tusk_flight *next = flight->next;
				unsigned b = bucket_of(flight->stream, bits);
				flight->next = buckets[b];
				buckets[b] = flight;
				flight = next;
			}
		}
		pefree(table.buckets, 1);
	}
	table.buckets = buckets;
	table.bits = bits;
}

static tusk_flight *find_or_make(const php_stream *stream)
{
	tusk_flight *flight = find(stream);

	if (flight) {
		return flight;
	}
	if (!table.bits || tusk_flights >= 1u << table.bits) {
		grow();
	}
	flight = table.spare;
	if (flight) {
		table.spare = flight->next;
		table.spares--;
	} else {
		flight = pemalloc(sizeof(*flight), 1);
	}
	memset(flight, 0, sizeof(*flight));
	flight->stream = stream;
	unsigned b = bucket_of(stream, table.bits);
	flight->next = table.buckets[b];
	table.buckets[b] = flight;
	tusk_flights++;
	return flight;
}

/* The PHP stream is about to be freed: another one may get its address. */
static void unlink_flight(tusk_flight *flight)
{
	tusk_flight **link = &table.buckets[bucket_of(flight->stream, table.bits)];

	while (*link != flight) {
		link = &(*link)->next;
	}
	*link = flight->next;
	flight->stream = NULL;
	tusk_flights--;
}

static void drop(tusk_flight *flight)
{
	if (flight->stream) {
		unlink_flight(flight);
	}
	tusk_rt_turn_clear(&flight->gone);
	if (table.spares < MAX_SPARES) {
		flight->next = table.spare;
		table.spare = flight;
		table.spares++;
	} else {
		pefree(flight, 1);
	}
}

static void release(tusk_flight *flight)
{
	if (--flight->users == 0) {
		if (flight->closers) {
			while (tusk_rt_turn_wake(&flight->gone)) {
			}
		} else {
			drop(flight);
		}
	}
}

/* The internal function that runs, or NULL in the code of a script (an include). */
static zend_execute_data *running_call(void)
{
	zend_execute_data *frame = EG(current_execute_data);

	return frame && frame->func && frame->func->type == ZEND_INTERNAL_FUNCTION ? frame : NULL;
}

/* The call that suspends may hold other PHP streams, as stream_copy_to_stream() does.
 * They must not be freed under it either. */
static void pin_arguments(tusk_hold *hold, const php_stream *own)
{
	zend_execute_data *frame = running_call();
	unsigned pins = 0;

	memset(hold->pinned, 0, sizeof(hold->pinned));
	if (!frame) {
		return;
	}
	for (uint32_t i = 1; i <= ZEND_CALL_NUM_ARGS(frame) && pins < TUSK_PINS; i++) {
		zval *arg = ZEND_CALL_ARG(frame, i);
		if (Z_TYPE_P(arg) != IS_RESOURCE) {
			continue;
		}
		zend_resource *resource = Z_RES_P(arg);
		if (resource->ptr == own
			|| (resource->type != php_file_le_stream() && resource->type != php_file_le_pstream())) {
			continue;
		}
		hold->pinned[pins] = find_or_make(resource->ptr);
		hold->pinned[pins]->users++;
		pins++;
	}
}

static void release_hold(tusk_hold *hold)
{
	for (unsigned i = 0; i < TUSK_PINS && hold->pinned[i]; i++) {
		release(hold->pinned[i]);
	}
	release(hold->flight);
}

/* ---- lanes ------------------------------------------------------------------ */

/* The engine reads this bit of a frame only while it sends the arguments, which is over
 * when an internal function runs. */
#define CALL_MARK ZEND_CALL_SEND_ARG_BY_REF

static bool same_call(const lane_state *state)
{
	const zend_execute_data *call = running_call();

	return call && call == state->call && (ZEND_CALL_INFO(call) & CALL_MARK);
}

static bool must_queue(const lane_state *state)
{
	return state->busy || (state->first && !same_call(state));
}

static void take_lane(lane_state *state)
{
	zend_execute_data *call = running_call();

	state->busy = true;
	state->call = call;
	if (call) {
		ZEND_ADD_CALL_FLAG(call, CALL_MARK);
	}
}

static void append(lane_state *state, tusk_hold *hold)
{
	hold->next = NULL;
	if (state->last) {
		state->last->next = hold;
	} else {
		state->first = hold;
	}
	state->last = hold;
}

static void remove_hold(lane_state *state, tusk_hold *hold)
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

static void wake_first(lane_state *state)
{
	if (!state->busy && state->first) {
		tusk_rt_turn_wake(&state->first->turn);
	}
}

static int wait_in_queue(tusk_hold *hold, lane_state *state, int64_t *timeout_ns)
{
	int64_t deadline = tusk_deadline_ns(*timeout_ns);
	int waited;

	append(state, hold);
	do {
		waited = tusk_rt_turn_wait(&hold->turn, *timeout_ns);
		*timeout_ns = tusk_left_ns(deadline);
		if (waited == 0 && hold->flight->closing) {
			waited = -EBADF;
		}
	} while (waited == 0 && (state->busy || state->first != hold));
	remove_hold(state, hold);
	return waited;
}

bool tusk_flight_contended(const php_stream *stream, tusk_lane lane)
{
	const tusk_flight *flight = find(stream);

	return flight && (flight->closing || must_queue(&flight->lanes[lane]));
}

int tusk_flight_enter(tusk_hold *hold, php_stream *stream, tusk_lane lane, int64_t *timeout_ns)
{
	tusk_flight *flight = find_or_make(stream);
	lane_state *state = &flight->lanes[lane];

	if (flight->closing) {
		return -EBADF;
	}
	flight->users++;
	hold->flight = flight;
	hold->lane = lane;
	hold->turn = (tusk_turn) {0};
	hold->waited = must_queue(state);
	pin_arguments(hold, stream);
	if (hold->waited) {
		int waited = wait_in_queue(hold, state, timeout_ns);
		if (waited < 0) {
			wake_first(state);
			release_hold(hold);
			return waited;
		}
	}
	take_lane(state);
	return 0;
}

void tusk_flight_leave(tusk_hold *hold)
{
	lane_state *state = &hold->flight->lanes[hold->lane];

	state->busy = false;
	wake_first(state);
	release_hold(hold);
}

/* ---- closing ---------------------------------------------------------------- */

bool tusk_flight_closing(const tusk_hold *hold)
{
	return hold->flight->closing;
}

bool tusk_flight_close(php_stream *stream)
{
	tusk_flight *flight = find(stream);

	if (!flight) {
		return true;
	}
	if (CG(unclean_shutdown) || (EG(flags) & EG_FLAGS_IN_RESOURCE_SHUTDOWN)) {
		/* The request is over: whoever was suspended in it will never run again. */
		drop(flight);
		return true;
	}
	flight->closing = true;
	if (tusk_stream_is_socket(stream) && tusk_socket_of(stream)->socket != -1) {
		tusk_rt_note_close(tusk_socket_of(stream)->socket);
	}
	for (int lane = 0; lane < 2; lane++) {
		for (tusk_hold *hold = flight->lanes[lane].first; hold; hold = hold->next) {
			tusk_rt_turn_wake(&hold->turn);
		}
	}
	flight->closers++;
	while (flight->users) {
		if (!tusk_rt_may_suspend() || tusk_rt_turn_wait(&flight->gone, -1) < 0) {
			flight->closers--;
			return false;
		}
	}
	if (flight->stream) {
		unlink_flight(flight);
	}
	if (--flight->closers == 0) {
		drop(flight);
	}
	return true;
}
