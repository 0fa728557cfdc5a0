/* In the child of a fork: connections to SQLite that other coroutines are in, or have a transaction
 * open in. They stay the parent's.
 *
 * PHP frees all objects when the child ends. Freeing one of these would wait for a mutex that nobody
 * in the child holds, or roll the transaction back that the parent is in, on the file that both
 * see. So PHP is told that they were freed already: the memory stays until the process ends.
 * Servers' connections need nothing of this: closing a copy of a socket ends nothing.
 */
#include "guard/key.h"
#include "internal.h"
#include "wait.h"
#include "ext/pdo/php_pdo.h"
#include "ext/pdo/php_pdo_driver.h"

/* Classes of objects that are, or keep, a connection, and how that is found. */
static struct {
	const char *name;
	const void *(*key)(zend_object *object);
	const zend_class_entry *class; /* NULL: its module is not loaded */
} owners[] = {
	{"pdo", tusk_guard_pdo_of_object, NULL},
	{"pdostatement", tusk_guard_pdo_of_statement, NULL},
	{"sqlite3", tusk_guard_sqlite_of_object, NULL},
	{"sqlite3stmt", tusk_guard_sqlite_of_statement, NULL},
	{"sqlite3result", tusk_guard_sqlite_of_result, NULL},
};
#define OWNERS (sizeof(owners) / sizeof(owners[0]))

static void look_up_classes(void)
{
	for (size_t i = 0; i < OWNERS; i++) {
		owners[i].class = zend_hash_str_find_ptr(CG(class_table), owners[i].name, strlen(owners[i].name));
	}
}

static const void *key_of(zend_object *object)
{
	for (size_t i = 0; i < OWNERS; i++) {
		if (owners[i].class && instanceof_function(object->ce, owners[i].class)) {
			return owners[i].key(object);
		}
	}
	return NULL;
}

/* Called while the child still knows what the parent's coroutines had. */
void tusk_guard_forked(void)
{
	if (tusk_guards == 0) {
		return;
	}
	tusk_task_id self = tusk_self();
	bool is_main = tusk_worker_current() == &tusk_main_worker;

	look_up_classes();
	for (uint32_t i = 1; i < EG(objects_store).top; i++) {
		zend_object *object = EG(objects_store).object_buckets[i];
		const void *key = IS_OBJ_VALID(object) ? key_of(object) : NULL;
		tusk_task_id owner = key ? tusk_guard_sqlite_owner(key) : 0;
		if (owner != 0 && owner != self && !(is_main && owner == TUSK_MAIN)) {
			GC_ADD_FLAGS(object, IS_OBJ_DESTRUCTOR_CALLED | IS_OBJ_FREE_CALLED);
		}
	}
}
