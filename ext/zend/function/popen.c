/* popen() before the first coroutine. What libc's popen has made only libc's pclose can wait for, in
 * one call that holds everybody up. So slots are redirected before the first popen(), and libc/process.c
 * makes the child. exec() and its kin close what they have opened in one call, and need none of this.
 */
#include "function/function.h"
#include "intercept/intercept.h"

ZEND_NAMED_FUNCTION(tusk_fn_popen)
{
	tusk_intercept_install();
	TUSK_PHP_CALL(TUSK_FN_POPEN);
}
