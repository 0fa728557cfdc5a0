/* What the files of stream/ share.
 *
 * PHP's socket PHP streams are hooked by patching the functions inside PHP's own
 * ops structs (stream/patch.c), so that every comparison of ops in php-src stays
 * true. Each hook asks first whether it may suspend; if not it makes PHP's call.
 *
 * Invariant: nothing here is kept per PHP stream unless a coroutine is suspended
 * in it. What is kept then is a flight (stream/flight.c).
 */
#ifndef TUSK_STREAM_H
#define TUSK_STREAM_H

#include "tusk.h"
#include "php_network.h"
#include "php_streams.h"

/* ---- PHP's own functions, copied before the structs were patched (stream/patch.c) */

extern php_stream_ops tusk_plain_ops; /* tcp, udp, unix and udg share one set */
extern php_stream_ops tusk_pair_ops;  /* generic_socket: the same but set_option */
extern php_stream_ops tusk_ssl_ops;   /* tcp_socket/ssl; all NULL without ext/openssl */

/* Writes where memory may be read-only after relocation, and leaves its protection as it was. */
bool tusk_overwrite(void *at, const void *value, size_t size);
bool tusk_stream_is_socket(const php_stream *stream);
bool tusk_stream_is_unix(const php_stream *stream);
/* Why the structs are not patched, or NULL when they are. */
const char *tusk_stream_reason(void);
/* Why TLS keeps PHP's blocking calls, or NULL when it suspends. */
const char *tusk_ssl_reason(void);

/* ---- the replacements ---------------------------------------------------- */

ssize_t tusk_plain_read(php_stream *stream, char *buf, size_t count);
ssize_t tusk_plain_write(php_stream *stream, const char *buf, size_t count);
int tusk_plain_close(php_stream *stream, int close_handle);
/* Ends every wait in the PHP stream; PHP may free it afterwards. */
void tusk_leave_before_close(php_stream *stream, int close_handle);
int tusk_plain_set_option(php_stream *stream, int option, int value, void *param);
int tusk_pair_set_option(php_stream *stream, int option, int value, void *param);

ssize_t tusk_ssl_read(php_stream *stream, char *buf, size_t count);
ssize_t tusk_ssl_write(php_stream *stream, const char *buf, size_t count);
int tusk_ssl_close(php_stream *stream, int close_handle);
int tusk_ssl_set_option(php_stream *stream, int option, int value, void *param);
/* Finds what the TLS hooks need, by looking at a fresh ssl:// PHP stream that was made
 * with `timeout`. */
void tusk_ssl_inspect(const php_stream *fresh, const struct timeval *timeout);

/* ---- requests of the transport layer ------------------------------------- */

typedef int (*tusk_set_option)(php_stream *stream, int option, int value, void *param);

int tusk_connect(php_stream *stream, php_stream_xport_param *xparam);
int tusk_accept(php_stream *stream, php_stream_xport_param *xparam, tusk_set_option original);
void tusk_datagram_send(php_stream *stream, php_stream_xport_param *xparam);
void tusk_datagram_receive(php_stream *stream, php_stream_xport_param *xparam);

/* Keeps a persistent PHP stream from being found by its name until it is shown again;
 * false if there was nothing to hide. */
bool tusk_persistent_hide(const php_stream *stream);
void tusk_persistent_show(const php_stream *stream);

/* ---- flights and lanes (stream/flight.c, stream/lane.c) ------------------------ */

typedef enum { TUSK_LANE_READ = 0, TUSK_LANE_WRITE = 1 } tusk_lane;

typedef struct tusk_flight tusk_flight;

/* The error of a call on one PHP stream that ends because another which it also holds is being closed:
 * stream_copy_to_stream()'s other end. It fails, but this PHP stream has neither ended nor lost a byte. */
#define TUSK_OTHER_CLOSED ESHUTDOWN

/* How many other PHP streams a call can hold while it waits on one: the other end of
 * stream_copy_to_stream(), and room for one more. */
#define TUSK_PINS 2

/* One of those others: it is not freed while the call waits, and closing it ends the wait. */
typedef struct tusk_pin {
	tusk_flight *flight; /* NULL: none, and none behind it */
	struct tusk_hold *hold;
	struct tusk_pin *next; /* in the flight's list */
} tusk_pin;

