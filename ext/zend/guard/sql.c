/* Which statements begin and end a transaction, for connections that cannot be asked.
 *
 * Looks at the first words and at nothing else: BEGIN is a block of PL/SQL or T-SQL where a
 * statement follows it, and a transaction where nothing does, or TRAN, TRANSACTION, WORK and the
 * like. Procedures that begin a transaction, and several statements in one text, are not seen.
 */
#include "guard/sql.h"
#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Past white space and comments. */
static const char *skip(const char *at)
{
	for (;;) {
		while (isspace((unsigned char) *at)) {
			at++;
		}
		if (at[0] == '-' && at[1] == '-') {
			at += strcspn(at, "\n");
		} else if (at[0] == '/' && at[1] == '*') {
			const char *end = strstr(at + 2, "*/");
			at = end ? end + 2 : at + strlen(at);
		} else {
			return at;
		}
	}
}

/* Is this word next? Then *at is past it and what follows. */
static bool word(const char **at, const char *text)
{
	size_t length = strlen(text);

	if (strncasecmp(*at, text, length) != 0 || isalnum((unsigned char) (*at)[length]) || (*at)[length] == '_') {
		return false;
	}
	*at = skip(*at + length);
	return true;
}

static bool any(const char **at, const char *const *words)
{
	for (; *words; words++) {
		if (word(at, *words)) {
			return true;
		}
	}
	return false;
}

static bool over(const char *at)
{
	return *at == 0 || (*at == ';' && *skip(at + 1) == 0);
}

tusk_sql_verb tusk_sql_transaction(const char *sql)
{
	static const char *const kinds[] = {"tran", "transaction", "work", "deferred", "immediate", "exclusive", NULL};
	const char *at = skip(sql);

	if (word(&at, "begin")) {
		return any(&at, kinds) || over(at) ? TUSK_SQL_BEGINS : TUSK_SQL_OTHER;
	}
	if (word(&at, "start")) {
		return word(&at, "transaction") ? TUSK_SQL_BEGINS : TUSK_SQL_OTHER;
	}
	if (word(&at, "commit") || word(&at, "abort")) {
		return TUSK_SQL_ENDS;
	}
	if (word(&at, "end")) {
		return any(&at, kinds) || over(at) ? TUSK_SQL_ENDS : TUSK_SQL_OTHER;
	}
	if (word(&at, "rollback")) {
		any(&at, kinds);
		/* To a savepoint: the transaction goes on. */
		return word(&at, "to") ? TUSK_SQL_OTHER : TUSK_SQL_ENDS;
	}
	return TUSK_SQL_OTHER;
}
