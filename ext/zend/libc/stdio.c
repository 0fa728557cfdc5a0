/* C's stdio on slow mounts, on a thread. PHP makes a FILE of a stream before fsync(), and for
 * extensions that ask for one, and reads and writes the stream through it from then on.
 *
 * A FILE has a lock: who closes it meanwhile waits for the thread.
 */
#include "libc/path.h"
#include <stdio.h>
#include <string.h>

/* Room for the mode in a job. */
#define MOST_MODE 8

/* touch() makes files so. */
static FILE *libc_fopen(const char *path, const char *mode)
{
	if (UNEXPECTED(strlen(mode) < MOST_MODE && tusk_path_off_thread(path, NULL))) {
		tusk_path_job *job = tusk_path_job_make(TUSK_FOPEN, path, NULL);
		if (job) {
			strcpy(job->fopen_mode, mode);
		}
		int waited = tusk_path_job_finish(job, path);
		if (waited == 0) {
			FILE *file = job->file;
			free(job);
			return file;
		}
		if (waited == -ECANCELED) {
			return NULL;
		}
	}
	return fopen(path, mode);
}

typedef enum { FDOPEN, FREAD, FWRITE, FFLUSH, FSEEK, FTELL } file_verb;

typedef struct {
	file_verb verb;
	int fd, whence, error;
	const char *mode;
	FILE *file;
	void *room;
	const void *bytes;
	size_t size, count, done;
	off_t offset;
	int result;
} file_job;

static void run_file_job(void *pointer)
{
	file_job *job = pointer;

	errno = 0;
	switch (job->verb) {
		case FDOPEN:
			job->file = fdopen(job->fd, job->mode);
			job->error = errno;
			if (job->file) {
				/* It makes its buffer now, for which it asks for the file's status. */
				setvbuf(job->file, NULL, _IOFBF, 0);
			}
			return;
		case FREAD: job->done = fread(job->room, job->size, job->count, job->file); break;
		case FWRITE: job->done = fwrite(job->bytes, job->size, job->count, job->file); break;
		case FFLUSH: job->result = fflush(job->file); break;
		/* It asks for the file's end where it has no buffer yet. */
		case FTELL: job->offset = ftello(job->file); break;
		case FSEEK: job->result = fseeko(job->file, job->offset, job->whence); break;
	}
	job->error = errno;
}

/* False: the caller is to make the call in place. What was cancelled is waited for as well. */
static bool run_slowly(int fd, file_job *job)
{
	int error = errno;

	if (EXPECTED(!tusk_slow_mounts) || !tusk_libc_hooked(TUSK_HOOK_FILE) || tusk_state_gives_up() || !tusk_fd_slow(fd)
		|| tusk_rt_wait_work(TUSK_THREADS_FOR_FILES, run_file_job, NULL, job) != 0) {
		return false;
	}
	errno = job->error ? job->error : error;
	return true;
}

static FILE *libc_fdopen(int fd, const char *mode)
{
	file_job job = {.verb = FDOPEN, .fd = fd, .mode = mode};

	return run_slowly(fd, &job) ? job.file : fdopen(fd, mode);
}

static size_t libc_fread(void *room, size_t size, size_t count, FILE *file)
{
	file_job job = {.verb = FREAD, .file = file, .room = room, .size = size, .count = count};

	return UNEXPECTED(tusk_slow_mounts) && run_slowly(fileno(file), &job) ? job.done : fread(room, size, count, file);
}

static size_t libc_fwrite(const void *bytes, size_t size, size_t count, FILE *file)
{
	file_job job = {.verb = FWRITE, .file = file, .bytes = bytes, .size = size, .count = count};

	return UNEXPECTED(tusk_slow_mounts) && run_slowly(fileno(file), &job) ? job.done : fwrite(bytes, size, count, file);
}

static int libc_fflush(FILE *file)
{
	file_job job = {.verb = FFLUSH, .file = file};

	return UNEXPECTED(tusk_slow_mounts) && file && run_slowly(fileno(file), &job) ? job.result : fflush(file);
}

static int libc_fseek(FILE *file, off_t offset, int whence)
{
	file_job job = {.verb = FSEEK, .file = file, .offset = offset, .whence = whence};

	return UNEXPECTED(tusk_slow_mounts) && run_slowly(fileno(file), &job) ? job.result : fseeko(file, offset, whence);
}

static off_t libc_ftell(FILE *file)
{
	file_job job = {.verb = FTELL, .file = file};

	return UNEXPECTED(tusk_slow_mounts) && run_slowly(fileno(file), &job) ? job.offset : ftello(file);
}

static void run_fclose(void *file) { fclose(file); }

static int libc_fclose(FILE *file)
{
	if (UNEXPECTED(tusk_slow_mounts) && tusk_libc_hooked(TUSK_HOOK_FILE) && tusk_fd_slow(fileno(file)) && libc_fflush(file) == 0
		&& (tusk_state_gives_up() ? tusk_rt_leave_work(TUSK_THREADS_FOR_FILES, run_fclose, file)
			: tusk_rt_wait_work(TUSK_THREADS_FOR_FILES, run_fclose, NULL, file) == 0)) {
		return 0;
	}
	return fclose(file);
}

const tusk_libc_function tusk_libc_stdio[] = {
	{"fopen", libc_fopen},
	{"fopen64", libc_fopen},
	{"fdopen", libc_fdopen},
	{"fclose", libc_fclose},
	{"fread", libc_fread},
	{"fwrite", libc_fwrite},
	{"fflush", libc_fflush},
	{"fseek", libc_fseek},
	{"fseeko", libc_fseek},
	{"fseeko64", libc_fseek},
	{"ftell", libc_ftell},
	{"ftello", libc_ftell},
	{"ftello64", libc_ftell},
	{NULL, NULL},
};
