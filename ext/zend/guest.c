/* Guests: Fibers that a foreign event loop started.
 *
 * Such a loop expects that start() and resume() return when the Fiber cannot go on: it runs in
 * the main script, and holds everybody while they do not. So a wait in a guest does what
 * Fiber::suspend() does, and the loop is told when the wait is over. Any other Fiber of PHP code
 * waits transparently: who started it waits too, as in plain PHP. That keeps Fibers that are
 * used as generators right, where a NULL between two values would be one value more.
 *
 * States of a guest, and who may move them:
 *   runs    -> waits   tusk_guest_leave(): it gave control to who resumed it
 *   waits   -> due     the scheduler's choice fell on its task (tusk_guest_due)
 *   due     -> told    its loop got a closure that resumes it
 *   told    -> runs    the loop calls that
 *   due     -> runs    who waits for it, where no loop is told: go_on()
 *   waits, due, told -> runs  the engine unwinds it: the wait ends with that
 *   any     -> (gone)  its Fiber has ended, or is freed
 * While it waits nobody else resumes it: the value would be lost. A wait holds a reference to
 * the Fiber, and keeps the loop alive by a timer that never fires.
 *
 * A guest has a task and an identity like a coroutine, made when first needed, but no stack
 * of its own: it runs inside the loop's. Its engine state (output buffers, error handlers) is
 * the loop's, as a Fiber's is in plain PHP.
 */
#include "guest.h"
#include "handle.h"
#include "zend_closures.h"
#include "zend_extensions.h"
#include "zend_interfaces.h"

extern zend_class_entry *tusk_ce_cancelled;

/* A timer that keeps a loop from ending: nobody's process is as old as this, in seconds. */
#define KEEP_ALIVE_S 1e9

typedef struct guest {
	tusk_worker worker;      /* first: what the scheduler and reports see of it */
	zend_object *loop;       /* who is told, or NULL: whoever waits goes on with it */
	zval keep_alive;         /* the loop's name for the timer, while it waits */
	zval disabled;           /* the loop's name for the callback it runs, while that is disabled */
	bool waits, due;
	bool told;               /* due, and its loop has a closure that resumes it */
	struct guest *next, *previous, *next_due;
} guest;

tusk_fiber_mode tusk_fibers;
uint32_t tusk_guest_count, tusk_guests_waiting;
int tusk_guest_slot = -1;

/* How many of them have a task. */
static uint32_t task_count;
/* The caller of a Fiber that waits: so isSuspended() is false, as in any call that blocks. */
static zend_fiber_context nobody;
static guest *guests, *first_due, **last_due = &first_due;
static const zend_object_handlers *plain_handlers;
static zend_object_handlers guest_handlers;
static zend_function *resume_method;
/* Passed to resume() by the closures that loops are given. */
static zend_object *token;

/* Rust */
void tusk_rt_guests(uint32_t count);
void tusk_rt_guest_look(void);
void tusk_rt_loop_waits(bool waits);
bool tusk_rt_is_alone(uint32_t idle);
void tusk_rt_sleeps(bool sleeps);

static zend_always_inline guest *guest_of(const zend_fiber *fiber)
{
	return (guest *) tusk_guest_of(fiber);
}

/* ---- which Fibers ---- */

typedef enum { NO_LOOP, REVOLT, RUNNER } loop_kind;

/* A class of a loop by name, or of what starts Fibers for one. Only a loop that waits in
 * functions of PHP lets others run; Revolt's drivers on ext-ev, ext-uv and ext-event wait in C
 * libraries, and nothing could go on meanwhile. */
static loop_kind kind_by_name(const zend_class_entry *ce)
{
	for (; ce; ce = ce->parent) {
		if (zend_string_equals_literal(ce->name, "Revolt\\EventLoop\\Driver\\StreamSelectDriver")) {
			return REVOLT;
		}
		if (zend_string_equals_literal(ce->name, "Workerman\\Events\\Fiber")
				|| zend_string_equals_literal(ce->name, "Workerman\\Coroutine\\Coroutine\\Fiber")) {
			return RUNNER;
		}
	}
	return NO_LOOP;
}

static struct { const zend_class_entry *ce; loop_kind kind; } seen[4];

/* Who starts Fibers is of a few classes: the last ones are remembered. */
static loop_kind kind_of(const zend_execute_data *frame, zend_object **object)
{
	if (!frame || Z_TYPE(frame->This) != IS_OBJECT) {
		return NO_LOOP;
	}
	const zend_class_entry *ce = Z_OBJCE(frame->This);
	size_t place = ((uintptr_t) ce >> 6) % (sizeof seen / sizeof *seen);
	if (seen[place].ce != ce) {
		seen[place].kind = kind_by_name(ce);
		seen[place].ce = ce;
	}
	*object = Z_OBJ(frame->This);
	return seen[place].kind;
}

