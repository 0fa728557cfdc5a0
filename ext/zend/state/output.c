/* Output buffers, per coroutine: what is echoed lands in the buffers that the echoing
 * coroutine has open itself, and in standard output when it has none.
 *
 * Only the stack of buffers moves. OG(flags) tells what the process has done already
 * (headers sent, implicit flush) and stays; OG(running) is never set here, because
 * nothing is suspended inside an output handler.
 */
#include "state/state.h"

void tusk_output_save(tusk_output *saved)
{
	saved->handlers = OG(handlers);
	saved->active = OG(active);
	zend_stack_init(&OG(handlers), sizeof(php_output_handler *));
	OG(active) = NULL;
}

void tusk_output_install(tusk_output *saved)
{
	zend_stack_destroy(&OG(handlers));
	OG(handlers) = saved->handlers;
	OG(active) = saved->active;
	saved->active = NULL;
}

/* A coroutine that can not be run to its end any more, as after a fatal error; plain PHP
 * drops a buffer without calling its handler when the engine is beyond running code. */
void tusk_output_drop(tusk_output *saved)
{
	php_output_handler **handler;
	while ((handler = zend_stack_top(&saved->handlers)) != NULL) {
		php_output_handler_free(handler);
		zend_stack_del_top(&saved->handlers);
	}
	zend_stack_destroy(&saved->handlers);
	saved->active = NULL;
}
