/* Flights: who is suspended in which PHP stream, and how one is closed under them.
 *
 * A flight exists while at least one coroutine is suspended inside PHP's code for a PHP
 * stream, or waits to close it. Usually there are none, and a hook that looks pays for
 * one load.
 *
 * Closing: the closer marks the flight, ends every wait in it, and waits until `users`
 * is 0. Whoever leaves only makes the closer ready; there is no preemption, so by the time
 * it runs, the C frames above the hook have returned and nothing points into the
 * php_stream any more. This wait cannot be cancelled: it is short, and who gave it up
 * would free memory that is in use.
 *
 * A stream wrapper that is written in PHP (stream/userspace.c) waits in anything, with what
 * only it knows: its waits are not ended, and the closer waits until its method returns. That
 * may be long, so fclose() can be cancelled there, and frees nothing then.
 */
#include "stream/flight.h"
#include <errno.h>

/* Ends the wait of another coroutine, without an exception. */
void tusk_rt_end_wait(tusk_task_id task);
/* Waits until unparked, whatever else happens. */
void tusk_rt_park(void);
void tusk_rt_unpark(tusk_task_id task);

/* ---- the table ---------------------------------------------------------------- */

/* Chained buckets: looked at on every hooked call while anything is in flight, so a look
 * is one multiplication and usually one comparison. */
static struct {
	tusk_flight **buckets;
	unsigned bits;
	tusk_flight *spare;
	unsigned spares;
} table;

/* Flights kept for the next suspension; more than this are given back. */
#define MAX_SPARES 256
#define MIN_BITS 8

static unsigned bucket_of(const php_stream *stream, unsigned bits)
{
	return (unsigned) (((uint64_t) (uintptr_t) stream * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - bits));
}

tusk_flight *tusk_flight_find(const php_stream *stream)
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

	for (size_t i = 0; table.buckets && i < (size_t) 1 << table.bits; i++) {
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
	table.buckets = buckets;
	table.bits = bits;
}

tusk_flight *tusk_flight_find_or_make(php_stream *stream)
{
	tusk_flight *flight = tusk_flight_find(stream);

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

/* Afterwards another PHP stream may get the address. */
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
	if (flight->stash.buf) {
		pefree(flight->stash.buf, flight->stash.persistent);
	}
	if (table.spares < MAX_SPARES) {
		flight->next = table.spare;
		table.spare = flight;
		table.spares++;
	} else {
		pefree(flight, 1);
	}
}

void tusk_flight_release(tusk_flight *flight)
{
	if (--flight->users > 0) {
		return;
	}
	if (!flight->closers) {
		drop(flight);
		return;
	}
	for (tusk_closer *closer = flight->closers; closer; closer = closer->next) {
		tusk_rt_unpark(closer->task);
	}
}

/* In the child of a fork the coroutines that were suspended are gone, and with them their
 * frames. The records stay where they are, out of sight, for the forking coroutine may
 * hold one itself (it forks in a notification callback). */
void tusk_flight_fork_child(void)
{
	for (size_t i = 0; tusk_flights && i < (size_t) 1 << table.bits; i++) {
		for (tusk_flight *flight = table.buckets[i]; flight; flight = flight->next) {
			tusk_flight_unstash(flight);
			flight->stream = NULL;
			flight->watchers = NULL;
			flight->visitors = NULL;
			flight->pins = NULL;
			flight->closers = NULL;
			memset(flight->lanes, 0, sizeof(flight->lanes));
		}
		table.buckets[i] = NULL;
	}
	tusk_flights = 0;
}

/* ---- watchers and visitors ------------------------------------------------------ */

static void stay(tusk_hold *hold, tusk_flight *flight, tusk_hold **list)
{
	flight->users++;
	hold->flight = flight;
	hold->task = tusk_rt_current_task();
	hold->next = *list;
	*list = hold;
}

/* In the child of a fork the list is empty. */
static void leave(tusk_hold *hold, tusk_hold **list)
{
	while (*list && *list != hold) {
		list = &(*list)->next;
	}
	if (*list) {
		*list = hold->next;
	}
	tusk_flight_release(hold->flight);
}

/* stream_select() keeps no pointer to a PHP stream, but its wait must end when one of
 * them is closed. */
void tusk_flight_watch(tusk_hold *hold, php_stream *stream)
{
	tusk_flight *flight = tusk_flight_find_or_make(stream);

	stay(hold, flight, &flight->watchers);
}

void tusk_flight_unwatch(tusk_hold *hold)
{
	leave(hold, &hold->flight->watchers);
}

void tusk_flight_visit(tusk_hold *hold, php_stream *stream)
{
	tusk_flight *flight = tusk_flight_find_or_make(stream);

	stay(hold, flight, &flight->visitors);
}

