/* PHP's plain file streams: regular files, and pipes, FIFOs and terminals that are opened
 * as files (STDIN, popen, proc_open).
 *
 * The read, write, close and set_option of PHP's own struct are replaced in place, as for
 * sockets (stream/patch.c), so a comparison of ops in PHP stays true.
 *
 * A pipe or terminal is waited for until it is ready; PHP's own function then reads it.
 * Regular files are in file/regular.c.
 *
 * Invariant, as for sockets: while a read is in flight, the buffer it writes to is not
 * reachable from the php_stream, and a close waits until everybody has left.
 */
#include "file/stream.h"
#include <fcntl.h>
#include <unistd.h>

php_stream_ops tusk_php_file_ops;
static bool patched;

/* ---- pipes and terminals ---------------------------------------------------------------- */

static bool ready_now(int fd, short events)
{
	struct pollfd one = {.fd = fd, .events = events};

	return poll(&one, 1, 0) != 0;
}

bool tusk_file_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags == -1 || (flags & O_NONBLOCK);
}

ssize_t tusk_file_given_up(php_stream *stream)
{
	stream->eof = 1;
	errno = ECANCELED;
	return -1;
}

ssize_t tusk_file_ended(php_stream *stream, int error)
{
	if (error == -TUSK_OTHER_CLOSED && !tusk_state_gives_up()) {
		errno = EBADF;
		return -1;
	}
	return tusk_file_given_up(stream);
}

static ssize_t read_when_ready(php_stream *stream, char *buf, size_t count)
{
	int64_t for_ever = -1;
	tusk_read_target target = {0};
	tusk_hold hold;

	tusk_read_target_note(&target, stream, buf, count);
	int refused = tusk_flight_enter(&hold, stream, TUSK_LANE_READ, &for_ever);
	if (refused) {
		return tusk_file_ended(stream, refused);
	}
	if (hold.waited && !tusk_read_target_refresh(&target, hold.refilled)) {
		tusk_flight_leave(&hold);
		return 0;
	}
	int fd = tusk_file_fd(stream), ready = 0;
	tusk_read_target_detach(&target);
	while (ready == 0 && !ready_now(fd, POLLIN)) {
		ready = tusk_rt_wait_fd(fd, POLLIN, -1);
		/* Another process may have taken what came. */
		ready = ready > 0 ? 0 : ready == 0 ? -ECANCELED : ready;
	}
	tusk_read_target_attach(&target);
	int ends = tusk_flight_ends(&hold);
	ends = ends ? ends : ready == -ECANCELED ? ready : 0;
	tusk_flight_leave(&hold);
	return ends ? tusk_file_ended(stream, ends) : tusk_php_file_ops.read(stream, target.buf, target.count);
}

ssize_t tusk_write_all(int fd, const void *buf, size_t count)
{
	size_t written = 0;

	while (written < count) {
		ssize_t n = tusk_rt_wait_write(fd, (const char *) buf + written, count - written, -1);
		if (n < 0 && n != -EINTR && n != -EAGAIN) {
			errno = (int) -n;
			return written ? (ssize_t) written : -1;
		}
		written += n > 0 ? (size_t) n : 0;
	}
	return (ssize_t) written;
}

ssize_t tusk_file_not_written(php_stream *stream, size_t count, int error)
{
	/* As in PHP's own function. */
	if (error == ECANCELED || error == EINTR) {
		return -1;
	}
	if (!(stream->flags & PHP_STREAM_FLAG_SUPPRESS_ERRORS)) {
		php_error_docref(NULL, E_NOTICE, "Write of %zu bytes failed with errno=%d %s", count, error, strerror(error));
	}
	errno = error;
	return -1;
}

/* Whole, in one turn: others' bytes must not come in between. */
static ssize_t write_when_ready(php_stream *stream, const char *buf, size_t count)
{
	int64_t for_ever = -1;
	tusk_hold hold;

	if (tusk_flight_enter(&hold, stream, TUSK_LANE_WRITE, &for_ever)) {
		return -1;
	}
	ssize_t written = tusk_write_all(tusk_file_fd(stream), buf, count);
	int error = errno;
	tusk_flight_leave(&hold);
	return written < 0 ? tusk_file_not_written(stream, count, error) : written;
}

/* ---- the replacements -----------------------------------------------------------------------
 *
 * While nobody else could run they are one test and a jump: what follows it is in functions of
 * its own, so that no frame is made for it.
 */

static bool hooked(const php_stream *stream)
{
	return tusk_libc_hooked(TUSK_HOOK_FILE) && stream->abstract && tusk_file_fd(stream) >= 0;
}

static zend_never_inline ssize_t read_among_others(php_stream *stream, char *buf, size_t count)
{
	if (!hooked(stream) || count == 0) {
		return tusk_php_file_ops.read(stream, buf, count);
	}
	if (EXPECTED(!(stream->flags & PHP_STREAM_FLAG_NO_SEEK))) {
		return tusk_regular_read(stream, buf, count);
	}
	bool contended = tusk_flights && tusk_flight_contended(stream, TUSK_LANE_READ);
	if (!contended && (ready_now(tusk_file_fd(stream), POLLIN) || tusk_file_nonblocking(tusk_file_fd(stream)))) {
		return tusk_php_file_ops.read(stream, buf, count);
	}
	return read_when_ready(stream, buf, count);
}

