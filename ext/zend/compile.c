/* Compiling, autoloading and including while coroutines interleave (CONTRACT 1).
 *
 * The compiler keeps its state in globals, so nothing may be suspended inside it. A
 * source that would have to be waited for (a URL, a wrapper written in PHP) is read
 * before the compiler is entered; whatever else could wait in there (an error handler
 * that logs a deprecation over the network) makes PHP's plain, blocking call, because
 * tusk_compiling is not zero.
 *
 * EG(in_autoload) is exchanged at a switch (state/chain.c), so zend_autoload is reached
 * by every coroutine that needs a class; here the second one waits for the first.
 *
 * A class whose parent, interfaces or traits are being loaded stands in the class table
 * already, unlinked, and the engine says of such a class that it does not exist, without
 * asking an autoloader. It is hidden for that time, so that others come here and wait. One
 * that only lacks the types in its methods' signatures cannot be hidden, because the classes
 * that are loaded then may need it: loading them makes plain, blocking calls instead, so that
 * nobody asks in that moment. (With opcache's inheritance cache the engine records errors
 * then, and nothing may suspend there anyway.)
 *
 * The hooks are installed at the first request, outside of opcache's and Xdebug's.
 */
#include "file/file.h"
#include "loading.h"
#include "state/state.h"
#include "wait.h"
#include <errno.h>

unsigned tusk_compiling;

/* How many of them are no compilations, but loads of types for a class that is nearly linked. */
static unsigned loading_types;

static zend_op_array *(*next_compile_file)(zend_file_handle *, int);
static __typeof__(zend_compile_string) next_compile_string;
static __typeof__(zend_autoload) next_autoload;
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

/* ---- autoload -------------------------------------------------------------------- */

typedef struct autoload {
	/* The one that loads and each that waits for it. */
	unsigned references;
	zend_string *class_name;
	tusk_task_id owner;
	tusk_turn waiters;
	struct autoload *next;
} autoload;

static autoload *autoloads;

static autoload *find_autoload(zend_string *class_name)
{
	for (autoload *a = autoloads; a; a = a->next) {
		if (zend_string_equals(a->class_name, class_name)) {
			return a;
		}
	}
	return NULL;
}

static void release_autoload(autoload *a)
{
	if (--a->references == 0) {
		tusk_rt_turn_clear(&a->waiters);
		zend_string_release(a->class_name);
		efree(a);
	}
}

static void end_autoload(autoload *mine)
{
	for (autoload **link = &autoloads; *link; link = &(*link)->next) {
		if (*link == mine) {
			*link = mine->next;
			break;
		}
	}
	while (tusk_rt_turn_wake(&mine->waiters)) {
	}
	release_autoload(mine);
}

static autoload *begin_autoload(zend_string *class_name)
{
	autoload *mine = ecalloc(1, sizeof(*mine));
	*mine = (autoload) { .references = 1, .class_name = zend_string_copy(class_name),
		.owner = tusk_self(), .next = autoloads };
	autoloads = mine;
	return mine;
}

static zend_class_entry *load(zend_string *name, zend_string *class_name)
{
	autoload *mine = begin_autoload(class_name);
	zend_class_entry *found = NULL;
	volatile bool failed = false;
	zend_try {
		found = next_autoload(name, class_name);
	} zend_catch {
		failed = true;
	} zend_end_try();
	end_autoload(mine);
	if (UNEXPECTED(failed)) {
		zend_bailout();
	}
	return found;
}

/* The types of a nearly linked class are waited for only where another coroutine loads them. */
static int wait_for_load(autoload *other)
{
	unsigned types = loading_types;
	bool compiles = tusk_compiling != types;
	if (!compiles) {
		tusk_compiling = loading_types = 0;
	}
	int result = tusk_wait_for_owner(&other->waiters, &other->owner, TUSK_OWNER_DEADLINE_NS);
	if (!compiles) {
		tusk_compiling = loading_types = types;
	}
	return result;
}

