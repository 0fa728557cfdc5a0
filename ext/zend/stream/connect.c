/* Connecting: resolves the name off this thread, then connects to one address after the
 * other as PHP does.
 *
 * PHP's own function makes each socket, so that context options (bindto, tcp_nodelay,
 * so_broadcast) and their warnings are PHP's: it is asked for an asynchronous connect to
 * a numeric address, which never waits, and the hook waits in its place. The name that
 * TLS verifies is kept elsewhere by PHP and is not touched.
 *
 * Not hooked: unix and udg, whose connect never waits in PHP (it is non-blocking and
 * fails with EAGAIN), and addresses PHP itself refuses to parse.
 */
#include "stream/stream.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A user's "host:port", split where PHP splits it. */
typedef struct {
	char *host;       /* allocated, without brackets */
	const char *tail; /* ":port" and what follows */
	size_t tail_len;
} target;

static bool split_target(const php_stream_xport_param *xparam, target *out)
{
	const char *name = xparam->inputs.name;
	size_t length = xparam->inputs.namelen;
	const char *end;

	if (length < 2 || memchr(name, '\0', length)) {
		return false;
	}
	if (name[0] == '[') {
		end = memchr(name + 1, ']', length - 2);
		if (!end || end[1] != ':') {
			return false;
		}
		out->host = estrndup(name + 1, end - name - 1);
		out->tail = end + 1;
	} else {
		end = memchr(name, ':', length - 1);
		if (!end) {
			return false;
		}
		out->host = estrndup(name, end - name);
		out->tail = end;
	}
	out->tail_len = length - (out->tail - name);
	return true;
}

