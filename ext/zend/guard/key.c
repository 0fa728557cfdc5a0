/* What a call's arguments name: the handle that guards are kept by (guard/call.c).
 *
 * Extensions keep their records to themselves; what is read of them here are their first words, as
 * php-src's and the extensions' sources have them. NULL: nothing that is guarded.
 */
#include "guard/key.h"
#include "php_network.h"
#include <dlfcn.h>

/* The record in which an object of an extension lies. */
const void *tusk_guard_record_of(const zend_object *object)
{
	return (const char *) object - object->handlers->offset;
}

static const zend_object *first_object(zend_execute_data *execute_data)
{
	zval *arg = ZEND_NUM_ARGS() > 0 ? ZEND_CALL_ARG(execute_data, 1) : NULL;

	return arg && Z_TYPE_P(arg) == IS_OBJECT ? Z_OBJ_P(arg) : NULL;
}

const void *tusk_key_this(zend_execute_data *execute_data)
{
	return Z_TYPE(EX(This)) == IS_OBJECT ? tusk_guard_record_of(Z_OBJ(EX(This))) : NULL;
}

const void *tusk_key_first(zend_execute_data *execute_data)
{
	const zend_object *object = first_object(execute_data);

	return object && object->ce->type == ZEND_INTERNAL_CLASS ? tusk_guard_record_of(object) : NULL;
}

/* memcached_st *, which objects with one persistent id share. */
const void *tusk_key_word_of_this(zend_execute_data *execute_data)
{
	const void *record = tusk_key_this(execute_data);

	return record ? *(void *const *) record : NULL;
}

/* ---- PostgreSQL ------------------------------------------------------------------- */

int (*tusk_guard_pg_transaction_status)(const void *);
zend_class_entry *tusk_guard_pg_connection, *tusk_guard_pg_lob;
/* What functions without a connection argument use: the one opened last. */
const void *tusk_guard_pg_default;

const void *tusk_key_postgres(zend_execute_data *execute_data)
{
	const zend_object *object = first_object(execute_data);

	if (!object) {
		return tusk_guard_pg_default;
	}
	/* Both begin with the PGconn. */
	return object->ce == tusk_guard_pg_connection || object->ce == tusk_guard_pg_lob ? *(void *const *) tusk_guard_record_of(object) : NULL;
}

/* PQTRANS_ACTIVE, INTRANS and INERROR; UNKNOWN is a connection that is broken. */
bool tusk_postgres_pending(const void *connection)
{
	int status = tusk_guard_pg_transaction_status ? tusk_guard_pg_transaction_status(connection) : 0;

	return status >= 1 && status <= 3;
}

/* libpq frees a connection: its address may be another one's next. */
void tusk_libc_PQfinish(void *connection)
{
	static void (*finish)(void *);

	if (!finish) {
		*(void **) &finish = dlsym(RTLD_DEFAULT, "PQfinish");
	}
	if (tusk_guards) {
		tusk_guard_drop(connection);
	}
	tusk_opening_closed(connection);
	if (connection == tusk_guard_pg_default) {
		tusk_guard_pg_default = NULL;
	}
	finish(connection);
}

/* ---- Redis ------------------------------------------------------------------------ */

void tusk_guard_redis_stream_broken(const void *stream)
{
	php_socket_t fd;

	if (php_stream_cast((php_stream *) stream, PHP_STREAM_AS_FD_FOR_SELECT | PHP_STREAM_CAST_INTERNAL, (void *) &fd, 0) == SUCCESS
		&& fd >= 0) {
		shutdown(fd, SHUT_RDWR);
	}
}

/* A Redis object begins with its connection, which begins with its PHP stream. */
static php_stream *redis_stream_of(const void *record)
{
	php_stream *const *connection = *(php_stream *const *const *) record;

	return connection ? *connection : NULL;
}

void tusk_guard_redis_broken(const void *record)
{
	php_stream *stream = redis_stream_of(record);

	if (stream) {
		tusk_guard_redis_stream_broken(stream);
	}
}

/* Without phpredis' pool, objects that are connected to one server share a persistent PHP stream. */
const void *tusk_key_redis(zend_execute_data *execute_data)
{
	const void *record = tusk_key_this(execute_data);
	php_stream *stream = record ? redis_stream_of(record) : NULL;

	return stream && stream->is_persistent && !zend_ini_long((char *) ZEND_STRL("redis.pconnect.pooling_enabled"), 0) ? stream : record;
}

/* The nodes' connections lie too deep in the object: close() finds them, and each is opened anew when
 * it is needed. */
static size_t cluster_offset;

const void *tusk_key_redis_cluster(zend_execute_data *execute_data)
{
	const void *record = tusk_key_this(execute_data);

	if (record) {
		cluster_offset = (size_t) Z_OBJ(EX(This))->handlers->offset;
	}
	return record;
}

void tusk_guard_redis_cluster_broken(const void *record)
{
	zend_object *cluster = (zend_object *) ((uintptr_t) record + cluster_offset), *cancelled = EG(exception);
	zend_function *close = zend_hash_str_find_ptr(&cluster->ce->function_table, ZEND_STRL("close"));

	if (close) {
		/* Nothing can be called under an exception. */
		EG(exception) = NULL;
		zend_call_known_instance_method_with_0_params(close, cluster, NULL);
		if (EG(exception)) {
			OBJ_RELEASE(EG(exception));
		}
		EG(exception) = cancelled;
	}
}

/* ---- FTP ---------------------------------------------------------------------------- */

/* FTP\Connection: { ftpbuf_t *; … }, which begins with the socket of the dialogue. */
void tusk_guard_ftp_broken(const void *record)
{
	const php_socket_t *connection = *(const php_socket_t *const *) record;

	if (connection && *connection >= 0) {
		shutdown(*connection, SHUT_RDWR);
	}
}

/* ---- readline ----------------------------------------------------------------------- */

/* The library has one terminal and one line. */
const void *tusk_key_terminal(zend_execute_data *execute_data)
{
	static const char one;

	(void) execute_data;
	return &one;
}

/* ---- SQLite ------------------------------------------------------------------------ */

/* SQLite3 objects: { int initialised; sqlite3 *db; … }. */
typedef struct { int initialised; void *db; } sqlite_record;

static const void *watched(const sqlite_record *record)
{
	if (record && record->initialised && record->db) {
		tusk_sqlite_watch(record->db);
	}
	return record;
}

const void *tusk_key_sqlite(zend_execute_data *execute_data)
{
	return watched(tusk_key_this(execute_data));
}

/* SQLite3Stmt: { sqlite3_stmt *; record of its SQLite3; … }. */
const void *tusk_key_sqlite_statement(zend_execute_data *execute_data)
{
	const sqlite_record *const *record = tusk_key_this(execute_data);

	return record ? watched(record[1]) : NULL;
}

/* SQLite3Result: { record of its SQLite3; … }. */
const void *tusk_key_sqlite_result(zend_execute_data *execute_data)
{
	const sqlite_record *const *record = tusk_key_this(execute_data);

	return record ? watched(record[0]) : NULL;
}

const void *tusk_guard_sqlite_of_object(zend_object *object) { return tusk_guard_record_of(object); }
const void *tusk_guard_sqlite_of_statement(zend_object *object) { return ((const void *const *) tusk_guard_record_of(object))[1]; }
const void *tusk_guard_sqlite_of_result(zend_object *object) { return *(const void *const *) tusk_guard_record_of(object); }

bool tusk_guard_sqlite_pending(const void *key)
{
	const sqlite_record *record = key;

	return record->initialised && record->db && tusk_sqlite_in_transaction(record->db);
}

