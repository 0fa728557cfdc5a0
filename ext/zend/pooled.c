/* Statements of pooled MySQL connections that hold no connection (Tusk\Pool\Reads).
 *
 * With prepares emulated and results buffered, as pdo_mysql does unless told otherwise, all that
 * PDO::query() has asked for is in the client's memory when it returns. The connection is free
 * then, also while the rows are fetched. But the driver's statement would still look at its
 * connection: when it is freed, when its cursor is closed, for further results, and when it is
 * executed again. Somebody else may be using it by then. So these four are replaced here, in a
 * table of functions of the statement's own, and everything else is the driver's.
 *
 * States of such a statement: unbound, from PDO::query() on; and bound, inside pooled_execute(),
 * which gets it a connection of the pool, whichever is free, and prepares it anew there. Preparing
 * sends nothing, because it is emulated; a connection on which it would is refused.
 *
 * No values are bound to it, which another connection might have to quote in another way: text that
 * PDO::query() has run has no place for any, and PDO refuses them.
 *
 * The statement keeps a reference to the PDO object that it came from: PDO frees some of it by that
 * object's settings. One that is kept after its connection was retired keeps that socket open.
 */
#include "internal.h"
#include "ext/mysqlnd/mysqlnd.h"
#include "ext/mysqlnd/mysqlnd_structs.h"
#include "ext/pdo/php_pdo_driver.h"

/* pdo_mysql's first attribute of its own, PDO::MYSQL_ATTR_USE_BUFFERED_QUERY. */
#define BUFFERED PDO_ATTR_DRIVER_SPECIFIC
/* The server's status in each of its answers, as the protocol numbers it. */
#define IN_TRANSACTION 1
#define AUTOCOMMIT 2

/* hung_up.c */
bool tusk_uses_mysqlnd(pdo_dbh_t *dbh);

/* Rust: gives a connection for one execution. False: an exception is set. */
bool tusk_rt_pooled_take(const void *pool, zval *connection, void **loan);
/* Rust: it was executed, or not; the loan ends. */
void tusk_rt_pooled_return(void *loan, bool executed);
/* Rust: the statement is freed. */
void tusk_rt_pooled_forget(const void *pool);

typedef struct {
	struct pdo_stmt_methods ours; /* first: stmt->methods points here */
	const struct pdo_stmt_methods *theirs;
	const void *pool; /* Rust's, for tusk_rt_pooled_take() */
} pooled;

/* The statement's connection: an object, until 8.4 in a zval. */
#if PHP_VERSION_ID >= 80500
typedef zend_object *handle;
# define TAKE_HANDLE(stmt, to) do { to = (stmt)->database_object_handle; (stmt)->database_object_handle = NULL; } while (0)
# define PUT_HANDLE(stmt, from) (stmt)->database_object_handle = from
# define DROP_HANDLE(from) OBJ_RELEASE(from)
# define HANDLE_OF(object) (GC_ADDREF(object), (object))
#else
typedef zval handle;
# define TAKE_HANDLE(stmt, to) do { ZVAL_COPY_VALUE(&(to), &(stmt)->database_object_handle); ZVAL_UNDEF(&(stmt)->database_object_handle); } while (0)
# define PUT_HANDLE(stmt, from) ZVAL_COPY_VALUE(&(stmt)->database_object_handle, &(from))
# define DROP_HANDLE(from) zval_ptr_dtor(&(from))
static inline zval handle_of(zend_object *object)
{
	zval handle;
	ZVAL_OBJ_COPY(&handle, object);
	return handle;
}
# define HANDLE_OF(object) handle_of(object)
#endif

static pooled *of(const pdo_stmt_t *stmt)
{
	return (pooled *) stmt->methods;
}

static bool is_set(pdo_dbh_t *dbh, zend_long attribute)
{
	zval value;
	ZVAL_UNDEF(&value);
	return dbh->methods->get_attribute(dbh, attribute, &value) > 0 && zend_is_true(&value);
}

/* Does a query leave nothing on this connection? */
static bool leaves_nothing(pdo_dbh_t *dbh)
{
	return dbh && dbh->driver && dbh->driver_data && dbh->methods && dbh->methods->get_attribute
		&& !strcmp(dbh->driver->driver_name, "mysql") && tusk_uses_mysqlnd(dbh)
		&& is_set(dbh, PDO_ATTR_EMULATE_PREPARES) && is_set(dbh, BUFFERED);
}

/* The PDO object in a Tusk\Pool\PdoConnection: its first property. The third is `$version`. */
static zend_object *pdo_in(zval *connection)
{
	zend_object *object = Z_TYPE_P(connection) == IS_OBJECT ? Z_OBJ_P(connection) : NULL;

	if (!object || object->ce->type != ZEND_USER_CLASS || object->ce->default_properties_count < 3
		|| Z_TYPE_P(OBJ_PROP_NUM(object, 0)) != IS_OBJECT || Z_TYPE_P(OBJ_PROP_NUM(object, 2)) != IS_LONG) {
		return NULL;
	}
	return Z_OBJ_P(OBJ_PROP_NUM(object, 0));
}

/* PDO::query(), if this is an object of PDO's own class, or of a driver's, and not of PHP code. */
static zend_function *query_of(const zend_object *object)
{
	static const zend_class_entry *known;
	static zend_function *query;

	if (object->ce != known) {
		if (object->ce->type != ZEND_INTERNAL_CLASS) {
			return NULL;
		}
		zend_class_entry *pdo = zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("pdo"));
		if (!pdo || !instanceof_function(object->ce, pdo)) {
			return NULL;
		}
		query = zend_hash_str_find_ptr(&object->ce->function_table, ZEND_STRL("query"));
		known = query ? object->ce : NULL;
	}
	return query;
}

