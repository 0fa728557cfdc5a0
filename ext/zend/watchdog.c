/* Where PHP stands, read by the watchdog's thread while PHP's thread sleeps in a system call.
 *
 * Every byte is copied by process_vm_readv from this process itself: an address that has
 * become garbage gives an error, not a crash, and nothing here is followed without that.
 * The caller throws away what it got if PHP's thread has moved on meanwhile.
 */
#include "internal.h"
#include <sys/uio.h>
#include <unistd.h>

/* Frames that are looked at: internal functions that call each other are few. */
#define MOST_FRAMES 32
#define MOST_NAME 200

static bool copy(void *to, const void *from, size_t length)
{
	struct iovec local = {.iov_base = to, .iov_len = length};
	struct iovec remote = {.iov_base = (void *) (uintptr_t) from, .iov_len = length};

	return from && process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t) length;
}

static bool copy_string(char *to, size_t room, const zend_string *from)
{
	size_t length;

	if (!copy(&length, (const char *) from + XtOffsetOf(zend_string, len), sizeof length)) {
		return false;
	}
	/* The end of a path says more than its beginning. */
	const char *text = (const char *) from + XtOffsetOf(zend_string, val);
	if (length >= room) {
		text += length - (room - 1);
		length = room - 1;
	}
	to[length] = 0;
	return !length || copy(to, text, length);
}

/* The name of a function with its class's before it. */
static bool copy_name(char *to, size_t room, const zend_function *function)
{
	zend_class_entry *scope;
	zend_string *name;
	size_t used = 0;

	if (function->common.scope && copy(&scope, &function->common.scope, sizeof scope)
		&& copy(&name, (const char *) scope + XtOffsetOf(zend_class_entry, name), sizeof name)
		&& copy_string(to, room - 3, name)) {
		used = strlen(to);
		memcpy(to + used, "::", 3);
		used += 2;
	}
	if (!function->common.function_name) {
		strcpy(to, "main");
		return true;
	}
	return room - used > 1 && copy_string(to + used, room - used, function->common.function_name);
}

/* The innermost line of a script that runs, and the function it calls. */
bool tusk_watchdog_place(char *file, size_t file_room, char *function, size_t function_room, uint32_t *line)
{
	zend_execute_data frame, *at;
	bool named = false;

	if (!copy(&at, tusk_running_frame, sizeof at)) {
		return false;
	}
	for (int depth = 0; at && depth < MOST_FRAMES; depth++, at = frame.prev_execute_data) {
		union { zend_function function; zend_internal_function internal; } called;
		zend_op opline;

		memset(&called, 0, sizeof called);
		if (!copy(&frame, at, sizeof frame)) {
			return false;
		}
		/* An internal function's struct is smaller than the union. */
		if (!frame.func || !copy(&called.internal, frame.func, offsetof(zend_internal_function, handler))) {
			continue;
		}
		if (!named) {
			named = copy_name(function, function_room, &called.function);
		}
		if (called.function.type == ZEND_USER_FUNCTION) {
			return named && copy(&called.function.op_array, frame.func, sizeof(zend_op_array))
				&& copy_string(file, file_room, called.function.op_array.filename)
				&& copy(&opline, frame.opline, sizeof opline) && (*line = opline.lineno, true);
		}
	}
	return false;
}

/* ---- the VM's interrupt -------------------------------------------------------------- */

static _Atomic bool asked;
/* Which switch the question is about: who is running after another one is not who computed. */
static _Atomic uint64_t asked_beat;

/* From the watchdog's thread: PHP's is to say where it computes. */
void tusk_watchdog_ask(void)
{
	asked_beat = tusk_beat;
	asked = true;
	zend_atomic_bool_store_ex(tusk_vm_interrupt, true);
}

void tusk_rt_watchdog_computing(const char *file, size_t file_length, uint32_t line, const char *function, size_t function_length);

/* In PHP's thread, at an interrupt. True when the watchdog wanted it; a signal that came in
 * the same moment is handled all the same, but ends no sleep. */
bool tusk_watchdog_interrupted(void)
{
	char name[MOST_NAME] = "main";
	const zend_execute_data *at = EG(current_execute_data);

	if (EXPECTED(!asked)) {
		return false;
	}
	asked = false;
	if (asked_beat != tusk_beat) {
		return true;
	}
	while (at && (!at->func || !ZEND_USER_CODE(at->func->type))) {
		at = at->prev_execute_data;
	}
	if (!at) {
		return true;
	}
	const zend_function *function = at->func;
	if (function->common.function_name) {
		snprintf(name, sizeof name, "%s%s%s", function->common.scope ? ZSTR_VAL(function->common.scope->name) : "",
			function->common.scope ? "::" : "", ZSTR_VAL(function->common.function_name));
	}
	tusk_rt_watchdog_computing(ZSTR_VAL(function->op_array.filename), ZSTR_LEN(function->op_array.filename),
		at->opline->lineno, name, strlen(name));
	return true;
}

/* Where PHP's error log is now; "" for standard error. */
const char *tusk_error_log(void) { return PG(error_log) && strcmp(PG(error_log), "syslog") ? PG(error_log) : ""; }