/* One suspended frame's share in a flight; lives on that frame. */
typedef struct tusk_hold {
	tusk_flight *flight;
	tusk_lane lane;
	bool waited;   /* others had the lane in between */
	bool refilled; /* PHP's read buffer has got bytes that were put aside for this call */
	tusk_turn turn;
	tusk_task_id task;
	struct tusk_hold *next; /* in the lane's queue, or among the watchers or visitors */
	tusk_pin pinned[TUSK_PINS];
} tusk_hold;

/* Must a newcomer queue for this lane, or is the PHP stream being closed? */
bool tusk_flight_contended(const php_stream *stream, tusk_lane lane);
/* Takes the lane, waiting for its turn if needed; *timeout_ns is reduced by that wait.
 * 0, or -ETIMEDOUT, -ECANCELED, -EBADF (closed meanwhile), -TUSK_OTHER_CLOSED; then nothing
 * is held. */
int tusk_flight_enter(tusk_hold *hold, php_stream *stream, tusk_lane lane, int64_t *timeout_ns);
/* Gives the lane back and wakes who waits for it. */
void tusk_flight_leave(tusk_hold *hold);
/* A call of PHP begins that may read: it gets nothing from PHP's read buffer that came
 * for those who queue. */
void tusk_flight_new_call(php_stream *stream);
/* The running coroutine's wait is to end when this PHP stream is closed. */
void tusk_flight_watch(tusk_hold *hold, php_stream *stream);
void tusk_flight_unwatch(tusk_hold *hold);
bool tusk_flight_closing(const tusk_hold *hold);
/* Must the call that has the lane end? -EBADF when its PHP stream is being closed, -TUSK_OTHER_CLOSED
 * when another that it holds is, or 0. */
int tusk_flight_ends(const tusk_hold *hold);
/* The running coroutine is in PHP's code for this PHP stream, in a wait that is none of ours:
 * closing waits for it, and does not end it. */
void tusk_flight_visit(tusk_hold *hold, php_stream *stream);
void tusk_flight_part(tusk_hold *hold);
/* Is the running coroutine itself in PHP's code for this PHP stream? */
bool tusk_flight_inside(const php_stream *stream);
/* Ends the waits in this PHP stream and waits until every coroutine has left PHP's code
 * for it. False if that cannot be waited for here. */
bool tusk_flight_close(php_stream *stream);
/* The same for who may leave the PHP stream open: false also when the coroutine was cancelled
 * while it waited for a method of a stream wrapper. */
bool tusk_flight_try_close(php_stream *stream);
void tusk_flight_fork_child(void);

/* ---- small things --------------------------------------------------------- */

static inline bool tusk_stream_hooked(void)
{
	return (tusk_hooks & TUSK_HOOK_STREAM) && tusk_rt_may_suspend();
}

static inline php_netstream_data_t *tusk_socket_of(const php_stream *stream)
{
	return (php_netstream_data_t *) stream->abstract;
}

/* A timeout as PHP's poll(2) would see it: whole milliseconds, and for ever when it is
 * negative, absent or out of range. */
static inline int64_t tusk_timeout_ns(struct timeval *timeout)
{
	int ms = php_tvtoto(timeout);
	return ms < 0 ? -1 : (int64_t) ms * 1000000;
}

/* PHP 8.3 and later read without waiting when this call of PHP has something to return
 * already. */
static inline bool tusk_read_has_enough(const php_stream *stream)
{
#if PHP_VERSION_ID >= 80300
	return stream->has_buffered_data;
#else
	(void) stream;
	return false;
#endif
}

/* The same, and when the timeout is zero: for reads of plain sockets. */
static inline bool tusk_read_never_waits(const php_stream *stream)
{
#if PHP_VERSION_ID >= 80300
	const struct timeval *timeout = &tusk_socket_of(stream)->timeout;
	return tusk_read_has_enough(stream) || (timeout->tv_sec == 0 && timeout->tv_usec == 0);
#else
	(void) stream;
	return false;
#endif
}

int64_t tusk_now_ns(void);
/* What is left until deadline_ns (as tusk_now_ns), never negative; -1 stays -1. */
int64_t tusk_left_ns(int64_t deadline_ns);
/* The moment timeout_ns from now, or -1. */
int64_t tusk_deadline_ns(int64_t timeout_ns);

/* Switches O_NONBLOCK; returns whether it was on. */
bool tusk_set_nonblocking(int fd, bool on);

#endif
