/* Locks and messages between processes: flock, fcntl's record locks, System V semaphores
 * and messages, and waiting for a signal.
 *
 * None of these has a descriptor that becomes ready. Each is tried without waiting, with
 * pauses that grow to 10 ms, so any number of coroutines may wait and no thread is taken.
 * Two things are not libc's: who waits longest need not be next, and fcntl() does not
 * find a deadlock between processes (EDEADLK).
 */
#include "libc/libc.h"
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

/* A lock is often held for less than a millisecond; one that is held for seconds should
 * cost little to wait for, and 10 ms late is not late then. */
#define FIRST_PAUSE_NS 100000
#define LONGEST_PAUSE_NS 10000000

int tusk_pause(unsigned *tries)
{
	int64_t pause = (int64_t) FIRST_PAUSE_NS << (*tries < 7 ? *tries : 7);

	++*tries;
	int slept = tusk_rt_wait_sleep(pause < LONGEST_PAUSE_NS ? pause : LONGEST_PAUSE_NS, NULL);
	if (slept == -ECANCELED) {
		errno = ECANCELED;
		return -ECANCELED;
	}
	return slept == -EINTR ? -EINTR : 0; /* most go on then, as with SA_RESTART */
}

/* System V messages: the kernel never restarts these, whatever the handler asked for. */
static int pause_unless_interrupted(unsigned *tries)
{
	int paused = tusk_pause(tries);

	if (paused == -EINTR) {
		errno = EINTR;
	}
	return paused;
}

/* A call that succeeds leaves errno as it was before all its tries. */
static ssize_t succeeded(ssize_t result, int error_before)
{
	if (result >= 0) {
		errno = error_before;
	}
	return result;
}

static int libc_flock(int fd, int operation)
{
	int error = errno, result = flock(fd, operation | (tusk_libc_hooked(TUSK_HOOK_LOCK) ? LOCK_NB : 0));
	/* The PHP stream this is for, if any; the next call may be for another. */
	const struct tusk_hold *hold = tusk_option_hold;
	unsigned tries = 0;

	tusk_option_hold = NULL;
	while (result == -1 && errno == EWOULDBLOCK && !(operation & LOCK_NB)) {
		if (tusk_pause(&tries) == -ECANCELED) {
			return -1;
		}
		if (hold && tusk_option_closing(hold)) {
			errno = EBADF;
			return -1;
		}
		result = flock(fd, operation | LOCK_NB);
	}
	return succeeded(result, error);
}

static int libc_fcntl(int fd, int command, ...)
{
	va_list arguments;
	unsigned tries = 0;

	/* Whatever the argument is, it is passed like a pointer on the 64-bit machines that
	 * Tusk runs on; libc's own fcntl does the same. */
	va_start(arguments, command);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	int instead = command == F_SETLKW ? F_SETLK : command == F_OFD_SETLKW ? F_OFD_SETLK : command;
	if (EXPECTED(instead == command) || !tusk_libc_hooked(TUSK_HOOK_LOCK)) {
		return fcntl(fd, command, argument);
	}
	int error = errno, result = fcntl(fd, instead, argument);
	while (result == -1 && (errno == EAGAIN || errno == EACCES)) {
		if (tusk_pause(&tries) == -ECANCELED) {
			return -1;
		}
		result = fcntl(fd, instead, argument);
	}
	return succeeded(result, error);
}

/* The kernel's own bound of operations in one call (SEMOPM). */
#define MOST_OPERATIONS 500

static int libc_semop(int set, struct sembuf *operations, size_t count)
{
	unsigned tries = 0;
	int result, error = errno;

	if (!tusk_libc_hooked(TUSK_HOOK_LOCK) || count > MOST_OPERATIONS) {
		return semop(set, operations, count);
	}
	struct sembuf now[MOST_OPERATIONS];
	bool would_wait = false;
	for (size_t i = 0; i < count; i++) {
		now[i] = operations[i];
		would_wait |= !(now[i].sem_flg & IPC_NOWAIT);
		now[i].sem_flg |= IPC_NOWAIT;
	}
	while ((result = semop(set, now, count)) == -1 && errno == EAGAIN && would_wait) {
		if (tusk_pause(&tries) == -ECANCELED) {
			return -1;
		}
	}
	return succeeded(result, error);
}

