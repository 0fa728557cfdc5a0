/* Error and exception handlers, per coroutine.
 *
 * Invariant: the globals always own one reference to each handler that they name, and
 * so does each saved set. The root set has its own, so putting the root back is a copy
 * and taking it away again can never run the last destructor of a handler.
 */
#include "state/state.h"

tusk_handlers tusk_root_handlers;

static void stack_copy(zend_stack *to, const zend_stack *from)
{
	*to = *from;
	if (from->elements == NULL) {
		to->top = to->max = 0;
		return;
	}
	to->elements = safe_emalloc(from->size, from->max, 0);
	memcpy(to->elements, from->elements, (size_t) from->size * from->top);
}

static void zval_stack_copy(zend_stack *to, const zend_stack *from)
{
	stack_copy(to, from);
	zval *elements = to->elements;
	for (int i = 0; i < to->top; i++) {
		Z_TRY_ADDREF(elements[i]);
	}
}

static void zval_stack_drop(zend_stack *stack)
{
	while (stack->top > 0) {
		zval last;
		ZVAL_COPY_VALUE(&last, (zval *) stack->elements + --stack->top);
		zval_ptr_dtor(&last);
	}
	zend_stack_destroy(stack);
}

static void read_globals(tusk_handlers *set)
{
	ZVAL_COPY_VALUE(&set->error, &EG(user_error_handler));
	ZVAL_COPY_VALUE(&set->exception, &EG(user_exception_handler));
	set->error_mask = EG(user_error_handler_error_reporting);
	set->masks = EG(user_error_handlers_error_reporting);
	set->errors = EG(user_error_handlers);
	set->exceptions = EG(user_exception_handlers);
}

static void write_globals(const tusk_handlers *set)
{
	ZVAL_COPY_VALUE(&EG(user_error_handler), &set->error);
	ZVAL_COPY_VALUE(&EG(user_exception_handler), &set->exception);
	EG(user_error_handler_error_reporting) = set->error_mask;
	EG(user_error_handlers_error_reporting) = set->masks;
	EG(user_error_handlers) = set->errors;
	EG(user_exception_handlers) = set->exceptions;
}

static void duplicate(tusk_handlers *to, const tusk_handlers *from)
{
	*to = *from;
	Z_TRY_ADDREF(to->error);
	Z_TRY_ADDREF(to->exception);
	stack_copy(&to->masks, &from->masks);
	zval_stack_copy(&to->errors, &from->errors);
	zval_stack_copy(&to->exceptions, &from->exceptions);
}

static uintptr_t zval_stack_change(const zend_stack *now, const zend_stack *root)
{
	const zval *x = now->elements, *y = root->elements;
	uintptr_t change = 0;
	for (int i = 0; i < root->top; i++) {
		change |= tusk_zval_change(x + i, y + i);
	}
	return change;
}

/* Called at every switch of a program that set a handler on top of another, so no more
 * than it needs: the stacks are as high as the root's. */
bool tusk_handler_stacks_differ(void)
{
	const tusk_handlers *root = &tusk_root_handlers;
	const int *x = EG(user_error_handlers_error_reporting).elements, *y = root->masks.elements;
	uintptr_t change = zval_stack_change(&EG(user_error_handlers), &root->errors)
		| zval_stack_change(&EG(user_exception_handlers), &root->exceptions);
	for (int i = 0; i < root->masks.top; i++) {
		change |= (uintptr_t) (x[i] ^ y[i]);
	}
	return change != 0;
}

void tusk_handlers_take_root(void)
{
	tusk_handlers old = tusk_root_handlers;
	tusk_handlers_copy(&tusk_root_handlers);
	/* Last, because a handler's destructor may run PHP code. */
	tusk_handlers_drop(&old);
}

void tusk_handlers_drop_root(void)
{
	tusk_handlers old = tusk_root_handlers;
	memset(&tusk_root_handlers, 0, sizeof(tusk_root_handlers));
	tusk_handlers_drop(&old);
}

void tusk_handlers_save(tusk_handlers *saved)
{
	/* The copy first: it allocates, and running out of memory must not find half a swap. */
	tusk_handlers root;
	duplicate(&root, &tusk_root_handlers);
	read_globals(saved);
	write_globals(&root);
}

void tusk_handlers_install(tusk_handlers *saved)
{
	tusk_handlers root;
	read_globals(&root);
	write_globals(saved);
	/* Equal to tusk_root_handlers, which keeps every handler alive. */
	tusk_handlers_drop(&root);
}

void tusk_handlers_copy(tusk_handlers *copy)
{
	tusk_handlers now;
	read_globals(&now);
	duplicate(copy, &now);
}

void tusk_handlers_drop(tusk_handlers *saved)
{
	tusk_handlers old = *saved;
	memset(saved, 0, sizeof(*saved));
	zend_stack_destroy(&old.masks);
	zval_stack_drop(&old.errors);
	zval_stack_drop(&old.exceptions);
	zval_ptr_dtor(&old.error);
	zval_ptr_dtor(&old.exception);
}
