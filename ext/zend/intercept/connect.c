/* connect, accept, accept4 and getaddrinfo.
 *
 * A blocking connect is made non-blocking for its own duration: the descriptor is new and
 * nobody else uses it. An accept is tried in the same way, because another process that
 * shares the socket may take the connection between readiness and the call.
 */
#define _GNU_SOURCE
#include "intercept/intercept.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>

bool tusk_set_nonblocking(int fd, bool on);

/* A local socket whose queue is full says EAGAIN and can not be polled for room. */
#define FULL_QUEUE_FIRST_PAUSE_NS 200000
#define FULL_QUEUE_LAST_PAUSE_NS 20000000

static int connect_result(int fd)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) {
		return errno;
	}
	return error;
}

/* After EINPROGRESS: 0 or an errno. */
static int await_connected(int fd, int64_t deadline, const void *caller)
{
	int waited = tusk_intercept_wait_restarting(fd, POLLOUT, tusk_left_ns(deadline), caller);

	if (waited == 0) {
		return EINPROGRESS; /* what SO_SNDTIMEO gives */
	}
	return waited < 0 ? -waited : connect_result(fd);
}

static int connect_slowly(int fd, const struct sockaddr *address, socklen_t length, const void *caller)
{
	int64_t deadline = tusk_deadline_ns(tusk_fd_timeout(fd, SO_SNDTIMEO));

	for (int64_t pause = FULL_QUEUE_FIRST_PAUSE_NS;; pause = pause * 2 < FULL_QUEUE_LAST_PAUSE_NS ? pause * 2 : FULL_QUEUE_LAST_PAUSE_NS) {
		int64_t unslept;
		if (connect(fd, address, length) == 0) {
			return 0;
		}
		if (errno == EINPROGRESS) {
			return await_connected(fd, deadline, caller);
		}
		if (errno != EAGAIN) {
			return errno;
		}
		if (tusk_left_ns(deadline) == 0) {
			return EAGAIN;
		}
		int slept = tusk_rt_wait_sleep(pause, &unslept);
		if (slept < 0) {
			return -slept;
		}
	}
}

int tusk_libc_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	if (!tusk_suspends() || tusk_fd_nonblocking(fd)) {
		return connect(fd, address, length);
	}
	tusk_fd_expects(fd, false);
	tusk_set_nonblocking(fd, true);
	int error = connect_slowly(fd, address, length, TUSK_CALLER);
	if (error != EBADF) {
		tusk_set_nonblocking(fd, false);
	}
	return error ? tusk_fail(error) : 0;
}

static int accept_slowly(int fd, struct sockaddr *address, socklen_t *length, int flags, const void *caller)
{
	int64_t deadline = tusk_deadline_ns(tusk_fd_timeout(fd, SO_RCVTIMEO));
	struct pollfd one = {.fd = fd, .events = POLLIN};

	for (;;) {
		if (poll(&one, 1, 0) != 0) {
			tusk_set_nonblocking(fd, true);
			int taken = accept4(fd, address, length, flags);
			int error = errno;
			tusk_set_nonblocking(fd, false);
			errno = error;
			if (taken >= 0 || error != EAGAIN) {
				return taken;
			}
		}
		int waited = tusk_intercept_wait_restarting(fd, POLLIN, tusk_left_ns(deadline), caller);
		if (waited <= 0) {
			return tusk_fail(waited == 0 ? EAGAIN : -waited);
		}
	}
}

int tusk_libc_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	if (!tusk_suspends() || tusk_fd_nonblocking(fd)) {
		return accept4(fd, address, length, flags);
	}
	return accept_slowly(fd, address, length, flags, TUSK_CALLER);
}

int tusk_libc_accept(int fd, struct sockaddr *address, socklen_t *length)
{
	if (!tusk_suspends() || tusk_fd_nonblocking(fd)) {
		return accept(fd, address, length);
	}
	return accept_slowly(fd, address, length, 0, TUSK_CALLER);
}

/* ---- names ------------------------------------------------------------------------ */

static bool is_address(const char *host)
{
	unsigned char binary[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, binary) == 1 || inet_pton(AF_INET6, host, binary) == 1;
}

int tusk_libc_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
	if (!tusk_suspends() || !host || (hints && (hints->ai_flags & AI_NUMERICHOST)) || is_address(host)) {
		return getaddrinfo(host, service, hints, result);
	}
	int error = tusk_rt_wait_getaddrinfo(host, service, hints, result, -1);
	if (error == -ECANCELED || error == -ETIMEDOUT) {
		errno = ECANCELED;
		return EAI_SYSTEM;
	}
	return error;
}
