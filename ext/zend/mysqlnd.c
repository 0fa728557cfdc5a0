/* mysqlnd connections shared by coroutines (CONTRACT 12): PDO mysql and mysqli.
 *
 * Every method of mysqlnd that talks to the server is wrapped: it enters the handle of
 * the underlying MYSQLND_CONN_DATA (handle.h), calls the original, and leaves. What is
 * pending afterwards (a result not read to its end, an open transaction) keeps the
 * handle with its coroutine. Wrapped at this level, a wait is always between two
 * commands, never inside a packet.
 *
 * A read or write that failed in the middle of an answer, as a cancelled one does, leaves
 * the rest of the answer on the wire: such a connection is marked as closed and every
 * later use gets mysqlnd's own "server has gone away" (CONTRACT 10).
 *
 * mysqlnd may be a module of its own, so its tables are looked up at run time.
 */
#include "guard/guard.h"
#include <dlfcn.h>
#include <errno.h>
#include "ext/mysqlnd/mysqlnd.h"
#include "ext/mysqlnd/mysqlnd_structs.h"
#include "ext/mysqlnd/mysqlnd_connection.h"
#include "ext/mysqlnd/mysqlnd_ext_plugin.h"

typedef struct {
	tusk_handle handle;
	/* Prepared statements that were dropped while another coroutine used the connection. */
	zend_ulong *dropped;
	uint32_t dropped_count, dropped_size;
} connection;

static MYSQLND_CLASS_METHODS_TYPE(mysqlnd_conn_data) *plain_conn, guarded_conn;
static MYSQLND_CLASS_METHODS_TYPE(mysqlnd_stmt) *plain_stmt, guarded_stmt;
/* These two are copied into each object by mysqlnd, so they are changed in place. */
static MYSQLND_CLASS_METHODS_TYPE(mysqlnd_res) plain_result;
static MYSQLND_CLASS_METHODS_TYPE(mysqlnd_vio) plain_vio;

static struct st_mysqlnd_plugin__plugin_area_getters *areas;
static struct st_mysqlnd_plugin_methods_xetters *tables;
static unsigned plugin_id;
static bool installed;
/* The socket whose last transfer failed; compared, never followed. */
static const MYSQLND_VIO *failed_vio;

static const char *what_of(const void *stmt)
{
	return stmt ? "prepared MySQL statement" : "MySQL connection";
}

/* ---- entering and leaving ---------------------------------------------------------- */

static connection **slot(const MYSQLND_CONN_DATA *conn)
{
	return (connection **) areas->get_connection_data_area(conn, plugin_id);
}

/* `stmt`: what it is for, if it is a statement's. */
static tusk_handle_entry enter(MYSQLND_CONN_DATA *conn, bool continues, const void *stmt)
{
	connection **mine = slot(conn);
	if (!(tusk_hooks & TUSK_HOOK_MYSQLND)) {
		return TUSK_HANDLE_UNGUARDED;
	}
	if (UNEXPECTED(*mine == NULL)) {
		*mine = pecalloc(1, sizeof(connection), 1);
	}
	tusk_handle_entry entry = tusk_handle_enter_for(&(*mine)->handle, what_of(stmt), continues, stmt);
	if (failed_vio == conn->vio && (*mine)->handle.depth <= 1) {
		/* A failed connect, perhaps of another connection whose memory this one got. */
		failed_vio = NULL;
	}
	if (UNEXPECTED(entry == TUSK_HANDLE_REFUSED)) {
		/* The exception says it all; an error code here would wrap it in a PDOException. */
		SET_EMPTY_ERROR(conn->error_info);
	} else if (UNEXPECTED(entry == TUSK_HANDLE_BUSY)) {
		SET_CLIENT_ERROR(conn->error_info, CR_COMMANDS_OUT_OF_SYNC, UNKNOWN_SQLSTATE,
			"Commands out of sync; another coroutine is using this connection and it can not be waited for here");
	}
	return entry;
}

static bool may_call(tusk_handle_entry entry)
{
	return entry == TUSK_HANDLE_MINE || entry == TUSK_HANDLE_UNGUARDED;
}

static void close_dropped(MYSQLND_CONN_DATA *conn, connection *mine)
{
	/* COM_STMT_CLOSE has no answer. */
	while (mine->dropped_count > 0) {
		conn->command->stmt_close(conn, mine->dropped[--mine->dropped_count]);
	}
}

