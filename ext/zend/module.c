/* The module entry and its life: what happens at start-up, per request,
 * at the end of the script and at shutdown.
 *
 * Outside the cli SAPI nothing is patched, no thread, ring or handler is made, and go()
 * is refused (CONTRACT 18).
 */
#include "internal.h"
#include "function/function.h"
#include "guard/guard.h"
#include "guest/guest.h"
#include "intercept/intercept.h"
#include "session.h"
#include "state/state.h"
#include "SAPI.h"
#include "ext/standard/basic_functions.h"
#include "ext/standard/info.h"

#ifdef ZTS
ZEND_TSRMLS_CACHE_DEFINE()
#endif

bool tusk_is_cli;
/* Is there an extension that runs PHP in several threads at once? */
bool tusk_threads_run_php;
/* For other threads and signal handlers, which may not ask where PHP's globals are. */
zend_atomic_bool *tusk_vm_interrupt;
zend_execute_data **tusk_running_frame;
static bool request_is_served;

/* Rust */
bool tusk_rt_module_startup(void);
void tusk_rt_module_shutdown(void);
void tusk_rt_request_start(void);
void tusk_rt_info(void);
/* settings.c */
extern bool tusk_trace_shared_state;
void tusk_settings_register(int type, int module_number);
void tusk_settings_unregister(int type, int module_number);
/* exit.c */
extern bool tusk_exited;
void tusk_exit_startup(void);
void tusk_fork_startup(void);
void tusk_fork_shutdown(void);
void tusk_rt_script_ended(void);

/* trace.c */
void tusk_trace_install(void);
void tusk_trace_startup(void);
void tusk_trace_shutdown(void);
/* dump.c */
void tusk_dump_startup(void);
void tusk_dump_shutdown(void);
bool tusk_dump_on_interrupt(void);

void tusk_ffi_request_end(void);
void tusk_uninterrupted_request_end(void);
void tusk_throw_startup(void);
void tusk_class_startup(void);
void tusk_switch_startup(void);
void tusk_callback_request_end(void);

bool tusk_is_preloading(void) { return (CG(compiler_options) & ZEND_COMPILE_PRELOAD) != 0; }

void tusk_set_hooks(uint32_t mask) { tusk_hooks = mask; }

bool tusk_rt_may_suspend(void)
{
	return tusk_concurrent && tusk_state_may_switch();
}


const char *tusk_ini_string(const char *name)
{
	return zend_ini_string((char *) name, strlen(name), 0);
}

/* ---- the end of the script ---- */

static bool had_fatal_error(void)
{
	return CG(unclean_shutdown); /* set by every bailout; exit() is none since PHP 8 */
}

/* An exception that nobody caught in the main script is reported without a bailout. */
static bool had_uncaught_exception(void)
{
	return PG(last_error_message) && (PG(last_error_type) & E_ERROR);
}

static uint32_t shutdown_position;
static void append_shutdown_function(void);

/* Runs last among the shutdown functions, so that those can still end coroutines that
 * would run for ever: then the rest runs to completion. After exit() or an uncaught
 * exception it is cancelled; after a fatal error it is abandoned, as PHP abandons all. */
static ZEND_FUNCTION(at_shutdown)
{
	(void) return_value;
	(void) execute_data;
	if (!had_fatal_error()) {
		tusk_rt_main_ended();
	}
	bool last = !BG(user_shutdown_function_names)
		|| zend_hash_num_elements(BG(user_shutdown_function_names)) <= shutdown_position + 1;
	if (last && !had_fatal_error()) {
		tusk_rt_drain(tusk_exited || had_uncaught_exception());
		/* What ran just now may have registered more. */
		last = zend_hash_num_elements(BG(user_shutdown_function_names)) <= shutdown_position + 1;
	}
	if (last) {
		tusk_rt_script_ended();
		if (!had_fatal_error()) {
			tusk_context_release(&tusk_main_worker.context);
		}
	} else {
		append_shutdown_function();
	}
}

static zend_internal_function shutdown_function;

static void append_shutdown_function(void)
{
	php_shutdown_function_entry entry;
	memset(&entry, 0, sizeof entry);
#if PHP_VERSION_ID < 80500
	entry.fci.size = sizeof entry.fci;
	ZVAL_UNDEF(&entry.fci.function_name);
#endif
	entry.fci_cache.function_handler = (zend_function *) &shutdown_function;
	shutdown_position = BG(user_shutdown_function_names)
		? zend_hash_num_elements(BG(user_shutdown_function_names)) : 0;
	append_user_shutdown_function(&entry);
}

/* ---- signals ---- */

static void (*php_interrupt)(zend_execute_data *);
void tusk_rt_interrupted(void);

/* The VM stops for a signal that arrived while a coroutine ran: in plain PHP it would have
 * ended the main script's sleep, so it does here. */
static void on_interrupt(zend_execute_data *execute_data)
{
	bool question = tusk_watchdog_interrupted(), dump = tusk_dump_on_interrupt();
	if (!question && !dump && tusk_concurrent) {
		tusk_rt_interrupted();
	}
	if (php_interrupt) {
		php_interrupt(execute_data);
	}
}

bool tusk_interrupt_pending(void) { return zend_atomic_bool_load_ex(&EG(vm_interrupt)); }

/* Is what is pending only the watchdog's question? It holds nobody up any more. */
bool tusk_interrupt_is_question(void) { return tusk_watchdog_interrupted(); }

