/* The foreign loop of guests: what is asked of it, and its own waits, in which others run. */
#include "guest/parts.h"
#include "zend_interfaces.h"

/* A timer that keeps a loop from ending: nobody's process is as old as this, in seconds. */
#define KEEP_ALIVE_S 1e9

/* Rust */
void tusk_rt_guest_look(void);
void tusk_rt_loop_waits(bool waits);
bool tusk_rt_is_alone(uint32_t idle);
void tusk_rt_sleeps(bool sleeps);

void tusk_guest_forget_names(guest *one)
{
	zval_ptr_dtor(&one->disabled);
	ZVAL_UNDEF(&one->disabled);
	zval_ptr_dtor(&one->keep_alive);
	ZVAL_UNDEF(&one->keep_alive);
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

void tusk_guest_keep_loop_alive(guest *one)
{
	zval closure, seconds;
	if (!one->loop || Z_TYPE(one->keep_alive) != IS_UNDEF || EG(exception)) {
		return;
	}
	tusk_guest_resume_closure(&closure, one->worker.fiber);
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

void tusk_guest_tell_loop(guest *one)
{
	zval closure, argument;
	let_loop_end(one);
	enable_callback(one);
	if (EG(exception)) {
		return;
	}
	tusk_guest_resume_closure(&closure, one->worker.fiber);
	tusk_guest_token_copy(&argument);
	zend_call_method_with_2_params(one->loop, one->loop->ce, NULL, "queue", NULL, &closure, &argument);
	zval_ptr_dtor(&argument);
	zval_ptr_dtor(&closure);
}

/* ---- the loop's own waits ---- */

static bool by_loop(const zend_execute_data *call)
{
	zend_object *object;
	return tusk_guest_kind_of(call->prev_execute_data, &object) == REVOLT;
}

bool tusk_guest_loop_calls(const zend_execute_data *call)
{
	return by_loop(call) || (tusk_guests_waiting && tusk_fibers == TUSK_FIBERS_SUSPEND
		&& tusk_worker_current() == &tusk_main_worker);
}

bool tusk_guest_loop_is_alone(void)
{
	return !tusk_guests_waiting && tusk_rt_is_alone(tusk_guest_tasks);
}

/* Around that call: below it lies a call of libc that would suspend, too. */
void tusk_guest_plain_call(bool begins)
{
	tusk_concurrent = !begins;
	tusk_rt_sleeps(begins);
}

bool tusk_guest_before_wait(const zend_execute_data *call, bool may_end_early)
{
	if (!tusk_state_may_switch()) {
		return false;
	}
	tusk_rt_guest_look();
	if (tusk_guests_go_on(true)) {
		return true;
	}
	tusk_rt_loop_waits(may_end_early || by_loop(call));
	return false;
}

void tusk_guest_after_wait(void)
{
	tusk_rt_loop_waits(false);
	if (!EG(exception)) {
		tusk_guests_go_on(true);
	}
}

/* A loop that always has something to do need not wait: it looks between its callbacks. */
void tusk_guest_between_callbacks(const zend_execute_data *call)
{
	if (by_loop(call) && !tusk_worker_current()->guest && tusk_state_may_switch()) {
		tusk_rt_guest_look();
		tusk_guests_go_on(true);
	}
}
