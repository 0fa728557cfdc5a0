/* TLS handshakes, liveness and closing.
 */
#include "stream/tls.h"
#include <errno.h>

/* The handshake's time is over. PHP says so itself, in one more attempt that may last no time:
 * whether it leaves the PHP stream in non-blocking mode differs between its releases. */
static int time_out(php_stream *stream, php_stream_xport_crypto_param *cparam, struct timeval *timeout)
{
	struct timeval own = *timeout;
	int result;

	*timeout = (struct timeval){.tv_usec = 1};
	result = tusk_ssl_ops.set_option(stream, PHP_STREAM_OPTION_CRYPTO_API, 0, cparam);
	*timeout = own;
	return result;
}

/* Attempts until the handshake is over. PHP's timeout covers all of it: the one given at
 * connecting on the client, the PHP stream's on the server. */
static int handshake(php_stream *stream, php_stream_xport_crypto_param *cparam, tusk_hold *hold)
{
	tls_head *head = stream->abstract;
	php_netstream_data_t *sock = &head->socket;
	struct timeval *timeout = tusk_tls_is_server(head) ? &sock->timeout : &head->connect_timeout;
	int64_t deadline = tusk_deadline_ns(tusk_tls_timeout_ns(timeout));
	int result;

	for (;;) {
		tusk_tls_begin_attempt(sock);
		result = tusk_ssl_ops.set_option(stream, PHP_STREAM_OPTION_CRYPTO_API, 0, cparam);
		short events = cparam->outputs.returncode == 0 ? tusk_tls_wanted(stream) : 0;
		if (!events) {
			tusk_tls_end_attempt(sock);
			return result;
		}
		tusk_tls_end_attempt(sock);

		int ready = tusk_rt_wait_fd(sock->socket, events, tusk_left_ns(deadline));
		if (tusk_flight_ends(hold) || (ready < 0 && ready != -EINTR && ready != -ETIMEDOUT)) {
			cparam->outputs.returncode = -1;
			return result;
		}
		if (ready == 0 || ready == -ETIMEDOUT) {
			return time_out(stream, cparam, timeout);
		}
		errno = EAGAIN;
	}
}

/* A handshake reads and writes: it needs both lanes. */
static int handshake_alone(php_stream *stream, php_stream_xport_crypto_param *cparam)
{
	int64_t for_ever = -1;
	tusk_hold reading, writing;
	int result = PHP_STREAM_OPTION_RETURN_OK;

	if (tusk_flight_enter(&reading, stream, TUSK_LANE_READ, &for_ever) < 0) {
		cparam->outputs.returncode = -1;
		return result;
	}
	if (tusk_flight_enter(&writing, stream, TUSK_LANE_WRITE, &for_ever) < 0) {
		cparam->outputs.returncode = -1;
	} else {
		result = handshake(stream, cparam, &reading);
		tusk_flight_leave(&writing);
	}
	tusk_flight_leave(&reading);
	return result;
}

/* Asks OpenSSL whether the peer is still there without ever waiting for the rest of a
 * record that has come in part. */
static int check_liveness(php_stream *stream)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	int result;

	if (!sock->is_blocked || sock->socket == -1) {
		return tusk_ssl_ops.set_option(stream, PHP_STREAM_OPTION_CHECK_LIVENESS, 0, NULL);
	}
	tusk_tls_begin_attempt(sock);
	result = tusk_ssl_ops.set_option(stream, PHP_STREAM_OPTION_CHECK_LIVENESS, 0, NULL);
	tusk_tls_end_attempt(sock);
	return result;
}

/* TLS says goodbye when it is closed. If the peer reads too slowly for that, the coroutine
 * waits for room, as long as it would wait to write; then it closes without a goodbye. */
int tusk_ssl_close(php_stream *stream, int close_handle)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);

	tusk_leave_before_close(stream, close_handle);
	if (close_handle && (tusk_hooks & TUSK_HOOK_STREAM) && sock->socket != -1 && tusk_tls_suspends(stream) && tusk_tls_active(stream)) {
		struct pollfd room = {.fd = sock->socket, .events = POLLOUT};
		if (poll(&room, 1, 0) == 0) {
			tusk_rt_wait_fd(sock->socket, POLLOUT, tusk_tls_timeout_ns(&sock->timeout));
		}
		tusk_set_nonblocking(sock->socket, true);
	}
	return tusk_ssl_ops.close(stream, close_handle);
}

/* The connect and the handshake after it are one step for whoever looks the PHP stream
 * up by its name. */
static int connect_and_shake_hands(php_stream *stream, php_stream_xport_param *xparam)
{
	bool hidden = tusk_persistent_hide(stream);
	int result = tusk_ssl_ops.set_option(stream, PHP_STREAM_OPTION_XPORT_API, 0, xparam);

	if (hidden) {
		tusk_persistent_show(stream);
	}
	return result;
}

int tusk_ssl_set_option(php_stream *stream, int option, int value, void *param)
{
	php_stream_xport_crypto_param *cparam = param;
	php_stream_xport_param *xparam = param;

	if (stream->abstract && (tusk_hooks & TUSK_HOOK_STREAM)) {
		switch (option) {
			case PHP_STREAM_OPTION_CRYPTO_API:
				if (cparam->op == STREAM_XPORT_CRYPTO_OP_ENABLE && cparam->inputs.activate && tusk_tls_gives_up(stream)) {
					cparam->outputs.returncode = -1;
					return PHP_STREAM_OPTION_RETURN_OK;
				}
				if (cparam->op == STREAM_XPORT_CRYPTO_OP_ENABLE && cparam->inputs.activate
					&& !tusk_tls_active(stream) && tusk_tls_suspends(stream)) {
					return handshake_alone(stream, cparam);
				}
				break;
			case PHP_STREAM_OPTION_CHECK_LIVENESS:
				/* Of a connection without TLS some releases (8.3.6 is one) look at errno also when
				 * recv() has said that the peer closed: the EAGAIN of another read is not its. */
				errno = 0;
				if (tusk_tls_active(stream) && tusk_rt_may_suspend()) {
					return check_liveness(stream);
				}
				break;
			case PHP_STREAM_OPTION_XPORT_API:
				if (!tusk_rt_may_suspend()) {
					break;
				}
				if (xparam->op == STREAM_XPORT_OP_ACCEPT) {
					return tusk_accept(stream, xparam, tusk_ssl_ops.set_option);
				}
				if (xparam->op == STREAM_XPORT_OP_CONNECT || xparam->op == STREAM_XPORT_OP_CONNECT_ASYNC) {
					return connect_and_shake_hands(stream, xparam);
				}
				break;
		}
	}
	return tusk_ssl_ops.set_option(stream, option, value, param);
}
