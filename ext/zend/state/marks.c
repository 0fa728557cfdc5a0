/* Marks of arrays and objects, taken off and put back (state/recursion.c says when and why). */
#include "state/marks.h"

#if PHP_VERSION_ID >= 80300
#define WALKS (ZEND_GUARD_RECURSION_DEBUG | ZEND_GUARD_RECURSION_EXPORT | ZEND_GUARD_RECURSION_JSON)

static uint32_t *walk_guard(zend_refcounted *counted)
{
	return GC_TYPE(counted) == IS_OBJECT ? zend_get_recursion_guard((zend_object *) counted) : NULL;
}
#else
#define WALKS 0

static uint32_t *walk_guard(zend_refcounted *counted)
{
	return NULL;
}
#endif

static void note_mark(tusk_marks *at, tusk_mark mark)
{
	if (at->count == at->room) {
		at->room = at->room ? at->room * 2 : 8;
		at->marked = perealloc(at->marked, at->room * sizeof(*at->marked), 1);
	}
	at->marked[at->count++] = mark;
}

static bool take_mark(tusk_marks *at, zend_refcounted *counted)
{
	if (!counted || (GC_FLAGS(counted) & GC_IMMUTABLE)) {
		return false;
	}
	uint32_t *guard = walk_guard(counted);
	uint32_t bits = guard ? *guard & WALKS : 0;
	if (guard ? !bits : !GC_IS_RECURSIVE(counted)) {
		return false;
	}
	GC_ADDREF(counted);
	if (guard) {
		*guard &= ~bits;
	} else {
		GC_UNPROTECT_RECURSION(counted);
	}
	note_mark(at, (tusk_mark) {counted, bits, NULL});
	return true;
}

static void take_marks_of_all(tusk_marks *at, HashTable *table)
{
	zval *value;

	ZEND_HASH_FOREACH_VAL_IND(table, value) {
		tusk_marks_take(at, value);
	} ZEND_HASH_FOREACH_END();
}

/* What is marked is a path from the argument inwards: where there is no mark, there is none further in. */
void tusk_marks_take(tusk_marks *at, zval *value)
{
	ZVAL_DEREF(value);
	if (Z_TYPE_P(value) == IS_ARRAY) {
		if (take_mark(at, Z_COUNTED_P(value))) {
			take_marks_of_all(at, Z_ARRVAL_P(value));
		}
	} else if (Z_TYPE_P(value) == IS_OBJECT) {
		zend_object *object = Z_OBJ_P(value);
		/* json_encode() marks the table of properties where there is one. */
		bool table = object->properties && take_mark(at, (zend_refcounted *) object->properties);
		bool marked = take_mark(at, (zend_refcounted *) object);
		if (object->properties && (marked || table)) {
			take_marks_of_all(at, object->properties);
		} else if (marked) {
			for (int i = 0; i < object->ce->default_properties_count; i++) {
				tusk_marks_take(at, object->properties_table + i);
			}
		}
	}
}

/* array_walk_recursive() makes references of all that it comes to, and marks the arrays in them, but not its argument. */
void tusk_marks_take_of_references(tusk_marks *at, zval *value)
{
	ZVAL_DEREF(value);
	HashTable *table = Z_TYPE_P(value) == IS_ARRAY ? Z_ARRVAL_P(value) : Z_TYPE_P(value) == IS_OBJECT ? Z_OBJ_P(value)->properties : NULL;
	zval *element;

	if (!table) {
		return;
	}
	ZEND_HASH_FOREACH_VAL_IND(table, element) {
		zend_refcounted *array = Z_ISREF_P(element) && Z_TYPE_P(Z_REFVAL_P(element)) == IS_ARRAY ? Z_COUNTED_P(Z_REFVAL_P(element)) : NULL;
		if (array && !(GC_FLAGS(array) & GC_IMMUTABLE) && GC_IS_RECURSIVE(array)) {
			GC_UNPROTECT_RECURSION(array);
			GC_ADDREF(Z_REF_P(element));
			note_mark(at, (tusk_mark) {array, 0, Z_REF_P(element)});
			tusk_marks_take_of_references(at, element);
		}
	} ZEND_HASH_FOREACH_END();
}

/* False: the mark is none of a walk through references. */
static bool put_mark_of_reference(tusk_mark mark)
{
	zval held;

	if (!mark.reference) {
		return false;
	}
	ZVAL_REF(&held, mark.reference);
	if (Z_TYPE_P(Z_REFVAL(held)) == IS_ARRAY && Z_COUNTED_P(Z_REFVAL(held)) == mark.counted && !(GC_FLAGS(mark.counted) & GC_IMMUTABLE)) {
		GC_PROTECT_RECURSION(mark.counted);
	}
	zval_ptr_dtor(&held);
	return true;
}

void tusk_marks_put(tusk_marks *at)
{
	while (at->count > 0) {
		tusk_mark mark = at->marked[--at->count];
		zend_refcounted *counted = mark.counted;
		if (put_mark_of_reference(mark)) {
			continue;
		}
		if (mark.bits) {
			*walk_guard(counted) |= mark.bits;
		} else {
			GC_PROTECT_RECURSION(counted);
		}
		if (GC_TYPE(counted) == IS_OBJECT) {
			OBJ_RELEASE((zend_object *) counted);
		} else {
			zend_array_release((zend_array *) counted);
		}
	}
	if (at->marked) {
		pefree(at->marked, 1);
		at->marked = NULL;
		at->room = 0;
	}
}
