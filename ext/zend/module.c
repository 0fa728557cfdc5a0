/* The module entry, its INI settings and its life: what happens at start-up, per request,
 * at the end of the script and at shutdown.
 *
 * Outside the cli SAPI nothing is patched, no thread, ring or handler is made, and go()
 * is refused (CONTRACT 18).
 */
#include "internal.h"
#include "guard.h"
#include "intercept.h"
#include "session.h"
#include "SAPI.h"
#include "ext/standard/basic_functions.h"
#include "ext/standard/info.h"
#include "zend_ini.h"

extern bool tusk_use_zend_stacks;
extern size_t tusk_stack_size;
uint32_t tusk_hooks = TUSK_HOOK_ALL;
int tusk_shared_handle_throw;
bool tusk_is_cli;
/* Is there anybody else to run? Kept by Rust; the first question of every hook. */
bool tusk_concurrent;

/* Rust */
bool tusk_rt_module_startup(void);
void tusk_rt_module_shutdown(void);
void tusk_rt_request_start(void);
void tusk_rt_info(void);
bool tusk_rt_set_hooks(const char *text, size_t length, uint32_t *mask);
bool tusk_rt_check_intercept(const char *text, size_t length);
bool tusk_rt_set_number(uint32_t setting, int64_t value);
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
bool tusk_dump_configure(const char *text);
void tusk_dump_startup(void);
void tusk_dump_shutdown(void);
bool tusk_dump_on_interrupt(void);

void tusk_ffi_request_end(void);
void tusk_throw_startup(void);
void tusk_class_startup(void);
void tusk_switch_startup(void);
void tusk_callback_request_end(void);

/* ---- INI: every value is checked, with a message that names the range ---- */

static bool refuse(zend_ini_entry *entry, zend_string *value, const char *expected)
{
	zend_error(E_WARNING, "Tusk: %s cannot be \"%s\"; expected %s. The previous value stays",
		ZSTR_VAL(entry->name), value ? ZSTR_VAL(value) : "", expected);
	return false;
}

static ZEND_INI_MH(on_hooks)
{
	if (!tusk_rt_set_hooks(new_value ? ZSTR_VAL(new_value) : "", new_value ? ZSTR_LEN(new_value) : 0, &tusk_hooks)) {
		refuse(entry, new_value, "\"all\", \"none\" or a list of: stream, sleep, select, dns, mysqlnd, file, process, lock, intercept");
		return FAILURE;
	}
	return SUCCESS;
}

static ZEND_INI_MH(on_driver)
{
	const char *text = new_value ? ZSTR_VAL(new_value) : "";
	if (strcmp(text, "auto") && strcmp(text, "uring") && strcmp(text, "epoll")) {
		refuse(entry, new_value, "auto, uring or epoll");
		return FAILURE;
	}
	return SUCCESS;
}

static ZEND_INI_MH(on_stack_size)
{
	const char *text = new_value ? ZSTR_VAL(new_value) : "";
	char *unit = NULL;
	zend_long size = ZEND_STRTOL(text, &unit, 10);
	bool valid = *text && size > 0 && size <= 64 * 1024 * 1024;
	if (valid && (*unit == 'k' || *unit == 'K')) {
		size *= 1024;
		unit++;
	} else if (valid && (*unit == 'm' || *unit == 'M')) {
		size *= 1024 * 1024;
		unit++;
	}
	if (!valid || *unit || size < 128 * 1024 || size > 64 * 1024 * 1024) {
		refuse(entry, new_value, "128K to 64M");
		return FAILURE;
	}
	tusk_stack_size = (size_t) ZEND_MM_ALIGNED_SIZE_EX((size_t) size, 65536);
	return SUCCESS;
}

static ZEND_INI_MH(on_stacks)
{
	const char *text = new_value ? ZSTR_VAL(new_value) : "";
	if (strcmp(text, "auto") && strcmp(text, "zend")) {
		refuse(entry, new_value, "auto or zend");
		return FAILURE;
	}
	tusk_use_zend_stacks = !strcmp(text, "zend");
	return SUCCESS;
}

