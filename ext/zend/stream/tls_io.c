/* Reading and writing through TLS.
 *
 * As for plain sockets (stream/io.c): one attempt first; a flight and a wait only when
 * OpenSSL wants one. A wait may be for room to write while reading, and the other way
 * round.
 */
#include "stream/tls.h"
#include "stream/buffer.h"
#include "stream/unreported.h"
#include <errno.h>

/* > 0, or 0 when it ended without a byte, or -EAGAIN with *events set. */
static ssize_t attempt(php_stream *stream, char *buf, size_t count, tusk_lane lane, short *events)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	ssize_t n;

	tusk_tls_begin_attempt(sock);
	n = lane == TUSK_LANE_READ ? tusk_ssl_ops.read(stream, buf, count) : tusk_ssl_ops.write(stream, buf, count);
	tusk_tls_end_attempt(sock);
	if (n <= 0 && errno == EAGAIN && !(lane == TUSK_LANE_READ && stream->eof)) {
		*events = tusk_tls_wanted(stream);
		if (*events) {
			return -EAGAIN;
		}
	}
	return n;
}

/* Waits and attempts until there is a result: as attempt, or a negative errno. */
static ssize_t attempt_until(php_stream *stream, char *buf, size_t count, tusk_hold *hold, short events, int64_t deadline)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	ssize_t n = hold->waited ? attempt(stream, buf, count, hold->lane, &events) : -EAGAIN;

	while (n == -EAGAIN) {
		int ready = tusk_rt_wait_fd(sock->socket, events, tusk_left_ns(deadline));
		if (tusk_flight_ends(hold)) {
			return tusk_state_gives_up() ? -ECANCELED : tusk_flight_ends(hold);
		}
		if (ready == 0 || ready == -ETIMEDOUT) {
			return -ETIMEDOUT;
		}
		if (ready < 0 && ready != -EINTR) {
			return ready;
		}
		errno = EAGAIN; /* as PHP's own loop finds it here; it decides about eof by it */
		n = attempt(stream, buf, count, hold->lane, &events);
	}
	return n;
}

static ssize_t ended(php_stream *stream, ssize_t error)
{
	if (error == -ETIMEDOUT) {
		tusk_socket_of(stream)->timeout_event = 1;
	} else if (error != -TUSK_OTHER_CLOSED) {
		stream->eof = 1;
	}
	return -1;
}

/* Bytes that are read without a wait before others get their turn, as in stream/io.c: some
 * milliseconds of decrypting at most. A short read counts as SHORT_READ. */
#define TURN_BYTES (1 << 20)
#define SHORT_READ 4096
static size_t read_in_place;

void tusk_rt_breathe(void);

static ssize_t read_suspending(php_stream *stream, char *buf, size_t count, short events)
{
	int64_t timeout_ns = tusk_tls_timeout_ns(&tusk_socket_of(stream)->timeout);
	int64_t deadline = tusk_deadline_ns(timeout_ns);
	tusk_read_target target = {0};
	tusk_hold hold;

	tusk_read_target_note(&target, stream, buf, count);
	int refused = tusk_flight_enter(&hold, stream, TUSK_LANE_READ, &timeout_ns);
	if (refused) {
		return ended(stream, refused);
	}
	if (hold.waited && !tusk_read_target_refresh(&target, hold.refilled)) {
		tusk_flight_leave(&hold);
		return 0;
	}
	tusk_read_target_detach(&target);
	if (read_in_place >= TURN_BYTES) {
		/* Before the read, and in its lane: nobody comes between the bytes and who gets them. */
		read_in_place = 0;
		tusk_rt_breathe();
		hold.waited = !tusk_flight_closing(&hold);
	}
	ssize_t n = attempt_until(stream, target.buf, target.count, &hold, events, deadline);
	tusk_read_target_attach(&target);
	tusk_flight_leave(&hold);
	return n < 0 ? ended(stream, n) : n;
}

