/* What a call says of its failure when it was cancelled is no news: the exception is, and it is
 * set already. Warnings, notices and deprecations are dropped from the moment of the cancel until
 * C has returned to PHP; errors that end the script are not.
 *
 * PHP itself calls no error handler of the script's while an exception is set, so this is the one
 * place where such a message would have come out.
 */
#include "tusk.h"
#include "internal.h"

#define MUTED (E_WARNING | E_NOTICE | E_DEPRECATED)

static void (*php_error_cb)(int type, zend_string *file, const uint32_t line, zend_string *message);

static void on_error(int type, zend_string *file, const uint32_t line, zend_string *message)
{
	if ((type & MUTED) && UNEXPECTED(EG(exception) != NULL) && tusk_state_gives_up()) {
		return;
	}
	php_error_cb(type, file, line, message);
}

void tusk_mute_startup(void)
{
	php_error_cb = zend_error_cb;
	zend_error_cb = on_error;
}

void tusk_mute_shutdown(void)
{
	/* Who came later and calls us has ended by now, or has kept our address for good. */
	if (zend_error_cb == on_error) {
		zend_error_cb = php_error_cb;
	}
}
