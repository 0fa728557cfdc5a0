/* TLS: reading, writing and handshakes that suspend.
 *
 * PHP's own functions do all of TLS. In non-blocking mode each of them makes one attempt
 * and says whether OpenSSL wants to read or write; so the hook puts the PHP stream in
 * that mode for the attempt alone, and waits between attempts. Nothing ever suspends
 * inside OpenSSL. While the coroutine is suspended the PHP stream is in blocking mode
 * again, so that whoever looks at it then sees what the user has set.
 *
 * Of the private struct behind an ssl:// PHP stream two members are read. Where they lie
 * is checked on a fresh PHP stream at start-up (tusk_ssl_inspect); if it does not look
 * as expected, TLS keeps PHP's blocking calls.
 */
#include "stream.h"
#include "stream_buffer.h"
#include <dlfcn.h>
#include <errno.h>

/* The head of PHP's php_openssl_netstream_data_t. */
typedef struct {
	php_netstream_data_t socket;
	void *ssl;
	void *context;
	struct timeval connect_timeout;
	int enable_on_connect;
} tls_head;

/* From OpenSSL's ssl.h: what a handle waits for after a call that did not finish. */
enum { SSL_WANTS_WRITE = 2, SSL_WANTS_READ = 3 };

static int (*ssl_want)(const void *ssl);
static int (*ssl_is_server)(const void *ssl);
static const char *reason = "PHP has no ssl:// transport";

const char *tusk_ssl_reason(void)
{
	return reason;
}

void tusk_ssl_inspect(const php_stream *fresh, const struct timeval *timeout)
{
	const tls_head *head = fresh->abstract;
	Dl_info home;
	void *library = NULL;

	if (head->socket.socket != -1 || head->ssl || head->context || head->enable_on_connect != 1
		|| memcmp(&head->connect_timeout, timeout, sizeof(*timeout)) != 0) {
		reason = "this PHP lays out its ssl:// PHP streams in a way Tusk does not know";
		return;
	}
	/* The same libssl that PHP's code is linked to: another may be loaded as well. */
	if (dladdr((void *) (uintptr_t) fresh->ops->read, &home) && home.dli_fname) {
		library = dlopen(home.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	}
	*(void **) &ssl_want = dlsym(library ? library : RTLD_DEFAULT, "SSL_want");
	*(void **) &ssl_is_server = dlsym(library ? library : RTLD_DEFAULT, "SSL_is_server");
	if (library) {
		dlclose(library);
	}
	reason = ssl_want && ssl_is_server ? NULL : "libssl does not export SSL_want and SSL_is_server";
}

/* PHP refuses to hand out the descriptor of a PHP stream whose TLS is active. */
static bool is_active(php_stream *stream)
{
	return tusk_ssl_ops.cast(stream, PHP_STREAM_AS_FD, NULL) == FAILURE;
}

static bool suspends(php_stream *stream)
{
	return !reason && tusk_socket_of(stream)->is_blocked && tusk_rt_may_suspend();
}

/* ---- one attempt ----------------------------------------------------------- */

static void begin_attempt(php_netstream_data_t *sock)
{
	tusk_set_nonblocking(sock->socket, true);
	sock->is_blocked = 0;
}

/* errno is part of what PHP's functions leave behind, and read again by the next. */
static void end_attempt(php_netstream_data_t *sock)
{
	int error = errno;

	sock->is_blocked = 1;
	tusk_set_nonblocking(sock->socket, false);
	errno = error;
}

/* What to poll for before the next attempt; 0 when the last one was final. */
static short wanted_events(php_stream *stream)
{
	const tls_head *head = stream->abstract;
	int want = head->ssl ? ssl_want(head->ssl) : 0;

	return want == SSL_WANTS_READ ? POLLIN | POLLPRI : want == SSL_WANTS_WRITE ? POLLOUT : 0;
}

/* > 0, or 0 when it ended without a byte, or -EAGAIN with *events set. */
static ssize_t attempt(php_stream *stream, char *buf, size_t count, tusk_lane lane, short *events)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	ssize_t n;

	begin_attempt(sock);
	n = lane == TUSK_LANE_READ ? tusk_ssl_ops.read(stream, buf, count) : tusk_ssl_ops.write(stream, buf, count);
	end_attempt(sock);
	if (n <= 0 && errno == EAGAIN && !(lane == TUSK_LANE_READ && stream->eof)) {
		*events = wanted_events(stream);
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
		if (tusk_flight_closing(hold)) {
			return -EBADF;
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

/* TLS knows no wait of zero: PHP takes such a timeout for none. */
static int64_t tls_timeout_ns(struct timeval *timeout)
{
	int64_t ns = timeout->tv_sec < 0 ? 0 : (int64_t) timeout->tv_sec * 1000000000 + (int64_t) timeout->tv_usec * 1000;

	return ns > 0 ? ns : -1;
}

/* ---- reading and writing ---------------------------------------------------- */

static ssize_t ended(php_stream *stream, ssize_t error)
{
	if (error == -ETIMEDOUT) {
		tusk_socket_of(stream)->timeout_event = 1;
	} else {
		stream->eof = 1;
	}
	return -1;
}

static ssize_t read_suspending(php_stream *stream, char *buf, size_t count, short events)
{
	int64_t timeout_ns = tls_timeout_ns(&tusk_socket_of(stream)->timeout);
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
	if (!is_active(stream)) {
		return tusk_plain_read(stream, buf, count);
	}
	if (!suspends(stream)) {
		n = tusk_ssl_ops.read(stream, buf, count);
	} else if (tusk_flights && tusk_flight_contended(stream, TUSK_LANE_READ)) {
		n = read_suspending(stream, buf, count, events);
	} else {
		n = attempt(stream, buf, count, TUSK_LANE_READ, &events);
		if (n == -EAGAIN) {
			n = read_suspending(stream, buf, count, events);
		}
	}
	/* After a whole record there may be more, here or in the socket. */
	tusk_rt_note_read(sock->socket, n <= 0, n <= 0 && stream->eof);
	return n;
}

/* What a write that had sent something found after that, for the call that follows at
 * once (see stream_io.c). */
static struct {
	const php_stream *stream;
	ssize_t result;
} unreported;

static ssize_t write_suspending(php_stream *stream, char *buf, size_t count, short events)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	int64_t timeout_ns = tls_timeout_ns(&sock->timeout);
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
		timeout_ns = tls_timeout_ns(&sock->timeout);
		hold.waited = true; /* begin the next part with an attempt */
	}
	tusk_flight_leave(&hold);
	if (n < 0) {
		n = ended(stream, n);
	}
	if (sent == 0) {
		return n;
	}
	if (sent < count) {
		unreported.stream = stream;
		unreported.result = n;
	}
	return (ssize_t) sent;
}

ssize_t tusk_ssl_write(php_stream *stream, const char *buf, size_t count)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	short events = POLLOUT;
	ssize_t n;

	if (!(tusk_hooks & TUSK_HOOK_STREAM) || !sock || sock->socket == -1) {
		return tusk_ssl_ops.write(stream, buf, count);
	}
	if (!is_active(stream)) {
		return tusk_plain_write(stream, buf, count);
	}
	if (!suspends(stream)) {
		return tusk_ssl_ops.write(stream, buf, count);
	}
	if (tusk_flights) {
		tusk_flight_new_call(stream);
	}
	if (unreported.stream) {
		bool ours = unreported.stream == stream;
		unreported.stream = NULL;
		if (ours) {
			return unreported.result;
		}
	}
	if (tusk_flights && tusk_flight_contended(stream, TUSK_LANE_WRITE)) {
		return write_suspending(stream, (char *) buf, count, events);
	}
	n = attempt(stream, (char *) buf, count, TUSK_LANE_WRITE, &events);
	return n == -EAGAIN ? write_suspending(stream, (char *) buf, count, events) : n;
}

