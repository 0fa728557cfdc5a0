/* libxml_use_internal_errors() and what libxml_get_errors() and libxml_get_last_error()
 * would return, per coroutine.
 *
 * Whether errors are collected is a mode, and inherited like a handler: the mode at the
 * time of the first spawn is the root's. What was collected is never inherited. The
 * root's list is therefore empty whenever it is in the globals between two coroutines;
 * one that collected into it takes the contents along and leaves the list.
 *
 * ext/libxml exports neither its globals nor its functions. The globals are reached
 * through the module's entry, and only when the struct there is as large as ours.
 */
#include "state/state.h"
#include <dlfcn.h>

/* The globals of ext/libxml (php_libxml.h), declared here because that header needs
 * libxml2's own, which a machine that builds extensions need not have. */
typedef struct {
	zval stream_context;
	smart_str error_buffer;
	zend_llist *error_list;
#if PHP_VERSION_ID >= 80300
	zend_fcall_info_cache entity_loader;
#else
	struct {
		zval callback;
		zend_fcall_info fci;
		zend_fcall_info_cache fcc;
	} entity_loader;
#endif
	bool entity_loader_disabled;
} libxml_globals_layout;

static zend_llist *no_list;
static tusk_xml_error no_error;
zend_llist **tusk_libxml_list = &no_list;
tusk_xml_error *tusk_libxml_last = &no_error;
zend_llist *tusk_root_libxml_list;

static void *root_handler;
/* Where the root's list waits while a coroutine's own is in the globals. */
static zend_llist *parked_root_list;
static bool own_list_installed;
/* How to make a list as ext/libxml does, learnt from the root's. */
static zend_llist pattern;

static void **(*structured_error)(void);
static void (*set_structured_error)(void *, void *);

void tusk_libxml_find(void)
{
	zend_module_entry *module = zend_hash_str_find_ptr(&module_registry, ZEND_STRL("libxml"));
	if (!module || module->globals_size != sizeof(libxml_globals_layout) || !TUSK_MODULE_GLOBALS(module)) {
		return;
	}
	void *(*last_error)(void);
	*(void **) &structured_error = dlsym(RTLD_DEFAULT, "__xmlStructuredError");
	*(void **) &set_structured_error = dlsym(RTLD_DEFAULT, "xmlSetStructuredErrorFunc");
	*(void **) &last_error = dlsym(RTLD_DEFAULT, "__xmlLastError");
	if (!structured_error || !set_structured_error) {
		return;
	}
	tusk_libxml_list = &((libxml_globals_layout *) TUSK_MODULE_GLOBALS(module))->error_list;
	if (last_error) {
		tusk_libxml_last = last_error();
	}
}

void tusk_libxml_take_root(void)
{
	tusk_root_libxml_list = *tusk_libxml_list;
	root_handler = tusk_root_libxml_list ? *structured_error() : NULL;
	own_list_installed = false;
	parked_root_list = NULL;
	if (tusk_root_libxml_list) {
		zend_llist *list = tusk_root_libxml_list;
		zend_llist_init(&pattern, list->size, list->dtor, list->persistent);
	}
}

void tusk_libxml_drop_root(void)
{
	if (parked_root_list) {
		zend_llist_destroy(parked_root_list);
		efree(parked_root_list);
		parked_root_list = NULL;
	}
	tusk_root_libxml_list = NULL;
	own_list_installed = false;
}

/* The root's list, empty, wherever it is now. A coroutine that was using it and switched
 * the mode off has freed it; then it is made anew. */
static zend_llist *recover_root_list(void)
{
	if (!tusk_root_libxml_list) {
		return NULL;
	}
	zend_llist *list = parked_root_list;
	parked_root_list = NULL;
	if (!list) {
		list = emalloc(sizeof(*list));
		*list = pattern;
	}
	tusk_root_libxml_list = list;
	return list;
}

void tusk_libxml_save(tusk_libxml *saved)
{
	memset(saved, 0, sizeof(*saved));
	saved->last = *tusk_libxml_last;
	*tusk_libxml_last = (tusk_xml_error) { 0 };
	if (tusk_libxml_list == &no_list) {
		return;
	}
	if (!own_list_installed && *tusk_libxml_list == tusk_root_libxml_list) {
		saved->shares_root_list = true;
		if (tusk_root_libxml_list) {
			saved->contents = *tusk_root_libxml_list;
			*tusk_root_libxml_list = pattern;
		}
		return;
	}
	saved->list = *tusk_libxml_list;
	saved->handler = *structured_error();
	*tusk_libxml_list = recover_root_list();
	own_list_installed = false;
	set_structured_error(NULL, root_handler);
}

void tusk_libxml_install(tusk_libxml *saved)
{
	*tusk_libxml_last = saved->last;
	if (tusk_libxml_list == &no_list) {
		return;
	}
	if (saved->shares_root_list) {
		if (tusk_root_libxml_list) {
			*tusk_root_libxml_list = saved->contents;
		}
		return;
	}
	parked_root_list = tusk_root_libxml_list;
	own_list_installed = true;
	*tusk_libxml_list = saved->list;
	set_structured_error(NULL, saved->handler);
}

void tusk_libxml_drop(tusk_libxml *saved)
{
	void (*reset)(void *);
	*(void **) &reset = dlsym(RTLD_DEFAULT, "xmlResetError");
	if (reset) {
		reset(&saved->last);
	}
	zend_llist *list = saved->shares_root_list ? &saved->contents : saved->list;
	if (list && list->size) {
		zend_llist_destroy(list);
		if (list == saved->list) {
			efree(list);
		}
	}
}
