/* The marks that one call has left in what it walks through. */
#ifndef TUSK_STATE_MARKS_H
#define TUSK_STATE_MARKS_H

#include "tusk.h"

/* An array or object that was marked; an object with guards has the mark among them from PHP 8.3 on. */
typedef struct {
	zend_refcounted *counted;
	uint32_t bits;
	/* What array_walk_recursive() walks through, and holds itself: the array is held by nothing else, for it would be copied
	 * by who writes to it, and is another one or gone where this does not lead to it any more. */
	zend_reference *reference;
} tusk_mark;

/* Those that are off; none while the coroutine runs. */
typedef struct {
	tusk_mark *marked;
	size_t count, room;
} tusk_marks;

/* Takes off what is marked from `value` inwards. */
void tusk_marks_take(tusk_marks *at, zval *value);
/* The same of array_walk_recursive()'s first argument. */
void tusk_marks_take_of_references(tusk_marks *at, zval *value);
void tusk_marks_put(tusk_marks *at);

#endif
