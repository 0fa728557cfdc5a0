/* poll, ppoll, select, pselect and epoll_wait.
 *
 * Each first looks without waiting. What select reports is always computed by select
 * itself, with a timeout of zero after the wait, so that sets, counts and EBADF are the
 * kernel's.
 *
 * With a signal mask, ppoll and pselect wait in pieces: each piece looks under the mask and without
 * waiting, so that a signal which the mask lets in ends the call with EINTR as it does in the
 * kernel, at most MASKED_PIECE_NS late. While others run, the process has its own mask.
 */
#include "intercept/intercept.h"
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>

/* Also the only descriptor of a call that writes out PHP's own output: no switch there. */
static bool is_output(int fd)
{
	return fd == STDOUT_FILENO || fd == STDERR_FILENO;
}

/* What poll(2) reports whether or not it was asked to. */
#define ALWAYS_REPORTED (POLLERR | POLLHUP | POLLNVAL)

/* Does it only read, where a request has just gone out? Nothing can be there yet, and if
 * there is, the wait ends at once. */
static bool awaits_answer(const struct pollfd *fds, nfds_t count)
{
	bool expecting = false;

	for (nfds_t i = 0; i < count && i < 2; i++) {
		if ((fds[i].events & ~ALWAYS_REPORTED) != POLLIN) {
			return false;
		}
		expecting = expecting || tusk_fd_expecting(fds[i].fd);
	}
	return expecting && count <= 2;
}

/* The answer has come: the next receive finds it without a wait. */
static void note_answers(const struct pollfd *fds, nfds_t count)
{
	for (nfds_t i = 0; i < count; i++) {
		if (fds[i].revents) {
			tusk_fd_expects(fds[i].fd, false);
		}
	}
}

#define READS (POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND)

/* libcurl looks when it has just sent a request whether it can read, and before each transfer at the
 * descriptor on which it is woken. Nothing has come as far as is known, so it is answered as if it had
 * looked a moment before; its next look is the kernel's. */
static bool nothing_came(const struct pollfd *fds, nfds_t count, const void *caller)
{
	return count == 1 && fds[0].fd >= 0 && !(fds[0].events & ~READS) && tusk_caller_is_curl(caller)
		&& (tusk_fd_has_just_asked(fds[0].fd) || tusk_kept_quiet(fds[0].fd, fds[0].events));
}

static int wait_for_any(struct pollfd *fds, nfds_t count, int64_t timeout_ns, const void *caller)
{
	int64_t deadline = tusk_deadline_ns(timeout_ns);
	int ready = awaits_answer(fds, count) ? 0 : poll(fds, count, 0);

	if (ready != 0) {
		tusk_intercept_was_ready(NULL);
	}
	/* At first all of it is left: no need to ask the clock twice. */
	for (int64_t left = timeout_ns; ready == 0; left = tusk_left_ns(deadline)) {
		if (left == 0) {
			return 0;
		}
		ready = tusk_intercept_wait_many(fds, (unsigned) count, left, caller);
		if (ready == 0) {
			return 0; /* the deadline */
		}
		if (ready < 0) {
			return tusk_fail(-ready);
		}
	}
	note_answers(fds, count);
	return ready;
}

static bool output_alone(const struct pollfd *fds, nfds_t count)
{
	return count == 1 && (fds[0].events & POLLOUT) && is_output(fds[0].fd);
}

static zend_never_inline int poll_among_others(struct pollfd *fds, nfds_t count, int timeout, const void *caller)
{
	if (!tusk_suspends()) {
		return poll(fds, count, timeout);
	}
	if (timeout == 0) {
		if (nothing_came(fds, count, caller)) {
			fds[0].revents = 0;
			return 0;
		}
		/* libcurl looks like this between two reads of a transfer that never pauses. */
		int ready = poll(fds, count, 0);
		if (ready > 0) {
			note_answers(fds, count);
			tusk_intercept_was_ready(caller);
		}
		return ready;
	}
	if (count > UINT16_MAX || output_alone(fds, count)) {
		return poll(fds, count, timeout);
	}
	return wait_for_any(fds, count, timeout < 0 ? -1 : (int64_t) timeout * 1000000, caller);
}

int tusk_libc_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	if (EXPECTED(!tusk_concurrent)) {
		return poll(fds, count, timeout);
	}
	return poll_among_others(fds, count, timeout, TUSK_CALLER);
}

int tusk_libc___poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size)
{
	if (size / sizeof(*fds) < count) {
		abort(); /* as libc does */
	}
	return tusk_libc_poll(fds, count, timeout);
}

