/* Notes that the script was ended by exit(): the coroutines that are left are then
 * cancelled instead of waited for.
 *
 * exit() is an opcode up to PHP 8.3 and a function, `die` its second name, since 8.4.
 * Both are reached whatever called them, and neither turns the JIT off.
 */
#include "function/function.h"
#include "internal.h"
#include "zend_exceptions.h"
#include "zend_vm.h"

bool tusk_exited;

#if PHP_VERSION_ID < 80400

/* An extension's that started earlier. It may decide that nothing ends here (uopz). */
static user_opcode_handler_t former;

static int on_exit_opcode(zend_execute_data *execute_data)
{
	int next = former ? former(execute_data) : ZEND_USER_OPCODE_DISPATCH;

	if (next == ZEND_USER_OPCODE_DISPATCH || (EG(exception) && zend_is_unwind_exit(EG(exception)))) {
		tusk_exited = true;
	}
	return next;
}

void tusk_exit_startup(void)
{
	former = zend_get_user_opcode_handler(ZEND_EXIT);
	zend_set_user_opcode_handler(ZEND_EXIT, on_exit_opcode);
}

#else

/* Arguments that PHP refuses throw, and end nothing. */
static void note_exit(void)
{
	if (EG(exception) && zend_is_unwind_exit(EG(exception))) {
		tusk_exited = true;
	}
}

ZEND_NAMED_FUNCTION(tusk_fn_exit)
{
	TUSK_PHP_CALL(TUSK_FN_EXIT);
	note_exit();
}

ZEND_NAMED_FUNCTION(tusk_fn_die)
{
	TUSK_PHP_CALL(TUSK_FN_DIE);
	note_exit();
}

void tusk_exit_startup(void)
{
	/* Its functions are in the table of function/function.c. */
}

#endif
