/* Handles of C libraries: one coroutine at a time in each (CONTRACT 12, 13), for PDO,
 * pgsql, curl, Redis, Memcached, LDAP, SOAP and SQLite. (MySQL connections are guarded
 * where mysqlnd talks to the server: mysqlnd.c.)
 *
 * The key is the underlying handle where two PHP objects can share one: a PGconn, a
 * pdo_dbh_t. A guard exists while somebody uses or waits for its handle, or left a
 * transaction open in it; it is made by the first call that finds other coroutines
 * about, and costs nothing before.
 *
 * A call that was cancelled inside the library leaves its exception pending while C code
 * returns, and that code may throw its own on top. tusk_guard_leave() puts the cancel
 * back in front: it is why the library failed.
 */
#ifndef TUSK_GUARD_H
#define TUSK_GUARD_H

#include "handle.h"

typedef struct tusk_guard_kind {
	const char *what; /* in messages: "PostgreSQL connection" */
	/* Is a transaction or an answer outstanding on this handle? NULL: never. */
	bool (*pending)(const void *key);
	/* Is it a connection to SQLite? NULL: none is. */
	bool (*sqlite)(const void *key);
	/* A cancel has left half an answer on the wire: it must not be read by the next. NULL:
	 * the socket was broken already, where the library waited. */
	void (*broken)(const void *key);
} tusk_guard_kind;

typedef struct tusk_guard tusk_guard;

struct tusk_guard {
	tusk_handle handle;
	const void *key;
	const tusk_guard_kind *kind;
	unsigned users; /* in or waiting for a call */
	bool gone;      /* closed by name: there is nothing to look into */
	bool held;      /* said by a call, where the handle itself can not tell: MULTI */
	bool switched;  /* ODBC: its owner has switched autocommit off, and not on again */
	/* Things to be done with the handle when it is free, see tusk_guard_later(). */
	struct tusk_guard_job *jobs;
};

/* Is nobody but the running code about, now and in any guard? Then calls go ahead. */
static inline bool tusk_guard_idle(void)
{
	return !tusk_concurrent && tusk_guards == 0;
}

/* MINE: do the call, then leave with the guard. Others: *guard is NULL. */
tusk_handle_entry tusk_guard_enter(const tusk_guard_kind *kind, const void *key, bool continues, tusk_guard **guard);
void tusk_guard_leave(tusk_guard *guard, bool pending);
/* Whether the kind says that something is outstanding. */
bool tusk_guard_pending(const tusk_guard *guard);
/* The handle is gone, or new: nothing that was known of it holds any more. */
void tusk_guard_drop(const void *key);
/* The handle is new; who waits for another that had its address goes on waiting for nothing. */
void tusk_guard_opened(const void *key);
/* Is the handle another living coroutine's now? */
bool tusk_guard_foreign(const void *key);
/* Runs `job` with `data` when who has the handle, or has been woken for it, leaves. False:
 * it is free, or the running coroutine's. */
bool tusk_guard_later(const void *key, void (*job)(void *data), void *data);
/* Who is in this connection to SQLite, or has a transaction open in it; 0: nobody, or it is no such thing. */
tusk_task_id tusk_guard_sqlite_owner(const void *key);
void tusk_guard_forked(void); /* in the child of a fork */
void tusk_guard_forget(void); /* RSHUTDOWN */
/* A library's call has returned to PHP: where it was cancelled, that is the exception, and not what
 * was made of the failure. */
void tusk_guard_cancel_first(void);

/* ---- functions and methods that are guarded as a whole (guard/call.c) --------- */

void tusk_guard_startup(void);  /* MINIT */
void tusk_guard_shutdown(void); /* MSHUTDOWN */
/* PDO's drivers (guard/pdo.c). */
void tusk_guard_pdo_startup(void);
void tusk_guard_pdo_shutdown(void);

/* Phar archives (guard/phar.c). `word`: the one of every function that is ours. */
void tusk_phar_startup(int word);
void tusk_phar_shutdown(void);
void tusk_phar_forget(void); /* RSHUTDOWN */

/* mysqli's closing of a connection or a statement (mysqlnd.c): false: an exception says why not. */
typedef struct {
	void *conn; /* NULL: nobody else is in it or waits */
	tusk_handle_entry entry;
} tusk_mysqli_closing;
bool tusk_mysqli_close_begin(zend_object *object, bool is_statement, tusk_mysqli_closing *closing);
void tusk_mysqli_close_end(const tusk_mysqli_closing *closing);

/* A persistent connection, by the first `arguments` of the call that opens it (guard/opening.c). */
typedef struct { const void *connection; /* what the last call gave, where that is noted */ } tusk_opening;
tusk_opening *tusk_opening_of(zend_execute_data *execute_data, uint32_t arguments);
/* With REFUSED the call is not made; a guard is left when it has returned. */
tusk_handle_entry tusk_opening_enter(const tusk_opening *opening, tusk_guard **guard);
void tusk_opening_closed(const void *connection);
bool tusk_opening_pdo_is_persistent(zend_execute_data *execute_data);

/* ODBC (guard/odbc.c): this SQL was sent on the connection `dbc`, and has succeeded. */
void tusk_odbc_sent(tusk_guard *guard, void *dbc, const char *sql);
/* What the first argument of an odbc_ function names: PHP's record of the connection. */
const void *tusk_odbc_key(zend_execute_data *execute_data);
/* An odbc_ function has returned. */
void tusk_odbc_called(tusk_guard *guard, zend_execute_data *execute_data, const zval *result);
void tusk_odbc_startup(void);

/* SQLite: long queries let others run, and so do commits (guard/sqlite.c). */
void tusk_sqlite_watch(void *sqlite);
bool tusk_sqlite_in_transaction(void *sqlite);
/* Whose commit is on its way to the disk; 0: nobody's. */
extern tusk_task_id tusk_sqlite_syncing;
/* Waits until another's is there; false when the wait was cancelled, and an exception says so. */
bool tusk_sqlite_await_sync(void);
void tusk_sqlite_forget(void);

#endif
