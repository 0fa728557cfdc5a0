/* Flights: who is suspended in which PHP stream.
 *
 * A flight exists while at least one coroutine is suspended inside PHP's code for a
 * PHP stream, or is waiting to close it. It has two lanes, one for a reader and one for
 * a writer, each with a FIFO of coroutines that wait their turn.
 *
 * Lane states:   free --enter--> busy --leave--> free
 *                busy --enter--> the newcomer queues; leave wakes the first of them
 * A newcomer also queues while somebody who was woken has not run yet, so that nobody
 * is overtaken. A waiter that gives up (deadline, cancel) passes the wake on.
 *
 * Closing: the closer marks the flight, cancels what is armed on the descriptor, wakes
 * all, and waits until `users` is 0. Whoever leaves only makes the closer ready; there
 * is no preemption, so by the time it runs, the C frames above the hook have returned
 * and nothing points into the php_stream any more.
 */
#include "stream.h"
#include <errno.h>
#include <fcntl.h>
#include <time.h>

typedef struct {
	bool busy;
	unsigned waiting;
	tusk_turn turn;
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
	tusk_rt_turn_clear(&flight->lanes[TUSK_LANE_READ].turn);
	tusk_rt_turn_clear(&flight->lanes[TUSK_LANE_WRITE].turn);
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

/* The call that suspends may hold other PHP streams, as stream_copy_to_stream() does.
 * They must not be freed under it either. */
static void pin_arguments(tusk_hold *hold, const php_stream *own)
{
	zend_execute_data *frame = EG(current_execute_data);
	unsigned pins = 0;

	memset(hold->pinned, 0, sizeof(hold->pinned));
	if (!frame || !frame->func || frame->func->type != ZEND_INTERNAL_FUNCTION) {
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

bool tusk_flight_contended(const php_stream *stream, tusk_lane lane)
{
	const tusk_flight *flight = find(stream);

	return flight && (flight->closing || flight->lanes[lane].busy || flight->lanes[lane].waiting);
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
	hold->waited = state->busy || state->waiting;
	pin_arguments(hold, stream);

	while (state->busy || state->waiting) {
		int64_t deadline = tusk_deadline_ns(*timeout_ns);
		int waited;

		state->waiting++;
		waited = tusk_rt_turn_wait(&state->turn, *timeout_ns);
		state->waiting--;
		*timeout_ns = tusk_left_ns(deadline);
		if (waited == 0 && flight->closing) {
			waited = -EBADF;
		}
		if (waited < 0) {
			if (!state->busy) {
				tusk_rt_turn_wake(&state->turn);
			}
			release_hold(hold);
			return waited;
		}
		if (!state->busy) {
			break; /* woken in order: the others who wait are behind us */
		}
	}
	state->busy = true;
	return 0;
}

void tusk_flight_leave(tusk_hold *hold)
{
	lane_state *state = &hold->flight->lanes[hold->lane];

	state->busy = false;
	if (state->waiting) {
		tusk_rt_turn_wake(&state->turn);
	}
	release_hold(hold);
}

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
	while (tusk_rt_turn_wake(&flight->lanes[TUSK_LANE_READ].turn)) {
	}
	while (tusk_rt_turn_wake(&flight->lanes[TUSK_LANE_WRITE].turn)) {
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

int64_t tusk_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t tusk_deadline_ns(int64_t timeout_ns)
{
	return timeout_ns < 0 ? -1 : tusk_now_ns() + timeout_ns;
}

int64_t tusk_left_ns(int64_t deadline_ns)
{
	if (deadline_ns < 0) {
		return -1;
	}
	int64_t left = deadline_ns - tusk_now_ns();
	return left > 0 ? left : 0;
}

bool tusk_set_nonblocking(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);
	bool was = (flags & O_NONBLOCK) != 0;

	if (flags != -1 && was != on) {
		fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
	}
	return was;
}
