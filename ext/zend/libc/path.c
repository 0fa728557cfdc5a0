/* Calls on paths: in place where that is quick, on a thread where the mount is slow
 * (file/mount.c).
 */
#include "libc/path.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <unistd.h>

/* ---- jobs ------------------------------------------------------------------------------ */

static void run(void *pointer)
{
	tusk_path_job *job = pointer;
	int64_t begun = tusk_now_ns();

	errno = 0;
	switch (job->verb) {
		case TUSK_OPEN: job->result = open(job->path, job->flags | O_CLOEXEC, job->mode); break;
		case TUSK_STAT: job->result = stat(job->path, &job->stat); break;
		case TUSK_LSTAT: job->result = lstat(job->path, &job->stat); break;
		case TUSK_ACCESS: job->result = access(job->path, job->flags); break;
		case TUSK_UNLINK: job->result = unlink(job->path); break;
		case TUSK_RENAME: job->result = rename(job->path, job->other); break;
		case TUSK_MKDIR: job->result = mkdir(job->path, job->mode); break;
		case TUSK_RMDIR: job->result = rmdir(job->path); break;
		case TUSK_CHMOD: job->result = chmod(job->path, job->mode); break;
		case TUSK_CHOWN: job->result = chown(job->path, job->user, job->group); break;
		case TUSK_LCHOWN: job->result = lchown(job->path, job->user, job->group); break;
		case TUSK_UTIME: job->result = utime(job->path, job->has_times ? &job->times : NULL); break;
		case TUSK_READLINK: job->result = readlink(job->path, job->text, job->room); break;
		case TUSK_SYMLINK: job->result = symlink(job->path, job->other); break;
		case TUSK_LINK: job->result = link(job->path, job->other); break;
		case TUSK_MKNOD: job->result = mknod(job->path, job->mode, job->device); break;
		case TUSK_STATVFS: job->result = statvfs(job->path, &job->statvfs); break;
		case TUSK_MKSTEMP: job->result = mkstemp(job->path); break;
		case TUSK_FOPEN: job->file = fopen(job->path, job->fopen_mode); job->result = job->file ? 0 : -1; break;
		case TUSK_OPENDIR: job->dir = opendir(job->path); job->result = job->dir ? 0 : -1; break;
	}
	job->error = errno;
	job->took = tusk_now_ns() - begun;
}

static void drop(void *pointer)
{
	tusk_path_job *job = pointer;

	if ((job->verb == TUSK_OPEN || job->verb == TUSK_MKSTEMP) && job->result >= 0) {
		close((int) job->result);
	}
	if (job->verb == TUSK_FOPEN && job->file) {
		fclose(job->file);
	}
	if (job->verb == TUSK_OPENDIR && job->dir) {
		closedir(job->dir);
	}
	free(job);
}

/* The current directory before a relative path; "" before an absolute one. */
static const char *base_of(const char *path, char base[PATH_MAX])
{
	return *path != '/' && getcwd(base, PATH_MAX - 1) ? strcat(base, "/") : "";
}

tusk_path_job *tusk_path_job_make(tusk_path_verb verb, const char *path, const char *other)
{
	char base[PATH_MAX], other_base[PATH_MAX];
	/* What a symbolic link holds is text. */
	const char *before = verb == TUSK_SYMLINK ? "" : base_of(path, base);
	const char *other_before = other ? base_of(other, other_base) : "";
	size_t length = strlen(before) + strlen(path) + 1;
	tusk_path_job *job = calloc(1, sizeof *job + length + (other ? strlen(other_before) + strlen(other) + 1 : 0));

	if (job) {
		job->verb = verb;
		job->result = -1;
		strcat(strcpy(job->path, before), path);
		if (other) {
			job->other = job->path + length;
			strcat(strcpy(job->other, other_before), other);
		}
	}
	return job;
}

bool tusk_path_off_thread(const char *path, const char *other)
{
	return tusk_libc_hooked(TUSK_HOOK_FILE) && tusk_path_on_slow_mount(path, other, tusk_coarse_ns());
}

