/* One coroutine at a time in a piece of PHP's code; see section.h for the states. */
#include "guard/section.h"
#include "wait.h"
#include <errno.h>

tusk_section_entry tusk_section_enter(tusk_section *section)
{
	if (EXPECTED(!tusk_concurrent && section->depth == 0) || !(tusk_hooks & TUSK_HOOK_INTERCEPT)) {
		return TUSK_SECTION_ALONE;
	}
	tusk_task_id self = tusk_self();
	while (section->depth > 0 && section->owner != self) {
		int waited = tusk_wait_for_owner(&section->turn, &section->owner, TUSK_OWNER_DEADLINE_NS);
		if (waited == -ECANCELED) {
			return TUSK_SECTION_CANCELLED;
		}
		if (waited == -ESRCH) {
			section->depth = 0;
		} else if (waited != 0) {
			return TUSK_SECTION_ALONE;
		}
	}
	section->owner = self;
	section->depth++;
	return TUSK_SECTION_INSIDE;
}

void tusk_section_leave(tusk_section *section, tusk_section_entry entered)
{
	if (entered == TUSK_SECTION_INSIDE && --section->depth == 0) {
		section->owner = 0;
		tusk_rt_turn_wake(&section->turn);
	}
}

void tusk_section_forget(tusk_section *section)
{
	tusk_rt_turn_clear(&section->turn);
	section->owner = 0;
	section->depth = 0;
}
