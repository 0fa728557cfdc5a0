/* Callbacks of an event loop: a callable with its arguments, called on whatever worker
 * takes it from the ready queue. It becomes a task only if it waits or is asked who it is.
 */
#include "internal.h"

extern zend_class_entry *tusk_ce_cancelled;

struct tusk_callback {
	uint32_t refcount;
	zend_fcall_info_cache fcc;
	zval callable;
	uint32_t argc;
	zval args[];
};

/* A key with this bit, and the one that says watch: the busy handler is to be called. */
#define TUSK_BUSY_BIT (UINT64_C(1) << 31)
#define TUSK_WATCH_BIT (UINT64_C(1) << 63)
/* The job that runs the handlers of pending signals. */
#define TUSK_INTERRUPT 0
/* The job that does a piece of work of the pools: UPKEEP in ext/pool/upkeep.rs. */
#define TUSK_UPKEEP (UINT64_C(1) << 62)
/* The jobs that end a Fiber::suspend() of a coroutine: CALL_IN in native/runtime/src/scheduler/outside.rs,
 * UNWIND in ext/core.rs. */
#define TUSK_CALL_IN (UINT64_C(1) << 61)
#define TUSK_UNWIND (TUSK_CALL_IN + 1)

/* Rust: the callback to call for this key; NULL when it was removed after it had been
 * queued. `given`: the reference is ours now. */
tusk_callback *tusk_rt_callback_begin(uint64_t key, bool *given);
void tusk_rt_callback_end(uint64_t key, bool waited);

tusk_callback *tusk_callback_new(zend_fcall_info *fci, zend_fcall_info_cache *fcc, zval *args, uint32_t argc)
{
	tusk_callback *callback = emalloc(sizeof *callback + argc * sizeof(zval));
	callback->refcount = 1;
	callback->fcc = *fcc;
	ZVAL_COPY(&callback->callable, &fci->function_name);
	callback->argc = argc;
	for (uint32_t i = 0; i < argc; i++) {
		ZVAL_COPY(&callback->args[i], &args[i]);
	}
	return callback;
}

void tusk_callback_release(tusk_callback *callback)
{
	if (--callback->refcount) {
		return;
	}
	zval_ptr_dtor(&callback->callable);
	for (uint32_t i = 0; i < callback->argc; i++) {
		zval_ptr_dtor(&callback->args[i]);
	}
	efree(callback);
}

/* One of each for all callbacks of the loop (workerman has one loop per process). */
static zval error_handler, busy_handler;

void tusk_callback_set(zval *handler, zval *callable)
{
	zval former;
	ZVAL_COPY_VALUE(&former, handler);
	if (callable) {
		ZVAL_COPY(handler, callable);
	} else {
		ZVAL_UNDEF(handler);
	}
	zval_ptr_dtor(&former); /* last: it may run a destructor */
}

void tusk_callback_set_error_handler(zval *callable) { tusk_callback_set(&error_handler, callable); }
void tusk_callback_set_busy_handler(zval *callable) { tusk_callback_set(&busy_handler, callable); }

void tusk_callback_request_end(void)
{
	tusk_callback_set(&error_handler, NULL);
	tusk_callback_set(&busy_handler, NULL);
	tusk_forget_request_end();
}

/* It did what it was asked to. */
static bool ended_by_cancel(const zend_object *exception)
{
	tusk_task_id task = tusk_worker_current()->task;
	return task && instanceof_function(exception->ce, tusk_ce_cancelled) && tusk_rt_is_cancelled(task);
}

static void handle_failure(void)
{
	zend_object *exception = EG(exception);
	if (zend_is_unwind_exit(exception)) {
		GC_ADDREF(exception);
		tusk_exit_in_main(exception);
		zend_clear_exception();
		return;
	}
	if (zend_is_graceful_exit(exception) || ended_by_cancel(exception)) {
		zend_clear_exception();
		return;
	}
	if (Z_TYPE(error_handler) != IS_UNDEF) {
		zval callable, argument, rv;
		ZVAL_COPY(&callable, &error_handler); /* it may set another */
		ZVAL_OBJ_COPY(&argument, exception);
		zend_clear_exception();
		ZVAL_UNDEF(&rv);
		call_user_function(NULL, NULL, &callable, &rv, 1, &argument);
		zval_ptr_dtor(&rv);
		zval_ptr_dtor(&callable);
		zval_ptr_dtor(&argument);
		if (!EG(exception)) {
			return;
		}
		if (zend_is_unwind_exit(EG(exception))) {
			handle_failure();
			return;
		}
	}
	zend_exception_error(EG(exception), E_WARNING);
}