/* ---- life ---- */

static void forget_names(guest *one)
{
	zval_ptr_dtor(&one->disabled);
	ZVAL_UNDEF(&one->disabled);
	zval_ptr_dtor(&one->keep_alive);
	ZVAL_UNDEF(&one->keep_alive);
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

static void wait_is_over(guest *one)
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

/* Its Fiber is a plain one again. */
static void detach(guest *one)
{
	zend_fiber *fiber = one->worker.fiber;
	wait_is_over(one);
	fiber->context.reserved[tusk_guest_slot] = NULL;
	fiber->std.handlers = plain_handlers;
	*(one->previous ? &one->previous->next : &guests) = one->next;
	if (one->next) {
		one->next->previous = one->previous;
	}
	tusk_guest_count--;
	if (tusk_current == &one->worker) {
		tusk_set_current_worker(&tusk_main_worker);
	}
}

/* What a coroutine gives back at its end. May call PHP code. */
static void end(guest *one)
{
	tusk_worker *worker = &one->worker;
	detach(one);
	if (worker->coroutine) {
		tusk_coroutine_run_defers(worker->coroutine);
	}
	if (worker->context) {
		tusk_context_release(&worker->context);
	}
	if (worker->task) {
		tusk_handle_task_ends(worker->task);
	}
	if (worker->leases) {
		tusk_rt_pool_job_ended(worker);
	}
	if (worker->coroutine) {
		worker->coroutine->done = true;
		worker->coroutine->worker = NULL;
		OBJ_RELEASE(&worker->coroutine->std);
	}
	if (worker->task) {
		task_count--;
		tusk_rt_finished(worker->task);
	}
	tusk_rt_guests(tusk_guest_count);
	if (worker->raise) {
		OBJ_RELEASE(worker->raise);
	}
	forget_names(one);
	if (one->loop) {
		OBJ_RELEASE(one->loop);
	}
	efree(one);
}

static void destroy_object(zend_object *object)
{
	zend_fiber *fiber = (zend_fiber *) object;
	plain_handlers->dtor_obj(object);
	guest *one = guest_of(fiber);
	if (one && fiber->context.status == ZEND_FIBER_STATUS_DEAD) {
		end(one);
	}
}

static void free_object(zend_object *object)
{
	guest *one = guest_of((zend_fiber *) object);
	if (one) {
		end(one);
	}
	plain_handlers->free_obj(object);
}

/* The engine's list, and the loop. */
static HashTable *get_gc(zend_object *object, zval **table, int *count)
{
	HashTable *rest = plain_handlers->get_gc(object, table, count);
	guest *one = guest_of((zend_fiber *) object);
	if (one && one->loop) {
		zend_get_gc_buffer_add_obj(&EG(get_gc_buffer), one->loop);
		zend_get_gc_buffer_use(&EG(get_gc_buffer), table, count);
	}
	return rest;
}

static void adopt(zend_fiber *fiber, zend_object *loop)
{
	if (!plain_handlers) {
		plain_handlers = fiber->std.handlers;
		guest_handlers = *plain_handlers;
		guest_handlers.dtor_obj = destroy_object;
		guest_handlers.free_obj = free_object;
		guest_handlers.get_gc = get_gc;
	}
	guest *one = ecalloc(1, sizeof *one);
	one->worker.guest = 1;
	one->worker.passes = &one->worker.transfer;
	one->worker.fiber = fiber;
	ZVAL_UNDEF(&one->keep_alive);
	ZVAL_UNDEF(&one->disabled);
	if (loop) {
		GC_ADDREF(loop);
		one->loop = loop;
	}
	one->next = guests;
	if (guests) {
		guests->previous = one;
	}
	guests = one;
	fiber->std.handlers = &guest_handlers;
	fiber->context.reserved[tusk_guest_slot] = one;
	tusk_guest_count++;
	tusk_rt_guests(tusk_guest_count);
}

bool tusk_guest_begin(zend_fiber *fiber, const zend_execute_data *starter)
{
	if (tusk_fibers == TUSK_FIBERS_TRANSPARENT || tusk_guest_slot < 0
			|| fiber->context.status != ZEND_FIBER_STATUS_INIT) {
		return false;
	}
	zend_object *object = NULL;
	loop_kind kind = kind_of(starter, &object);
	if (kind == NO_LOOP && tusk_fibers != TUSK_FIBERS_SUSPEND) {
		return false;
	}
	tusk_worker *here = tusk_worker_current();
	zend_object *loop = here->guest ? ((guest *) here)->loop : NULL;
	if (!here->guest && here != &tusk_main_worker) {
		return false; /* in a coroutine, which waits without holding anybody */
	}
	if (kind == REVOLT && !EG(active_fiber)) {
		return false; /* the Fiber that the loop itself runs in */
	}
	if (kind == REVOLT && !loop) {
		loop = object;
	}
	if (kind == RUNNER && !loop && tusk_fibers != TUSK_FIBERS_SUSPEND) {
		return false; /* on a loop that is not known to let others run */
	}
	adopt(fiber, loop);
	return true;
}

/* ---- waiting ---- */

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
	wait_is_over(one);
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

static void resume_closure(zval *closure, zend_fiber *fiber)
{
	zval object;
	ZVAL_OBJ(&object, &fiber->std);
	zend_create_fake_closure(closure, resume_method, zend_ce_fiber, zend_ce_fiber, &object);
}

/* The callback that one of Revolt's Fibers runs, or NULL: its variable `callback`, while it is
 * one that may come again. */
static zval *running_callback(const guest *one)
{
	const zend_execute_data *bottom = NULL;
	for (const zend_execute_data *ex = one->worker.fiber->execute_data; ex; ex = ex->prev_execute_data) {
		if (ex->func && ZEND_USER_CODE(ex->func->type)) {
			bottom = ex;
		}
	}
	if (!bottom || Z_TYPE(bottom->This) != IS_OBJECT || Z_OBJ(bottom->This) != one->loop) {
		return NULL;
	}
	const zend_op_array *code = &bottom->func->op_array;
	for (int i = 0; i < code->last_var; i++) {
		if (zend_string_equals_literal(code->vars[i], "callback")) {
			zval *callback = ZEND_CALL_VAR_NUM(bottom, i);
			return Z_TYPE_P(callback) == IS_OBJECT ? callback : NULL;
		}
	}
	return NULL;
}

/* It is not called again while it waits, as if the call had blocked: a stream that nobody has
 * read yet would call it for ever. */
static void disable_callback(guest *one)
{
	zval *callback = running_callback(one), rv, rv2;
	if (!callback) {
		return;
	}
	zval *enabled = zend_read_property(Z_OBJCE_P(callback), Z_OBJ_P(callback), ZEND_STRL("enabled"), 1, &rv);
	zval *id = zend_read_property(Z_OBJCE_P(callback), Z_OBJ_P(callback), ZEND_STRL("id"), 1, &rv2);
	if (Z_TYPE_P(enabled) != IS_TRUE || Z_TYPE_P(id) != IS_STRING) {
		return;
	}
	ZVAL_COPY(&one->disabled, id);
	zend_call_method_with_1_params(one->loop, one->loop->ce, NULL, "disable", NULL, &one->disabled);
}

static void enable_callback(guest *one)
{
	zval id;
	if (Z_TYPE(one->disabled) == IS_UNDEF) {
		return;
	}
	ZVAL_COPY_VALUE(&id, &one->disabled);
	ZVAL_UNDEF(&one->disabled);
	zend_call_method_with_1_params(one->loop, one->loop->ce, NULL, "enable", NULL, &id);
	zval_ptr_dtor(&id);
	if (EG(exception)) {
		zend_clear_exception(); /* it has been cancelled meanwhile */
	}
}

/* The loop must not end while one of its Fibers waits here. */
static void keep_loop_alive(guest *one)
{
	zval closure, seconds;
	if (!one->loop || Z_TYPE(one->keep_alive) != IS_UNDEF || EG(exception)) {
		return;
	}
	resume_closure(&closure, one->worker.fiber);
	ZVAL_DOUBLE(&seconds, KEEP_ALIVE_S);
	zend_call_method_with_2_params(one->loop, one->loop->ce, NULL, "repeat", &one->keep_alive, &seconds, &closure);
	zval_ptr_dtor(&closure);
	if (!EG(exception)) {
		disable_callback(one);
	}
}

static void let_loop_end(guest *one)
{
	zval id;
	if (Z_TYPE(one->keep_alive) == IS_UNDEF) {
		return;
	}
	ZVAL_COPY_VALUE(&id, &one->keep_alive);
	ZVAL_UNDEF(&one->keep_alive);
	zend_call_method_with_1_params(one->loop, one->loop->ce, NULL, "cancel", NULL, &id);
	zval_ptr_dtor(&id);
}

/* The loop resumes it in a callback, as it resumes what it suspended itself; so failures take
 * the loop's way, too. */
static void tell_loop(guest *one)
{
	zval closure, argument;
	let_loop_end(one);
	enable_callback(one);
	if (EG(exception)) {
		return;
	}
	resume_closure(&closure, one->worker.fiber);
	ZVAL_OBJ(&argument, token);
	zend_call_method_with_2_params(one->loop, one->loop->ce, NULL, "queue", NULL, &closure, &argument);
	zval_ptr_dtor(&closure);
}

static void resume_here(guest *one)
{
	zend_fiber *fiber = one->worker.fiber;
	zval result, argument;
	GC_ADDREF(&fiber->std);
	ZVAL_OBJ(&argument, token);
	ZVAL_UNDEF(&result);
	zend_call_known_instance_method_with_1_params(resume_method, &fiber->std, &result, &argument);
	zval_ptr_dtor(&result);
	OBJ_RELEASE(&fiber->std);
}

/* Whose waits are over go on, or their loop is told; true if there was any. */
static bool go_on(bool by_loops)
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
			tell_loop(one);
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
	for (guest *one = guests; one; one = one->next) {
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
	return value && Z_TYPE_P(value) == IS_OBJECT && Z_OBJ_P(value) == token;
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
		end(one);
	} else if (one->waits) {
		keep_loop_alive(one);
	}
}