ssize_t tusk_ssl_read(php_stream *stream, char *buf, size_t count)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	short events = POLLIN;
	ssize_t n;

	if (!(tusk_hooks & TUSK_HOOK_STREAM) || !sock || sock->socket == -1) {
		return tusk_ssl_ops.read(stream, buf, count);
	}
	if (!tusk_tls_active(stream)) {
		return tusk_plain_read(stream, buf, count);
	}
	if (UNEXPECTED(tusk_tls_gives_up(stream))) {
		return ended(stream, -ECANCELED);
	}
	if (tusk_read_has_enough(stream) && tusk_flights && tusk_flight_contended(stream, TUSK_LANE_READ)) {
		return 0; /* what comes next is for somebody else */
	}
	if (!tusk_tls_suspends(stream) || tusk_read_has_enough(stream)) {
		n = tusk_ssl_ops.read(stream, buf, count);
	} else if (UNEXPECTED(read_in_place >= TURN_BYTES) || (tusk_flights && tusk_flight_contended(stream, TUSK_LANE_READ))) {
		n = read_suspending(stream, buf, count, events);
	} else {
		n = attempt(stream, buf, count, TUSK_LANE_READ, &events);
		if (n == -EAGAIN) {
			read_in_place = 0; /* others run now */
			n = read_suspending(stream, buf, count, events);
		} else if (n > 0) {
			read_in_place += n < SHORT_READ ? SHORT_READ : (size_t) n;
		}
	}
	/* After a whole record there may be more, here or in the socket. */
	tusk_rt_note_read(sock->socket, n <= 0, n <= 0 && stream->eof);
	return n;
}

static ssize_t write_suspending(php_stream *stream, char *buf, size_t count, short events)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	int64_t timeout_ns = tusk_tls_timeout_ns(&sock->timeout);
	size_t sent = 0;
	tusk_hold hold;
	ssize_t n;

	int refused = tusk_flight_enter(&hold, stream, TUSK_LANE_WRITE, &timeout_ns);
	if (refused) {
		return ended(stream, refused);
	}
	for (;;) {
		n = attempt_until(stream, buf + sent, count - sent, &hold, events, tusk_deadline_ns(timeout_ns));
		if (n <= 0) {
			break;
		}
		sent += (size_t) n;
		if (sent == count) {
			break;
		}
		timeout_ns = tusk_tls_timeout_ns(&sock->timeout);
		hold.waited = true; /* begin the next part with an attempt */
	}
	tusk_flight_leave(&hold);
	/* A record that was begun must be gone on with: what ends the write breaks the connection. */
	ssize_t result = n < 0 ? ended(stream, n == -TUSK_OTHER_CLOSED ? -EBADF : n) : n;
	if (sent == 0) {
		return result;
	}
	if (sent < count) {
		tusk_unreported_set(stream, n, result);
	}
	return (ssize_t) sent;
}

ssize_t tusk_ssl_write(php_stream *stream, const char *buf, size_t count)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	short events = POLLOUT;
	ssize_t n, left_over;

	if (!(tusk_hooks & TUSK_HOOK_STREAM) || !sock || sock->socket == -1) {
		return tusk_ssl_ops.write(stream, buf, count);
	}
	if (!tusk_tls_active(stream)) {
		return tusk_plain_write(stream, buf, count);
	}
	if (UNEXPECTED(tusk_tls_gives_up(stream))) {
		return ended(stream, -ECANCELED);
	}
	if (!tusk_tls_suspends(stream)) {
		return tusk_ssl_ops.write(stream, buf, count);
	}
	if (tusk_flights) {
		tusk_flight_new_call(stream);
	}
	if (tusk_unreported_take(stream, &left_over)) {
		return left_over;
	}
	if (tusk_flights && tusk_flight_contended(stream, TUSK_LANE_WRITE)) {
		return write_suspending(stream, (char *) buf, count, events);
	}
	n = attempt(stream, (char *) buf, count, TUSK_LANE_WRITE, &events);
	return n == -EAGAIN ? write_suspending(stream, (char *) buf, count, events) : n;
}
