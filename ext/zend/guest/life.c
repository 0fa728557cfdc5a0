/* Guests begin, end, and are the engine's Fibers meanwhile. */
#include "guest/parts.h"
#include "handle.h"
#include "zend_extensions.h"

tusk_fiber_mode tusk_fibers;
uint32_t tusk_guest_count, tusk_guests_waiting;
int tusk_guest_slot = -1;

uint32_t tusk_guest_tasks;
guest *tusk_guests;
static const zend_object_handlers *plain_handlers;
static zend_object_handlers guest_handlers;

/* Rust */
void tusk_rt_guests(uint32_t count);

/* Its Fiber is a plain one again. */
static void detach(guest *one)
{
	zend_fiber *fiber = one->worker.fiber;
	tusk_guest_wait_is_over(one);
	fiber->context.reserved[tusk_guest_slot] = NULL;
	fiber->std.handlers = plain_handlers;
	*(one->previous ? &one->previous->next : &tusk_guests) = one->next;
	if (one->next) {
		one->next->previous = one->previous;
	}
	tusk_guest_count--;
	if (tusk_current == &one->worker) {
		tusk_set_current_worker(&tusk_main_worker);
	}
}

/* What a coroutine gives back at its end. May call PHP code. */
void tusk_guest_end(guest *one)
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
		tusk_guest_tasks--;
		tusk_rt_finished(worker->task);
	}
	tusk_rt_guests(tusk_guest_count);
	if (worker->raise) {
		OBJ_RELEASE(worker->raise);
	}
	tusk_guest_forget_names(one);
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
		tusk_guest_end(one);
	}
}

static void free_object(zend_object *object)
{
	guest *one = guest_of((zend_fiber *) object);
	if (one) {
		tusk_guest_end(one);
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
	one->next = tusk_guests;
	if (tusk_guests) {
		tusk_guests->previous = one;
	}
	tusk_guests = one;
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
	loop_kind kind = tusk_guest_kind_of(starter, &object);
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

void tusk_guest_adopted(void)
{
	tusk_guest_tasks++;
}

/* The child of a fork keeps Fibers as they are; waits of the parent's are never over here. */
void tusk_guests_forked(void)
{
	tusk_guest_tasks = 0;
	for (guest *one = tusk_guests; one; one = one->next) {
		one->worker.task = 0;
	}
	tusk_guest_forget_due();
}

void tusk_guest_startup(void)
{
	tusk_guest_slot = zend_get_resource_handle("tusk");
	tusk_guest_wait_startup();
}

/* Fibers are freed after this, when there is no scheduler any more. */
void tusk_guest_request_end(void)
{
	while (tusk_guests) {
		guest *one = tusk_guests;
		detach(one);
		tusk_guest_forget_names(one);
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
	if (tusk_guest_token) {
		OBJ_RELEASE(tusk_guest_token);
		tusk_guest_token = NULL;
	}
	tusk_guest_tasks = 0;
	tusk_guest_forget_kinds();
}