/* A signal is a person's or a program's wish to be told soon; a look is a system call. */
#define MASKED_PIECE_NS 5000000

static int64_t piece_of(int64_t left)
{
	return left < 0 || left > MASKED_PIECE_NS ? MASKED_PIECE_NS : left;
}

static int ppoll_masked(struct pollfd *fds, nfds_t count, int64_t timeout_ns, const sigset_t *mask, const void *caller)
{
	const struct timespec now = {0, 0};
	int64_t deadline = tusk_deadline_ns(timeout_ns);

	for (;;) {
		int ready = ppoll(fds, count, &now, mask);
		int64_t left = tusk_left_ns(deadline);
		if (ready != 0 || left == 0) {
			return ready;
		}
		ready = wait_for_any(fds, count, piece_of(left), caller);
		if (ready != 0) {
			return ready;
		}
	}
}

int tusk_libc_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	int64_t timeout_ns = tusk_timespec_ns(timeout);
	bool invalid = timeout && !tusk_timespec_valid(timeout);

	if (mask && timeout_ns != 0 && count <= UINT16_MAX && !invalid && tusk_suspends()) {
		return ppoll_masked(fds, count, timeout_ns, mask, TUSK_CALLER);
	}
	if (!tusk_suspends() || invalid || timeout_ns == 0 || count > UINT16_MAX || output_alone(fds, count)) {
		return ppoll(fds, count, timeout, mask);
	}
	return wait_for_any(fds, count, timeout_ns, TUSK_CALLER);
}

/* ---- select ------------------------------------------------------------------- */

/* A set may be larger than fd_set: bits are looked at as the kernel does. */
static bool in_set(const fd_set *set, int fd)
{
	const unsigned long *words = (const unsigned long *) set;
	unsigned bits = 8 * sizeof(*words);

	return set && (words[(unsigned) fd / bits] >> ((unsigned) fd % bits) & 1);
}

static size_t set_bytes(int count)
{
	unsigned bits = 8 * sizeof(unsigned long);

	return ((unsigned) count + bits - 1) / bits * sizeof(unsigned long);
}

typedef struct {
	int count;
	fd_set *sets[3];
	unsigned char *copies; /* three copies of what was asked for */
	size_t bytes;
} selection;

static void restore_sets(const selection *all)
{
	for (int i = 0; i < 3; i++) {
		if (all->sets[i]) {
			memcpy(all->sets[i], all->copies + (size_t) i * all->bytes, all->bytes);
		}
	}
}

static int select_now(const selection *all)
{
	struct timeval none = {0, 0};

	restore_sets(all);
	return select(all->count, all->sets[0], all->sets[1], all->sets[2], &none);
}

/* The descriptors as poll(2) wants them; the caller frees the array. */
static struct pollfd *as_poll(const selection *all, unsigned *count)
{
	static const short events[3] = {POLLIN, POLLOUT, POLLPRI};
	struct pollfd *fds = safe_pemalloc((size_t) all->count + 1, sizeof(*fds), 0, 1);

	*count = 0;
	restore_sets(all);
	for (int fd = 0; fd < all->count; fd++) {
		short wanted = 0;
		for (int i = 0; i < 3; i++) {
			wanted |= in_set(all->sets[i], fd) ? events[i] : 0;
		}
		if (wanted) {
			fds[(*count)++] = (struct pollfd) {.fd = fd, .events = wanted};
		}
	}
	return fds;
}

/* poll(2) reports hang-ups that select(2) does not take for anything; to wait for those
 * again would not wait. */
#define PAUSE_NS 1000000

static int select_until(const selection *all, int64_t deadline, const void *caller)
{
	int ready = select_now(all);
	unsigned count;

	if (ready != 0) {
		return ready;
	}
	struct pollfd *fds = as_poll(all, &count);
	while (ready == 0) {
		int64_t left = tusk_left_ns(deadline), unslept;
		int waited = left == 0 ? 0 : count
			? tusk_intercept_wait_many(fds, count, left, caller)
			: tusk_rt_wait_sleep(left < 0 ? INT64_MAX : left, &unslept);
		if (waited < 0) {
			restore_sets(all);
			pefree(fds, 1);
			return tusk_fail(-waited);
		}
		ready = select_now(all);
		if (ready == 0 && waited > 0) {
			tusk_rt_wait_sleep(PAUSE_NS, &unslept);
		} else if (waited == 0) {
			break;
		}
	}
	pefree(fds, 1);
	return ready;
}

