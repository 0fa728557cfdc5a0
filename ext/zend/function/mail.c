/* mail() writes the message to a program by C's stdio, whose writes are made inside libc.
 * The pipe it opens gets writes that suspend (libc/process.c).
 */
#include "function/function.h"
#include "libc/libc.h"

ZEND_NAMED_FUNCTION(tusk_fn_mail)
{
	tusk_popen_for_mail = tusk_libc_hooked(TUSK_HOOK_PROCESS);
	TUSK_PHP_CALL(TUSK_FN_MAIL);
	/* Where PHP refused the message, nothing was opened. */
	tusk_popen_for_mail = false;
}
