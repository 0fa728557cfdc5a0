/* Guests: Fibers that a foreign event loop started.
 *
 * Such a loop expects that start() and resume() return when the Fiber cannot go on: it runs in
 * the main script, and holds everybody while they do not. So a wait in a guest does what
 * Fiber::suspend() does, and the loop is told when the wait is over. Any other Fiber of PHP code
 * waits transparently: who started it waits too, as in plain PHP. That keeps Fibers that are
 * used as generators right, where a NULL between two values would be one value more.
 *
 * States of a guest, and who may move them:
 *   runs    -> waits   tusk_guest_leave(): it gave control to who resumed it
 *   waits   -> due     the scheduler's choice fell on its task (tusk_guest_due)
 *   due     -> told    its loop got a closure that resumes it
 *   told    -> runs    the loop calls that
 *   due     -> runs    who waits for it, where no loop is told: go_on()
 *   waits, due, told -> runs  the engine unwinds it: the wait ends with that
 *   any     -> (gone)  its Fiber has ended, or is freed
 * While it waits nobody else resumes it: the value would be lost. A wait holds a reference to
 * the Fiber, and keeps the loop alive by a timer that never fires.
 *
 * A guest has a task and an identity like a coroutine, made when first needed, but no stack
 * of its own: it runs inside the loop's. Its engine state (output buffers, error handlers) is
 * the loop's, as a Fiber's is in plain PHP.
 *
 * which.c says which Fibers, life.c makes and ends guests, wait.c has the states above, and
 * loop.c what is asked of the foreign loop and what it asks.
 */
#ifndef TUSK_GUEST_PARTS_H
#define TUSK_GUEST_PARTS_H

#include "guest/guest.h"

#pragma GCC visibility push(hidden)

typedef struct guest {
	tusk_worker worker;      /* first: what the scheduler and reports see of it */
	zend_object *loop;       /* who is told, or NULL: whoever waits goes on with it */
	zval keep_alive;         /* the loop's name for the timer, while it waits */
	zval disabled;           /* the loop's name for the callback it runs, while that is disabled */
	bool waits, due;
	bool told;               /* due, and its loop has a closure that resumes it */
	struct guest *next, *previous, *next_due;
} guest;

static zend_always_inline guest *guest_of(const zend_fiber *fiber)
{
	return (guest *) tusk_guest_of(fiber);
}

/* ---- which.c ---- */

typedef enum { NO_LOOP, REVOLT, RUNNER } loop_kind;

/* What the object is whose method this frame runs. */
loop_kind tusk_guest_kind_of(const zend_execute_data *frame, zend_object **object);
void tusk_guest_forget_kinds(void);

/* ---- life.c ---- */

extern guest *tusk_guests;
/* How many of them have a task. */
extern uint32_t tusk_guest_tasks;

/* It has ended: gives back what a coroutine gives back. May call PHP code. */
void tusk_guest_end(guest *one);

/* ---- wait.c ---- */

/* Passed to resume() by the closures that loops are given. */
extern zend_object *tusk_guest_token;
void tusk_guest_token_copy(zval *to);

void tusk_guest_wait_is_over(guest *one);
/* Whose waits are over go on, or their loop is told; true if there was any. */
bool tusk_guests_go_on(bool by_loops);
/* In the child of a fork: waits of the parent's are never over here. */
void tusk_guest_forget_due(void);
void tusk_guest_resume_closure(zval *closure, zend_fiber *fiber);
void tusk_guest_wait_startup(void);

/* ---- loop.c ---- */

void tusk_guest_forget_names(guest *one);
/* The loop must not end while one of its Fibers waits here. */
void tusk_guest_keep_loop_alive(guest *one);
/* The loop resumes it in a callback, as it resumes what it suspended itself; so failures take
 * the loop's way, too. */
void tusk_guest_tell_loop(guest *one);

#pragma GCC visibility pop
#endif