void tusk_flight_part(tusk_hold *hold)
{
	leave(hold, &hold->flight->visitors);
}

bool tusk_flight_inside(const php_stream *stream)
{
	const tusk_flight *flight = tusk_flight_find(stream);
	tusk_task_id me = flight ? tusk_rt_current_task() : 0;

	for (int lane = 0; flight && lane < 2; lane++) {
		if (flight->lanes[lane].busy && flight->lanes[lane].owner == me) {
			return true;
		}
	}
	for (const tusk_hold *hold = flight ? flight->visitors : NULL; hold; hold = hold->next) {
		if (hold->task == me) {
			return true;
		}
	}
	return false;
}

/* ---- closing ------------------------------------------------------------------- */

bool tusk_flight_closing(const tusk_hold *hold)
{
	return hold->flight->closing;
}

int tusk_flight_ends(const tusk_hold *hold)
{
	if (hold->flight->closing) {
		return -EBADF;
	}
	for (unsigned i = 0; i < TUSK_PINS && hold->pinned[i].flight; i++) {
		if (hold->pinned[i].flight->closing) {
			return -TUSK_OTHER_CLOSED;
		}
	}
	return 0;
}

/* Does PHP code of the user's run in its operations? */
static bool runs_code(const php_stream *stream)
{
	return php_stream_is(stream, PHP_STREAM_IS_USERSPACE) || php_stream_is(stream, PHP_STREAM_IS_USERSPACE_DIR);
}

static void end_waits(tusk_flight *flight)
{
	bool ours = !runs_code(flight->stream);

	for (int lane = 0; lane < 2; lane++) {
		if (flight->lanes[lane].busy && ours) {
			tusk_rt_end_wait(flight->lanes[lane].owner);
		}
		for (tusk_hold *hold = flight->lanes[lane].first; hold; hold = hold->next) {
			tusk_rt_turn_wake(&hold->turn);
		}
	}
	for (tusk_hold *hold = flight->watchers; hold; hold = hold->next) {
		tusk_rt_end_wait(hold->task);
	}
	for (tusk_pin *pin = flight->pins; pin; pin = pin->next) {
		if (!runs_code(pin->hold->flight->stream)) {
			tusk_rt_end_wait(pin->hold->task);
		}
	}
}

/* May it be long until everybody has left? */
static bool waits_for_code(const tusk_flight *flight)
{
	const tusk_pin *pin = flight->pins;

	while (pin && !runs_code(pin->hold->flight->stream)) {
		pin = pin->next;
	}
	return pin || runs_code(flight->stream);
}

/* Does the running coroutine itself hold it in a call that waits for another? */
static bool pinned_by_itself(const tusk_flight *flight)
{
	tusk_task_id me = flight->pins ? tusk_rt_current_task() : 0;
	const tusk_pin *pin = flight->pins;

	while (pin && pin->hold->task != me) {
		pin = pin->next;
	}
	return pin;
}

/* False when it was given up: somebody is still there. */
static bool wait_for_users(tusk_flight *flight, bool may_give_up)
{
	tusk_closer me = {.task = tusk_rt_current_task(), .next = flight->closers};
	int waited = 0;

	flight->closers = &me;
	while (flight->users && waited != -ECANCELED) {
		if (may_give_up) {
			waited = tusk_rt_turn_wait(&me.turn, -1);
		} else {
			tusk_rt_park();
		}
	}
	tusk_rt_turn_clear(&me.turn);
	tusk_closer **link = &flight->closers;
	while (*link != &me) {
		link = &(*link)->next;
	}
	*link = me.next;
	return !flight->users;
}

static bool close_flight(php_stream *stream, bool may_give_up)
{
	tusk_flight *flight = tusk_flight_find(stream);

	if (!flight) {
		return true;
	}
	if (CG(unclean_shutdown) || (EG(flags) & EG_FLAGS_IN_RESOURCE_SHUTDOWN)) {
		/* The request is over: whoever was suspended in it will never run again. */
		drop(flight);
		return true;
	}
	if (pinned_by_itself(flight) || (runs_code(stream) && tusk_flight_inside(stream))) {
		return false; /* a method of a stream wrapper closes what its caller uses */
	}
	flight->closing = true;
	end_waits(flight);
	if (flight->users) {
		if (!tusk_rt_may_suspend() || !wait_for_users(flight, may_give_up && waits_for_code(flight))) {
			return false;
		}
	}
	if (flight->stream) {
		unlink_flight(flight);
	}
	if (!flight->closers) {
		drop(flight);
	}
	return true;
}

bool tusk_flight_close(php_stream *stream)
{
	return close_flight(stream, false);
}

bool tusk_flight_try_close(php_stream *stream)
{
	return close_flight(stream, true);
}
