/* set_option and close of plain sockets: sends each request of the transport layer to
 * the file that can wait for it, and everything else to PHP.
 */
#include "stream/stream.h"
#include "stream/unreported.h"
#include <errno.h>

/* Asking whether the peer is still there never waits: PHP would poll up to `value`
 * seconds for something to read, but finding nothing to read means "alive" to it. */
static int without_waiting(int option, int value)
{
	return option == PHP_STREAM_OPTION_CHECK_LIVENESS ? 0 : value;
}

static bool transport_request(php_stream *stream, php_stream_xport_param *xparam)
{
	if (tusk_socket_of(stream)->socket == -1) {
		return false;
	}
	switch (xparam->op) {
		case STREAM_XPORT_OP_SEND:
			if (!tusk_socket_of(stream)->is_blocked) {
				return false;
			}
			tusk_datagram_send(stream, xparam);
			return true;
		case STREAM_XPORT_OP_RECV:
			if (!tusk_socket_of(stream)->is_blocked) {
				return false;
			}
			tusk_datagram_receive(stream, xparam);
			return true;
		default:
			return false;
	}
}

int tusk_pair_set_option(php_stream *stream, int option, int value, void *param)
{
	bool waits = option == PHP_STREAM_OPTION_XPORT_API || option == PHP_STREAM_OPTION_CHECK_LIVENESS;

	if (waits && stream->abstract && tusk_stream_hooked()) {
		if (option == PHP_STREAM_OPTION_XPORT_API && transport_request(stream, param)) {
			return PHP_STREAM_OPTION_RETURN_OK;
		}
		value = without_waiting(option, value);
	}
	return tusk_pair_ops.set_option(stream, option, value, param);
}

int tusk_plain_set_option(php_stream *stream, int option, int value, void *param)
{
	bool waits = option == PHP_STREAM_OPTION_XPORT_API || option == PHP_STREAM_OPTION_CHECK_LIVENESS;

	if (waits && stream->abstract && tusk_stream_hooked()) {
		php_stream_xport_param *xparam = param;
		if (option == PHP_STREAM_OPTION_XPORT_API) {
			switch (xparam->op) {
				case STREAM_XPORT_OP_CONNECT:
				case STREAM_XPORT_OP_CONNECT_ASYNC:
					return tusk_connect(stream, xparam);
				case STREAM_XPORT_OP_ACCEPT:
					return tusk_accept(stream, xparam, tusk_plain_ops.set_option);
				default:
					if (transport_request(stream, xparam)) {
						return PHP_STREAM_OPTION_RETURN_OK;
					}
			}
		}
		value = without_waiting(option, value);
	}
	return tusk_plain_ops.set_option(stream, option, value, param);
}

/* Every way to close a PHP stream ends here, fclose() among them, which has waited
 * already (function/close.c). A C library that closes its PHP stream where we cannot
 * switch, while another coroutine stands in that PHP stream, would free it under that
 * coroutine's feet: the script ends instead. */
void tusk_leave_before_close(php_stream *stream, int close_handle)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);

	tusk_unreported_forget(stream);
	if (!sock) {
		return;
	}
	if (tusk_flights && !tusk_flight_close(stream)) {
		php_error_docref(NULL, E_ERROR,
			"A connection was closed in a destructor, or by a cancelled coroutine, while another coroutine "
			"waits in it; close it before its owner is destroyed, or cancel the other coroutine first");
	}
	if (close_handle && sock->socket != -1) {
		tusk_rt_note_close(sock->socket);
	}
}

int tusk_plain_close(php_stream *stream, int close_handle)
{
	tusk_leave_before_close(stream, close_handle);
	return tusk_plain_ops.close(stream, close_handle);
}
