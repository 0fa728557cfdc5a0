/* Functions and methods that are guarded as a whole: what they are given names the handle.
 *
 * Their handlers are replaced while modules start, before the JIT copies them. PHP's own
 * is kept in a word that the engine reserves in every function for extensions; the copies
 * that the engine makes of inherited methods have it too.
 */
#include "guard/guard.h"
#include "guard/call.h"
#include "php_network.h"
#include "php_streams.h"
#include "zend_extensions.h"
#include <dlfcn.h>

static int slot = -1;

/* ---- keys ------------------------------------------------------------------------- */

/* The record in which an object of an extension lies. */
static const void *record_of(const zend_object *object)
{
	return (const char *) object - object->handlers->offset;
}

static const zend_object *first_object(zend_execute_data *execute_data)
{
	zval *arg = ZEND_NUM_ARGS() > 0 ? ZEND_CALL_ARG(execute_data, 1) : NULL;

	return arg && Z_TYPE_P(arg) == IS_OBJECT ? Z_OBJ_P(arg) : NULL;
}

static const void *key_this(zend_execute_data *execute_data)
{
	return Z_TYPE(EX(This)) == IS_OBJECT ? record_of(Z_OBJ(EX(This))) : NULL;
}

static const void *key_first(zend_execute_data *execute_data)
{
	const zend_object *object = first_object(execute_data);

	return object && object->ce->type == ZEND_INTERNAL_CLASS ? record_of(object) : NULL;
}

/* memcached_st *, which objects with one persistent id share. */
static const void *key_word_of_this(zend_execute_data *execute_data)
{
	const void *record = key_this(execute_data);

	return record ? *(void *const *) record : NULL;
}

/* ---- PostgreSQL ------------------------------------------------------------------- */

static int (*pg_transaction_status)(const void *);
static zend_class_entry *pg_connection, *pg_lob;
/* What functions without a connection argument use: the one opened last. */
static const void *pg_default;

static const void *key_postgres(zend_execute_data *execute_data)
{
	const zend_object *object = first_object(execute_data);

	if (!object) {
		return pg_default;
	}
	/* Both begin with the PGconn. */
	return object->ce == pg_connection || object->ce == pg_lob ? *(void *const *) record_of(object) : NULL;
}

/* PQTRANS_ACTIVE, INTRANS and INERROR; UNKNOWN is a connection that is broken. */
bool tusk_postgres_pending(const void *connection)
{
	int status = pg_transaction_status ? pg_transaction_status(connection) : 0;

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
	if (connection == pg_default) {
		pg_default = NULL;
	}
	finish(connection);
}

/* ---- Redis ------------------------------------------------------------------------ */

