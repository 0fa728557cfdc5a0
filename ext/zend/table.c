/* Entries of a PHP array, in order. */
#include "internal.h"

/* The entry at *position, which moves on; NULL at the end. *key is NULL for an index. */
zval *tusk_table_next(zval *array, uint32_t *position, const char **key, size_t *length, zend_long *index)
{
	HashTable *table = Z_ARRVAL_P(array);
	HashPosition at = *position;
	zend_string *name = NULL;
	zend_ulong number = 0;
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

/* The class of an object; NULL for anything else. */
zend_class_entry *tusk_class_of(zval *value)
{
	return Z_TYPE_P(value) == IS_OBJECT ? Z_OBJCE_P(value) : NULL;
}
