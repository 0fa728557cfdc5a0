/* Opening a file. A FIFO is waited for without a thread, and without a look at every path.
 */
#include "file/stream.h"
#include "libc/path.h"
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include "musl.h"

/* Opening a FIFO waits for its other end. Whether a path is one is not known before, and
 * asking costs more than a tenth of opening a file. So a file is opened with O_NONBLOCK, and
 * PHP's fstat that always follows tells what it is and sets things right. A path that was a
 * regular file a moment ago is opened as ever. */
#define KNOWN_PATHS 1024
#define KNOWN_NS INT64_C(1000000000)

static struct { zend_ulong hash; int64_t until; } known[KNOWN_PATHS];
static struct { int fd, flags; zend_ulong hash; uint64_t beat; } fresh = {.fd = -1};
/* What was opened last, until it is looked at. */
static int opened_fd = -1;
int tusk_untouched_fd = -1;

static bool is_known(zend_ulong hash, int64_t now)
{
	return known[hash % KNOWN_PATHS].hash == hash && known[hash % KNOWN_PATHS].until > now;
}

static void know(zend_ulong hash)
{
	known[hash % KNOWN_PATHS].hash = hash;
	known[hash % KNOWN_PATHS].until = tusk_coarse_ns() + KNOWN_NS;
}

/* Asked before the compiler is entered, inside which nothing can be waited for. */
bool tusk_path_is_fifo(const char *path)
{
	zend_ulong hash = zend_inline_hash_func(path, strlen(path));
	struct stat status;
	int error = errno;

	if (EXPECTED(is_known(hash, tusk_coarse_ns()))) {
		return false;
	}
	bool is_there = stat(path, &status) == 0;
	errno = error;
	if (is_there && S_ISREG(status.st_mode)) {
		know(hash);
	}
	return is_there && S_ISFIFO(status.st_mode);
}

/* What the path was opened with first. */
static int open_at_once(const char *path, int flags, mode_t mode, int64_t now)
{
	zend_ulong hash = zend_inline_hash_func(path, strlen(path));

	if (EXPECTED(is_known(hash, now))) {
		return open(path, flags, mode);
	}
	if ((flags & O_NONBLOCK) || (flags & O_ACCMODE) == O_RDWR || strncmp(path, "/dev/", 5) == 0) {
		return open(path, flags, mode);
	}
	int error = errno;
	int fd = open(path, flags | O_NONBLOCK, mode);
	if (fd >= 0) {
		fresh.fd = fd;
		fresh.flags = flags;
		/* It follows before anybody else runs. */
		fresh.beat = tusk_beat;
		fresh.hash = hash;
	} else if (errno == EWOULDBLOCK) {
		errno = error;
		return open(path, flags, mode); /* somebody's lease is being broken */
	}
	return fd;
}

/* Nobody reads the FIFO yet. */
static int open_for_writing(const char *path, int flags, mode_t mode)
{
	struct stat status;
	unsigned tries = 0;
	int fd = -1, before = errno;

	errno = ENXIO;
	while (fd < 0 && errno == ENXIO && stat(path, &status) == 0 && S_ISFIFO(status.st_mode)) {
		if (tusk_pause(&tries) == -ECANCELED) {
			return -1;
		}
		fd = open(path, flags | O_NONBLOCK, mode);
	}
	if (fd >= 0) {
		tusk_set_nonblocking(fd, false);
		errno = before;
		return fd;
	}
	/* No FIFO: libc's own answer. */
	return errno == ENXIO ? open(path, flags, mode) : -1;
}

/* A FIFO that is open for reading: has it a writer, or had it one? tee() copies from it
 * without taking anything; it says 0 when there is no writer and EAGAIN when there is one. */
static bool has_writer(int fd, const int scratch[2])
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	if (poll(&ready, 1, 0) > 0) {
		return true; /* data, or a writer that has gone already */
	}
	return tee(fd, scratch[1], 1, SPLICE_F_NONBLOCK) != 0;
}

static int wait_for_writer(int fd)
{
	int scratch[2], result = 0;
	unsigned tries = 0;

	if (pipe2(scratch, O_CLOEXEC | O_NONBLOCK) != 0) {
		return 0; /* the first read finds no writer, and says so */
	}
	while (!has_writer(fd, scratch) && result != -ECANCELED) {
		result = tusk_pause(&tries);
	}
	close(scratch[0]);
	close(scratch[1]);
	return result == -ECANCELED ? result : 0;
}

/* There is no thread, or the open is not one for threads. */
#define NOT_OPENED (-2)

/* A thread that opened a FIFO would wait for as long as the FIFO has no other end, also when
 * the coroutine has been cancelled, and soon there would be none left. So it opens without
 * waiting here as well. Only a FIFO has no position; asking for it does not ask the mount. */
static int open_on_thread(const char *path, int flags, mode_t mode)
{
	bool may_wait = !(flags & O_NONBLOCK) && (flags & O_ACCMODE) != O_RDWR;
	int error = errno;
	tusk_path_job *job = tusk_path_job_make(TUSK_OPEN, path, NULL);

	if (job) {
		job->flags = may_wait ? flags | O_NONBLOCK : flags;
		job->mode = mode;
	}
	int waited = tusk_path_job_finish(job, path);
	if (waited != 0) {
		return waited == -ECANCELED ? -1 : NOT_OPENED;
	}
	int fd = (int) job->result;
	free(job);
	if (fd < 0) {
		if (may_wait && errno == ENXIO && (flags & O_ACCMODE) == O_WRONLY) {
			return open_for_writing(path, flags, mode);
		}
		return may_wait && errno == EWOULDBLOCK ? NOT_OPENED : -1; /* somebody's lease is being broken */
	}
	if (!(flags & O_CLOEXEC)) {
		fcntl(fd, F_SETFD, 0);
	}
	if (may_wait) {
		tusk_set_nonblocking(fd, false);
		if ((flags & O_ACCMODE) == O_RDONLY && lseek(fd, 0, SEEK_CUR) < 0 && wait_for_writer(fd) != 0) {
			close(fd);
			errno = ECANCELED;
			return -1;
		}
		errno = error;
	}
	return fd;
}