/* Runs what pcntl or a time limit asked for, as a job of its own so that it may suspend. */
void tusk_run_interrupt(void)
{
	zend_atomic_bool_store_ex(&EG(vm_interrupt), false);
	tusk_dump_on_interrupt();
	if (zend_atomic_bool_load_ex(&EG(timed_out))) {
		zend_timeout();
	} else if (php_interrupt) {
		php_interrupt(EG(current_execute_data));
	}
}

/* ---- life ---- */

static PHP_MINIT_FUNCTION(tusk)
{
	(void) type;
#ifdef ZTS
	ZEND_TSRMLS_CACHE_UPDATE();
#endif
	tusk_vm_interrupt = &EG(vm_interrupt);
	tusk_running_frame = &EG(current_execute_data);
	tusk_is_cli = !strcmp(sapi_module.name, "cli");
	tusk_settings_register(type, module_number);
	tusk_throw_startup();
	tusk_class_startup();
	tusk_switch_startup();
	shutdown_function.type = ZEND_INTERNAL_FUNCTION;
	shutdown_function.function_name = zend_string_init_interned(ZEND_STRL("tusk shutdown"), 1);
	shutdown_function.handler = ZEND_FN(at_shutdown);
	shutdown_function.module = NULL;
	if (!tusk_rt_module_startup()) {
		return FAILURE;
	}
	tusk_coroutine_register();
	if (tusk_is_cli) {
		tusk_exit_startup();
		if (tusk_trace_shared_state) {
			tusk_trace_install();
		}
		tusk_stream_startup();
		tusk_userspace_startup();
		tusk_function_startup();
		tusk_file_startup();
		tusk_intercept_startup();
		tusk_guard_startup();
		tusk_soap_startup();
		tusk_recursion_startup();
		tusk_mute_startup();
		tusk_session_startup();
		tusk_fiber_startup();
		/* Now, not with the first request: the JIT puts the address into its code. */
		php_interrupt = zend_interrupt_function;
		zend_interrupt_function = on_interrupt;
	}
	(void) module_number;
	return SUCCESS;
}

static PHP_MSHUTDOWN_FUNCTION(tusk)
{
	(void) type;
	if (tusk_is_cli) {
		tusk_intercept_shutdown();
		tusk_recursion_shutdown();
		tusk_soap_shutdown();
		tusk_guard_shutdown();
		tusk_mute_shutdown();
		zend_interrupt_function = php_interrupt;
		tusk_dump_shutdown();
		tusk_overflow_shutdown();
		tusk_fork_shutdown();
		tusk_fiber_shutdown();
		tusk_session_shutdown();
		tusk_file_shutdown();
		tusk_function_shutdown();
		tusk_userspace_shutdown();
		tusk_stream_shutdown();
	}
	tusk_rt_module_shutdown();
	tusk_settings_unregister(type, module_number);
	(void) module_number;
	return SUCCESS;
}

/* Everything here is for one thread. Extensions that begin others that run PHP are known by
 * name; where one is loaded, go() is refused and the hooks do nothing. */
static bool one_thread(void)
{
#ifdef ZTS
	ZEND_TSRMLS_CACHE_UPDATE();
	static const char *const others[] = {"parallel", "pthreads", "pmmpthread"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		tusk_threads_run_php |= zend_hash_str_exists(&module_registry, others[i], strlen(others[i]));
	}
#endif
	return !tusk_threads_run_php;
}

static PHP_RINIT_FUNCTION(tusk)
{
	(void) type;
	(void) module_number;
	if (one_thread() && tusk_is_cli) {
		tusk_exited = false;
		request_is_served = true;
		tusk_state_startup();
		tusk_compile_startup();
		tusk_autoload_startup();
		tusk_mysqlnd_startup();
		tusk_fork_startup();
		tusk_session_startup();
		append_shutdown_function();
		tusk_dump_startup();
		tusk_trace_startup();
		tusk_rt_request_start();
	}
	return SUCCESS;
}

static PHP_RSHUTDOWN_FUNCTION(tusk)
{
	(void) type;
	(void) module_number;
	if (request_is_served) {
		request_is_served = false;
		tusk_rt_request_end();
		/* Before the engine looks whose handlers are installed. */
		tusk_dump_shutdown();
		tusk_ffi_request_end();
		tusk_uninterrupted_request_end();
		tusk_trace_shutdown();
		tusk_callback_request_end();
		tusk_worker_request_end();
		tusk_mysqlnd_shutdown();
		tusk_waiting_reset();
		tusk_guard_forget();
		tusk_multisort_forget();
		tusk_shared_forget();
		tusk_state_shutdown();
		tusk_compile_shutdown();
		tusk_autoload_shutdown();
	}
	return SUCCESS;
}

static PHP_MINFO_FUNCTION(tusk)
{
	(void) zend_module;
	tusk_rt_info();
	DISPLAY_INI_ENTRIES();
}

void tusk_info_start(void) { php_info_print_table_start(); }
void tusk_info_row(const char *name, const char *value) { php_info_print_table_row(2, name, value); }
void tusk_info_end(void) { php_info_print_table_end(); }

zend_result tusk_request_is_over(void);
extern const zend_module_dep tusk_module_dependencies[];

zend_module_entry tusk_module_entry = {
	STANDARD_MODULE_HEADER_EX,
	NULL,
	tusk_module_dependencies,
	"tusk",
	NULL,
	PHP_MINIT(tusk),
	PHP_MSHUTDOWN(tusk),
	PHP_RINIT(tusk),
	PHP_RSHUTDOWN(tusk),
	PHP_MINFO(tusk),
	TUSK_VERSION,
	NO_MODULE_GLOBALS,
	tusk_request_is_over,
	STANDARD_MODULE_PROPERTIES_EX
};

zend_module_entry *tusk_module(void)
{
	return &tusk_module_entry;
}
