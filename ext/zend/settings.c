/* INI settings: every value is checked, with a message that names the range. What is refused
 * changes nothing. Numbers for Rust are kept by ext/ini.rs.
 */
#include "guest/guest.h"
#include "state/state.h"
#include "zend_ini.h"

extern bool tusk_use_zend_stacks;
extern size_t tusk_stack_size;
uint32_t tusk_hooks = TUSK_HOOK_ALL;
int tusk_shared_handle_throw;
bool tusk_trace_shared_state;
bool tusk_tracing_objects;

/* Rust */
bool tusk_rt_set_hooks(const char *text, size_t length, uint32_t *mask);
bool tusk_rt_check_intercept(const char *text, size_t length);
bool tusk_rt_set_number(uint32_t setting, int64_t value);
/* dump.c */
bool tusk_dump_configure(const char *text);

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

static ZEND_INI_MH(on_fiber_mode)
{
	static const char *const modes[] = {"auto", "transparent", "suspend"};
	const char *text = new_value ? ZSTR_VAL(new_value) : "";
	for (int mode = TUSK_FIBERS_AUTO; mode <= TUSK_FIBERS_SUSPEND; mode++) {
		if (!strcmp(text, modes[mode])) {
			tusk_fibers = (tusk_fiber_mode) mode;
			return SUCCESS;
		}
	}
	refuse(entry, new_value, "auto, transparent or suspend");
	return FAILURE;
}

static ZEND_INI_MH(on_trace)
{
	if (!new_value || ZSTR_LEN(new_value) > 1 || (ZSTR_LEN(new_value) && !strchr("012", *ZSTR_VAL(new_value)))) {
		refuse(entry, new_value, "0, 1 or 2");
		return FAILURE;
	}
	tusk_trace_shared_state = *ZSTR_VAL(new_value) >= '1';
	tusk_tracing_objects = *ZSTR_VAL(new_value) == '2';
	return SUCCESS;
}

static ZEND_INI_MH(on_superglobals)
{
	if (!new_value || (strcmp(ZSTR_VAL(new_value), "0") && strcmp(ZSTR_VAL(new_value), "1") && ZSTR_LEN(new_value))) {
		refuse(entry, new_value, "0 or 1");
		return FAILURE;
	}
	tusk_superglobals_on = *ZSTR_VAL(new_value) == '1';
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

/* Read as text when the first session is made; what is no number there would be a default unsaid. */
static ZEND_INI_MH(on_onnx_threads)
{
	const char *text = new_value ? ZSTR_VAL(new_value) : "";
	if (!*text || strlen(text) > 3 || strspn(text, "0123456789") != strlen(text) || atoi(text) > 256) {
		refuse(entry, new_value, "0 to 256");
		return FAILURE;
	}
	return SUCCESS;
}

PHP_INI_BEGIN()
	PHP_INI_ENTRY("tusk.hooks", "all", PHP_INI_ALL, on_hooks)
	PHP_INI_ENTRY("tusk.driver", "auto", PHP_INI_SYSTEM, on_driver)
	PHP_INI_ENTRY("tusk.stack_size", "1344K", PHP_INI_SYSTEM, on_stack_size)
	PHP_INI_ENTRY("tusk.stacks", "auto", PHP_INI_SYSTEM, on_stacks)
	PHP_INI_ENTRY("tusk.intercept", "auto", PHP_INI_SYSTEM, on_intercept)
	PHP_INI_ENTRY("tusk.fiber_mode", "auto", PHP_INI_ALL, on_fiber_mode)
	PHP_INI_ENTRY("tusk.shared_handle", "wait", PHP_INI_ALL, on_shared_handle)
	PHP_INI_ENTRY("tusk.trace_shared_state", "0", PHP_INI_SYSTEM, on_trace)
	PHP_INI_ENTRY("tusk.superglobals", "0", PHP_INI_SYSTEM, on_superglobals)
	PHP_INI_ENTRY("tusk.dump_signal", "", PHP_INI_SYSTEM, on_dump_signal)
	PHP_INI_ENTRY1("tusk.max_coroutines", "1000000", PHP_INI_SYSTEM, on_number, (void *) MAX_COROUTINES)
	PHP_INI_ENTRY1("tusk.unguarded_stacks", "0", PHP_INI_SYSTEM, on_number, (void *) UNGUARDED_STACKS)
	PHP_INI_ENTRY1("tusk.dns_threads", "4", PHP_INI_SYSTEM, on_number, (void *) DNS_THREADS)
	PHP_INI_ENTRY("tusk.block_warn", "0.1", PHP_INI_SYSTEM, on_block_warn)
	PHP_INI_ENTRY1("tusk.file_threads", "8", PHP_INI_SYSTEM, on_number, (void *) FILE_THREADS)
	PHP_INI_ENTRY("tusk.onnx_library", "", PHP_INI_SYSTEM, NULL)
	PHP_INI_ENTRY("tusk.onnx_threads", "0", PHP_INI_SYSTEM, on_onnx_threads)
	PHP_INI_ENTRY("tusk.onnx_cpus", "", PHP_INI_SYSTEM, NULL)
	PHP_INI_ENTRY1("tusk.stop_grace_ms", "5000", PHP_INI_ALL, on_number, (void *) STOP_GRACE_MS)
PHP_INI_END()

void tusk_settings_register(int type, int module_number)
{
	(void) type;
	REGISTER_INI_ENTRIES();
}

void tusk_settings_unregister(int type, int module_number)
{
	(void) type;
	UNREGISTER_INI_ENTRIES();
}
