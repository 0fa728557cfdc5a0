/* Persistent connections that are being opened: one coroutine at a time for each name.
 *
 * PHP looks a persistent connection up by its name, connects when it is not there, and enters it
 * under that name. Two coroutines that do so at once would connect twice, and the second entry
 * would close the first one's connection in use. So the second waits, and finds what the first
 * has entered.
 *
 * Names are kept as long as the process: there are as many as there are persistent connections.
 */
#include "guard/guard.h"
#include "ext/pdo/php_pdo_driver.h"
#include "zend_smart_str.h"

static HashTable names;
static bool names_ready;
static const tusk_guard_kind kind = {.what = "persistent connection that is being opened"};

static tusk_opening *find_or_make(zend_string *name)
{
	if (!names_ready) {
		zend_hash_init(&names, 8, NULL, NULL, 1);
		names_ready = true;
	}
	zval *found = zend_hash_find(&names, name);
	if (!found) {
		zval place;
		zend_string *kept = zend_string_init(ZSTR_VAL(name), ZSTR_LEN(name), 1);
		ZVAL_PTR(&place, pecalloc(1, sizeof(tusk_opening), 1));
		found = zend_hash_add_new(&names, kept, &place);
		zend_string_release(kept);
	}
	return Z_PTR_P(found);
}

static zval *argument(zend_execute_data *execute_data, uint32_t number)
{
	zval *given = ZEND_NUM_ARGS() >= number ? ZEND_CALL_ARG(execute_data, number) : NULL;

	if (given) {
		ZVAL_DEREF(given);
	}
	return given;
}

tusk_opening *tusk_opening_of(zend_execute_data *execute_data, uint32_t arguments)
{
	smart_str name = {0};

	for (uint32_t number = 1; number <= arguments; number++) {
		zval *given = argument(execute_data, number);
		if (given && Z_TYPE_P(given) == IS_STRING) {
			smart_str_append(&name, Z_STR_P(given));
		}
		smart_str_appendc(&name, 0);
	}
	smart_str_0(&name);
	tusk_opening *opening = find_or_make(name.s);
	smart_str_free(&name);
	return opening;
}

tusk_handle_entry tusk_opening_enter(const tusk_opening *opening, tusk_guard **guard)
{
	*guard = NULL;
	return tusk_guard_idle() ? TUSK_HANDLE_UNGUARDED : tusk_guard_enter(&kind, opening, false, guard);
}

void tusk_opening_closed(const void *connection)
{
	tusk_opening *opening;

	if (names_ready) {
		ZEND_HASH_FOREACH_PTR(&names, opening) {
			if (opening->connection == connection) {
				opening->connection = NULL;
			}
		} ZEND_HASH_FOREACH_END();
	}
}

bool tusk_opening_pdo_is_persistent(zend_execute_data *execute_data)
{
	zval *options = argument(execute_data, 4);
	zval *option = options && Z_TYPE_P(options) == IS_ARRAY ? zend_hash_index_find(Z_ARRVAL_P(options), PDO_ATTR_PERSISTENT) : NULL;

	return option && zend_is_true(option);
}
