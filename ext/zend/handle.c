/* One coroutine at a time on a handle; see handle.h for the states. */
#include "handle.h"
#include "libc/libc.h"
#include "wait.h"
#include <errno.h>

static tusk_handle *owned;

static void unlink_handle(tusk_handle *handle)
{
	if (handle->previous) {
		handle->previous->next = handle->next;
	} else {
		owned = handle->next;
	}
	if (handle->next) {
		handle->next->previous = handle->previous;
	}
	handle->next = handle->previous = NULL;
}

static void forget_place(tusk_handle *handle)
{
	if (handle->file) {
		zend_string_release(handle->file);
		handle->file = NULL;
	}
}

static void own(tusk_handle *handle, tusk_task_id self)
{
	if (handle->owner == 0) {
		handle->next = owned;
		if (owned) {
			owned->previous = handle;
		}
		owned = handle;
	}
	handle->owner = self;
	handle->owners++;
	handle->depth = 1;
	forget_place(handle);
	zend_string *file = zend_get_executed_filename_ex();
	handle->file = file ? zend_string_copy(file) : NULL;
	handle->line = zend_get_executed_lineno();
}

static void set_free(tusk_handle *handle)
{
	unlink_handle(handle);
	handle->owner = 0;
	handle->depth = 0;
	forget_place(handle);
	handle->reserved = tusk_rt_turn_wake(&handle->turn);
}

static const char *holder_file(const tusk_handle *handle)
{
	return handle->file ? ZSTR_VAL(handle->file) : "?";
}

/* Once for each pair of places, and not for each handle: a guard and its handle are made
 * anew whenever somebody enters, as often as once a statement. */
static void log_once(const tusk_handle *handle, const char *what)
{
	char *message;

	if (!tusk_shared_note(what, handle)) {
		return;
	}
	spprintf(&message, 0, "Tusk: two coroutines use one %s: %s:%u waits until the one at %s:%u is done. "
		"This is safe and slow; a connection for each coroutine, as from a pool, is not waited for.",
		what, zend_get_executed_filename(), zend_get_executed_lineno(), holder_file(handle), handle->line);
	php_log_err(message);
	efree(message);
}

static tusk_handle_entry refuse(const tusk_handle *handle, const char *what, const char *why)
{
	tusk_throw_misuse("This %s is used by another coroutine (at %s:%u)%s. Use one connection for each coroutine.",
		what, holder_file(handle), handle->line, why);
	return TUSK_HANDLE_REFUSED;
}

static tusk_handle_entry turned_away(const char *what)
{
	if (!EG(exception)) {
		zend_throw_error(NULL, "This %s was closed by another coroutine while this one waited for it. "
			"Use one connection for each coroutine, or close it when all are done.", what);
	}
	return TUSK_HANDLE_REFUSED;
}

/* One wait for the handle; MINE means: look again, `woken` whether it was our turn. */
static tusk_handle_entry wait_once(tusk_handle *handle, const char *what, bool *woken)
{
	if (tusk_shared_handle_throw && handle->owner) {
		return refuse(handle, what, "");
	}
	uint64_t owners = handle->owners;
	if (handle->owner) {
		log_once(handle, what);
	}
	int result = tusk_wait_for_owner(&handle->turn, &handle->owner, TUSK_OWNER_DEADLINE_NS);
	*woken = result == 0;
	if (result == 0 || result == -ESRCH) {
		return TUSK_HANDLE_MINE;
	}
	if (handle->reserved && handle->owner == 0) {
		/* The turn may have been ours; what we do not take goes to the next one. */
		handle->reserved = tusk_rt_turn_wake(&handle->turn);
	}
	switch (result) {
		case -ETIMEDOUT:
			/* A long statement is no reason to give up, an idle transaction is. */
			if (handle->owner == 0 || handle->depth || handle->owners != owners
				|| !tusk_alive(handle->owner)) {
				return TUSK_HANDLE_MINE;
			}
			return refuse(handle, what, ", which left a transaction or an unread result open for 10 seconds");
		case -EDEADLK:
			return refuse(handle, what, handle->owner == TUSK_MAIN
			? ", which is the main script: it left a transaction or an unread result open, and waits for this one"
			: ", which is itself waiting for this one");
		case -EWOULDBLOCK:
			return handle->depth ? TUSK_HANDLE_BUSY : TUSK_HANDLE_UNGUARDED;
		default:
			return TUSK_HANDLE_REFUSED;
	}
}

static bool goes(const tusk_handle *handle, const void *part)
{
	return UNEXPECTED(handle->going != NULL) && (handle->going == handle || handle->going == part);
}

tusk_handle_entry tusk_handle_enter(tusk_handle *handle, const char *what, bool continues)
{
	return tusk_handle_enter_for(handle, what, continues, NULL);
}

tusk_handle_entry tusk_handle_enter_for(tusk_handle *handle, const char *what, bool continues, const void *part)
{
	tusk_task_id self = tusk_self();
	if (handle->owner == self) {
		handle->depth++;
		return TUSK_HANDLE_MINE;
	}
	/* A woken waiter looks again as the one the handle is reserved for. */
	bool woken = false;
	while (handle->owner ? tusk_alive(handle->owner) && !(continues && handle->depth == 0)
			: handle->reserved && !woken) {
		handle->waiters++;
		tusk_handle_entry entry = goes(handle, part) ? TUSK_HANDLE_MINE : wait_once(handle, what, &woken);
		handle->waiters--;
		if (goes(handle, part)) {
			return turned_away(what);
		}
		if (entry != TUSK_HANDLE_MINE) {
			return entry;
		}
	}
	handle->reserved = false;
	own(handle, self);
	return TUSK_HANDLE_MINE;
}

void tusk_handle_adopt(tusk_handle *handle, tusk_task_id owner)
{
	own(handle, owner);
	handle->depth = 0;
	forget_place(handle);
}

void tusk_handle_leave(tusk_handle *handle, bool pending)
{
	if (--handle->depth == 0 && !pending) {
		set_free(handle);
	}
}

void tusk_handle_go(tusk_handle *handle, const void *part)
{
	handle->going = part;
	if (handle->waiters == 0) {
		return;
	}
	/* All look again; who is not turned away waits on. */
	tusk_rt_turn_clear(&handle->turn);
	tusk_rt_breathe();
}

void tusk_handle_stay(tusk_handle *handle)
{
	handle->going = NULL;
}

bool tusk_handle_foreign(const tusk_handle *handle)
{
	return handle->owner != 0 && handle->owner != tusk_self() && tusk_alive(handle->owner);
}

void tusk_handle_task_ends(tusk_task_id task)
{
	for (tusk_handle *handle = owned, *next; handle; handle = next) {
		next = handle->next;
		if (handle->owner == task) {
			set_free(handle);
		}
	}
}

void tusk_handle_destroy(tusk_handle *handle)
{
	if (handle->owner) {
		unlink_handle(handle);
	}
	forget_place(handle);
	tusk_rt_turn_clear(&handle->turn);
}

void tusk_handle_forget(void)
{
	while (owned) {
		tusk_handle *handle = owned;
		unlink_handle(handle);
		handle->owner = 0;
		handle->depth = 0;
		handle->reserved = false;
		forget_place(handle);
	}
}
