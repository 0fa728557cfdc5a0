/* Workers: stacks with their Fibers, what runs on them, and how they come and go. How one
 * is left for another is in switch.c.
 *
 * A worker is a C stack with a Fiber object of its own. It runs a job (a coroutine or an
 * event loop's callback), then the next, without leaving its stack; it is left only when
 * a job suspends or when a suspended one is next. Parked workers wait in the idle list.
 *
 * Invariants
 * 1. A worker's context is never marked dead for the engine to destroy: the engine would
 *    free a stack that is ours. Workers that go are freed by the code that runs next.
 * 2. `fiber->caller` of a running worker is the hub, or who called resume() on it. It is
 *    NULL only while PHP code suspended it with Fiber::suspend(). That is what makes
 *    Fiber::getCurrent(), suspend() and resume() work inside coroutines.
 * 3. A Fiber object that somebody else holds when its job ends (a variable, a WeakMap) is
 *    left to them, terminated, and the worker gets a new one: no job sees another's.
 *
 * Layout of a stack slot, from low to high:
 *   guard | C stack, growing down from X | worker | VM stack, growing up to the top
 * X lies inside the last-but-four page, so that a shallow coroutine touches one page for
 * all three. The VM part is sized so that ordinary call depth never leaves it: leaving it
 * means an emalloc per call at the boundary.
 */
#include "internal.h"
#include "guest/guest.h"
#include <dlfcn.h>
#include <errno.h>
#include "zend_observer.h"
#include "zend_vm.h"
#include "zend_ini.h"
#include "zend_alloc.h"
#include "zend_virtual_cwd.h"
#if defined(__has_include)
# if __has_include(<valgrind/valgrind.h>)
#  include <valgrind/valgrind.h>
# endif
#endif

/* Bytes of the shared page that belong to the C stack. Measured with
 * benches/parked.php: a coroutine that sleeps needs about 1.9 KiB of C stack. */
#define TUSK_SHARED_C_BYTES 2560
#define TUSK_VM_PAGES_BYTES (16 * 1024)
/* Further VM segments, from the request heap; a power of two, as the engine wants. */
#define TUSK_VM_SEGMENT_BYTES (16 * 1024)

extern void *make_fcontext(void *sp, size_t size, void (*entry)(tusk_jump)) __attribute__((weak));

bool tusk_rt_stack_alloc(void **base, void **top, uint64_t *mark);
void tusk_rt_stack_free(void *base, void *top, uint64_t mark);

tusk_worker tusk_main_worker;
tusk_worker *tusk_current = &tusk_main_worker;
zend_fiber *tusk_current_fiber;
tusk_worker *tusk_dead;
static tusk_worker *idle, *entering;
static uint32_t idle_count, worker_count;
static tusk_worker hub_worker; /* only what switch.c needs: it runs no jobs */
static zend_fiber_context hub;
static zend_vm_stack hub_vm; /* NULL until somebody has called Fiber::suspend() */
static zend_function root_function = { ZEND_INTERNAL_FUNCTION };
bool tusk_use_zend_stacks;
/* unserialize() nests 4,096 deep by default and needs 256 bytes a level; what is not touched
 * costs address space and, per coroutine, 2.5 KiB of page tables instead of 0.5 at 256 KiB. */
size_t tusk_stack_size = 1344 * 1024;
uint32_t tusk_max_idle = 4096;

static tusk_worker *worker_of(zend_fiber *fiber)
{
	return (tusk_worker *) fiber->fci.params;
}

static void worker_entry(zend_fiber_transfer *transfer);

/* Slow path: PHP code switched Fibers by itself since we last switched. */
static tusk_worker *find_current(void)
{
	zend_fiber *fiber = EG(active_fiber);
	while (fiber && fiber->context.function != worker_entry) {
		tusk_worker *guest = tusk_guest_of(fiber);
		if (guest) {
			return guest;
		}
		zend_fiber_context *caller = fiber->caller;
		if (!caller || caller->kind != zend_ce_fiber) {
			return &tusk_main_worker;
		}
		fiber = zend_fiber_from_context(caller);
	}
	return fiber ? worker_of(fiber) : &tusk_main_worker;
}

