/* PHP's plain file streams: regular files, and pipes, FIFOs and terminals that are opened
 * as files (STDIN, popen, proc_open).
 *
 * The read, write, close and set_option of PHP's own struct are replaced in place, as for
 * sockets (stream_patch.c), so a comparison of ops in PHP stays true.
 *
 * A pipe or terminal is waited for until it is ready; PHP's own function then reads it. A
 * regular file is read without waiting (RWF_NOWAIT): what is cached comes at once, and only
 * what is not goes to the ring, or to a thread. A small write goes to the page cache in
 * place, a large one to a thread in pieces.
 *
 * Invariant, as for sockets: while a read is in flight, the buffer it writes to is not
 * reachable from the php_stream, and a close waits until everybody has left.
 */
#include "file.h"
#include "stream_buffer.h"
#include "stream_flight.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef RWF_NOWAIT
# define RWF_NOWAIT 8
#endif

/* Bytes that are read or written in place before others get their turn: at 1 GB/s, which
 * hashing and copying reach, a millisecond. */
#define TURN_BYTES (1 << 20)
/* Writes up to this stay in place: they go to the page cache in a few microseconds. */
#define SMALL_WRITE (128 << 10)
/* Bytes written by one job on a thread. */
#define WRITE_PIECE (4 << 20)

static php_stream_ops php_ops;
static bool patched;

/* The beginning of PHP's private struct, checked at start-up. */
typedef struct {
	FILE *file;
	int fd;
} stdio_data;

static int fd_of(const php_stream *stream)
{
	return ((const stdio_data *) stream->abstract)->fd;
}

/* Bytes read or written in place since others had their turn. */
static size_t in_place;

/* ---- pipes and terminals ---------------------------------------------------------------- */

static bool ready_now(int fd, short events)
{
	struct pollfd one = {.fd = fd, .events = events};

	return poll(&one, 1, 0) != 0;
}

static bool is_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags == -1 || (flags & O_NONBLOCK);
}

/* The wait was ended: by a cancel, whose exception rises when PHP's code returns, or by
 * a close. */
static ssize_t given_up(php_stream *stream)
{
	stream->eof = 1;
	errno = ECANCELED;
	return -1;
}

static ssize_t read_when_ready(php_stream *stream, char *buf, size_t count)
{
	int64_t for_ever = -1;
	tusk_read_target target = {0};
	tusk_hold hold;

	tusk_read_target_note(&target, stream, buf, count);
	if (tusk_flight_enter(&hold, stream, TUSK_LANE_READ, &for_ever)) {
		return given_up(stream);
	}
	if (hold.waited && !tusk_read_target_refresh(&target, hold.refilled)) {
		tusk_flight_leave(&hold);
		return 0;
	}
	int fd = fd_of(stream), ready = 0;
	tusk_read_target_detach(&target);
	while (ready == 0 && !ready_now(fd, POLLIN)) {
		ready = tusk_rt_wait_fd(fd, POLLIN, -1);
		/* Another process may have taken what came. */
		ready = ready > 0 ? 0 : ready == 0 ? -ECANCELED : ready;
	}
	tusk_read_target_attach(&target);
	bool ended = ready == -ECANCELED || tusk_flight_closing(&hold);
	tusk_flight_leave(&hold);
	return ended ? given_up(stream) : php_ops.read(stream, target.buf, target.count);
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

static ssize_t not_written(php_stream *stream, size_t count, int error)
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
	ssize_t written = tusk_write_all(fd_of(stream), buf, count);
	int error = errno;
	tusk_flight_leave(&hold);
	return written < 0 ? not_written(stream, count, error) : written;
}

/* ---- regular files ----------------------------------------------------------------------- */

typedef struct {
	int fd, error;
	void *buf;
	size_t count;
	ssize_t result;
} read_job;

static void run_read(void *pointer)
{
	read_job *job = pointer;

	job->result = read(job->fd, job->buf, job->count);
	job->error = errno;
}

/* Reads what is not cached: in the ring where it can, else on a thread. -errno. */
static ssize_t read_from_disk(int fd, void *buf, size_t count)
{
	/* The ring would not wait for a file with O_NONBLOCK, and it waits in this thread for a
	 * file system that can do nothing else. */
	if (!tusk_fd_slow(fd) && tusk_rt_files_in_ring() && !is_nonblocking(fd)) {
		return tusk_rt_wait_read(fd, buf, count);
	}
	read_job job = {.fd = fd, .buf = buf, .count = count};
	if (tusk_rt_wait_work(TUSK_THREADS_FOR_FILES, run_read, NULL, &job) != 0) {
		run_read(&job);
	}
	return job.result < 0 ? -job.error : job.result;
}

