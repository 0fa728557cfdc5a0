/* Calls on open files that take long: fsync, cutting, copying, writing a lot.
 *
 * They run on a thread, on a duplicate of the descriptor, because its number can be closed
 * and given to another file meanwhile. The duplicate shares the position.
 */
#include "file/file.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes copied by one job: a thread is held for a few milliseconds, and a cancelled copy
 * stops soon. */
#define COPY_PIECE (8 << 20)

typedef enum { FSYNC, FDATASYNC, FTRUNCATE, COPY, CLOSE, WRITE, STAT, SEEK, READ, PREAD, PWRITE } fd_verb;

typedef struct {
	fd_verb verb;
	int fd, other, error;
	bool duplicated;
	off_t length, offset;
	const void *bytes;
	void *room;
	struct stat *status;
	ssize_t result;
} fd_job;

static void run_fd_job(void *pointer)
{
	fd_job *job = pointer;

	errno = 0;
	switch (job->verb) {
		case FSYNC: job->result = fsync(job->fd); break;
		case FDATASYNC: job->result = fdatasync(job->fd); break;
		case FTRUNCATE: job->result = ftruncate(job->fd, job->length); break;
		case COPY: job->result = copy_file_range(job->fd, NULL, job->other, NULL, (size_t) job->length, 0); break;
		case CLOSE: job->result = close(job->fd); break;
		case STAT: job->result = fstat(job->fd, job->status); break;
		case SEEK: job->result = lseek(job->fd, job->length, SEEK_END); break;
		case WRITE: job->result = write(job->fd, job->bytes, (size_t) job->length); break;
		case READ: job->result = read(job->fd, job->room, (size_t) job->length); break;
		case PREAD: job->result = pread(job->fd, job->room, (size_t) job->length, job->offset); break;
		case PWRITE: job->result = pwrite(job->fd, job->bytes, (size_t) job->length, job->offset); break;
	}
	job->error = errno;
	/* Here, because closing waits on a slow mount. */
	if (job->duplicated) {
		close(job->fd);
	}
	if (job->other >= 0) {
		close(job->other);
	}
}

static void close_if_open(int fd)
{
	if (fd >= 0) {
		close(fd);
	}
}

/* Runs the job on duplicates of its descriptors; false when the caller is to make the call. */
static bool run_on_thread(fd_job *job)
{
	int other = job->other, error = errno;

	if (UNEXPECTED(tusk_state_gives_up())) {
		job->result = -1;
		errno = ECANCELED;
		return true;
	}
	job->duplicated = true;
	job->fd = fcntl(job->fd, F_DUPFD_CLOEXEC, 0);
	job->other = other >= 0 ? fcntl(other, F_DUPFD_CLOEXEC, 0) : -1;
	bool ran = job->fd >= 0 && (other < 0 || job->other >= 0)
		&& tusk_rt_wait_work(TUSK_THREADS_FOR_FILES, run_fd_job, NULL, job) == 0;
	if (!ran) {
		close_if_open(job->fd);
		close_if_open(job->other);
	}
	errno = ran && job->result < 0 ? job->error : error;
	return ran;
}

ssize_t tusk_write_on_thread(int fd, const void *buf, size_t count)
{
	fd_job job = {.verb = WRITE, .fd = fd, .other = -1, .bytes = buf, .length = (off_t) count};

	return run_on_thread(&job) ? job.result : write(fd, buf, count);
}

static int libc_fsync(int fd)
{
	fd_job job = {.verb = FSYNC, .fd = fd, .other = -1};

	return tusk_libc_hooked(TUSK_HOOK_FILE) && run_on_thread(&job) ? (int) job.result : fsync(fd);
}

static int libc_fdatasync(int fd)
{
	fd_job job = {.verb = FDATASYNC, .fd = fd, .other = -1};

	return tusk_libc_hooked(TUSK_HOOK_FILE) && run_on_thread(&job) ? (int) job.result : fdatasync(fd);
}

/* The same without duplicates: to have one closed would make a FUSE file system write back. */
static bool run_on_thread_as_it_is(fd_job *job)
{
	int error = errno;

	if (UNEXPECTED(tusk_state_gives_up())) {
		job->result = tusk_fail(ECANCELED);
		return true;
	}
	if (tusk_rt_wait_work(TUSK_THREADS_FOR_FILES, run_fd_job, NULL, job) != 0) {
		errno = error;
		return false;
	}
	errno = job->result < 0 ? job->error : error;
	return true;
}

int tusk_fstat_on_thread(int fd, struct stat *out)
{
	fd_job job = {.verb = STAT, .fd = fd, .other = -1, .status = out};

	return run_on_thread_as_it_is(&job) ? (int) job.result : fstat(fd, out);
}

/* Modules that read and write files themselves, sessions' and fileinfo among them. */
static bool is_slow(int fd)
{
	return UNEXPECTED(tusk_slow_mounts) && tusk_libc_hooked(TUSK_HOOK_FILE) && tusk_fd_slow(fd);
}

bool tusk_read_slow_file(int fd, void *buf, size_t count, ssize_t *result)
{
	fd_job job = {.verb = READ, .fd = fd, .other = -1, .room = buf, .length = (off_t) count};
	bool ran = is_slow(fd) && run_on_thread_as_it_is(&job);

	*result = job.result;
	return ran;
}

bool tusk_write_slow_file(int fd, const void *buf, size_t count, ssize_t *result)
{
	fd_job job = {.verb = WRITE, .fd = fd, .other = -1, .bytes = buf, .length = (off_t) count};
	bool ran = is_slow(fd) && run_on_thread_as_it_is(&job);

	*result = job.result;
	return ran;
}

