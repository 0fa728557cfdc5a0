/* Callbacks of an event loop: a callable with its arguments, called on whatever worker
 * takes it from the ready queue. It becomes a task only if it waits or is asked who it is.
 */
#include "internal.h"

struct tusk_callback {
	uint32_t refcount;
	zend_fcall_info_cache fcc;
	zval callable;
	uint32_t argc;
	zval args[];
};

/* Rust: the callback to call for this key and what it needs; NULL when it was removed
 * after it had been queued. */
tusk_callback *tusk_rt_callback_begin(uint64_t key);
void tusk_rt_callback_end(uint64_t key);

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

/* One handler for all callbacks of the loop (workerman has one loop per process). */
static zval error_handler;

void tusk_callback_set_error_handler(zval *callable)
{
	zval_ptr_dtor(&error_handler);
	if (callable) {
		ZVAL_COPY(&error_handler, callable);
	} else {
		ZVAL_UNDEF(&error_handler);
	}
}

void tusk_callback_request_end(void)
{
	tusk_callback_set_error_handler(NULL);
}

static void handle_failure(void)
{
	zend_object *exception = EG(exception);
	if (zend_is_unwind_exit(exception)) {
		if (!tusk_main_worker.raise) {
			GC_ADDREF(exception);
			tusk_main_worker.raise = exception;
			tusk_rt_main_urgent();
		}
		zend_clear_exception();
		return;
	}
	if (zend_is_graceful_exit(exception)) {
		zend_clear_exception();
		return;
	}
	if (Z_TYPE(error_handler) != IS_UNDEF) {
		zval argument, rv;
		ZVAL_OBJ_COPY(&argument, exception);
		zend_clear_exception();
		ZVAL_UNDEF(&rv);
		call_user_function(NULL, NULL, &error_handler, &rv, 1, &argument);
		zval_ptr_dtor(&rv);
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

void tusk_callback_run(uint64_t key)
{
	tusk_worker *worker = tusk_worker_current();
	tusk_callback *callback = tusk_rt_callback_begin(key);
	if (UNEXPECTED(!callback)) {
		return;
	}
	callback->refcount++;

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
	if (UNEXPECTED(EG(exception) != NULL)) {
		handle_failure();
	}
	zval_ptr_dtor(&result);

	tusk_state_finish(worker->task);
	if (UNEXPECTED(EG(exception) != NULL)) {
		handle_failure();
	}

	if (UNEXPECTED(worker->coroutine != NULL)) {
		tusk_coroutine_run_defers(worker->coroutine);
		if (UNEXPECTED(EG(exception) != NULL)) {
			handle_failure();
		}
		worker->coroutine->done = true;
		worker->coroutine->worker = NULL;
		OBJ_RELEASE(&worker->coroutine->std);
		worker->coroutine = NULL;
	}
	if (UNEXPECTED(worker->task)) {
		tusk_rt_finished(worker->task);
		worker->task = 0;
	}
	tusk_callback_release(callback);
	tusk_rt_callback_end(key);
	tusk_worker_job_done(worker);
}
