/* TLS that suspends: what PHP's own functions need around one attempt.
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
#include "stream/tls.h"
#include <dlfcn.h>
#include <errno.h>

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
bool tusk_tls_active(php_stream *stream)
{
	return tusk_ssl_ops.cast(stream, PHP_STREAM_AS_FD, NULL) == FAILURE;
}

bool tusk_tls_suspends(php_stream *stream)
{
	return !reason && tusk_socket_of(stream)->is_blocked && tusk_rt_may_suspend();
}

/* PHP's loops around OpenSSL do not look at what poll(2) says, and would run without a pause. */
bool tusk_tls_gives_up(php_stream *stream)
{
	return !reason && tusk_socket_of(stream)->is_blocked && tusk_state_gives_up();
}

bool tusk_tls_is_server(const tls_head *head)
{
	return head->ssl && ssl_is_server(head->ssl);
}

void tusk_tls_begin_attempt(php_netstream_data_t *sock)
{
	tusk_set_nonblocking(sock->socket, true);
	sock->is_blocked = 0;
}

void tusk_tls_end_attempt(php_netstream_data_t *sock)
{
	int error = errno;

	sock->is_blocked = 1;
	tusk_set_nonblocking(sock->socket, false);
	errno = error;
}

short tusk_tls_wanted(php_stream *stream)
{
	const tls_head *head = stream->abstract;
	int want = head->ssl ? ssl_want(head->ssl) : 0;

	return want == SSL_WANTS_READ ? POLLIN | POLLPRI : want == SSL_WANTS_WRITE ? POLLOUT : 0;
}

int64_t tusk_tls_timeout_ns(const struct timeval *timeout)
{
	int64_t ns = timeout->tv_sec < 0 ? 0 : tusk_timeout_of(timeout->tv_sec, timeout->tv_usec);

	return ns > 0 ? ns : -1;
}
