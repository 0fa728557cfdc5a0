/* Accepting: waits until the listening socket is readable, then makes PHP's call.
 *
 * Several processes may share the socket and another may have taken the connection, so
 * PHP's call is made with a timeout of zero on a socket that is non-blocking for that
 * moment, and the wait goes on if there was nothing. How long to wait is decided by the
 * call's timeout alone: as in PHP, the blocking mode of the listening PHP stream has no
 * say in it, and a timeout of zero never suspends.
 */
#include "stream/stream.h"
#include <errno.h>

static bool took_nothing(const php_stream_xport_param *xparam)
{
	int error = xparam->outputs.error_code;

	return xparam->outputs.returncode != 0
		&& (error == EAGAIN || error == EWOULDBLOCK || error == ETIMEDOUT);
}

static void fail(php_stream_xport_param *xparam, int error)
{
	xparam->outputs.client = NULL;
	xparam->outputs.returncode = -1;
	xparam->outputs.error_code = error;
	if (xparam->want_errortext) {
		xparam->outputs.error_text = php_socket_error_str(error);
	}
}

/* PHP's call, which cannot block. Afterwards the socket is in the mode PHP believes it
 * to be in; a TLS handshake inside the call may have let others accept meanwhile. */
static void accept_now(php_stream *stream, php_stream_xport_param *xparam, tusk_set_option original)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	struct timeval *asked = xparam->inputs.timeout;
	struct timeval none = {0, 0};

	if (sock->is_blocked) {
		tusk_set_nonblocking(sock->socket, true);
	}
	xparam->inputs.timeout = &none;
	original(stream, PHP_STREAM_OPTION_XPORT_API, 0, xparam);
	xparam->inputs.timeout = asked;
	if (sock->is_blocked) {
		tusk_set_nonblocking(sock->socket, false);
	}
}

/* Waits in the read lane until there seems to be a connection: 0, or a negative errno.
 * The lane is given back before the call is made, for a TLS handshake in it may take
 * long; there is no switch in between, so nobody who waits can be faster. */
static int wait_for_connection(php_stream *stream, int64_t deadline)
{
	int64_t timeout_ns = tusk_left_ns(deadline);
	tusk_hold hold;
	int ready = tusk_flight_enter(&hold, stream, TUSK_LANE_READ, &timeout_ns);

	if (ready < 0) {
		return ready;
	}
	/* The wait for several is the one that a signal ends, as it ends PHP's here. */
	struct pollfd fd = {.fd = tusk_socket_of(stream)->socket, .events = POLLIN};
	ready = tusk_rt_wait_fds(&fd, 1, timeout_ns, false);
	if (tusk_flight_closing(&hold)) {
		ready = -EBADF;
	}
	tusk_flight_leave(&hold);
	return ready > 0 ? 0 : ready == 0 ? -ETIMEDOUT : ready;
}

static void forget_failure(php_stream_xport_param *xparam)
{
	if (xparam->outputs.error_text) {
		zend_string_release(xparam->outputs.error_text);
		xparam->outputs.error_text = NULL;
	}
}

int tusk_accept(php_stream *stream, php_stream_xport_param *xparam, tusk_set_option original)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	int64_t timeout_ns = tusk_timeout_ns(xparam->inputs.timeout);
	struct pollfd ready = {.fd = sock->socket, .events = POLLIN};

	if (timeout_ns == 0 || sock->socket == -1) {
		int result = original(stream, PHP_STREAM_OPTION_XPORT_API, 0, xparam);
		tusk_rt_note_read(sock->socket, xparam->outputs.returncode != 0, false);
		return result;
	}
	if (!(tusk_flights && tusk_flight_contended(stream, TUSK_LANE_READ)) && poll(&ready, 1, 0) > 0) {
		accept_now(stream, xparam, original);
		if (!took_nothing(xparam)) {
			return PHP_STREAM_OPTION_RETURN_OK;
		}
		forget_failure(xparam);
	}
	for (int64_t deadline = tusk_deadline_ns(timeout_ns);;) {
		int waited = wait_for_connection(stream, deadline);
		if (waited < 0) {
			fail(xparam, -waited);
			return PHP_STREAM_OPTION_RETURN_OK;
		}
		accept_now(stream, xparam, original);
		if (!took_nothing(xparam)) {
			return PHP_STREAM_OPTION_RETURN_OK;
		}
		forget_failure(xparam);
	}
}