static bool is_numeric(const char *host)
{
	struct in6_addr address;

	return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

/* PHP asks for IPv6 addresses only where an IPv6 socket can be made; it looks once. */
static int address_family(void)
{
	static int family = -1;

	if (family == -1) {
		int probe = socket(PF_INET6, SOCK_DGRAM, 0);
		family = probe == -1 ? AF_INET : AF_UNSPEC;
		if (probe != -1) {
			close(probe);
		}
	}
	return family;
}

static int resolve(const php_stream *stream, const char *host, struct addrinfo **result)
{
	struct addrinfo hints = {0};

	hints.ai_family = address_family();
	hints.ai_socktype = strcmp(stream->ops->label, "udp_socket") == 0 ? SOCK_DGRAM : SOCK_STREAM;
	if (!(tusk_hooks & TUSK_HOOK_DNS)) {
		return getaddrinfo(host, NULL, &hints, result);
	}
	return tusk_rt_wait_getaddrinfo(host, NULL, &hints, result, -1);
}

static void set_result(php_stream_xport_param *xparam, int returncode, int error)
{
	xparam->outputs.returncode = returncode;
	xparam->outputs.error_code = error;
	if (error && xparam->want_errortext) {
		if (xparam->outputs.error_text) {
			zend_string_release(xparam->outputs.error_text);
		}
		xparam->outputs.error_text = php_socket_error_str(error);
	}
}

static void set_unresolved(php_stream_xport_param *xparam, const char *host, int code)
{
	if (code == -ECANCELED) {
		set_result(xparam, -1, ECONNRESET);
		return;
	}
	zend_string *text = strpprintf(0, "php_network_getaddresses: getaddrinfo for %s failed: %s", host, gai_strerror(code));
	php_error_docref(NULL, E_WARNING, "%s", ZSTR_VAL(text));
	set_result(xparam, -1, 0);
	if (xparam->want_errortext) {
		xparam->outputs.error_text = text;
	} else {
		zend_string_release(text);
	}
}

/* Waits for a connect that is under way; 0 or an errno. */
static int finish_connect(int fd, int64_t deadline_ns)
{
	int ready, error = 0;
	socklen_t length = sizeof(error);

	do {
		ready = tusk_rt_wait_fd(fd, POLLIN | POLLOUT, tusk_left_ns(deadline_ns));
	} while (ready == -EINTR);
	if (ready == 0 || ready == -ETIMEDOUT) {
		return ETIMEDOUT;
	}
	if (ready < 0) {
		return ready == -ECANCELED ? ECONNRESET : -ready;
	}
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

/* One address, with PHP's result in xparam->outputs. */
static void connect_once(php_stream *stream, php_stream_xport_param *xparam, int64_t deadline_ns)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	int asked = xparam->op;

	xparam->op = STREAM_XPORT_OP_CONNECT_ASYNC;
	tusk_plain_ops.set_option(stream, PHP_STREAM_OPTION_XPORT_API, 0, xparam);
	xparam->op = asked;
	if (asked == STREAM_XPORT_OP_CONNECT_ASYNC || xparam->outputs.returncode < 0) {
		return;
	}
	int error = xparam->outputs.returncode == 1 ? finish_connect(sock->socket, deadline_ns) : 0;
	if (error) {
		tusk_rt_note_close(sock->socket);
		close(sock->socket);
		sock->socket = -1;
		set_result(xparam, -1, error);
	} else {
		int off = 0;
		ioctl(sock->socket, FIONBIO, &off);
		set_result(xparam, 0, 0);
	}
}

/* As connect_once, but a failure that says nothing (an address that was skipped, because
 * bindto is of the other family) leaves the failure before it standing, as in PHP. */
static void connect_next(php_stream *stream, php_stream_xport_param *xparam, int64_t deadline_ns)
{
	zend_string *text = xparam->outputs.error_text;
	int error = xparam->outputs.error_code;

	xparam->outputs.error_text = NULL;
	connect_once(stream, xparam, deadline_ns);
	if (xparam->outputs.returncode < 0 && !xparam->outputs.error_text && !xparam->outputs.error_code) {
		xparam->outputs.error_text = text;
		xparam->outputs.error_code = error;
	} else if (text) {
		zend_string_release(text);
	}
}

static void connect_each(php_stream *stream, php_stream_xport_param *xparam,
	const target *to, const struct addrinfo *addresses)
{
	char *user_name = xparam->inputs.name;
	size_t user_len = xparam->inputs.namelen;
	int64_t deadline_ns = tusk_deadline_ns(tusk_timeout_ns(xparam->inputs.timeout));
	char host[NI_MAXHOST];

	xparam->outputs.returncode = -1;
	for (const struct addrinfo *at = addresses; at; at = at->ai_next) {
		if (getnameinfo(at->ai_addr, at->ai_addrlen, host, sizeof(host), NULL, 0, NI_NUMERICHOST) != 0) {
			continue;
		}
		xparam->inputs.namelen = spprintf(&xparam->inputs.name, 0,
			at->ai_family == AF_INET6 ? "[%s]%.*s" : "%s%.*s", host, (int) to->tail_len, to->tail);
		connect_next(stream, xparam, deadline_ns);
		efree(xparam->inputs.name);
		xparam->inputs.name = user_name;
		xparam->inputs.namelen = user_len;
		if (xparam->outputs.returncode >= 0 || tusk_left_ns(deadline_ns) == 0) {
			break;
		}
	}
}

/* PHP fails with this before it looks the name up, so we must not look it up either. */
static bool bindto_is_wrong(const php_stream *stream)
{
	php_stream_context *context = PHP_STREAM_CONTEXT(stream);
	zval *bindto = context ? php_stream_context_get_option(context, "socket", "bindto") : NULL;

	return bindto && Z_TYPE_P(bindto) != IS_STRING;
}

int tusk_connect(php_stream *stream, php_stream_xport_param *xparam)
{
	target to;

	if (tusk_stream_is_unix(stream) || bindto_is_wrong(stream) || !split_target(xparam, &to)) {
		return tusk_plain_ops.set_option(stream, PHP_STREAM_OPTION_XPORT_API, 0, xparam);
	}
	bool hidden = tusk_persistent_hide(stream);
	if (is_numeric(to.host)) {
		connect_once(stream, xparam, tusk_deadline_ns(tusk_timeout_ns(xparam->inputs.timeout)));
	} else {
		struct addrinfo *addresses = NULL;
		int code = resolve(stream, to.host, &addresses);
		if (code == 0 && addresses) {
			connect_each(stream, xparam, &to, addresses);
		} else {
			set_unresolved(xparam, to.host, code);
		}
		if (addresses) {
			freeaddrinfo(addresses);
		}
	}
	if (hidden) {
		tusk_persistent_show(stream);
	}
	efree(to.host);
	return PHP_STREAM_OPTION_RETURN_OK;
}