/* ---- handshake -------------------------------------------------------------- */

/* Attempts until the handshake is over. PHP's timeout covers all of it: the one given at
 * connecting on the client, the PHP stream's on the server. */
static int handshake(php_stream *stream, php_stream_xport_crypto_param *cparam, tusk_hold *hold)
{
	tls_head *head = stream->abstract;
	php_netstream_data_t *sock = &head->socket;
	bool server = head->ssl && ssl_is_server(head->ssl);
	int64_t deadline = tusk_deadline_ns(tls_timeout_ns(server ? &sock->timeout : &head->connect_timeout));
	int result;

	for (;;) {
		begin_attempt(sock);
		result = tusk_ssl_ops.set_option(stream, PHP_STREAM_OPTION_CRYPTO_API, 0, cparam);
		short events = cparam->outputs.returncode == 0 ? wanted_events(stream) : 0;
		if (!events) {
			end_attempt(sock);
			return result;
		}
		end_attempt(sock);

		int ready = tusk_rt_wait_fd(sock->socket, events, tusk_left_ns(deadline));
		if (tusk_flight_closing(hold) || (ready < 0 && ready != -EINTR && ready != -ETIMEDOUT)) {
			cparam->outputs.returncode = -1;
			return result;
		}
		if (ready == 0 || ready == -ETIMEDOUT) {
			php_error_docref(NULL, E_WARNING, "SSL: Handshake timed out");
			begin_attempt(sock); /* PHP leaves the PHP stream in non-blocking mode then */
			cparam->outputs.returncode = -1;
			return result;
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
	begin_attempt(sock);
	result = tusk_ssl_ops.set_option(stream, PHP_STREAM_OPTION_CHECK_LIVENESS, 0, NULL);
	end_attempt(sock);
	return result;
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
				if (cparam->op == STREAM_XPORT_CRYPTO_OP_ENABLE && cparam->inputs.activate
					&& !is_active(stream) && suspends(stream)) {
					return handshake_alone(stream, cparam);
				}
				break;
			case PHP_STREAM_OPTION_CHECK_LIVENESS:
				if (is_active(stream) && tusk_rt_may_suspend()) {
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
