/* Guards by key; see guard/guard.h. */
#include "guard/guard.h"
#include "wait.h"
#include "zend_exceptions.h"

typedef struct tusk_guard_job {
	void (*run)(void *data);
	void *data;
	struct tusk_guard_job *next;
} tusk_guard_job;

static HashTable guards;
static bool guards_ready;
extern zend_class_entry *tusk_ce_cancelled;

static zend_ulong number(const void *key)
{
	return (zend_ulong) (uintptr_t) key >> 3;
}

static tusk_guard *find(const void *key)
{
	return tusk_guards ? zend_hash_index_find_ptr(&guards, number(key)) : NULL;
}

static tusk_guard *find_or_make(const tusk_guard_kind *kind, const void *key)
{
	tusk_guard *guard = find(key);

	if (guard) {
		return guard;
	}
	if (!guards_ready) {
		zend_hash_init(&guards, 8, NULL, NULL, 1);
		guards_ready = true;
	}
	guard = pecalloc(1, sizeof(*guard), 1);
	guard->key = key;
	guard->kind = kind;
	zend_hash_index_add_new_ptr(&guards, number(key), guard);
	tusk_guards++;
	/* What is pending on a handle that nobody has entered yet was begun before there were
	 * other coroutines: by the main script. */
	if (kind->pending && kind->pending(key)) {
		tusk_handle_adopt(&guard->handle, TUSK_MAIN);
	}
	return guard;
}

static void remove_guard(tusk_guard *guard)
{
	zend_hash_index_del(&guards, number(guard->key));
	tusk_guards--;
	tusk_handle_destroy(&guard->handle);
	pefree(guard, 1);
}

static void run_jobs(tusk_guard *guard)
{
	while (guard->jobs) {
		tusk_guard_job *job = guard->jobs;
		guard->jobs = job->next;
		job->run(job->data);
		pefree(job, 1);
	}
}

/* Only while nobody is in it or waits for it. What was put off for somebody who did not
 * come after all is done now. */
static void remove_if_free(tusk_guard *guard)
{
	while (guard->users == 0 && guard->handle.owner == 0 && guard->jobs) {
		tusk_handle_adopt(&guard->handle, tusk_self());
		guard->handle.depth = 1;
		guard->users = 1;
		run_jobs(guard);
		guard->users = 0;
		tusk_handle_leave(&guard->handle, false);
	}
	if (guard->users == 0 && guard->handle.owner == 0) {
		remove_guard(guard);
	}
}

tusk_handle_entry tusk_guard_enter(const tusk_guard_kind *kind, const void *key, bool continues, tusk_guard **entered)
{
	*entered = NULL;
	if (!(tusk_hooks & TUSK_HOOK_INTERCEPT)) {
		return TUSK_HANDLE_UNGUARDED;
	}
	tusk_guard *guard = find_or_make(kind, key);
	guard->users++;
	tusk_handle_entry entry = tusk_handle_enter(&guard->handle, kind->what, continues);
	if (entry == TUSK_HANDLE_MINE && UNEXPECTED(tusk_sqlite_syncing != 0) && kind->sqlite && kind->sqlite(key)
			&& !tusk_sqlite_await_sync()) {
		tusk_guard_leave(guard, tusk_guard_pending(guard));
		return TUSK_HANDLE_REFUSED;
	}
	if (entry == TUSK_HANDLE_MINE) {
		*entered = guard;
		return entry;
	}
	guard->users--;
	remove_if_free(guard);
	return entry;
}

/* ---- leaving --------------------------------------------------------------------- */

static zend_object *previous_of(zend_object *exception)
{
	zval room, *previous;
	zend_class_entry *base = instanceof_function(exception->ce, zend_ce_exception) ? zend_ce_exception : zend_ce_error;

	previous = zend_read_property_ex(base, exception, ZSTR_KNOWN(ZEND_STR_PREVIOUS), 1, &room);
	return previous && Z_TYPE_P(previous) == IS_OBJECT ? Z_OBJ_P(previous) : NULL;
}

