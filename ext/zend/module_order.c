/* Which modules start before this one, so that it finds their functions and classes.
 */
#include "tusk.h"

/* Where these are shared modules, they start before this one, which looks into them. */
const zend_module_dep tusk_module_dependencies[] = {
	ZEND_MOD_OPTIONAL("openssl")
	ZEND_MOD_OPTIONAL("pcntl")
	ZEND_MOD_OPTIONAL("session")
	ZEND_MOD_OPTIONAL("libxml")
	ZEND_MOD_OPTIONAL("mysqlnd")
	ZEND_MOD_OPTIONAL("ffi")
	ZEND_MOD_OPTIONAL("pdo")
	ZEND_MOD_OPTIONAL("pdo_dblib")
	ZEND_MOD_OPTIONAL("pdo_firebird")
	ZEND_MOD_OPTIONAL("pdo_odbc")
	ZEND_MOD_OPTIONAL("pdo_pgsql")
	ZEND_MOD_OPTIONAL("pdo_sqlite")
	ZEND_MOD_OPTIONAL("pgsql")
	ZEND_MOD_OPTIONAL("curl")
	ZEND_MOD_OPTIONAL("ftp")
	ZEND_MOD_OPTIONAL("redis")
	ZEND_MOD_OPTIONAL("memcached")
	ZEND_MOD_OPTIONAL("ldap")
	ZEND_MOD_OPTIONAL("soap")
	ZEND_MOD_OPTIONAL("sqlite3")
	ZEND_MOD_OPTIONAL("fileinfo")
	ZEND_MOD_OPTIONAL("zip")
	ZEND_MOD_OPTIONAL("phar")
	ZEND_MOD_OPTIONAL("sockets")
	ZEND_MOD_OPTIONAL("posix")
	ZEND_MOD_END
};