static zend_class_entry *wait_or_load(zend_string *name, zend_string *class_name)
{
	autoload *other;
	while ((other = find_autoload(class_name)) != NULL) {
		/* Where waiting is not possible or would never end, the class is "not found", which
		 * is what plain PHP says of a class that is just being loaded. */
		other->references++;
		int result = wait_for_load(other);
		bool over = find_autoload(class_name) != other;
		if (!over && result == -ESRCH) {
			/* In the child of a fork, where the loading coroutine does not exist. */
			end_autoload(other);
			over = true;
		}
		release_autoload(other);
		zend_class_entry *found = zend_hash_find_ptr(EG(class_table), class_name);
		if (found && (found->ce_flags & ZEND_ACC_LINKED)) {
			return found;
		}
		if (result == -ECANCELED || (!over && result != 0)) {
			return NULL;
		}
	}
	return load(name, class_name);
}

/* ---- linking --------------------------------------------------------------------- */

/* The class that the running frame declares, if it is not linked yet: its place in the table. */
static zval *class_in_the_making(zend_string **name)
{
	const zend_execute_data *frame = EG(current_execute_data);
	if (!frame || !frame->func || !ZEND_USER_CODE(frame->func->type)
		|| (frame->opline->opcode != ZEND_DECLARE_CLASS && frame->opline->opcode != ZEND_DECLARE_CLASS_DELAYED)) {
		return NULL;
	}
	*name = Z_STR_P(RT_CONSTANT(frame->opline, frame->opline->op1));
	zval *entry = zend_hash_find(EG(class_table), *name);
	return entry && !(Z_CE_P(entry)->ce_flags & ZEND_ACC_LINKED) ? entry : NULL;
}

static zend_class_entry *load_type(zend_string *name, zend_string *class_name)
{
	zend_class_entry *volatile found = NULL; /* read after a longjmp */
	volatile bool failed = false;
	tusk_compiling++;
	loading_types++;
	zend_try {
		found = wait_or_load(name, class_name);
	} zend_catch {
		failed = true;
	} zend_end_try();
	loading_types--;
	tusk_compiling--;
	if (UNEXPECTED(failed)) {
		zend_bailout();
	}
	return found;
}

static void show(zend_string *hidden, zend_string *name)
{
	zval *entry = zend_hash_find(EG(class_table), hidden);
	if (UNEXPECTED(!zend_hash_set_bucket_key(EG(class_table), (Bucket *) entry, name))) {
		/* Another coroutine has included the file, too. */
		zend_error_noreturn(E_COMPILE_ERROR, "Cannot declare class %s, because the name is already in use",
			ZSTR_VAL(Z_CE_P(entry)->name));
	}
}

static zend_class_entry *autoload_class(zend_string *name, zend_string *class_name)
{
	zend_string *declared;
	zval *entry;
	if (EXPECTED(!tusk_rt_may_suspend()) || !(entry = class_in_the_making(&declared))) {
		return wait_or_load(name, class_name);
	}
	if (Z_CE_P(entry)->ce_flags & ZEND_ACC_NEARLY_LINKED) {
		return load_type(name, class_name);
	}
	zend_string_addref(declared);
	/* As the engine names classes that are not declared yet: nobody can ask for it. */
	zend_string *hidden = zend_strpprintf(0, "%clinked in coroutine %" PRIu64 ": %s", 0, (uint64_t) tusk_self(),
		ZSTR_VAL(declared));
	zend_hash_set_bucket_key(EG(class_table), (Bucket *) entry, hidden);
	autoload *mine = begin_autoload(declared);
	zend_class_entry *found = wait_or_load(name, class_name);
	end_autoload(mine);
	show(hidden, declared);
	zend_string_release(hidden);
	zend_string_release(declared);
	return found;
}

/* ---- life ---------------------------------------------------------------------- */

void tusk_compile_startup(void)
{
	tusk_compiling = loading_types = 0;
	if (zend_compile_file == guard_file) {
		return;
	}
	next_compile_file = zend_compile_file;
	zend_compile_file = guard_file;
	next_compile_string = zend_compile_string;
	zend_compile_string = guard_string;
	next_resolve_path = zend_resolve_path;
	zend_resolve_path = resolve_path;
	if (zend_autoload) {
		next_autoload = zend_autoload;
		zend_autoload = autoload_class;
	}
}

void tusk_compile_shutdown(void)
{
	autoloads = NULL;
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
	if (zend_autoload == autoload_class) {
		zend_autoload = next_autoload;
	}
}