static ssize_t libc_pread(int fd, void *buf, size_t count, off_t offset)
{
	fd_job job = {.verb = PREAD, .fd = fd, .other = -1, .room = buf, .length = (off_t) count, .offset = offset};

	return is_slow(fd) && run_on_thread_as_it_is(&job) ? job.result : pread(fd, buf, count, offset);
}

static ssize_t libc_pwrite(int fd, const void *buf, size_t count, off_t offset)
{
	fd_job job = {.verb = PWRITE, .fd = fd, .other = -1, .bytes = buf, .length = (off_t) count, .offset = offset};

	return is_slow(fd) && run_on_thread_as_it_is(&job) ? job.result : pwrite(fd, buf, count, offset);
}

/* Freeing the blocks of a large file takes long; growing one never does. */
#define LARGE_CUT (16 << 20)

static bool cuts_much(int fd, off_t length)
{
	struct stat status;

	return tusk_fd_slow(fd) || (fstat(fd, &status) == 0 && status.st_size - length > LARGE_CUT);
}

static int libc_ftruncate(int fd, off_t length)
{
	fd_job job = {.verb = FTRUNCATE, .fd = fd, .other = -1, .length = length};

	return tusk_libc_hooked(TUSK_HOOK_FILE) && cuts_much(fd, length) && run_on_thread(&job)
		? (int) job.result : ftruncate(fd, length);
}

/* Where a file ends is asked of the server. */
static zend_never_inline off_t seek_among_others(int fd, off_t offset, int whence)
{
	bool untouched = fd == tusk_untouched_fd && tusk_thread_pointer() == tusk_php_thread;

	tusk_untouched_fd = -1;
	if (untouched && offset == 0 && whence == SEEK_CUR) {
		return 0;
	}
	if (EXPECTED(whence != SEEK_END || !tusk_slow_mounts) || !tusk_libc_hooked(TUSK_HOOK_FILE) || !tusk_fd_slow(fd)) {
		return lseek(fd, offset, whence);
	}
	fd_job job = {.verb = SEEK, .fd = fd, .other = -1, .length = offset};
	return run_on_thread(&job) ? job.result : lseek(fd, offset, whence);
}

static off_t libc_lseek(int fd, off_t offset, int whence)
{
	if (EXPECTED(!tusk_concurrent)) {
		tusk_untouched_fd = -1;
		return lseek(fd, offset, whence);
	}
	return seek_among_others(fd, offset, whence);
}

static zend_never_inline ssize_t copy_among_others(int from, off_t *from_at, int to, off_t *to_at, size_t length, unsigned flags)
{
	ssize_t copied = 0;

	if (from_at || to_at || flags || !tusk_libc_hooked(TUSK_HOOK_FILE)) {
		return copy_file_range(from, from_at, to, to_at, length, flags);
	}
	while ((size_t) copied < length) {
		size_t left = length - (size_t) copied;
		fd_job job = {.verb = COPY, .fd = from, .other = to, .length = (off_t) (left < COPY_PIECE ? left : COPY_PIECE)};
		if (!run_on_thread(&job)) {
			return copied ? copied : copy_file_range(from, NULL, to, NULL, length, flags);
		}
		if (job.result <= 0) {
			return copied ? copied : job.result;
		}
		copied += job.result;
		if (tusk_rt_wait_sleep(0, NULL) == -ECANCELED) {
			return copied;
		}
	}
	return copied;
}

static ssize_t libc_copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t length, unsigned flags)
{
	tusk_untouched_fd = -1;
	if (EXPECTED(!tusk_concurrent)) {
		return copy_file_range(from, from_at, to, to_at, length, flags);
	}
	return copy_among_others(from, from_at, to, to_at, length, flags);
}

static void run_close(void *fd) { close((int) (intptr_t) fd); }

int tusk_close_on_thread(int fd)
{
	fd_job job = {.verb = CLOSE, .fd = fd, .other = -1};
	int error = errno;

	/* Where nothing can be waited for, in a destructor say, nobody looks at the result, and
	 * everybody would be held up: it is closed by and by. */
	if (UNEXPECTED(!tusk_state_may_switch()) && tusk_rt_leave_work(TUSK_THREADS_FOR_FILES, run_close, (void *) (intptr_t) fd)) {
		return 0;
	}
	if (!tusk_libc_hooked(TUSK_HOOK_FILE) || tusk_rt_wait_work(TUSK_THREADS_FOR_FILES, run_fd_job, NULL, &job) != 0) {
		return close(fd);
	}
	errno = job.result < 0 ? job.error : error;
	return (int) job.result;
}

/* A socket that is to linger is remembered: close() will wait, also one that does not block. */
static int libc_setsockopt(int fd, int level, int option, const void *value, socklen_t length)
{
	int result = setsockopt(fd, level, option, value, length);

	if (level == SOL_SOCKET && option == SO_LINGER && result == 0 && tusk_thread_pointer() == tusk_php_thread) {
		const struct linger *linger = value;
		tusk_fd_set_lingers(fd, linger->l_onoff && linger->l_linger > 0);
	}
	return result;
}

const tusk_libc_function tusk_libc_descriptors[] = {
	{"setsockopt", libc_setsockopt},
	{"pread", libc_pread},
	{"pread64", libc_pread},
	{"pwrite", libc_pwrite},
	{"pwrite64", libc_pwrite},
	{"fsync", libc_fsync},
	{"fdatasync", libc_fdatasync},
	{"ftruncate", libc_ftruncate},
	{"ftruncate64", libc_ftruncate},
	{"lseek", libc_lseek},
	{"lseek64", libc_lseek},
	{"copy_file_range", libc_copy_file_range},
	{NULL, NULL},
};
