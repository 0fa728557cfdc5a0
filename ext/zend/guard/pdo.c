/* PDO's drivers, guarded at the table of functions each connection points to.
 *
 * A connection gets our table when PDO::__construct() or PDO::connect() has returned, and a
 * statement when it was prepared. Ours contain the driver's, so no look-up is needed. The key is the
 * pdo_dbh_t, which persistent PDO objects share. Connections of mysqlnd are left alone:
 * they are guarded at the wire (mysqlnd.c).
 */
#include "guard/guard.h"
#include "guard/call.h"
#include "guard/key.h"
#include "ext/pdo/php_pdo.h"
#include "ext/pdo/php_pdo_driver.h"

typedef struct connection_table {
	struct pdo_dbh_methods ours; /* first: dbh->methods points here */
	struct pdo_dbh_methods theirs; /* the driver's, beside ours: one look less at each call */
	const struct pdo_dbh_methods *of;
	/* Functions of the driver itself, with our handler; one list a kind. */
	zend_function_entry *driver_functions[PDO_DBH_DRIVER_METHOD_KIND__MAX];
	const zend_function_entry *their_functions[PDO_DBH_DRIVER_METHOD_KIND__MAX];
	struct connection_table *next;
} connection_table;

typedef struct statement_table {
	struct pdo_stmt_methods ours, theirs;
	const struct pdo_stmt_methods *of;
	struct statement_table *next;
} statement_table;

/* One for each driver; they live as long as the process, as persistent connections may. */
static connection_table *connection_tables;
static statement_table *statement_tables;

static const struct pdo_dbh_methods *theirs(const pdo_dbh_t *dbh)
{
	return &((const connection_table *) dbh->methods)->theirs;
}

static const struct pdo_stmt_methods *statement_theirs(const pdo_stmt_t *stmt)
{
	return &((const statement_table *) stmt->methods)->theirs;
}

static bool is_driver(const pdo_dbh_t *dbh, const char *name)
{
	return dbh->driver && !strcmp(dbh->driver->driver_name, name);
}

/* What PDO::inTransaction() says. A driver that can be asked knows of transactions that were begun
 * by SQL. That of PostgreSQL takes a broken connection for one in a transaction. */
static bool in_transaction(pdo_dbh_t *dbh)
{
	if (is_driver(dbh, "pgsql") && dbh->driver_data) {
		return tusk_postgres_pending(*(void **) dbh->driver_data);
	}
	return theirs(dbh)->in_transaction ? theirs(dbh)->in_transaction(dbh) : dbh->in_txn;
}

/* PHP's driver for SQLite asks SQLite itself from 8.4 on. */
static bool pending(const void *key)
{
	pdo_dbh_t *dbh = (pdo_dbh_t *) key;

	return is_driver(dbh, "sqlite") && dbh->driver_data
		? tusk_sqlite_in_transaction(*(void **) dbh->driver_data) : in_transaction(dbh);
}

const void *tusk_guard_pdo_of_object(zend_object *object) { return php_pdo_dbh_fetch_inner(object); }
const void *tusk_guard_pdo_of_statement(zend_object *object) { return php_pdo_stmt_fetch_object(object)->dbh; }

static bool is_sqlite(const void *key) { return is_driver(key, "sqlite"); }

const tusk_guard_kind tusk_guard_pdo_kind = {.what = "PDO connection", .pending = pending, .sqlite = is_sqlite};

/* What calls of the connection are guarded by; NULL: it is not open. */
static const void *watched(pdo_dbh_t *dbh)
{
	if (!dbh->driver_data) {
		return NULL;
	}
	if (is_driver(dbh, "sqlite")) {
		tusk_sqlite_watch(*(void **) dbh->driver_data);
	}
	return dbh;
}

