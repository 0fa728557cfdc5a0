/* Phar archives: one coroutine at a time in ext/phar's code.
 *
 * All entries of an archive are read through one file: ext/phar seeks to where an entry's next byte lies, and then
 * reads. Another coroutine that seeks while the read waits gives the first one bytes of its own entry. And
 * while an archive is opened or written, its table of entries is not whole. What is kept apart is the whole
 * extension: archives are few, know one another by alias, and a call waits for a disk at most.
 *
 * What calls in: the wrapper's and the streams' operations, which are patched in place, and the methods of
 * Phar, PharData and PharFileInfo. Methods call operations, and both may run PHP code that does: who is inside enters
 * again. A stream's operations are known when the first stream was opened.
 */
#include "guard/guard.h"
#include "guard/section.h"
#include "stream/stream.h"

static tusk_section section;

static tusk_section_entry enter(void) { return tusk_section_enter(&section); }
static void leave(tusk_section_entry entered) { tusk_section_leave(&section, entered); }

/* ---- streams -------------------------------------------------------------------------- */

static php_stream_ops *ops, php_ops;

static ssize_t phar_read(php_stream *stream, char *buffer, size_t count)
{
	tusk_section_entry entered = enter();
	ssize_t got = entered == TUSK_SECTION_CANCELLED ? -1 : php_ops.read(stream, buffer, count);

	leave(entered);
	return got;
}

static ssize_t phar_write(php_stream *stream, const char *buffer, size_t count)
{
	tusk_section_entry entered = enter();
	ssize_t put = entered == TUSK_SECTION_CANCELLED ? -1 : php_ops.write(stream, buffer, count);

	leave(entered);
	return put;
}

static int phar_seek(php_stream *stream, zend_off_t offset, int whence, zend_off_t *now)
{
	tusk_section_entry entered = enter();
	int result = entered == TUSK_SECTION_CANCELLED ? -1 : php_ops.seek(stream, offset, whence, now);

	leave(entered);
	return result;
}

static int phar_flush(php_stream *stream)
{
	tusk_section_entry entered = enter();
	int result = entered == TUSK_SECTION_CANCELLED ? EOF : php_ops.flush(stream);

	leave(entered);
	return result;
}

/* Its memory has to go, also of one who was cancelled. */
static int phar_close(php_stream *stream, int close_handle)
{
	tusk_section_entry entered = enter();
	int result = php_ops.close(stream, close_handle);

	leave(entered);
	return result;
}

static void patch_streams(php_stream *stream)
{
	php_stream_ops changed = php_ops = *stream->ops;

	changed.read = phar_read;
	changed.write = phar_write;
	changed.seek = phar_seek;
	changed.flush = phar_flush;
	changed.close = phar_close;
	if (tusk_overwrite((void *) stream->ops, &changed, sizeof(changed))) {
		ops = (php_stream_ops *) stream->ops;
	}
}

/* ---- the wrapper ---------------------------------------------------------------------- */

static php_stream_wrapper_ops *wrapper_ops, php_wrapper;

static php_stream *phar_open(php_stream_wrapper *wrapper, const char *path, const char *mode, int options,
	zend_string **opened, php_stream_context *context STREAMS_DC)
{
	tusk_section_entry entered = enter();
	php_stream *stream = entered == TUSK_SECTION_CANCELLED ? NULL
		: php_wrapper.stream_opener(wrapper, path, mode, options, opened, context STREAMS_REL_CC);

	leave(entered);
	if (stream && !ops && !strcmp(stream->ops->label, "phar stream")) {
		patch_streams(stream);
	}
	return stream;
}

static php_stream *phar_open_folder(php_stream_wrapper *wrapper, const char *path, const char *mode, int options,
	zend_string **opened, php_stream_context *context STREAMS_DC)
{
	tusk_section_entry entered = enter();
	php_stream *stream = entered == TUSK_SECTION_CANCELLED ? NULL
		: php_wrapper.dir_opener(wrapper, path, mode, options, opened, context STREAMS_REL_CC);

	leave(entered);
	return stream;
}

#define WRAPPER(name, member, parameters, arguments, failed) \
	static int name parameters \
	{ \
		tusk_section_entry entered = enter(); \
		int result = entered == TUSK_SECTION_CANCELLED ? (failed) : php_wrapper.member arguments; \
		leave(entered); \
		return result; \
	}

