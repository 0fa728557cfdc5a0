/* Fiber::suspend() in a coroutine, and Fiber::resume() and Fiber::throw() on it, as Revolt's
 * suspensions do; and the same on guests (guest/), which begin with Fiber::start().
 *
 * The engine switches these itself, so neither the one that resumes nor the one that is
 * resumed goes through our switch. Here each gets its own engine state all the same.
 * A Fiber that is no coroutine's runs, as in plain PHP, in the state of who resumes it.
 */
#include "guest/guest.h"

static zif_handler plain_start, plain_suspend, plain_resume, plain_throw;

/* The coroutine goes to the hub (or to who resumed it) without our switch. A Fiber of its
 * own that suspends goes on in the coroutine's state. */
static ZEND_FUNCTION(suspend)
{
	tusk_worker *self = EG(active_fiber) ? tusk_worker_of_fiber(EG(active_fiber)) : NULL;
	if (!self || self->fiber->caller != tusk_hub_context()) {
		plain_suspend(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	tusk_state_leave(&self->state);
	plain_suspend(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	tusk_state_enter(&self->state);
}

static ZEND_FUNCTION(start)
{
	zend_fiber *fiber = (zend_fiber *) Z_OBJ_P(ZEND_THIS);
	if (UNEXPECTED(tusk_guests_waiting)) {
		tusk_guest_between_callbacks(execute_data);
	}
	if (EXPECTED(!tusk_guest_begin(fiber, execute_data->prev_execute_data))) {
		plain_start(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	GC_ADDREF(&fiber->std);
	plain_start(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	tusk_guest_returned(fiber);
	OBJ_RELEASE(&fiber->std);
}

static void resume_guest(INTERNAL_FUNCTION_PARAMETERS, zif_handler plain, const zval *value)
{
	zend_fiber *fiber = (zend_fiber *) Z_OBJ_P(ZEND_THIS);
	if (!tusk_guest_may_resume(fiber, value)) {
		return;
	}
	GC_ADDREF(&fiber->std);
	plain(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	tusk_guest_returned(fiber);
	OBJ_RELEASE(&fiber->std);
}

static void resume_in_own_state(INTERNAL_FUNCTION_PARAMETERS, zif_handler plain)
{
	zend_fiber *fiber = (zend_fiber *) Z_OBJ_P(ZEND_THIS);
	if (UNEXPECTED(tusk_guests_waiting)) {
		tusk_guest_between_callbacks(execute_data);
	}
	const zval *value = ZEND_NUM_ARGS() ? ZEND_CALL_ARG(execute_data, 1) : NULL;
	if (UNEXPECTED(tusk_guest_is_meant(fiber, value))) {
		resume_guest(INTERNAL_FUNCTION_PARAM_PASSTHRU, plain, value);
		return;
	}
	tusk_worker *target = tusk_worker_of_fiber(fiber);
	if (EXPECTED(!target) || fiber->context.status != ZEND_FIBER_STATUS_SUSPENDED || fiber->caller != NULL) {
		plain(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	tusk_worker *self = tusk_worker_current();
	if (UNEXPECTED(self->guest)) {
		self = tusk_guest_carrier(self); /* whose state it runs in */
	}
	GC_ADDREF(&fiber->std);
	tusk_state_leave(&self->state);
	tusk_state_enter(&target->state);
	plain(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	/* It has ended, and left the root state, or it suspended itself again. */
	if (fiber->context.status == ZEND_FIBER_STATUS_SUSPENDED && fiber->caller == NULL) {
		zend_execute_data *here = EG(current_execute_data);
		EG(current_execute_data) = fiber->execute_data;
		tusk_state_leave(&target->state);
		EG(current_execute_data) = here;
	}
	tusk_state_enter(&self->state);
	OBJ_RELEASE(&fiber->std);
}

static ZEND_FUNCTION(resume)
{
	resume_in_own_state(INTERNAL_FUNCTION_PARAM_PASSTHRU, plain_resume);
}

static ZEND_FUNCTION(throw)
{
	resume_in_own_state(INTERNAL_FUNCTION_PARAM_PASSTHRU, plain_throw);
}

static zif_handler exchange(const char *name, size_t length, zif_handler handler)
{
	zend_function *method = zend_hash_str_find_ptr(&zend_ce_fiber->function_table, name, length);
	zif_handler before = method->internal_function.handler;
	method->internal_function.handler = handler;
	return before;
}

void tusk_fiber_startup(void)
{
	tusk_guest_startup();
	plain_start = exchange(ZEND_STRL("start"), ZEND_FN(start));
	plain_suspend = exchange(ZEND_STRL("suspend"), ZEND_FN(suspend));
	plain_resume = exchange(ZEND_STRL("resume"), ZEND_FN(resume));
	plain_throw = exchange(ZEND_STRL("throw"), ZEND_FN(throw));
}

void tusk_fiber_shutdown(void)
{
	exchange(ZEND_STRL("start"), plain_start);
	exchange(ZEND_STRL("suspend"), plain_suspend);
	exchange(ZEND_STRL("resume"), plain_resume);
	exchange(ZEND_STRL("throw"), plain_throw);
}
