/* Plain files: which mounts are slow, and reading and writing without holding everybody up.
 */
#ifndef TUSK_FILE_H
#define TUSK_FILE_H

#include "libc.h"
#include "stream.h"

/* ---- mounts (file_mount.c) ---------------------------------------------------------- */

/* How many mounts are slow. While there are none, every call is made in place. */
extern unsigned tusk_slow_mounts;

/* Looks whether mounts have changed, at most once a second. */
void tusk_mounts_refresh(void);
/* Is the path, or the open file, on a slow mount? */
bool tusk_path_slow(const char *path);
bool tusk_fd_slow(int fd);
/* A call in place took so long that everybody noticed. */
void tusk_path_stalled(const char *path);
void tusk_fd_stalled(int fd);
/* A call on a thread took this long. */
void tusk_path_took(const char *path, int64_t ns);

/* ---- time ----------------------------------------------------------------------------- */

/* The kernel's tick: 3 ns to ask, 1 to 10 ms fine. Good enough to notice a stall. */
int64_t tusk_coarse_ns(void);
/* Longest run of calls in place, without a switch, before others get their turn. */
#define TUSK_BREATH_NS 4000000
/* A call in place that took longer was a stall. */
#define TUSK_STALL_NS 8000000
/* After a call in place: lets others run if it is time. True if the call stalled. */
bool tusk_after_call(int64_t begun);

/* Writes everything to a pipe, socket or terminal, suspending while it is full. -1 and
 * errno, or what was written. */
ssize_t tusk_write_all(int fd, const void *buf, size_t count);

/* write(2) of something large, on a thread. */
ssize_t tusk_write_on_thread(int fd, const void *buf, size_t count);
int tusk_close_on_thread(int fd);
struct stat;
int tusk_fstat_on_thread(int fd, struct stat *out);

#endif