static ZEND_INI_MH(on_intercept)
{
	if (!tusk_rt_check_intercept(new_value ? ZSTR_VAL(new_value) : "", new_value ? ZSTR_LEN(new_value) : 0)) {
		refuse(entry, new_value, "auto, none, or a list of auto, NAME and -NAME, where NAME begins a library's file name");
		return FAILURE;
	}
	return SUCCESS;
}

static ZEND_INI_MH(on_shared_handle)
{
	const char *text = new_value ? ZSTR_VAL(new_value) : "";
	if (strcmp(text, "wait") && strcmp(text, "throw")) {
		refuse(entry, new_value, "wait or throw");
		return FAILURE;
	}
	tusk_shared_handle_throw = !strcmp(text, "throw");
	return SUCCESS;
}

static bool trace_shared_state;
static ZEND_INI_MH(on_trace)
{
	if (!new_value || (strcmp(ZSTR_VAL(new_value), "0") && strcmp(ZSTR_VAL(new_value), "1") && ZSTR_LEN(new_value))) {
		refuse(entry, new_value, "0 or 1");
		return FAILURE;
	}
	trace_shared_state = *ZSTR_VAL(new_value) == '1';
	return SUCCESS;
}

static ZEND_INI_MH(on_dump_signal)
{
	if (!tusk_dump_configure(new_value ? ZSTR_VAL(new_value) : "")) {
		refuse(entry, new_value, "SIGUSR1, SIGUSR2, SIGRTMIN+n, SIGRTMAX-n, the number of one of them, or nothing");
		return FAILURE;
	}
	return SUCCESS;
}

/* Settings that are a number for Rust: mh_arg1 names it, in the order of ext/ini.rs. */
enum { MAX_COROUTINES, UNGUARDED_STACKS, DNS_THREADS, STOP_GRACE_MS, FILE_THREADS, BLOCK_WARN };
static ZEND_INI_MH(on_number)
{
	static const struct { zend_long min, max; const char *expected; } ranges[] = {
		{1, 16000000, "1 to 16000000"}, {0, 1, "0 or 1"}, {1, 256, "1 to 256"}, {0, 3600000, "0 to 3600000 (milliseconds)"},
		{1, 256, "1 to 256"},
	};
	size_t which = (size_t) (uintptr_t) mh_arg1;
	char *end = NULL;
	const char *text = new_value ? ZSTR_VAL(new_value) : "";
	zend_long number = ZEND_STRTOL(text, &end, 10);
	if (!*text || *end || number < ranges[which].min || number > ranges[which].max) {
		refuse(entry, new_value, ranges[which].expected);
		return FAILURE;
	}
	return tusk_rt_set_number((uint32_t) which, number) ? SUCCESS : FAILURE;
}

/* Seconds, as everywhere; Rust gets nanoseconds. */
static ZEND_INI_MH(on_block_warn)
{
	char *end = NULL;
	const char *text = new_value ? ZSTR_VAL(new_value) : "";
	double seconds = zend_strtod(text, (const char **) &end);
	if (!*text || *end || !(seconds == 0 || (seconds >= 0.001 && seconds <= 3600))) {
		refuse(entry, new_value, "0, or 0.001 to 3600 (seconds)");
		return FAILURE;
	}
	return tusk_rt_set_number(BLOCK_WARN, (int64_t) (seconds * 1e9)) ? SUCCESS : FAILURE;
}

