/* What ext/soap knows of the call that it is in: the WSDL, the class map, the type map, the
 * encoding, and to whom errors go.
 *
 * It keeps them in globals while a client waits for its answer and while a server runs what it was
 * asked for, and puts back what was there before. Two calls that overlap would read each other's
 * answers with the wrong map, and what is put back last may be gone by then.
 *
 * The globals are not exported; the INI entries of ext/soap carry their address, and the offsets of
 * the members they set. Only where these are as in the struct below are the globals exchanged: elsewhere
 * calls of ext/soap stay as they are.
 */
#include "state/state.h"
#include "zend_ini.h"

/* php-src's ext/soap/php_soap.h; of 8.4 and 8.5 as their request start-up sets it. */
typedef struct {
#if PHP_VERSION_ID < 80500
	HashTable maps[3];
#endif
	/* ---- of a call, from here … */
	HashTable *typemap;
	int cur_uniq_ns;
	int soap_version;
	void *sdl;
#if PHP_VERSION_ID >= 80400
	char *error_code;
	zval error_object;
	bool use_soap_error_handler;
	/* … to here ---- */
	char cache_mode, cache_enabled;
#else
	bool use_soap_error_handler;
	char *error_code;
	zval error_object;
	/* … to here ---- */
	char cache, cache_mode, cache_enabled;
#endif
	char *cache_dir;
	zend_long cache_ttl;
	zend_long cache_limit;
	HashTable *mem_cache;
	/* ---- of a call */
	void *encoding;
	HashTable *class_map;
	int features;
} soap_globals;

#define FIRST offsetof(soap_globals, typemap)
#if PHP_VERSION_ID >= 80400
#define FIRST_BYTES (offsetof(soap_globals, cache_mode) - FIRST)
#else
#define FIRST_BYTES (offsetof(soap_globals, cache) - FIRST)
#endif
#define SECOND offsetof(soap_globals, encoding)
#define SECOND_BYTES (offsetof(soap_globals, features) + sizeof(int) - SECOND)

_Static_assert(FIRST_BYTES + SECOND_BYTES <= sizeof(tusk_soap), "a call's part of the globals fits");

unsigned tusk_soap_calls;
static char *globals;
/* What they hold while nobody is in a call. */
static tusk_soap outside;

static void copy_from_globals(tusk_soap *to)
{
	memcpy(to->bytes, globals + FIRST, FIRST_BYTES);
	memcpy(to->bytes + FIRST_BYTES, globals + SECOND, SECOND_BYTES);
}

static void copy_to_globals(const tusk_soap *from)
{
	memcpy(globals + FIRST, from->bytes, FIRST_BYTES);
	memcpy(globals + SECOND, from->bytes + FIRST_BYTES, SECOND_BYTES);
}

void tusk_soap_save(tusk_soap *saved)
{
	copy_from_globals(saved);
	copy_to_globals(&outside);
	saved->calls = tusk_soap_calls;
	tusk_soap_calls = 0;
}

void tusk_soap_install(tusk_soap *saved)
{
	copy_to_globals(saved);
	tusk_soap_calls = saved->calls;
}

/* ---- calls ----------------------------------------------------------------------------- */

static const struct { const char *class, *method; } methods[] = {
	{"soapclient", "__construct"}, {"soapclient", "__call"}, {"soapclient", "__soapcall"},
	{"soapserver", "__construct"}, {"soapserver", "handle"},
};
#define METHODS (sizeof(methods) / sizeof(methods[0]))
static zif_handler php_methods[METHODS];

static void in_a_call(INTERNAL_FUNCTION_PARAMETERS, int which)
{
	if (tusk_soap_calls++ == 0) {
		copy_from_globals(&outside);
	}
	php_methods[which](INTERNAL_FUNCTION_PARAM_PASSTHRU);
	tusk_soap_calls--;
}

static ZEND_NAMED_FUNCTION(client_construct) { in_a_call(INTERNAL_FUNCTION_PARAM_PASSTHRU, 0); }
static ZEND_NAMED_FUNCTION(client_call) { in_a_call(INTERNAL_FUNCTION_PARAM_PASSTHRU, 1); }
static ZEND_NAMED_FUNCTION(client_soapcall) { in_a_call(INTERNAL_FUNCTION_PARAM_PASSTHRU, 2); }
static ZEND_NAMED_FUNCTION(server_construct) { in_a_call(INTERNAL_FUNCTION_PARAM_PASSTHRU, 3); }
static ZEND_NAMED_FUNCTION(server_handle) { in_a_call(INTERNAL_FUNCTION_PARAM_PASSTHRU, 4); }
static const zif_handler ours[METHODS] = {client_construct, client_call, client_soapcall, server_construct, server_handle};

static bool lies_at(const char *name, size_t offset)
{
	const zend_ini_entry *entry = zend_hash_str_find_ptr(EG(ini_directives), name, strlen(name));

	if (!entry || (size_t) (uintptr_t) entry->mh_arg1 != offset) {
		return false;
	}
	globals = entry->mh_arg2;
	return true;
}

static zend_internal_function *method(size_t which)
{
	zend_class_entry *class = zend_hash_str_find_ptr(CG(class_table), methods[which].class, strlen(methods[which].class));
	zend_function *function = class ? zend_hash_str_find_ptr(&class->function_table, methods[which].method, strlen(methods[which].method)) : NULL;

	return function && function->type == ZEND_INTERNAL_FUNCTION ? &function->internal_function : NULL;
}

void tusk_soap_startup(void)
{
#ifdef ZTS
	return; /* there the entries carry a number */
#endif
	if (!lies_at("soap.wsdl_cache", offsetof(soap_globals, cache_mode)) || !lies_at("soap.wsdl_cache_ttl", offsetof(soap_globals, cache_ttl))
			|| !lies_at("soap.wsdl_cache_limit", offsetof(soap_globals, cache_limit))) {
		return;
	}
	for (size_t which = 0; which < METHODS; which++) {
		zend_internal_function *function = method(which);
		if (function) {
			php_methods[which] = function->handler;
			function->handler = ours[which];
		}
	}
}

/* Where ext/soap ends first, it took its classes with it. */
void tusk_soap_shutdown(void)
{
	for (size_t which = 0; which < METHODS; which++) {
		zend_internal_function *function = method(which);
		if (function && function->handler == ours[which]) {
			function->handler = php_methods[which];
		}
	}
}

void tusk_soap_forget(void)
{
	tusk_soap_calls = 0;
}
