/* array_multisort(): one coroutine at a time. Its comparisons are in a global, so another one that sorts while a
 * __toString() waits in it would leave it comparisons that are not its own, and then none.
 */
#include "guard/guard.h"
#include "guard/section.h"

static tusk_section section;
static zend_internal_function *sort;
static zif_handler php_sort;

static ZEND_NAMED_FUNCTION(in_turn)
{
	tusk_section_entry entered = tusk_section_enter(&section);

	if (entered != TUSK_SECTION_CANCELLED) {
		php_sort(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
	tusk_section_leave(&section, entered);
}

void tusk_multisort_startup(void)
{
	sort = zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("array_multisort"));
	if (sort) {
		php_sort = sort->handler;
		sort->handler = in_turn;
	}
}

void tusk_multisort_shutdown(void)
{
	if (sort && sort->handler == in_turn) {
		sort->handler = php_sort;
	}
	sort = NULL;
}

void tusk_multisort_forget(void)
{
	tusk_section_forget(&section);
}
