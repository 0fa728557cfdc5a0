/* Which handles coroutines have waited for one another in, and where, for
 * Tusk\Runtime::report() and for the log: a hint which connections want a pool.
 *
 * One entry for each pair of places; a program has few. Beyond the bound, waits at further
 * places are counted in the last entry, whose places are those of the first of them, and the log
 * says nothing of them.
 */
#include "handle.h"

#define PLACES 64

typedef struct {
	const char *what; /* a literal */
	zend_string *held_file, *waits_file;
	uint32_t held_line, waits_line;
	uint64_t waits;
} place;

static place places[PLACES];
static unsigned places_used;

static bool same_file(const zend_string *a, const zend_string *b)
{
	return a == b || (a && b && zend_string_equals(a, b));
}

bool tusk_shared_note(const char *what, const tusk_handle *handle)
{
	zend_string *file = zend_get_executed_filename_ex();
	uint32_t line = zend_get_executed_lineno();
	unsigned at = 0;

	while (at < places_used && !(places[at].what == what
			&& places[at].held_line == handle->line && places[at].waits_line == line
			&& same_file(places[at].held_file, handle->file) && same_file(places[at].waits_file, file))) {
		at++;
	}
	bool first = at == places_used && at < PLACES;

	if (at == PLACES) {
		at = PLACES - 1;
	} else if (first) {
		places[places_used++] = (place) {
			.what = what,
			.held_file = handle->file ? zend_string_copy(handle->file) : NULL,
			.waits_file = file ? zend_string_copy(file) : NULL,
			.held_line = handle->line,
			.waits_line = line,
		};
	}
	places[at].waits++;
	return first;
}

/* Row number `index`; false beyond the last. The texts live until the request ends. */
bool tusk_shared_row(unsigned index, const char **what, const char **held_file, uint32_t *held_line,
	const char **waits_file, uint32_t *waits_line, uint64_t *waits)
{
	if (index >= places_used) {
		return false;
	}
	const place *at = &places[index];
	*what = at->what;
	*held_file = at->held_file ? ZSTR_VAL(at->held_file) : "";
	*held_line = at->held_line;
	*waits_file = at->waits_file ? ZSTR_VAL(at->waits_file) : "";
	*waits_line = at->waits_line;
	*waits = at->waits;
	return true;
}

void tusk_shared_forget(void)
{
	while (places_used > 0) {
		place *at = &places[--places_used];
		if (at->held_file) {
			zend_string_release(at->held_file);
		}
		if (at->waits_file) {
			zend_string_release(at->waits_file);
		}
	}
}
