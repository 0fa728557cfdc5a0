/* The record of who is suspended in one PHP stream, shared by stream/flight.c (who is
 * there, and closing) and stream/lane.c (whose turn it is).
 */
#ifndef TUSK_STREAM_FLIGHT_H
#define TUSK_STREAM_FLIGHT_H

#include "stream/stream.h"

typedef struct {
	bool busy;
	tusk_task_id owner;            /* who waits in it while it is busy */
	const zend_execute_data *call; /* the call that has, or had, it; only compared */
	tusk_hold *first, *last;       /* who waits for it, in order */
} tusk_lane_state;

/* Bytes of PHP's read buffer that belong to who is first in the read lane's queue. */
typedef struct {
	unsigned char *buf;
	size_t len;
	zend_off_t readpos, writepos;
	bool persistent;
} tusk_stash;

/* A coroutine that waits to close; lives on its stack. */
typedef struct tusk_closer {
	tusk_task_id task;
	tusk_turn turn; /* what it waits in when it may give up */
	struct tusk_closer *next;
} tusk_closer;

struct tusk_flight {
	php_stream *stream; /* NULL once it is about to be freed */
	unsigned users;     /* frames that must leave before it may be freed */
	bool closing;
	tusk_closer *closers;
	tusk_hold *watchers; /* suspended in stream_select() */
	tusk_pin *pins;      /* of calls that wait in another PHP stream */
	tusk_hold *visitors; /* in a method of a stream wrapper that is written in PHP */
	tusk_lane_state lanes[2];
	tusk_stash stash;
	tusk_flight *next; /* in its bucket, or in the list of spare flights */
};

tusk_flight *tusk_flight_find(const php_stream *stream);
tusk_flight *tusk_flight_find_or_make(php_stream *stream);
/* One user less: the last one drops the flight, or lets who closes go on. */
void tusk_flight_release(tusk_flight *flight);

/* Gives the stash back to PHP's read buffer; false if there was none. Everybody else
 * queues, so a buffer that was made meanwhile is empty. */
bool tusk_flight_unstash(tusk_flight *flight);

/* The internal function that runs, or NULL in the code of a script (an include). */
static inline zend_execute_data *tusk_running_call(void)
{
	zend_execute_data *frame = EG(current_execute_data);

	return frame && frame->func && frame->func->type == ZEND_INTERNAL_FUNCTION ? frame : NULL;
}

#endif
