/* PHP's functions that open a PDO connection: the connection is guarded from then on
 * (guard/pdo.c). Connections of mysqlnd are guarded at the wire.
 */
#include "guard/guard.h"
#include "ext/pdo/php_pdo_driver.h"

void tusk_guard_pdo_connection(pdo_dbh_t *dbh);

/* Every class that opens a connection has PHP's two functions, and its own copy of them. The
 * constructor exists from the first, connect() and the drivers' classes from 8.4 on. */
static const char *const classes[] = {"pdo", "pdo\\pgsql", "pdo\\sqlite", "pdo\\odbc", "pdo\\firebird", "pdo\\dblib"};
static zif_handler php_construct, php_connect;

static void opened(zval *object)
{
	pdo_dbh_t *dbh = Z_PDO_DBH_P(object);

	tusk_guard_cancel_first();
	if (!EG(exception) && dbh && dbh->methods && dbh->driver && strcmp(dbh->driver->driver_name, "mysql") != 0) {
		tusk_guard_pdo_connection(dbh);
	}
}

/* False: an exception says why the connection is not opened. */
static bool begin(zend_execute_data *execute_data, tusk_guard **opening)
{
	*opening = NULL;
	return !tusk_opening_pdo_is_persistent(execute_data) || tusk_opening_enter(tusk_opening_of(execute_data, 2), opening) != TUSK_HANDLE_REFUSED;
}

static void end(tusk_guard *opening)
{
	if (opening) {
		tusk_guard_leave(opening, false);
	}
}

static ZEND_NAMED_FUNCTION(construct)
{
	tusk_guard *opening;

	if (!begin(execute_data, &opening)) {
		return;
	}
	php_construct(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	opened(ZEND_THIS);
	end(opening);
}

static ZEND_NAMED_FUNCTION(connect_function)
{
	tusk_guard *opening;

	if (!begin(execute_data, &opening)) {
		return;
	}
	php_connect(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	tusk_guard_cancel_first();
	if (Z_TYPE_P(return_value) == IS_OBJECT) {
		opened(return_value);
	}
	end(opening);
}

/* Puts `with` where `from` is; `from` NULL: where PHP's own is, which `was` keeps. */
static void replace(const char *method, zif_handler *was, zif_handler from, zif_handler with)
{
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		zend_class_entry *class = zend_hash_str_find_ptr(CG(class_table), classes[i], strlen(classes[i]));
		zend_function *function = class ? zend_hash_str_find_ptr(&class->function_table, method, strlen(method)) : NULL;
		if (!function || function->type != ZEND_INTERNAL_FUNCTION) {
			continue;
		}
		zif_handler *handler = &function->internal_function.handler;
		if (!from && !*was) {
			*was = *handler;
		}
		if (*handler == (from ? from : *was)) {
			*handler = with;
		}
	}
}

void tusk_guard_pdo_startup(void)
{
	replace("__construct", &php_construct, NULL, construct);
	replace("connect", &php_connect, NULL, connect_function);
}

void tusk_guard_pdo_shutdown(void)
{
	replace("__construct", NULL, construct, php_construct);
	replace("connect", NULL, connect_function, php_connect);
}
