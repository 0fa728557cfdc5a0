/* fork(): the child keeps only the coroutine that forked (CONTRACT 14).
 *
 * The atfork handler runs in every child, also in those of popen() and proc_open() that
 * execute something else next; it only turns the hooks off and leaves a mark. What the
 * mark asks for is done when PHP code goes on in the child: after pcntl_fork() and
 * pcntl_rfork() at once, after any other fork (FFI) at the first wait or spawn.
 */
#include "guard/guard.h"
#include "internal.h"
#include "php_globals.h"
#include <pthread.h>

void tusk_rt_fork_child(void);
/* libc/lock.c, stream/flight.c */
void tusk_signals_forked(void);
void tusk_flight_fork_child(void);
/* guest/ */
void tusk_guests_forked(void);

/* What this reads and writes is in one page (flags.h), and who only executes something touches no
 * other: a page that the child writes is copied, and one that holds code is looked for, which in
 * proc_open() is most of what an extension adds to a child. */
static void in_child(void)
{
	tusk_forked = true;
	if (UNEXPECTED(tusk_concurrent)) {
		tusk_concurrent = false;
	}
	if (UNEXPECTED(tusk_signal_holders)) {
		tusk_signals_forked();
	}
	if (UNEXPECTED(tusk_flights)) {
		tusk_flight_fork_child();
	}
}

/* Coroutines are abandoned on purpose, with all they hold: a debug build of PHP would report
 * each piece. It asks report_memleaks before shutdown functions run, which is when the last are
 * abandoned, and whether the end is a clean one when the memory goes. */
static bool leaves_memory;

void tusk_leaves_memory(void)
{
	leaves_memory = true;
}

/* Everything else of the request has ended. */
zend_result tusk_request_is_over(void)
{
	if (ZEND_DEBUG && leaves_memory) {
		CG(unclean_shutdown) = 1;
	}
	leaves_memory = false;
	return SUCCESS;
}

void tusk_fork_settle(void)
{
	if (tusk_forked) {
		tusk_forked = false;
		/* What the parent's other coroutines held is left as it is. */
		tusk_leaves_memory();
		tusk_guard_forked();
		tusk_rt_fork_child();
		tusk_guests_forked();
	}
}

static zif_handler php_fork, php_rfork;

static ZEND_NAMED_FUNCTION(fork_function)
{
	php_fork(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	tusk_fork_settle();
}

static ZEND_NAMED_FUNCTION(rfork_function)
{
	php_rfork(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	tusk_fork_settle();
}

static void replace(const char *name, zif_handler ours, zif_handler *theirs)
{
	zend_internal_function *function = tusk_internal_function(CG(function_table), name);
	if (function && function->handler != ours) {
		*theirs = function->handler;
		function->handler = ours;
	}
}

/* At the first request: pcntl may be loaded after this module. */
void tusk_fork_startup(void)
{
	static bool registered;
	if (!registered) {
		registered = true;
		pthread_atfork(NULL, NULL, in_child);
		replace("pcntl_fork", fork_function, &php_fork);
		replace("pcntl_rfork", rfork_function, &php_rfork);
	}
}

static void restore(const char *name, zif_handler ours, zif_handler theirs)
{
	zend_internal_function *function = tusk_internal_function(CG(function_table), name);
	if (function && theirs && function->handler == ours) {
		function->handler = theirs;
	}
}

void tusk_fork_shutdown(void)
{
	restore("pcntl_fork", fork_function, php_fork);
	restore("pcntl_rfork", rfork_function, php_rfork);
}