static bool idle(const MYSQLND_CONN_DATA *conn)
{
	enum_mysqlnd_connection_state state = GET_CONNECTION_STATE(&conn->state);
	return state == CONN_READY || state == CONN_ALLOCED || state == CONN_QUIT_SENT;
}

static bool in_transaction(const MYSQLND_CONN_DATA *conn)
{
	return GET_CONNECTION_STATE(&conn->state) != CONN_QUIT_SENT
		&& (UPSERT_STATUS_GET_SERVER_STATUS(conn->upsert_status) & SERVER_STATUS_IN_TRANS);
}

static void leave(MYSQLND_CONN_DATA *conn, tusk_handle_entry entry)
{
	if (UNEXPECTED(failed_vio != NULL) && failed_vio == conn->vio) {
		failed_vio = NULL;
		if (GET_CONNECTION_STATE(&conn->state) != CONN_ALLOCED) {
			SET_CONNECTION_STATE(&conn->state, CONN_QUIT_SENT);
		}
	}
	if (entry != TUSK_HANDLE_MINE) {
		return;
	}
	connection *mine = *slot(conn);
	if (UNEXPECTED(mine->dropped_count) && mine->handle.depth == 1
		&& GET_CONNECTION_STATE(&conn->state) == CONN_READY) {
		close_dropped(conn, mine);
	}
	tusk_handle_leave(&mine->handle, !idle(conn) || in_transaction(conn));
}

/* The connection stays while somebody waits for it or is in it, whoever drops the last statement or closes it. */
#define GUARD(type, conn, continues, failure, call) \
	conn->m->get_reference(conn); \
	tusk_handle_entry entry = enter(conn, continues, NULL); \
	type result = failure; \
	if (EXPECTED(may_call(entry))) { \
		result = call; \
		leave(conn, entry); \
	} \
	conn->m->free_reference(conn); \
	return result

/* ---- connections --------------------------------------------------------------------- */

#define CONN_METHOD(name, parameters, ...) \
	static enum_func_status conn_##name parameters \
	{ \
		GUARD(enum_func_status, conn, false, FAIL, plain_conn->name(__VA_ARGS__)); \
	}

CONN_METHOD(set_charset, (MYSQLND_CONN_DATA *const conn, const char *const charset), conn, charset)
CONN_METHOD(query, (MYSQLND_CONN_DATA *conn, const char *const query, const size_t length), conn, query, length)
CONN_METHOD(send_query, (MYSQLND_CONN_DATA *conn, const char *const query, const size_t length, zval *read_cb, zval *err_cb),
	conn, query, length, read_cb, err_cb)
CONN_METHOD(reap_query, (MYSQLND_CONN_DATA *conn), conn)
CONN_METHOD(next_result, (MYSQLND_CONN_DATA *const conn), conn)
CONN_METHOD(ping, (MYSQLND_CONN_DATA *const conn), conn)
CONN_METHOD(kill_connection, (MYSQLND_CONN_DATA *conn, unsigned int pid), conn, pid)
CONN_METHOD(select_db, (MYSQLND_CONN_DATA *const conn, const char *const db, const size_t length), conn, db, length)
CONN_METHOD(server_dump_debug_information, (MYSQLND_CONN_DATA *const conn), conn)
CONN_METHOD(change_user, (MYSQLND_CONN_DATA *const conn, const char *user, const char *password, const char *db, bool silent, size_t length),
	conn, user, password, db, silent, length)
CONN_METHOD(get_server_statistics, (MYSQLND_CONN_DATA *conn, zend_string **message), conn, message)
CONN_METHOD(set_server_option, (MYSQLND_CONN_DATA *const conn, enum_mysqlnd_server_option option), conn, option)
CONN_METHOD(set_autocommit, (MYSQLND_CONN_DATA *conn, unsigned int mode), conn, mode)
CONN_METHOD(tx_commit, (MYSQLND_CONN_DATA *conn), conn)
CONN_METHOD(tx_rollback, (MYSQLND_CONN_DATA *conn), conn)
CONN_METHOD(tx_begin, (MYSQLND_CONN_DATA *conn, const unsigned int mode, const char *const name), conn, mode, name)
CONN_METHOD(tx_commit_or_rollback, (MYSQLND_CONN_DATA *conn, const bool commit, const unsigned int flags, const char *const name),
	conn, commit, flags, name)
CONN_METHOD(tx_savepoint, (MYSQLND_CONN_DATA *conn, const char *const name), conn, name)
CONN_METHOD(tx_savepoint_release, (MYSQLND_CONN_DATA *conn, const char *const name), conn, name)