/* The end of PHP's own read. */
static ssize_t have_read(php_stream *stream, ssize_t n, size_t count)
{
	if (n == 0) {
		stream->eof = 1;
	} else if (n < 0) {
		int error = (int) -n;
		n = -1;
		if (error == ECANCELED) {
			return given_up(stream);
		}
		if (error != EINTR) {
			if (!(stream->flags & PHP_STREAM_FLAG_SUPPRESS_ERRORS)) {
				php_error_docref(NULL, E_NOTICE, "Read of %zu bytes failed with errno=%d %s", count, error, strerror(error));
			}
			if (error != EBADF) {
				stream->eof = 1;
			}
		}
		errno = error;
	}
	return n;
}

/* PHP asks again until it has what it wants, unless it was told not to buffer. */
static bool asks_again(const php_stream *stream)
{
	return stream->wrapper == &php_plain_files_wrapper && !(stream->flags & PHP_STREAM_FLAG_NO_BUFFER);
}

/* One piece at a time: the kernel copies a piece in this thread. */
static ssize_t read_pieces(int fd, char *buf, size_t count, bool one_is_enough)
{
	size_t got = 0;

	do {
		size_t piece = count - got < TURN_BYTES ? count - got : TURN_BYTES;
		ssize_t n = read_from_disk(fd, buf + got, piece);
		if (n <= 0) {
			return got ? (ssize_t) got : n;
		}
		got += (size_t) n;
	} while (got < count && !one_is_enough);
	return (ssize_t) got;
}

static ssize_t read_nowait(int fd, void *buf, size_t count)
{
	struct iovec part = {.iov_base = buf, .iov_len = count < TURN_BYTES ? count : TURN_BYTES};
	ssize_t n = preadv2(fd, &part, 1, -1, RWF_NOWAIT);

	if (n > 0) {
		in_place += (size_t) n;
	}
	return n;
}

/* In the read lane, so that who reads first also gets its bytes first: between the read and
 * the return to PHP nobody else runs. */
static ssize_t read_suspending(php_stream *stream, char *buf, size_t count)
{
	int64_t for_ever = -1;
	tusk_read_target target = {0};
	tusk_hold hold;
	ssize_t n = 0;

	tusk_read_target_note(&target, stream, buf, count);
	if (tusk_flight_enter(&hold, stream, TUSK_LANE_READ, &for_ever)) {
		return given_up(stream);
	}
	if (hold.waited && !tusk_read_target_refresh(&target, hold.refilled)) {
		tusk_flight_leave(&hold);
		return 0;
	}
	tusk_read_target_detach(&target);
	if (in_place >= TURN_BYTES) {
		in_place = 0;
		tusk_rt_breathe();
		n = asks_again(stream) ? read_nowait(fd_of(stream), target.buf, target.count) : 0;
	}
	if (n <= 0) {
		n = read_pieces(fd_of(stream), target.buf, target.count, asks_again(stream));
	}
	tusk_read_target_attach(&target);
	tusk_flight_leave(&hold);
	return have_read(stream, n, target.count);
}

static ssize_t read_regular(php_stream *stream, char *buf, size_t count)
{
	int fd = fd_of(stream);

	if (UNEXPECTED(in_place >= TURN_BYTES)) {
		return read_suspending(stream, buf, count);
	}
	ssize_t n = read_nowait(fd, buf, count);
	if (EXPECTED(n > 0)) {
		/* Less than was asked for is the end of the file, or of what is cached. */
		if (UNEXPECTED((size_t) n < count) && !asks_again(stream)) {
			ssize_t more = read_regular(stream, buf + n, count - (size_t) n);
			stream->eof = 0;
			n += more > 0 ? more : 0;
		}
		return n;
	}
	if (n == 0) {
		stream->eof = 1;
		return 0;
	}
	if (errno == EAGAIN) {
		return read_suspending(stream, buf, count);
	}
	/* The file system cannot say (FUSE, some network file systems, old kernels). */
	tusk_mounts_refresh();
	if (tusk_fd_slow(fd)) {
		return read_suspending(stream, buf, count);
	}
	int64_t begun = tusk_coarse_ns();
	n = php_ops.read(stream, buf, count);
	in_place += n > 0 ? (size_t) n : 0;
	if (tusk_coarse_ns() - begun >= TUSK_STALL_NS) {
		int error = errno;
		in_place = TURN_BYTES;
		tusk_fd_stalled(fd);
		errno = error;
	}
	return n;
}

static ssize_t write_pieces(php_stream *stream, const char *buf, size_t count)
{
	int64_t for_ever = -1;
	size_t written = 0;
	ssize_t n = 0;
	tusk_hold hold;

	if (tusk_flight_enter(&hold, stream, TUSK_LANE_WRITE, &for_ever)) {
		return -1;
	}
	while (written < count && !tusk_flight_closing(&hold)) {
		size_t piece = count - written < WRITE_PIECE ? count - written : WRITE_PIECE;
		n = tusk_write_on_thread(fd_of(stream), buf + written, piece);
		if (n <= 0) {
			break;
		}
		written += (size_t) n;
		if (written < count && tusk_rt_wait_sleep(0, NULL) == -ECANCELED) {
			break;
		}
	}
	int error = errno;
	tusk_flight_leave(&hold);
	return written || n >= 0 ? (ssize_t) written : not_written(stream, count, error);
}

