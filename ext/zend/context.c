/* The context of a coroutine: values by name, inherited by whom it spawns.
 *
 * A context is one PHP array. A spawned coroutine shares its spawner's array; who changes
 * a shared one gets a copy first. NULL stands for an empty one, so that a coroutine that
 * uses none pays a comparison with NULL when it is spawned and when it ends.
 *
 * It lives in the worker that runs the job, which is why a switch need not touch it, and is
 * given up when the job has ended, after what it deferred and before who joins it goes on.
 * A callback of an event loop starts with an empty one.
 */
#include "internal.h"

static void release(zend_array *values)
{
	zval garbage;
	ZVAL_ARR(&garbage, values);
	zval_ptr_dtor(&garbage); /* tells the collector too */
}

void tusk_context_release(zend_array **context)
{
	zend_array *values = *context;
	if (values) {
		*context = NULL; /* first: destructors may look */
		release(values);
	}
}

/* The running job's values, alone for who is about to change them. */
static zend_array *own_values(void)
{
	tusk_worker *worker = tusk_worker_current();
	zend_array *values = worker->context;
	if (!values) {
		values = worker->context = zend_new_array(4);
	} else if (GC_REFCOUNT(values) > 1) {
		worker->context = zend_array_dup(values);
		release(values);
		values = worker->context;
	}
	return values;
}

static void put(zend_array *values, zend_string *name, zval *value)
{
	zval former, *place = zend_symtable_find(values, name);
	ZVAL_DEREF(value);
	Z_TRY_ADDREF_P(value);
	if (!place) {
		zend_symtable_add_new(values, name, value);
		return;
	}
	ZVAL_COPY_VALUE(&former, place);
	ZVAL_COPY_VALUE(place, value);
	zval_ptr_dtor(&former); /* last: it may run a destructor */
}

/* The value of this name, or NULL; borrowed. */
zval *tusk_context_find(zval *name)
{
	const zend_array *values = tusk_worker_current()->context;
	return values ? zend_symtable_find(values, Z_STR_P(name)) : NULL;
}

void tusk_context_set(zval *name, zval *value)
{
	put(own_values(), Z_STR_P(name), value);
}

void tusk_context_delete(zval *name)
{
	if (tusk_context_find(name)) {
		zend_symtable_del(own_values(), Z_STR_P(name));
	}
}

/* All values, sharing the array. */
void tusk_context_all(zval *out)
{
	zend_array *values = tusk_worker_current()->context;
	if (values) {
		GC_ADDREF(values);
		ZVAL_ARR(out, values);
	} else {
		ZVAL_EMPTY_ARRAY(out);
	}
}

/* The running job's context becomes `values` (an array, whose reference is taken over);
 * `former` gets the reference to what it was. */
void tusk_context_swap(zval *values, zval *former)
{
	tusk_worker *worker = tusk_worker_current();
	if (worker->context) {
		ZVAL_ARR(former, worker->context);
	} else {
		ZVAL_EMPTY_ARRAY(former);
	}
	if (zend_hash_num_elements(Z_ARRVAL_P(values))) {
		/* opcache keeps an array of constants in shared memory, where nobody counts. */
		worker->context = Z_REFCOUNTED_P(values) ? Z_ARRVAL_P(values) : zend_array_dup(Z_ARRVAL_P(values));
	} else {
		worker->context = NULL;
		zval_ptr_dtor(values);
	}
}

/* What is set now with `more` (an array) put over it, as an array of its own. */
void tusk_context_merged(zval *more, zval *out)
{
	const zend_array *values = tusk_worker_current()->context;
	zend_array *merged = values ? zend_array_dup((zend_array *) values) : zend_new_array(4);
	zend_ulong number;
	zend_string *name;
	zval *value;
	ZEND_HASH_FOREACH_KEY_VAL(Z_ARRVAL_P(more), number, name, value) {
		if (name) {
			put(merged, name, value);
		} else {
			name = zend_long_to_str((zend_long) number);
			put(merged, name, value);
			zend_string_release(name);
		}
	} ZEND_HASH_FOREACH_END();
	ZVAL_ARR(out, merged);
}