static MYSQLND_RES *conn_use_result(MYSQLND_CONN_DATA *const conn)
{
	GUARD(MYSQLND_RES *, conn, true, NULL, plain_conn->use_result(conn));
}

static MYSQLND_RES *conn_store_result(MYSQLND_CONN_DATA *const conn)
{
	GUARD(MYSQLND_RES *, conn, true, NULL, plain_conn->store_result(conn));
}

/* PDO asks before it begins, commits or rolls back. Somebody else's transaction is none of
 * the caller's: it may begin its own, and will then wait for its turn. */
static unsigned int conn_get_server_status(const MYSQLND_CONN_DATA *const conn)
{
	connection *mine = *slot(conn);
	unsigned int status = plain_conn->get_server_status(conn);
	return mine && tusk_handle_foreign(&mine->handle) ? status & ~(unsigned) SERVER_STATUS_IN_TRANS : status;
}

/* PDO reads what is left when a statement is dropped, and must not take somebody else's. */
static bool conn_more_results(const MYSQLND_CONN_DATA *const conn)
{
	connection *mine = *slot(conn);
	return !(mine && tusk_handle_foreign(&mine->handle)) && plain_conn->more_results(conn);
}

static void conn_dtor(MYSQLND_CONN_DATA *conn)
{
	connection **mine = slot(conn);
	if (*mine) {
		tusk_handle_destroy(&(*mine)->handle);
		free((*mine)->dropped);
		free(*mine);
		*mine = NULL;
	}
	plain_conn->dtor(conn);
}

/* ---- prepared statements --------------------------------------------------------------- */

static MYSQLND_CONN_DATA *stmt_conn(const MYSQLND_STMT *stmt)
{
	return stmt && stmt->data ? stmt->data->conn : NULL;
}

#define STMT_GUARD(type, stmt, continues, failure, call) \
	MYSQLND_CONN_DATA *conn = stmt_conn(stmt); \
	if (!conn) { \
		return call; \
	} \
	conn->m->get_reference(conn); \
	tusk_handle_entry entry = enter(conn, continues, stmt); \
	type result; \
	if (EXPECTED(may_call(entry))) { \
		result = call; \
		leave(conn, entry); \
	} else { \
		COPY_CLIENT_ERROR(stmt->data->error_info, *conn->error_info); \
		result = failure; \
	} \
	conn->m->free_reference(conn); \
	return result

#define STMT_METHOD(name, continues, parameters, ...) \
	static enum_func_status stmt_##name parameters \
	{ \
		STMT_GUARD(enum_func_status, stmt, continues, FAIL, plain_stmt->name(__VA_ARGS__)); \
	}

STMT_METHOD(prepare, false, (MYSQLND_STMT *const stmt, const char *const query, const size_t length), stmt, query, length)
STMT_METHOD(send_execute, false, (MYSQLND_STMT *const stmt, const enum_mysqlnd_send_execute_type type, zval *read_cb, zval *err_cb),
	stmt, type, read_cb, err_cb)
STMT_METHOD(execute, false, (MYSQLND_STMT *const stmt), stmt)
STMT_METHOD(next_result, false, (MYSQLND_STMT *const stmt), stmt)
STMT_METHOD(reset, false, (MYSQLND_STMT *const stmt), stmt)
STMT_METHOD(flush, true, (MYSQLND_STMT *const stmt), stmt)
STMT_METHOD(send_long_data, false, (MYSQLND_STMT *const stmt, unsigned int number, const char *const data, zend_ulong length),
	stmt, number, data, length)

static MYSQLND_RES *stmt_use_result(MYSQLND_STMT *const stmt)
{
	STMT_GUARD(MYSQLND_RES *, stmt, true, NULL, plain_stmt->use_result(stmt));
}

static MYSQLND_RES *stmt_store_result(MYSQLND_STMT *const stmt)
{
	STMT_GUARD(MYSQLND_RES *, stmt, true, NULL, plain_stmt->store_result(stmt));
}

static MYSQLND_RES *stmt_get_result(MYSQLND_STMT *const stmt)
{
	STMT_GUARD(MYSQLND_RES *, stmt, true, NULL, plain_stmt->get_result(stmt));
}

/* Is anything of this statement's answer still on the wire? */
static bool stmt_unread(const MYSQLND_STMT *stmt)
{
	const MYSQLND_STMT_DATA *data = stmt->data;
	return data && (data->state == MYSQLND_STMT_WAITING_USE_OR_STORE
		|| (data->result && data->result->unbuf && !data->result->unbuf->eof_reached));
}

