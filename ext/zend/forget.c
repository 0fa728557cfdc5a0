/* A static variable of a method, an array, in which nobody may find what a callback that waits
 * was handed from it.
 *
 * A host may keep objects in a static variable and hand one to several calls, which is
 * right as long as no call begins while another is under way. What a call that waits was
 * handed stays with the frame that has it. Its place in the array goes to another object,
 * if the host has said how to make one, or to nobody.
 *
 * What was handed out: while a frame of the method is under the one that waits, what the
 * array has at a key that the frame has in a variable, if somebody else holds it too. With
 * no such frame (another coroutine may have been handed something by the one that has it)
 * the array is emptied.
 */
#include "internal.h"

/* NULL: nothing is to be forgotten. */
zend_function *tusk_forget_method;
static zend_string *variable;
/* Makes another object from one that was handed out, or null; UNDEF: nothing does. */
static zval another;
/* It is at work, and waits itself: that is no wait of the callback's. */
static bool replacing;

/* False: there is no such method of PHP code. */
bool tusk_forget_on_wait(const char *class, size_t class_length, const char *name, size_t name_length,
	const char *static_name, size_t static_length, zval *make_another)
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
	tusk_callback_set(&another, make_another);
	return true;
}

/* The array, if anything is in it. */
static zval *kept_values(void)
{
	HashTable *statics = ZEND_MAP_PTR_GET(tusk_forget_method->op_array.static_variables_ptr);
	zval *value = statics ? zend_hash_find(statics, variable) : NULL;

	if (!value) {
		return NULL;
	}
	ZVAL_DEREF(value);
	return Z_TYPE_P(value) == IS_ARRAY && zend_hash_num_elements(Z_ARRVAL_P(value)) > 0 ? value : NULL;
}

/* What stands in the place of this object from now on; UNDEF: nothing. May run PHP code. */
static void make_another(zend_object *handed, zval *made)
{
	zval argument;

	ZVAL_UNDEF(made);
	if (Z_TYPE(another) == IS_UNDEF || EG(exception)) {
		return;
	}
	ZVAL_OBJ_COPY(&argument, handed);
	replacing = true;
	if (call_user_function(NULL, NULL, &another, made, 1, &argument) != SUCCESS || EG(exception)) {
		zend_clear_exception(); /* the object is missed by nobody */
	}
	replacing = false;
	zval_ptr_dtor(&argument);
	if (Z_TYPE_P(made) != IS_OBJECT || Z_OBJ_P(made) == handed) {
		zval_ptr_dtor(made);
		ZVAL_UNDEF(made);
	}
}

static bool is_handed_out(const zval *entry)
{
	return entry && Z_TYPE_P(entry) == IS_OBJECT && Z_REFCOUNT_P(entry) > 1;
}

static void replace(zend_string *key)
{
	zval *values = kept_values();
	zval *entry = values ? zend_symtable_find(Z_ARRVAL_P(values), key) : NULL;
	zval made;

	if (!is_handed_out(entry)) {
		return;
	}
	make_another(Z_OBJ_P(entry), &made);
	values = kept_values(); /* the call may have changed it */
	if (!values) {
		zval_ptr_dtor(&made);
		return;
	}
	SEPARATE_ARRAY(values);
	if (Z_TYPE(made) == IS_UNDEF) {
		zend_symtable_del(Z_ARRVAL_P(values), key);
	} else {
		zend_symtable_update(Z_ARRVAL_P(values), key, &made);
	}
}

/* Keys are the frame's own strings. The frame keeps what it was handed, so nothing is destroyed here. */
static void replace_what_frame_was_handed(zend_execute_data *frame)
{
	const zend_op_array *code = &frame->func->op_array;

	for (int i = 0; i < code->last_var; i++) {
		zval *local = ZEND_CALL_VAR_NUM(frame, i);
		if (Z_TYPE_P(local) == IS_STRING && Z_STRLEN_P(local) > 0) {
			zend_string *key = zend_string_copy(Z_STR_P(local));
			replace(key);
			zend_string_release(key);
		}
	}
}

void tusk_forget(void)
{
	zval *values = kept_values();
	bool found = false;

	if (!values || replacing) {
		return;
	}
	for (zend_execute_data *frame = EG(current_execute_data); frame; frame = frame->prev_execute_data) {
		/* A closure of the method has a copy of the function, of the same code. */
		if (frame->func && frame->func->type == ZEND_USER_FUNCTION && frame->func->op_array.opcodes == tusk_forget_method->op_array.opcodes) {
			found = true;
			replace_what_frame_was_handed(frame);
		}
	}
	if (!found) {
		zval former;
		ZVAL_COPY_VALUE(&former, values);
		ZVAL_EMPTY_ARRAY(values);
		zval_ptr_dtor(&former); /* last: it may run destructors */
	}
}

void tusk_forget_request_end(void)
{
	tusk_callback_set(&another, NULL);
	tusk_forget_method = NULL;
	if (variable) {
		zend_string_release(variable);
		variable = NULL;
	}
}
