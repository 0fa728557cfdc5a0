/* The parts of the engine's state that belong to one chain of calls.
 *
 * PHP keeps them in process-wide globals because it knows one chain only. Each part
 * below is one small file (or a section of state/state.c) with the same four verbs:
 *
 *   change   a word that is not zero when the globals may hold something that is not the
 *            root's. Asked at every switch, so it is inline and has no branches;
 *   save     moves what differs into the state and leaves the root's in the globals;
 *   install  the reverse, with the root's in the globals before;
 *   drop     frees what a state still holds.
 *
 * Between leave and enter the globals hold the root state and nobody's. Everything
 * is moved, never copied, so that no reference count changes on the way.
 */
#ifndef TUSK_STATE_H
#define TUSK_STATE_H

#include "tusk.h"
#include "php_globals.h"
#include "php_output.h"
#include "ext/json/php_json.h"
#include "ext/standard/basic_functions.h"
#include "ext/standard/file.h"
#include "zend_exceptions.h"
#if defined(__has_include) && __has_include(<pcre2.h>)
# include "ext/pcre/php_pcre.h"
# define TUSK_PCRE_ERROR() ((int) PCRE_G(error_code))
# define TUSK_SET_PCRE_ERROR(code) (PCRE_G(error_code) = (code))
#else
/* Without PCRE2's header the struct's layout is unknown: preg_last_error() stays shared. */
# define TUSK_PCRE_ERROR() 0
# define TUSK_SET_PCRE_ERROR(code) ((void) (code))
#endif

/* Reached without the detour that a symbol which others may replace takes. */
#pragma GCC visibility push(hidden)

/* ---- error and exception handlers (state/handlers.c) ----------------------- */

/* One full set: what set_error_handler() and set_exception_handler() made current,
 * and what their restore_ functions would bring back. */
typedef struct {
	zval error;
	zval exception;
	int error_mask;
	zend_stack masks;
	zend_stack errors;
	zend_stack exceptions;
} tusk_handlers;

/* Handlers of a coroutine that set none itself; owns its references. */
extern tusk_handlers tusk_root_handlers;

bool tusk_handler_stacks_differ(void);

/* Written without branches: at almost every switch all of it is equal. */
static zend_always_inline uintptr_t tusk_zval_change(const zval *a, const zval *b)
{
	/* The payload of an undefined zval is meaningless. */
	uintptr_t pointers = (uintptr_t) Z_PTR_P(a) ^ (uintptr_t) Z_PTR_P(b);
	return (Z_TYPE_P(a) ^ Z_TYPE_P(b)) | (Z_TYPE_P(b) == IS_UNDEF ? 0 : pointers);
}

static zend_always_inline uintptr_t tusk_handlers_change(void)
{
	const tusk_handlers *root = &tusk_root_handlers;
	return tusk_zval_change(&EG(user_error_handler), &root->error)
		| tusk_zval_change(&EG(user_exception_handler), &root->exception)
		| (uintptr_t) (Z_TYPE(root->error) == IS_UNDEF ? 0 : EG(user_error_handler_error_reporting) ^ root->error_mask)
		| (uintptr_t) (EG(user_error_handlers).top ^ root->errors.top)
		| (uintptr_t) (EG(user_exception_handlers).top ^ root->exceptions.top);
}

static zend_always_inline bool tusk_handlers_differ(void)
{
	/* Two stacks of equal height may still have been popped and pushed in between. */
	return tusk_handlers_change() != 0
		|| (UNEXPECTED(tusk_root_handlers.errors.top | tusk_root_handlers.exceptions.top) && tusk_handler_stacks_differ());
}

void tusk_handlers_take_root(void);
void tusk_handlers_drop_root(void);
void tusk_handlers_save(tusk_handlers *saved);
void tusk_handlers_install(tusk_handlers *saved);
void tusk_handlers_copy(tusk_handlers *copy);
void tusk_handlers_drop(tusk_handlers *saved);

/* ---- output buffers (state/output.c) --------------------------------------- */

typedef struct {
	zend_stack handlers;
	php_output_handler *active;
} tusk_output;

static zend_always_inline uintptr_t tusk_output_change(void)
{
	return (uintptr_t) OG(active);
}

void tusk_output_save(tusk_output *saved);
void tusk_output_install(tusk_output *saved);
void tusk_output_drop(tusk_output *saved);

/* ---- what one call chain is in the middle of (state/chain.c) --------------- */

