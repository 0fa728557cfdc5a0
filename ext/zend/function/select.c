/* stream_select() suspends until PHP's own call would return at once, then makes it.
 *
 * So keys, counts, read buffers, warnings and the three arrays are PHP's own work. Calls
 * that do not wait (a timeout of zero, bytes in a read buffer, arguments PHP refuses, a
 * descriptor beyond FD_SETSIZE) go there directly. Nothing of the arrays is held over
 * the wait: whoever shares them by reference may change them meanwhile.
 */
#include "function/function.h"
#include "guest/guest.h"
#include "php_network.h"
#include "php_streams.h"
#include "stream/stream.h"
#include <errno.h>

/* The descriptors of one call, and its holds in the flights of their PHP streams. Small
 * calls need no allocation. */
typedef struct {
	struct pollfd *fds;
	php_stream **streams;
	unsigned count, room;
	int max_fd;
	struct pollfd few_fds[8];
	php_stream *few_streams[8];
} watched;

static void *grown(void *at, const void *few, unsigned count, size_t size)
{
	if (at != few) {
		return safe_erealloc(at, count, 2 * size, 0);
	}
	void *more = safe_emalloc(count, 2 * size, 0);
	memcpy(more, few, count * size);
	return more;
}

static void add(watched *all, php_stream *stream, int fd, short events)
{
	if (all->count == all->room) {
		all->fds = grown(all->fds, all->few_fds, all->room, sizeof(*all->fds));
		all->streams = grown(all->streams, all->few_streams, all->room, sizeof(*all->streams));
		all->room *= 2;
	}
	all->fds[all->count] = (struct pollfd) {.fd = fd, .events = events};
	all->streams[all->count++] = stream;
	if (fd > all->max_fd) {
		all->max_fd = fd;
	}
}

static void forget(watched *all)
{
	if (all->fds != all->few_fds) {
		efree(all->fds);
		efree(all->streams);
	}
}

/* One array; false when PHP's call would return at once, or would fail. */
static bool add_array(watched *all, zval *array, short events)
{
	zval *element;

	ZVAL_DEREF(array);
	if (Z_TYPE_P(array) == IS_NULL) {
		return true;
	}
	if (Z_TYPE_P(array) != IS_ARRAY) {
		return false;
	}
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(array), element) {
		php_socket_t fd;
		ZVAL_DEREF(element);
		/* PHP's call complains about what cannot be watched; this look at it must not. */
		php_stream *stream = zend_fetch_resource2_ex(element, NULL, php_file_le_stream(), php_file_le_pstream());
		if (!stream || php_stream_cast(stream, PHP_STREAM_AS_FD_FOR_SELECT | PHP_STREAM_CAST_INTERNAL, (void *) &fd, 0) != SUCCESS) {
			continue;
		}
		if (fd >= FD_SETSIZE || (events == POLLIN && stream->writepos > stream->readpos)) {
			return false;
		}
		if (fd != -1) {
			add(all, stream, fd, events);
		}
	} ZEND_HASH_FOREACH_END();
	return !EG(exception);
}

static bool collect(watched *all, zend_execute_data *execute_data)
{
	static const short events[] = {POLLIN, POLLOUT, POLLPRI};

	all->fds = all->few_fds;
	all->streams = all->few_streams;
	all->count = 0;
	all->room = sizeof(all->few_fds) / sizeof(all->few_fds[0]);
	all->max_fd = -1;
	for (uint32_t i = 0; i < 3; i++) {
		if (!add_array(all, ZEND_CALL_ARG(execute_data, i + 1), events[i])) {
			return false;
		}
	}
	return all->count > 0;
}

/* poll(2) reports hang-ups and errors nobody asked for; select(2) takes a hang-up for
 * readable and an error for readable and writable, and nothing more. */
static bool selectable(const struct pollfd *fd)
{
	static const short hang_up = POLLIN | POLLHUP | POLLERR, error = POLLOUT | POLLERR;
	short meant = fd->events == POLLIN ? hang_up : fd->events == POLLOUT ? error : POLLPRI;

	return fd->revents & (meant | POLLNVAL);
}

/* Is there one that select(2) would report? Those that poll(2) alone reports would be
 * reported for ever: they are no longer watched. */
static bool any_selectable(watched *all)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < all->count; i++) {
		if (selectable(&all->fds[i])) {
			return true;
		}
		if (!all->fds[i].revents) {
			all->fds[kept++] = all->fds[i];
		}
	}
	all->count = kept;
	return false;
}

/* One that is being closed: its close goes on when nobody watches it any more. */
static bool any_closing(const tusk_hold *holds, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (tusk_flight_closing(&holds[i])) {
			return true;
		}
	}
	return false;
}

/* Suspends until there is something to select, or the deadline: 0, or a negative errno. */
static int suspend_for_any(watched *all, int64_t deadline)
{
	int ready = 0;

	while (ready >= 0 && !(ready > 0 && any_selectable(all))) {
		int64_t left = tusk_left_ns(deadline), unslept;
		ready = all->count ? tusk_rt_wait_fds(all->fds, all->count, left, false)
			: tusk_rt_wait_sleep(left < 0 ? INT64_MAX : left, &unslept);
		if (ready == 0 || ready == -ETIMEDOUT) {
			return 0;
		}
	}
	return ready < 0 ? ready : 0;
}

