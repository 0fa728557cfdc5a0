/* SQLite computes on PHP's thread: a progress handler lets others run. What it writes is brought to
 * the disk on another thread.
 *
 * SQLite asks it every OPERATIONS steps of its machine, a few ten microseconds apart; it
 * gives way once a millisecond. Waits for locks need nothing here: SQLite sleeps in libc
 * between its tries, and that sleep suspends. The functions are looked up at run time,
 * because the library comes with PHP's module.
 *
 * A commit waits for the disk once or several times, for milliseconds each, with its locks on the file.
 * Others in this process, who have connections of their own, would find the database locked then, as
 * they never do in plain PHP. So they wait for the end of that one call, whatever file theirs is.
 * `tusk_sqlite_syncing` names who is in it; that coroutine alone sets and clears it. A fork leaves its name in
 * the child, where it is not alive.
 *
 * SQLite's mutexes know threads, and two coroutines are one: a mutex of a shared cache (cache=shared), or of
 * the whole library, may be held by a coroutine that waits. Whoever wants it lets others run until it is
 * free (tusk_sqlite_mutex_lock). Recursive ones are let through, because they are connections', which the
 * guards keep apart. Where nothing can be waited for, in a destructor of PHP 8.2 and 8.3 say, the lock is
 * the plain one.
 */
#include "guard/guard.h"
#include "libc/libc.h"
#include "wait.h"
#include <dlfcn.h>
#include <pthread.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Rust: lets those run that are ready, after a look at the kernel and the timers. */
void tusk_rt_give_way(void);

#define OPERATIONS 2000
#define SLICE_NS 1000000

static struct {
	bool looked_up;
	void (*progress_handler)(void *, int, int (*)(void *), void *);
	int (*autocommit)(void *);
} lib;

static void look_up(void)
{
	if (!lib.looked_up) {
		lib.looked_up = true;
		*(void **) &lib.progress_handler = dlsym(RTLD_DEFAULT, "sqlite3_progress_handler");
		*(void **) &lib.autocommit = dlsym(RTLD_DEFAULT, "sqlite3_get_autocommit");
	}
}

/* Non-zero stops the query: when it was cancelled, the exception is pending already. */
static int on_progress(void *unused)
{
	static int64_t slice_began;
	(void) unused;

	if (!tusk_concurrent || tusk_thread_pointer() != tusk_php_thread) {
		return 0;
	}
	if (EG(exception)) {
		return 1;
	}
	if (!tusk_suspends()) {
		return 0;
	}
	int64_t now = tusk_now_ns();
	if (now - slice_began < SLICE_NS) {
		return 0;
	}
	tusk_rt_give_way();
	slice_began = tusk_now_ns();
	return EG(exception) != NULL;
}

void tusk_sqlite_watch(void *sqlite)
{
	look_up();
	if (lib.progress_handler) {
		lib.progress_handler(sqlite, OPERATIONS, on_progress, NULL);
	}
}

bool tusk_sqlite_in_transaction(void *sqlite)
{
	look_up();
	return lib.autocommit && !lib.autocommit(sqlite);
}

/* ---- bringing to the disk ----------------------------------------------------------- */

tusk_task_id tusk_sqlite_syncing;
static tusk_turn synced;

static bool another_syncs(void)
{
	return tusk_sqlite_syncing != 0 && tusk_sqlite_syncing != tusk_self() && tusk_alive(tusk_sqlite_syncing);
}

bool tusk_sqlite_await_sync(void)
{
	while (another_syncs() && tusk_rt_may_suspend()) {
		if (tusk_rt_turn_wait(&synced, -1) == -ECANCELED) {
			return false;
		}
	}
	return true;
}

void tusk_sqlite_forget(void)
{
	tusk_sqlite_syncing = 0;
	tusk_rt_turn_clear(&synced);
}

typedef struct {
	int (*call)(int fd);
	int fd, result, error;
} sync_job;

static void run_sync(void *pointer)
{
	sync_job *job = pointer;

	job->result = job->call(job->fd);
	job->error = errno;
}

/* Nothing goes to a disk there: a thread would take longer. */
static bool in_memory(int fd)
{
	struct statfs system;

	return fstatfs(fd, &system) == 0 && (system.f_type == 0x01021994 /* tmpfs */ || system.f_type == (long) 0x858458f6 /* ramfs */);
}

/* On the descriptor itself: closing a duplicate of it would end SQLite's locks on the file. Nobody
 * closes it meanwhile, because the connection is in use. It is never given up: what was
 * written has to reach the disk, or the transaction is another one than SQLite believes. */
static int sync_suspending(int fd, int (*call)(int fd))
{
	sync_job job = {.call = call, .fd = fd};
	int error = errno;

	if (!tusk_suspends() || tusk_state_gives_up() || in_memory(fd) || another_syncs()) {
		errno = error;
		return call(fd);
	}
	tusk_sqlite_syncing = tusk_self();
	int refused = tusk_rt_wait_work(TUSK_THREADS_FOR_FILES, run_sync, NULL, &job);
	tusk_sqlite_syncing = 0;
	while (tusk_rt_turn_wake(&synced)) {
	}
	if (refused) {
		return call(fd);
	}
	errno = job.result < 0 ? job.error : error;
	return job.result;
}

int tusk_libc_fsync(int fd) { return sync_suspending(fd, fsync); }
int tusk_libc_fdatasync(int fd) { return sync_suspending(fd, fdatasync); }

/* ---- mutexes ---------------------------------------------------------------------------- */

#define FIRST_PAUSE_NS INT64_C(100000)
#define LONGEST_PAUSE_NS INT64_C(10000000)

/* SQLite cannot be told that a lock was not had, so a cancelled coroutine waits as well: with what
 * was thrown set aside, because nothing waits below an exception. */
static zend_never_inline int lock_among_others(pthread_mutex_t *mutex)
{
	zend_object *thrown = EG(exception);
	int64_t ns = FIRST_PAUSE_NS;
	int result, error = errno;

	EG(exception) = NULL;
	while ((result = pthread_mutex_trylock(mutex)) == EBUSY && tusk_suspends() && tusk_rt_pause(ns)) {
		ns = MIN(2 * ns, LONGEST_PAUSE_NS);
	}
	EG(exception) = thrown;
	errno = error;
	return result == EBUSY ? pthread_mutex_lock(mutex) : result;
}

int tusk_sqlite_mutex_lock(pthread_mutex_t *mutex)
{
	bool among_others = UNEXPECTED(tusk_concurrent) && tusk_thread_pointer() == tusk_php_thread;

	return among_others ? lock_among_others(mutex) : pthread_mutex_lock(mutex);
}
