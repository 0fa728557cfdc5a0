/* What one chain of calls is in the middle of: constructors that turn warnings into
 * exceptions, a sort with a PHP comparator, serialize() around a Serializable, an
 * autoload, the linking of a class, strtok(); and the last errors it would ask for.
 *
 * All of these are zero while nothing of the kind runs, so the root's value is zero
 * whatever the first coroutine was doing when it spawned the second.
 */
#include "state/state.h"

/* EG(in_autoload) is a table that is allocated once and then mostly empty. The globals
 * hold an empty one or none between two coroutines. */
static void release_empty(HashTable *table)
{
	if (table) {
		zend_hash_destroy(table);
		FREE_HASHTABLE(table);
	}
}

void tusk_chain_save(tusk_chain *saved)
{
	*saved = (tusk_chain) {
		.error_handling = EG(error_handling),
		.exception_class = EG(exception_class),
		.prev_exception = EG(prev_exception),
		.fake_scope = EG(fake_scope),
		.filename_override = EG(filename_override),
		.lineno_override = EG(lineno_override),
		.in_autoload = EG(in_autoload),
		.linking_class = CG(current_linking_class),
		.delayed_autoloads = CG(delayed_autoloads),
		.linking = tusk_innermost_linking,
		.in_user_include = PG(in_user_include),
		.user_wrapper_path = FG(user_stream_current_filename),
		.compare = BG(user_compare_fci),
		.compare_cache = BG(user_compare_fci_cache),
		.serialize_lock = BG(serialize_lock),
		.serialize_data = BG(serialize).data,
		.serialize_level = BG(serialize).level,
		.unserialize_data = BG(unserialize).data,
		.unserialize_level = BG(unserialize).level,
		.strtok_string = BG(strtok_string),
		.strtok_last = BG(strtok_last),
		.strtok_len = BG(strtok_len),
	};
	tusk_linking_leave(tusk_innermost_linking);
	tusk_innermost_linking = NULL;
	EG(error_handling) = EH_NORMAL;
	EG(exception_class) = NULL;
	EG(prev_exception) = NULL;
	EG(fake_scope) = NULL;
	EG(filename_override) = NULL;
	EG(lineno_override) = -1;
	EG(in_autoload) = NULL;
	CG(current_linking_class) = NULL;
	CG(delayed_autoloads) = NULL;
	PG(in_user_include) = false;
	FG(user_stream_current_filename) = NULL;
	BG(user_compare_fci) = empty_fcall_info;
	BG(user_compare_fci_cache) = empty_fcall_info_cache;
	BG(serialize_lock) = 0;
	BG(serialize).data = NULL;
	BG(serialize).level = 0;
	BG(unserialize).data = NULL;
	BG(unserialize).level = 0;
	BG(strtok_string) = NULL;
	BG(strtok_last) = NULL;
	BG(strtok_len) = 0;
}

void tusk_chain_install(tusk_chain *saved)
{
	release_empty(EG(in_autoload));
	EG(error_handling) = saved->error_handling;
	EG(exception_class) = saved->exception_class;
	EG(prev_exception) = saved->prev_exception;
	EG(fake_scope) = saved->fake_scope;
	EG(filename_override) = saved->filename_override;
	EG(lineno_override) = saved->lineno_override;
	EG(in_autoload) = saved->in_autoload;
	CG(current_linking_class) = saved->linking_class;
	CG(delayed_autoloads) = saved->delayed_autoloads;
	tusk_innermost_linking = saved->linking;
	tusk_linking_enter(saved->linking);
	PG(in_user_include) = saved->in_user_include;
	FG(user_stream_current_filename) = saved->user_wrapper_path;
	BG(user_compare_fci) = saved->compare;
	BG(user_compare_fci_cache) = saved->compare_cache;
	BG(serialize_lock) = saved->serialize_lock;
	BG(serialize).data = saved->serialize_data;
	BG(serialize).level = saved->serialize_level;
	BG(unserialize).data = saved->unserialize_data;
	BG(unserialize).level = saved->unserialize_level;
	BG(strtok_string) = saved->strtok_string;
	BG(strtok_last) = saved->strtok_last;
	BG(strtok_len) = saved->strtok_len;
}

/* The frames that used the rest are gone with their coroutine's stack. */
void tusk_chain_drop(tusk_chain *saved)
{
	release_empty(saved->in_autoload);
	release_empty(saved->delayed_autoloads);
	if (saved->prev_exception) {
		OBJ_RELEASE(saved->prev_exception);
	}
	if (saved->strtok_string) {
		zend_string_release(saved->strtok_string);
	}
	memset(saved, 0, sizeof(*saved));
}

static int none;
int *tusk_socket_error = &none, *tusk_posix_error = &none;
static struct tusk_openssl_ring *no_ring;
struct tusk_openssl_ring **tusk_openssl_ring = &no_ring;

/* The first member of the module's globals, or `without`. A thread-safe build has them elsewhere: there they stay shared. */
static void *first_of(const char *name, size_t length, size_t size, void *without)
{
#ifndef ZTS
	const zend_module_entry *module = zend_hash_str_find_ptr(&module_registry, name, length);
	if (module && module->globals_ptr && module->globals_size >= size) {
		return module->globals_ptr;
	}
#else
	(void) name;
	(void) length;
	(void) size;
#endif
	return without;
}

void tusk_last_error_find(void)
{
	tusk_socket_error = first_of(ZEND_STRL("sockets"), sizeof(int), &none);
	tusk_posix_error = first_of(ZEND_STRL("posix"), sizeof(int), &none);
	tusk_openssl_ring = first_of(ZEND_STRL("openssl"), sizeof(void *), &no_ring);
}

void tusk_last_error_save(tusk_last_error *saved)
{
	*saved = (tusk_last_error) {
		.type = PG(last_error_type),
		.line = PG(last_error_lineno),
		.message = PG(last_error_message),
		.file = PG(last_error_file),
		.json = (int) JSON_G(error_code),
		.pcre = TUSK_PCRE_ERROR(),
		.socket = *tusk_socket_error,
		.posix = *tusk_posix_error,
		.openssl = *tusk_openssl_ring,
	};
	/* ext/openssl makes itself another one. */
	*tusk_openssl_ring = NULL;
	*tusk_socket_error = 0;
	*tusk_posix_error = 0;
	PG(last_error_type) = 0;
	PG(last_error_lineno) = 0;
	PG(last_error_message) = NULL;
	PG(last_error_file) = NULL;
	JSON_G(error_code) = PHP_JSON_ERROR_NONE;
	TUSK_SET_PCRE_ERROR(0);
}

void tusk_last_error_install(tusk_last_error *saved)
{
	PG(last_error_type) = saved->type;
	PG(last_error_lineno) = saved->line;
	PG(last_error_message) = saved->message;
	PG(last_error_file) = saved->file;
	JSON_G(error_code) = (php_json_error_code) saved->json;
	TUSK_SET_PCRE_ERROR(saved->pcre);
	*tusk_socket_error = saved->socket;
	*tusk_posix_error = saved->posix;
	if (saved->openssl) {
		if (*tusk_openssl_ring) {
			pefree(*tusk_openssl_ring, 1);
		}
		*tusk_openssl_ring = saved->openssl;
	}
}

void tusk_last_error_drop(tusk_last_error *saved)
{
	if (saved->message) {
		zend_string_release(saved->message);
	}
	if (saved->file) {
		zend_string_release(saved->file);
	}
	if (saved->openssl) {
		pefree(saved->openssl, 1);
	}
	memset(saved, 0, sizeof(*saved));
}
