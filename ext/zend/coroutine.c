/* Tusk\Coroutine: the PHP object of a task, and the run of its function.
 *
 * States: spawned (callable set) -> started -> done. Only tusk_coroutine_run moves it.
 * A coroutine that was cancelled before it started goes from spawned to done.
 */
#include "guest/guest.h"
#include "zend_closures.h"
#include "zend_interfaces.h"

zend_class_entry *tusk_ce_coroutine;
static zend_object_handlers handlers;

extern zend_class_entry *tusk_ce_cancelled;

static zend_object *create(zend_class_entry *ce)
{
	tusk_coroutine *co = zend_object_alloc(sizeof(tusk_coroutine), ce);
	memset(co, 0, XtOffsetOf(tusk_coroutine, std));
	zend_object_std_init(&co->std, ce);
	co->std.handlers = &handlers;
	/* While it lives the scheduler refers to it, so it cannot be garbage; what it needs the
	 * collector and the destructor for is known when it ends. */
	GC_ADD_FLAGS(&co->std, GC_NOT_COLLECTABLE | IS_OBJ_DESTRUCTOR_CALLED);
	return &co->std;
}

static void drop_arguments(tusk_coroutine *co)
{
	if (co->args) {
		for (uint32_t i = 0; i < co->argc; i++) {
			zval_ptr_dtor(&co->args[i]);
		}
		efree(co->args);
		co->args = NULL;
		co->argc = 0;
	}
	if (UNEXPECTED(co->named != NULL)) {
		zend_array_release(co->named);
		co->named = NULL;
	}
}

static void free_object(zend_object *object)
{
	tusk_coroutine *co = tusk_coroutine_from(object);
	zval_ptr_dtor(&co->callable);
	drop_arguments(co);
	zval_ptr_dtor(&co->result);
	zval_ptr_dtor(&co->defers);
	zval_ptr_dtor(&co->resume_value);
	if (co->failure) {
		OBJ_RELEASE(co->failure);
	}
	tusk_state_free(&co->inherited);
	tusk_context_release(&co->context);
	if (co->spawn_file) {
		zend_string_release(co->spawn_file);
	}
	zend_object_std_dtor(object);
}

/* Nobody can join it any more: a failure that nobody has seen is reported now. */
static void destroy(zend_object *object)
{
	tusk_report_failure(tusk_coroutine_from(object));
}

static HashTable *get_gc(zend_object *object, zval **table, int *count)
{
	tusk_coroutine *co = tusk_coroutine_from(object);
	zend_get_gc_buffer *buffer = zend_get_gc_buffer_create();
	zend_get_gc_buffer_add_zval(buffer, &co->callable);
	for (uint32_t i = 0; i < co->argc; i++) {
		zend_get_gc_buffer_add_zval(buffer, &co->args[i]);
	}
	if (co->named) {
		zval *value;
		ZEND_HASH_FOREACH_VAL(co->named, value) {
			zend_get_gc_buffer_add_zval(buffer, value);
		} ZEND_HASH_FOREACH_END();
	}
	zend_get_gc_buffer_add_zval(buffer, &co->result);
	zend_get_gc_buffer_add_zval(buffer, &co->defers);
	zend_get_gc_buffer_add_zval(buffer, &co->resume_value);
	if (co->failure) {
		zend_get_gc_buffer_add_obj(buffer, co->failure);
	}
	zend_get_gc_buffer_use(buffer, table, count);
	return NULL;
}

static zend_function *no_constructor(zend_object *object)
{
	(void) object;
	tusk_throw_misuse("Coroutines are made by Tusk\\go(), not by new: call Tusk\\go(callable, ...args)");
	return NULL;
}

/* ---- failure that nobody joined ---- */

void tusk_report_failure(tusk_coroutine *co)
{
	if (!co->failure || co->observed) {
		return;
	}
	co->observed = true;
	zend_object *failure = co->failure;
	if (instanceof_function(failure->ce, tusk_ce_cancelled) && co->cancelled) {
		return; /* it did what it was asked to */
	}
	zval rv, *message = zend_read_property(zend_get_exception_base(failure), failure, ZEND_STRL("message"), 1, &rv);
	zval rv2, *file = zend_read_property(zend_get_exception_base(failure), failure, ZEND_STRL("file"), 1, &rv2);
	zval rv3, *line = zend_read_property(zend_get_exception_base(failure), failure, ZEND_STRL("line"), 1, &rv3);
	zend_object *pending = EG(exception);
	if (pending) {
		/* Destroyed while an exception travels: the error handler cannot run now. */
		EG(exception) = NULL;
	}
	zend_error_at(E_WARNING, Z_TYPE_P(file) == IS_STRING ? Z_STR_P(file) : NULL,
		Z_TYPE_P(line) == IS_LONG ? (uint32_t) Z_LVAL_P(line) : 0, "Uncaught %s in coroutine #" ZEND_LONG_FMT ": %s in %s:" ZEND_LONG_FMT
		". The coroutine was spawned at %s:%u and nobody joined it; join() it or catch inside it",
		ZSTR_VAL(failure->ce->name), co->id,
		Z_TYPE_P(message) == IS_STRING ? Z_STRVAL_P(message) : "",
		Z_TYPE_P(file) == IS_STRING ? Z_STRVAL_P(file) : "",
		Z_TYPE_P(line) == IS_LONG ? Z_LVAL_P(line) : 0,
		co->spawn_file ? ZSTR_VAL(co->spawn_file) : "[internal]", co->spawn_line);
	if (pending) {
		tusk_put_exception_back(pending);
	}
}

