/* Functions and methods that are guarded as a whole: what they are given names the handle.
 *
 * Their handlers are replaced while modules start, before the JIT copies them. PHP's own
 * is kept in a word that the engine reserves in every function for extensions; the copies
 * that the engine makes of inherited methods have it too.
 */
#include "guard/guard.h"
#include "guard/key.h"
#include "zend_extensions.h"
#include <dlfcn.h>

static int slot = -1;
extern zend_class_entry *tusk_ce_cancelled;
/* Rust: throws what ends the running coroutine. */
void tusk_rt_raise_cancel(void);

static bool always(const void *key) { return key != NULL; }

/* ---- what is guarded ----------------------------------------------------------------- */

static const tusk_guard_kind
	postgres = {.what = "PostgreSQL connection", .pending = tusk_postgres_pending},
	curl = {.what = "curl handle"},
	redis = {.what = "Redis connection", .broken = tusk_guard_redis_broken},
	memcached = {.what = "Memcached connection"},
	ldap = {.what = "LDAP connection"},
	soap = {.what = "SOAP client"},
	redis_stream = {.what = "Redis connection", .broken = tusk_guard_redis_stream_broken},
	odbc = {.what = "ODBC connection"},
	terminal = {.what = "terminal that is read by readline()"},
	finfo = {.what = "finfo object"},
	zip = {.what = "ZipArchive"},
	ftp = {.what = "FTP connection", .broken = tusk_guard_ftp_broken},
	cluster = {.what = "Redis cluster", .broken = tusk_guard_redis_cluster_broken},
	sqlite = {.what = "SQLite database", .pending = tusk_guard_sqlite_pending, .sqlite = always};

typedef const void *(*key_of)(zend_execute_data *execute_data);

enum {
	FRESH = 1,    /* the object is new: what was known of its address is over */
	HOLDS = 2,    /* what it begins is ended by a later call: MULTI; noted also where nobody else is about */
	RELEASES = 4, /* ends that */
	OPENS = 8,    /* gives a connection that becomes the default */
	CONTINUES = 16,
	PERSISTENT = 32, /* what it opens is looked up by its arguments */
	CLOSES = 64, /* frees what the key names */
	CLOSES_MYSQLI = 128,
	CLOSES_MYSQLI_STATEMENT = 256,
	TRANSFERS = 512, /* its result says whether a later call goes on with it */
};

/* ext/ftp's FTP_MOREDATA. */
#define MORE_DATA 2

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
	"pg_client_encoding", "pg_clientencoding", "pg_socket", "pg_connect_poll", "pg_fetch_*", "pg_num_*",
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
static const char *const ftp_names[] = {"ftp_*", NULL};
/* They open connections, or look at what is in memory. */
static const char *const ftp_except[] = {"ftp_connect", "ftp_ssl_connect", "ftp_get_option", NULL};
static const char *const soap_names[] = {"__call", "__soapcall", "__dorequest", NULL};
static const char *const constructor[] = {"__construct", NULL};
static const char *const mysqli_names[] = {"mysqli_*", NULL};
static const char *const odbc_names[] = {"odbc_*", NULL};
/* They open connections, or look at what is in memory. */
static const char *const odbc_except[] = {
	"odbc_connect", "odbc_pconnect", "odbc_close_all", "odbc_error", "odbc_errormsg", "odbc_num_fields", "odbc_field_*",
	"odbc_binmode", "odbc_longreadlen", "odbc_cursor", "odbc_connection_string_*", "odbc_free_result", NULL,
};
static const char *const odbc_opens[] = {"odbc_pconnect", NULL};
/* The rest of these classes look at what is in memory, or are in a table (guard/pdo_open.c). */
static const char *const pdo_pgsql_names[] = {"copy*", "lob*", "getnotify", NULL};
static const char *const pdo_sqlite_names[] = {"create*", "loadextension", "openblob", "setauthorizer", NULL};
static const char *const readline_names[] = {"readline", "readline_callback_*", NULL};
/* A look at a file reads it, and then puts what it found into the object. */
static const char *const finfo_names[] = {"finfo_file", "finfo_buffer", "finfo_set_flags", NULL};
static const char *const odbc_continues[] = {"odbc_fetch_*", "odbc_result", "odbc_result_all", "odbc_next_result", "odbc_num_rows", NULL};
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
	{&postgres, tusk_key_postgres, NULL, pg_names, pg_except},
	{&curl, tusk_key_first, NULL, curl_names, NULL},
	{&ldap, tusk_key_first, NULL, ldap_names, ldap_except},
	{&redis, tusk_key_redis, "redis", NULL, object_except},
	/* Which node answers, and how, is noted in the object. */
	{&cluster, tusk_key_redis_cluster, "rediscluster", NULL, object_except},
	/* One buffer, one state, and one connection for data. */
	{&ftp, tusk_key_first, NULL, ftp_names, ftp_except},
	{&memcached, tusk_key_word_of_this, "memcached", NULL, object_except},
	{&soap, tusk_key_this, "soapclient", soap_names, NULL},
	{&odbc, tusk_odbc_key, NULL, odbc_names, odbc_except},
	{NULL, NULL, NULL, odbc_opens, NULL},
	{&terminal, tusk_key_terminal, NULL, readline_names, NULL},
	{&finfo, tusk_key_first, NULL, finfo_names, NULL},
	{&finfo, tusk_key_this, "finfo", NULL, object_except},
	/* libzip seeks in the one file of the archive, and then reads there. */
	{&zip, tusk_key_this, "ziparchive", NULL, object_except},
	/* mysqlnd takes the turns of these; they throw when they were cancelled. */
	{NULL, NULL, NULL, mysqli_names, NULL},
	{NULL, NULL, "mysqli", NULL, object_except},
	{NULL, NULL, "mysqli_stmt", NULL, object_except},
	{NULL, NULL, "soapclient", constructor, NULL},
	{&sqlite, tusk_key_sqlite, "sqlite3", NULL, object_except},
	{&sqlite, tusk_key_sqlite_statement, "sqlite3stmt", NULL, object_except},
	{&sqlite, tusk_key_sqlite_result, "sqlite3result", NULL, object_except},
	/* From PHP 8.4 on; before, and where PDO itself is asked, they are in the driver's table (guard/pdo.c). */
	{&tusk_guard_pdo_kind, tusk_key_pdo, "pdo\\pgsql", pdo_pgsql_names, NULL},
	{&tusk_guard_pdo_kind, tusk_key_pdo, "pdo\\sqlite", pdo_sqlite_names, NULL},
};
#define FAMILIES (sizeof(families) / sizeof(families[0]))

