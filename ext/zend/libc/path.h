/* A call on a path that is made on a thread; shared by libc/path.c, libc/open.c and
 * libc/folder.c.
 *
 * It owns copies of its arguments, so a cancelled coroutine leaves it to end by itself; a
 * descriptor it still opens is closed. The current directory is the process's and may
 * change meanwhile: a relative path is made absolute first.
 */
#ifndef TUSK_LIBC_PATH_H
#define TUSK_LIBC_PATH_H

#include "file/file.h"
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <utime.h>

typedef enum {
	TUSK_OPEN, TUSK_STAT, TUSK_LSTAT, TUSK_ACCESS, TUSK_UNLINK, TUSK_RENAME, TUSK_MKDIR, TUSK_RMDIR, TUSK_CHMOD, TUSK_CHOWN, TUSK_LCHOWN, TUSK_UTIME, TUSK_READLINK, TUSK_SYMLINK, TUSK_LINK,
	TUSK_STATVFS, TUSK_OPENDIR, TUSK_MKSTEMP, TUSK_FOPEN, TUSK_MKNOD,
} tusk_path_verb;

typedef struct {
	tusk_path_verb verb;
	int flags, error;
	mode_t mode;
	dev_t device;
	uid_t user;
	gid_t group;
	bool has_times;
	struct utimbuf times;
	size_t room;
	ssize_t result;
	DIR *dir;
	FILE *file;
	char fopen_mode[8];
	int64_t took;
	union {
		struct stat stat;
		struct statvfs statvfs;
		char text[PATH_MAX];
	};
	char *other; /* in the same memory, after the path */
	char path[];
} tusk_path_job;

/* Is one of them on a slow mount, as the mounts are `now`? */
static zend_always_inline bool tusk_path_on_slow_mount(const char *path, const char *other, int64_t now)
{
	tusk_mounts_refresh(now);
	return UNEXPECTED(tusk_slow_mounts) && (tusk_path_slow(path) || (other && tusk_path_slow(other)));
}

/* Is a call on this path, or these two, to be made on a thread? */
bool tusk_path_off_thread(const char *path, const char *other);
/* NULL when there is no memory. */
tusk_path_job *tusk_path_job_make(tusk_path_verb verb, const char *path, const char *other);
int tusk_path_job_finish(tusk_path_job *job, const char *path);
void tusk_path_waited(const char *path);
/* After a call in place on a path; keeps errno. */
static zend_always_inline void tusk_path_after(const char *path, int64_t begun)
{
	int error = errno;

	if (UNEXPECTED(tusk_after_call(begun))) {
		tusk_path_waited(path);
	}
	errno = error;
}

#endif