static enum_func_status stmt_free_result(MYSQLND_STMT *const stmt)
{
	if (!stmt_unread(stmt)) {
		return plain_stmt->free_result(stmt);
	}
	STMT_GUARD(enum_func_status, stmt, true, FAIL, plain_stmt->free_result(stmt));
}

static void drop_later(connection *mine, zend_ulong id)
{
	if (mine->dropped_count == mine->dropped_size) {
		mine->dropped_size = mine->dropped_size ? mine->dropped_size * 2 : 8;
		mine->dropped = safe_perealloc(mine->dropped, mine->dropped_size, sizeof(zend_ulong), 0, 1);
	}
	mine->dropped[mine->dropped_count++] = id;
}

/* Statements are dropped anywhere, also where nothing may suspend. While somebody else
 * uses the connection, the server is told afterwards. */
static enum_func_status stmt_close_on_server(MYSQLND_STMT *const stmt, bool implicit)
{
	MYSQLND_CONN_DATA *owner_of = stmt_conn(stmt);
	connection *mine = owner_of ? *slot(owner_of) : NULL;
	if (mine && !stmt_unread(stmt) && tusk_handle_foreign(&mine->handle)) {
		if (stmt->data->stmt_id) {
			drop_later(mine, stmt->data->stmt_id);
			stmt->data->stmt_id = 0;
		}
		return plain_stmt->close_on_server(stmt, implicit);
	}
	if (!mine) {
		return plain_stmt->close_on_server(stmt, implicit);
	}
	STMT_GUARD(enum_func_status, stmt, true, plain_stmt->close_on_server(stmt, implicit),
		plain_stmt->close_on_server(stmt, implicit));
}

/* ---- closing by name ------------------------------------------------------------------- */

/* mysqli frees its record of a connection or statement that is closed, whoever is in it or waits for it. So
 * who closes comes in turn, and turns away those who wait. */
static bool is_a(const zend_object *object, const char *name)
{
	for (const zend_class_entry *class = object->ce; class; class = class->parent) {
		if (!strcmp(ZSTR_VAL(class->name), name)) {
			return true;
		}
	}
	return false;
}

/* What mysqli's object of a connection or a statement begins with is mysqlnd's own pointer. */
static void *in_mysqli(zend_object *object)
{
	typedef struct { void **record; } resource;
	const resource *const *first = (const resource *const *) ((const char *) object - object->handlers->offset);

	return *first && (*first)->record ? *(*first)->record : NULL;
}

bool tusk_mysqli_close_begin(zend_object *object, bool is_statement, tusk_mysqli_closing *closing)
{
	void *known = installed && is_a(object, is_statement ? "mysqli_stmt" : "mysqli") ? in_mysqli(object) : NULL;
	MYSQLND_CONN_DATA *conn = !known ? NULL : is_statement ? stmt_conn(known) : ((MYSQLND *) known)->data;
	connection *mine = conn ? *slot(conn) : NULL;

	*closing = (tusk_mysqli_closing) {0};
	if (!mine) {
		return true;
	}
	conn->m->get_reference(conn);
	/* A statement goes without disturbing somebody else's transaction. */
	tusk_handle_entry entry = is_statement && tusk_handle_foreign(&mine->handle) && mine->handle.depth == 0
		? TUSK_HANDLE_UNGUARDED : enter(conn, !is_statement, is_statement ? known : NULL);
	if (entry == TUSK_HANDLE_BUSY) {
		tusk_throw_misuse("This %s is used by another coroutine, and cannot be waited for here to close it. "
			"Close it outside of destructors, or where all are done.", what_of(is_statement ? known : NULL));
	}
	if (!may_call(entry)) {
		conn->m->free_reference(conn);
		return false;
	}
	*closing = (tusk_mysqli_closing) {.conn = conn, .entry = entry};
	tusk_handle_go(&mine->handle, is_statement ? known : &mine->handle);
	return true;
}

void tusk_mysqli_close_end(const tusk_mysqli_closing *closing)
{
	MYSQLND_CONN_DATA *conn = closing->conn;

	if (conn) {
		tusk_handle_stay(&(*slot(conn))->handle);
		leave(conn, closing->entry);
		conn->m->free_reference(conn);
	}
}

/* ---- rows ------------------------------------------------------------------------------- */