/* Of PHP 8.4's classes of drivers, such as Pdo\Pgsql: their own methods know of no table (guard/call.c). */
const void *tusk_key_pdo(zend_execute_data *execute_data)
{
	pdo_dbh_t *dbh = Z_TYPE(EX(This)) == IS_OBJECT ? Z_PDO_DBH_P(&EX(This)) : NULL;

	return dbh ? watched(dbh) : NULL;
}

static tusk_handle_entry enter(pdo_dbh_t *dbh, bool continues, tusk_guard **guard)
{
	*guard = NULL;
	if (tusk_guard_idle() || !watched(dbh)) {
		return TUSK_HANDLE_UNGUARDED;
	}
	return tusk_guard_enter(&tusk_guard_pdo_kind, dbh, continues, guard);
}

static void leave(tusk_guard *guard)
{
	if (guard) {
		tusk_guard_leave(guard, tusk_guard_pending(guard));
	}
}

/* The exception says why; PDO is not to make one of its own of the driver's last error. */
static void no_error(pdo_error_type error_code)
{
	memcpy(error_code, PDO_ERR_NONE, sizeof(PDO_ERR_NONE));
}

/* Nobody is about in most scripts: the driver's function is then jumped to after that test, with
 * nothing after it. What takes a turn is a function of its own, for its frame would be made first. */
#define GUARDED(type, name, parameters, arguments, dbh, error_code, continues, failure, call) \
	static zend_never_inline type name##_in_turn parameters \
	{ \
		tusk_guard *guard; \
		if (UNEXPECTED(enter(dbh, continues, &guard) == TUSK_HANDLE_REFUSED)) { \
			no_error(error_code); \
			return failure; \
		} \
		type result = call; \
		leave(guard); \
		return result; \
	} \
	static type name parameters \
	{ \
		return EXPECTED(tusk_guard_idle()) ? call : name##_in_turn arguments; \
	}

/* ---- connections ------------------------------------------------------------------- */

static const struct pdo_stmt_methods *statement_methods(const struct pdo_stmt_methods *of);

static bool prepare(pdo_dbh_t *dbh, zend_string *sql, pdo_stmt_t *stmt, zval *options)
{
	bool prepared = theirs(dbh)->preparer(dbh, sql, stmt, options);

	if (EXPECTED(prepared && stmt->methods)) {
		stmt->methods = statement_methods(stmt->methods);
	}
	return prepared;
}

static void drop_query(pdo_dbh_t *dbh)
{
	dbh->query_stmt = NULL;
#if PHP_VERSION_ID >= 80500
	zend_object *statement = dbh->query_stmt_obj;
	dbh->query_stmt_obj = NULL;
	OBJ_RELEASE(statement);
#else
	zval_ptr_dtor(&dbh->query_stmt_zval);
#endif
}

/* For what PDO::query() does. It lets go of the statement that failed last when it begins, and keeps
 * its own where that was when it fails: one of a call that failed in between would be lost. */
static tusk_handle_entry enter_query(pdo_dbh_t *dbh, tusk_guard **guard)
{
	const pdo_stmt_t *before = dbh->query_stmt;
	tusk_handle_entry entered = enter(dbh, false, guard);

	if (entered != TUSK_HANDLE_REFUSED && !before && dbh->query_stmt) {
		drop_query(dbh);
	}
	return entered;
}

static zend_never_inline bool prepare_in_turn(pdo_dbh_t *dbh, zend_string *sql, pdo_stmt_t *stmt, zval *options)
{
	tusk_guard *guard;

	if (UNEXPECTED(enter_query(dbh, &guard) == TUSK_HANDLE_REFUSED)) {
		no_error(dbh->error_code);
		return false;
	}
	bool prepared = prepare(dbh, sql, stmt, options);
	leave(guard);
	return prepared;
}

static bool guarded_prepare(pdo_dbh_t *dbh, zend_string *sql, pdo_stmt_t *stmt, zval *options)
{
	return EXPECTED(tusk_guard_idle()) ? prepare(dbh, sql, stmt, options) : prepare_in_turn(dbh, sql, stmt, options);
}

