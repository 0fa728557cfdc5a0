/* Functions that read from a PHP stream announce themselves.
 *
 * Their reads are hooked in the PHP stream; but PHP serves them from its read buffer
 * first, and what lies there may have come for a coroutine that queues (stream/lane.c).
 * While nothing is in flight this costs one load.
 */
#include "function/function.h"
#include "stream/stream.h"

static void announce(zend_execute_data *execute_data)
{
	zval *arg = ZEND_NUM_ARGS() >= 1 ? ZEND_CALL_ARG(execute_data, 1) : NULL;

	if (arg && Z_TYPE_P(arg) == IS_RESOURCE
		&& (Z_RES_P(arg)->type == php_file_le_stream() || Z_RES_P(arg)->type == php_file_le_pstream())) {
		tusk_flight_new_call(Z_RES_P(arg)->ptr);
	}
}

#define ANNOUNCED(name, fn) \
	ZEND_NAMED_FUNCTION(name) \
	{ \
		if (UNEXPECTED(tusk_flights)) { \
			announce(execute_data); \
		} \
		TUSK_PHP_CALL(fn); \
	}

ANNOUNCED(tusk_fn_fread, TUSK_FN_FREAD)
ANNOUNCED(tusk_fn_fgets, TUSK_FN_FGETS)
ANNOUNCED(tusk_fn_fgetc, TUSK_FN_FGETC)
ANNOUNCED(tusk_fn_fgetcsv, TUSK_FN_FGETCSV)
ANNOUNCED(tusk_fn_fscanf, TUSK_FN_FSCANF)
ANNOUNCED(tusk_fn_fpassthru, TUSK_FN_FPASSTHRU)
ANNOUNCED(tusk_fn_stream_get_line, TUSK_FN_STREAM_GET_LINE)
ANNOUNCED(tusk_fn_stream_get_contents, TUSK_FN_STREAM_GET_CONTENTS)
ANNOUNCED(tusk_fn_stream_copy_to_stream, TUSK_FN_STREAM_COPY_TO_STREAM)
