/* $_GET, $_POST, $_COOKIE, $_FILES, $_REQUEST, $_SERVER, $_ENV and $_SESSION, per coroutine
 * (INI tusk.superglobals): for code that was written for FPM, where a request has them for
 * itself.
 *
 * The root values are those of the script when the first coroutine was spawned. A coroutine
 * starts with its parent's, a callback of the event loop with the root's; arrays are copied
 * when they are written to. What a coroutine has changed is moved to its slot when it is
 * left, and the root's values take their place in the table of global variables, where
 * compiled code, JIT code too, looks them up by name each time.
 *
 * The root holds every value of its own, without references, so replacing one at a switch
 * frees nothing and runs no code. The session that belongs to $_SESSION is in session.c.
 */
#include "state/state.h"

bool tusk_superglobals_on;

static const char *const names[TUSK_SUPERGLOBALS] = {
	"_GET", "_POST", "_COOKIE", "_FILES", "_REQUEST", "_SERVER", "_ENV", "_SESSION",
};
static zend_string *keys[TUSK_SUPERGLOBALS];
/* Where each was found last in the table of global variables. */
static uint32_t places[TUSK_SUPERGLOBALS];
static tusk_superglobals root;

/* NULL: there is no such variable. */
static zval *find(unsigned i)
{
	HashTable *globals = &EG(symbol_table);

	if (EXPECTED(places[i] < globals->nNumUsed)) {
		Bucket *at = globals->arData + places[i];
		if (EXPECTED(at->key == keys[i] && Z_TYPE(at->val) != IS_UNDEF)) {
			return &at->val;
		}
	}
	zval *found = zend_hash_find(globals, keys[i]);
	if (found) {
		Bucket *at = (Bucket *) found;
		places[i] = (uint32_t) (at - globals->arData);
		/* The table's own string: equal pointers are compared from now on. */
		if (at->key != keys[i]) {
			zend_string_release(keys[i]);
			keys[i] = zend_string_copy(at->key);
		}
	}
	return found;
}

/* Moves a value into the table; what was there is overwritten. */
static void put(unsigned i, zval *value)
{
	zval *at = find(i);

	if (at && Z_TYPE_P(value) != IS_UNDEF) {
		ZVAL_COPY_VALUE(at, value);
	} else if (at) {
		ZVAL_NULL(at);
		zend_hash_del(&EG(symbol_table), keys[i]);
	} else if (Z_TYPE_P(value) != IS_UNDEF) {
		zend_hash_add_new(&EG(symbol_table), keys[i], value);
	}
}

static void take(unsigned i, zval *value)
{
	zval *at = find(i);

	if (at) {
		ZVAL_COPY_VALUE(value, at);
	} else {
		ZVAL_UNDEF(value);
	}
}

bool tusk_superglobals_differ(void)
{
	static const zval undefined;
	uintptr_t change = 0;

	for (unsigned i = 0; i < TUSK_SUPERGLOBALS; i++) {
		const zval *at = find(i);
		change |= tusk_zval_change(at ? at : &undefined, &root.values[i]);
	}
	return change != 0;
}

void tusk_superglobals_copy(tusk_superglobals *copy)
{
	for (unsigned i = 0; i < TUSK_SUPERGLOBALS; i++) {
		zval *at = find(i);
		if (at) {
			ZVAL_COPY_DEREF(&copy->values[i], at);
		} else {
			ZVAL_UNDEF(&copy->values[i]);
		}
	}
}

void tusk_superglobals_drop(tusk_superglobals *saved)
{
	tusk_superglobals old = *saved;

	memset(saved, 0, sizeof *saved);
	for (unsigned i = 0; i < TUSK_SUPERGLOBALS; i++) {
		zval_ptr_dtor(&old.values[i]);
	}
}

void tusk_superglobals_save(tusk_superglobals *saved)
{
	for (unsigned i = 0; i < TUSK_SUPERGLOBALS; i++) {
		zval value;
		take(i, &saved->values[i]);
		ZVAL_COPY(&value, &root.values[i]);
		put(i, &value);
	}
}

void tusk_superglobals_install(tusk_superglobals *saved)
{
	tusk_superglobals now;

	for (unsigned i = 0; i < TUSK_SUPERGLOBALS; i++) {
		take(i, &now.values[i]);
		put(i, &saved->values[i]);
	}
	memset(saved, 0, sizeof *saved);
	tusk_superglobals_drop(&now);
}

void tusk_superglobals_take_root(void)
{
	if (!tusk_superglobals_on) {
		return;
	}
	for (unsigned i = 0; i < TUSK_SUPERGLOBALS; i++) {
		if (!keys[i]) {
			keys[i] = zend_string_init(names[i], strlen(names[i]), 0);
		}
		/* With auto_globals_jit some are made when code first names them: one that is made in
		 * a coroutine would be its alone. */
		zend_is_auto_global(keys[i]);
	}
	tusk_superglobals old = root;
	tusk_superglobals_copy(&root);
	tusk_superglobals_drop(&old);
}

void tusk_superglobals_drop_root(void)
{
	tusk_superglobals_drop(&root);
	for (unsigned i = 0; i < TUSK_SUPERGLOBALS; i++) {
		if (keys[i]) {
			zend_string_release(keys[i]);
			keys[i] = NULL;
		}
	}
}

void tusk_superglobals_finish(void)
{
	tusk_superglobals mine;

	tusk_session_finish();
	if (!keys[0] || !tusk_superglobals_differ()) {
		return;
	}
	tusk_superglobals_save(&mine);
	tusk_superglobals_drop(&mine);
}