static int wait_for_any(watched *all, int64_t deadline)
{
	unsigned streams = all->count;
	tusk_hold *holds;

	if (poll(all->fds, all->count, 0) != 0 && any_selectable(all)) {
		return 0;
	}
	/* Both arrays are the coroutine's alone; any_selectable() shortens only fds. */
	holds = safe_emalloc(streams, sizeof(*holds), 0);
	for (unsigned i = 0; i < streams; i++) {
		tusk_flight_watch(&holds[i], all->streams[i]);
	}
	int waited = 0;
	if (!any_closing(holds, streams)) {
		waited = suspend_for_any(all, deadline);
	}
	if (any_closing(holds, streams)) {
		waited = -EBADF;
	}
	for (unsigned i = 0; i < streams; i++) {
		tusk_flight_unwatch(&holds[i]);
	}
	efree(holds);
	return waited;
}

/* Seconds or microseconds as PHP takes them; false for what PHP's parser must see. */
static bool whole_number(zval *arg, zend_long *value, bool strict)
{
	if (Z_TYPE_P(arg) == IS_LONG) {
		*value = Z_LVAL_P(arg);
		return *value >= 0;
	}
	if (Z_TYPE_P(arg) == IS_DOUBLE && !strict && Z_DVAL_P(arg) >= 0 && Z_DVAL_P(arg) < 1e15) {
		*value = (zend_long) Z_DVAL_P(arg);
		return (double) *value == Z_DVAL_P(arg);
	}
	return false;
}

/* How long the call would wait; false when it would not, or would fail. */
static bool parse_timeout(zend_execute_data *execute_data, int64_t *timeout_ns)
{
	zval *seconds = ZEND_CALL_ARG(execute_data, 4);
	zval *microseconds = ZEND_NUM_ARGS() == 5 ? ZEND_CALL_ARG(execute_data, 5) : NULL;
	bool strict = ZEND_ARG_USES_STRICT_TYPES();
	zend_long s, us = 0;

	if (microseconds && Z_TYPE_P(microseconds) != IS_NULL && !whole_number(microseconds, &us, strict)) {
		return false;
	}
	if (Z_TYPE_P(seconds) == IS_NULL) {
		*timeout_ns = -1;
		return us == 0;
	}
	if (!whole_number(seconds, &s, strict)) {
		return false;
	}
	*timeout_ns = tusk_timeout_of(s, us);
	return *timeout_ns != 0;
}

/* PHP's call with a timeout of zero. */
static void select_now(INTERNAL_FUNCTION_PARAMETERS)
{
	uint32_t count = ZEND_NUM_ARGS();
	zval asked[2];

	for (uint32_t i = 4; i <= count; i++) { /* numbers and nulls: nothing to count */
		ZVAL_COPY_VALUE(&asked[i - 4], ZEND_CALL_ARG(execute_data, i));
		ZVAL_LONG(ZEND_CALL_ARG(execute_data, i), 0);
	}
	TUSK_PHP_CALL(TUSK_FN_STREAM_SELECT);
	for (uint32_t i = 4; i <= count; i++) {
		ZVAL_COPY_VALUE(ZEND_CALL_ARG(execute_data, i), &asked[i - 4]);
	}
}

static void stream_select(INTERNAL_FUNCTION_PARAMETERS)
{
	uint32_t count = ZEND_NUM_ARGS();
	int64_t timeout_ns;
	watched all;
	int waited;

	if (!(tusk_hooks & TUSK_HOOK_SELECT) || count < 4 || count > 5
		|| !tusk_rt_may_suspend() || !parse_timeout(execute_data, &timeout_ns)) {
		TUSK_PHP_CALL(TUSK_FN_STREAM_SELECT);
		return;
	}
	int64_t deadline = tusk_deadline_ns(timeout_ns);
	for (int64_t pause_ns = 0;; pause_ns = 1000000) {
		if (!collect(&all, execute_data)) {
			forget(&all);
			if (!EG(exception)) {
				TUSK_PHP_CALL(TUSK_FN_STREAM_SELECT);
			}
			return;
		}
		waited = wait_for_any(&all, deadline);
		forget(&all);
		if (waited != -EBADF) {
			break;
		}
		/* One of them is being closed: once it is, PHP's call says so, as for any that is
		 * closed, and selects from the others. */
		int64_t unslept;
		waited = tusk_rt_wait_sleep(pause_ns, &unslept);
		if (waited < 0) {
			break;
		}
	}
	if (waited == -ECANCELED) {
		RETURN_FALSE;
	}
	if (waited == -EINTR) {
		php_error_docref(NULL, E_WARNING, "Unable to select [%d]: %s (max_fd=%d)", EINTR, strerror(EINTR), all.max_fd);
		RETURN_FALSE;
	}
	select_now(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

/* A loop whose Fibers wait in hooked calls: they go on around its own wait, which ends early for
 * them. */
static void select_for_guests(INTERNAL_FUNCTION_PARAMETERS)
{
	uint32_t count = ZEND_NUM_ARGS();
	int64_t timeout_ns;

	if (!tusk_guest_before_wait(execute_data, true)) {
		stream_select(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		tusk_guest_after_wait();
	} else if (EG(exception)) {
		RETURN_FALSE;
	} else if (count >= 4 && count <= 5 && parse_timeout(execute_data, &timeout_ns)) {
		select_now(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	} else {
		stream_select(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
}

ZEND_NAMED_FUNCTION(tusk_fn_stream_select)
{
	if (EXPECTED(!tusk_guest_count) || !tusk_guest_loop_calls(execute_data)) {
		stream_select(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	} else if (tusk_guest_loop_is_alone()) {
		tusk_guest_plain_call(true);
		TUSK_PHP_CALL(TUSK_FN_STREAM_SELECT);
		tusk_guest_plain_call(false);
	} else {
		select_for_guests(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
}
