/* Reading and writing plain sockets: tcp, udp, unix, udg and socket pairs.
 *
 * A hooked call tries once without waiting. Only when the kernel says EAGAIN does it
 * enter a flight and suspend. A PHP stream in non-blocking mode gets PHP's own call,
 * which is then one recv(2); an event loop is told what it found.
 *
 * PHP hands the hook a pointer into stream->readbuf, and every other caller may move
 * or grow that buffer before it gets here. Invariant: while a receive is in flight the
 * buffer it writes to is not reachable from the php_stream (`detach`), so the kernel
 * always writes to memory that only the suspended frame owns.
 */
#include "stream/stream.h"
#include "stream/buffer.h"
#include "stream/unreported.h"
#include "intercept/intercept.h"
#include <errno.h>

tusk_unreported_record tusk_unreported;

/* ---- reading --------------------------------------------------------------- */

/* Bytes that are read without a wait before others get their turn, about a millisecond of
 * work; a short read counts as SHORT_READ, because what the caller does with it costs too. */
#define TURN_BYTES (1 << 20)
#define SHORT_READ 4096
static size_t read_in_place;

void tusk_rt_breathe(void);

/* The end of PHP's own read: what recv(2) said becomes a result and flags. */
static ssize_t received(php_stream *stream, ssize_t n, int error, size_t count)
{
	tusk_rt_note_read(tusk_socket_of(stream)->socket, n < (ssize_t) count,
		n == 0 || (n < 0 && !PHP_IS_TRANSIENT_ERROR(error)));
	if (n > 0) {
		php_stream_notify_progress_increment(PHP_STREAM_CONTEXT(stream), n, 0);
	} else if (n == 0) {
		stream->eof = 1;
	} else if (PHP_IS_TRANSIENT_ERROR(error)) {
		n = 0;
	} else {
		stream->eof = 1;
	}
	return n;
}

/* Nothing was read because the wait ended otherwise. A cancelled read looks like a
 * connection that was reset: its answer may still be on the way, so nobody may go on
 * using it as if it were idle. */
static ssize_t not_received(php_stream *stream, int error)
{
	if (error == ETIMEDOUT) {
		tusk_socket_of(stream)->timeout_event = 1;
	} else if (error == TUSK_OTHER_CLOSED) {
		error = EBADF;
	} else {
		stream->eof = 1;
	}
	errno = error;
	return -1;
}

static ssize_t try_receive(int fd, char *buf, size_t count)
{
	ssize_t n = recv(fd, buf, count, MSG_DONTWAIT);

	return n < 0 ? -errno : n;
}

static ssize_t read_suspending(php_stream *stream, char *buf, size_t count)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	int64_t timeout_ns = tusk_timeout_ns(&sock->timeout);
	tusk_read_target target = {0};
	tusk_hold hold;
	ssize_t n;

	sock->timeout_event = 0;
	tusk_read_target_note(&target, stream, buf, count);
	int refused = tusk_flight_enter(&hold, stream, TUSK_LANE_READ, &timeout_ns);
	if (refused) {
		return not_received(stream, -refused);
	}
	if (hold.waited && !tusk_read_target_refresh(&target, hold.refilled)) {
		/* Who had the lane before left bytes in the read buffer: they are ours. */
		tusk_flight_leave(&hold);
		return 0;
	}

	tusk_read_target_detach(&target);
	bool try_first = hold.waited;
	if (read_in_place >= TURN_BYTES) {
		/* Before the read: nobody comes between the bytes and who gets them. */
		read_in_place = 0;
		tusk_rt_breathe();
		try_first = !tusk_flight_closing(&hold);
	}
	n = try_first ? try_receive(sock->socket, target.buf, target.count) : -EAGAIN;
	while (n == -EAGAIN || n == -EWOULDBLOCK || n == -EINTR) { /* a signal ends no read in PHP */
		n = tusk_flight_ends(&hold) ? -ECANCELED : tusk_rt_wait_recv(sock->socket, target.buf, target.count, 0, timeout_ns);
	}
	tusk_read_target_attach(&target);

	int ends = tusk_flight_ends(&hold);
	tusk_flight_leave(&hold);
	if (ends == -EBADF && n <= 0) {
		return not_received(stream, EBADF);
	}
	if (ends && n == -ECANCELED && !tusk_state_gives_up()) {
		return not_received(stream, -ends);
	}
	if (n == -ETIMEDOUT || n == -ECANCELED) {
		return not_received(stream, (int) -n);
	}
	return received(stream, n < 0 ? -1 : n, n < 0 ? (int) -n : 0, target.count);
}

