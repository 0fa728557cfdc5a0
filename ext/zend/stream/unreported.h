/* What a write that had already sent something found after that.
 *
 * PHP would have returned the part and met this in the next call, which follows at once
 * (_php_stream_write_buffer): so do the hooks. The record is for that call alone. It is
 * another's if somebody ran in between (the beat is not the same), and a PHP stream that
 * is closed takes it along, because the next one may get its address.
 *
 * A cancelled write leaves no record: its exception says it, and every further call of
 * that C code fails by itself (tusk_state_gives_up).
 */
#ifndef TUSK_STREAM_UNREPORTED_H
#define TUSK_STREAM_UNREPORTED_H

#include "stream/stream.h"
#include <errno.h>

/* `stream` is NULL where there is none. */
typedef struct {
	const php_stream *stream;
	uint64_t beat;
	ssize_t result; /* as the hook that wrote it understands it */
} tusk_unreported_record;

extern tusk_unreported_record tusk_unreported;

/* `error` is a negative errno, or 0 where the connection has ended. */
static inline void tusk_unreported_set(const php_stream *stream, ssize_t error, ssize_t result)
{
	if (error != -ECANCELED) {
		tusk_unreported = (tusk_unreported_record) {.stream = stream, .beat = tusk_beat, .result = result};
	}
}

/* Is there something to say in this call? It is said once. */
static inline bool tusk_unreported_take(const php_stream *stream, ssize_t *result)
{
	if (EXPECTED(!tusk_unreported.stream)) {
		return false;
	}
	bool ours = tusk_unreported.stream == stream && tusk_unreported.beat == tusk_beat;
	*result = tusk_unreported.result;
	tusk_unreported.stream = NULL;
	return ours;
}

static inline void tusk_unreported_forget(const php_stream *stream)
{
	if (tusk_unreported.stream == stream) {
		tusk_unreported.stream = NULL;
	}
}

#endif