static enum_func_status result_fetch_row(MYSQLND_RES *rows, zval **row, const unsigned int flags, bool *fetched)
{
	MYSQLND_CONN_DATA *conn = rows->conn;
	if (EXPECTED(!rows->unbuf || rows->unbuf->eof_reached || !conn)) {
		return plain_result.fetch_row(rows, row, flags, fetched);
	}
	GUARD(enum_func_status, conn, true, FAIL, plain_result.fetch_row(rows, row, flags, fetched));
}

/* ---- the wire ----------------------------------------------------------------------------- */

static enum_func_status vio_network_read(MYSQLND_VIO *const vio, zend_uchar *const buffer, const size_t count,
	MYSQLND_STATS *const stats, MYSQLND_ERROR_INFO *const error_info)
{
	enum_func_status status = plain_vio.network_read(vio, buffer, count, stats, error_info);
	if (UNEXPECTED(status == FAIL)) {
		failed_vio = vio;
	}
	return status;
}

static ssize_t vio_network_write(MYSQLND_VIO *const vio, const zend_uchar *const buffer, const size_t count,
	MYSQLND_STATS *const stats, MYSQLND_ERROR_INFO *const error_info)
{
	ssize_t written = plain_vio.network_write(vio, buffer, count, stats, error_info);
	if (UNEXPECTED(written < 0 || (size_t) written < count)) {
		failed_vio = vio;
	}
	return written;
}

/* ---- life ---------------------------------------------------------------------------------- */

#define USE_CONN(name) guarded_conn.name = conn_##name
#define USE_STMT(name) guarded_stmt.name = stmt_##name

static void install(void)
{
	plain_conn = tables->connection_data.get();
	guarded_conn = *plain_conn;
	USE_CONN(set_charset);
	USE_CONN(query);
	USE_CONN(send_query);
	USE_CONN(reap_query);
	USE_CONN(use_result);
	USE_CONN(store_result);
	USE_CONN(next_result);
	USE_CONN(more_results);
	USE_CONN(ping);
	USE_CONN(kill_connection);
	USE_CONN(select_db);
	USE_CONN(server_dump_debug_information);
	USE_CONN(change_user);
	USE_CONN(get_server_statistics);
	USE_CONN(get_server_status);
	USE_CONN(set_server_option);
	USE_CONN(set_autocommit);
	USE_CONN(tx_commit);
	USE_CONN(tx_rollback);
	USE_CONN(tx_begin);
	USE_CONN(tx_commit_or_rollback);
	USE_CONN(tx_savepoint);
	USE_CONN(tx_savepoint_release);
	USE_CONN(dtor);
	tables->connection_data.set(&guarded_conn);

	plain_stmt = tables->statement.get();
	guarded_stmt = *plain_stmt;
	USE_STMT(prepare);
	USE_STMT(send_execute);
	USE_STMT(execute);
	USE_STMT(use_result);
	USE_STMT(store_result);
	USE_STMT(get_result);
	USE_STMT(next_result);
	USE_STMT(free_result);
	USE_STMT(reset);
	USE_STMT(flush);
	USE_STMT(send_long_data);
	USE_STMT(close_on_server);
	tables->statement.set(&guarded_stmt);

	plain_result = *tables->result.get();
	MYSQLND_CLASS_METHODS_TYPE(mysqlnd_res) result = plain_result;
	result.fetch_row = result_fetch_row;
	tables->result.set(&result);

	plain_vio = *tables->vio.get();
	MYSQLND_CLASS_METHODS_TYPE(mysqlnd_vio) vio = plain_vio;
	vio.network_read = vio_network_read;
	vio.network_write = vio_network_write;
	tables->vio.set(&vio);
}

void tusk_mysqlnd_startup(void)
{
	if (installed) {
		return;
	}
	unsigned (*register_plugin)(void);
	*(void **) &register_plugin = dlsym(RTLD_DEFAULT, "mysqlnd_plugin_register");
	areas = dlsym(RTLD_DEFAULT, "mysqlnd_plugin_area_getters");
	tables = dlsym(RTLD_DEFAULT, "mysqlnd_plugin_methods_xetters");
	if (!register_plugin || !areas || !tables) {
		return;
	}
	installed = true;
	/* A number of our own makes mysqlnd keep a pointer for us in every connection. */
	plugin_id = register_plugin();
	install();
}

void tusk_mysqlnd_shutdown(void)
{
	tusk_handle_forget();
	failed_vio = NULL;
}