/* ODBC cannot be asked whether a transaction is open: what is sent says so. */
static void note_transaction(tusk_guard *guard, const pdo_dbh_t *dbh, const zend_string *sql)
{
	if (guard && sql && is_driver(dbh, "odbc") && dbh->driver_data) {
		/* The driver's record begins with the environment and the connection. */
		tusk_odbc_sent(guard, ((void *const *) dbh->driver_data)[1], ZSTR_VAL(sql));
	}
}

static zend_never_inline zend_long do_in_turn(pdo_dbh_t *dbh, const zend_string *sql)
{
	tusk_guard *guard;

	if (UNEXPECTED(enter(dbh, false, &guard) == TUSK_HANDLE_REFUSED)) {
		no_error(dbh->error_code);
		return -1;
	}
	zend_long result = theirs(dbh)->doer(dbh, sql);
	note_transaction(result >= 0 ? guard : NULL, dbh, sql);
	leave(guard);
	return result;
}

static zend_long guarded_do(pdo_dbh_t *dbh, const zend_string *sql)
{
	return EXPECTED(tusk_guard_idle()) ? theirs(dbh)->doer(dbh, sql) : do_in_turn(dbh, sql);
}

GUARDED(zend_string *, guarded_last_id, (pdo_dbh_t *dbh, const zend_string *name), (dbh, name),
	dbh, dbh->error_code, false, NULL, theirs(dbh)->last_id(dbh, name))
GUARDED(bool, guarded_set_attribute, (pdo_dbh_t *dbh, zend_long attribute, zval *value), (dbh, attribute, value),
	dbh, dbh->error_code, false, false, theirs(dbh)->set_attribute(dbh, attribute, value))

static zend_result guarded_check_liveness(pdo_dbh_t *dbh)
{
	/* Somebody is using it at this moment: it lives. */
	if (tusk_guard_foreign(dbh)) {
		return SUCCESS;
	}
	return theirs(dbh)->check_liveness(dbh);
}

/* PDO keeps its own note of a transaction after these have returned, so what they
 * returned decides for drivers that cannot be asked. */
static bool guarded_begin(pdo_dbh_t *dbh)
{
	tusk_guard *guard;

	if (UNEXPECTED(enter(dbh, false, &guard) == TUSK_HANDLE_REFUSED)) {
		no_error(dbh->error_code);
		return false;
	}
	bool begun = theirs(dbh)->begin(dbh);
	if (guard) {
		tusk_guard_leave(guard, begun || tusk_guard_pending(guard));
	}
	return begun;
}

static bool end_transaction(pdo_dbh_t *dbh, pdo_dbh_txn_func end)
{
	tusk_guard *guard;

	if (UNEXPECTED(enter(dbh, false, &guard) == TUSK_HANDLE_REFUSED)) {
		no_error(dbh->error_code);
		return false;
	}
	bool ended = end(dbh);
	if (guard) {
		bool asks = theirs(dbh)->in_transaction != NULL || is_driver(dbh, "sqlite");
		guard->held &= !ended;
		tusk_guard_leave(guard, asks ? tusk_guard_pending(guard) : !ended && dbh->in_txn);
	}
	return ended;
}

static bool guarded_commit(pdo_dbh_t *dbh) { return end_transaction(dbh, theirs(dbh)->commit); }
static bool guarded_rollback(pdo_dbh_t *dbh) { return end_transaction(dbh, theirs(dbh)->rollback); }

/* PDO asks before it begins, commits, rolls back, and when an object is freed. Somebody
 * else's transaction is none of the caller's. */
static bool guarded_in_transaction(pdo_dbh_t *dbh)
{
	return !tusk_guard_foreign(dbh) && in_transaction(dbh);
}

static void guarded_close(pdo_dbh_t *dbh)
{
	tusk_guard_drop(dbh);
	theirs(dbh)->closer(dbh);
}