static zend_never_inline int open_among_others(const char *path, int flags, mode_t mode);

static int libc_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list arguments;

	if (flags & (O_CREAT | __O_TMPFILE)) {
		va_start(arguments, flags);
		mode = va_arg(arguments, mode_t);
		va_end(arguments);
	}
	return EXPECTED(!tusk_concurrent) ? open(path, flags, mode) : open_among_others(path, flags, mode);
}

static zend_never_inline int open_among_others(const char *path, int flags, mode_t mode)
{
	if (!tusk_libc_hooked(TUSK_HOOK_FILE)) {
		return open(path, flags, mode);
	}
	int64_t begun = tusk_call_begins();
	if (UNEXPECTED(tusk_path_on_slow_mount(path, NULL, begun))) {
		int fd = open_on_thread(path, flags, mode);
		if (fd != NOT_OPENED) {
			opened_fd = -1;
			return fd;
		}
	}
	int fd = open_at_once(path, flags, mode, begun);
	if (UNEXPECTED(fd < 0 && errno == ENXIO && (flags & O_ACCMODE) == O_WRONLY && !(flags & O_NONBLOCK))) {
		return open_for_writing(path, flags, mode);
	}
	if (fd < 0 || fd != fresh.fd) {
		tusk_path_after(path, begun);
	}
	opened_fd = fd;
	return fd;
}

static zend_never_inline int fstat_among_others(int fd, struct stat *out)
{
	int error = errno;

	/* What was just opened in place is asked in place, too. */
	if (UNEXPECTED(tusk_slow_mounts) && fd != opened_fd && tusk_libc_hooked(TUSK_HOOK_FILE) && tusk_fd_slow(fd)) {
		return tusk_fstat_on_thread(fd, out);
	}
	int result = fstat(fd, out);
	if (result == 0 && tusk_concurrent && S_ISREG(out->st_mode)) {
		tusk_memory_opened(fd, out);
		if (UNEXPECTED(tusk_slow_mounts)) {
			tusk_fd_on_device(fd, out->st_dev);
		}
		if (fd == opened_fd) {
			tusk_untouched_fd = fd;
		}
	}
	opened_fd = -1;
	if (EXPECTED(fd != fresh.fd)) {
		return result;
	}
	fresh.fd = -1;
	if (fresh.beat != tusk_beat) {
		return result;
	}
	if (result == 0 && S_ISREG(out->st_mode)) {
		know(fresh.hash);
	}
	tusk_set_nonblocking(fd, false);
	if (result == 0 && S_ISFIFO(out->st_mode) && (fresh.flags & O_ACCMODE) == O_RDONLY && tusk_libc_hooked(TUSK_HOOK_FILE)) {
		/* When it is cancelled the exception frees what fopen() has made. A status that fails
		 * here would make PHP take the FIFO for a file. */
		wait_for_writer(fd);
	}
	if (result == 0) {
		errno = error;
	}
	return result;
}

static int libc_fstat(int fd, struct stat *out)
{
	if (EXPECTED(!tusk_concurrent && fd != fresh.fd)) {
		opened_fd = -1;
		return fstat(fd, out);
	}
	return fstat_among_others(fd, out);
}

static int libc_mkstemp(char *template)
{
	if (UNEXPECTED(tusk_path_off_thread(template, NULL))) {
		tusk_path_job *job = tusk_path_job_make(TUSK_MKSTEMP, template, NULL);
		int waited = tusk_path_job_finish(job, template);
		if (waited == 0) {
			int fd = (int) job->result;
			/* The six letters at the end are what was filled in. */
			strcpy(template + strlen(template) - 6, job->path + strlen(job->path) - 6);
			free(job);
			return fd;
		}
		if (waited == -ECANCELED) {
			return -1;
		}
	}
	return mkstemp(template);
}

/* Closing writes back what a network file system has put off, and a socket that lingers waits for
 * its peer. */
static int libc_close(int fd)
{
	bool lingers = UNEXPECTED(tusk_fd_lingers(fd));

	tusk_intercept_closing(fd);
	tusk_memory_closed(fd);
	tusk_untouched_fd = -1;
	if (UNEXPECTED(fd == fresh.fd)) {
		fresh.fd = -1;
	}
	opened_fd = -1;
	if (UNEXPECTED(tusk_slow_mounts || lingers) && tusk_concurrent && tusk_thread_pointer() == tusk_php_thread && (tusk_hooks & TUSK_HOOK_FILE)) {
		bool slow = lingers || tusk_fd_slow(fd);
		tusk_fd_closed(fd);
		if (slow) {
			return tusk_close_on_thread(fd);
		}
	}
	return close(fd);
}

const tusk_libc_function tusk_libc_opens[] = {
	{"open", libc_open},
	{"open64", libc_open},
	{"fstat", libc_fstat},
	{"fstat64", libc_fstat},
	{"close", libc_close},
	{"mkstemp", libc_mkstemp},
	{"mkstemp64", libc_mkstemp},
	{NULL, NULL},
};