/* ---- the loop's own waits ---- */

static bool by_loop(const zend_execute_data *call)
{
	zend_object *object;
	return kind_of(call->prev_execute_data, &object) == REVOLT;
}

bool tusk_guest_loop_calls(const zend_execute_data *call)
{
	return by_loop(call) || (tusk_guests_waiting && tusk_fibers == TUSK_FIBERS_SUSPEND
		&& tusk_worker_current() == &tusk_main_worker);
}

bool tusk_guest_loop_is_alone(void)
{
	return !tusk_guests_waiting && tusk_rt_is_alone(task_count);
}

/* Around that call: below it lies a call of libc that would suspend, too. */
void tusk_guest_plain_call(bool begins)
{
	tusk_concurrent = !begins;
	tusk_rt_sleeps(begins);
}

void tusk_guest_adopted(void)
{
	task_count++;
}

bool tusk_guest_before_wait(const zend_execute_data *call, bool may_end_early)
{
	if (!tusk_state_may_switch()) {
		return false;
	}
	tusk_rt_guest_look();
	if (go_on(true)) {
		return true;
	}
	tusk_rt_loop_waits(may_end_early || by_loop(call));
	return false;
}

void tusk_guest_after_wait(void)
{
	tusk_rt_loop_waits(false);
	if (!EG(exception)) {
		go_on(true);
	}
}

