/* What is remembered of a descriptor between two calls: what kind it is, and whether an
 * answer is expected on it. Covered code closes through close() below; a descriptor that
 * others close and reuse may be taken for its predecessor once, see intercept/intercept.h.
 */
#include "intercept/intercept.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include "musl.h"

/* A process with more descriptors than this asks each time for those beyond. */
#define REMEMBERED 4096

#define KIND_MASK 7
#define EXPECTS 8
#define LINGERS 16

static unsigned char remembered[REMEMBERED];

static tusk_fd_kind ask_kind(int fd)
{
	struct statx status;

	/* A server of files is not asked: what kind of file it is never changes. */
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &status) != 0) {
		struct stat asked;
		if (errno != ENOSYS || fstat(fd, &asked) != 0) {
			return TUSK_FD_UNKNOWN;
		}
		status.stx_mode = (uint16_t) asked.st_mode;
	}
	switch (status.stx_mode & S_IFMT) {
		case S_IFSOCK:
			return TUSK_FD_SOCKET;
		case S_IFIFO:
			return TUSK_FD_PIPE;
		case S_IFREG:
		case S_IFDIR:
		case S_IFBLK:
			return TUSK_FD_READY;
		default:
			return TUSK_FD_OTHER;
	}
}

tusk_fd_kind tusk_fd_kind_of(int fd)
{
	if (fd < 0 || fd >= REMEMBERED) {
		return ask_kind(fd);
	}
	if (!(remembered[fd] & KIND_MASK)) {
		remembered[fd] |= (unsigned char) ask_kind(fd);
	}
	return (tusk_fd_kind) (remembered[fd] & KIND_MASK);
}

void tusk_fd_forget(int fd)
{
	if (fd >= 0 && fd < REMEMBERED) {
		remembered[fd] = 0;
	}
}

/* The last request that went out, until somebody was told that its answer is not there yet. */
static int asked = -1;
static uint64_t asked_beat;

void tusk_fd_expects(int fd, bool answer)
{
	if (answer) {
		asked = fd;
		asked_beat = tusk_beat;
	}
	if (fd >= 0 && fd < REMEMBERED) {
		remembered[fd] = (unsigned char) (answer ? remembered[fd] | EXPECTS : remembered[fd] & ~EXPECTS);
	}
}

bool tusk_fd_expecting(int fd)
{
	return fd >= 0 && fd < REMEMBERED && (remembered[fd] & EXPECTS);
}

bool tusk_fd_has_just_asked(int fd)
{
	if (fd != asked || asked_beat != tusk_beat || !tusk_fd_expecting(fd)) {
		return false;
	}
	asked = -1;
	return true;
}

void tusk_fd_set_lingers(int fd, bool lingers)
{
	if (fd >= 0 && fd < REMEMBERED) {
		remembered[fd] = (unsigned char) (lingers ? remembered[fd] | LINGERS : remembered[fd] & ~LINGERS);
	}
}

bool tusk_fd_lingers(int fd)
{
	return fd >= 0 && fd < REMEMBERED && (remembered[fd] & LINGERS);
}

bool tusk_fd_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || (flags & O_NONBLOCK);
}

bool tusk_fd_has_error(int fd)
{
	struct pollfd one = {.fd = fd};

	return poll(&one, 1, 0) > 0 && (one.revents & POLLERR);
}

int64_t tusk_fd_timeout(int fd, int option)
{
	struct timeval time = {0, 0};
	socklen_t length = sizeof(time);

	if (getsockopt(fd, SOL_SOCKET, option, &time, &length) != 0 || (time.tv_sec == 0 && time.tv_usec == 0)) {
		return -1;
	}
	return tusk_timeout_of(time.tv_sec, time.tv_usec);
}
