/* What the files of function/ share: the functions of PHP whose handlers are replaced,
 * and PHP's own handlers.
 */
#ifndef TUSK_FUNCTION_H
#define TUSK_FUNCTION_H

#include "tusk.h"

typedef enum {
	TUSK_FN_SLEEP,
	TUSK_FN_USLEEP,
	TUSK_FN_TIME_NANOSLEEP,
	TUSK_FN_TIME_SLEEP_UNTIL,
	TUSK_FN_STREAM_SELECT,
	TUSK_FN_GETHOSTBYNAME,
	TUSK_FN_GETHOSTBYNAMEL,
	TUSK_FN_FCLOSE,
	TUSK_FN_FREAD,
	TUSK_FN_FGETS,
	TUSK_FN_FGETC,
	TUSK_FN_FGETCSV,
	TUSK_FN_FSCANF,
	TUSK_FN_FPASSTHRU,
	TUSK_FN_STREAM_GET_LINE,
	TUSK_FN_STREAM_GET_CONTENTS,
	TUSK_FN_STREAM_COPY_TO_STREAM,
	TUSK_FN_MAIL,
	TUSK_FN_POPEN,
	TUSK_FN_ARRAY_MULTISORT,
#if PHP_VERSION_ID >= 80400 /* an opcode before */
	TUSK_FN_EXIT,
	TUSK_FN_DIE,
#endif
	TUSK_FN_COUNT
} tusk_fn;

/* Makes PHP's own call with the arguments of the running one. */
#define TUSK_PHP_CALL(fn) tusk_php_handler[fn](INTERNAL_FUNCTION_PARAM_PASSTHRU)

extern zif_handler tusk_php_handler[TUSK_FN_COUNT];

ZEND_NAMED_FUNCTION(tusk_fn_sleep);
ZEND_NAMED_FUNCTION(tusk_fn_usleep);
ZEND_NAMED_FUNCTION(tusk_fn_time_nanosleep);
ZEND_NAMED_FUNCTION(tusk_fn_time_sleep_until);
ZEND_NAMED_FUNCTION(tusk_fn_stream_select);
ZEND_NAMED_FUNCTION(tusk_fn_gethostbyname);
ZEND_NAMED_FUNCTION(tusk_fn_gethostbynamel);
ZEND_NAMED_FUNCTION(tusk_fn_fclose);
ZEND_NAMED_FUNCTION(tusk_fn_fread);
ZEND_NAMED_FUNCTION(tusk_fn_fgets);
ZEND_NAMED_FUNCTION(tusk_fn_fgetc);
ZEND_NAMED_FUNCTION(tusk_fn_fgetcsv);
ZEND_NAMED_FUNCTION(tusk_fn_fscanf);
ZEND_NAMED_FUNCTION(tusk_fn_fpassthru);
ZEND_NAMED_FUNCTION(tusk_fn_stream_get_line);
ZEND_NAMED_FUNCTION(tusk_fn_stream_get_contents);
ZEND_NAMED_FUNCTION(tusk_fn_stream_copy_to_stream);
ZEND_NAMED_FUNCTION(tusk_fn_mail);
ZEND_NAMED_FUNCTION(tusk_fn_popen);
ZEND_NAMED_FUNCTION(tusk_fn_array_multisort);
void tusk_multisort_forget(void); /* RSHUTDOWN */
#if PHP_VERSION_ID >= 80400
ZEND_NAMED_FUNCTION(tusk_fn_exit);
ZEND_NAMED_FUNCTION(tusk_fn_die);
#endif

#endif
