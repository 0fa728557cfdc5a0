/* The seam between the C shim and Rust.
 *
 * Everything that needs an engine struct's layout is C (this folder); everything
 * that decides is Rust. Functions named tusk_rt_* are written in Rust, all others
 * in C. Nothing here is called from another thread than PHP's.
 *
 * Invariant of every tusk_rt_wait_*: the caller's frame may be left by a switch
 * and come back later, on the same C stack. What the frame points to must
 * therefore be owned by the frame or pinned by it (an added reference), and
 * engine state that is per coroutine (state/state.c) is the caller's own again
 * when the call returns.
 */
#ifndef TUSK_H
#define TUSK_H

#include "php.h"

/* Of a thread-safe PHP (ZTS) only the first thread is served, and only where no extension runs
 * PHP in others (module.c); its engine globals are reached through this copy of their place. */
#ifdef ZTS
ZEND_TSRMLS_CACHE_EXTERN()
#endif
#if PHP_VERSION_ID < 80200
# error "Tusk needs PHP 8.2 or later: point PHP_CONFIG at a newer php-config"
#endif

#include "zend_fibers.h"
#include "flags.h"
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* The globals of a module of PHP's, of this thread. */
#ifdef ZTS
# define TUSK_MODULE_GLOBALS(module) TSRMG_BULK(*(module)->globals_id_ptr, void *)
#else
# define TUSK_MODULE_GLOBALS(module) ((module)->globals_ptr)
#endif

/* A task as the native scheduler names it: slot in the low half, generation in the
 * high half, so that a stale id never names another task. 0 is nobody. */
typedef uint64_t tusk_task_id;

/* ---- waiting (Rust: ext/coroutine/wait.rs) ------------------------------- */

/* May the running code be suspended here, and is there a reason to (another
 * coroutine or an event loop)? When false the hook makes PHP's plain call.
 * False outside cli, without other coroutines, in destructors and GC where the
 * engine blocks switching, inside the compiler and output handlers. */
bool tusk_rt_may_suspend(void);

/* Changes with every switch: who finds it unchanged knows that nobody else has run. */
extern _Atomic uint64_t tusk_beat;

/* Every wait below suspends the running coroutine; timeout_ns < 0 is for ever.
 * Results: >= 0 as documented, 0 or -ETIMEDOUT at the deadline, -EINTR when a
 * signal ended it (coroutine 0 only), -ECANCELED when the coroutine was
 * cancelled or is being unwound: an exception is then pending or will be thrown
 * when C has returned to PHP (CONTRACT 10); the caller cleans up and fails. */

/* Such a timeout; neither number is negative. What takes longer than 68 years is for ever, for
 * it may not fit. */
static inline int64_t tusk_timeout_of(int64_t seconds, int64_t microseconds)
{
	if (seconds > INT32_MAX || microseconds / 1000000 > INT32_MAX - seconds) {
		return -1;
	}
	return seconds * 1000000000 + microseconds * 1000;
}

/* revents (> 0), or 0 at the deadline. */
int tusk_rt_wait_fd(int fd, short events, int64_t timeout_ns);
/* As waitid(2) waits, but nobody is reaped: 0 when the call with WNOHANG has something to say,
 * -ECHILD when there is no such child, another -errno where it cannot be waited for. */
int tusk_rt_wait_child(unsigned which, unsigned id, int events);
/* As poll(2) over several descriptors; fills revents; number ready. */
int tusk_rt_wait_fds(struct pollfd *fds, unsigned count, int64_t timeout_ns, bool keep_last);
/* As recv(2)/send(2), after a first try that said EAGAIN; -ETIMEDOUT at the deadline.
 * The kernel may own buf until the call returns, also when it is cancelled. */
ssize_t tusk_rt_wait_recv(int fd, void *buf, size_t len, int flags, int64_t timeout_ns);
ssize_t tusk_rt_wait_send(int fd, const void *buf, size_t len, int flags, int64_t timeout_ns);
/* 0 slept, -EINTR (remaining_ns set), -ECANCELED. */
int tusk_rt_wait_sleep(int64_t ns, int64_t *remaining_ns);
/* Sleeps that long whatever its coroutine is asked meanwhile: for who can neither fail nor go on. */
bool tusk_rt_pause(int64_t ns);
/* As getaddrinfo(3), on the resolver's threads; EAI_* code, or -ECANCELED, or
 * -ETIMEDOUT. *result is freed with freeaddrinfo. */
struct addrinfo;
int tusk_rt_wait_getaddrinfo(const char *host, const char *service,
	const struct addrinfo *hints, struct addrinfo **result, int64_t timeout_ns);

/* The running task, made if this is a callback that has none yet. */
tusk_task_id tusk_rt_current_task(void);
/* Is this task still alive (not finished)? */
bool tusk_rt_task_alive(tusk_task_id task);

