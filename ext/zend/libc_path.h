/* A call on a path that is made on a thread; shared by libc_path.c, libc_open.c and
 * libc_folder.c.
 *
 * It owns copies of its arguments, so a cancelled coroutine leaves it to end by itself; a
 * descriptor it still opens is closed. The current directory is the process's and may
 * change meanwhile: a relative path is made absolute first.
 */
#ifndef TUSK_LIBC_PATH_H
#define TUSK_LIBC_PATH_H

#include "file.h"
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <utime.h>

typedef enum {
	TUSK_OPEN, TUSK_STAT, TUSK_LSTAT, TUSK_ACCESS, TUSK_UNLINK, TUSK_RENAME, TUSK_MKDIR, TUSK_RMDIR, TUSK_CHMOD, TUSK_CHOWN, TUSK_LCHOWN, TUSK_UTIME, TUSK_READLINK, TUSK_SYMLINK, TUSK_LINK,
	TUSK_STATVFS, TUSK_OPENDIR, TUSK_MKSTEMP, TUSK_FOPEN,
} tusk_path_verb;

typedef struct {
	tusk_path_verb verb;
	int flags, error;
	mode_t mode;
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

/* Is a call on this path, or these two, to be made on a thread? */
bool tusk_path_off_thread(const char *path, const char *other);
/* NULL when there is no memory. */
tusk_path_job *tusk_path_job_make(tusk_path_verb verb, const char *path, const char *other);
int tusk_path_job_finish(tusk_path_job *job, const char *path);
/* After a call in place on a path; keeps errno. */
void tusk_path_after(const char *path, int64_t begun);

#endif
