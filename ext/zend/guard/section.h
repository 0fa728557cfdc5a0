/* A section of PHP's code that keeps what it works on in globals: one coroutine at a time, first come first
 * served, without a word in the log, because no program can do better.
 *
 *   free   depth 0. Anyone enters.
 *   held   by `owner`, depth > 0. Others wait; the owner enters again. Who ends without leaving (its
 *          stack is gone) holds nothing any more.
 *
 * Who cannot wait here (in a destructor of PHP 8.2), and whom the owner waits for, goes ahead as in plain PHP: a
 * wait without an end would be worse.
 */
#ifndef TUSK_SECTION_H
#define TUSK_SECTION_H

#include "internal.h"

typedef struct {
	tusk_task_id owner;
	unsigned depth;
	tusk_turn turn;
} tusk_section;

/* CANCELLED: the call is not made, and an exception says why. */
typedef enum { TUSK_SECTION_ALONE, TUSK_SECTION_INSIDE, TUSK_SECTION_CANCELLED } tusk_section_entry;

tusk_section_entry tusk_section_enter(tusk_section *section);
void tusk_section_leave(tusk_section *section, tusk_section_entry entered);
void tusk_section_forget(tusk_section *section); /* RSHUTDOWN */

#endif
