/* Waiting for something that another coroutine holds: a class it is loading, a file it
 * is inside of, a connection it is using.
 */
#ifndef TUSK_WAIT_H
#define TUSK_WAIT_H

#include "tusk.h"

/* The longest wait for another coroutine's class, file or transaction. It exists to end a
 * deadlock that can not be seen from here (the owner waits for us through a channel), so
 * it is far beyond what loading takes and still within a client's patience. */
#define TUSK_OWNER_DEADLINE_NS INT64_C(10000000000)

/* Names the running coroutine: its task, or TUSK_MAIN for the main script, which has no task
 * as long as a program uses no coroutines. */
tusk_task_id tusk_self(void);
#define TUSK_MAIN UINT64_MAX
/* Has it not finished yet? */
bool tusk_alive(tusk_task_id task);

/* Waits until `turn` wakes the running coroutine. 0 when woken, -ETIMEDOUT, -ECANCELED;
 * -EDEADLK at once when the owner itself waits, directly or through others, for what the
 * running coroutine holds or for its end; -EWOULDBLOCK when nothing may suspend here; -ESRCH when the owner
 * has finished. `owner` is read again while others wait, so it must outlive the call;
 * 0 in it is nobody. */
int tusk_wait_for_owner(tusk_turn *turn, const tusk_task_id *owner, int64_t timeout_ns);

#endif
