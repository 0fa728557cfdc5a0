/* Functions that stand in for libc's where the php binary and its modules call them.
 *
 * Below a PHP function lies a call of libc that waits. Replacing that call leaves
 * everything above it PHP's own: arguments, results, warnings, open_basedir, realpath
 * cache. Each function here has the type of libc's, sets errno as libc does, and makes
 * libc's call itself unless another coroutine could run meanwhile.
 *
 * Waits that can last (locks, children, FIFOs, messages) never take a thread: they are
 * tried without waiting, again and again with growing pauses, or watched by a
 * descriptor. What a thread is used for ends by itself: files on slow mounts, fsync,
 * large copies, name look-ups.
 */
#ifndef TUSK_LIBC_H
#define TUSK_LIBC_H

#include "intercept/intercept.h"
#include "internal.h"
#include <errno.h>
#include <stdlib.h>

typedef struct {
	const char *name;
	void *function;
} tusk_libc_function;

/* One list a file; each ends with a NULL name. They are for the php binary and its modules
 * alone, see intercept/table.c. */
extern const tusk_libc_function tusk_libc_processes[], tusk_libc_locks[], tusk_libc_names[], tusk_libc_hosts[], tusk_libc_accounts[],
	tusk_libc_paths[], tusk_libc_opens[], tusk_libc_stdio[], tusk_libc_folders[], tusk_libc_descriptors[], tusk_libc_ffi[];

/* May this call suspend? One test while no second coroutine exists. */
/* uninterrupted.c */
extern zend_class_entry *tusk_uninterrupted_class;
bool tusk_in_uninterrupted_class(void);

static zend_always_inline bool tusk_libc_hooked(uint32_t hook)
{
	return UNEXPECTED(tusk_concurrent) && tusk_thread_pointer() == tusk_php_thread
		&& (tusk_hooks & hook) && (EXPECTED(tusk_state_may_switch()) || tusk_state_waits_below_a_throw())
		&& !(hook == TUSK_HOOK_FILE && tusk_uninterrupted_class && tusk_in_uninterrupted_class());
}

/* ---- waiting (Rust: entry/work.rs) --------------------------------------------- */

enum { TUSK_THREADS_FOR_FILES, TUSK_THREADS_FOR_NAMES, TUSK_THREADS_FOR_FFI };

/* Makes run(job) on a thread while the coroutine waits. 0: it has run. -EAGAIN: no thread
 * can be had, and nothing was done. With `drop`, a cancelled coroutine leaves the job
 * behind (-ECANCELED) and drop(job) is called when nobody uses it any more: it must own
 * all its memory (malloc). Without, the job may lie on the caller's frame and is waited
 * for whatever happens. run and drop touch nothing of PHP. */
int tusk_rt_wait_work(uint32_t threads, void (*run)(void *), void (*drop)(void *), void *job);
/* The same for who does not wait: false when there is no place for the job now. */
bool tusk_rt_leave_work(uint32_t threads, void (*run)(void *), void *job);
/* As read(2) and write(2), from where the file stands; -errno. */
ssize_t tusk_rt_wait_read(int fd, void *buf, size_t len);
ssize_t tusk_rt_wait_write(int fd, const void *buf, size_t len, int64_t timeout_ns);
/* Does tusk_rt_wait_read read a regular file without blocking the thread? */
bool tusk_rt_files_in_ring(void);
/* A buffer that libc has found too small (ERANGE), twice as large. False: it stays, because that is beyond `most` or there
 * is no memory. */
static inline bool tusk_grow(char **buf, size_t *room, size_t most)
{
	char *larger = *room < most ? realloc(*buf, *room * 2) : NULL;

	if (larger) {
		*buf = larger;
		*room *= 2;
	}
	return larger;
}
/* Lets everybody else run, timers included. */
void tusk_rt_breathe(void);

/* The pause before the next try; grows from call to call with the same counter. 0; -EINTR when a
 * signal has cut it short (the main script's only); or -ECANCELED with errno set. */
int tusk_pause(unsigned *tries);

/* ---- a file's descriptor lock, and who closes it meanwhile ----------------------- */

struct tusk_hold;
/* The PHP stream whose option is being set, for a flock that waits in it. */
extern struct tusk_hold *tusk_option_hold;
bool tusk_option_closing(const struct tusk_hold *hold);

/* ext/ffi's own way to libffi, found when it was redirected (ffi.c). */
void tusk_ffi_found(void *function);

/* pclose() waits for its child through this. */
pid_t tusk_libc_waitpid(pid_t pid, int *status, int options);

/* While this is set, popen() for writing gives a FILE whose writes suspend (mail()). */
extern bool tusk_popen_for_mail;

#endif