/* ---- running ---- */

void tusk_coroutine_run_defers(tusk_coroutine *co)
{
	while (Z_TYPE(co->defers) == IS_ARRAY && zend_hash_num_elements(Z_ARRVAL(co->defers))) {
		HashTable *list = Z_ARRVAL(co->defers);
		zval callable, rv;
		zend_ulong last = list->nNextFreeElement - 1;
		ZVAL_COPY(&callable, zend_hash_index_find(list, last));
		zend_hash_index_del(list, last);
		list->nNextFreeElement = last;
		zend_object *pending = EG(exception);
		EG(exception) = NULL;
		ZVAL_UNDEF(&rv);
		call_user_function(NULL, NULL, &callable, &rv, 0, NULL);
		zval_ptr_dtor(&rv);
		zval_ptr_dtor(&callable);
		if (pending) {
			tusk_put_exception_back(pending);
		}
	}
}

/* What the main script deferred runs when it has ended, before what is left of the others. */
void tusk_main_run_defers(void)
{
	tusk_coroutine *co = tusk_main_worker.coroutine;
	if (!co || Z_TYPE(co->defers) != IS_ARRAY) {
		return;
	}
	tusk_coroutine_run_defers(co);
	if (!EG(exception)) {
		return;
	}
	if (zend_is_unwind_exit(EG(exception))) {
		zend_clear_exception();
	} else {
		EG(exit_status) = 255;
		zend_exception_error(EG(exception), E_WARNING);
	}
}

/* The exception that ended the job: kept for who joins, or it ends the script. */
static void take_exception(tusk_coroutine *co)
{
	zend_object *exception = EG(exception);
	if (zend_is_unwind_exit(exception)) {
		GC_ADDREF(exception);
		tusk_exit_in_main(exception);
	} else if (!zend_is_graceful_exit(exception)) {
		GC_ADDREF(exception);
		co->failure = exception;
		/* Its destructor reports what nobody joined; a trace may refer back to it. */
		GC_DEL_FLAGS(&co->std, GC_NOT_COLLECTABLE | IS_OBJ_DESTRUCTOR_CALLED);
	}
	zend_clear_exception();
}

/* It has ended: the scope it was started in is told, once. */
void tusk_coroutine_leave_scope(tusk_coroutine *co)
{
	void *scope = co->scope;
	if (UNEXPECTED(scope != NULL)) {
		co->scope = NULL;
		tusk_rt_scope_member_ended(scope, co);
	}
}

void tusk_coroutine_run(tusk_worker *worker, tusk_coroutine *co)
{
	worker->coroutine = co;
	worker->task = co->task;
	co->worker = worker;
	co->started = true;
	tusk_rt_started(co->task, worker);
	if (UNEXPECTED(co->inherited != NULL)) {
		worker->state = co->inherited;
		co->inherited = NULL;
		tusk_state_enter(&worker->state);
	}
	worker->context = co->context;
	co->context = NULL;
	worker->request = co->request;
	/* What a request spawned belongs to it. */
	HashTable *objects = UNEXPECTED(tusk_tracing_objects) && !co->request ? tusk_trace_objects_begin() : NULL;

	if (UNEXPECTED(tusk_rt_is_cancelled(co->task))) {
		zend_throw_exception(tusk_ce_cancelled, "Coroutine was cancelled before it started", 0);
	} else {
		zend_fcall_info fci;
		fci.size = sizeof fci;
		ZVAL_COPY_VALUE(&fci.function_name, &co->callable);
		fci.object = co->fcc.object;
		fci.retval = &co->result;
		fci.params = co->args;
		fci.param_count = co->argc;
		fci.named_params = co->named;
		zend_call_function(&fci, &co->fcc);
	}
	if (UNEXPECTED(Z_TYPE(co->defers) == IS_ARRAY)) {
		tusk_coroutine_run_defers(co);
	}
	if (UNEXPECTED(objects != NULL)) {
		tusk_trace_objects_end(objects, co->spawn_file, co->spawn_line);
	}
	zval callable;
	ZVAL_COPY_VALUE(&callable, &co->callable);
	ZVAL_UNDEF(&co->callable);
	drop_arguments(co);
	zval_ptr_dtor(&callable);
	if (UNEXPECTED(worker->context != NULL)) {
		tusk_context_release(&worker->context);
	}
	if (UNEXPECTED(EG(exception) != NULL)) {
		take_exception(co);
	}
	tusk_state_finish(co->task);
	if (UNEXPECTED(EG(exception) != NULL)) {
		/* The callback of an output buffer that was left open threw. */
		if (co->failure) {
			zend_clear_exception();
		} else {
			take_exception(co);
		}
	}
	if (UNEXPECTED(Z_ISREF(co->result))) {
		zend_unwrap_reference(&co->result);
	}
	if (Z_TYPE(co->result) == IS_UNDEF) {
		ZVAL_NULL(&co->result);
	} else if (Z_COLLECTABLE(co->result)) {
		GC_DEL_FLAGS(&co->std, GC_NOT_COLLECTABLE);
	}
	co->cancelled = co->failure != NULL && tusk_rt_is_cancelled(co->task);
	co->done = true;
	co->worker = NULL;
	worker->coroutine = NULL;
	worker->task = 0;
	tusk_coroutine_leave_scope(co);
	tusk_rt_finished(co->task);
	tusk_worker_job_done(worker);
	OBJ_RELEASE(&co->std);
	if (UNEXPECTED(EG(exception) != NULL)) {
		/* An error handler threw at the report of an unjoined failure. */
		zend_exception_error(EG(exception), E_WARNING);
	}
}

