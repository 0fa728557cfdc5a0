/* PHP streams of wrappers that are written in PHP (stream_wrapper_register()).
 *
 * Their operations call methods of the user's, which may wait. PHP's C code around such a
 * call keeps pointers into the php_stream, so meanwhile the coroutine stands in its flight:
 * in the read or the write lane, so that methods are called for one reader and one writer at
 * a time, or as a visitor in all other operations. The read buffer is away while a read is
 * under way, as for sockets (stream/buffer.h).
 *
 * The waits are the method's own, and closing does not end them (stream/flight.c). A method
 * that uses its own PHP stream again gets PHP's plain call: it would wait for itself.
 *
 * While no other coroutine is there, PHP's own functions are called and nothing is kept.
 */
#include "stream/buffer.h"
#include "stream/stream.h"
#include <errno.h>

static php_stream_ops file_ops, directory_ops; /* PHP's own */
static php_stream_ops our_file_ops, our_directory_ops;
static bool patched;

static bool others_may_come(const php_stream *stream)
{
	return tusk_rt_may_suspend() && !tusk_flight_inside(stream);
}

/* ---- reading and writing ------------------------------------------------------- */

/* Nothing was called: the queue was left because the PHP stream is being closed, or by a
 * cancelled coroutine. */
static ssize_t not_called(php_stream *stream, int error)
{
	if (error == EBADF) {
		stream->eof = 1;
	}
	errno = error;
	return -1;
}

static zend_never_inline ssize_t read_among_others(php_stream *stream, char *buf, size_t count)
{
	int64_t for_ever = -1;
	tusk_read_target target = {0};
	tusk_hold hold;

	if (!others_may_come(stream)) {
		return file_ops.read(stream, buf, count);
	}
	tusk_read_target_note(&target, stream, buf, count);
	int refused = tusk_flight_enter(&hold, stream, TUSK_LANE_READ, &for_ever);
	if (refused) {
		return not_called(stream, -refused);
	}
	if (hold.waited && !tusk_read_target_refresh(&target, hold.refilled)) {
		/* Who had the lane before left bytes in the read buffer: they are ours. */
		tusk_flight_leave(&hold);
		return 0;
	}
	tusk_read_target_detach(&target);
	ssize_t n = file_ops.read(stream, target.buf, target.count);
	tusk_read_target_attach(&target);
	tusk_flight_leave(&hold);
	return n;
}

static ssize_t user_read(php_stream *stream, char *buf, size_t count)
{
	return EXPECTED(!tusk_concurrent) ? file_ops.read(stream, buf, count) : read_among_others(stream, buf, count);
}

static zend_never_inline ssize_t write_among_others(php_stream *stream, const char *buf, size_t count)
{
	int64_t for_ever = -1;
	tusk_hold hold;

	if (!others_may_come(stream)) {
		return file_ops.write(stream, buf, count);
	}
	int refused = tusk_flight_enter(&hold, stream, TUSK_LANE_WRITE, &for_ever);
	if (refused) {
		errno = -refused;
		return -1;
	}
	ssize_t n = file_ops.write(stream, buf, count);
	tusk_flight_leave(&hold);
	return n;
}

static ssize_t user_write(php_stream *stream, const char *buf, size_t count)
{
	return EXPECTED(!tusk_concurrent) ? file_ops.write(stream, buf, count) : write_among_others(stream, buf, count);
}

/* ---- the other operations ------------------------------------------------------ */

#define VISITING(type, name, parameters, call) \
	static type name parameters \
	{ \
		tusk_hold hold; \
		if (EXPECTED(!tusk_concurrent) || !tusk_rt_may_suspend()) { \
			return call; \
		} \
		tusk_flight_visit(&hold, stream); \
		type result = call; \
		tusk_flight_part(&hold); \
		return result; \
	}

VISITING(int, user_flush, (php_stream *stream), file_ops.flush(stream))
VISITING(int, user_seek, (php_stream *stream, zend_off_t offset, int whence, zend_off_t *at), file_ops.seek(stream, offset, whence, at))
VISITING(int, user_cast, (php_stream *stream, int as, void **result_at), file_ops.cast(stream, as, result_at))
VISITING(int, user_stat, (php_stream *stream, php_stream_statbuf *status), file_ops.stat(stream, status))
VISITING(int, user_set_option, (php_stream *stream, int option, int value, void *param),
	file_ops.set_option(stream, option, value, param))
VISITING(ssize_t, user_read_entry, (php_stream *stream, char *buf, size_t count), directory_ops.read(stream, buf, count))
VISITING(int, user_rewind, (php_stream *stream, zend_off_t offset, int whence, zend_off_t *at),
	directory_ops.seek(stream, offset, whence, at))

/* ---- closing ------------------------------------------------------------------- */

/* fclose() has waited already (function/close.c), closedir() has not. */
static void leave_before_close(php_stream *stream)
{
	if (UNEXPECTED(tusk_flights) && !tusk_flight_close(stream)) {
		php_error_docref(NULL, E_ERROR,
			"A stream of a wrapper was closed by its own method, in a destructor, or by a cancelled coroutine, while a "
			"coroutine is in one of its methods; close it before its owner is destroyed, or cancel the other coroutine first");
	}
}

static int user_close(php_stream *stream, int close_handle)
{
	leave_before_close(stream);
	return file_ops.close(stream, close_handle);
}

static int user_close_directory(php_stream *stream, int close_handle)
{
	leave_before_close(stream);
	return directory_ops.close(stream, close_handle);
}

/* ---- start and end ------------------------------------------------------------- */

static bool put(const php_stream_ops *at, const php_stream_ops *value)
{
	return tusk_overwrite((void *) (uintptr_t) at, value, sizeof(*value));
}

void tusk_userspace_startup(void)
{
	file_ops = our_file_ops = php_stream_userspace_ops;
	directory_ops = our_directory_ops = php_stream_userspace_dir_ops;
	our_file_ops.read = user_read;
	our_file_ops.write = user_write;
	our_file_ops.close = user_close;
	our_file_ops.flush = user_flush;
	our_file_ops.seek = user_seek;
	our_file_ops.cast = user_cast;
	our_file_ops.stat = user_stat;
	our_file_ops.set_option = user_set_option;
	our_directory_ops.read = user_read_entry;
	our_directory_ops.close = user_close_directory;
	our_directory_ops.seek = user_rewind;
	if (!put(&php_stream_userspace_ops, &our_file_ops)) {
		return;
	}
	patched = put(&php_stream_userspace_dir_ops, &our_directory_ops);
	if (!patched) {
		put(&php_stream_userspace_ops, &file_ops);
	}
}

void tusk_userspace_shutdown(void)
{
	if (patched) {
		put(&php_stream_userspace_ops, &file_ops);
		put(&php_stream_userspace_dir_ops, &directory_ops);
		patched = false;
	}
}
