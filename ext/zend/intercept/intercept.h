/* What the files of intercept/ share: replacements for the libc functions that libraries
 * wait in (ARCHITECTURE, "Interposition"; docs/intercept.md).
 *
 * Rules that every replacement keeps:
 * 1. It asks tusk_suspends() first, and is libc's own function when that says no. So it is
 *    libc's function in every other thread, outside coroutines, in destructors, and after
 *    a fork.
 * 2. Results, errno and side effects are libc's. What a caller asked to be non-blocking is
 *    never waited for, and SO_RCVTIMEO and SO_SNDTIMEO end a wait as the kernel would.
 * 3. errno is set last, after the coroutine has resumed.
 * 4. Nothing is thrown through C frames. A cancelled wait fails with ECANCELED; the
 *    exception is pending and rises when C has returned to PHP.
 */
#ifndef TUSK_INTERCEPT_H
#define TUSK_INTERCEPT_H

#include "tusk.h"
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

/* PHP's thread, as cheap to compare as the processor allows. */
extern uintptr_t tusk_php_thread;

static zend_always_inline uintptr_t tusk_thread_pointer(void)
{
#if defined(__has_builtin)
# if __has_builtin(__builtin_thread_pointer)
	return (uintptr_t) __builtin_thread_pointer();
# else
	return (uintptr_t) pthread_self();
# endif
#else
	return (uintptr_t) pthread_self();
#endif
}

/* May the caller of a libc function be suspended here? Also where a callback of the PHP function that
 * makes this call has thrown, and C goes on; and where the coroutine was cancelled in it
 * (tusk_state_gives_up): a replacement then does what needs no wait, and its wait fails at once.
 * libc's own call would hold up everybody. */
static zend_always_inline bool tusk_suspends(void)
{
	return UNEXPECTED(tusk_concurrent) && tusk_thread_pointer() == tusk_php_thread
		&& (tusk_hooks & TUSK_HOOK_INTERCEPT) && (EXPECTED(tusk_state_may_switch()) || tusk_state_waits_below_a_throw());
}

static inline int tusk_fail(int error)
{
	errno = error;
	return -1;
}

/* ---- what is known of a descriptor (intercept/descriptor.c) ------------------ */

typedef enum {
	TUSK_FD_UNKNOWN,
	TUSK_FD_READY,  /* a file or a device that is never waited for */
	TUSK_FD_SOCKET,
	TUSK_FD_PIPE,   /* also a FIFO */
	TUSK_FD_OTHER,  /* can be polled: a terminal, an eventfd */
} tusk_fd_kind;

/* Remembered until the descriptor is closed by covered code. A stale answer costs a stall
 * or a failed call, never a wrong result. */
tusk_fd_kind tusk_fd_kind_of(int fd);
void tusk_fd_forget(int fd);
/* A request went out and no answer was read yet: looking whether it is there is wasted. */
void tusk_fd_expects(int fd, bool answer);
bool tusk_fd_expecting(int fd);
/* A request went out in this very turn of the coroutine. Said once: who looks again and again for
 * the answer, and never waits, sees it when it comes. */
bool tusk_fd_has_just_asked(int fd);
/* Does closing the socket wait for its peer (SO_LINGER)? */
void tusk_fd_set_lingers(int fd, bool lingers);
bool tusk_fd_lingers(int fd);
bool tusk_fd_nonblocking(int fd);
/* Whether the next call on a socket will fail. Asking does not take the error from it. */
bool tusk_fd_has_error(int fd);
/* SO_RCVTIMEO or SO_SNDTIMEO in nanoseconds; -1 for none. */
int64_t tusk_fd_timeout(int fd, int option);

/* ---- waiting (intercept/wait.c) ------------------------------------------------ */

/* What is waited in, for `close` by another coroutine and for a cancel. `caller` is the
 * return address of the replacement. */
typedef struct {
	uint32_t first; /* in the register, see intercept/wait.c */
	uint32_t closes;
} tusk_waiting;

void tusk_waiting_begin(tusk_waiting *waiting, const struct pollfd *fds, unsigned count);
/* False if one of them was closed meanwhile. */
bool tusk_waiting_end(tusk_waiting *waiting);
/* The descriptor is about to be closed: whoever waits in it gets EBADF. */
void tusk_waiting_close(int fd);
void tusk_waiting_reset(void);
/* The same, whoever is about: no poll stays armed on it. */
void tusk_kept_close(int fd);
bool tusk_caller_is_curl(const void *caller);
/* Is a poll for this armed on it, of which nothing has come? Said once for each wait. */
bool tusk_kept_quiet(int fd, short events);

/* revents > 0; 0 at the deadline; -EBADF, -ECANCELED, -EINTR. */
int tusk_intercept_wait(int fd, short events, int64_t timeout_ns, const void *caller);
/* The same for calls that SA_RESTART restarts, which is what pcntl_signal() asks for: a signal ends
 * the wait only where the socket has a timeout of its own, as in the kernel. */
int tusk_intercept_wait_restarting(int fd, short events, int64_t timeout_ns, const void *caller);
/* As poll(2), after a look that found nothing; negative errno. */
int tusk_intercept_wait_many(struct pollfd *fds, unsigned count, int64_t timeout_ns, const void *caller);
/* A wait in this socket was given up with an answer outstanding: if a client library made
 * it, the socket is shut down, so that the library finds its connection broken. */
void tusk_intercept_break(int fd, const void *caller);

/* A call that could have waited did not need to: lets others run if that has gone on for
 * long, as in a large transfer from a fast peer. A call that was asked not to wait gives its
 * caller: PHP code that asks for that expects no switch, only a library's inner loop gives
 * way. */
void tusk_intercept_was_ready(const void *library_only);

int64_t tusk_now_ns(void);
int64_t tusk_left_ns(int64_t deadline_ns);
int64_t tusk_deadline_ns(int64_t timeout_ns);

/* What the kernel takes: all else is EINVAL. */
static inline bool tusk_timespec_valid(const struct timespec *time)
{
	return time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec < 1000000000;
}

static inline int64_t tusk_timespec_ns(const struct timespec *time)
{
	if (!time || time->tv_sec > INT32_MAX) {
		return -1;
	}
	return (int64_t) time->tv_sec * 1000000000 + time->tv_nsec;
}

/* ---- the table (intercept/table.c) -------------------------------------------- */

#define TUSK_CALLER __builtin_return_address(0)

#define TUSK_REPLACEMENTS(X) \
	X(poll) X(ppoll) X(select) X(pselect) X(epoll_wait) \
	X(connect) X(accept) X(accept4) X(getaddrinfo) X(gethostbyname) X(gethostbyname_r) \
	X(recv) X(recvfrom) X(recvmsg) X(read) X(readv) \
	X(send) X(sendto) X(sendmsg) X(write) X(writev) \
	X(sleep) X(usleep) X(nanosleep) X(clock_nanosleep) \
	X(close) X(dlopen) X(dlsym) X(sigaction) X(signal) X(fsync) X(fdatasync) \
	X(__poll_chk) X(__recv_chk) X(__recvfrom_chk) X(__read_chk)

/* The descriptor is about to be closed by covered code. */
void tusk_intercept_closing(int fd);

int tusk_libc_connect(int fd, const struct sockaddr *address, socklen_t length);
/* Takes `done` bytes off the front of the parts (intercept/send.c). */
void tusk_advance(struct msghdr *message, size_t done);

/* Redirects slots now; done once before the first coroutine, and before FFI opens anything. */
void tusk_intercept_install(void);
void tusk_intercept_shutdown(void);
/* MINIT. */
void tusk_intercept_startup(void);

#endif