/* 0: the job has run, errno is set, and the job is the caller's to free. -EAGAIN: the caller
 * is to make the call, and there is no job any more. -ECANCELED, with errno: neither. */
int tusk_path_job_finish(tusk_path_job *job, const char *path)
{
	int error = errno;
	int waited = job ? tusk_rt_wait_work(TUSK_THREADS_FOR_FILES, run, drop, job) : -EAGAIN;

	if (waited == 0) {
		tusk_path_took(path, job->took);
		/* A call that succeeds leaves errno as it was. */
		errno = job->result < 0 ? job->error : error;
	} else if (waited == -EAGAIN) {
		free(job);
	} else {
		errno = ECANCELED;
	}
	return waited;
}

void tusk_path_waited(const char *path)
{
	int error = errno;

	tusk_path_stalled(path);
	errno = error;
}

/* `prepare` fills the job, `take` fetches what it found, `in_place` is libc's call. */
#define PATH_CALL(verb, path, other, prepare, take, in_place) \
	do { \
		if (!tusk_libc_hooked(TUSK_HOOK_FILE)) { \
			return (int) (in_place); \
		} \
		int64_t begun = tusk_call_begins(); \
		if (UNEXPECTED(tusk_path_on_slow_mount(path, other, begun))) { \
			tusk_path_job *job = tusk_path_job_make(verb, path, other); \
			if (job) { \
				prepare; \
			} \
			int waited = tusk_path_job_finish(job, path); \
			if (waited == 0) { \
				ssize_t result = job->result; \
				if (result >= 0) { \
					take; \
				} \
				free(job); \
				return (int) result; \
			} \
			if (waited == -ECANCELED) { \
				return -1; \
			} \
		} \
		ssize_t result = (in_place); \
		tusk_path_after(path, begun); \
		return (int) result; \
	} while (0)

static int libc_stat(const char *path, struct stat *out) { PATH_CALL(TUSK_STAT, path, NULL, (void) 0, *out = job->stat, stat(path, out)); }
static int libc_lstat(const char *path, struct stat *out) { PATH_CALL(TUSK_LSTAT, path, NULL, (void) 0, *out = job->stat, lstat(path, out)); }
static int libc_access(const char *path, int mode) { PATH_CALL(TUSK_ACCESS, path, NULL, job->flags = mode, (void) 0, access(path, mode)); }
/* Freeing the blocks and pages of a large file takes long. */
#define LARGE_FILE (16 << 20)

static bool unlink_takes_long(const char *path)
{
	struct stat status;
	int error = errno;
	bool large = tusk_libc_hooked(TUSK_HOOK_FILE) && lstat(path, &status) == 0 && S_ISREG(status.st_mode)
		&& status.st_nlink == 1 && status.st_size > LARGE_FILE;

	errno = error;
	return large;
}

