/* Folders: opendir, readdir and glob.
 */
#include "libc/path.h"
#include <glob.h>
#include <string.h>
#include "musl.h"

static DIR *libc_opendir(const char *path)
{
	if (UNEXPECTED(tusk_path_off_thread(path, NULL))) {
		tusk_path_job *job = tusk_path_job_make(TUSK_OPENDIR, path, NULL);
		int waited = tusk_path_job_finish(job, path);
		if (waited == 0) {
			DIR *dir = job->dir;
			free(job);
			return dir;
		}
		if (waited == -ECANCELED) {
			return NULL;
		}
	}
	if (!tusk_libc_hooked(TUSK_HOOK_FILE)) {
		return opendir(path);
	}
	int64_t begun = tusk_call_begins();
	DIR *dir = opendir(path);
	tusk_path_after(path, begun);
	return dir;
}

typedef struct { DIR *dir; struct dirent *entry; int error; } dir_job;

static void run_readdir(void *pointer)
{
	dir_job *job = pointer;

	errno = job->error;
	job->entry = readdir(job->dir);
	job->error = errno;
}

static struct dirent *libc_readdir(DIR *dir)
{
	dir_job job = {.dir = dir, .error = errno};

	if (!tusk_libc_hooked(TUSK_HOOK_FILE)) {
		return readdir(dir);
	}
	if (UNEXPECTED(tusk_slow_mounts) && tusk_fd_slow(dirfd(dir)) && tusk_state_gives_up()) {
		errno = ECANCELED;
		return NULL;
	}
	if (UNEXPECTED(tusk_slow_mounts) && tusk_fd_slow(dirfd(dir))
		&& tusk_rt_wait_work(TUSK_THREADS_FOR_FILES, run_readdir, NULL, &job) == 0) {
		errno = job.error;
		return job.entry;
	}
	int64_t begun = tusk_call_begins();
	struct dirent *entry = readdir(dir);
	int error = errno;
	if (UNEXPECTED(tusk_after_call(begun))) {
		tusk_fd_stalled(dirfd(dir));
	}
	errno = error;
	return entry;
}

typedef struct {
	int flags, result;
	glob_t found;
	char pattern[];
} glob_job;

static void run_glob(void *pointer)
{
	glob_job *job = pointer;

	job->result = glob(job->pattern, job->flags, NULL, &job->found);
}

static void drop_glob(void *pointer)
{
	glob_job *job = pointer;

	globfree(&job->found);
	free(job);
}

/* A pattern may look into many folders, so it goes to a thread wherever it starts. What a
 * relative pattern finds is relative: the current directory must stay meanwhile. */
static int libc_glob(const char *pattern, int flags, int (*on_error)(const char *, int), glob_t *found)
{
	if (on_error || (flags & (GLOB_APPEND | GLOB_ALTDIRFUNC | GLOB_DOOFFS)) || !tusk_libc_hooked(TUSK_HOOK_FILE)) {
		return glob(pattern, flags, on_error, found);
	}
	glob_job *job = calloc(1, sizeof *job + strlen(pattern) + 1);
	int waited = -EAGAIN;
	if (job) {
		strcpy(job->pattern, pattern);
		job->flags = flags;
		waited = tusk_rt_wait_work(TUSK_THREADS_FOR_FILES, run_glob, drop_glob, job);
	}
	if (waited == -ECANCELED) {
		memset(found, 0, sizeof *found);
		return GLOB_NOMATCH;
	}
	if (waited != 0) {
		free(job);
		return glob(pattern, flags, on_error, found);
	}
	*found = job->found;
	int result = job->result;
	free(job);
	return result;
}

const tusk_libc_function tusk_libc_folders[] = {
	{"opendir", libc_opendir},
	{"readdir", libc_readdir},
	{"readdir64", libc_readdir},
	{"glob", libc_glob},
	{"glob64", libc_glob},
	{NULL, NULL},
};