/* Chains longer than this are somebody else's. */
#define DEPTH 8

/* Was the library's call cancelled? Then that is the exception, and not what the library
 * made of it. */
static bool put_cancel_in_front(void)
{
	zend_object *exception = EG(exception);

	if (zend_is_unwind_exit(exception) || zend_is_graceful_exit(exception)) {
		return true;
	}
	for (int depth = 0; exception && depth < DEPTH; depth++) {
		if (exception->ce == tusk_ce_cancelled) {
			if (exception != EG(exception)) {
				GC_ADDREF(exception);
				OBJ_RELEASE(EG(exception));
				EG(exception) = exception;
			}
			return true;
		}
		exception = previous_of(exception);
	}
	return false;
}

void tusk_guard_cancel_first(void)
{
	if (UNEXPECTED(EG(exception) != NULL)) {
		put_cancel_in_front();
	}
}

bool tusk_guard_pending(const tusk_guard *guard)
{
	return !guard->gone && (guard->held || guard->switched || (guard->kind->pending && guard->kind->pending(guard->key)));
}

void tusk_guard_leave(tusk_guard *guard, bool pending)
{
	if (UNEXPECTED(EG(exception) != NULL) && put_cancel_in_front()) {
		guard->held = guard->switched = false;
		if (guard->kind->broken && guard->key) {
			guard->kind->broken(guard->key);
		}
	}
	if (UNEXPECTED(guard->jobs != NULL) && !pending && guard->handle.depth == 1) {
		run_jobs(guard);
	}
	tusk_handle_leave(&guard->handle, pending);
	guard->users--;
	remove_if_free(guard);
}

/* ---- handles that come and go ------------------------------------------------------ */

/* Nobody is in a call: their frames hold the handle. A waiter looks again, and finds a
 * guard of its own. */
void tusk_guard_drop(const void *key)
{
	tusk_guard *guard = find(key);

	if (guard && guard->users == 0) {
		run_jobs(guard);
		remove_guard(guard);
	} else if (guard) {
		guard->held = guard->switched = false;
	}
}

void tusk_guard_opened(const void *key)
{
	tusk_guard *guard = find(key);

	if (UNEXPECTED(guard != NULL)) {
		guard->gone = false;
	}
}

bool tusk_guard_foreign(const void *key)
{
	tusk_guard *guard = find(key);

	return guard && tusk_handle_foreign(&guard->handle);
}

tusk_task_id tusk_guard_sqlite_owner(const void *key)
{
	tusk_guard *guard = find(key);

	return guard && guard->kind->sqlite && guard->kind->sqlite(key) ? guard->handle.owner : 0;
}

bool tusk_guard_later(const void *key, void (*run)(void *data), void *data)
{
	tusk_guard *guard = find(key);

	if (!guard || !(guard->handle.reserved || tusk_handle_foreign(&guard->handle))) {
		return false;
	}
	tusk_guard_job *job = pemalloc(sizeof(*job), 1);
	*job = (tusk_guard_job) {.run = run, .data = data, .next = guard->jobs};
	guard->jobs = job;
	return true;
}

void tusk_guard_forget(void)
{
	tusk_guard *guard;

	tusk_phar_forget();
	if (!guards_ready) {
		return;
	}
	ZEND_HASH_FOREACH_PTR(&guards, guard) {
		/* The request's memory is going: what was put off is not done any more. */
		while (guard->jobs) {
			tusk_guard_job *job = guard->jobs;
			guard->jobs = job->next;
			pefree(job, 1);
		}
		tusk_handle_destroy(&guard->handle);
		pefree(guard, 1);
	} ZEND_HASH_FOREACH_END();
	zend_hash_destroy(&guards);
	guards_ready = false;
	tusk_guards = 0;
	tusk_sqlite_forget();
}
