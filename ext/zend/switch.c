/* Leaving one stack for another: the only place in the project that does.
 *
 * This follows zend_fiber_switch_context() to the letter, in two halves around the jump, so
 * that both kinds of switch can meet: a context that the engine suspended is resumed here
 * and the other way round. Two reasons for halves of our own: the saved VM lies in the
 * worker, not on its stack; and the jump is made by the frame that PHP called
 * (ext/zend/worker.rs), because after it the processor mispredicts one return per frame.
 *
 * Where the engine was built with ucontext or ASAN, or the processor keeps a shadow stack,
 * `tusk_jump_fcontext` is NULL and the whole switch is the engine's own.
 */
#include "internal.h"
#include "zend_observer.h"
#include <dlfcn.h>
#include <errno.h>

extern tusk_jump jump_fcontext(void *to, zend_fiber_transfer *transfer) __attribute__((weak));
tusk_jump (*tusk_jump_fcontext)(void *to, zend_fiber_transfer *transfer);

/* Is every return checked against the address that a call pushed? Our jump makes none. */
static bool has_shadow_stack(void)
{
	unsigned long pointer = 0;
#ifdef __x86_64__
	/* Does nothing where there is none. */
	__asm__("rdsspq %0" : "+r"(pointer));
#endif
	return pointer != 0;
}

void tusk_switch_startup(void)
{
	if (!dlsym(RTLD_DEFAULT, "__asan_init") && !has_shadow_stack()) {
		tusk_jump_fcontext = jump_fcontext;
	}
}

static zend_never_inline void arrived(tusk_worker *self, zend_fiber_transfer *transfer)
{
	tusk_bury_workers();
	if (transfer->flags & ZEND_FIBER_TRANSFER_FLAG_BAILOUT) {
		EG(active_fiber) = NULL;
		zend_bailout();
	}
	if ((transfer->flags & ZEND_FIBER_TRANSFER_FLAG_ERROR) && !self->raise) {
		/* The engine unwinds this Fiber: the wait in progress withdraws first and raises
		 * this when the kernel has let go. */
		self->raise = Z_OBJ(transfer->value);
		ZVAL_NULL(&transfer->value);
		return;
	}
	zval_ptr_dtor(&transfer->value);
	ZVAL_NULL(&transfer->value);
}

static zend_always_inline void save_vm(tusk_worker *self)
{
	self->saved.vm_stack = EG(vm_stack);
	self->saved.vm_stack_top = EG(vm_stack_top);
	self->saved.vm_stack_end = EG(vm_stack_end);
	self->saved.vm_stack_page_size = EG(vm_stack_page_size);
	self->saved.execute_data = EG(current_execute_data);
	self->saved.bailout = EG(bailout);
	self->saved.active_fiber = EG(active_fiber);
	self->saved.error_reporting = EG(error_reporting);
	self->saved.jit_trace_num = EG(jit_trace_num);
	self->saved.errno_value = errno;
#if PHP_VERSION_ID >= 80300 && defined(ZEND_CHECK_STACK_LIMIT)
	self->saved.stack_base = EG(stack_base);
	self->saved.stack_limit = EG(stack_limit);
#endif
}

static zend_always_inline void restore_vm(const tusk_worker *self)
{
	EG(vm_stack) = self->saved.vm_stack;
	EG(vm_stack_top) = self->saved.vm_stack_top;
	EG(vm_stack_end) = self->saved.vm_stack_end;
	EG(vm_stack_page_size) = self->saved.vm_stack_page_size;
	EG(current_execute_data) = self->saved.execute_data;
	EG(bailout) = self->saved.bailout;
	EG(active_fiber) = self->saved.active_fiber;
	EG(error_reporting) = self->saved.error_reporting;
	EG(jit_trace_num) = self->saved.jit_trace_num;
	errno = self->saved.errno_value;
#if PHP_VERSION_ID >= 80300 && defined(ZEND_CHECK_STACK_LIMIT)
	EG(stack_base) = self->saved.stack_base;
	EG(stack_limit) = self->saved.stack_limit;
#endif
}

/* Everything before the jump; the handle to jump to, or NULL when the switch has been made
 * already and control is back. */
static zend_always_inline void *begin(tusk_worker *self, zend_fiber_context *to)
{
	zend_fiber_context *from = EG(current_fiber_context);
	self->resume = from;
	self->saved.error_number = errno;
	self->transfer.flags = 0;
	ZVAL_NULL(&self->transfer.value);
	if (UNEXPECTED(!tusk_jump_fcontext)) {
		int errno_value = errno;
		self->transfer.context = to;
		self->saved.execute_data = EG(current_execute_data);
		zend_fiber_switch_context(&self->transfer);
		errno = errno_value;
		tusk_set_current_worker(self);
		if (self->transfer.flags || Z_TYPE(self->transfer.value) != IS_NULL || tusk_dead) {
			arrived(self, &self->transfer);
		}
		if (self->state) {
			tusk_state_enter(&self->state);
		}
		errno = self->saved.error_number;
		return NULL;
	}
	zend_observer_fiber_switch_notify(from, to);
	save_vm(self);
	to->status = ZEND_FIBER_STATUS_RUNNING;
	if (EXPECTED(from->status == ZEND_FIBER_STATUS_RUNNING)) {
		from->status = ZEND_FIBER_STATUS_SUSPENDED;
	}
	self->transfer.context = from;
	EG(current_fiber_context) = to;
	return to->handle;
}

/* `self`, in a wait, is left for `to`. */
void *tusk_switch_begin(tusk_worker *self, tusk_worker *to)
{
	tusk_state_leave(&self->state);
	if (EXPECTED(self->fiber != NULL)) {
		self->fiber->execute_data = EG(current_execute_data);
	}
	tusk_set_current_worker(to);
	return begin(self, to->resume);
}

/* `self`, without a job, is left for `to`, until it has one. */
void *tusk_idle_begin(tusk_worker *self, tusk_worker *to)
{
	tusk_worker_idle(self);
	tusk_set_current_worker(to);
	return begin(self, to->resume);
}

/* The jump came back. */
void tusk_switch_end(tusk_worker *self, tusk_jump jump)
{
	zend_fiber_transfer *transfer = jump.transfer;
	zend_fiber_context *from = transfer->context;
	from->handle = jump.handle;
	EG(current_fiber_context) = self->resume;
	restore_vm(self);
	tusk_set_current_worker(self);
	if (UNEXPECTED(from->status == ZEND_FIBER_STATUS_DEAD)) {
		/* Somebody's own Fiber ended by switching here; its transfer goes with its stack. */
		zend_fiber_transfer copy = *transfer;
		zend_fiber_destroy_context(from);
		arrived(self, &copy);
	} else if (UNEXPECTED(transfer->flags || Z_TYPE(transfer->value) != IS_NULL || tusk_dead)) {
		/* The transfer and its context lie on the other stack, which may be buried. */
		zend_fiber_transfer copy = *transfer;
		ZVAL_NULL(&transfer->value);
		arrived(self, &copy);
	}
	if (UNEXPECTED(self->state != NULL)) {
		tusk_state_enter(&self->state);
	}
	errno = self->saved.error_number;
}

/* To any context, for the rare ways: a nested Fiber's resumer. */
void tusk_switch_to_context(tusk_worker *self, zend_fiber_context *to)
{
	void *handle = begin(self, to);
	if (handle) {
		tusk_switch_end(self, tusk_jump_fcontext(handle, &self->transfer));
	}
}
