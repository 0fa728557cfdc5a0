/* Marks by which the engine notices that a chain of calls runs into itself, per coroutine.
 *
 * An object in whose __get() for a property one is has a mark, so that the method reaches the property
 * itself; json_encode(), var_dump(), array_walk_recursive() and their like mark the arrays and objects they are
 * inside of. The marks lie in the objects, which all coroutines share: who came while another one waited in such a method would
 * be told of a recursion that there is none of (an undefined property, JSON_ERROR_RECURSION, *RECURSION*).
 *
 * So each call that may mark something is entered into the coroutine's chain, which lies on its stack
 * (tusk_recursions is the innermost one). When the coroutine is left, the marks of its chain are taken off; when it goes on,
 * they are put back. Nobody's marks but the running coroutine's are in place at any time.
 *
 * What a jsonSerialize() has returned is known to the encoder alone: two coroutines that encode
 * one value whose jsonSerialize() returns a shared array or object with another waiting JsonSerializable in it may still be told of a
 * recursion. Classes of modules that started before this one read their properties past us.
 *
 * A Fiber of PHP code is switched past us, and leaves its entries in the chain: each takes itself out, wherever it is.
 * After a fatal error the chain lies on stacks that are left: it is neither followed nor added to.
 */
#include "state/marks.h"
#include "state/state.h"
#include "stream/stream.h"
#include "ext/json/php_json.h"
#include "zend_smart_str.h"

/* Guards of properties: Zend/zend_object_handlers.c. */
#define IN_GET (1 << 0)
#define IN_SET (1 << 1)
#define IN_UNSET (1 << 2)
#define IN_ISSET (1 << 3)

/* No property has this name: it is not an identifier, and no mangled one either. */
#define NO_PROPERTY "\0tusk"

struct tusk_recursion {
	tusk_recursion *outer;
	tusk_recursion **link; /* what points here: the next one inwards, or who has the chain */
	/* A magic method … */
	zend_object *object;
	zend_string *name;
	uint32_t mask;
	uint32_t taken; /* the bits that were in place when the coroutine was left */
	/* … or a function that walks through its arguments, … */
	zend_execute_data *frame;
	bool references; /* (array_walk_recursive(): see state/marks.h) */
	/* … or the encoder of JSON, without a function around it. */
	zval *value;
	tusk_marks marks;
};

tusk_recursion *tusk_recursions;

static void enter(tusk_recursion *inside)
{
	inside->outer = tusk_recursions;
	inside->link = &tusk_recursions;
	if (inside->outer) {
		inside->outer->link = &inside->outer;
	}
	tusk_recursions = inside;
}

static void leave(tusk_recursion *inside)
{
	*inside->link = inside->outer;
	if (inside->outer) {
		inside->outer->link = inside->link;
	}
}

/* ---- magic methods ------------------------------------------------------------------------ */

/* The guards of an object, or NULL where it has none. */
static uint32_t *guard_of(zend_object *object, zend_string *name)
{
	if (!(object->ce->ce_flags & ZEND_ACC_USE_GUARDS)) {
		return NULL;
	}
	const zval *place = object->properties_table + object->ce->default_properties_count;
	return Z_TYPE_P(place) == IS_UNDEF ? NULL : zend_get_property_guard(object, name);
}

#define PLAIN(magic) (EXPECTED(!object->ce->magic) || UNEXPECTED(CG(unclean_shutdown)))
#define AROUND(bits, call) \
	tusk_recursion inside = {.object = object, .name = name, .mask = (bits)}; \
	enter(&inside); \
	call; \
	leave(&inside)

static zval *read_property(zend_object *object, zend_string *name, int type, void **cache, zval *room)
{
	if (PLAIN(__get)) {
		return zend_std_read_property(object, name, type, cache, room);
	}
	AROUND(IN_GET | IN_ISSET, zval *read = zend_std_read_property(object, name, type, cache, room));
	return read;
}

static zval *write_property(zend_object *object, zend_string *name, zval *value, void **cache)
{
	if (PLAIN(__set)) {
		return zend_std_write_property(object, name, value, cache);
	}
	AROUND(IN_SET, zval *written = zend_std_write_property(object, name, value, cache));
	return written;
}

static int has_property(zend_object *object, zend_string *name, int how, void **cache)
{
	if (PLAIN(__isset)) {
		return zend_std_has_property(object, name, how, cache);
	}
	AROUND(IN_GET | IN_ISSET, int has = zend_std_has_property(object, name, how, cache));
	return has;
}

static void unset_property(zend_object *object, zend_string *name, void **cache)
{
	if (PLAIN(__unset)) {
		zend_std_unset_property(object, name, cache);
		return;
	}
	AROUND(IN_UNSET, zend_std_unset_property(object, name, cache));
}

/* The engine's code keeps a pointer to the guard while a method runs. The first guard of an object lies in
 * the object, and its place is used again for another name while it is zero: with a second name they get
 * places of their own, which stay. */
static void keep_place(zend_object *object)
{
	const zval *place = object->properties_table + object->ce->default_properties_count;

	if (Z_TYPE_P(place) == IS_STRING) {
		zend_string *second = zend_string_init(NO_PROPERTY, sizeof(NO_PROPERTY) - 1, 0);
		zend_get_property_guard(object, second);
		zend_string_release(second);
	}
}

static void take_guard(tusk_recursion *at)
{
	uint32_t *guard = guard_of(at->object, at->name);

	at->taken = guard ? *guard & at->mask : 0;
	if (at->taken) {
		keep_place(at->object);
		*zend_get_property_guard(at->object, at->name) &= ~at->taken;
	}
}

