/* What stream/tls.c (one attempt), stream/tls_io.c (reading and writing) and
 * stream/tls_set_up.c (handshake, options, close) share.
 */
#ifndef TUSK_STREAM_TLS_H
#define TUSK_STREAM_TLS_H

#include "stream/stream.h"

/* The head of PHP's php_openssl_netstream_data_t. */
typedef struct {
	php_netstream_data_t socket;
	void *ssl;
	void *context;
	struct timeval connect_timeout;
	int enable_on_connect;
} tls_head;

/* Is TLS active in this PHP stream, so that its bytes go through OpenSSL? */
bool tusk_tls_active(php_stream *stream);
/* May a TLS call on this PHP stream suspend, and is there a reason to? */
bool tusk_tls_suspends(php_stream *stream);
/* Must a TLS call that could wait fail instead (tusk_state_gives_up)? */
bool tusk_tls_gives_up(php_stream *stream);
bool tusk_tls_is_server(const tls_head *head);

/* Puts the PHP stream in non-blocking mode for one call of PHP's, and back. errno is left
 * as PHP's call left it. */
void tusk_tls_begin_attempt(php_netstream_data_t *sock);
void tusk_tls_end_attempt(php_netstream_data_t *sock);
/* What to poll for before the next attempt; 0 when the last one was final. */
short tusk_tls_wanted(php_stream *stream);

/* TLS knows no wait of zero: PHP takes such a timeout for none. */
int64_t tusk_tls_timeout_ns(const struct timeval *timeout);

#endif
