/* array_multisort(): one coroutine at a time. Its comparisons are in a global, so another one that sorts while a
 * __toString() waits in it would leave it comparisons that are not its own, and then none.
 */
#include "function/function.h"
#include "guard/section.h"

static tusk_section section;

ZEND_NAMED_FUNCTION(tusk_fn_array_multisort)
{
	tusk_section_entry entered = tusk_section_enter(&section);

	if (entered != TUSK_SECTION_CANCELLED) {
		TUSK_PHP_CALL(TUSK_FN_ARRAY_MULTISORT);
	}
	tusk_section_leave(&section, entered);
}

void tusk_multisort_forget(void)
{
	tusk_section_forget(&section);
}
