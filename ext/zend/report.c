/* Where a coroutine is and what it waits in, read from its frames: nothing is noted while it
 * runs, so a report costs only whoever asks for one. Arguments are never read.
 */
#include "internal.h"
#include "zend_builtin_functions.h"

/* NULL: not known. */
const zend_execute_data *tusk_worker_frames(tusk_worker *worker)
{
	if (worker == tusk_worker_current()) {
		return EG(current_execute_data);
	}
	const zend_fiber *fiber = worker->fiber;
	if (fiber && fiber->caller == NULL && fiber->context.status == ZEND_FIBER_STATUS_SUSPENDED) {
		return fiber->execute_data; /* in Fiber::suspend() */
	}
	return worker->saved.execute_data; /* NULL of a guest that stands below another one */
}

/* The innermost frame's function, as PHP writes a call to it, when it is not PHP code: what
 * the coroutine waits in. Its object, or NULL. Then where PHP code stands. */
void tusk_worker_place(tusk_worker *worker, zval *call, zend_object **object, zval *file, zend_long *line)
{
	const zend_execute_data *frame = tusk_worker_frames(worker);
	ZVAL_NULL(call);
	ZVAL_NULL(file);
	*object = NULL;
	*line = 0;
	/* The bottom frame of a worker has a function without a name. */
	while (frame && frame->func && !ZEND_USER_CODE(frame->func->type) && !frame->func->common.function_name) {
		frame = frame->prev_execute_data;
	}
	if (frame && frame->func && !ZEND_USER_CODE(frame->func->type)) {
		const zend_function *function = frame->func;
		const zend_class_entry *ce = function->common.scope;
		bool is_static = (function->common.fn_flags & ZEND_ACC_STATIC) != 0;
		ZVAL_STR(call, zend_strpprintf(0, "%s%s%s()", ce ? ZSTR_VAL(ce->name) : "",
			ce ? (is_static ? "::" : "->") : "", ZSTR_VAL(function->common.function_name)));
		if (ce && !is_static && Z_TYPE(frame->This) == IS_OBJECT) {
			*object = Z_OBJ(frame->This);
		}
	}
	while (frame && (!frame->func || !ZEND_USER_CODE(frame->func->type))) {
		frame = frame->prev_execute_data;
	}
	if (frame && frame->func->op_array.filename) {
		ZVAL_STR_COPY(file, frame->func->op_array.filename);
		*line = frame->opline ? (zend_long) frame->opline->lineno : 0;
	}
}

/* Its coroutine's object, if there is one already. */
tusk_coroutine *tusk_worker_known_coroutine(tusk_worker *worker) { return worker->coroutine; }

zend_long tusk_worker_id(tusk_worker *worker)
{
	return worker->coroutine ? worker->coroutine->id : worker->adopted_id;
}

void tusk_coroutine_spawn_place(tusk_coroutine *co, zval *file, zend_long *line)
{
	if (co->spawn_file) {
		ZVAL_STR_COPY(file, co->spawn_file);
	} else {
		ZVAL_NULL(file);
	}
	*line = (zend_long) co->spawn_line;
}

/* The class of an object, its name and its number. */
zend_class_entry *tusk_object_identity(zend_object *object, const char **name, size_t *length, zend_long *handle)
{
	*name = ZSTR_VAL(object->ce->name);
	*length = ZSTR_LEN(object->ce->name);
	*handle = (zend_long) object->handle;
	return object->ce;
}

bool tusk_object_is_coroutine(zend_object *object) { return object->ce == tusk_ce_coroutine; }
bool tusk_object_is_ours(const zend_class_entry *ce) { return ce->type == ZEND_INTERNAL_CLASS && !strncmp(ZSTR_VAL(ce->name), "Tusk\\", 5); }

/* One frame a line, innermost first, as the engine writes a trace. */
void tusk_worker_stack(tusk_worker *worker, zval *out)
{
	zval trace;
	zend_execute_data *own = EG(current_execute_data);
	EG(current_execute_data) = (zend_execute_data *) tusk_worker_frames(worker);
	zend_fetch_debug_backtrace(&trace, 0, DEBUG_BACKTRACE_IGNORE_ARGS, 0);
	EG(current_execute_data) = own;
	ZVAL_STR(out, zend_trace_to_string(Z_ARRVAL(trace), true));
	zval_ptr_dtor(&trace);
}

size_t tusk_memory_usage(void) { return zend_memory_usage(0); }
