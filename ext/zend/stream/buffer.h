/* Where a suspended read writes to.
 *
 * PHP computes the address before it calls the hook. If that address lies in
 * stream->readbuf, another coroutine that reads the same PHP stream can compact, grow
 * or consume the buffer before this one runs again.
 *
 * States: noted --refresh--> current --detach--> owned by the frame --attach--> current
 * Only the holder of the read lane detaches, so at most one buffer is away.
 */
#ifndef TUSK_STREAM_BUFFER_H
#define TUSK_STREAM_BUFFER_H

#include "stream/stream.h"

typedef struct {
	php_stream *stream;
	char *buf;
	size_t count;
	bool buffered;        /* buf lies in stream->readbuf */
	zend_off_t available; /* bytes in that buffer when PHP decided to read more */
	unsigned char *away;
	size_t away_len;
	zend_off_t away_readpos, away_writepos;
} tusk_read_target;

static inline void tusk_read_target_note(tusk_read_target *target, php_stream *stream, char *buf, size_t count)
{
	target->stream = stream;
	target->buf = buf;
	target->count = count;
	target->buffered = stream->readbuf && buf == (char *) stream->readbuf + stream->writepos;
	target->available = stream->writepos - stream->readpos;
	target->away = NULL;
}

/* Others had the lane: makes the address current, and the room a whole chunk as PHP had
 * made it. False when they left bytes in the buffer; PHP takes those when the hook
 * returns 0. */
static inline bool tusk_read_target_refresh(tusk_read_target *target, bool refilled)
{
	php_stream *stream = target->stream;
	zend_off_t available = stream->writepos - stream->readpos;

	if (!target->buffered) {
		return true;
	}
	if (available > 0 && (refilled || available != target->available)) {
		return false;
	}
	if (stream->readbuflen - stream->writepos < stream->chunk_size) {
		memmove(stream->readbuf, stream->readbuf + stream->readpos, available);
		stream->readpos = 0;
		stream->writepos = available;
	}
	if (stream->readbuflen - stream->writepos < stream->chunk_size) {
		stream->readbuflen += stream->chunk_size;
		stream->readbuf = perealloc(stream->readbuf, stream->readbuflen, stream->is_persistent);
	}
	target->buf = (char *) stream->readbuf + stream->writepos;
	target->count = stream->readbuflen - stream->writepos;
	return true;
}

static inline void tusk_read_target_detach(tusk_read_target *target)
{
	php_stream *stream = target->stream;

	if (target->buffered) {
		target->away = stream->readbuf;
		target->away_len = stream->readbuflen;
		target->away_readpos = stream->readpos;
		target->away_writepos = stream->writepos;
		stream->readbuf = NULL;
		stream->readbuflen = 0;
		stream->readpos = stream->writepos = 0;
	}
}

/* A buffer that others allocated meanwhile is empty: who allocated it waits for the
 * lane, and refreshes its address when it has got it. */
static inline void tusk_read_target_attach(tusk_read_target *target)
{
	php_stream *stream = target->stream;

	if (target->away) {
		if (stream->readbuf) {
			pefree(stream->readbuf, stream->is_persistent);
		}
		stream->readbuf = target->away;
		stream->readbuflen = target->away_len;
		stream->readpos = target->away_readpos;
		stream->writepos = target->away_writepos;
		target->away = NULL;
	}
}

#endif
