/* Replacements of library functions that guards need, in the table of intercept_table.c. */
#ifndef TUSK_GUARD_CALL_H
#define TUSK_GUARD_CALL_H

void tusk_libc_PQfinish(void *connection);

#endif
