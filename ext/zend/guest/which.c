/* Which Fibers are guests: by the class of what starts them. */
#include "guest/parts.h"

/* A class of a loop by name, or of what starts Fibers for one. Only a loop that waits in
 * functions of PHP lets others run; Revolt's drivers on ext-ev, ext-uv and ext-event wait in C
 * libraries, and nothing could go on meanwhile. */
static loop_kind kind_by_name(const zend_class_entry *ce)
{
	for (; ce; ce = ce->parent) {
		if (zend_string_equals_literal(ce->name, "Revolt\\EventLoop\\Driver\\StreamSelectDriver")) {
			return REVOLT;
		}
		if (zend_string_equals_literal(ce->name, "Workerman\\Events\\Fiber")
				|| zend_string_equals_literal(ce->name, "Workerman\\Coroutine\\Coroutine\\Fiber")) {
			return RUNNER;
		}
	}
	return NO_LOOP;
}

static struct { const zend_class_entry *ce; loop_kind kind; } seen[4];

/* Who starts Fibers is of a few classes: the last ones are remembered. */
loop_kind tusk_guest_kind_of(const zend_execute_data *frame, zend_object **object)
{
	if (!frame || Z_TYPE(frame->This) != IS_OBJECT) {
		return NO_LOOP;
	}
	const zend_class_entry *ce = Z_OBJCE(frame->This);
	size_t place = ((uintptr_t) ce >> 6) % (sizeof seen / sizeof *seen);
	if (seen[place].ce != ce) {
		seen[place].kind = kind_by_name(ce);
		seen[place].ce = ce;
	}
	*object = Z_OBJ(frame->This);
	return seen[place].kind;
}

void tusk_guest_forget_kinds(void)
{
	memset(seen, 0, sizeof seen);
}