tusk_worker *tusk_worker_of_fiber(const zend_fiber *fiber)
{
	return fiber->context.function == worker_entry ? (tusk_worker *) fiber->fci.params : NULL;
}

tusk_worker *tusk_worker_current(void)
{
	return EXPECTED(EG(active_fiber) == tusk_current_fiber) ? tusk_current : find_current();
}

static void free_worker(tusk_worker *worker)
{
	zend_fiber *fiber = worker->fiber;
	tusk_state_free(&worker->state);
	worker_count--;
	if (worker->slot_base) {
		zend_observer_fiber_destroy_notify(&fiber->context);
#ifdef VALGRIND_STACK_DEREGISTER
		VALGRIND_STACK_DEREGISTER((uintptr_t) worker->zend_stack[15]);
#endif
		tusk_rt_stack_free(worker->slot_base, worker->slot_top, worker->slot_mark);
	} else {
		zend_fiber_destroy_context(&fiber->context);
		if (worker->vm) {
			efree(worker->vm);
		}
		pefree(worker, 1);
	}
	fiber->context.status = ZEND_FIBER_STATUS_DEAD;
	fiber->context.stack = NULL;
	fiber->caller = NULL;
	fiber->execute_data = fiber->stack_bottom = NULL;
	fiber->fci.params = NULL;
	OBJ_RELEASE(&fiber->std);
}

void tusk_bury_workers(void)
{
	while (UNEXPECTED(tusk_dead != NULL)) {
		tusk_worker *worker = tusk_dead;
		tusk_dead = worker->next;
		free_worker(worker);
	}
}

/* ---- making workers ---- */

static void own_entry(tusk_jump data)
{
	zend_fiber_transfer transfer = *data.transfer;
	transfer.context->handle = data.handle;
	worker_entry(&transfer);
}

static bool attach_fiber(tusk_worker *worker)
{
	zval object;
	if (object_init_ex(&object, zend_ce_fiber) != SUCCESS) {
		return false;
	}
	zend_fiber *fiber = (zend_fiber *) Z_OBJ(object);
	/* The engine must not resume it with its own unwinding at the end of the request: an
	 * idle worker has nothing to unwind, and drain() has seen to all others. */
	GC_ADD_FLAGS(&fiber->std, IS_OBJ_DESTRUCTOR_CALLED);
	fiber->fci.params = (zval *) worker;
	fiber->previous = &fiber->context;
	fiber->caller = &hub;
	fiber->context.kind = zend_ce_fiber;
	fiber->context.function = worker_entry;
	ZVAL_NULL(&fiber->result); /* getReturn() of a Fiber whose job has ended */
	worker->fiber = fiber;
	return true;
}

/* The engine's function returns a bool in PHP 8.2 and a zend_result, with success 0, later. */
static bool init_context(zend_fiber_context *context, void *kind, zend_fiber_coroutine entry, size_t size)
{
	context->stack = NULL;
	(void) zend_fiber_init_context(context, kind, entry, size);
	return context->stack != NULL;
}

