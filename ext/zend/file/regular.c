/* Reading and writing regular files.
 *
 * A read asks the kernel not to wait (RWF_NOWAIT): what is cached comes at once, and only
 * what is not goes to the ring, or to a thread. A file that was in memory a moment ago is
 * read without asking (file/memory.c). A small write goes to the page cache in
 * place, a large one to a thread in pieces. A coroutine that finds everything cached
 * gives way after every TURN_BYTES, before a read and in the PHP stream's read lane, so that
 * who reads first also gets its bytes first.
 */
#include "file/stream.h"
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "musl.h"

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

/* Bytes read or written in place since others had their turn. */
static size_t in_place;

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
	if (!tusk_fd_slow(fd) && tusk_rt_files_in_ring() && !tusk_file_nonblocking(fd)) {
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
			return tusk_file_given_up(stream);
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
	int refused = tusk_flight_enter(&hold, stream, TUSK_LANE_READ, &for_ever);
	if (refused) {
		return tusk_file_ended(stream, refused);
	}
	if (hold.waited && !tusk_read_target_refresh(&target, hold.refilled)) {
		tusk_flight_leave(&hold);
		return 0;
	}
	tusk_read_target_detach(&target);
	if (in_place >= TURN_BYTES) {
		in_place = 0;
		tusk_rt_breathe();
		n = asks_again(stream) ? read_nowait(tusk_file_fd(stream), target.buf, target.count) : 0;
	}
	if (n <= 0) {
		n = read_pieces(tusk_file_fd(stream), target.buf, target.count, asks_again(stream));
	}
	tusk_read_target_attach(&target);
	int ends = tusk_flight_ends(&hold);
	tusk_flight_leave(&hold);
	if (n == -ECANCELED && ends) {
		return tusk_file_ended(stream, ends);
	}
	return have_read(stream, n, target.count);
}

/* A file that is in memory: nothing is asked but what PHP asks. -1: something is odd, and
 * nothing was read. Not through libc's function: that is a place where a thread can be
 * cancelled, and to mark it takes 5 ns. */
static ssize_t read_in_memory(php_stream *stream, int fd, char *buf, size_t count)
{
	ssize_t n = syscall(SYS_read, fd, buf, count);

	if (EXPECTED(n > 0)) {
		in_place += (size_t) n;
	} else if (n == 0) {
		stream->eof = 1;
	}
	return n;
}

ssize_t tusk_regular_read(php_stream *stream, char *buf, size_t count)
{
	int fd = tusk_file_fd(stream);

	tusk_untouched_fd = -1;
	if (UNEXPECTED(in_place >= TURN_BYTES || (tusk_flights && tusk_flight_contended(stream, TUSK_LANE_READ)))) {
		return read_suspending(stream, buf, count);
	}
	int64_t now = tusk_coarse_ns();
	if (EXPECTED(tusk_memory_vouches(fd, now) && count <= TURN_BYTES)) {
		ssize_t n = read_in_memory(stream, fd, buf, count);
		if (EXPECTED(n >= 0)) {
			return n;
		}
	}
	ssize_t n = read_nowait(fd, buf, count);
	if (EXPECTED(n > 0)) {
		bool whole = tusk_memory_was_read(fd, (size_t) n, now);
		/* Less than was asked for is the end of the file, or of what is cached. */
		if (UNEXPECTED((size_t) n < count) && !whole && !asks_again(stream)) {
			ssize_t more = tusk_regular_read(stream, buf + n, count - (size_t) n);
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
	tusk_mounts_refresh(now);
	if (tusk_fd_slow(fd)) {
		return read_suspending(stream, buf, count);
	}
	int64_t begun = tusk_call_begins();
	n = tusk_php_file_ops.read(stream, buf, count);
	in_place += n > 0 ? (size_t) n : 0;
	if (UNEXPECTED(tusk_call_stalled(begun, tusk_coarse_ns()))) {
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
		n = tusk_write_on_thread(tusk_file_fd(stream), buf + written, piece);
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
	return written || n >= 0 ? (ssize_t) written : tusk_file_not_written(stream, count, error);
}

ssize_t tusk_regular_write(php_stream *stream, const char *buf, size_t count)
{
	int fd = tusk_file_fd(stream);
	int64_t begun = tusk_call_begins();

	tusk_untouched_fd = -1;
	tusk_mounts_refresh(begun);
	if (count > SMALL_WRITE || tusk_fd_slow(fd) || (tusk_flights && tusk_flight_contended(stream, TUSK_LANE_WRITE))) {
		return write_pieces(stream, buf, count);
	}
	ssize_t n = tusk_php_file_ops.write(stream, buf, count);
	int error = errno;
	if (tusk_after_call(begun)) {
		tusk_fd_stalled(fd);
	}
	errno = error;
	return n;
}