/* Functions of a driver: pgsqlCopyFromArray() and the like. */
static zif_handler their_handler(const pdo_dbh_t *dbh, const zend_string *name)
{
	const connection_table *table = (const connection_table *) dbh->methods;

	for (int kind = 0; kind < PDO_DBH_DRIVER_METHOD_KIND__MAX; kind++) {
		for (const zend_function_entry *entry = table->their_functions[kind]; entry && entry->fname; entry++) {
			if (zend_string_equals_cstr(name, entry->fname, strlen(entry->fname))) {
				return entry->handler;
			}
		}
	}
	return NULL;
}

static ZEND_NAMED_FUNCTION(guarded_driver_function)
{
	pdo_dbh_t *dbh = Z_PDO_DBH_P(ZEND_THIS);
	zif_handler handler = their_handler(dbh, EX(func)->common.function_name);
	tusk_guard *guard;

	if (enter(dbh, false, &guard) == TUSK_HANDLE_REFUSED) {
		RETURN_FALSE;
	}
	handler(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	leave(guard);
}

static const zend_function_entry *guarded_functions(pdo_dbh_t *dbh, int kind)
{
	connection_table *table = (connection_table *) dbh->methods;
	const zend_function_entry *listed = theirs(dbh)->get_driver_methods(dbh, kind);
	size_t count = 0;

	/* Functions of statements are PDO's own business. */
	if (!listed || kind != PDO_DBH_DRIVER_METHOD_KIND_DBH) {
		return listed;
	}
	if (!table->driver_functions[kind]) {
		while (listed[count].fname) {
			count++;
		}
		zend_function_entry *copy = pemalloc((count + 1) * sizeof(*copy), 1);
		memcpy(copy, listed, (count + 1) * sizeof(*copy));
		for (size_t i = 0; i < count; i++) {
			copy[i].handler = guarded_driver_function;
		}
		table->their_functions[kind] = listed;
		table->driver_functions[kind] = copy;
	}
	return table->driver_functions[kind];
}

#define GUARD_IF_THERE(table, name, replacement) \
	if ((table)->theirs.name) { \
		(table)->ours.name = replacement; \
	}

void tusk_guard_pdo_connection(pdo_dbh_t *dbh)
{
	connection_table *table;

	for (table = connection_tables; table; table = table->next) {
		if (table->of == dbh->methods || &table->ours == dbh->methods) {
			dbh->methods = &table->ours;
			return;
		}
	}
	table = pecalloc(1, sizeof(*table), 1);
	table->of = dbh->methods;
	table->ours = table->theirs = *dbh->methods;
	GUARD_IF_THERE(table, closer, guarded_close);
	GUARD_IF_THERE(table, preparer, guarded_prepare);
	GUARD_IF_THERE(table, doer, guarded_do);
	GUARD_IF_THERE(table, begin, guarded_begin);
	GUARD_IF_THERE(table, commit, guarded_commit);
	GUARD_IF_THERE(table, rollback, guarded_rollback);
	GUARD_IF_THERE(table, set_attribute, guarded_set_attribute);
	GUARD_IF_THERE(table, last_id, guarded_last_id);
	GUARD_IF_THERE(table, check_liveness, guarded_check_liveness);
	GUARD_IF_THERE(table, get_driver_methods, guarded_functions);
	table->ours.in_transaction = guarded_in_transaction;
	table->next = connection_tables;
	connection_tables = table;
	dbh->methods = &table->ours;
}

static zend_never_inline int execute_in_turn(pdo_stmt_t *stmt)
{
	tusk_guard *guard;

	if (UNEXPECTED(enter_query(stmt->dbh, &guard) == TUSK_HANDLE_REFUSED)) {
		no_error(stmt->error_code);
		return 0;
	}
	int executed = statement_theirs(stmt)->executer(stmt);
	note_transaction(executed ? guard : NULL, stmt->dbh, stmt->active_query_string ? stmt->active_query_string : stmt->query_string);
	leave(guard);
	return executed;
}

static int guarded_execute(pdo_stmt_t *stmt)
{
	return EXPECTED(tusk_guard_idle()) ? statement_theirs(stmt)->executer(stmt) : execute_in_turn(stmt);
}

GUARDED(int, guarded_fetch, (pdo_stmt_t *stmt, enum pdo_fetch_orientation orientation, zend_long offset), (stmt, orientation, offset),
	stmt->dbh, stmt->error_code, true, 0, statement_theirs(stmt)->fetcher(stmt, orientation, offset))
GUARDED(int, guarded_column_meta, (pdo_stmt_t *stmt, zend_long column, zval *meta), (stmt, column, meta),
	stmt->dbh, stmt->error_code, false, FAILURE, statement_theirs(stmt)->get_column_meta(stmt, column, meta))
GUARDED(int, guarded_next_rowset, (pdo_stmt_t *stmt), (stmt),
	stmt->dbh, stmt->error_code, true, 0, statement_theirs(stmt)->next_rowset(stmt))
GUARDED(int, guarded_close_cursor, (pdo_stmt_t *stmt), (stmt),
	stmt->dbh, stmt->error_code, true, 0, statement_theirs(stmt)->cursor_closer(stmt))

/* The statement's connection: an object, until 8.4 in a zval. */
#if PHP_VERSION_ID >= 80500
# define HOLD_CONNECTION(stmt) GC_ADDREF((stmt)->database_object_handle)
# define DROP_CONNECTION(stmt) OBJ_RELEASE((stmt)->database_object_handle)
#else
# define HOLD_CONNECTION(stmt) Z_TRY_ADDREF((stmt)->database_object_handle)
# define DROP_CONNECTION(stmt) zval_ptr_dtor(&(stmt)->database_object_handle)
#endif

/* The statement's object is freed; what the driver needs to tell the server is kept. */
static void drop_copy(void *data)
{
	pdo_stmt_t *copy = data;

	statement_theirs(copy)->dtor(copy);
	DROP_CONNECTION(copy);
	efree(copy);
}

/* Statements are dropped anywhere, also where nothing may suspend. While somebody else
 * uses the connection, the server is told afterwards. */
static zend_never_inline int drop_in_turn(pdo_stmt_t *stmt)
{
	pdo_stmt_t *copy = emalloc(sizeof(*copy));
	*copy = *stmt;
	copy->columns = NULL;
	copy->column_count = 0;
	if (tusk_guard_later(stmt->dbh, drop_copy, copy)) {
		HOLD_CONNECTION(copy);
		return 1;
	}
	efree(copy);
	/* Nobody is waited for here. */
	tusk_guard *guard;
	enter(stmt->dbh, true, &guard);
	int dropped = statement_theirs(stmt)->dtor(stmt);
	leave(guard);
	return dropped;
}

static int guarded_statement_dtor(pdo_stmt_t *stmt)
{
	return EXPECTED(tusk_guard_idle()) ? statement_theirs(stmt)->dtor(stmt) : drop_in_turn(stmt);
}

static const struct pdo_stmt_methods *statement_methods(const struct pdo_stmt_methods *of)
{
	statement_table *table;

	for (table = statement_tables; table; table = table->next) {
		if (table->of == of || &table->ours == of) {
			return &table->ours;
		}
	}
	table = pecalloc(1, sizeof(*table), 1);
	table->of = of;
	table->ours = table->theirs = *of;
	GUARD_IF_THERE(table, dtor, guarded_statement_dtor);
	GUARD_IF_THERE(table, executer, guarded_execute);
	GUARD_IF_THERE(table, fetcher, guarded_fetch);
	GUARD_IF_THERE(table, get_column_meta, guarded_column_meta);
	GUARD_IF_THERE(table, next_rowset, guarded_next_rowset);
	GUARD_IF_THERE(table, cursor_closer, guarded_close_cursor);
	table->next = statement_tables;
	statement_tables = table;
	return &table->ours;
}