static ssize_t write_regular(php_stream *stream, const char *buf, size_t count)
{
	int fd = fd_of(stream);

	tusk_mounts_refresh();
	if (count > SMALL_WRITE || tusk_fd_slow(fd)) {
		return write_pieces(stream, buf, count);
	}
	int64_t begun = tusk_coarse_ns();
	ssize_t n = php_ops.write(stream, buf, count);
	int error = errno;
	if (tusk_after_call(begun)) {
		tusk_fd_stalled(fd);
	}
	errno = error;
	return n;
}

/* ---- the replacements ----------------------------------------------------------------------- */

static bool hooked(const php_stream *stream)
{
	return tusk_libc_hooked(TUSK_HOOK_FILE) && stream->abstract && fd_of(stream) >= 0;
}

static ssize_t file_read(php_stream *stream, char *buf, size_t count)
{
	if (EXPECTED(!hooked(stream)) || count == 0) {
		return php_ops.read(stream, buf, count);
	}
	bool contended = tusk_flights && tusk_flight_contended(stream, TUSK_LANE_READ);
	if (EXPECTED(!(stream->flags & PHP_STREAM_FLAG_NO_SEEK))) {
		return contended ? read_suspending(stream, buf, count) : read_regular(stream, buf, count);
	}
	if (!contended && (ready_now(fd_of(stream), POLLIN) || is_nonblocking(fd_of(stream)))) {
		return php_ops.read(stream, buf, count);
	}
	return read_when_ready(stream, buf, count);
}

static ssize_t file_write(php_stream *stream, const char *buf, size_t count)
{
	if (EXPECTED(!hooked(stream)) || count == 0) {
		return php_ops.write(stream, buf, count);
	}
	if (tusk_flights) {
		tusk_flight_new_call(stream);
	}
	bool contended = tusk_flights && tusk_flight_contended(stream, TUSK_LANE_WRITE);
	if (EXPECTED(!(stream->flags & PHP_STREAM_FLAG_NO_SEEK))) {
		return contended ? write_pieces(stream, buf, count) : write_regular(stream, buf, count);
	}
	if (is_nonblocking(fd_of(stream))) {
		return php_ops.write(stream, buf, count);
	}
	return write_when_ready(stream, buf, count);
}

static int file_close(php_stream *stream, int close_handle)
{
	if (UNEXPECTED(tusk_flights) && !tusk_flight_close(stream)) {
		php_error_docref(NULL, E_ERROR,
			"A file was closed in a destructor, or by a cancelled coroutine, while another coroutine "
			"waits in it; close it before its owner is destroyed, or cancel the other coroutine first");
	}
	if (stream->abstract && close_handle && fd_of(stream) >= 0 && (stream->flags & PHP_STREAM_FLAG_NO_SEEK)) {
		int error = errno;
		tusk_rt_note_close(fd_of(stream));
		errno = error;
	}
	return php_ops.close(stream, close_handle);
}

tusk_hold *tusk_option_hold;

bool tusk_option_closing(const tusk_hold *hold)
{
	return tusk_flight_closing(hold);
}

static int file_set_option(php_stream *stream, int option, int value, void *param)
{
	if (EXPECTED(!tusk_concurrent) || !hooked(stream)) {
		return php_ops.set_option(stream, option, value, param);
	}
	if (option == PHP_STREAM_OPTION_MMAP_API && value == PHP_STREAM_MMAP_SUPPORTED) {
		/* A page that is not in memory would be waited for wherever it is touched. */
		return PHP_STREAM_OPTION_RETURN_ERR;
	}
	if (option != PHP_STREAM_OPTION_LOCKING && option != PHP_STREAM_OPTION_SYNC_API && option != PHP_STREAM_OPTION_TRUNCATE_API) {
		return php_ops.set_option(stream, option, value, param);
	}
	/* These may wait below, and PHP's struct must live until they are done. */
	tusk_hold hold;
	tusk_flight_watch(&hold, stream);
	tusk_option_hold = &hold;
	int result = php_ops.set_option(stream, option, value, param);
	tusk_option_hold = NULL;
	tusk_flight_unwatch(&hold);
	return result;
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
		const stdio_data *data = stream->abstract;
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
	php_ops = php_stream_stdio_ops;
	php_stream_stdio_ops.read = file_read;
	php_stream_stdio_ops.write = file_write;
	php_stream_stdio_ops.close = file_close;
	php_stream_stdio_ops.set_option = file_set_option;
	patched = true;
}

void tusk_file_shutdown(void)
{
	if (patched) {
		php_stream_stdio_ops = php_ops;
		patched = false;
	}
}