static ssize_t file_read(php_stream *stream, char *buf, size_t count)
{
	if (EXPECTED(!tusk_concurrent)) {
		return tusk_php_file_ops.read(stream, buf, count);
	}
	return read_among_others(stream, buf, count);
}

static zend_never_inline ssize_t write_among_others(php_stream *stream, const char *buf, size_t count)
{
	if (!hooked(stream) || count == 0) {
		return tusk_php_file_ops.write(stream, buf, count);
	}
	if (tusk_flights) {
		tusk_flight_new_call(stream);
	}
	if (EXPECTED(!(stream->flags & PHP_STREAM_FLAG_NO_SEEK))) {
		return tusk_regular_write(stream, buf, count);
	}
	if (tusk_file_nonblocking(tusk_file_fd(stream))) {
		return tusk_php_file_ops.write(stream, buf, count);
	}
	return write_when_ready(stream, buf, count);
}

static ssize_t file_write(php_stream *stream, const char *buf, size_t count)
{
	if (EXPECTED(!tusk_concurrent)) {
		return tusk_php_file_ops.write(stream, buf, count);
	}
	return write_among_others(stream, buf, count);
}

static int file_close(php_stream *stream, int close_handle)
{
	if (UNEXPECTED(tusk_flights) && !tusk_flight_close(stream)) {
		php_error_docref(NULL, E_ERROR,
			"A file was closed in a destructor, or by a cancelled coroutine, while another coroutine "
			"waits in it; close it before its owner is destroyed, or cancel the other coroutine first");
	}
	if (stream->abstract && close_handle && tusk_file_fd(stream) >= 0 && (stream->flags & PHP_STREAM_FLAG_NO_SEEK)) {
		int error = errno;
		tusk_rt_note_close(tusk_file_fd(stream));
		errno = error;
	}
	return tusk_php_file_ops.close(stream, close_handle);
}

tusk_hold *tusk_option_hold;

bool tusk_option_closing(const tusk_hold *hold)
{
	return tusk_flight_closing(hold);
}

static zend_never_inline int set_option_among_others(php_stream *stream, int option, int value, void *param)
{
	if (!hooked(stream)) {
		return tusk_php_file_ops.set_option(stream, option, value, param);
	}
	if (option == PHP_STREAM_OPTION_MMAP_API && value == PHP_STREAM_MMAP_SUPPORTED) {
		/* A page that is not in memory would be waited for wherever it is touched. */
		return PHP_STREAM_OPTION_RETURN_ERR;
	}
	if (option != PHP_STREAM_OPTION_LOCKING && option != PHP_STREAM_OPTION_SYNC_API && option != PHP_STREAM_OPTION_TRUNCATE_API) {
		return tusk_php_file_ops.set_option(stream, option, value, param);
	}
	/* These may wait below, and PHP's struct must live until they are done. */
	tusk_hold hold;
	tusk_flight_watch(&hold, stream);
	/* Taken by flock() before it waits: others' calls of it are not for this stream. */
	tusk_option_hold = option == PHP_STREAM_OPTION_LOCKING ? &hold : NULL;
	int result = tusk_php_file_ops.set_option(stream, option, value, param);
	tusk_option_hold = NULL;
	tusk_flight_unwatch(&hold);
	return result;
}

static int file_set_option(php_stream *stream, int option, int value, void *param)
{
	if (EXPECTED(!tusk_concurrent)) {
		return tusk_php_file_ops.set_option(stream, option, value, param);
	}
	return set_option_among_others(stream, option, value, param);
}

/* ---- start and end ---------------------------------------------------------------------------- */

/* Does PHP's private struct begin as we think? */
static bool layout_is_known(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	HashTable outside = EG(regular_list);
	bool known = false;

	if (fd < 0) {
		return false;
	}
	zend_init_rsrc_list();
	php_stream *stream = php_stream_fopen_from_fd(fd, "r", NULL);
	if (stream) {
		const tusk_stdio_data *data = stream->abstract;
		known = data->file == NULL && data->fd == fd && stream->ops == &php_stream_stdio_ops;
		php_stream_free(stream, PHP_STREAM_FREE_CLOSE);
	} else {
		close(fd);
	}
	zend_hash_destroy(&EG(regular_list));
	EG(regular_list) = outside;
	return known;
}

void tusk_file_startup(void)
{
	if (!layout_is_known()) {
		return;
	}
	tusk_php_file_ops = php_stream_stdio_ops;
	php_stream_stdio_ops.read = file_read;
	php_stream_stdio_ops.write = file_write;
	php_stream_stdio_ops.close = file_close;
	php_stream_stdio_ops.set_option = file_set_option;
	patched = true;
}

void tusk_file_shutdown(void)
{
	if (patched) {
		php_stream_stdio_ops = tusk_php_file_ops;
		patched = false;
	}
}