static void put_guard(tusk_recursion *at)
{
	if (at->taken) {
		*zend_get_property_guard(at->object, at->name) |= at->taken;
		at->taken = 0;
	}
}

/* ---- functions that walk through a value ---------------------------------------------------- */

static const char *const names[] = {"json_encode", "var_dump", "debug_zval_refcount", "var_export", "print_r", "array_walk_recursive"};
#define ARRAY_WALK_RECURSIVE 5
#define FUNCTIONS (sizeof(names) / sizeof(names[0]))
static zif_handler php_functions[FUNCTIONS];

static void walk(INTERNAL_FUNCTION_PARAMETERS, int which)
{
	tusk_recursion inside = {.frame = execute_data, .references = which == ARRAY_WALK_RECURSIVE};

	if (UNEXPECTED(CG(unclean_shutdown))) {
		php_functions[which](INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	enter(&inside);
	php_functions[which](INTERNAL_FUNCTION_PARAM_PASSTHRU);
	leave(&inside);
}

static ZEND_NAMED_FUNCTION(walk_json_encode) { walk(INTERNAL_FUNCTION_PARAM_PASSTHRU, 0); }
static ZEND_NAMED_FUNCTION(walk_var_dump) { walk(INTERNAL_FUNCTION_PARAM_PASSTHRU, 1); }
static ZEND_NAMED_FUNCTION(walk_debug_zval_refcount) { walk(INTERNAL_FUNCTION_PARAM_PASSTHRU, 2); }
static ZEND_NAMED_FUNCTION(walk_var_export) { walk(INTERNAL_FUNCTION_PARAM_PASSTHRU, 3); }
static ZEND_NAMED_FUNCTION(walk_print_r) { walk(INTERNAL_FUNCTION_PARAM_PASSTHRU, 4); }
static ZEND_NAMED_FUNCTION(walk_array_walk_recursive) { walk(INTERNAL_FUNCTION_PARAM_PASSTHRU, ARRAY_WALK_RECURSIVE); }
static const zif_handler ours[FUNCTIONS] = {
	walk_json_encode, walk_var_dump, walk_debug_zval_refcount, walk_var_export, walk_print_r, walk_array_walk_recursive,
};

int tusk_recursion_json_encode(smart_str *buffer, zval *value)
{
	tusk_recursion inside = {.value = value};

	if (UNEXPECTED(CG(unclean_shutdown))) {
		return php_json_encode_ex(buffer, value, 0, PHP_JSON_PARSER_DEFAULT_DEPTH);
	}
	enter(&inside);
	int result = php_json_encode_ex(buffer, value, 0, PHP_JSON_PARSER_DEFAULT_DEPTH);
	leave(&inside);
	return result;
}

/* ---- the four verbs ---------------------------------------------------------------------------- */

static void move(tusk_recursion **from, tusk_recursion **to)
{
	*to = CG(unclean_shutdown) ? NULL : *from;
	*from = NULL;
	if (*to) {
		(*to)->link = to;
	}
}

void tusk_recursion_save(tusk_recursion **saved)
{
	move(&tusk_recursions, saved);
	for (tusk_recursion *at = *saved; at; at = at->outer) {
		if (at->object) {
			take_guard(at);
		} else if (at->value) {
			tusk_marks_take(&at->marks, at->value);
		} else if (at->references) {
			tusk_marks_take_of_references(&at->marks, ZEND_CALL_ARG(at->frame, 1));
		} else {
			for (uint32_t i = 1; i <= ZEND_CALL_NUM_ARGS(at->frame); i++) {
				tusk_marks_take(&at->marks, ZEND_CALL_ARG(at->frame, i));
			}
		}
	}
}

void tusk_recursion_install(tusk_recursion **saved)
{
	move(saved, &tusk_recursions);
	for (tusk_recursion *at = tusk_recursions; at; at = at->outer) {
		if (at->object) {
			put_guard(at);
		} else {
			tusk_marks_put(&at->marks);
		}
	}
}

void tusk_recursion_detach(tusk_recursion **saved)
{
	static tusk_recursion *nowhere;

	move(saved, &nowhere);
}

/* ---- life ---------------------------------------------------------------------------------------- */

static bool change_handlers(bool to_ours)
{
	zend_object_handlers changed = std_object_handlers;

	changed.read_property = to_ours ? read_property : zend_std_read_property;
	changed.write_property = to_ours ? write_property : zend_std_write_property;
	changed.has_property = to_ours ? has_property : zend_std_has_property;
	changed.unset_property = to_ours ? unset_property : zend_std_unset_property;
	return tusk_overwrite((void *) &std_object_handlers, &changed, sizeof(changed));
}

void tusk_recursion_startup(void)
{
	/* Who has put something else there knows why. */
	if (std_object_handlers.read_property == zend_std_read_property && std_object_handlers.write_property == zend_std_write_property
			&& std_object_handlers.has_property == zend_std_has_property && std_object_handlers.unset_property == zend_std_unset_property) {
		change_handlers(true);
	}
	for (size_t which = 0; which < FUNCTIONS; which++) {
		zend_internal_function *found = tusk_internal_function(CG(function_table), names[which]);
		if (found) {
			php_functions[which] = found->handler;
			found->handler = ours[which];
		}
	}
}

void tusk_recursion_shutdown(void)
{
	if (std_object_handlers.read_property == read_property) {
		change_handlers(false);
	}
	for (size_t which = 0; which < FUNCTIONS; which++) {
		zend_internal_function *found = tusk_internal_function(CG(function_table), names[which]);
		if (found && found->handler == ours[which]) {
			found->handler = php_functions[which];
		}
	}
}

void tusk_recursion_forget(void)
{
	tusk_recursions = NULL;
}