WRAPPER(phar_stat, url_stat, (php_stream_wrapper *wrapper, const char *url, int flags, php_stream_statbuf *found, php_stream_context *context),
	(wrapper, url, flags, found, context), -1)
WRAPPER(phar_unlink, unlink, (php_stream_wrapper *wrapper, const char *url, int options, php_stream_context *context),
	(wrapper, url, options, context), 0)
WRAPPER(phar_rename, rename, (php_stream_wrapper *wrapper, const char *from, const char *to, int options, php_stream_context *context),
	(wrapper, from, to, options, context), 0)
WRAPPER(phar_mkdir, stream_mkdir, (php_stream_wrapper *wrapper, const char *url, int mode, int options, php_stream_context *context),
	(wrapper, url, mode, options, context), 0)
WRAPPER(phar_rmdir, stream_rmdir, (php_stream_wrapper *wrapper, const char *url, int options, php_stream_context *context),
	(wrapper, url, options, context), 0)

static php_stream_wrapper_ops *ops_of_wrapper(void)
{
	HashTable *wrappers = php_stream_get_url_stream_wrappers_hash_global();
	php_stream_wrapper *wrapper = zend_hash_str_find_ptr(wrappers, ZEND_STRL("phar"));

	return wrapper ? (php_stream_wrapper_ops *) wrapper->wops : NULL;
}

/* ---- methods --------------------------------------------------------------------------- */

static const char *const classes[] = {"phar", "phardata", "pharfileinfo"};
#define CLASSES (sizeof(classes) / sizeof(classes[0]))
static int slot;

static ZEND_NAMED_FUNCTION(in_turn)
{
	zif_handler php = (zif_handler) (uintptr_t) EX(func)->internal_function.reserved[slot];
	tusk_section_entry entered = enter();

	if (entered != TUSK_SECTION_CANCELLED) {
		php(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
	leave(entered);
}

static void each_method(void (*change)(zend_internal_function *))
{
	for (size_t i = 0; i < CLASSES; i++) {
		zend_class_entry *class = zend_hash_str_find_ptr(CG(class_table), classes[i], strlen(classes[i]));
		zend_function *function;
		if (!class) {
			continue;
		}
		ZEND_HASH_FOREACH_PTR(&class->function_table, function) {
			/* Not what they inherit: an iterator's own methods read nothing. */
			if (function->type == ZEND_INTERNAL_FUNCTION && function->common.scope == class) {
				change(&function->internal_function);
			}
		} ZEND_HASH_FOREACH_END();
	}
}

static void guard_method(zend_internal_function *function)
{
	if (function->handler != in_turn && !function->reserved[slot]) {
		function->reserved[slot] = (void *) (uintptr_t) function->handler;
		function->handler = in_turn;
	}
}

static void free_method(zend_internal_function *function)
{
	if (function->handler == in_turn) {
		function->handler = (zif_handler) (uintptr_t) function->reserved[slot];
		function->reserved[slot] = NULL;
	}
}

/* ---- life ------------------------------------------------------------------------------- */

void tusk_phar_startup(int word)
{
	wrapper_ops = ops_of_wrapper();
	if (!wrapper_ops) {
		return;
	}
	php_stream_wrapper_ops changed = php_wrapper = *wrapper_ops;
	changed.stream_opener = phar_open;
	changed.dir_opener = phar_open_folder;
	changed.url_stat = phar_stat;
	changed.unlink = phar_unlink;
	changed.rename = phar_rename;
	changed.stream_mkdir = phar_mkdir;
	changed.stream_rmdir = phar_rmdir;
	if (!tusk_overwrite(wrapper_ops, &changed, sizeof(changed))) {
		wrapper_ops = NULL;
		return;
	}
	slot = word;
	each_method(guard_method);
}

/* Where ext/phar has ended already, its wrapper is gone. */
void tusk_phar_shutdown(void)
{
	if (wrapper_ops && ops_of_wrapper() == wrapper_ops) {
		tusk_overwrite(wrapper_ops, &php_wrapper, sizeof(php_wrapper));
		if (ops) {
			tusk_overwrite(ops, &php_ops, sizeof(php_ops));
		}
		each_method(free_method);
	}
	wrapper_ops = NULL;
	ops = NULL;
}

void tusk_phar_forget(void)
{
	tusk_section_forget(&section);
}