/* Tells the host that a watch is busy: its PHP stream and its number. */
static void call_busy_handler(const tusk_callback *watched, uint64_t key)
{
	zval callable, result, args[2];
	if (Z_TYPE(busy_handler) == IS_UNDEF || watched->argc == 0) {
		return;
	}
	ZVAL_COPY(&callable, &busy_handler);
	ZVAL_COPY_VALUE(&args[0], &watched->args[0]);
	ZVAL_LONG(&args[1], (zend_long) (key & ~TUSK_BUSY_BIT));
	ZVAL_UNDEF(&result);
	call_user_function(NULL, NULL, &callable, &result, 2, args);
	zval_ptr_dtor(&result);
	zval_ptr_dtor(&callable);
}

static void call_callback(tusk_callback *callback)
{
	zval result;
	ZVAL_UNDEF(&result);
	zend_fcall_info fci;
	fci.size = sizeof fci;
	ZVAL_COPY_VALUE(&fci.function_name, &callback->callable);
	fci.object = callback->fcc.object;
	fci.retval = &result;
	fci.params = callback->args;
	fci.param_count = callback->argc;
	fci.named_params = NULL;
	zend_call_function(&fci, &callback->fcc);
	zval_ptr_dtor(&result);
}

/* The callback waited, or somebody asked for its coroutine: that has ended. */
static void end_coroutine(tusk_worker *worker)
{
	if (worker->coroutine != NULL) {
		worker->coroutine->done = true;
		worker->coroutine->worker = NULL;
		OBJ_RELEASE(&worker->coroutine->std);
		worker->coroutine = NULL;
	}
	tusk_rt_finished(worker->task);
	worker->task = 0;
}

static bool run(uint64_t key)
{
	bool given;
	if (UNEXPECTED(key == TUSK_INTERRUPT)) {
		tusk_run_interrupt();
		return true;
	}
	if (UNEXPECTED(key == TUSK_UPKEEP)) {
		tusk_rt_pool_upkeep();
		return true;
	}
	if (UNEXPECTED(key == TUSK_CALL_IN)) {
		tusk_rt_call_in();
		return true;
	}
	if (UNEXPECTED(key == TUSK_UNWIND)) {
		tusk_rt_unwind();
		return true;
	}
	tusk_callback *callback = tusk_rt_callback_begin(key, &given);
	if (UNEXPECTED(!callback)) {
		return false;
	}
	if (!given) {
		callback->refcount++;
	}
	if (UNEXPECTED((key & TUSK_BUSY_BIT) && (key & TUSK_WATCH_BIT))) {
		call_busy_handler(callback, key);
	} else {
		call_callback(callback);
	}
	tusk_callback_release(callback);
	return true;
}

void tusk_callback_run(uint64_t key)
{
	tusk_worker *worker = tusk_worker_current();
	worker->request = 0;
	HashTable *objects = UNEXPECTED(tusk_tracing_objects) ? tusk_trace_objects_begin() : NULL;
	bool began = run(key);
	if (UNEXPECTED(objects != NULL)) {
		tusk_trace_objects_end(objects, NULL, 0);
	}
	if (UNEXPECTED(!began)) {
		return;
	}
	if (UNEXPECTED(EG(exception) != NULL)) {
		handle_failure();
	}
	if (UNEXPECTED(worker->coroutine != NULL)) {
		tusk_coroutine_run_defers(worker->coroutine);
		if (UNEXPECTED(EG(exception) != NULL)) {
			handle_failure();
		}
	}
	if (UNEXPECTED(worker->context != NULL)) {
		tusk_context_release(&worker->context);
		if (UNEXPECTED(EG(exception) != NULL)) {
			handle_failure();
		}
	}
	tusk_state_finish(worker->task);
	if (UNEXPECTED(EG(exception) != NULL)) {
		handle_failure();
	}
	bool waited = worker->task != 0;
	if (waited) {
		end_coroutine(worker);
	}
	tusk_rt_callback_end(key, waited);
	tusk_worker_job_done(worker);
}
