/* Fibers that a foreign event loop started; parts.h has their states. */
#ifndef TUSK_GUEST_H
#define TUSK_GUEST_H

#include "internal.h"

/* tusk.fiber_mode: what a wait in somebody's own Fiber does. */
typedef enum { TUSK_FIBERS_AUTO, TUSK_FIBERS_TRANSPARENT, TUSK_FIBERS_SUSPEND } tusk_fiber_mode;
extern tusk_fiber_mode tusk_fibers;

/* How many guests there are, and how many of them wait in a hooked call. */
extern uint32_t tusk_guest_count, tusk_guests_waiting;
extern int tusk_guest_slot;

/* The guest whose Fiber this is, or NULL. */
static zend_always_inline tusk_worker *tusk_guest_of(const zend_fiber *fiber)
{
	return UNEXPECTED(tusk_guest_count) ? (tusk_worker *) fiber->context.reserved[tusk_guest_slot] : NULL;
}

void tusk_guest_startup(void);
void tusk_guest_request_end(void);
/* Fiber::start() is about to be called from this frame: true when the Fiber is a guest now. */
bool tusk_guest_begin(zend_fiber *fiber, const zend_execute_data *starter);
/* It has suspended itself, waits in a hooked call, or has ended. */
void tusk_guest_returned(zend_fiber *fiber);
/* Is it a guest's Fiber, or our closure that resumes one? */
bool tusk_guest_is_meant(const zend_fiber *fiber, const zval *value);
/* The worker whose stack a guest runs on. */
tusk_worker *tusk_guest_carrier(tusk_worker *self);
/* Before Fiber::resume() and throw(): false when there is nothing to resume; thrown, unless
 * it was our closure. */
bool tusk_guest_may_resume(zend_fiber *fiber, const zval *value);

/* Is this call of a function that waits made by the loop of guests? Then it makes the next
 * calls around its wait. */
bool tusk_guest_loop_calls(const zend_execute_data *call);
/* Does that loop have nobody else to run? Then the plain call does. */
bool tusk_guest_loop_is_alone(void);
void tusk_guest_plain_call(bool begins);
/* True: a guest goes on, so there is no time to wait. */
bool tusk_guest_before_wait(const zend_execute_data *call, bool may_end_early);
void tusk_guest_after_wait(void);
void tusk_guest_between_callbacks(const zend_execute_data *call);
/* A guest has a task now. */
void tusk_guest_adopted(void);

#endif