/* A Redis object begins with its connection, which begins with its PHP stream. */
static void redis_broken(const void *record)
{
	php_stream *const *connection = *(php_stream *const *const *) record;
	php_socket_t fd;

	if (connection && *connection
		&& php_stream_cast(*connection, PHP_STREAM_AS_FD_FOR_SELECT | PHP_STREAM_CAST_INTERNAL, (void *) &fd, 0) == SUCCESS
		&& fd >= 0) {
		shutdown(fd, SHUT_RDWR);
	}
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

static const void *key_sqlite(zend_execute_data *execute_data)
{
	return watched(key_this(execute_data));
}

/* SQLite3Stmt: { sqlite3_stmt *; record of its SQLite3; … }. */
static const void *key_sqlite_statement(zend_execute_data *execute_data)
{
	const sqlite_record *const *record = key_this(execute_data);

	return record ? watched(record[1]) : NULL;
}

/* SQLite3Result: { record of its SQLite3; … }. */
static const void *key_sqlite_result(zend_execute_data *execute_data)
{
	const sqlite_record *const *record = key_this(execute_data);

	return record ? watched(record[0]) : NULL;
}

static bool sqlite_pending(const void *key)
{
	const sqlite_record *record = key;

	return record->initialised && record->db && tusk_sqlite_in_transaction(record->db);
}

/* ---- what is guarded ----------------------------------------------------------------- */

static const tusk_guard_kind
	postgres = {.what = "PostgreSQL connection", .pending = tusk_postgres_pending},
	curl = {.what = "curl handle"},
	redis = {.what = "Redis connection", .broken = redis_broken},
	memcached = {.what = "Memcached connection"},
	ldap = {.what = "LDAP connection"},
	soap = {.what = "SOAP client"},
	sqlite = {.what = "SQLite database", .pending = sqlite_pending};

typedef const void *(*key_of)(zend_execute_data *execute_data);

enum {
	FRESH = 1,    /* the object is new: what was known of its address is over */
	HOLDS = 2,    /* what it begins is ended by a later call: MULTI */
	RELEASES = 4, /* ends that */
	OPENS = 8,    /* gives a connection that becomes the default */
	CONTINUES = 16,
};

typedef struct {
	const tusk_guard_kind *kind;
	key_of key;
	zif_handler php;
	unsigned flags;
} guarded;

typedef struct {
	const tusk_guard_kind *kind;
	key_of key; /* NULL: no turns are taken, only a cancel is put in front of what is thrown */
	const char *class; /* NULL: functions */
	/* Names, or beginnings of names that end with a star; NULL: every method. */
	const char *const *names;
	const char *const *except;
} family;

static const char *const pg_names[] = {"pg_*", NULL};
/* They look at what libpq has in memory, or take no connection. */
static const char *const pg_except[] = {
	"pg_connection_status", "pg_host", "pg_port", "pg_tty", "pg_dbname", "pg_options", "pg_version", "pg_parameter_status",
	"pg_get_pid", "pg_transaction_status", "pg_last_error", "pg_last_notice", "pg_escape_*", "pg_unescape_bytea",
	"pg_client_encoding", "pg_clientencoding", "pg_socket", "pg_connect_poll", "pg_close", "pg_fetch_*", "pg_num_*",
	"pg_field_*", "pg_result_*", "pg_free_result", "pg_affected_rows", "pg_last_oid", "pg_errormessage", "pg_set_error_verbosity",
	NULL,
};
static const char *const pg_opens[] = {"pg_connect", "pg_pconnect", NULL};
/* They go on with what was begun, perhaps by another coroutine that passed it on. */
static const char *const pg_continues[] = {
	"pg_get_result", "pg_getresult", "pg_end_copy", "pg_put_line", "pg_consume_input", "pg_flush", "pg_connection_busy",
	"pg_cancel_query", NULL,
};
static const char *const curl_names[] = {
	"curl_exec", "curl_setopt", "curl_setopt_array", "curl_reset", "curl_pause", "curl_upkeep", "curl_multi_exec",
	"curl_multi_select", "curl_multi_add_handle", "curl_multi_remove_handle", "curl_multi_info_read", NULL,
};
static const char *const ldap_names[] = {"ldap_*", NULL};
static const char *const ldap_except[] = {
	"ldap_connect", "ldap_errno", "ldap_error", "ldap_err2str", "ldap_escape", "ldap_first_*", "ldap_next_*", "ldap_get_*",
	"ldap_count_entries", "ldap_dn2ufn", "ldap_explode_dn", "ldap_free_result", "ldap_set_rebind_proc", NULL,
};
static const char *const soap_names[] = {"__call", "__soapcall", "__dorequest", NULL};
static const char *const constructor[] = {"__construct", NULL};
static const char *const mysqli_names[] = {"mysqli_*", NULL};
static const char *const object_except[] = {"__destruct", "__clone", NULL};

static bool matches(const char *const *names, const char *name)
{
	for (; *names; names++) {
		size_t length = strlen(*names);
		bool begins = (*names)[length - 1] == '*';
		if (begins ? !strncmp(name, *names, length - 1) : !strcmp(name, *names)) {
			return true;
		}
	}
	return false;
}

static const family families[] = {
	{&postgres, key_postgres, NULL, pg_names, pg_except},
	{&curl, key_first, NULL, curl_names, NULL},
	{&ldap, key_first, NULL, ldap_names, ldap_except},
	{&redis, key_this, "redis", NULL, object_except},
	{&memcached, key_word_of_this, "memcached", NULL, object_except},
	{&soap, key_this, "soapclient", soap_names, NULL},
	/* mysqlnd takes the turns of these; they throw when they were cancelled. */
	{NULL, NULL, NULL, mysqli_names, NULL},
	{NULL, NULL, "mysqli", NULL, object_except},
	{NULL, NULL, "mysqli_stmt", NULL, object_except},
	{NULL, NULL, "soapclient", constructor, NULL},
	{&sqlite, key_sqlite, "sqlite3", NULL, object_except},
	{&sqlite, key_sqlite_statement, "sqlite3stmt", NULL, object_except},
	{&sqlite, key_sqlite_result, "sqlite3result", NULL, object_except},
};
#define FAMILIES (sizeof(families) / sizeof(families[0]))

static unsigned flags_of(const family *of, const char *name)
{
	static const struct { const char *name; unsigned flags; } redis_flags[] = {
		{"multi", HOLDS}, {"pipeline", HOLDS}, {"watch", HOLDS},
		{"exec", RELEASES}, {"discard", RELEASES}, {"unwatch", RELEASES}, {"close", RELEASES}, {"reset", RELEASES},
	};

	if (of->class && !strcmp(name, "__construct")) {
		return FRESH;
	}
	for (size_t i = 0; of->kind == &redis && i < sizeof(redis_flags) / sizeof(redis_flags[0]); i++) {
		if (!strcmp(redis_flags[i].name, name)) {
			return redis_flags[i].flags;
		}
	}
	if (of->kind == &postgres && matches(pg_opens, name)) {
		return OPENS;
	}
	return of->kind == &postgres && matches(pg_continues, name) ? CONTINUES : 0;
}

/* ---- the call ------------------------------------------------------------------------ */

static void call_guarded(INTERNAL_FUNCTION_PARAMETERS, const guarded *what, const void *key)
{
	tusk_guard *guard;

	if (what->flags & FRESH) {
		tusk_guard_drop(key);
	}
	tusk_handle_entry entry = tusk_guard_enter(what->kind, key, what->flags & CONTINUES, &guard);
	if (entry == TUSK_HANDLE_REFUSED) {
		/* An exception says why. */
		RETURN_FALSE;
	}
	what->php(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	if (!guard) {
		return;
	}
	if ((what->flags & HOLDS) && Z_TYPE_P(return_value) != IS_FALSE) {
		guard->held = true;
	} else if (what->flags & RELEASES) {
		guard->held = false;
	}
	tusk_guard_leave(guard, tusk_guard_pending(guard));
}

static ZEND_NAMED_FUNCTION(guarded_call)
{
	const guarded *what = EX(func)->internal_function.reserved[slot];

	if (EXPECTED(tusk_guard_idle()) && EXPECTED(!(what->flags & OPENS))) {
		what->php(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	const void *key = what->flags & OPENS || !what->key ? NULL : what->key(execute_data);
	if (key) {
		call_guarded(INTERNAL_FUNCTION_PARAM_PASSTHRU, what, key);
		return;
	}
	what->php(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	tusk_guard_cancel_first();
	if ((what->flags & OPENS) && Z_TYPE_P(return_value) == IS_OBJECT) {
		pg_default = *(void *const *) record_of(Z_OBJ_P(return_value));
	}
}

/* ---- life ------------------------------------------------------------------------------ */

static void guard_function(const family *of, const char *name, zend_function *function)
{
	zend_internal_function *internal = &function->internal_function;

	if (function->type != ZEND_INTERNAL_FUNCTION || internal->handler == guarded_call
		|| (of->names && !matches(of->names, name)) || (of->except && matches(of->except, name))) {
		return;
	}
	guarded *what = pemalloc(sizeof(*what), 1);
	*what = (guarded) {.kind = of->kind, .key = of->key, .php = internal->handler, .flags = flags_of(of, name)};
	internal->reserved[slot] = what;
	internal->handler = guarded_call;
}

static HashTable *functions_of(const family *of)
{
	if (!of->class) {
		return CG(function_table);
	}
	zend_class_entry *class = zend_hash_str_find_ptr(CG(class_table), of->class, strlen(of->class));
	return class ? &class->function_table : NULL;
}

void tusk_guard_startup(void)
{
	slot = zend_get_resource_handle("tusk");
	if (slot < 0) {
		return; /* other extensions have taken all words: nothing is guarded */
	}
	*(void **) &pg_transaction_status = dlsym(RTLD_DEFAULT, "PQtransactionStatus");
	pg_connection = zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("pgsql\\connection"));
	pg_lob = zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("pgsql\\lob"));
	for (size_t i = 0; i < FAMILIES; i++) {
		HashTable *functions = functions_of(&families[i]);
		zend_function *function;
		zend_string *name;
		if (functions) {
			ZEND_HASH_FOREACH_STR_KEY_PTR(functions, name, function) {
				guard_function(&families[i], ZSTR_VAL(name), function);
			} ZEND_HASH_FOREACH_END();
		}
	}
	tusk_guard_pdo_startup();
}

/* Modules that start later end earlier, and take their functions with them: only what is
 * still in the tables is given back. */
void tusk_guard_shutdown(void)
{
	for (size_t i = 0; slot >= 0 && i < FAMILIES; i++) {
		HashTable *functions = functions_of(&families[i]);
		zend_function *function;
		if (!functions) {
			continue;
		}
		ZEND_HASH_FOREACH_PTR(functions, function) {
			zend_internal_function *internal = &function->internal_function;
			if (function->type == ZEND_INTERNAL_FUNCTION && internal->handler == guarded_call) {
				guarded *what = internal->reserved[slot];
				internal->handler = what->php;
				internal->reserved[slot] = NULL;
				pefree(what, 1);
			}
		} ZEND_HASH_FOREACH_END();
	}
	tusk_guard_pdo_shutdown();
}
