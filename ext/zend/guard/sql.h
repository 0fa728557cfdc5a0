/* What a statement does to a transaction, by its first words. */
#ifndef TUSK_GUARD_SQL_H
#define TUSK_GUARD_SQL_H

typedef enum { TUSK_SQL_OTHER, TUSK_SQL_BEGINS, TUSK_SQL_ENDS } tusk_sql_verb;

tusk_sql_verb tusk_sql_transaction(const char *sql);

#endif
