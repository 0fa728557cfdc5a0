/* Looks into values: arrays entry by entry, and messages of google/protobuf. */
#include "internal.h"
#include "zend_interfaces.h"

bool tusk_array_is_list(zval *array) { return zend_array_is_list(Z_ARRVAL_P(array)); }

/* The entry at *position, which moves on; NULL at the end. *key is NULL for an index. */
zval *tusk_array_next(zval *array, uint32_t *position, const char **key, size_t *length, zend_long *index)
{
	HashTable *table = Z_ARRVAL_P(array);
	zend_string *name = NULL;
	zend_ulong number = 0;
	HashPosition at = *position;
	zval *value = zend_hash_get_current_data_ex(table, &at);
	if (!value) {
		return NULL;
	}
	bool named = zend_hash_get_current_key_ex(table, &name, &number, &at) == HASH_KEY_IS_STRING;
	*key = named ? ZSTR_VAL(name) : NULL;
	*length = named ? ZSTR_LEN(name) : 0;
	*index = (zend_long) number;
	zend_hash_move_forward_ex(table, &at);
	*position = at;
	ZVAL_DEREF(value);
	return value;
}

/* ---- google/protobuf ---- */

static zend_class_entry *message_class(bool load)
{
	zend_string *name = zend_string_init(ZEND_STRL("Google\\Protobuf\\Internal\\Message"), 0);
	zend_class_entry *ce = zend_lookup_class_ex(name, NULL, load ? 0 : ZEND_FETCH_CLASS_NO_AUTOLOAD);
	zend_string_release(name);
	return ce;
}

bool tusk_is_message(zval *value)
{
	zend_class_entry *ce = Z_TYPE_P(value) == IS_OBJECT ? message_class(false) : NULL;
	return ce && instanceof_function(Z_OBJCE_P(value), ce);
}

/* A new message of the class that `value` names, or `value` itself if it is a message.
 * False: it is neither, or an exception is set. Runs PHP code. */
bool tusk_message_for(zval *value, zval *message)
{
	if (tusk_is_message(value)) {
		ZVAL_COPY(message, value);
		return true;
	}
	zend_class_entry *base = Z_TYPE_P(value) == IS_STRING ? message_class(true) : NULL;
	zend_class_entry *ce = base ? zend_lookup_class(Z_STR_P(value)) : NULL;
	if (!ce || !instanceof_function(ce, base) || object_init_ex(message, ce) != SUCCESS) {
		return false;
	}
	if (ce->constructor) {
		zend_call_known_instance_method_with_0_params(ce->constructor, Z_OBJ_P(message), NULL);
	}
	return !EG(exception);
}

/* The message's bytes, owned by the caller; NULL: an exception is set. */
zend_string *tusk_message_serialize(zval *message)
{
	zval result;
	ZVAL_UNDEF(&result);
	zend_call_method_with_0_params(Z_OBJ_P(message), Z_OBJCE_P(message), NULL, "serializetostring", &result);
	if (Z_TYPE(result) == IS_STRING && !EG(exception)) {
		return Z_STR(result);
	}
	zval_ptr_dtor(&result);
	return NULL;
}

/* Reads bytes into a message. False: an exception is set. */
bool tusk_message_merge(zval *message, const char *bytes, size_t length)
{
	zval argument, result;
	ZVAL_STRINGL(&argument, bytes, length);
	ZVAL_UNDEF(&result);
	zend_call_method_with_1_params(Z_OBJ_P(message), Z_OBJCE_P(message), NULL, "mergefromstring", &result, &argument);
	zval_ptr_dtor(&argument);
	zval_ptr_dtor(&result);
	return !EG(exception);
}
