/* sleep, usleep, nanosleep and clock_nanosleep.
 *
 * A cancelled sleep says that it has slept: callers repeat one that was interrupted, and
 * would do so for ever.
 */
#include "intercept/intercept.h"
#include <unistd.h>

#define NS_PER_SECOND INT64_C(1000000000)

unsigned tusk_libc_sleep(unsigned seconds)
{
	int64_t left = 0;

	if (!tusk_suspends() || seconds == 0) {
		return sleep(seconds);
	}
	if (tusk_rt_wait_sleep((int64_t) seconds * NS_PER_SECOND, &left) != -EINTR) {
		return 0;
	}
	return (unsigned) ((left + NS_PER_SECOND - 1) / NS_PER_SECOND);
}

int tusk_libc_usleep(useconds_t microseconds)
{
	int64_t left;

	if (!tusk_suspends() || microseconds == 0) {
		return usleep(microseconds);
	}
	return tusk_rt_wait_sleep((int64_t) microseconds * 1000, &left) == -EINTR ? tusk_fail(EINTR) : 0;
}

static void put_rest(struct timespec *rest, int64_t left)
{
	if (rest) {
		*rest = (struct timespec) {.tv_sec = left / NS_PER_SECOND, .tv_nsec = left % NS_PER_SECOND};
	}
}

static bool valid(const struct timespec *time)
{
	return time && tusk_timespec_valid(time) && time->tv_sec < INT32_MAX;
}

int tusk_libc_nanosleep(const struct timespec *time, struct timespec *rest)
{
	int64_t left = 0;

	if (!tusk_suspends() || !valid(time)) {
		return nanosleep(time, rest);
	}
	if (tusk_rt_wait_sleep(tusk_timespec_ns(time), &left) != -EINTR) {
		return 0;
	}
	put_rest(rest, left);
	return tusk_fail(EINTR);
}

int tusk_libc_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *rest)
{
	struct timespec now;
	int64_t left = 0;

	if (!tusk_suspends() || !valid(time) || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)) {
		return clock_nanosleep(clock, flags, time, rest);
	}
	int64_t ns = tusk_timespec_ns(time);
	if (flags & TIMER_ABSTIME) {
		clock_gettime(clock, &now);
		ns -= tusk_timespec_ns(&now);
	}
	if (ns <= 0) {
		return clock_nanosleep(clock, flags, time, rest);
	}
	if (tusk_rt_wait_sleep(ns, &left) != -EINTR) {
		return 0;
	}
	if (!(flags & TIMER_ABSTIME)) {
		put_rest(rest, left);
	}
	return EINTR;
}
