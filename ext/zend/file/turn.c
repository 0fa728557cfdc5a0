/* Calls on files that are made in place: when others get their turn, and which call stalled.
 *
 * A call stalls when it takes long because it waits. One that takes long because other
 * processes had the processor says nothing of its mount. The kernel counts how often a thread
 * has slept of its own accord; to ask costs as much as a short call, so it is done only for
 * SUSPECT_NS after a call that took long, that first call is forgiven, and calls of one tick
 * without a switch share the answer: the thread's own waits are switches.
 */
#include "file/file.h"
#include <sys/resource.h>
#include <time.h>

/* As long as strikes against a mount are remembered (file/mount.c). */
#define SUSPECT_NS (60 * INT64_C(1000000000))

int64_t tusk_slice;
uint64_t tusk_slice_beat;
/* The same on the fine clock, because a tick may end a moment later. */
static int64_t slice_fine;

int64_t tusk_suspect_until;
static long sleeps;
/* When they were counted. */
static int64_t counted_at;
static uint64_t counted_beat;

int64_t tusk_coarse_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static long count_sleeps(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nvcsw : 0;
}

void tusk_call_suspected(int64_t now)
{
	int error = errno;

	if (now == counted_at && tusk_beat == counted_beat) {
		return;
	}
	sleeps = count_sleeps();
	counted_at = now;
	counted_beat = tusk_beat;
	errno = error;
}

bool tusk_call_stalled(int64_t begun, int64_t now)
{
	if (EXPECTED(now - begun < TUSK_STALL_NS)) {
		return false;
	}
	int error = errno;
	bool waited = begun < tusk_suspect_until && count_sleeps() > sleeps;
	tusk_suspect_until = now + SUSPECT_NS;
	errno = error;
	return waited;
}

bool tusk_after_slow_call(int64_t begun, int64_t now)
{
	uint64_t beat = tusk_beat;

	if (beat != tusk_slice_beat) {
		tusk_slice_beat = beat;
		tusk_slice = begun;
		slice_fine = tusk_now_ns();
	}
	bool stalled = tusk_call_stalled(begun, now);
	if (now - tusk_slice >= TUSK_BREATH_NS && tusk_now_ns() - slice_fine >= TUSK_BREATH_NS) {
		tusk_rt_breathe();
	}
	return stalled;
}
