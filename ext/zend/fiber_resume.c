/* Fiber::suspend() in a coroutine, and Fiber::resume() and Fiber::throw() on it, as Revolt's
 * suspensions do; and the same on guests (guest/), which begin with Fiber::start().
 *
 * The engine switches these itself, so neither the one that resumes nor the one that is
 * resumed goes through our switch. Here each gets its own engine state all the same.
 * A Fiber that is no coroutine's runs, as in plain PHP, in the state of who resumes it.
 *
 * The scheduler is told when a coroutine is in Fiber::suspend(), so that its cancel ends that too.
 */
#include "guest/guest.h"

extern zend_class_entry *tusk_ce_cancelled;

static zif_handler plain_start, plain_suspend, plain_resume, plain_throw;

/* The coroutine goes to the hub (or to who resumed it) without our switch. A Fiber of its
 * own that suspends goes on in the coroutine's state. */
static ZEND_FUNCTION(suspend)
{
	tusk_worker *self = EG(active_fiber) ? tusk_worker_of_fiber(EG(active_fiber)) : NULL;
	if (!self) {
		plain_suspend(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	if (UNEXPECTED(!tusk_rt_step_out(self->task))) {
		return; /* thrown */
	}
	if (self->fiber->caller != tusk_hub_context()) {
		plain_suspend(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	} else {
		tusk_state_leave(&self->state);
		plain_suspend(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		tusk_state_enter(&self->state);
	}
	tusk_rt_step_in(self->task);
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

static bool suspended_itself(const zend_fiber *fiber)
{
	return fiber->context.status == ZEND_FIBER_STATUS_SUSPENDED && fiber->caller == NULL;
}

/* Whoever runs is about to resume `target`: the state is exchanged. */
static tusk_worker *lend_state(tusk_worker *target)
{
	tusk_worker *self = tusk_worker_current();
	if (UNEXPECTED(self->guest)) {
		self = tusk_guest_carrier(self); /* whose state it runs in */
	}
	tusk_state_leave(&self->state);
	tusk_state_enter(&target->state);
	return self;
}

/* It has ended, and left the root state, or it suspended itself again. */
static void take_state_back(tusk_worker *self, tusk_worker *target, const zend_fiber *fiber)
{
	if (suspended_itself(fiber)) {
		zend_execute_data *here = EG(current_execute_data);
		EG(current_execute_data) = fiber->execute_data;
		tusk_state_leave(&target->state);
		EG(current_execute_data) = here;
	}
	tusk_state_enter(&self->state);
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
	if (EXPECTED(!target) || !suspended_itself(fiber)) {
		plain(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	GC_ADDREF(&fiber->std);
	tusk_worker *self = lend_state(target);
	plain(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	take_state_back(self, target, fiber);
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

/* A coroutine in Fiber::suspend() was cancelled: thrown there, as by Fiber::throw(). */
void tusk_worker_throw_cancel(tusk_worker *worker)
{
	zend_fiber *fiber = worker->fiber;
	if (!fiber || !suspended_itself(fiber)) {
		return;
	}
	zval cancel, message, result;
	/* It is the coroutine's: its line and trace are where that waits. */
	zend_execute_data *here = EG(current_execute_data);
	EG(current_execute_data) = fiber->execute_data;
	object_init_ex(&cancel, tusk_ce_cancelled);
	EG(current_execute_data) = here;
	ZVAL_STRING(&message, "the coroutine was cancelled");
	zend_update_property_ex(zend_ce_exception, Z_OBJ(cancel), ZSTR_KNOWN(ZEND_STR_MESSAGE), &message);
	zval_ptr_dtor(&message);
	zend_function *method = zend_hash_str_find_ptr(&zend_ce_fiber->function_table, ZEND_STRL("throw"));
	zend_call_known_instance_method_with_1_params(method, &fiber->std, &result, &cancel);
	zval_ptr_dtor(&result);
	zval_ptr_dtor(&cancel);
}

/* A coroutine in Fiber::suspend() that nobody resumes is unwound, as the engine would at the end
 * of the request. */
void tusk_worker_unwind(tusk_worker *worker)
{
	zend_fiber *fiber = worker->fiber;
	if (!fiber || !suspended_itself(fiber)) {
		return;
	}
	/* Held, so that the next job has another: this one may not suspend itself any more. */
	GC_ADDREF(&fiber->std);
	if (tusk_worker_of_fiber(fiber)) {
		tusk_worker *self = lend_state(worker);
		fiber->std.handlers->dtor_obj(&fiber->std);
		take_state_back(self, worker, fiber);
	} else {
		fiber->std.handlers->dtor_obj(&fiber->std);
	}
	OBJ_RELEASE(&fiber->std);
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
