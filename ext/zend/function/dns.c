/* gethostbyname() and gethostbynamel() look the name up on the resolver's threads.
 *
 * What needs no look-up (an address) and what PHP refuses (a name that is too long or
 * holds a null byte) goes to PHP's own function. Both functions know IPv4 only, as PHP's
 * do.
 */
#include "function/function.h"
#include "libc/host.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

/* PHP's own limit for a name, after which it warns. */
#define MAX_NAME 255

/* The name to look up, or NULL when PHP's own function is to be called. */
static const char *name_argument(zend_execute_data *execute_data)
{
	zval *arg = ZEND_NUM_ARGS() == 1 ? ZEND_CALL_ARG(execute_data, 1) : NULL;
	struct in_addr address;

	if (!(tusk_hooks & TUSK_HOOK_DNS) || !arg || Z_TYPE_P(arg) != IS_STRING || !tusk_rt_may_suspend()) {
		return NULL;
	}
	const char *name = Z_STRVAL_P(arg);
	if (Z_STRLEN_P(arg) == 0 || Z_STRLEN_P(arg) > MAX_NAME || strlen(name) != Z_STRLEN_P(arg)
		|| inet_aton(name, &address)) {
		return NULL;
	}
	return name;
}

/* The addresses of an answer, from the first that is left on; NULL after the last. */
static const char *text_of(char *const *address, char text[INET_ADDRSTRLEN])
{
	return *address ? inet_ntop(AF_INET, *address, text, INET_ADDRSTRLEN) : NULL;
}

/* Among others. Who is alone goes to PHP's function after one test, without a frame for what only
 * these need. */
static zend_never_inline void one_address(INTERNAL_FUNCTION_PARAMETERS)
{
	const char *name = name_argument(execute_data);
	char text[INET_ADDRSTRLEN];
	struct hostent *found;

	if (!name || tusk_host_by_name(name, &found) == TUSK_NOT_LOOKED_UP) {
		TUSK_PHP_CALL(TUSK_FN_GETHOSTBYNAME);
		return;
	}
	const char *address = found ? text_of(found->h_addr_list, text) : NULL;
	RETURN_STRING(address ? address : name);
}

static zend_never_inline void all_addresses(INTERNAL_FUNCTION_PARAMETERS)
{
	const char *name = name_argument(execute_data);
	char text[INET_ADDRSTRLEN];
	struct hostent *found;

	if (!name || tusk_host_by_name(name, &found) == TUSK_NOT_LOOKED_UP) {
		TUSK_PHP_CALL(TUSK_FN_GETHOSTBYNAMEL);
		return;
	}
	if (!found) {
		RETURN_FALSE;
	}
	array_init(return_value);
	for (char *const *at = found->h_addr_list; *at; at++) {
		add_next_index_string(return_value, text_of(at, text));
	}
}

ZEND_NAMED_FUNCTION(tusk_fn_gethostbyname)
{
	if (EXPECTED(!tusk_concurrent)) {
		TUSK_PHP_CALL(TUSK_FN_GETHOSTBYNAME);
		return;
	}
	one_address(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

ZEND_NAMED_FUNCTION(tusk_fn_gethostbynamel)
{
	if (EXPECTED(!tusk_concurrent)) {
		TUSK_PHP_CALL(TUSK_FN_GETHOSTBYNAMEL);
		return;
	}
	all_addresses(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}
