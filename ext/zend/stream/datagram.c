/* stream_socket_sendto() and stream_socket_recvfrom(): one message, past PHP's buffers.
 *
 * PHP makes one blocking call here and knows no timeout. The hook makes the same call
 * with MSG_DONTWAIT and suspends while it would block.
 */
#include "intercept/intercept.h"
#include "stream/stream.h"
#include <errno.h>

static ssize_t receive_once(php_netstream_data_t *sock, php_stream_xport_param *xparam, int flags)
{
	php_sockaddr_storage address;
	socklen_t length = sizeof(address);
	bool want_address = xparam->want_textaddr || xparam->want_addr;
	ssize_t n = recvfrom(sock->socket, xparam->inputs.buf, xparam->inputs.buflen, flags | MSG_DONTWAIT,
		want_address ? (struct sockaddr *) &address : NULL, want_address ? &length : NULL);

	if (n < 0 || !want_address) {
		return n < 0 ? -errno : n;
	}
	if (length) {
		php_network_populate_name_from_sockaddr((struct sockaddr *) &address, length,
			xparam->want_textaddr ? &xparam->outputs.textaddr : NULL,
			xparam->want_addr ? &xparam->outputs.addr : NULL,
			xparam->want_addr ? &xparam->outputs.addrlen : NULL);
	} else if (xparam->want_textaddr) {
		xparam->outputs.textaddr = ZSTR_EMPTY_ALLOC(); /* a connected stream socket names nobody */
	}
	return n;
}

void tusk_datagram_receive(php_stream *stream, php_stream_xport_param *xparam)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	bool urgent = (xparam->inputs.flags & STREAM_OOB) == STREAM_OOB;
	bool peek = (xparam->inputs.flags & STREAM_PEEK) == STREAM_PEEK;
	int flags = (urgent ? MSG_OOB : 0) | (peek ? MSG_PEEK : 0);
	int64_t for_ever = -1;
	tusk_hold hold;
	ssize_t n = -EAGAIN;

	if (!tusk_flights || !tusk_flight_contended(stream, TUSK_LANE_READ)) {
		n = receive_once(sock, xparam, flags);
	}
	if (n == -EAGAIN || n == -EWOULDBLOCK) {
		int refused = tusk_flight_enter(&hold, stream, TUSK_LANE_READ, &for_ever);
		if (refused) {
			n = refused;
		} else {
			do {
				int ready = tusk_rt_wait_fd(sock->socket, urgent ? POLLPRI : POLLIN, -1);
				n = ready == -EINTR ? -EAGAIN : ready < 0 ? ready : receive_once(sock, xparam, flags);
			} while (n == -EAGAIN || n == -EWOULDBLOCK);
			tusk_flight_leave(&hold);
		}
	}
	if (!peek && !urgent) {
		tusk_rt_note_read(sock->socket, n < 0, false);
	}
	if (n < 0) {
		errno = (int) -n;
	}
	xparam->outputs.returncode = n < 0 ? -1 : (int) n;
}

static ssize_t send_once(php_netstream_data_t *sock, php_stream_xport_param *xparam, size_t done, int flags)
{
	ssize_t n = sendto(sock->socket, xparam->inputs.buf + done, xparam->inputs.buflen - done,
		flags | MSG_DONTWAIT, xparam->inputs.addr, xparam->inputs.addr ? xparam->inputs.addrlen : 0);

	return n < 0 ? -errno : n;
}

void tusk_datagram_send(php_stream *stream, php_stream_xport_param *xparam)
{
	php_netstream_data_t *sock = tusk_socket_of(stream);
	int flags = (xparam->inputs.flags & STREAM_OOB) == STREAM_OOB ? MSG_OOB : 0;
	int64_t for_ever = -1;
	size_t sent = 0;
	tusk_hold hold;
	ssize_t n = -EAGAIN;

	if (!tusk_flights || !tusk_flight_contended(stream, TUSK_LANE_WRITE)) {
		n = send_once(sock, xparam, 0, flags);
	}
	if (n > 0) {
		sent = (size_t) n;
	}
	/* A blocking send(2) on a byte stream returns when everything is sent. */
	if (n == -EAGAIN || n == -EWOULDBLOCK || (n > 0 && sent < xparam->inputs.buflen)) {
		int refused = tusk_flight_enter(&hold, stream, TUSK_LANE_WRITE, &for_ever);
		if (refused) {
			n = refused;
		} else {
			do {
				int ready = tusk_rt_wait_fd(sock->socket, POLLOUT, -1);
				if (sent && ready > 0 && tusk_fd_has_error(sock->socket)) {
					break; /* the next call's, as in the kernel */
				}
				n = ready == -EINTR ? -EAGAIN : ready < 0 ? ready : send_once(sock, xparam, sent, flags);
				sent += n > 0 ? (size_t) n : 0;
			} while (n == -EAGAIN || n == -EWOULDBLOCK || (n > 0 && sent < xparam->inputs.buflen));
			tusk_flight_leave(&hold);
		}
	}
	if (n < 0 && sent == 0) {
		errno = (int) -n;
		xparam->outputs.returncode = -1;
		if (n != -ECANCELED) {
			php_error_docref(NULL, E_WARNING, "%s\n", strerror((int) -n));
		}
		return;
	}
	xparam->outputs.returncode = (int) sent;
}