static int libc_unlink(const char *path)
{
	/* On a slow mount the question would wait, too. */
	if (!tusk_path_off_thread(path, NULL) && UNEXPECTED(unlink_takes_long(path))) {
		tusk_path_job *job = tusk_path_job_make(TUSK_UNLINK, path, NULL);
		int waited = tusk_path_job_finish(job, path);
		if (waited == 0) {
			int result = (int) job->result;
			free(job);
			return result;
		}
		if (waited == -ECANCELED) {
			return -1;
		}
	}
	PATH_CALL(TUSK_UNLINK, path, NULL, (void) 0, (void) 0, unlink(path));
}
static int libc_rename(const char *from, const char *to) { PATH_CALL(TUSK_RENAME, from, to, (void) 0, (void) 0, rename(from, to)); }
static int libc_mkdir(const char *path, mode_t mode) { PATH_CALL(TUSK_MKDIR, path, NULL, job->mode = mode, (void) 0, mkdir(path, mode)); }
static int libc_mknod(const char *path, mode_t mode, dev_t device)
{
	PATH_CALL(TUSK_MKNOD, path, NULL, (job->mode = mode, job->device = device), (void) 0, mknod(path, mode, device));
}
static int libc_mkfifo(const char *path, mode_t mode) { return libc_mknod(path, mode | S_IFIFO, 0); }
static int libc_rmdir(const char *path) { PATH_CALL(TUSK_RMDIR, path, NULL, (void) 0, (void) 0, rmdir(path)); }
static int libc_chmod(const char *path, mode_t mode) { PATH_CALL(TUSK_CHMOD, path, NULL, job->mode = mode, (void) 0, chmod(path, mode)); }
static int libc_chown(const char *path, uid_t user, gid_t group)
{
	PATH_CALL(TUSK_CHOWN, path, NULL, (job->user = user, job->group = group), (void) 0, chown(path, user, group));
}
static int libc_lchown(const char *path, uid_t user, gid_t group)
{
	PATH_CALL(TUSK_LCHOWN, path, NULL, (job->user = user, job->group = group), (void) 0, lchown(path, user, group));
}
static int libc_utime(const char *path, const struct utimbuf *times)
{
	PATH_CALL(TUSK_UTIME, path, NULL, (job->has_times = times != NULL, job->times = times ? *times : (struct utimbuf) {0, 0}),
		(void) 0, utime(path, times));
}
static ssize_t libc_readlink(const char *path, char *out, size_t room)
{
	PATH_CALL(TUSK_READLINK, path, NULL, job->room = room < PATH_MAX ? room : PATH_MAX, memcpy(out, job->text, (size_t) result),
		readlink(path, out, room));
}
static int libc_symlink(const char *target, const char *path)
{
	PATH_CALL(TUSK_SYMLINK, target, path, (void) 0, (void) 0, symlink(target, path));
}
static int libc_link(const char *from, const char *to) { PATH_CALL(TUSK_LINK, from, to, (void) 0, (void) 0, link(from, to)); }
static int libc_statvfs(const char *path, struct statvfs *out)
{
	PATH_CALL(TUSK_STATVFS, path, NULL, (void) 0, *out = job->statvfs, statvfs(path, out));
}

/* libc's own asks for the file's status inside libc. The key is made as it makes it. */
static key_t libc_ftok(const char *path, int project)
{
	struct stat status;

	if (!tusk_path_off_thread(path, NULL)) {
		return ftok(path, project);
	}
	return libc_stat(path, &status) < 0 ? -1
		: (key_t) ((status.st_ino & 0xffff) | ((status.st_dev & 0xff) << 16) | ((project & 0xffu) << 24));
}

typedef struct { const char *path; int result, error; } chdir_job;

static void run_chdir(void *pointer)
{
	chdir_job *job = pointer;

	job->result = chdir(job->path);
	job->error = errno;
}

/* The threads share the current directory. It is waited for also by a coroutine that was cancelled:
 * the directory must not change behind everybody's back. */
static int libc_chdir(const char *path)
{
	chdir_job job = {.path = path};
	int error = errno;

	if (!tusk_path_off_thread(path, NULL) || tusk_rt_wait_work(TUSK_THREADS_FOR_FILES, run_chdir, NULL, &job) != 0) {
		return chdir(path);
	}
	errno = job.result < 0 ? job.error : error;
	return job.result;
}

const tusk_libc_function tusk_libc_paths[] = {
	{"chdir", libc_chdir},
	{"ftok", libc_ftok},
	{"mkfifo", libc_mkfifo},
	{"mknod", libc_mknod},
	{"stat", libc_stat},
	{"stat64", libc_stat},
	{"lstat", libc_lstat},
	{"lstat64", libc_lstat},
	{"access", libc_access},
	{"unlink", libc_unlink},
	{"rename", libc_rename},
	{"mkdir", libc_mkdir},
	{"rmdir", libc_rmdir},
	{"chmod", libc_chmod},
	{"chown", libc_chown},
	{"lchown", libc_lchown},
	{"utime", libc_utime},
	{"readlink", libc_readlink},
	{"symlink", libc_symlink},
	{"link", libc_link},
	{"statvfs", libc_statvfs},
	{"statvfs64", libc_statvfs},
	{NULL, NULL},
};
