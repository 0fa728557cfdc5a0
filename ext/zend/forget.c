/* A static variable of a method that is emptied whenever somebody begins to wait: a callback
 * may have been handed something from it since it waited last.
 *
 * A host may keep objects in a static variable and hand one to several calls, which is
 * right as long as no call begins while another is under way. What a call that waits was
 * handed must not be found there by the next: it stays with the frame that has it.
 */
#include "internal.h"

/* NULL: nothing is to be forgotten. */
zend_function *tusk_forget_method;
static zend_string *variable;

/* False: there is no such method of PHP code. */
bool tusk_forget_on_wait(const char *class, size_t class_length, const char *name, size_t name_length,
	const char *static_name, size_t static_length)
{
	zend_string *class_name = zend_string_init(class, class_length, 0);
	zend_string *lower = zend_string_alloc(name_length, 0);
	zend_str_tolower_copy(ZSTR_VAL(lower), name, name_length);
	zend_class_entry *ce = zend_lookup_class(class_name);
	zend_function *found = ce ? zend_hash_find_ptr(&ce->function_table, lower) : NULL;
	zend_string_release(lower);
	zend_string_release(class_name);
	if (!found || found->type != ZEND_USER_FUNCTION) {
		return false;
	}
	tusk_forget_method = found;
	if (variable) {
		zend_string_release(variable);
	}
	variable = zend_string_init(static_name, static_length, 0);
	return true;
}

/* The array itself may go last, because that may run destructors. */
void tusk_forget(void)
{
	HashTable *statics = ZEND_MAP_PTR_GET(tusk_forget_method->op_array.static_variables_ptr);
	zval *value = statics ? zend_hash_find(statics, variable) : NULL;
	if (!value) {
		return;
	}
	ZVAL_DEREF(value);
	if (Z_TYPE_P(value) == IS_ARRAY && zend_hash_num_elements(Z_ARRVAL_P(value)) > 0) {
		zval former;
		ZVAL_COPY_VALUE(&former, value);
		ZVAL_EMPTY_ARRAY(value);
		zval_ptr_dtor(&former);
	}
}

void tusk_forget_request_end(void)
{
	tusk_forget_method = NULL;
	if (variable) {
		zend_string_release(variable);
		variable = NULL;
	}
}