/* A loop that always has something to do need not wait: it looks between its callbacks. */
void tusk_guest_between_callbacks(const zend_execute_data *call)
{
	if (by_loop(call) && !tusk_worker_current()->guest && tusk_state_may_switch()) {
		tusk_rt_guest_look();
		go_on(true);
	}
}

/* ---- the process ---- */

/* The child of a fork keeps Fibers as they are; waits of the parent's are never over here. */
void tusk_guests_forked(void)
{
	task_count = 0;
	for (guest *one = guests; one; one = one->next) {
		one->worker.task = 0;
		one->next_due = NULL;
		one->due = false;
	}
	first_due = NULL;
	last_due = &first_due;
}

void tusk_guest_startup(void)
{
	tusk_guest_slot = zend_get_resource_handle("tusk");
	resume_method = zend_hash_str_find_ptr(&zend_ce_fiber->function_table, ZEND_STRL("resume"));
}

void tusk_guest_request_begin(void)
{
	zval object;
	object_init(&object);
	token = Z_OBJ(object);
}

/* Fibers are freed after this, when there is no scheduler any more. */
void tusk_guest_request_end(void)
{
	while (guests) {
		guest *one = guests;
		detach(one);
		forget_names(one);
		if (one->worker.coroutine) {
			one->worker.coroutine->worker = NULL;
			one->worker.coroutine->done = true;
			OBJ_RELEASE(&one->worker.coroutine->std);
		}
		if (one->loop) {
			OBJ_RELEASE(one->loop);
		}
		efree(one);
	}
	if (token) {
		OBJ_RELEASE(token);
		token = NULL;
	}
	task_count = 0;
	memset(seen, 0, sizeof seen);
}
