/* A handle that speaks one protocol over one connection: one coroutine at a time
 * (CONTRACT 12). The key is the underlying connection, not the PHP object.
 *
 * A coroutine owns the handle from tusk_handle_enter() until the tusk_handle_leave()
 * that says nothing is pending on it any more: no result half read, no transaction open.
 * Everybody else waits, in the order they came.
 *
 *   free      owner 0, nobody waits. Anyone enters.
 *   reserved  owner 0, and the longest waiter was woken but has not run yet. Newcomers
 *             queue behind it.
 *   owned     the owner is in a call (depth > 0) or has something pending (depth 0).
 *
 * Only the owner leaves; a handle whose owner has finished is free to the next one.
 *
 * An owner that takes away what is behind the handle, or a part of it, turns those away who wait for
 * that: they get an exception, and have returned to PHP before it goes.
 */
#ifndef TUSK_HANDLE_H
#define TUSK_HANDLE_H

#include "internal.h"

typedef struct tusk_handle {
	tusk_task_id owner;
	unsigned depth;
	bool reserved;
	/* Counts owners, so that a waiter can tell a queue that moves from one that does not. */
	uint64_t owners;
	tusk_turn turn;
	/* Who waits. */
	unsigned waiters;
	/* What is being taken away: who waits for it is turned away. */
	const void *going;
	/* Where the owner took it, for messages. */
	zend_string *file;
	uint32_t line;
	/* All owned handles. */
	struct tusk_handle *next, *previous;
} tusk_handle;

typedef enum {
	/* Do the call, then leave. */
	TUSK_HANDLE_MINE,
	/* Fail without an error of your own: an exception is pending, or comes by itself. */
	TUSK_HANDLE_REFUSED,
	/* Another one is in a call and waiting is not possible here: report the handle busy. */
	TUSK_HANDLE_BUSY,
	/* Not protected (hook off): do the call, and do not leave. */
	TUSK_HANDLE_UNGUARDED,
} tusk_handle_entry;

/* `what` names the handle in messages. `continues` is for a call that goes on with what
 * is pending, such as fetching the next row: it may take over from an owner in no call. */
tusk_handle_entry tusk_handle_enter(tusk_handle *handle, const char *what, bool continues);
/* The same for who wants a part of the handle, a prepared statement for one, which may be taken away meanwhile. */
tusk_handle_entry tusk_handle_enter_for(tusk_handle *handle, const char *what, bool continues, const void *part);
/* Turns away who waits for this part, or everybody (part: the handle), now and until tusk_handle_stay(). For the owner. */
void tusk_handle_go(tusk_handle *handle, const void *part);
void tusk_handle_stay(tusk_handle *handle);
/* `pending`: a result or a transaction is open, so the handle stays this coroutine's. */
void tusk_handle_leave(tusk_handle *handle, bool pending);
/* What is pending on this free handle was begun by `owner`. */
void tusk_handle_adopt(tusk_handle *handle, tusk_task_id owner);
/* Is the handle another living coroutine's? */
bool tusk_handle_foreign(const tusk_handle *handle);
/* This coroutine ends: what it still owns is free. */
void tusk_handle_task_ends(tusk_task_id task);
void tusk_handle_destroy(tusk_handle *handle);
/* At the end of a request. */
void tusk_handle_forget(void);

/* The running coroutine waits for this handle: remembered for Tusk\Runtime::report()
 * (shared.c). True the first time that these two places meet. */
bool tusk_shared_note(const char *what, const tusk_handle *handle);
void tusk_shared_forget(void);

/* INI tusk.shared_handle is `throw`: no waiting, a MisuseError at once. */
extern int tusk_shared_handle_throw;

#endif
