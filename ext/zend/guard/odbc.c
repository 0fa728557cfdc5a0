/* The odbc_ functions: which connection a call is on, and whether a transaction is open on it.
 *
 * PHP's record of a result points to that of its connection. Where is not in any header: it is
 * taken from php-src's sources (ext/odbc/php_odbc_includes.h), and believed once it has led from a
 * result to a connection that PHP has open. If it does not, calls on results are not guarded.
 *
 * ODBC cannot say whether a transaction is open. One is when SQL has begun it, and from the first
 * statement on while the connection's autocommit is off, until a commit or a rollback.
 */
#include "guard/guard.h"
#include "guard/sql.h"
#include "php.h"
#include <dlfcn.h>

/* Both begin so. */
typedef struct { void *environment, *dbc; } connection_record;
typedef struct {
	void *statement, *values;
	short columns, parameters;
	int fetch_absolute;
	zend_long long_read_length;
	int binary_mode, fetched;
	void *parameter_info;
	connection_record *connection;
} result_record;

/* sqlext.h; the values are the standard's. */
#define SQL_ATTR_AUTOCOMMIT 102
#define SQL_AUTOCOMMIT_OFF 0u
#define SQL_SUCCEEDED(code) (((code) & ~1) == 0)

static short (*get_attribute)(void *dbc, int attribute, void *value, int room, int *length);
static enum { UNKNOWN, BELIEVED, WRONG } layout;

void tusk_odbc_startup(void)
{
	/* In the driver manager that PHP's modules have loaded. */
	*(void **) &get_attribute = dlsym(RTLD_DEFAULT, "SQLGetConnectAttr");
}

static bool autocommit_off(void *dbc)
{
	unsigned long value = 1;

	return get_attribute && dbc && SQL_SUCCEEDED(get_attribute(dbc, SQL_ATTR_AUTOCOMMIT, &value, 0, NULL))
		&& (unsigned) value == SQL_AUTOCOMMIT_OFF;
}

void tusk_odbc_sent(tusk_guard *guard, void *dbc, const char *sql)
{
	switch (tusk_sql_transaction(sql)) {
		case TUSK_SQL_BEGINS: guard->held = true; break;
		case TUSK_SQL_ENDS: guard->held = false; break;
		case TUSK_SQL_OTHER: guard->held |= autocommit_off(dbc); break;
	}
}

/* ---- whose a call is ------------------------------------------------------------------ */

#if PHP_VERSION_ID >= 80400

static const void *record_of(const zval *of)
{
	const zend_object *object = Z_OBJ_P(of);

	return (const char *) object - object->handlers->offset;
}

static bool is_connection(const zval *of)
{
	return Z_TYPE_P(of) == IS_OBJECT && zend_string_equals_literal_ci(Z_OBJCE_P(of)->name, "Odbc\\Connection");
}

static bool is_result(const zval *of)
{
	return Z_TYPE_P(of) == IS_OBJECT && zend_string_equals_literal_ci(Z_OBJCE_P(of)->name, "Odbc\\Result");
}

static const void *connection_of(const zval *of) { return *(void *const *) record_of(of); }

static bool is_open(const void *connection)
{
	for (uint32_t i = 1; i < EG(objects_store).top; i++) {
		zend_object *object = EG(objects_store).object_buckets[i];
		zval of;
		if (IS_OBJ_VALID(object)) {
			ZVAL_OBJ(&of, object);
			if (is_connection(&of) && connection_of(&of) == connection) {
				return true;
			}
		}
	}
	return false;
}

#else

static bool has_type(const zval *of, const char *type, size_t length)
{
	const char *name = Z_TYPE_P(of) == IS_RESOURCE ? zend_rsrc_list_get_rsrc_type(Z_RES_P(of)) : NULL;

	return name && strncmp(name, type, length) == 0;
}

static const void *record_of(const zval *of) { return Z_RES_P(of)->ptr; }
/* Also "odbc link persistent". */
static bool is_connection(const zval *of) { return has_type(of, ZEND_STRL("odbc link")); }
static bool is_result(const zval *of) { return has_type(of, ZEND_STRL("odbc result")); }
static const void *connection_of(const zval *of) { return record_of(of); }

static bool is_open(const void *connection)
{
	zval *of;

	ZEND_HASH_FOREACH_VAL(&EG(regular_list), of) {
		if (is_connection(of) && connection_of(of) == connection) {
			return true;
		}
	} ZEND_HASH_FOREACH_END();
	return false;
}

#endif

const void *tusk_odbc_key(zend_execute_data *execute_data)
{
	zval *of = ZEND_NUM_ARGS() > 0 ? ZEND_CALL_ARG(execute_data, 1) : NULL;

	if (!of) {
		return NULL;
	}
	ZVAL_DEREF(of);
	if (is_connection(of)) {
		return connection_of(of);
	}
	if (layout == WRONG || !is_result(of) || !record_of(of)) {
		return NULL;
	}
	const void *connection = ((const result_record *) record_of(of))->connection;
	if (layout == UNKNOWN) {
		layout = is_open(connection) ? BELIEVED : WRONG;
	}
	return layout == BELIEVED ? connection : NULL;
}

/* ---- afterwards -------------------------------------------------------------------------- */

static bool is_function(zend_execute_data *execute_data, const char *name)
{
	return strcmp(ZSTR_VAL(EX(func)->common.function_name), name) == 0;
}

void tusk_odbc_called(tusk_guard *guard, zend_execute_data *execute_data, const zval *result)
{
	const connection_record *connection = guard->key;
	zval *second = ZEND_NUM_ARGS() > 1 ? ZEND_CALL_ARG(execute_data, 2) : NULL;

	if (is_function(execute_data, "odbc_close")) {
		guard->held = guard->switched = false;
	} else if (Z_TYPE_P(result) == IS_FALSE || EG(exception)) {
		return; /* what failed neither begins nor ends anything */
	} else if (is_function(execute_data, "odbc_commit") || is_function(execute_data, "odbc_rollback")) {
		guard->held = false;
	} else if ((is_function(execute_data, "odbc_exec") || is_function(execute_data, "odbc_do")) && second && Z_TYPE_P(second) == IS_STRING) {
		tusk_odbc_sent(guard, connection->dbc, Z_STRVAL_P(second));
	} else if (is_function(execute_data, "odbc_execute")) {
		guard->held |= autocommit_off(connection->dbc);
	} else if (is_function(execute_data, "odbc_autocommit")) {
		/* Who switches it off has the connection until it is on again, however many transactions
		 * that are. Switched on, it commits what was open. */
		guard->switched = autocommit_off(connection->dbc);
		guard->held &= guard->switched;
	}
}