static tusk_worker *make_worker(void)
{
	/* ASAN wants to be told of every stack and every switch; the engine tells it of its own. */
	if (tusk_use_zend_stacks || !make_fcontext || dlsym(RTLD_DEFAULT, "__asan_init")) {
		/* The worker's record must outlive the stack only until it is buried. */
		tusk_worker *worker = pecalloc(1, sizeof *worker, 1);
		worker->passes = &worker->transfer;
		if (!attach_fiber(worker)
				|| !init_context(&worker->fiber->context, zend_ce_fiber, worker_entry, tusk_stack_size)) {
			pefree(worker, 1);
			return NULL;
		}
		worker_count++;
		return worker;
	}

	tusk_overflow_startup();
	void *base, *top;
	uint64_t mark;
	if (!tusk_rt_stack_alloc(&base, &top, &mark)) {
		return NULL; /* thrown */
	}
	size_t page = zend_get_page_size();
	char *shared = (char *) top - TUSK_VM_PAGES_BYTES - page;
	char *split = shared + TUSK_SHARED_C_BYTES;
	tusk_worker *worker = (tusk_worker *) split;
	memset(worker, 0, sizeof *worker);
	worker->slot_base = base;
	worker->slot_top = top;
	worker->slot_mark = mark;
	worker->passes = &worker->transfer;
	worker->vm = (zend_vm_stack) ZEND_MM_ALIGNED_SIZE_EX((size_t) (worker + 1), 16);
	worker->vm->end = (zval *) top;
	worker->vm->prev = NULL;
	worker->vm->top = ZEND_VM_STACK_ELEMENTS(worker->vm);
	if (!attach_fiber(worker)) {
		tusk_rt_stack_free(base, top, mark);
		return NULL;
	}
	zend_fiber_context *context = &worker->fiber->context;
	worker->zend_stack[0] = base;
	worker->zend_stack[1] = (void *) (split - (char *) base);
#ifdef VALGRIND_STACK_REGISTER
	worker->zend_stack[15] = (void *) (uintptr_t) VALGRIND_STACK_REGISTER(base, split);
#endif
	context->stack = (zend_fiber_stack *) worker->zend_stack;
	context->handle = make_fcontext(split, (size_t) worker->zend_stack[1], own_entry);
	context->status = ZEND_FIBER_STATUS_INIT;
	zend_observer_fiber_init_notify(context);
	worker_count++;
	return worker;
}

/* The job has ended. Invariant 3. */
static void renew_fiber(tusk_worker *worker)
{
	zend_fiber *old = worker->fiber;
	if (EXPECTED(GC_REFCOUNT(&old->std) == 1 && !(OBJ_FLAGS(&old->std) & IS_OBJ_WEAKLY_REFERENCED))) {
		return;
	}
	if (!attach_fiber(worker)) {
		return;
	}
	zend_fiber *fresh = worker->fiber;
	zend_fiber_context *from = &old->context, *to = &fresh->context;
	to->handle = from->handle;
	to->stack = from->stack;
	to->status = ZEND_FIBER_STATUS_RUNNING;
	zend_observer_fiber_init_notify(to);
	zend_observer_fiber_switch_notify(from, to);
	zend_observer_fiber_destroy_notify(from);
	from->status = ZEND_FIBER_STATUS_DEAD;
	from->stack = NULL;
	old->execute_data = old->stack_bottom = NULL;
	old->caller = NULL;
	old->fci.params = NULL;
	EG(current_fiber_context) = to;
	EG(active_fiber) = fresh;
	tusk_current_fiber = fresh;
	OBJ_RELEASE(&old->std);
}

/* A job starts with the INI setting, as a Fiber does, whatever the job before it set. The
 * value is parsed again only when it was replaced, perhaps by one that got the memory of the former. */
static int base_error_reporting(void)
{
	static const zend_string *seen;
	static char text[16];
	static int parsed;
	static zend_ini_entry *entry;
	if (UNEXPECTED(!entry)) {
		entry = zend_hash_str_find_ptr(EG(ini_directives), ZEND_STRL("error_reporting"));
	}
	if (UNEXPECTED(entry->value != seen || !seen || strcmp(ZSTR_VAL(seen), text) != 0)) {
		seen = entry->value;
		snprintf(text, sizeof(text), "%s", seen ? ZSTR_VAL(seen) : "");
		parsed = seen ? (int) ZEND_STRTOL(ZSTR_VAL(seen), NULL, 0) : E_ALL;
	}
	return parsed;
}

/* exit() ends the script, as in plain PHP: coroutine 0 unwinds next. Takes the reference;
 * the first one counts. */
void tusk_exit_in_main(zend_object *exit)
{
	if (tusk_main_worker.raise) {
		OBJ_RELEASE(exit);
	} else {
		tusk_main_worker.raise = exit;
		tusk_rt_main_urgent();
	}
}

