/* Compiling and including while coroutines interleave (CONTRACT 1).
 *
 * The compiler keeps its state in globals, so nothing may be suspended inside it. A
 * source that would have to be waited for (a URL, a wrapper written in PHP) is read
 * before the compiler is entered; whatever else could wait in there (an error handler
 * that logs a deprecation over the network) makes PHP's plain, blocking call, because
 * tusk_compiling is not zero.
 *
 * The hooks are installed at the first request, outside of opcache's and Xdebug's.
 */
#include "file/file.h"
#include "loading.h"
#include "state/state.h"

unsigned tusk_compiling;

static zend_op_array *(*next_compile_file)(zend_file_handle *, int);
static __typeof__(zend_compile_string) next_compile_string;
static zend_string *(*next_resolve_path)(zend_string *);

/* ---- the compiler ------------------------------------------------------------ */

/* Does it wait to open or to read this plain file: is it on a slow mount, or a FIFO, which PHP opens before
 * it refuses it? Finding it waits, too, and must not do so inside the compiler. */
static bool plain_file_waits(const zend_file_handle *file)
{
	const char *name = ZSTR_VAL(file->filename);
	bool opens = file->type == ZEND_HANDLE_FILENAME && (tusk_hooks & TUSK_HOOK_FILE);
	bool is_path = file->opened_path || IS_ABSOLUTE_PATH(name, ZSTR_LEN(file->filename));

	tusk_mounts_refresh(tusk_coarse_ns());
	if (EXPECTED(!tusk_slow_mounts) && (!opens || is_path)) {
		return opens && tusk_path_is_fifo(file->opened_path ? ZSTR_VAL(file->opened_path) : name);
	}
	zend_string *path = file->opened_path ? zend_string_copy(file->opened_path) : zend_resolve_path(file->filename);
	/* What is not found is looked for once more when it is opened. */
	const char *found = path ? ZSTR_VAL(path) : name;
	bool waits = tusk_path_slow(found) || (opens && tusk_path_is_fifo(found));
	if (path) {
		zend_string_release(path);
	}
	return waits;
}

/* Does reading this source take a wait? Plain files are read at once, and so are the
 * archives of ext/phar, which opcache may have cached besides. */
static bool source_may_wait(const zend_file_handle *file)
{
	if (file->buf || !file->filename) {
		return false;
	}
	const char *name = ZSTR_VAL(file->filename);
	if (!strstr(name, "://")) {
		return plain_file_waits(file);
	}
	return strncasecmp(name, "file://", 7) != 0 && strncasecmp(name, "phar://", 7) != 0;
}

static zend_op_array *compile_guarded(zend_file_handle *file, int type)
{
	zend_op_array *volatile code = NULL; /* read after a longjmp */
	volatile bool failed = false;
	unsigned depth = tusk_compiling++;
	/* A compile error is fatal and leaves by longjmp; shutdown functions still run. */
	zend_try {
		code = next_compile_file(file, type);
	} zend_catch {
		failed = true;
	} zend_end_try();
	tusk_compiling = depth;
	if (UNEXPECTED(failed)) {
		zend_bailout();
	}
	return code;
}

static zend_op_array *guard_file(zend_file_handle *file, int type)
{
	if (EXPECTED(!tusk_rt_may_suspend())) {
		return compile_guarded(file, type);
	}
	if (source_may_wait(file)) {
		char *source;
		size_t length;
		if (zend_stream_fixup(file, &source, &length) == FAILURE) {
			/* What compile_file() says; to let it try again would open the URL twice. */
			if (!EG(exception)) {
				zend_message_dispatcher(type == ZEND_REQUIRE ? ZMSG_FAILED_REQUIRE_FOPEN
					: ZMSG_FAILED_INCLUDE_FOPEN, ZSTR_VAL(file->filename));
			}
			return NULL;
		}
	}
	zend_op_array *code = compile_guarded(file, type);
	if (code && (type == ZEND_INCLUDE || type == ZEND_REQUIRE)) {
		tusk_loading_enter(file->opened_path ? file->opened_path : code->filename, code);
	}
	return code;
}

static zend_op_array *guard_string(zend_string *source, const char *name, zend_compile_position position)
{
	zend_op_array *volatile code = NULL; /* read after a longjmp */
	volatile bool failed = false;
	unsigned depth = tusk_compiling++;
	zend_try {
		code = next_compile_string(source, name, position);
	} zend_catch {
		failed = true;
	} zend_end_try();
	tusk_compiling = depth;
	if (UNEXPECTED(failed)) {
		zend_bailout();
	}
	return code;
}

/* ---- include_once -------------------------------------------------------------- */

static bool in_include_once(void)
{
	const zend_execute_data *frame = EG(current_execute_data);
	if (!frame || !frame->func || !ZEND_USER_CODE(frame->func->type)
		|| frame->opline->opcode != ZEND_INCLUDE_OR_EVAL) {
		return false;
	}
	uint32_t kind = frame->opline->extended_value;
	return kind == ZEND_INCLUDE_ONCE || kind == ZEND_REQUIRE_ONCE;
}

static bool opening_waits(const zend_string *path)
{
	return strstr(ZSTR_VAL(path), "://") || (tusk_slow_mounts && tusk_path_slow(ZSTR_VAL(path)));
}

static zend_string *resolve_path(zend_string *name)
{
	zend_string *path = next_resolve_path(name);
	if (EXPECTED(!tusk_concurrent) || !in_include_once()) {
		return path;
	}
	/* What PHP calls a source that it does not resolve, such as a URL. */
	zend_string *known_as = path ? path : name;
	if (UNEXPECTED(tusk_loading_any())) {
		tusk_loading_wait(known_as);
	}
	if (UNEXPECTED(opening_waits(known_as)) && !EG(exception) && tusk_rt_may_suspend() && !zend_hash_exists(&EG(included_files), known_as)) {
		tusk_loading_open(known_as);
	}
	return path;
}

/* ---- life ---------------------------------------------------------------------- */

void tusk_compile_startup(void)
{
	tusk_compiling = 0;
	if (zend_compile_file == guard_file) {
		return;
	}
	next_compile_file = zend_compile_file;
	zend_compile_file = guard_file;
	next_compile_string = zend_compile_string;
	zend_compile_string = guard_string;
	next_resolve_path = zend_resolve_path;
	zend_resolve_path = resolve_path;
}

void tusk_compile_shutdown(void)
{
	/* Only what is still outermost can be taken off; else somebody calls us and we pass on. */
	if (zend_compile_file == guard_file) {
		zend_compile_file = next_compile_file;
	}
	if (zend_compile_string == guard_string) {
		zend_compile_string = next_compile_string;
	}
	if (zend_resolve_path == resolve_path) {
		zend_resolve_path = next_resolve_path;
	}
}