typedef struct {
	zend_error_handling_t error_handling;
	zend_class_entry *exception_class;
	zend_object *prev_exception;
	/* const since PHP 8.4 */
	__typeof__(EG(fake_scope)) fake_scope;
	zend_string *filename_override;
	zend_long lineno_override;
	HashTable *in_autoload;
	zend_class_entry *linking_class;
	HashTable *delayed_autoloads;
	struct tusk_linking *linking;
	bool in_user_include;
	const char *user_wrapper_path;
	zend_fcall_info compare;
	zend_fcall_info_cache compare_cache;
	unsigned serialize_lock;
	struct php_serialize_data *serialize_data;
	unsigned serialize_level;
	struct php_unserialize_data *unserialize_data;
	unsigned unserialize_level;
	zend_string *strtok_string;
	char *strtok_last;
	size_t strtok_len;
} tusk_chain;

static zend_always_inline uintptr_t tusk_chain_change(void)
{
	uintptr_t words = (uintptr_t) EG(error_handling) | (uintptr_t) EG(exception_class)
		| (uintptr_t) EG(prev_exception) | (uintptr_t) EG(fake_scope)
		| (uintptr_t) EG(filename_override)
		| (uintptr_t) CG(current_linking_class) | (uintptr_t) CG(delayed_autoloads)
		| (uintptr_t) PG(in_user_include) | (uintptr_t) FG(user_stream_current_filename)
		| (uintptr_t) BG(user_compare_fci).size
		| (uintptr_t) BG(serialize_lock) | (uintptr_t) BG(serialize).level
		| (uintptr_t) BG(unserialize).level | (uintptr_t) BG(strtok_string);
	return words | (EG(in_autoload) ? zend_hash_num_elements(EG(in_autoload)) : 0);
}

/* The classes that the running coroutine is linking (autoload.c), while something they need is loaded:
 * EG(in_autoload) is not empty then. Others do not see them. */
extern struct tusk_linking *tusk_innermost_linking;
void tusk_linking_leave(struct tusk_linking *innermost);
void tusk_linking_enter(struct tusk_linking *innermost);

void tusk_chain_save(tusk_chain *saved);
void tusk_chain_install(tusk_chain *saved);
void tusk_chain_drop(tusk_chain *saved);

/* ---- the last error of error_get_last, json, preg, sockets, posix and openssl (state/chain.c) ------- */

typedef struct {
	int type;
	int line;
	zend_string *message;
	zend_string *file;
	int json;
	int pcre;
	int socket;
	int posix;
	struct tusk_openssl_ring *openssl;
} tusk_last_error;

/* What socket_last_error() and posix_get_last_error() return; a zero where there are none. */
extern int *tusk_socket_error, *tusk_posix_error;

/* What openssl_error_string() reads: ext/openssl takes OpenSSL's errors into a ring of its own, which the first member of its
 * globals points to (ext/openssl/php_openssl.h). NULL before the first error. */
struct tusk_openssl_ring {
	int codes[16];
	int top, bottom;
};
extern struct tusk_openssl_ring **tusk_openssl_ring;

static zend_always_inline uintptr_t tusk_last_error_change(void)
{
	const struct tusk_openssl_ring *ring = *tusk_openssl_ring;
	return (uintptr_t) PG(last_error_message) | (uintptr_t) JSON_G(error_code) | (ring ? (uintptr_t) (ring->top ^ ring->bottom) : 0)
		| (uintptr_t) TUSK_PCRE_ERROR() | (uintptr_t) *tusk_socket_error | (uintptr_t) *tusk_posix_error;
}

void tusk_last_error_find(void);

void tusk_last_error_save(tusk_last_error *saved);
void tusk_last_error_install(tusk_last_error *saved);
void tusk_last_error_drop(tusk_last_error *saved);

/* ---- OpenSSL's error queue of this thread (state/openssl.c) ---------------- */

typedef struct tusk_openssl_errors tusk_openssl_errors;

/* The queue's two indices, top and bottom; equal ones while libcrypto is not loaded. */
extern const int *tusk_openssl_indices;

static zend_always_inline uintptr_t tusk_openssl_change(void)
{
	return (uintptr_t) (tusk_openssl_indices[0] ^ tusk_openssl_indices[1]);
}

void tusk_openssl_find(void);
tusk_openssl_errors *tusk_openssl_save(void);
void tusk_openssl_install(tusk_openssl_errors *saved);
void tusk_openssl_drop(tusk_openssl_errors *saved);

/* ---- libxml's collected errors (state/libxml.c) ----------------------------- */

/* libxml2's struct _xmlError, unchanged since 2.6; its own header need not be installed. */
typedef struct {
	int domain;
	int code;
	char *message;
	int level;
	char *file;
	int line;
	char *texts[3];
	int numbers[2];
	void *context;
	void *node;
} tusk_xml_error;

typedef struct {
	/* The list libxml_get_errors() reads; NULL while internal errors are off. */
	zend_llist *list;
	/* The handler that fills it; libxml2's, per thread. */
	void *handler;
	/* What was in the root's list when the list itself is the root's. */
	zend_llist contents;
	bool shares_root_list;
	/* xmlGetLastError(), moved as it is. */
	tusk_xml_error last;
} tusk_libxml;

