/* PHP's session is one per process (CONTRACT 4): while one coroutine has it open, a
 * session_start() of another one would get the first one's $_SESSION. It gets a
 * MisuseError. The same coroutine gets plain PHP's notice.
 *
 * With tusk.superglobals each coroutine has its own: what PHP keeps of a session that is
 * open is exchanged at a switch. Settings and the save handler stay the process's.
 */
#include "handle.h"
#include "session.h"
#include "state/state.h"
#include "wait.h"
#include "zend_exceptions.h"
#if defined(__has_include) && __has_include("ext/session/php_session.h")
# include "ext/session/php_session.h"

static php_ps_globals *session;
static zif_handler plain_start;
/* Who has the session open, or waits for its file to be unlocked. */
static tusk_task_id opener;
static bool opening;

/* PHP's files handler reads on when its wait for the file's lock has failed. The session of a
 * coroutine that was cancelled in that wait must not stay open: closing it would write without
 * the lock, over what who has it writes. */
static void abort_cancelled(void)
{
	zend_function *abort = zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("session_abort"));
	zend_object *cancel = EG(exception);
	zval result;

	if (!cancel || !abort || session->session_status != php_session_active || !tusk_state_gives_up()) {
		return;
	}
	/* Nothing is called while an exception is set. */
	EG(exception) = NULL;
	ZVAL_UNDEF(&result);
	zend_call_known_function(abort, NULL, NULL, &result, 0, NULL, NULL);
	zval_ptr_dtor(&result);
	tusk_put_exception_back(cancel);
}

static ZEND_FUNCTION(tusk_session_start)
{
	bool active = session->session_status == php_session_active;
	tusk_task_id self = tusk_self();
	if (!tusk_superglobals_on && (active || opening) && opener != self && tusk_alive(opener)) {
		tusk_throw_misuse("session_start(): another coroutine has the session open, and a process has only one. "
			"Close it with session_write_close() before waiting, or set tusk.superglobals=1 in php.ini, "
			"which gives each coroutine a session of its own");
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
	abort_cancelled();
	if (session->session_status != php_session_active) {
		opener = 0;
	}
}

/* ---- a session for each coroutine -------------------------------------------------- */

/* What PHP clears between two requests (php_rinit_session_globals). */
struct tusk_session {
	zend_string *id, *vars_read;
	void *mod_data;
	php_session_status status;
	zval vars;
	bool user_is_open, user_implemented, define_sid, in_save_handler, set_handler, send_cookie;
#if PHP_VERSION_ID >= 80400
	zend_string *started_in;
	uint32_t started_at;
#endif
};

static void read_globals(tusk_session *to)
{
	*to = (tusk_session) {
		.id = session->id, .vars_read = session->session_vars, .mod_data = session->mod_data,
		.status = session->session_status, .user_is_open = session->mod_user_is_open,
		.user_implemented = session->mod_user_implemented,
		.define_sid = session->define_sid, .in_save_handler = session->in_save_handler,
		.set_handler = session->set_handler, .send_cookie = session->send_cookie,
#if PHP_VERSION_ID >= 80400
		.started_in = session->session_started_filename, .started_at = session->session_started_lineno,
#endif
	};
	ZVAL_COPY_VALUE(&to->vars, &session->http_session_vars);
}

static void write_globals(const tusk_session *from)
{
	session->id = from->id;
	session->session_vars = from->vars_read;
	session->mod_data = from->mod_data;
	session->session_status = from->status;
	session->mod_user_is_open = from->user_is_open;
	session->mod_user_implemented = from->user_implemented;
	session->define_sid = from->define_sid;
	session->in_save_handler = from->in_save_handler;
	session->set_handler = from->set_handler;
	session->send_cookie = from->send_cookie;
#if PHP_VERSION_ID >= 80400
	session->session_started_filename = from->started_in;
	session->session_started_lineno = from->started_at;
#endif
	ZVAL_COPY_VALUE(&session->http_session_vars, &from->vars);
}

bool tusk_session_used(void)
{
	return session && (session->id || session->mod_data || session->session_status == php_session_active
		|| !Z_ISUNDEF(session->http_session_vars));
}

tusk_session *tusk_session_save(void)
{
	tusk_session *saved = pemalloc(sizeof *saved, 1);
	tusk_session none = {.define_sid = true, .send_cookie = session->send_cookie, .status = php_session_none};

	read_globals(saved);
	write_globals(&none);
	return saved;
}

void tusk_session_install(tusk_session *saved)
{
	write_globals(saved);
	pefree(saved, 1);
}

void tusk_session_drop(tusk_session *saved)
{
	/* The file of PHP's own save handler, with its lock. A handler in PHP code has nothing there,
	 * and may not be called here. */
	if (saved->mod_data && session && session->mod && strcmp(session->mod->s_name, "user") != 0) {
		session->mod->s_close(&saved->mod_data);
	}
	if (saved->id) {
		zend_string_release(saved->id);
	}
	if (saved->vars_read) {
		zend_string_release(saved->vars_read);
	}
#if PHP_VERSION_ID >= 80400
	if (saved->started_in) {
		zend_string_release(saved->started_in);
	}
#endif
	zval_ptr_dtor(&saved->vars);
	pefree(saved, 1);
}

void tusk_session_finish(void)
{
	if (!tusk_session_used()) {
		return;
	}
	if (session->session_status == php_session_active) {
		zend_function *close = zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("session_write_close"));
		zval result;
		ZVAL_UNDEF(&result);
		if (close) {
			zend_call_known_function(close, NULL, NULL, &result, 0, NULL, NULL);
		}
		zval_ptr_dtor(&result);
	}
	tusk_session_drop(tusk_session_save());
}

/* ---- start and end ------------------------------------------------------------------- */

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
bool tusk_session_used(void) { return false; }
tusk_session *tusk_session_save(void) { return NULL; }
void tusk_session_install(tusk_session *saved) { (void) saved; }
void tusk_session_drop(tusk_session *saved) { (void) saved; }
void tusk_session_finish(void) {}

#endif
