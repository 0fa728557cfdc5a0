/* send, sendto, sendmsg, write and writev.
 *
 * A blocking send returns when everything is in the socket's buffer. So what
 * MSG_DONTWAIT has left is sent after waiting, and only an error or SO_SNDTIMEO gives a
 * short count, as in the kernel. A cancel in the middle returns what has gone out. An error
 * after a part has gone out is left in the socket, where the next call finds it.
 *
 * Standard output and error are written by libc's own call: a switch inside PHP's output
 * layer would mix what two coroutines echo.
 */
#include "file/file.h"
#include "intercept/intercept.h"
#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

/* A queue of datagrams may be full although the socket is writable: tried again soon. */
#define FULL_QUEUE_PAUSE_NS 1000000

typedef struct {
	int fd;
	int flags;
	const struct sockaddr *address;
	socklen_t address_length;
	const void *caller;
} destination;

static bool is_full(ssize_t sent)
{
	return sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* Waits until something fits: 0, or -1 with errno. */
static int wait_writable(const destination *to, int64_t deadline, bool again)
{
	int waited = tusk_intercept_wait_restarting(to->fd, POLLOUT, tusk_left_ns(deadline), to->caller);

	if (waited > 0 && again) {
		int64_t unslept;
		int slept = tusk_rt_wait_sleep(FULL_QUEUE_PAUSE_NS, &unslept);
		waited = slept < 0 && slept != -EINTR ? slept : 1;
	}
	return waited > 0 ? 0 : tusk_fail(waited == 0 ? EAGAIN : -waited);
}

/* Until when one call of the sender waits, asked when it first must; and whether its last try
 * sent nothing although there was said to be room. */
typedef struct {
	int64_t deadline;
	bool again;
} sender_waits;

#define UNKNOWN_DEADLINE (-2)

/* After a try that sent `sent`, not all: 0 when the next may be made, or -1 with errno. */
static int wait_for_room(const destination *to, sender_waits *waits, ssize_t sent)
{
	bool again = waits->again && sent < 0;

	if (waits->deadline == UNKNOWN_DEADLINE) {
		if (tusk_fd_nonblocking(to->fd)) {
			return tusk_fail(EAGAIN);
		}
		waits->deadline = tusk_deadline_ns(tusk_fd_timeout(to->fd, SO_SNDTIMEO));
	}
	waits->again = sent < 0;
	return wait_writable(to, waits->deadline, again);
}

static ssize_t send_bytes(const destination *to, const char *buf, size_t length)
{
	sender_waits waits = {.deadline = UNKNOWN_DEADLINE};
	size_t done = 0;

	for (;;) {
		ssize_t sent = sendto(to->fd, buf + done, length - done, to->flags | MSG_DONTWAIT, to->address, to->address_length);
		if (sent >= 0) {
			done += (size_t) sent;
			if (done >= length) {
				tusk_fd_expects(to->fd, true);
				return (ssize_t) done;
			}
		} else if (!is_full(sent)) {
			return done ? (ssize_t) done : sent;
		}
		if (wait_for_room(to, &waits, sent) < 0 || (done && tusk_fd_has_error(to->fd))) {
			return done ? (ssize_t) done : -1;
		}
	}
}

static zend_never_inline ssize_t send_among_others(int fd, const void *buf, size_t length, int flags, const void *caller)
{
	destination to = {.fd = fd, .flags = flags, .caller = caller};

	if (!tusk_suspends() || (flags & MSG_DONTWAIT)) {
		return send(fd, buf, length, flags);
	}
	return send_bytes(&to, buf, length);
}

ssize_t tusk_libc_send(int fd, const void *buf, size_t length, int flags)
{
	if (EXPECTED(!tusk_concurrent)) {
		return send(fd, buf, length, flags);
	}
	return send_among_others(fd, buf, length, flags, TUSK_CALLER);
}

/* TCP fast open connects with the first bytes. A blocking call that waits for the connection does
 * the same in two steps here: the bytes go out a round trip later, and nothing else differs. */
static int connect_first(destination *to)
{
	to->flags &= ~MSG_FASTOPEN;
	int connected = to->address ? tusk_libc_connect(to->fd, to->address, to->address_length) : tusk_fail(EDESTADDRREQ);
	to->address = NULL;
	to->address_length = 0;
	return connected;
}

ssize_t tusk_libc_sendto(int fd, const void *buf, size_t length, int flags, const struct sockaddr *address, socklen_t address_length)
{
	destination to = {
		.fd = fd, .flags = flags, .address = address, .address_length = address_length, .caller = TUSK_CALLER,
	};

	if (!tusk_suspends() || (flags & MSG_DONTWAIT)) {
		return sendto(fd, buf, length, flags, address, address_length);
	}
	if (flags & MSG_FASTOPEN) {
		if (tusk_fd_nonblocking(fd)) {
			return sendto(fd, buf, length, flags, address, address_length);
		}
		if (connect_first(&to) != 0) {
			return -1;
		}
	}
	return send_bytes(&to, buf, length);
}

/* ---- messages of several parts ---------------------------------------------------- */

void tusk_advance(struct msghdr *message, size_t sent)
{
	while (sent > 0 && message->msg_iovlen > 0) {
		struct iovec *part = message->msg_iov;
		if (sent < part->iov_len) {
			part->iov_base = (char *) part->iov_base + sent;
			part->iov_len -= sent;
			return;
		}
		sent -= part->iov_len;
		message->msg_iov++;
		message->msg_iovlen--;
	}
	while (message->msg_iovlen > 0 && message->msg_iov->iov_len == 0) {
		message->msg_iov++;
		message->msg_iovlen--;
	}
}

static ssize_t send_parts(const destination *to, struct msghdr *message, size_t length)
{
	sender_waits waits = {.deadline = UNKNOWN_DEADLINE};
	size_t done = 0;

	for (;;) {
		ssize_t sent = sendmsg(to->fd, message, to->flags | MSG_DONTWAIT);
		if (sent >= 0) {
			done += (size_t) sent;
			if (done >= length) {
				tusk_fd_expects(to->fd, true);
				return (ssize_t) done;
			}
			tusk_advance(message, (size_t) sent);
			/* Descriptors and credentials go with the first byte. */
			message->msg_control = NULL;
			message->msg_controllen = 0;
		} else if (!is_full(sent)) {
			return done ? (ssize_t) done : sent;
		}
		if (wait_for_room(to, &waits, sent) < 0 || (done && tusk_fd_has_error(to->fd))) {
			return done ? (ssize_t) done : -1;
		}
	}
}

static ssize_t send_copy(const destination *to, const struct msghdr *asked)
{
	struct msghdr message = *asked;
	size_t length = 0;

	struct iovec *parts = safe_pemalloc(asked->msg_iovlen ? asked->msg_iovlen : 1, sizeof(*parts), 0, 1);
	for (size_t i = 0; i < asked->msg_iovlen; i++) {
		parts[i] = asked->msg_iov[i];
		length += parts[i].iov_len;
	}
	message.msg_iov = parts;
	ssize_t sent = send_parts(to, &message, length);
	int error = errno;
	pefree(parts, 1);
	errno = error;
	return sent;
}

ssize_t tusk_libc_sendmsg(int fd, const struct msghdr *message, int flags)
{
	destination to = {.fd = fd, .flags = flags, .caller = TUSK_CALLER};

	if (!tusk_suspends() || (flags & MSG_DONTWAIT) || message->msg_iovlen > IOV_MAX) {
		return sendmsg(fd, message, flags);
	}
	if (!(flags & MSG_FASTOPEN)) {
		return send_copy(&to, message);
	}
	struct msghdr unaddressed = *message;
	to.address = message->msg_name;
	to.address_length = message->msg_namelen;
	unaddressed.msg_name = NULL;
	unaddressed.msg_namelen = 0;
	return tusk_fd_nonblocking(fd) ? sendmsg(fd, message, flags) : connect_first(&to) != 0 ? -1 : send_copy(&to, &unaddressed);
}

/* ---- write -------------------------------------------------------------------------- */

static bool is_output(int fd)
{
	return fd == STDOUT_FILENO || fd == STDERR_FILENO;
}

/* A blocking pipe takes PIPE_BUF bytes at once when it is writable, and would wait with
 * more. Up to that many are written in one piece, as POSIX promises. */
static ssize_t write_pipe(int fd, const char *buf, size_t length, const void *caller)
{
	destination to = {.fd = fd, .caller = caller};
	size_t done = 0;

	if (tusk_fd_nonblocking(fd)) {
		return write(fd, buf, length);
	}
	while (done < length) {
		struct pollfd one = {.fd = fd, .events = POLLOUT};
		if (poll(&one, 1, 0) == 0 && wait_writable(&to, -1, false) < 0) {
			return done ? (ssize_t) done : -1;
		}
		size_t piece = length - done > PIPE_BUF ? PIPE_BUF : length - done;
		ssize_t written = write(fd, buf + done, piece);
		if (written < 0) {
			return done ? (ssize_t) done : -1;
		}
		done += (size_t) written;
	}
	return (ssize_t) done;
}

static zend_never_inline ssize_t write_among_others(int fd, const void *buf, size_t length, const void *caller)
{
	if (!tusk_suspends() || length == 0 || is_output(fd)) {
		return write(fd, buf, length);
	}
	switch (tusk_fd_kind_of(fd)) {
		case TUSK_FD_SOCKET: {
			destination to = {.fd = fd, .caller = caller};
			ssize_t sent = send_bytes(&to, buf, length);
			if (sent >= 0 || errno != ENOTSOCK) {
				return sent;
			}
			tusk_fd_forget(fd);
			return write(fd, buf, length);
		}
		case TUSK_FD_PIPE:
			return write_pipe(fd, buf, length, caller);
		default: {
			ssize_t written;
			return tusk_write_slow_file(fd, buf, length, &written) ? written : write(fd, buf, length);
		}
	}
}

ssize_t tusk_libc_write(int fd, const void *buf, size_t length)
{
	tusk_untouched_fd = -1;
	if (EXPECTED(!tusk_concurrent)) {
		return write(fd, buf, length);
	}
	return write_among_others(fd, buf, length, TUSK_CALLER);
}

static ssize_t write_parts(int fd, const struct iovec *parts, int count, const void *caller)
{
	size_t done = 0;

	for (int i = 0; i < count; i++) {
		if (parts[i].iov_len == 0) {
			continue;
		}
		ssize_t written = write_pipe(fd, parts[i].iov_base, parts[i].iov_len, caller);
		if (written < 0) {
			return done ? (ssize_t) done : -1;
		}
		done += (size_t) written;
		if ((size_t) written < parts[i].iov_len) {
			break;
		}
	}
	return (ssize_t) done;
}

ssize_t tusk_libc_writev(int fd, const struct iovec *parts, int count)
{
	destination to = {.fd = fd, .caller = TUSK_CALLER};
	size_t length = 0;

	tusk_untouched_fd = -1;
	if (!tusk_suspends() || count <= 0 || count > IOV_MAX || is_output(fd)) {
		return writev(fd, parts, count);
	}
	for (int i = 0; i < count; i++) {
		length += parts[i].iov_len;
	}
	switch (tusk_fd_kind_of(fd)) {
		case TUSK_FD_SOCKET: {
			struct msghdr message = {.msg_iov = (struct iovec *) parts, .msg_iovlen = (size_t) count};
			return send_copy(&to, &message);
		}
		case TUSK_FD_PIPE: {
			struct pollfd one = {.fd = fd, .events = POLLOUT};
			if (length > PIPE_BUF) {
				return tusk_fd_nonblocking(fd) ? writev(fd, parts, count) : write_parts(fd, parts, count, TUSK_CALLER);
			}
			if (poll(&one, 1, 0) == 0 && !tusk_fd_nonblocking(fd) && wait_writable(&to, -1, false) < 0) {
				return -1;
			}
			return writev(fd, parts, count);
		}
		default:
			return writev(fd, parts, count);
	}
}