static unsigned flags_of(const family *of, const char *name)
{
	static const struct { const char *name; unsigned flags; } redis_flags[] = {
		{"multi", HOLDS}, {"pipeline", HOLDS}, {"watch", HOLDS},
		{"exec", RELEASES}, {"discard", RELEASES}, {"unwatch", RELEASES}, {"close", RELEASES}, {"reset", RELEASES},
		{"connect", RELEASES}, {"open", RELEASES}, {"pconnect", RELEASES}, {"popen", RELEASES},
	};

	if (of->class && !strcmp(name, "__construct")) {
		return FRESH;
	}
	for (size_t i = 0; (of->kind == &redis || of->kind == &cluster) && i < sizeof(redis_flags) / sizeof(redis_flags[0]); i++) {
		if (!strcmp(redis_flags[i].name, name)) {
			return redis_flags[i].flags;
		}
	}
	if (of->kind == &postgres && matches(pg_opens, name)) {
		return OPENS | (strcmp(name, "pg_pconnect") ? 0 : PERSISTENT);
	}
	if (of->kind == &postgres && !strcmp(name, "pg_close")) {
		return CLOSES;
	}
	if (of->names == mysqli_names || (of->class && !strncmp(of->class, "mysqli", strlen("mysqli")))) {
		bool statement = of->class && !strcmp(of->class, "mysqli_stmt");
		return !strcmp(name, "mysqli_close") || (of->class && !statement && !strcmp(name, "close")) ? CLOSES_MYSQLI
			: !strcmp(name, "mysqli_stmt_close") || (statement && !strcmp(name, "close")) ? CLOSES_MYSQLI_STATEMENT : 0;
	}
	if (of->names == odbc_opens) {
		return PERSISTENT;
	}
	if (of->kind == &ftp) {
		return !strcmp(name, "ftp_nb_continue") ? CONTINUES | HOLDS | TRANSFERS
			: !strncmp(name, "ftp_nb_", 7) ? HOLDS | TRANSFERS
			: !strcmp(name, "ftp_close") || !strcmp(name, "ftp_quit") ? RELEASES : 0;
	}
	if (of->kind == &odbc) {
		return matches(odbc_continues, name) ? CONTINUES : 0;
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
	const tusk_guard_kind *kind = what->key == tusk_key_redis && key != tusk_key_this(execute_data) ? &redis_stream : what->kind;
	tusk_handle_entry entry = tusk_guard_enter(kind, key, what->flags & CONTINUES, &guard);
	if (entry == TUSK_HANDLE_REFUSED) {
		/* An exception says why. */
		RETURN_FALSE;
	}
	what->php(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	if (!guard) {
		return;
	}
	if (what->flags & TRANSFERS) {
		guard->held = Z_TYPE_P(return_value) == IS_LONG && Z_LVAL_P(return_value) == MORE_DATA;
	} else if ((what->flags & HOLDS) && Z_TYPE_P(return_value) != IS_FALSE) {
		guard->held = true;
	} else if (what->flags & RELEASES) {
		guard->held = false;
	}
	guard->gone |= (what->flags & CLOSES) && Z_TYPE_P(return_value) == IS_TRUE;
	if (what->kind == &odbc) {
		tusk_odbc_called(guard, execute_data, return_value);
	}
	tusk_guard_leave(guard, tusk_guard_pending(guard));
}

/* False: not made, and an exception says why. */
static bool open_persistent(INTERNAL_FUNCTION_PARAMETERS, const guarded *what)
{
	tusk_opening *opening = tusk_opening_of(execute_data, 2);
	tusk_guard *one_at_a_time, *in_turn = NULL;

	if (tusk_opening_enter(opening, &one_at_a_time) == TUSK_HANDLE_REFUSED) {
		return false;
	}
	/* PHP sends a statement on a connection that it finds (pg_pconnect: RESET ALL). */
	bool refused = what->kind && opening->connection && !tusk_guard_idle()
		&& tusk_guard_enter(what->kind, opening->connection, false, &in_turn) == TUSK_HANDLE_REFUSED;
	if (!refused) {
		what->php(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		if (what->kind == &postgres && Z_TYPE_P(return_value) == IS_OBJECT) {
			opening->connection = *(void *const *) tusk_guard_record_of(Z_OBJ_P(return_value));
		}
	}
	if (in_turn) {
		tusk_guard_leave(in_turn, tusk_guard_pending(in_turn));
	}
	if (one_at_a_time) {
		tusk_guard_leave(one_at_a_time, false);
	}
	return !refused;
}

static void close_mysqli(INTERNAL_FUNCTION_PARAMETERS, const guarded *what)
{
	const zval *given = Z_TYPE(EX(This)) == IS_OBJECT ? &EX(This) : ZEND_NUM_ARGS() ? ZEND_CALL_ARG(execute_data, 1) : NULL;
	tusk_mysqli_closing closing = {0};

	if (given && Z_TYPE_P(given) == IS_OBJECT
			&& !tusk_mysqli_close_begin(Z_OBJ_P(given), what->flags & CLOSES_MYSQLI_STATEMENT, &closing)) {
		return;
	}
	what->php(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	tusk_mysqli_close_end(&closing);
}

static ZEND_NAMED_FUNCTION(guarded_call)
{
	const guarded *what = EX(func)->internal_function.reserved[slot];

	if (EXPECTED(tusk_guard_idle()) && EXPECTED(!(what->flags & (OPENS | HOLDS)))) {
		what->php(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	bool cancelled_before = tusk_rt_gives_up();
	const void *key = what->flags & OPENS || !what->key ? NULL : what->key(execute_data);
	if (key) {
		call_guarded(INTERNAL_FUNCTION_PARAM_PASSTHRU, what, key);
		return;
	}
	if (what->flags & (CLOSES_MYSQLI | CLOSES_MYSQLI_STATEMENT)) {
		close_mysqli(INTERNAL_FUNCTION_PARAM_PASSTHRU, what);
	} else if (!(what->flags & PERSISTENT)) {
		what->php(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	} else if (!open_persistent(INTERNAL_FUNCTION_PARAM_PASSTHRU, what)) {
		RETURN_FALSE;
	}
	tusk_guard_cancel_first();
	if (UNEXPECTED(EG(exception) && !cancelled_before && EG(exception)->ce != tusk_ce_cancelled && tusk_rt_gives_up())) {
		/* The library has made its own exception of the failure, and dropped the one that was set. */
		tusk_rt_raise_cancel();
	}
	if ((what->flags & OPENS) && Z_TYPE_P(return_value) == IS_OBJECT) {
		tusk_guard_pg_default = *(void *const *) tusk_guard_record_of(Z_OBJ_P(return_value));
		tusk_guard_opened(tusk_guard_pg_default);
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
	*(void **) &tusk_guard_pg_transaction_status = dlsym(RTLD_DEFAULT, "PQtransactionStatus");
	tusk_guard_pg_connection = zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("pgsql\\connection"));
	tusk_guard_pg_lob = zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("pgsql\\lob"));
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
	tusk_odbc_startup();
	tusk_guard_pdo_startup();
	tusk_phar_startup(slot);
}

/* Modules that start later end earlier, and take their functions with them: only what is
 * still in the tables is given back. */
void tusk_guard_shutdown(void)
{
	tusk_phar_shutdown();
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
