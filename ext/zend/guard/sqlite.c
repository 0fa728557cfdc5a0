/* SQLite computes on PHP's thread: a progress handler lets others run.
 *
 * SQLite asks it every OPERATIONS steps of its machine, a few ten microseconds apart; it
 * gives way once a millisecond. Waits for locks need nothing here: SQLite sleeps in libc
 * between its tries, and that sleep suspends. The functions are looked up at run time,
 * because the library comes with PHP's module.
 */
#include "guard/guard.h"
#include "intercept/intercept.h"
#include <dlfcn.h>

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
