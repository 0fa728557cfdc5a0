/* Fields of workers and coroutine objects, for Rust, which does not know their layout. */
#include "internal.h"
#include "zend_builtin_functions.h"

tusk_worker *tusk_worker_main(void) { return &tusk_main_worker; }
void tusk_worker_ends_process(tusk_worker *worker) { worker->ends_process = true; }

void tusk_worker_set_job(tusk_worker *worker, uint64_t job, bool is_call)
{
	worker->job = job;
	worker->job_is_call = is_call;
}

void tusk_worker_raise(tusk_worker *worker)
{
	zend_object *exception = worker->raise;
	worker->raise = NULL;
	zend_throw_exception_internal(exception);
}

/* The frames of a suspended worker, as debug_backtrace() gives them. */
void tusk_worker_trace(tusk_worker *worker, zval *out)
{
	zend_execute_data *own = EG(current_execute_data);
	EG(current_execute_data) = (zend_execute_data *) tusk_worker_frames(worker);
	zend_fetch_debug_backtrace(out, 0, DEBUG_BACKTRACE_IGNORE_ARGS, 0);
	EG(current_execute_data) = own;
}

zend_object *tusk_coroutine_object(tusk_coroutine *co) { return &co->std; }
tusk_coroutine *tusk_coroutine_from_object(zend_object *object) { return tusk_coroutine_from(object); }
tusk_task_id tusk_coroutine_task(tusk_coroutine *co) { return co->task; }
zend_long tusk_coroutine_id(tusk_coroutine *co) { return co->id; }
bool tusk_coroutine_is_done(tusk_coroutine *co) { return co->done; }
bool tusk_coroutine_was_cancelled(tusk_coroutine *co) { return co->cancelled; }
bool tusk_coroutine_is_main(tusk_coroutine *co) { return co->worker == &tusk_main_worker; }

extern zend_class_entry *tusk_ce_cancelled;
bool tusk_coroutine_failed_by_itself(tusk_coroutine *co)
{
	return co->failure && !instanceof_function(co->failure->ce, tusk_ce_cancelled);
}

/* Did it end with an exception that is not its cancel? */
bool tusk_coroutine_failed(tusk_coroutine *co)
{
	return co->failure && !(co->cancelled && instanceof_function(co->failure->ce, tusk_ce_cancelled));
}

void tusk_coroutine_set_scope(tusk_coroutine *co, void *scope) { co->scope = scope; }

void tusk_coroutine_addref(tusk_coroutine *co) { GC_ADDREF(&co->std); }
void tusk_coroutine_release(tusk_coroutine *co) { OBJ_RELEASE(&co->std); }
bool tusk_coroutine_is_parked(tusk_coroutine *co) { return co->parked; }
void tusk_coroutine_set_parked(tusk_coroutine *co, bool parked) { co->parked = parked; }
tusk_worker *tusk_coroutine_worker(tusk_coroutine *co) { return co->worker; }

void tusk_rethrow(zend_object *exception);

bool tusk_coroutine_result(tusk_coroutine *co, zval *out)
{
	if (UNEXPECTED(!co->done)) {
		tusk_throw_misuse("the coroutine is the parent process's: in the child of a fork only the one that forked "
			"goes on, and there is no result to wait for");
		return false;
	}
	co->observed = true;
	if (co->failure) {
		tusk_rethrow(co->failure);
		return false;
	}
	ZVAL_COPY(out, &co->result);
	return true;
}

/* Behind the last `previous` of the exception that is set. */
void tusk_coroutine_append_failure(tusk_coroutine *co)
{
	if (!EG(exception) || !co->failure || co->observed || co->failure == EG(exception)) {
		return;
	}
	co->observed = true;
	GC_ADDREF(co->failure);
	zend_exception_set_previous(EG(exception), co->failure);
}

void tusk_coroutine_defer(tusk_coroutine *co, zend_fcall_info *fci)
{
	if (Z_TYPE(co->defers) != IS_ARRAY) {
		array_init(&co->defers);
	}
	Z_TRY_ADDREF(fci->function_name);
	add_next_index_zval(&co->defers, &fci->function_name);
}

void tusk_coroutine_give(tusk_coroutine *co, const zval *value)
{
	zval_ptr_dtor(&co->resume_value);
	ZVAL_COPY(&co->resume_value, value);
}

void tusk_coroutine_taken(tusk_coroutine *co, zval *out)
{
	if (Z_TYPE(co->resume_value) == IS_UNDEF) {
		ZVAL_NULL(out);
	} else {
		ZVAL_COPY_VALUE(out, &co->resume_value);
		ZVAL_UNDEF(&co->resume_value);
	}
}

/* Ends with the exception that is set: no stack could be had for it. */
void tusk_coroutine_fail_unstarted(tusk_coroutine *co)
{
	zend_object *exception = EG(exception);
	if (exception) {
		GC_ADDREF(exception);
		co->failure = exception;
		GC_DEL_FLAGS(&co->std, GC_NOT_COLLECTABLE | IS_OBJ_DESTRUCTOR_CALLED);
		zend_clear_exception();
	}
	co->done = true;
	ZVAL_NULL(&co->result);
	tusk_coroutine_leave_scope(co);
	tusk_rt_finished(co->task);
	OBJ_RELEASE(&co->std);
}

const char *tusk_php_version(void) { return PHP_VERSION; }

_Static_assert(sizeof(zend_fcall_info) <= 80, "Callable in ext/zend/call.rs has no room for zend_fcall_info");
_Static_assert(sizeof(zend_fcall_info_cache) <= 64, "Callable in ext/zend/call.rs has no room for zend_fcall_info_cache");

/* May this file be opened? The warning that says why not is PHP's. */
bool tusk_may_open(const char *path)
{
	return php_check_open_basedir(path) == 0;
}
