/* Replacements of library functions that guards need, in the table of intercept/table.c. */
#ifndef TUSK_GUARD_CALL_H
#define TUSK_GUARD_CALL_H

#include <stdbool.h>

void tusk_libc_PQfinish(void *connection);
/* Is a query or a transaction outstanding on this PGconn? */
bool tusk_postgres_pending(const void *connection);

#endif
