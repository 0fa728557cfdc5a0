/* The child of a fork forgets a connection of its parent.
 *
 * Objects are marked as destructed and freed, so the engine does neither, at any time: no
 * goodbye goes out on a socket that the parent uses. What an object refers to is followed a few
 * levels deep, because a connection often lies in an object of PHP code.
 */
#include "internal.h"

/* A wrapper, its client, its connection, its stream, and one more. */
#define DEPTH 5

static void forget_in(HashTable *values, int depth);

static void forget(zval *value, int depth)
{
	ZVAL_DEREF(value);
	if (depth == 0) {
		return;
	}
	if (Z_TYPE_P(value) == IS_ARRAY) {
		forget_in(Z_ARRVAL_P(value), depth - 1);
	} else if (Z_TYPE_P(value) == IS_OBJECT && !(OBJ_FLAGS(Z_OBJ_P(value)) & IS_OBJ_FREE_CALLED)) {
		zend_object *object = Z_OBJ_P(value);
		if (object->ce->type == ZEND_USER_CLASS || !object->handlers->get_properties_for) {
			for (int i = 0; i < object->ce->default_properties_count; i++) {
				forget(OBJ_PROP_NUM(object, i), depth - 1);
			}
			if (object->properties) {
				forget_in(object->properties, depth - 1);
			}
		}
		GC_ADDREF(object); /* it is never freed */
		GC_ADD_FLAGS(object, IS_OBJ_DESTRUCTOR_CALLED | IS_OBJ_FREE_CALLED);
	}
}

static void forget_in(HashTable *values, int depth)
{
	zval *value;
	ZEND_HASH_FOREACH_VAL_IND(values, value) {
		forget(value, depth);
	} ZEND_HASH_FOREACH_END();
}

void tusk_forget_silently(zval *value)
{
	forget(value, DEPTH);
}
