/* Plain files: which mounts are slow, and reading and writing without holding everybody up.
 */
#ifndef TUSK_FILE_H
#define TUSK_FILE_H

#include "libc/libc.h"
#include "stream/stream.h"

/* ---- mounts (file/mount.c) ---------------------------------------------------------- */

/* When it is to be looked whether mounts have changed: once a second. */
extern int64_t tusk_mounts_due;
void tusk_mounts_look(int64_t now);

/* `now` is tusk_coarse_ns(). */
static zend_always_inline void tusk_mounts_refresh(int64_t now)
{
	if (UNEXPECTED(now >= tusk_mounts_due)) {
		tusk_mounts_look(now);
	}
}

/* Is the path, or the open file, on a slow mount? */
bool tusk_path_slow(const char *path);
/* Does opening it wait for another end? What was a regular file within the last second is not looked at
 * (libc/open.c). */
bool tusk_path_is_fifo(const char *path);
bool tusk_fd_slow(int fd);
/* The descriptor's file is on this device, as fstat(2) said; and it was closed. */
void tusk_fd_on_device(int fd, dev_t device);
void tusk_fd_closed(int fd);
/* A call in place took so long that everybody noticed. */
void tusk_path_stalled(const char *path);
void tusk_fd_stalled(int fd);
/* A call on a thread took this long. */
void tusk_path_took(const char *path, int64_t ns);

/* ---- time (file/turn.c) --------------------------------------------------------------- */

/* The kernel's tick: 5 ns to ask, 1 to 10 ms fine. Good enough to notice a stall. */
int64_t tusk_coarse_ns(void);
/* Longest run of calls in place, without a switch, before others get their turn. */
#define TUSK_BREATH_NS 4000000
/* A call in place that waited longer was a stall. */
#define TUSK_STALL_NS 8000000

/* Until then calls are looked at more closely. */
extern int64_t tusk_suspect_until;
void tusk_call_suspected(int64_t now);

/* Before a call in place: tusk_coarse_ns(). */
static zend_always_inline int64_t tusk_call_begins(void)
{
	int64_t now = tusk_coarse_ns();

	if (UNEXPECTED(now < tusk_suspect_until)) {
		tusk_call_suspected(now);
	}
	return now;
}

/* After it: did it wait for long? */
bool tusk_call_stalled(int64_t begun, int64_t now);
/* When the running coroutine made its first call in place since it was switched to, and
 * which switch that was. */
extern int64_t tusk_slice;
extern uint64_t tusk_slice_beat;
bool tusk_after_slow_call(int64_t begun, int64_t now);

/* After it: lets others run if it is time. True if it waited for long. */
static zend_always_inline bool tusk_after_call(int64_t begun)
{
	int64_t now = tusk_coarse_ns();

	return UNEXPECTED(tusk_beat != tusk_slice_beat || now - tusk_slice >= TUSK_BREATH_NS || now - begun >= TUSK_STALL_NS)
		&& tusk_after_slow_call(begun, now);
}

/* A regular file that was opened and looked at, and that nobody has read, written or moved in
 * since; -1 for none. It stands at 0, and PHP asks where it stands. A FILE made of it would
 * not be noticed: nobody opens a file by number, makes a FILE of it and asks the number. */
extern int tusk_untouched_fd;

/* Writes everything to a pipe, socket or terminal, suspending while it is full. -1 and
 * errno, or what was written. */
ssize_t tusk_write_all(int fd, const void *buf, size_t count);

/* write(2) of something large, on a thread. */
ssize_t tusk_write_on_thread(int fd, const void *buf, size_t count);
int tusk_close_on_thread(int fd);
/* Calls of modules that read and write files themselves. False: the call is to be made in place. */
bool tusk_read_slow_file(int fd, void *buf, size_t count, ssize_t *result);
bool tusk_write_slow_file(int fd, const void *buf, size_t count, ssize_t *result);
struct stat;
int tusk_fstat_on_thread(int fd, struct stat *out);

#endif
