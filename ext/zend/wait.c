/* Who waits for whom, so that two coroutines that need each other's class, file or
 * connection get an answer instead of silence.
 *
 * One record per wait that is going on; they are few and short, so a list does. A record
 * is heap-allocated and not in the waiting frame: a fatal error drops frames unseen.
 */
#include "wait.h"
#include "internal.h"
#include <errno.h>

/* Rust: entry/task.rs. */
bool tusk_rt_is_joined_by(tusk_task_id owner, bool main);

typedef struct record {
	tusk_task_id waiter;
	/* A connection passes from hand to hand while somebody waits for it. */
	const tusk_task_id *owner;
	struct record *next;
} record;

static record *records;

tusk_task_id tusk_self(void)
{
	return tusk_worker_current() == &tusk_main_worker ? TUSK_MAIN : tusk_rt_current_task();
}

bool tusk_alive(tusk_task_id task)
{
	return task == TUSK_MAIN || tusk_rt_task_alive(task);
}

static tusk_task_id awaited_by(tusk_task_id task)
{
	for (record *r = records; r; r = r->next) {
		if (r->waiter == task) {
			return *r->owner;
		}
	}
	return 0;
}

static bool would_deadlock(tusk_task_id self, tusk_task_id owner)
{
	/* A chain can not be longer than the list; a cycle that excludes self ends there. */
	unsigned steps = 0, limit = 0;
	for (record *r = records; r; r = r->next) {
		limit++;
	}
	while (owner != 0 && steps++ <= limit) {
		if (owner == self) {
			return true;
		}
		owner = awaited_by(owner);
	}
	return false;
}

int tusk_wait_for_owner(tusk_turn *turn, const tusk_task_id *owner, int64_t timeout_ns)
{
	if (*owner != 0 && !tusk_alive(*owner)) {
		return -ESRCH;
	}
	if (!tusk_rt_may_suspend()) {
		return -EWOULDBLOCK;
	}
	tusk_task_id self = tusk_self();
	if (would_deadlock(self, *owner)
		|| (*owner != 0 && tusk_rt_is_joined_by(*owner == TUSK_MAIN ? 0 : *owner, *owner == TUSK_MAIN))) {
		return -EDEADLK;
	}
	record *mine = malloc(sizeof(*mine));
	if (!mine) {
		return -EWOULDBLOCK;
	}
	*mine = (record) { .waiter = self, .owner = owner, .next = records };
	records = mine;
	int result = tusk_rt_turn_wait(turn, timeout_ns);
	for (record **link = &records; *link; link = &(*link)->next) {
		if (*link == mine) {
			*link = mine->next;
			break;
		}
	}
	free(mine);
	return result;
}
