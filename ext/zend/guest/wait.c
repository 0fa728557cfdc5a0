/* The states of guests: they leave, become due, and go on (parts.h). */
#include "guest/parts.h"
#include "zend_closures.h"
#include "zend_interfaces.h"

extern zend_class_entry *tusk_ce_cancelled;

/* The caller of a Fiber that waits: so isSuspended() is false, as in any call that blocks. */
static zend_fiber_context nobody;
static guest *first_due, **last_due = &first_due;
static zend_function *resume_method;
/* Made when it is needed: an object that plain PHP does not have would move the numbers of the script's. */
zend_object *tusk_guest_token;

void tusk_guest_token_copy(zval *to)
{
	if (!tusk_guest_token) {
		zval object;
		object_init(&object);
		tusk_guest_token = Z_OBJ(object);
	}
	ZVAL_OBJ_COPY(to, tusk_guest_token);
}

static void leave_due_list(guest *one)
{
	for (guest **link = &first_due; *link; link = &(*link)->next_due) {
		if (*link == one) {
			*link = one->next_due;
			if (!*link) {
				last_due = link;
			}
			break;
		}
	}
	one->due = false;
}

void tusk_guest_wait_is_over(guest *one)
{
	if (one->waits) {
		one->waits = false;
		tusk_guests_waiting--;
	}
	one->told = false;
	if (one->due) {
		leave_due_list(one);
	}
}

void tusk_guest_forget_due(void)
{
	for (guest *one = first_due; one; one = one->next_due) {
		one->due = false;
	}
	first_due = NULL;
	last_due = &first_due;
}

/* In a guest's wait: as Fiber::suspend(). False: it may not, and waits where it is. */
bool tusk_guest_leave(tusk_worker *self)
{
	guest *one = (guest *) self;
	zend_fiber *fiber = self->fiber;
	zend_fiber_context *caller = fiber->caller;
	if (!caller || (fiber->flags & ZEND_FIBER_FLAG_DESTROYED) || tusk_fibers == TUSK_FIBERS_TRANSPARENT) {
		return false;
	}
	one->waits = true;
	tusk_guests_waiting++;
	GC_ADDREF(&fiber->std);
	self->saved.execute_data = EG(current_execute_data);
	fiber->execute_data = EG(current_execute_data);
	fiber->stack_bottom->prev_execute_data = NULL;
	fiber->previous = EG(current_fiber_context);
	fiber->caller = &nobody;
	zend_fiber_transfer transfer = {.context = caller, .flags = 0};
	ZVAL_NULL(&transfer.value);
	zend_fiber_switch_context(&transfer);
	tusk_guest_wait_is_over(one);
	self->saved.execute_data = NULL;
	if ((transfer.flags & ZEND_FIBER_TRANSFER_FLAG_ERROR) && !self->raise) {
		/* The engine unwinds it: the wait withdraws first and raises this then. */
		self->raise = Z_OBJ(transfer.value);
	} else {
		zval_ptr_dtor(&transfer.value);
	}
	/* Who resumes a Fiber holds it, so this is never the last reference. */
	GC_DELREF(&fiber->std);
	return true;
}

/* The worker whose stack the guest's Fiber runs on. */
tusk_worker *tusk_guest_carrier(tusk_worker *self)
{
	zend_fiber_context *context = self->fiber->caller;
	while (context && context->kind == zend_ce_fiber) {
		zend_fiber *fiber = zend_fiber_from_context(context);
		tusk_worker *worker = tusk_worker_of_fiber(fiber);
		if (worker) {
			return worker;
		}
		context = fiber->caller;
	}
	return &tusk_main_worker;
}

/* Its wait is over. */
void tusk_guest_due(tusk_worker *self)
{
	guest *one = (guest *) self;
	if (one->waits && !one->due) {
		one->due = true;
		one->next_due = NULL;
		*last_due = one;
		last_due = &one->next_due;
	}
}

/* ---- going on ---- */

void tusk_guest_resume_closure(zval *closure, zend_fiber *fiber)
{
	zval object;
	ZVAL_OBJ(&object, &fiber->std);
	zend_create_fake_closure(closure, resume_method, zend_ce_fiber, zend_ce_fiber, &object);
}

static void resume_here(guest *one)
{
	zend_fiber *fiber = one->worker.fiber;
	zval result, argument;
	GC_ADDREF(&fiber->std);
	tusk_guest_token_copy(&argument);
	ZVAL_UNDEF(&result);
	zend_call_known_instance_method_with_1_params(resume_method, &fiber->std, &result, &argument);
	zval_ptr_dtor(&argument);
	zval_ptr_dtor(&result);
	OBJ_RELEASE(&fiber->std);
}

bool tusk_guests_go_on(bool by_loops)
{
	bool any = false;
	/* Those that become due meanwhile are for the next time. */
	guest *one, *last = first_due;
	while (last && last->next_due) {
		last = last->next_due;
	}
	while (!EG(exception) && (one = first_due) != NULL) {
		bool ends_here = one == last;
		any = true;
		if (by_loops && one->loop) {
			/* It still waits: the closure resumes it. */
			leave_due_list(one);
			one->told = true;
			tusk_guest_tell_loop(one);
		} else {
			resume_here(one);
		}
		if (ends_here) {
			break;
		}
	}
	return any;
}

/* Nobody is there to take what one ended with. */
static void report_failure(void)
{
	if (zend_is_unwind_exit(EG(exception)) || zend_is_graceful_exit(EG(exception))
			|| instanceof_function(EG(exception)->ce, tusk_ce_cancelled)) {
		zend_clear_exception();
	} else {
		zend_exception_error(EG(exception), E_WARNING);
	}
}

static guest *any_due(void)
{
	for (guest *one = tusk_guests; one; one = one->next) {
		if (one->due || one->told) {
			return one;
		}
	}
	return NULL;
}

/* At the end of the script no loop runs any more. */
void tusk_guests_go_on_at_end(void)
{
	guest *one;
	while ((one = any_due()) != NULL) {
		if (one->due) {
			leave_due_list(one);
		}
		one->told = false;
		resume_here(one);
		if (EG(exception)) {
			report_failure();
		}
	}
}

static bool is_token(const zval *value)
{
	return value && Z_TYPE_P(value) == IS_OBJECT && Z_OBJ_P(value) == tusk_guest_token;
}

bool tusk_guest_is_meant(const zend_fiber *fiber, const zval *value)
{
	return guest_of(fiber) || is_token(value);
}

bool tusk_guest_may_resume(zend_fiber *fiber, const zval *value)
{
	guest *one = guest_of(fiber);
	if (is_token(value)) {
		if (!one || !one->waits) {
			return false;
		}
		fiber->caller = NULL;
		return true;
	}
	if (one && one->waits) {
		zend_throw_error(zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("fibererror")),
			"Cannot resume a fiber that is not suspended: it waits in a call that Tusk "
			"makes suspend, and goes on when that returns (tusk.fiber_mode)");
		return false;
	}
	return true;
}

void tusk_guest_returned(zend_fiber *fiber)
{
	guest *one = guest_of(fiber);
	if (!one) {
		return;
	}
	if (fiber->context.status == ZEND_FIBER_STATUS_DEAD) {
		tusk_guest_end(one);
	} else if (one->waits) {
		tusk_guest_keep_loop_alive(one);
	}
}

void tusk_guest_wait_startup(void)
{
	resume_method = zend_hash_str_find_ptr(&zend_ce_fiber->function_table, ZEND_STRL("resume"));
}
