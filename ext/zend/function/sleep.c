/* sleep(), usleep(), time_nanosleep() and time_sleep_until() suspend.
 *
 * Arguments that PHP refuses go to PHP's own function, so that it refuses them in its
 * words. They have been parsed by then, and are put back as numbers: parsing them again
 * then says nothing twice. Only coroutine 0 is woken by a signal; each function then
 * gives what PHP gives after EINTR.
 */
#include "function/function.h"
#include "guest/guest.h"
#include <errno.h>
#include <sys/time.h>

#define NS_PER_SECOND INT64_C(1000000000)

static bool hooked(void)
{
	return (tusk_hooks & TUSK_HOOK_SLEEP) && tusk_rt_may_suspend();
}

/* Numbers own nothing, so the old value can only be a string or an object. */
static void put_back_long(zend_execute_data *execute_data, uint32_t number, zend_long value)
{
	zval *arg = ZEND_CALL_ARG(execute_data, number);

	zval_ptr_dtor(arg);
	ZVAL_LONG(arg, value);
}

static int64_t saturated_ns(zend_long seconds, zend_long nanoseconds)
{
	if (seconds >= INT64_MAX / NS_PER_SECOND - 1) {
		return INT64_MAX;
	}
	return (int64_t) seconds * NS_PER_SECOND + nanoseconds;
}

ZEND_NAMED_FUNCTION(tusk_fn_sleep)
{
	zend_long seconds;
	int64_t left = 0;

	if (!hooked()) {
		TUSK_PHP_CALL(TUSK_FN_SLEEP);
		return;
	}
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_LONG(seconds)
	ZEND_PARSE_PARAMETERS_END();
	if (seconds < 0) {
		put_back_long(execute_data, 1, seconds);
		TUSK_PHP_CALL(TUSK_FN_SLEEP);
		return;
	}
	/* As in PHP, which passes an unsigned int on. */
	int slept = tusk_rt_wait_sleep(saturated_ns((zend_long) (unsigned int) seconds, 0), &left);
	RETURN_LONG(slept < 0 ? (zend_long) (left / NS_PER_SECOND) : 0);
}

static void sleep_us(INTERNAL_FUNCTION_PARAMETERS)
{
	zend_long microseconds;
	int64_t left;

	if (!hooked()) {
		TUSK_PHP_CALL(TUSK_FN_USLEEP);
		return;
	}
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_LONG(microseconds)
	ZEND_PARSE_PARAMETERS_END();
	if (microseconds < 0) {
		put_back_long(execute_data, 1, microseconds);
		TUSK_PHP_CALL(TUSK_FN_USLEEP);
		return;
	}
	tusk_rt_wait_sleep((int64_t) (unsigned int) microseconds * 1000, &left);
}

/* Also what a loop without streams waits in; see select.c. */
ZEND_NAMED_FUNCTION(tusk_fn_usleep)
{
	if (EXPECTED(!tusk_guest_count) || !tusk_guest_loop_calls(execute_data)) {
		sleep_us(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	} else if (tusk_guest_loop_is_alone()) {
		tusk_guest_plain_call(true);
		TUSK_PHP_CALL(TUSK_FN_USLEEP);
		tusk_guest_plain_call(false);
	} else if (!tusk_guest_before_wait(execute_data, false)) {
		sleep_us(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		tusk_guest_after_wait();
	}
}

ZEND_NAMED_FUNCTION(tusk_fn_time_nanosleep)
{
	zend_long seconds, nanoseconds;
	int64_t left = 0;

	if (!hooked()) {
		TUSK_PHP_CALL(TUSK_FN_TIME_NANOSLEEP);
		return;
	}
	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_LONG(seconds)
		Z_PARAM_LONG(nanoseconds)
	ZEND_PARSE_PARAMETERS_END();
	if (seconds < 0 || nanoseconds < 0 || nanoseconds >= NS_PER_SECOND) {
		put_back_long(execute_data, 1, seconds);
		put_back_long(execute_data, 2, nanoseconds);
		TUSK_PHP_CALL(TUSK_FN_TIME_NANOSLEEP);
		return;
	}
	switch (tusk_rt_wait_sleep(saturated_ns(seconds, nanoseconds), &left)) {
		case 0:
			RETURN_TRUE;
		case -EINTR:
			array_init(return_value);
			add_assoc_long(return_value, "seconds", left / NS_PER_SECOND);
			add_assoc_long(return_value, "nanoseconds", left % NS_PER_SECOND);
			return;
		default:
			RETURN_FALSE;
	}
}

ZEND_NAMED_FUNCTION(tusk_fn_time_sleep_until)
{
	double target;
	struct timeval now;
	int64_t left;

	if (!hooked()) {
		TUSK_PHP_CALL(TUSK_FN_TIME_SLEEP_UNTIL);
		return;
	}
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_DOUBLE(target)
	ZEND_PARSE_PARAMETERS_END();
	gettimeofday(&now, NULL);
	int64_t now_ns = (int64_t) now.tv_sec * NS_PER_SECOND + (int64_t) now.tv_usec * 1000;
	if (!(target >= 0 && target < (double) (INT64_MAX / NS_PER_SECOND)) || (int64_t) (target * (double) NS_PER_SECOND) < now_ns) {
		zval *arg = ZEND_CALL_ARG(execute_data, 1);
		zval_ptr_dtor(arg);
		ZVAL_DOUBLE(arg, target);
		TUSK_PHP_CALL(TUSK_FN_TIME_SLEEP_UNTIL);
		return;
	}
	left = (int64_t) (target * (double) NS_PER_SECOND) - now_ns;
	int slept;
	do {
		slept = tusk_rt_wait_sleep(left, &left); /* a signal does not end this one in PHP */
	} while (slept == -EINTR);
	RETURN_BOOL(slept == 0);
}