PHP_INI_BEGIN()
	PHP_INI_ENTRY("tusk.hooks", "all", PHP_INI_ALL, on_hooks)
	PHP_INI_ENTRY("tusk.driver", "auto", PHP_INI_SYSTEM, on_driver)
	PHP_INI_ENTRY("tusk.stack_size", "1344K", PHP_INI_SYSTEM, on_stack_size)
	PHP_INI_ENTRY("tusk.stacks", "auto", PHP_INI_SYSTEM, on_stacks)
	PHP_INI_ENTRY("tusk.intercept", "auto", PHP_INI_SYSTEM, on_intercept)
	PHP_INI_ENTRY("tusk.shared_handle", "wait", PHP_INI_ALL, on_shared_handle)
	PHP_INI_ENTRY("tusk.trace_shared_state", "0", PHP_INI_SYSTEM, on_trace)
	PHP_INI_ENTRY("tusk.dump_signal", "", PHP_INI_SYSTEM, on_dump_signal)
	PHP_INI_ENTRY1("tusk.max_coroutines", "1000000", PHP_INI_SYSTEM, on_number, (void *) MAX_COROUTINES)
	PHP_INI_ENTRY1("tusk.unguarded_stacks", "0", PHP_INI_SYSTEM, on_number, (void *) UNGUARDED_STACKS)
	PHP_INI_ENTRY1("tusk.dns_threads", "4", PHP_INI_SYSTEM, on_number, (void *) DNS_THREADS)
	PHP_INI_ENTRY("tusk.block_warn", "0.1", PHP_INI_SYSTEM, on_block_warn)
	PHP_INI_ENTRY1("tusk.file_threads", "8", PHP_INI_SYSTEM, on_number, (void *) FILE_THREADS)
	PHP_INI_ENTRY1("tusk.stop_grace_ms", "5000", PHP_INI_ALL, on_number, (void *) STOP_GRACE_MS)
PHP_INI_END()

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
	entry.fci.size = sizeof entry.fci;
	ZVAL_UNDEF(&entry.fci.function_name);
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
	tusk_is_cli = !strcmp(sapi_module.name, "cli");
	REGISTER_INI_ENTRIES();
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
		if (trace_shared_state) {
			tusk_trace_install();
		}
		tusk_stream_startup();
		tusk_function_startup();
		tusk_file_startup();
		tusk_intercept_startup();
		tusk_guard_startup();
		tusk_session_startup();
		tusk_fiber_startup();
	}
	(void) module_number;
	return SUCCESS;
}

static PHP_MSHUTDOWN_FUNCTION(tusk)
{
	(void) type;
	if (tusk_is_cli) {
		tusk_intercept_shutdown();
		tusk_guard_shutdown();
		zend_interrupt_function = php_interrupt;
		tusk_dump_shutdown();
		tusk_overflow_shutdown();
		tusk_fork_shutdown();
		tusk_fiber_shutdown();
		tusk_session_shutdown();
		tusk_file_shutdown();
		tusk_function_shutdown();
		tusk_stream_shutdown();
	}
	tusk_rt_module_shutdown();
	UNREGISTER_INI_ENTRIES();
	(void) module_number;
	return SUCCESS;
}

static PHP_RINIT_FUNCTION(tusk)
{
	(void) type;
	(void) module_number;
	tusk_exited = false;
	if (tusk_is_cli) {
		tusk_state_startup();
		tusk_compile_startup();
		tusk_mysqlnd_startup();
		tusk_fork_startup();
		if (zend_interrupt_function != on_interrupt) {
			php_interrupt = zend_interrupt_function;
			zend_interrupt_function = on_interrupt;
		}
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
	if (tusk_is_cli) {
		tusk_rt_request_end();
		tusk_trace_shutdown();
		tusk_ffi_request_end();
		tusk_callback_request_end();
		tusk_worker_request_end();
		tusk_mysqlnd_shutdown();
		tusk_waiting_reset();
		tusk_guard_forget();
		tusk_shared_forget();
		tusk_state_shutdown();
		tusk_compile_shutdown();
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
	STANDARD_MODULE_PROPERTIES
};

zend_module_entry *tusk_module(void)
{
	return &tusk_module_entry;
}