static zend_never_inline ssize_t read_among_others(php_stream *stream, char *buf, size_t count)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	ssize_t n;

	if (!(tusk_hooks & TUSK_HOOK_STREAM) || !sock || sock->socket == -1) {
		return tusk_plain_ops.read(stream, buf, count);
	}
	if (UNEXPECTED(EG(exception) && stream->eof)) {
		/* A caller that goes on after a cancelled read, as mysqlnd does after a part. */
		return -1;
	}
	if (UNEXPECTED(sock->is_blocked && tusk_state_gives_up())) {
		/* PHP's own read would take "nothing yet" for a wait that has timed out. */
		n = try_receive(sock->socket, buf, count);
		return n == -EAGAIN || n == -EWOULDBLOCK ? not_received(stream, ECANCELED) : received(stream, n < 0 ? -1 : n, (int) -n, count);
	}
	if (!sock->is_blocked || !tusk_rt_may_suspend() || tusk_read_never_waits(stream)) {
		if (sock->is_blocked && tusk_flights && tusk_flight_contended(stream, TUSK_LANE_READ)) {
			return 0; /* what comes next is for somebody else */
		}
		/* Nobody waits for an answer on a stream that does not block: libc's recv() need not ask whether it would. */
		tusk_fd_expects(sock->socket, false);
		n = tusk_plain_ops.read(stream, buf, count);
		tusk_rt_note_read(sock->socket, n < (ssize_t) count, n <= 0 && stream->eof);
		return n;
	}
	if (UNEXPECTED(read_in_place >= TURN_BYTES) || (tusk_flights && tusk_flight_contended(stream, TUSK_LANE_READ))) {
		return read_suspending(stream, buf, count);
	}
	if (tusk_fd_expecting(sock->socket)) {
		/* A request has just gone out: to look whether its answer is there is wasted. */
		tusk_fd_expects(sock->socket, false);
		read_in_place = 0;
		return read_suspending(stream, buf, count);
	}
	n = recv(sock->socket, buf, count, MSG_DONTWAIT);
	if (n < 0 && (PHP_IS_TRANSIENT_ERROR(errno) || errno == EINTR)) {
		read_in_place = 0; /* others run now */
		return read_suspending(stream, buf, count);
	}
	read_in_place += n < SHORT_READ ? SHORT_READ : (size_t) n;
	sock->timeout_event = 0;
	return received(stream, n, errno, count);
}

/* Who is alone has no loop either that would want to know what was read. */
ssize_t tusk_plain_read(php_stream *stream, char *buf, size_t count)
{
	if (EXPECTED(!tusk_concurrent)) {
		return tusk_plain_ops.read(stream, buf, count);
	}
	return read_among_others(stream, buf, count);
}

/* ---- writing --------------------------------------------------------------- */

static ssize_t not_sent(php_stream *stream, size_t count, int error)
{
	if (error == ECANCELED || error == EBADF || error == TUSK_OTHER_CLOSED) {
		return -1; /* an exception is on its way, or a PHP stream is closed: no notice */
	}
	if (error == ETIMEDOUT) {
		tusk_socket_of(stream)->timeout_event = 1;
		error = EAGAIN;
	}
	if (!(stream->flags & PHP_STREAM_FLAG_SUPPRESS_ERRORS)) {
		php_error_docref(NULL, E_NOTICE, "Send of " ZEND_LONG_FMT " bytes failed with errno=%d %s",
			(zend_long) count, error, strerror(error));
	}
	errno = error;
	return -1;
}

static ssize_t try_send(int fd, const char *buf, size_t count)
{
	ssize_t n = send(fd, buf, count, MSG_DONTWAIT);

	return n < 0 ? -errno : n;
}

/* Sends all of it in one turn: a partial write would let another coroutine's bytes in
 * between before PHP comes back with the rest. */
static ssize_t write_suspending(php_stream *stream, const char *buf, size_t count)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	int64_t timeout_ns = tusk_timeout_ns(&sock->timeout);
	size_t sent = 0;
	ssize_t n = 0;
	tusk_hold hold;

	sock->timeout_event = 0;
	int refused = tusk_flight_enter(&hold, stream, TUSK_LANE_WRITE, &timeout_ns);
	if (refused) {
		return not_sent(stream, count, -refused);
	}
	n = hold.waited ? try_send(sock->socket, buf, count) : -EAGAIN;
	while (n > 0 || n == -EAGAIN || n == -EWOULDBLOCK || n == -EINTR) {
		if (n > 0) {
			sent += (size_t) n;
			timeout_ns = tusk_timeout_ns(&sock->timeout); /* PHP's is per send, too */
			php_stream_notify_progress_increment(PHP_STREAM_CONTEXT(stream), n, 0);
			if (sent == count) {
				break;
			}
		}
		if (tusk_flight_ends(&hold)) {
			n = -ECANCELED;
			break;
		}
		n = tusk_rt_wait_send(sock->socket, buf + sent, count - sent, 0, timeout_ns);
	}
	if (n < 0 && tusk_flight_ends(&hold) && !tusk_state_gives_up()) {
		n = tusk_flight_ends(&hold);
	}
	tusk_flight_leave(&hold);

	if (sent == 0) {
		return not_sent(stream, count, (int) -n);
	}
	if (sent < count) {
		tusk_unreported_set(stream, n, n);
	}
	return (ssize_t) sent;
}

static zend_never_inline ssize_t write_among_others(php_stream *stream, const char *buf, size_t count)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	ssize_t left_over;

	if (!tusk_stream_hooked() || !sock || sock->socket == -1 || !sock->is_blocked || count == 0) {
		return tusk_plain_ops.write(stream, buf, count);
	}
	if (tusk_flights) {
		tusk_flight_new_call(stream); /* the answer to this will be read in this call */
	}
	if (tusk_unreported_take(stream, &left_over)) {
		return not_sent(stream, count, (int) -left_over);
	}
	if (tusk_flights && tusk_flight_contended(stream, TUSK_LANE_WRITE)) {
		return write_suspending(stream, buf, count);
	}
	ssize_t n = send(sock->socket, buf, count, MSG_DONTWAIT);
	if (n > 0) {
		tusk_fd_expects(sock->socket, true);
		php_stream_notify_progress_increment(PHP_STREAM_CONTEXT(stream), n, 0);
		return n;
	}
	if (PHP_IS_TRANSIENT_ERROR(errno) || errno == EINTR) {
		return write_suspending(stream, buf, count);
	}
	return not_sent(stream, count, errno);
}

ssize_t tusk_plain_write(php_stream *stream, const char *buf, size_t count)
{
	if (EXPECTED(!tusk_concurrent)) {
		return tusk_plain_ops.write(stream, buf, count);
	}
	return write_among_others(stream, buf, count);
}