/* LIBXML(error_list), or a NULL while ext/libxml is not loaded; and what
 * xmlGetLastError() returns, or a zero. */
extern zend_llist **tusk_libxml_list;
extern tusk_xml_error *tusk_libxml_last;
extern zend_llist *tusk_root_libxml_list;

static zend_always_inline uintptr_t tusk_libxml_change(void)
{
	/* The root's list may have been freed by who switched the mode off: only the list in
	 * the globals is looked into. */
	const zend_llist *list = *tusk_libxml_list;
	return ((uintptr_t) list ^ (uintptr_t) tusk_root_libxml_list)
		| (uintptr_t) tusk_libxml_last->code | (list ? list->count : 0);
}

void tusk_libxml_find(void);
void tusk_libxml_take_root(void);
void tusk_libxml_drop_root(void);
void tusk_libxml_save(tusk_libxml *saved);
void tusk_libxml_install(tusk_libxml *saved);
void tusk_libxml_drop(tusk_libxml *saved);

/* ---- the call of ext/soap that one is in (state/soap.c) ---------------------- */

typedef struct {
	char bytes[128]; /* its part of ext/soap's globals */
	unsigned calls;
} tusk_soap;

/* How many the running code is inside of. */
extern unsigned tusk_soap_calls;

void tusk_soap_save(tusk_soap *saved);
void tusk_soap_install(tusk_soap *saved);
void tusk_soap_startup(void);
void tusk_soap_shutdown(void);
void tusk_soap_forget(void);

/* ---- marks of recursion in objects (state/recursion.c) ----------------------- */

typedef struct tusk_recursion tusk_recursion;

/* The innermost call of the running coroutine that may have marked something. */
extern tusk_recursion *tusk_recursions;

void tusk_recursion_save(tusk_recursion **saved);
void tusk_recursion_install(tusk_recursion **saved);
/* The calls of a chain that was saved go on, and nobody will install it. */
void tusk_recursion_detach(tusk_recursion **saved);
void tusk_recursion_startup(void);
/* php_json_encode_ex(), as json_encode() calls it without flags. */
int tusk_recursion_json_encode(smart_str *buffer, zval *value);
void tusk_recursion_shutdown(void);
void tusk_recursion_forget(void);

/* ---- the garbage collector (collect.c) -------------------------------------- */

#if PHP_VERSION_ID >= 80400
/* It is calling destructors, in which the engine does not forbid a switch any more. */
extern bool tusk_collecting;
#else
# define tusk_collecting false
#endif
void tusk_collect_startup(void);
void tusk_collect_shutdown(void);

/* ---- superglobals (state/superglobals.c) and their session (session.c) ------- */

#define TUSK_SUPERGLOBALS 8
typedef struct {
	zval values[TUSK_SUPERGLOBALS]; /* undefined: there is no such variable */
} tusk_superglobals;

/* INI tusk.superglobals. */
extern bool tusk_superglobals_on;

bool tusk_superglobals_differ(void);
void tusk_superglobals_save(tusk_superglobals *saved);
void tusk_superglobals_install(tusk_superglobals *saved);
/* What the running coroutine has, for its child. */
void tusk_superglobals_copy(tusk_superglobals *copy);
void tusk_superglobals_drop(tusk_superglobals *saved);
void tusk_superglobals_take_root(void);
void tusk_superglobals_drop_root(void);
/* A job ends: its session is written, and the root's values are there again. */
void tusk_superglobals_finish(void);

typedef struct tusk_session tusk_session;

/* Has the running coroutine used the session? */
bool tusk_session_used(void);
/* Leaves none behind. */
tusk_session *tusk_session_save(void);
void tusk_session_install(tusk_session *saved);
/* Without writing it. */
void tusk_session_drop(tusk_session *saved);
/* Writes and closes what is open, and forgets it. */
void tusk_session_finish(void);

/* ---- files and classes that are being loaded (loading.c) -------------------- */

typedef struct tusk_loading tusk_loading;

/* Innermost file whose top-level code the running coroutine may still be in. */
extern tusk_loading *tusk_innermost_file;
/* How many compilations the running code is inside of (compile.c). */
extern unsigned tusk_compiling;

/* Forgets the files whose top-level code has been left since. */
void tusk_loading_prune(void);
/* The files the running coroutine is inside of, with a reference, for its child. */
tusk_loading *tusk_loading_share(void);
void tusk_loading_drop(tusk_loading *file);
/* Files entered before there was a second coroutine. */
void tusk_loading_take_root(void);
/* The request ends: whatever a fatal error left behind goes with the request's heap. */
void tusk_loading_forget(void);

#pragma GCC visibility pop

#endif