static int do_select(int count, fd_set *reads, fd_set *writes, fd_set *errors, int64_t deadline, const void *caller)
{
	selection all = {.count = count, .sets = {reads, writes, errors}, .bytes = set_bytes(count)};

	all.copies = safe_pemalloc(3, all.bytes + sizeof(unsigned long), 0, 1);
	for (int i = 0; i < 3; i++) {
		if (all.sets[i]) {
			memcpy(all.copies + (size_t) i * all.bytes, all.sets[i], all.bytes);
		}
	}
	int ready = select_until(&all, deadline, caller);
	int error = errno;
	pefree(all.copies, 1);
	errno = error;
	return ready;
}

static bool selects_output(int count, const fd_set *reads, const fd_set *writes)
{
	return !reads && writes && count >= 2 && count <= 3 && in_set(writes, count - 1);
}

int tusk_libc_select(int count, fd_set *reads, fd_set *writes, fd_set *errors, struct timeval *timeout)
{
	bool invalid = count < 0 || (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0));

	if (!tusk_suspends() || invalid || (timeout && timeout->tv_sec == 0 && timeout->tv_usec == 0)
		|| selects_output(count, reads, writes)) {
		return select(count, reads, writes, errors, timeout);
	}
	int64_t deadline = -1;
	if (timeout) {
		deadline = tusk_deadline_ns(tusk_timeout_of(timeout->tv_sec, timeout->tv_usec));
	}
	int ready = do_select(count, reads, writes, errors, deadline, TUSK_CALLER);
	if (timeout && deadline >= 0) {
		/* As Linux does. */
		int64_t left = tusk_left_ns(deadline);
		timeout->tv_sec = left / 1000000000;
		timeout->tv_usec = left % 1000000000 / 1000;
	}
	return ready;
}

static int pselect_masked(int count, fd_set *reads, fd_set *writes, fd_set *errors, int64_t timeout_ns, const sigset_t *mask, const void *caller)
{
	const struct timespec now = {0, 0};
	int64_t deadline = tusk_deadline_ns(timeout_ns);
	selection all = {.count = count, .sets = {reads, writes, errors}, .bytes = set_bytes(count)};
	int ready;

	all.copies = safe_pemalloc(3, all.bytes + sizeof(unsigned long), 0, 1);
	for (int i = 0; i < 3; i++) {
		if (all.sets[i]) {
			memcpy(all.copies + (size_t) i * all.bytes, all.sets[i], all.bytes);
		}
	}
	for (;;) {
		restore_sets(&all);
		ready = pselect(count, reads, writes, errors, &now, mask);
		int64_t left = tusk_left_ns(deadline);
		if (ready != 0 || left == 0) {
			break;
		}
		ready = select_until(&all, tusk_deadline_ns(piece_of(left)), caller);
		if (ready != 0) {
			break;
		}
	}
	int error = errno;
	pefree(all.copies, 1);
	errno = error;
	return ready;
}

int tusk_libc_pselect(int count, fd_set *reads, fd_set *writes, fd_set *errors,
	const struct timespec *timeout, const sigset_t *mask)
{
	int64_t timeout_ns = tusk_timespec_ns(timeout);

	if (!tusk_suspends() || count < 0 || timeout_ns == 0 || (timeout && !tusk_timespec_valid(timeout))) {
		return pselect(count, reads, writes, errors, timeout, mask);
	}
	if (mask) {
		return pselect_masked(count, reads, writes, errors, timeout_ns, mask, TUSK_CALLER);
	}
	return do_select(count, reads, writes, errors, tusk_deadline_ns(timeout_ns), TUSK_CALLER);
}

/* ---- epoll ---------------------------------------------------------------------- */

int tusk_libc_epoll_wait(int epoll, struct epoll_event *events, int room, int timeout)
{
	if (!tusk_suspends() || timeout == 0) {
		return epoll_wait(epoll, events, room, timeout);
	}
	int64_t deadline = tusk_deadline_ns(timeout < 0 ? -1 : (int64_t) timeout * 1000000);
	for (;;) {
		int ready = epoll_wait(epoll, events, room, 0);
		int64_t left = tusk_left_ns(deadline);
		if (ready != 0 || left == 0) {
			return ready;
		}
		int waited = tusk_intercept_wait(epoll, POLLIN, left, TUSK_CALLER);
		if (waited < 0) {
			return tusk_fail(-waited);
		}
	}
}
