/* Has the peer of a connection closed it? The kernel knows before anybody sends: a FIN or a reset
 * has arrived. What was not sent then cannot have been executed, so a pool may take another
 * connection without asking whether that is allowed.
 *
 * The socket is looked for where PHP keeps it: in a PHP stream, in PDO's connection (mysqlnd's PHP
 * stream, libpq's socket), in phpredis' object, or in an object of PHP code that has one of these in a
 * property. Nothing
 * is read, sent or waited for. Where no socket is found, the answer is no.
 *
 * Not here: connections that are gone without a word (a cable, a firewall). Only a query tells.
 */
#include "internal.h"
#include <dlfcn.h>
#include <poll.h>
#include "ext/mysqlnd/mysqlnd.h"
#include "ext/mysqlnd/mysqlnd_structs.h"
#include "ext/pdo/php_pdo_driver.h"

/* A connection, in a wrapper, in a wrapper. */
#define DEPTH 3

static bool closed_by_peer(int fd)
{
	struct pollfd look = {.fd = fd, .events = POLLRDHUP};

	return poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL));
}

static int of_stream(php_stream *stream)
{
	int fd = -1;

	if (!stream || php_stream_cast(stream, PHP_STREAM_AS_FD_FOR_SELECT | PHP_STREAM_CAST_INTERNAL, (void *) &fd, 0) != SUCCESS) {
		return -1;
	}
	return fd;
}

/* pdo_mysql can be built with libmysqlclient or libmariadb, whose structures are theirs. It is one
 * module, so the first connection answers for all. */
bool tusk_uses_mysqlnd(pdo_dbh_t *dbh);
bool tusk_uses_mysqlnd(pdo_dbh_t *dbh)
{
	static int known = -1;

	if (known < 0 && dbh->methods && dbh->methods->get_attribute) {
		zval version;
		ZVAL_UNDEF(&version);
		if (dbh->methods->get_attribute(dbh, PDO_ATTR_CLIENT_VERSION, &version) > 0) {
			known = Z_TYPE(version) == IS_STRING && strncmp(Z_STRVAL(version), "mysqlnd", 7) == 0;
			zval_ptr_dtor(&version);
		}
	}
	return known > 0;
}

/* Both drivers' records begin with a pointer to the library's connection. */
static int of_pdo(pdo_dbh_t *dbh)
{
	void *connection = dbh && dbh->driver && dbh->driver_data ? *(void **) dbh->driver_data : NULL;

	if (!connection) {
		return -1;
	}
	if (!strcmp(dbh->driver->driver_name, "mysql") && tusk_uses_mysqlnd(dbh)) {
		const MYSQLND_CONN_DATA *data = ((const MYSQLND *) connection)->data;
		return data && data->vio && data->vio->data ? of_stream(data->vio->data->stream) : -1;
	}
	if (!strcmp(dbh->driver->driver_name, "pgsql")) {
		static int (*socket_of)(const void *);
		if (!socket_of) {
			*(void **) &socket_of = dlsym(RTLD_DEFAULT, "PQsocket");
		}
		return socket_of ? socket_of(connection) : -1;
	}
	return -1;
}

/* A Redis object begins with its connection, which begins with its PHP stream. */
static int of_redis(const zend_object *object)
{
	const char *record = (const char *) object - object->handlers->offset;
	php_stream *const *connection = *(php_stream *const *const *) record;

	return connection ? of_stream(*connection) : -1;
}

static bool is(const zend_class_entry *class, const char *name, size_t length)
{
	for (; class; class = class->parent) {
		if (class->type == ZEND_INTERNAL_CLASS && ZSTR_LEN(class->name) == length
			&& !zend_binary_strcasecmp(ZSTR_VAL(class->name), length, name, length)) {
			return true;
		}
	}
	return false;
}

static int find(zval *value, int depth)
{
	ZVAL_DEREF(value);
	if (Z_TYPE_P(value) == IS_RESOURCE) {
		return of_stream(zend_fetch_resource2_ex(value, NULL, php_file_le_stream(), php_file_le_pstream()));
	}
	if (Z_TYPE_P(value) != IS_OBJECT || depth == 0) {
		return -1;
	}
	zend_object *object = Z_OBJ_P(value);
	if (is(object->ce, ZEND_STRL("PDO"))) {
		return of_pdo(php_pdo_dbh_fetch_inner(object));
	}
	if (is(object->ce, ZEND_STRL("Redis"))) {
		return of_redis(object);
	}
	for (int i = 0; object->ce->type == ZEND_USER_CLASS && i < object->ce->default_properties_count; i++) {
		int fd = find(OBJ_PROP_NUM(object, i), depth - 1);
		if (fd >= 0) {
			return fd;
		}
	}
	return -1;
}

bool tusk_hung_up(zval *value)
{
	int fd = find(value, DEPTH);

	return fd >= 0 && closed_by_peer(fd);
}
