/* No switch to another coroutine while the garbage collector calls destructors.
 *
 * Up to PHP 8.3 the engine forbids it in every destructor. Since 8.4 it allows its own
 * Fibers to switch there, and the collector goes on without the one that did. A wait of
 * ours would hold the collector up in the middle of its work instead, while other
 * coroutines could get hold of its garbage through weak references. So hooks make PHP's
 * own, blocking calls in there, as in older versions.
 */
#include "state/state.h"

#if PHP_VERSION_ID >= 80400

bool tusk_collecting;

static int (*next_collect)(void);

static int collect(void)
{
	int collected = 0;
	bool failed = false, nested = tusk_collecting;
	tusk_collecting = true;
	/* A fatal error in a destructor leaves by longjmp; shutdown functions still run. */
	zend_try {
		collected = next_collect();
	} zend_catch {
		failed = true;
	} zend_end_try();
	tusk_collecting = nested;
	if (UNEXPECTED(failed)) {
		zend_bailout();
	}
	return collected;
}

void tusk_collect_startup(void)
{
	next_collect = gc_collect_cycles;
	gc_collect_cycles = collect;
}

void tusk_collect_shutdown(void)
{
	/* Only what is still outermost can be taken off; else somebody calls us and we pass on. */
	if (gc_collect_cycles == collect) {
		gc_collect_cycles = next_collect;
	}
}

#else

void tusk_collect_startup(void) {}
void tusk_collect_shutdown(void) {}

#endif