/* ---- the four ---------------------------------------------------------------------- */

/* The driver drains further results of its connection, unless that is gone. */
static void free_theirs(pdo_stmt_t *stmt)
{
	handle kept;

	TAKE_HANDLE(stmt, kept);
	of(stmt)->theirs->dtor(stmt);
	PUT_HANDLE(stmt, kept);
}

static int pooled_dtor(pdo_stmt_t *stmt)
{
	pooled *record = of(stmt);

	free_theirs(stmt);
	stmt->methods = NULL;
	tusk_rt_pooled_forget(record->pool);
	efree(record);
	return 1;
}

/* PDO notes that there is nothing to fetch any more. The rows go with the statement. */
static int pooled_close_cursor(pdo_stmt_t *stmt)
{
	(void) stmt;
	return 1;
}

/* There was one result: SQL that may give several does not come here. */
static int pooled_next_rowset(pdo_stmt_t *stmt)
{
	(void) stmt;
	return 0;
}

static void wrap(pdo_stmt_t *stmt, pooled *record);

/* Prepares it for another connection. Sends nothing. */
static bool move_to(pdo_stmt_t *stmt, zend_object *pdo, pdo_dbh_t *dbh)
{
	pooled *record = of(stmt);
	handle old;

	free_theirs(stmt);
	stmt->driver_data = NULL;
	TAKE_HANDLE(stmt, old);
	DROP_HANDLE(old);
	handle held = HANDLE_OF(pdo);
	PUT_HANDLE(stmt, held);
	stmt->dbh = dbh;
	bool prepared = dbh->methods->preparer(dbh, stmt->query_string, stmt, NULL);
	wrap(stmt, record);
	return prepared;
}

static int pooled_execute(pdo_stmt_t *stmt)
{
	zval connection;
	void *loan;
	int executed = 0;

	memcpy(stmt->error_code, PDO_ERR_NONE, sizeof(PDO_ERR_NONE));
	if (!tusk_rt_pooled_take(of(stmt)->pool, &connection, &loan)) {
		return 0;
	}
	zend_object *pdo = pdo_in(&connection);
	pdo_dbh_t *dbh = pdo ? php_pdo_dbh_fetch_inner(pdo) : NULL;
	if (!leaves_nothing(dbh)) {
		zend_throw_error(NULL, "this statement of PDO::query() cannot be executed again, because the connections' attributes "
			"were changed since: use PDO::prepare()");
	} else if (dbh == stmt->dbh || move_to(stmt, pdo, dbh)) {
		executed = of(stmt)->theirs->executer(stmt);
	}
	zval_ptr_dtor(&connection);
	tusk_rt_pooled_return(loan, executed);
	return executed;
}

static void wrap(pdo_stmt_t *stmt, pooled *record)
{
	record->theirs = stmt->methods;
	record->ours = *stmt->methods;
	record->ours.dtor = pooled_dtor;
	record->ours.executer = pooled_execute;
	record->ours.cursor_closer = pooled_close_cursor;
	record->ours.next_rowset = pooled_next_rowset;
	stmt->methods = &record->ours;
}

/* Runs SQL that only reads on a Tusk\Pool\PdoConnection. 1: `result` is a statement; or false,
 * where PDO has warned. 0: not fit for it, nothing was sent. -1: an exception is set.
 * `pool` is the statement's from then on, where the result is 1 and a statement. */
int tusk_pooled_query(zval *connection, zval *sql, zend_long version, zend_class_entry *class, const void *pool, zval *result)
{
	zend_object *pdo = pdo_in(connection);
	zend_function *query = pdo ? query_of(pdo) : NULL;
	pdo_dbh_t *dbh = query ? php_pdo_dbh_fetch_inner(pdo) : NULL;

	ZVAL_NULL(result);
	if (!leaves_nothing(dbh) || Z_LVAL_P(OBJ_PROP_NUM(Z_OBJ_P(connection), 2)) != version
		|| dbh->error_mode != PDO_ERRMODE_EXCEPTION || !dbh->def_stmt_ce || dbh->def_stmt_ce->type != ZEND_INTERNAL_CLASS) {
		return 0;
	}
	const MYSQLND_CONN_DATA *data = (*(MYSQLND **) dbh->driver_data)->data;
	if ((data->upsert_status->server_status & (IN_TRANSACTION | AUTOCOMMIT)) != AUTOCOMMIT) {
		return 0;
	}
	/* PDO asks for the class at the start and at the end of the call; nobody else has the connection. */
	zend_class_entry *usual = dbh->def_stmt_ce;
	dbh->def_stmt_ce = class;
	zend_call_known_function(query, pdo, pdo->ce, result, 1, sql, NULL);
	dbh->def_stmt_ce = usual;
	if (EG(exception)) {
		return -1;
	}
	if (Z_TYPE_P(result) == IS_OBJECT) {
		pooled *record = emalloc(sizeof(*record));
		record->pool = pool;
		wrap(Z_PDO_STMT_P(result), record);
	}
	return 1;
}

/* The class of statements: a class of PHP code that extends PDOStatement and has no constructor. */
zend_class_entry *tusk_pooled_class(zval *name)
{
	zend_class_entry *class = Z_TYPE_P(name) == IS_STRING ? zend_lookup_class(Z_STR_P(name)) : NULL;
	zend_class_entry *statement = zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("pdostatement"));

	return class && statement && instanceof_function(class, statement) && !class->constructor ? class : NULL;
}
