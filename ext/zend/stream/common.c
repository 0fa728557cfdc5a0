/* Small things the hooks share: a clock that never goes back, and O_NONBLOCK.
 */
#include "stream/stream.h"
#include <fcntl.h>
#include <time.h>

int64_t tusk_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t tusk_deadline_ns(int64_t timeout_ns)
{
	return timeout_ns < 0 ? -1 : tusk_now_ns() + timeout_ns;
}

int64_t tusk_left_ns(int64_t deadline_ns)
{
	if (deadline_ns < 0) {
		return -1;
	}
	int64_t left = deadline_ns - tusk_now_ns();
	return left > 0 ? left : 0;
}

bool tusk_set_nonblocking(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);
	bool was = (flags & O_NONBLOCK) != 0;

	if (flags != -1 && was != on) {
		fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
	}
	return was;
}
