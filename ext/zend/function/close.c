/* fclose() waits until every coroutine has left the PHP stream, then closes it.
 *
 * PHP frees the php_stream at once, whoever holds its resource. A coroutine that is
 * suspended in it is woken and gets what a closed PHP stream gives. Where that cannot be
 * waited for (in a destructor on PHP 8.2 and 8.3, in a coroutine that is being
 * cancelled), the connection is shut down for the peer and the php_stream lives until
 * the last coroutine drops its resource. So does one of a stream wrapper written in PHP
 * whose method closes it, or whose closer is cancelled while it waits for a method.
 */
#include "function/function.h"
#include "stream/stream.h"

static php_stream *stream_argument(zend_execute_data *execute_data)
{
	zval *arg = ZEND_NUM_ARGS() == 1 ? ZEND_CALL_ARG(execute_data, 1) : NULL;

	if (!arg || Z_TYPE_P(arg) != IS_RESOURCE) {
		return NULL;
	}
	int type = Z_RES_P(arg)->type;
	return type == php_file_le_stream() || type == php_file_le_pstream() ? Z_RES_P(arg)->ptr : NULL;
}

ZEND_NAMED_FUNCTION(tusk_fn_fclose)
{
	php_stream *stream = tusk_flights ? stream_argument(execute_data) : NULL;

	if (stream && !(stream->flags & PHP_STREAM_FLAG_NO_FCLOSE) && !tusk_flight_try_close(stream)) {
		if (tusk_stream_is_socket(stream)) {
			shutdown(tusk_socket_of(stream)->socket, SHUT_RDWR);
		}
		RETURN_TRUE;
	}
	TUSK_PHP_CALL(TUSK_FN_FCLOSE);
}