/* What a job may leave behind on its worker. */
void tusk_worker_job_done(tusk_worker *worker)
{
	if (UNEXPECTED(worker->raise != NULL)) {
		OBJ_RELEASE(worker->raise);
		worker->raise = NULL;
	}
	if (UNEXPECTED(worker->ends_process)) {
		/* The child of a fork made in this job, which was the child's main: the script
		 * ends in the child as after exit(). */
		worker->ends_process = false;
		tusk_exit_in_main(zend_create_unwind_exit());
	}
}

static void worker_loop(tusk_worker *worker, zend_execute_data *bottom)
{
	for (;;) {
		memset(bottom, 0, sizeof *bottom);
		bottom->func = &root_function;
		worker->fiber->execute_data = worker->fiber->stack_bottom = bottom;
		EG(current_execute_data) = bottom;
		EG(jit_trace_num) = 0;
		EG(error_reporting) = base_error_reporting();

		if (worker->job_is_call) {
			tusk_callback_run(worker->job);
		} else {
			tusk_coroutine_run(worker, (tusk_coroutine *) (uintptr_t) worker->job);
		}

		zend_fiber_context *caller = worker->fiber->caller;
		tusk_state_leave(&worker->state);
		if (UNEXPECTED(worker->state != NULL)) {
			tusk_state_free(&worker->state);
		}
		renew_fiber(worker);
		if (UNEXPECTED(caller != &hub)) {
			/* PHP code resumed this Fiber and waits for it to end. */
			worker->fiber->caller = &hub;
			tusk_worker_idle(worker);
			tusk_switch_to_context(worker, caller);
			continue;
		}
		tusk_rt_next_job(worker);
	}
}

/* A fatal error: the script ends, as in plain PHP. The running stack is abandoned; the
 * others are too, without destructors, because the engine marked all objects. */
static void bail_out_in_main(void)
{
	zend_fiber_transfer end;
	end.context = EG(main_fiber_context);
	end.flags = ZEND_FIBER_TRANSFER_FLAG_BAILOUT;
	ZVAL_NULL(&end.value);
	tusk_set_current_worker(&tusk_main_worker);
	tusk_rt_main_resumes();
	zend_fiber_switch_context(&end);
}

static void worker_entry(zend_fiber_transfer *transfer)
{
	tusk_worker *worker = entering;
	ZVAL_NULL(&transfer->value);
	tusk_bury_workers();
	tusk_set_current_worker(worker);
	EG(vm_stack) = NULL;
	EG(active_fiber) = worker->fiber;

	zend_first_try {
		if (!worker->vm) {
			worker->vm = zend_vm_stack_new_page(TUSK_VM_SEGMENT_BYTES, NULL);
		}
		EG(vm_stack) = worker->vm;
		EG(vm_stack_top) = worker->vm->top + ZEND_CALL_FRAME_SLOT;
		EG(vm_stack_end) = worker->vm->end;
		EG(vm_stack_page_size) = TUSK_VM_SEGMENT_BYTES;
#if PHP_VERSION_ID >= 80300 && defined(ZEND_CHECK_STACK_LIMIT)
		if (worker->slot_base) {
			EG(stack_base) = worker;
			EG(stack_limit) = (char *) worker->slot_base + EG(reserved_stack_size);
		} else {
			EG(stack_base) = zend_fiber_stack_base(worker->fiber->context.stack);
			EG(stack_limit) = zend_fiber_stack_limit(worker->fiber->context.stack);
		}
#endif
		worker_loop(worker, (zend_execute_data *) worker->vm->top);
	} zend_catch {
		bail_out_in_main();
	} zend_end_try();
	ZEND_UNREACHABLE();
}

/* ---- the hub: where control goes when PHP code calls Fiber::suspend() ---- */