/* A queue of tasks that wait their turn for something, FIFO. Zero-initialised is
 * empty; free with tusk_rt_turn_clear when the thing goes away (waiters are woken). */
typedef struct { void *queue; } tusk_turn;
/* Suspends until woken: 0, -ETIMEDOUT, -ECANCELED. */
int tusk_rt_turn_wait(tusk_turn *turn, int64_t timeout_ns);
/* Wakes the longest waiter; false if there is none. */
bool tusk_rt_turn_wake(tusk_turn *turn);
void tusk_rt_turn_clear(tusk_turn *turn);

/* A socket that an event loop watches was read: `drained` when the read returned less
 * than was asked for or EAGAIN, `eof` when it returned 0 or an error. */
void tusk_rt_note_read(int fd, bool drained, bool eof);
/* The descriptor is about to be closed: cancels everything armed on it, at once. */
void tusk_rt_note_close(int fd);

/* ---- engine state per coroutine (state/state.c) --------------------------------- */

typedef struct tusk_state tusk_state; /* NULL means: equal to the root state */

/* Called with the engine holding the state of the coroutine that is left. Saves what
 * differs from the root state into *slot (allocating it) and restores the root. Cheap
 * when nothing differs. */
void tusk_state_leave(tusk_state **slot);
/* Called when a coroutine is entered: installs *slot, if any. */
void tusk_state_enter(tusk_state **slot);
/* A coroutine's function has returned, and its state is still set: writes out the output
 * buffers it left open and gives back the handles it owned. May call PHP code and leave an
 * exception; leave and free come later. `task` is 0 for a callback that never waited. */
void tusk_state_finish(tusk_task_id task);
/* A new coroutine inherits what its spawner has now (handlers; never buffers or last error). */
tusk_state *tusk_state_inherit(void);
void tusk_state_free(tusk_state **slot);
/* The first coroutine of several is being spawned: what is set now is the root. */
void tusk_state_take_root(void);
/* Would a switch here tear engine state apart: inside the compiler, an output
 * handler, a pending exception, a section that blocks switching? */
bool tusk_state_may_switch(void);
/* For C code that goes on with an exception set: may it be suspended (a callback has thrown, and C
 * has not returned to PHP yet), or does its wait fail at once (tusk_state_gives_up)? */
bool tusk_state_waits_below_a_throw(void);
/* Around such a wait: nobody else sees the exception. NULL where there is none to be set aside. */
zend_object *tusk_set_exception_aside(void);
void tusk_put_exception_back(zend_object *thrown);
/* Was the running coroutine cancelled inside the PHP function that it is still in? The exception
 * is set and rises when C has returned. No switch is possible until then, and every wait fails
 * with ECANCELED without one. */
bool tusk_state_gives_up(void);
/* Rust: is every wait of the running coroutine refused? */
bool tusk_rt_gives_up(void);

/* A function of this table that is implemented in C, or NULL. */
static inline zend_internal_function *tusk_internal_function(HashTable *functions, const char *name)
{
	zend_function *function = zend_hash_str_find_ptr(functions, name, strlen(name));

	return function && function->type == ZEND_INTERNAL_FUNCTION ? &function->internal_function : NULL;
}

/* ---- life of the module, one per file ------------------------------------ */
void tusk_state_startup(void);      void tusk_state_shutdown(void);      /* RINIT/RSHUTDOWN */
void tusk_compile_startup(void);    /* RINIT: zend_compile_file, zend_resolve_path */
void tusk_compile_shutdown(void);
void tusk_autoload_startup(void);   /* RINIT: zend_autoload */
void tusk_autoload_shutdown(void);
void tusk_stream_startup(void);     void tusk_stream_shutdown(void);     /* MINIT/MSHUTDOWN */
void tusk_userspace_startup(void);  void tusk_userspace_shutdown(void);  /* MINIT/MSHUTDOWN */
void tusk_mute_startup(void);       void tusk_mute_shutdown(void);       /* MINIT/MSHUTDOWN */
void tusk_function_startup(void);   void tusk_function_shutdown(void);   /* handlers replaced at MINIT */
void tusk_file_startup(void);       void tusk_file_shutdown(void);       /* MINIT/MSHUTDOWN */
void tusk_mysqlnd_startup(void);    void tusk_mysqlnd_shutdown(void);    /* RINIT/RSHUTDOWN */

/* Which hooks are on: INI tusk.hooks and Tusk\Runtime::hooks(). */
enum { TUSK_HOOK_STREAM = 1, TUSK_HOOK_SLEEP = 2, TUSK_HOOK_SELECT = 4, TUSK_HOOK_DNS = 8, TUSK_HOOK_MYSQLND = 16,
	TUSK_HOOK_FILE = 256, TUSK_HOOK_PROCESS = 512, TUSK_HOOK_LOCK = 1024, TUSK_HOOK_INTERCEPT = 2048, TUSK_HOOK_ALL = 0x7fffffff };
extern uint32_t tusk_hooks;

#endif
