/* recv, recvfrom, recvmsg, read and readv.
 *
 * A socket is first asked with MSG_DONTWAIT, unless a request has just gone out on it. Only
 * when there is nothing does it matter whether the caller wanted to wait, and how long
 * (SO_RCVTIMEO). Pipes and terminals are polled and then read, because a read has no
 * such flag; files are read.
 */
#include "file/file.h"
#include "intercept/intercept.h"
#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

/* Flags with which a receive never waits, or peeks at a whole that can not be put
 * together here: libc's call is made. */
static bool plain_flags(int flags)
{
	return (flags & (MSG_DONTWAIT | MSG_ERRQUEUE | MSG_OOB))
		|| (flags & (MSG_PEEK | MSG_WAITALL)) == (MSG_PEEK | MSG_WAITALL);
}

static bool nothing_there(ssize_t received)
{
	return received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* The rest of a MSG_WAITALL: until all is there, the end, or an error. */
static ssize_t receive_all(int fd, char *buf, size_t length, size_t have, int flags, int64_t deadline, const void *caller)
{
	while (have < length) {
		int waited = tusk_intercept_wait_restarting(fd, POLLIN, tusk_left_ns(deadline), caller);
		if (waited <= 0) {
			return have ? (ssize_t) have : tusk_fail(waited == 0 ? EAGAIN : -waited);
		}
		ssize_t more = recv(fd, buf + have, length - have, flags | MSG_DONTWAIT);
		if (more == 0 || (more < 0 && !nothing_there(more))) {
			return have ? (ssize_t) have : more;
		}
		have += more > 0 ? (size_t) more : 0;
	}
	return (ssize_t) have;
}

static ssize_t wait_receive(int fd, void *buf, size_t length, int flags, const void *caller)
{
	struct pollfd one = {.fd = fd, .events = POLLIN};
	tusk_waiting waiting;

	int64_t timeout_ns = tusk_fd_timeout(fd, SO_RCVTIMEO);
	if (flags & MSG_WAITALL) {
		return receive_all(fd, buf, length, 0, flags, tusk_deadline_ns(timeout_ns), caller);
	}
	tusk_waiting_begin(&waiting, &one, 1);
	ssize_t received = tusk_rt_wait_recv(fd, buf, length, flags, timeout_ns);
	if (!tusk_waiting_end(&waiting) && received < 0) {
		return tusk_fail(EBADF);
	}
	if (received == -ECANCELED) {
		tusk_intercept_break(fd, caller);
	}
	if (received < 0) {
		return tusk_fail(received == -ETIMEDOUT ? EAGAIN : (int) -received);
	}
	return received;
}

static ssize_t receive(int fd, void *buf, size_t length, int flags, const void *caller)
{
	bool expecting = tusk_fd_expecting(fd);

	tusk_fd_expects(fd, false);
	if (!expecting || tusk_fd_nonblocking(fd)) {
		ssize_t received = recv(fd, buf, length, flags | MSG_DONTWAIT);
		if (received > 0 && (flags & MSG_WAITALL) && (size_t) received < length && !tusk_fd_nonblocking(fd)) {
			int64_t deadline = tusk_deadline_ns(tusk_fd_timeout(fd, SO_RCVTIMEO));
			return receive_all(fd, buf, length, (size_t) received, flags, deadline, caller);
		}
		if (!nothing_there(received)) {
			return received;
		}
		if (expecting || tusk_fd_nonblocking(fd)) {
			return tusk_fail(EAGAIN);
		}
	}
	return wait_receive(fd, buf, length, flags, caller);
}

ssize_t tusk_libc_recv(int fd, void *buf, size_t length, int flags)
{
	if (!tusk_suspends() || plain_flags(flags)) {
		return recv(fd, buf, length, flags);
	}
	return receive(fd, buf, length, flags, TUSK_CALLER);
}

ssize_t tusk_libc___recv_chk(int fd, void *buf, size_t length, size_t room, int flags)
{
	if (length > room) {
		abort(); /* as libc does */
	}
	return tusk_libc_recv(fd, buf, length, flags);
}

/* ---- with addresses and messages ----------------------------------------------- */

typedef struct {
	void *buf;
	size_t length;
	struct sockaddr *address;
	socklen_t *address_length;
	struct msghdr *message;
} target;

static ssize_t receive_now(int fd, const target *to, int flags)
{
	return to->message ? recvmsg(fd, to->message, flags | MSG_DONTWAIT)
		: recvfrom(fd, to->buf, to->length, flags | MSG_DONTWAIT, to->address, to->address_length);
}

static ssize_t receive_message(int fd, const target *to, int flags, const void *caller)
{
	struct msghdr asked = to->message ? *to->message : (struct msghdr) {0};
	socklen_t room = to->address_length ? *to->address_length : 0;
	int64_t deadline = -2;

	tusk_fd_expects(fd, false);
	for (;;) {
		ssize_t received = receive_now(fd, to, flags);
		if (!nothing_there(received)) {
			return received;
		}
		if (deadline == -2) {
			if (tusk_fd_nonblocking(fd)) {
				return tusk_fail(EAGAIN);
			}
			deadline = tusk_deadline_ns(tusk_fd_timeout(fd, SO_RCVTIMEO));
		}
		int waited = tusk_intercept_wait_restarting(fd, POLLIN, tusk_left_ns(deadline), caller);
		if (waited <= 0) {
			return tusk_fail(waited == 0 ? EAGAIN : -waited);
		}
		/* What the kernel may have written into them without having received anything. */
		if (to->message) {
			*to->message = asked;
		} else if (to->address_length) {
			*to->address_length = room;
		}
	}
}

/* Is the rest of a message to be waited for? The kernel does so on streams alone. */
static bool is_stream(int fd)
{
	int type = 0;
	socklen_t length = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

ssize_t tusk_libc_recvfrom(int fd, void *buf, size_t length, int flags, struct sockaddr *address, socklen_t *address_length)
{
	if (!tusk_suspends() || plain_flags(flags)) {
		return recvfrom(fd, buf, length, flags, address, address_length);
	}
	if (!address) {
		return receive(fd, buf, length, flags, TUSK_CALLER);
	}
	target to = {.buf = buf, .length = length, .address = address, .address_length = address_length};
	ssize_t received = receive_message(fd, &to, flags & ~MSG_WAITALL, TUSK_CALLER);
	if (received > 0 && (size_t) received < length && (flags & MSG_WAITALL) && is_stream(fd) && !tusk_fd_nonblocking(fd)) {
		int64_t deadline = tusk_deadline_ns(tusk_fd_timeout(fd, SO_RCVTIMEO));
		return receive_all(fd, buf, length, (size_t) received, flags, deadline, TUSK_CALLER);
	}
	return received;
}

ssize_t tusk_libc___recvfrom_chk(int fd, void *buf, size_t length, size_t room, int flags,
	struct sockaddr *address, socklen_t *address_length)
{
	if (length > room) {
		abort(); /* as libc does */
	}
	return tusk_libc_recvfrom(fd, buf, length, flags, address, address_length);
}

/* MSG_WAITALL: the parts that are left, until all are full, the end, or an error. The address and
 * what came beside the bytes are those of the first; a message with descriptors ends there, as in
 * the kernel. */
static ssize_t receive_rest(int fd, const struct msghdr *asked, const struct msghdr *first, size_t have, int flags, const void *caller)
{
	struct msghdr message = *asked;
	size_t length = 0;

	for (size_t i = 0; i < asked->msg_iovlen; i++) {
		length += asked->msg_iov[i].iov_len;
	}
	if (have == 0 || have >= length || first->msg_controllen || (first->msg_flags & (MSG_EOR | MSG_CTRUNC)) || tusk_fd_nonblocking(fd)) {
		return (ssize_t) have;
	}
	int64_t deadline = tusk_deadline_ns(tusk_fd_timeout(fd, SO_RCVTIMEO));
	struct iovec *parts = safe_pemalloc(asked->msg_iovlen, sizeof(*parts), 0, 1);
	memcpy(parts, asked->msg_iov, asked->msg_iovlen * sizeof(*parts));
	message.msg_iov = parts;
	message.msg_name = NULL;
	message.msg_namelen = 0;
	message.msg_control = NULL;
	message.msg_controllen = 0;
	size_t done = 0;
	while (have < length) {
		tusk_advance(&message, have - done);
		done = have;
		ssize_t more = recvmsg(fd, &message, (flags & ~MSG_WAITALL) | MSG_DONTWAIT);
		if (more > 0) {
			have += (size_t) more;
		} else if (!nothing_there(more) || tusk_intercept_wait_restarting(fd, POLLIN, tusk_left_ns(deadline), caller) <= 0) {
			break; /* what was received is the result; an error is met by the next call */
		}
	}
	pefree(parts, 1);
	return (ssize_t) have;
}

ssize_t tusk_libc_recvmsg(int fd, struct msghdr *message, int flags)
{
	if (!tusk_suspends() || plain_flags(flags) || message->msg_iovlen > IOV_MAX) {
		return recvmsg(fd, message, flags);
	}
	target to = {.message = message};
	struct msghdr asked = *message;
	ssize_t received = receive_message(fd, &to, flags & ~MSG_WAITALL, TUSK_CALLER);
	if (received <= 0 || !(flags & MSG_WAITALL) || !is_stream(fd)) {
		return received;
	}
	int error = errno;
	received = receive_rest(fd, &asked, message, (size_t) received, flags, TUSK_CALLER);
	errno = error;
	return received;
}

/* ---- read ------------------------------------------------------------------------ */

/* Waits until a read would return at once: 0, or -1 with errno. */
static int wait_readable(int fd, const void *caller)
{
	for (;;) {
		struct pollfd one = {.fd = fd, .events = POLLIN};
		if (poll(&one, 1, 0) != 0 || tusk_fd_nonblocking(fd)) {
			return 0;
		}
		int waited = tusk_intercept_wait_restarting(fd, POLLIN, -1, caller);
		if (waited < 0) {
			return tusk_fail(-waited);
		}
	}
}

static zend_never_inline ssize_t read_among_others(int fd, void *buf, size_t length, const void *caller)
{
	if (!tusk_suspends() || length == 0) {
		return read(fd, buf, length);
	}
	switch (tusk_fd_kind_of(fd)) {
		case TUSK_FD_SOCKET: {
			ssize_t received = receive(fd, buf, length, 0, caller);
			if (received >= 0 || errno != ENOTSOCK) {
				return received;
			}
			tusk_fd_forget(fd);
			return wait_readable(fd, caller) < 0 ? -1 : read(fd, buf, length);
		}
		case TUSK_FD_PIPE:
		case TUSK_FD_OTHER:
			return wait_readable(fd, caller) < 0 ? -1 : read(fd, buf, length);
		default: {
			ssize_t got;
			return tusk_read_slow_file(fd, buf, length, &got) ? got : read(fd, buf, length);
		}
	}
}

ssize_t tusk_libc_read(int fd, void *buf, size_t length)
{
	tusk_untouched_fd = -1;
	if (EXPECTED(!tusk_concurrent)) {
		return read(fd, buf, length);
	}
	return read_among_others(fd, buf, length, TUSK_CALLER);
}

ssize_t tusk_libc___read_chk(int fd, void *buf, size_t length, size_t room)
{
	if (length > room) {
		abort(); /* as libc does */
	}
	return tusk_libc_read(fd, buf, length);
}

ssize_t tusk_libc_readv(int fd, const struct iovec *parts, int count)
{
	tusk_untouched_fd = -1;
	if (!tusk_suspends() || count <= 0 || tusk_fd_kind_of(fd) == TUSK_FD_READY) {
		return readv(fd, parts, count);
	}
	if (tusk_fd_kind_of(fd) != TUSK_FD_SOCKET) {
		return wait_readable(fd, TUSK_CALLER) < 0 ? -1 : readv(fd, parts, count);
	}
	struct msghdr message = {.msg_iov = (struct iovec *) parts, .msg_iovlen = (size_t) count};
	target to = {.message = &message};
	return receive_message(fd, &to, 0, TUSK_CALLER);
}
