/* PHP's session is one per process (CONTRACT 4): while one coroutine has it open, a
 * session_start() of another one would get the first one's $_SESSION. It gets a
 * MisuseError. The same coroutine gets plain PHP's notice.
 */
#include "handle.h"
#include "session.h"
#include "wait.h"
#if defined(__has_include) && __has_include("ext/session/php_session.h")
# include "ext/session/php_session.h"

static php_ps_globals *session;
static zif_handler plain_start;
/* Who has the session open, or waits for its file to be unlocked. */
static tusk_task_id opener;
static bool opening;

static ZEND_FUNCTION(tusk_session_start)
{
	bool active = session->session_status == php_session_active;
	tusk_task_id self = tusk_self();
	if ((active || opening) && opener != self && tusk_alive(opener)) {
		tusk_throw_misuse("session_start(): another coroutine has the session open, and a process has only one. "
			"Close it with session_write_close() before waiting, or keep sessions out of coroutines");
		return;
	}
	if (active) {
		plain_start(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	opener = self;
	opening = true;
	plain_start(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	opening = false;
	if (session->session_status != php_session_active) {
		opener = 0;
	}
}

void tusk_session_startup(void)
{
	zend_module_entry *module = zend_hash_str_find_ptr(&module_registry, ZEND_STRL("session"));
	zend_internal_function *start = zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("session_start"));
	if (plain_start || !module || !start || module->globals_size != sizeof(php_ps_globals)) {
		return;
	}
	session = TUSK_MODULE_GLOBALS(module);
	plain_start = start->handler;
	start->handler = ZEND_FN(tusk_session_start);
}

void tusk_session_shutdown(void)
{
	zend_internal_function *start = zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("session_start"));
	if (plain_start && start && start->handler == ZEND_FN(tusk_session_start)) {
		start->handler = plain_start;
	}
	plain_start = NULL;
}

#else

/* Without ext/session's header its state can not be seen. */
void tusk_session_startup(void) {}
void tusk_session_shutdown(void) {}

#endif