/* ---- spawning ---- */

static void note_spawn_site(tusk_coroutine *co)
{
	zend_execute_data *frame = EG(current_execute_data);
	while (frame && (!frame->func || !ZEND_USER_CODE(frame->func->type))) {
		frame = frame->prev_execute_data;
	}
	if (frame) {
		co->spawn_file = zend_string_copy(frame->func->op_array.filename);
		co->spawn_line = frame->opline->lineno;
	}
}

bool tusk_worker_prepare(void);

/* Tusk\go(): the coroutine runs when its turn comes. NULL: thrown. */
tusk_coroutine *tusk_coroutine_spawn(zend_fcall_info *fci, zend_fcall_info_cache *fcc, zval *args, uint32_t argc, uint32_t group)
{
	if (UNEXPECTED(!tusk_worker_prepare())) {
		return NULL;
	}
	tusk_coroutine *co = tusk_coroutine_from(create(tusk_ce_coroutine));
	ZVAL_COPY(&co->callable, &fci->function_name);
	co->fcc = *fcc;
	if (argc) {
		co->args = safe_emalloc(argc, sizeof(zval), 0);
		for (uint32_t i = 0; i < argc; i++) {
			ZVAL_COPY(&co->args[i], &args[i]);
		}
		co->argc = argc;
	}
	const zend_execute_data *call = EG(current_execute_data);
	if (UNEXPECTED(ZEND_CALL_INFO(call) & ZEND_CALL_HAS_EXTRA_NAMED_PARAMS)) {
		co->named = call->extra_named_params;
		GC_TRY_ADDREF(co->named);
	}
	note_spawn_site(co);
	zend_array *context = tusk_worker_current()->context;
	if (UNEXPECTED(context != NULL)) {
		GC_ADDREF(context);
		co->context = context;
	}
	if (UNEXPECTED(tusk_tracing)) {
		co->request = tusk_trace_inherit();
	}
	if (!tusk_concurrent) {
		tusk_state_take_root();
	}
	co->task = tusk_rt_spawn(co, group, &co->id);
	if (UNEXPECTED(!co->task)) {
		co->done = true;
		OBJ_RELEASE(&co->std);
		return NULL;
	}
	co->inherited = tusk_state_inherit();
	GC_ADDREF(&co->std); /* the scheduler's */
	return co;
}

/* A callback that waits becomes a task; 0: there are too many, an exception is set. */
tusk_task_id tusk_worker_adopt(tusk_worker *worker)
{
	if (!worker->task) {
		worker->task = tusk_rt_adopt(worker, &worker->adopted_id);
		if (worker->task && worker->guest) {
			tusk_guest_adopted();
		} else if (worker->task) {
			tusk_rt_callback_waits(worker->job);
		}
		if (worker->task && worker->coroutine) {
			worker->coroutine->task = worker->task; /* a guest in the child of a fork */
		}
	}
	return worker->task;
}

/* The object of a callback or of the main script, made when somebody asks. */
tusk_coroutine *tusk_worker_coroutine(tusk_worker *worker)
{
	if (!worker->coroutine) {
		if (!tusk_worker_adopt(worker)) {
			return NULL;
		}
		tusk_coroutine *co = tusk_coroutine_from(create(tusk_ce_coroutine));
		co->task = worker->task;
		co->id = worker->adopted_id;
		co->worker = worker;
		co->started = true;
		note_spawn_site(co);
		worker->coroutine = co;
	}
	return worker->coroutine;
}

void tusk_coroutine_register(void)
{
	memcpy(&handlers, &std_object_handlers, sizeof handlers);
	handlers.offset = XtOffsetOf(tusk_coroutine, std);
	handlers.free_obj = free_object;
	handlers.dtor_obj = destroy;
	handlers.get_gc = get_gc;
	handlers.clone_obj = NULL;
	handlers.get_constructor = no_constructor;
	tusk_ce_coroutine->create_object = create;
}