static ssize_t libc_msgrcv(int queue, void *message, size_t size, long type, int flags)
{
	unsigned tries = 0;
	int error = errno;
	ssize_t result;

	if ((flags & IPC_NOWAIT) || !tusk_libc_hooked(TUSK_HOOK_LOCK)) {
		return msgrcv(queue, message, size, type, flags);
	}
	while ((result = msgrcv(queue, message, size, type, flags | IPC_NOWAIT)) == -1 && errno == ENOMSG) {
		if (pause_unless_interrupted(&tries) < 0) {
			return -1;
		}
	}
	return succeeded(result, error);
}

static int libc_msgsnd(int queue, const void *message, size_t size, int flags)
{
	unsigned tries = 0;
	int result, error = errno;

	if ((flags & IPC_NOWAIT) || !tusk_libc_hooked(TUSK_HOOK_LOCK)) {
		return msgsnd(queue, message, size, flags);
	}
	while ((result = msgsnd(queue, message, size, flags | IPC_NOWAIT)) == -1 && errno == EAGAIN) {
		if (pause_unless_interrupted(&tries) < 0) {
			return -1;
		}
	}
	return succeeded(result, error);
}

/* Signals that are blocked while a coroutine waits for them: the kernel gives a signal to who
 * waits for it in sigwaitinfo(2) and not to a handler, blocked or not. */
static sigset_t held_back;

static void hold_back(const sigset_t *signals, sigset_t *before)
{
	pthread_sigmask(SIG_BLOCK, signals, before);
	if (tusk_signal_holders++ == 0) {
		sigemptyset(&held_back);
	}
	for (int signal = 1; signal <= SIGRTMAX; signal++) {
		if (sigismember(signals, signal) == 1 && sigismember(before, signal) == 0) {
			sigaddset(&held_back, signal);
		}
	}
}

static void let_go(const sigset_t *signals, const sigset_t *before)
{
	sigset_t mine;

	tusk_signal_holders--;
	sigemptyset(&mine);
	for (int signal = 1; signal <= SIGRTMAX; signal++) {
		if (sigismember(signals, signal) == 1 && sigismember(before, signal) == 0) {
			sigaddset(&mine, signal);
			sigdelset(&held_back, signal);
		}
	}
	pthread_sigmask(SIG_UNBLOCK, &mine, NULL);
}

/* In the child of a fork that was made while somebody did: nobody waits there any more. */
void tusk_signals_forked(void)
{
	tusk_signal_holders = 0;
	pthread_sigmask(SIG_UNBLOCK, &held_back, NULL);
}

/* Is there one? As sigtimedwait(2) without a timeout. */
static int signal_now(const sigset_t *signals, siginfo_t *info)
{
	const struct timespec now = {0, 0};

	return sigtimedwait(signals, info, &now);
}

static int signal_suspending(const sigset_t *signals, siginfo_t *info, int64_t timeout_ns)
{
	unsigned tries = 0;
	int64_t deadline = tusk_deadline_ns(timeout_ns);
	int result, error = errno;
	sigset_t before;

	hold_back(signals, &before);
	while ((result = signal_now(signals, info)) == -1 && (errno == EAGAIN || errno == EINTR)) {
		if (timeout_ns >= 0 && tusk_left_ns(deadline) == 0) {
			errno = EAGAIN;
			break;
		}
		if (tusk_pause(&tries) == -ECANCELED) {
			break;
		}
	}
	int failure = errno;
	let_go(signals, &before);
	errno = failure;
	return succeeded(result, error);
}

static int libc_sigwaitinfo(const sigset_t *signals, siginfo_t *info)
{
	return tusk_libc_hooked(TUSK_HOOK_PROCESS) ? signal_suspending(signals, info, -1) : sigwaitinfo(signals, info);
}

static int libc_sigtimedwait(const sigset_t *signals, siginfo_t *info, const struct timespec *timeout)
{
	if (!tusk_libc_hooked(TUSK_HOOK_PROCESS) || !timeout || timeout->tv_nsec < 0 || timeout->tv_nsec > 999999999
		|| timeout->tv_sec < 0 || timeout->tv_sec > INT32_MAX) {
		return sigtimedwait(signals, info, timeout);
	}
	return signal_suspending(signals, info, (int64_t) timeout->tv_sec * 1000000000 + timeout->tv_nsec);
}

const tusk_libc_function tusk_libc_locks[] = {
	{"flock", libc_flock},
	{"fcntl", libc_fcntl},
	{"semop", libc_semop},
	{"msgrcv", libc_msgrcv},
	{"msgsnd", libc_msgsnd},
	{"sigwaitinfo", libc_sigwaitinfo},
	{"sigtimedwait", libc_sigtimedwait},
	{NULL, NULL},
};