static void hub_entry(zend_fiber_transfer *transfer)
{
	hub_vm = EG(vm_stack) = zend_vm_stack_new_page(4096, NULL);
	EG(vm_stack_top) = EG(vm_stack)->top + ZEND_CALL_FRAME_SLOT;
	EG(vm_stack_end) = EG(vm_stack)->end;
	EG(vm_stack_page_size) = 4096;
	zend_execute_data *bottom = (zend_execute_data *) EG(vm_stack)->top;
	memset(bottom, 0, sizeof *bottom);
	bottom->func = &root_function;
	EG(current_execute_data) = bottom;
	EG(active_fiber) = NULL;
#if PHP_VERSION_ID >= 80300 && defined(ZEND_CHECK_STACK_LIMIT)
	EG(stack_base) = zend_fiber_stack_base(hub.stack);
	EG(stack_limit) = zend_fiber_stack_limit(hub.stack);
#endif
	zval_ptr_dtor(&transfer->value);
	zend_first_try {
		for (;;) {
			tusk_rt_run_others();
		}
	} zend_catch {
		bail_out_in_main();
	} zend_end_try();
}

const zend_fiber_context *tusk_hub_context(void)
{
	return &hub;
}

tusk_worker *tusk_worker_hub(void)
{
	return &hub_worker;
}

bool tusk_worker_prepare(void)
{
	tusk_main_worker.passes = &tusk_main_worker.transfer;
	hub_worker.passes = &hub_worker.transfer;
	if (hub.stack) {
		return true;
	}
	if (!init_context(&hub, &hub, hub_entry, 128 * 1024)) {
		return false;
	}
#ifdef VALGRIND_STACK_REGISTER
	/* The engine registers its stacks only when it was built with valgrind's headers. Its
	 * record begins with the lowest address and the size. */
	void **stack = (void **) hub.stack;
	VALGRIND_STACK_REGISTER(stack[0], (char *) stack[0] + (size_t) stack[1]);
#endif
	return true;
}

/* An idle worker with a job, or a new one that starts with it. NULL: none could be made, an
 * exception is set. */
tusk_worker *tusk_take_worker(uint64_t job, bool is_call)
{
	tusk_worker *worker = idle;
	if (EXPECTED(worker != NULL)) {
		idle = worker->next;
		idle_count--;
	} else {
		int errno_value = errno; /* the coroutine's that is left for the new worker */
		/* An event loop gets here without a spawn that would have prepared. */
		if (UNEXPECTED(!tusk_worker_prepare())) {
			return NULL;
		}
		worker = make_worker();
		errno = errno_value;
		if (!worker) {
			return NULL;
		}
		worker->resume = &worker->fiber->context;
		entering = worker;
	}
	worker->job = job;
	worker->job_is_call = is_call;
	return worker;
}

/* It has no job, and is about to be left: kept for the next one, or buried by who runs
 * after it when enough are. */
void tusk_worker_idle(tusk_worker *worker)
{
	if (EXPECTED(idle_count < tusk_max_idle)) {
		worker->next = idle;
		idle = worker;
		idle_count++;
	} else {
		worker->next = tusk_dead;
		tusk_dead = worker;
	}
}

uint32_t tusk_worker_count(void) { return worker_count; }
uint32_t tusk_worker_idle_count(void) { return idle_count; }

void tusk_worker_request_end(void)
{
	tusk_guest_request_end();
	while (idle) {
		tusk_worker *worker = idle;
		idle = worker->next;
		free_worker(worker);
	}
	tusk_bury_workers();
	idle_count = 0;
	if (hub.stack) {
		zend_fiber_destroy_context(&hub);
		memset(&hub, 0, sizeof hub);
		if (hub_vm) {
			efree(hub_vm);
			hub_vm = NULL;
		}
	}
	if (tusk_main_worker.coroutine) {
		/* Somebody may still hold it, and it is nobody's any more. */
		tusk_main_worker.coroutine->worker = NULL;
		tusk_main_worker.coroutine->done = true;
		OBJ_RELEASE(&tusk_main_worker.coroutine->std);
	}
	if (tusk_main_worker.raise) {
		/* exit() after the main script had ended: nobody was left to unwind. */
		OBJ_RELEASE(tusk_main_worker.raise);
	}
	tusk_set_current_worker(&tusk_main_worker);
	tusk_state_free(&tusk_main_worker.state);
	tusk_context_release(&tusk_main_worker.context);
	memset(&tusk_main_worker, 0, sizeof tusk_main_worker);
}
