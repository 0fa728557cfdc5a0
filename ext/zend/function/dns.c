/* gethostbyname() and gethostbynamel() look the name up on the resolver's threads.
 *
 * What needs no look-up (an address) and what PHP refuses (a name that is too long or
 * holds a null byte) goes to PHP's own function. Both functions know IPv4 only, as PHP's
 * do.
 */
#include "function/function.h"
#include <arpa/inet.h>
#include <errno.h>
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

/* The addresses of a name; NULL when there are none, for whatever reason. */
static struct addrinfo *look_up(const char *name)
{
	/* One socket type: getaddrinfo would list every address once for each. */
	struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;

	return tusk_rt_wait_getaddrinfo(name, NULL, &hints, &found, -1) == 0 ? found : NULL;
}

static const char *text_of(const struct addrinfo *at, char text[INET_ADDRSTRLEN])
{
	return inet_ntop(AF_INET, &((const struct sockaddr_in *) at->ai_addr)->sin_addr, text, INET_ADDRSTRLEN);
}

ZEND_NAMED_FUNCTION(tusk_fn_gethostbyname)
{
	const char *name = name_argument(execute_data);
	char text[INET_ADDRSTRLEN];

	if (!name) {
		TUSK_PHP_CALL(TUSK_FN_GETHOSTBYNAME);
		return;
	}
	struct addrinfo *found = look_up(name);
	if (!found) {
		RETURN_STRING(name);
	}
	RETVAL_STRING(text_of(found, text));
	freeaddrinfo(found);
}

ZEND_NAMED_FUNCTION(tusk_fn_gethostbynamel)
{
	const char *name = name_argument(execute_data);
	char text[INET_ADDRSTRLEN];

	if (!name) {
		TUSK_PHP_CALL(TUSK_FN_GETHOSTBYNAMEL);
		return;
	}
	struct addrinfo *found = look_up(name);
	if (!found) {
		RETURN_FALSE;
	}
	array_init(return_value);
	for (struct addrinfo *at = found; at; at = at->ai_next) {
		add_next_index_string(return_value, text_of(at, text));
	}
	freeaddrinfo(found);
}
