/* A class of PHP code whose file calls never suspend.
 *
 * Code that was written for a loop where nothing comes between two of its lines may break
 * when something does: workerman's Http sends a file piece by piece, and looks whether there
 * is room before it reads; a drained buffer would start a second sender inside that read,
 * and a piece would be lost. Such code is named here, by the host that knows it.
 */
#include "internal.h"
#include "libc/libc.h"

zend_class_entry *tusk_uninterrupted_class;

/* False: there is no such class. */
bool tusk_files_block_in(const char *name, size_t length)
{
	zend_string *class_name = zend_string_init(name, length, 0);
	tusk_uninterrupted_class = zend_lookup_class(class_name);
	zend_string_release(class_name);
	return tusk_uninterrupted_class != NULL;
}

/* Is the innermost PHP code of that class (a method, or a closure made in one)? */
bool tusk_in_uninterrupted_class(void)
{
	const zend_execute_data *frame = EG(current_execute_data);

	while (frame && (!frame->func || !ZEND_USER_CODE(frame->func->type))) {
		frame = frame->prev_execute_data;
	}
	return frame && frame->func->common.scope == tusk_uninterrupted_class;
}

void tusk_uninterrupted_request_end(void)
{
	tusk_uninterrupted_class = NULL;
}
