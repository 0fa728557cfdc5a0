/* tusk.trace_shared_state=2: which objects that globals and static variables lead to were
 * changed between the start and the end of a request.
 *
 * Such an object is looked at whole, at both moments: a request that changes it may be seen by
 * others, whichever way they reach it. Who changed it is not known, when other requests
 * ran meanwhile, so the report says "while a request ran". Nothing is called: properties are
 * read where they lie, so objects whose state is C's (PDO, closures) show only what PHP code
 * has put into their properties. What the library and the engine keep is not looked at.
 */
#include "internal.h"

/* An application's services are hundreds; beyond this the rest is not looked at. */
#define MOST_OBJECTS 10000
/* Arrays in arrays; deeper ones count as unchanged. */
#define MOST_DEPTH 8

typedef struct {
	const zend_object *object;
	const zend_class_entry *ce;
	uint64_t mark;
} tusk_seen;

typedef struct {
	HashTable *seen;             /* handle -> tusk_seen */
	HashTable *before;           /* NULL, or that of the request's start: then changes are reported */
	zend_string *root;
	const char *began;           /* what the request is, for the report */
	zend_object **waiting;       /* MOST_OBJECTS of them */
	unsigned waits;
} walk;

void tusk_trace_object_report(zend_string *variable, const char *began);

static uint64_t mix(uint64_t mark, uint64_t more)
{
	return (mark ^ more) * UINT64_C(0x100000001b3) + (more << 7);
}

static void look_at(walk *on, zend_object *object);

/* What a value is, without what the objects in it hold: those are looked at by themselves. */
static uint64_t mark_of(walk *on, zval *value, int depth)
{
	ZVAL_DEREF(value);
	uint64_t mark = mix(UINT64_C(14695981039346656037), Z_TYPE_P(value));
	switch (Z_TYPE_P(value)) {
		case IS_LONG:
		case IS_DOUBLE:
			return mix(mark, (uint64_t) Z_LVAL_P(value));
		case IS_STRING:
			return mix(mark, zend_string_hash_val(Z_STR_P(value)));
		case IS_OBJECT:
			look_at(on, Z_OBJ_P(value));
			return mix(mark, Z_OBJ_HANDLE_P(value));
		case IS_ARRAY: {
			zend_ulong index;
			zend_string *key;
			zval *item;
			mark = mix(mark, zend_hash_num_elements(Z_ARRVAL_P(value)));
			if (depth == MOST_DEPTH) {
				return mark;
			}
			ZEND_HASH_FOREACH_KEY_VAL_IND(Z_ARRVAL_P(value), index, key, item) {
				mark = mix(mark, key ? zend_string_hash_val(key) : index);
				mark = mix(mark, mark_of(on, item, depth + 1));
			} ZEND_HASH_FOREACH_END();
			return mark;
		}
		default:
			return mark;
	}
}

/* Remembers an object that is to be looked at: a chain of them may be longer than the stack. */
static void look_at(walk *on, zend_object *object)
{
	if (zend_hash_num_elements(on->seen) >= MOST_OBJECTS || zend_hash_index_exists(on->seen, object->handle)
		|| (object->ce->ce_flags & ZEND_ACC_ENUM) || !strncasecmp(ZSTR_VAL(object->ce->name), "Tusk\\", 5)) {
		return;
	}
	tusk_seen seen = {.object = object, .ce = object->ce, .mark = 1};
	zend_hash_index_add_mem(on->seen, object->handle, &seen, sizeof seen);
	on->waiting[on->waits++] = object;
}

static void look_into(walk *on, zend_object *object)
{
	tusk_seen *seen = zend_hash_index_find_ptr(on->seen, object->handle);
	uint64_t mark = 1;
	zend_string *key;
	zval *property;

	for (int i = 0; i < object->ce->default_properties_count; i++) {
		property = &object->properties_table[i];
		mark = mix(mark, Z_TYPE_P(property) == IS_UNDEF ? 0 : mark_of(on, property, 0));
	}
	if (object->properties) {
		ZEND_HASH_FOREACH_STR_KEY_VAL(object->properties, key, property) {
			if (Z_TYPE_P(property) != IS_INDIRECT) { /* else it was in the table */
				mark = mix(mark, key ? zend_string_hash_val(key) : 0);
				mark = mix(mark, mark_of(on, property, 0));
			}
		} ZEND_HASH_FOREACH_END();
	}
	seen->mark = mark;
	const tusk_seen *former = on->before ? zend_hash_index_find_ptr(on->before, object->handle) : NULL;
	if (former && former->object == object && former->ce == object->ce && former->mark != mark) {
		zend_string *text = zend_strpprintf(0, "object of class %s, reached from %s,", ZSTR_VAL(object->ce->name), ZSTR_VAL(on->root));
		tusk_trace_object_report(text, on->began);
		zend_string_release(text);
	}
}

static void from_root(walk *on, zval *value, zend_string *name)
{
	on->root = name;
	mark_of(on, value, 0);
	while (on->waits > 0) {
		look_into(on, on->waiting[--on->waits]);
	}
	zend_string_release(name);
}

static void from_statics(walk *on, zend_op_array *function)
{
	HashTable *values = function->type == ZEND_USER_FUNCTION && function->static_variables
		? ZEND_MAP_PTR_GET(function->static_variables_ptr) : NULL;
	zend_string *key;
	zval *value;
	if (!values || (function->fn_flags & ZEND_ACC_CLOSURE)) {
		return;
	}
	ZEND_HASH_FOREACH_STR_KEY_VAL(values, key, value) {
		from_root(on, value, zend_strpprintf(0, "static variable $%s of %s%s%s()", ZSTR_VAL(key),
			function->scope ? ZSTR_VAL(function->scope->name) : "", function->scope ? "::" : "", ZSTR_VAL(function->function_name)));
	} ZEND_HASH_FOREACH_END();
}

static void from_class(walk *on, zend_class_entry *ce)
{
	zval *statics = ce->type == ZEND_USER_CLASS && ce->default_static_members_count ? CE_STATIC_MEMBERS(ce) : NULL;
	zend_property_info *info;
	zend_op_array *method;
	if (statics) {
		ZEND_HASH_FOREACH_PTR(&ce->properties_info, info) {
			if ((info->flags & ZEND_ACC_STATIC) && info->ce == ce && Z_TYPE(statics[info->offset]) != IS_UNDEF) {
				zval *value = &statics[info->offset];
				ZVAL_DEINDIRECT(value);
				from_root(on, value, zend_strpprintf(0, "static property %s::$%s", ZSTR_VAL(ce->name),
					zend_get_unmangled_property_name(info->name)));
			}
		} ZEND_HASH_FOREACH_END();
	}
	if (ce->type == ZEND_USER_CLASS) {
		ZEND_HASH_FOREACH_PTR(&ce->function_table, method) {
			if (method->scope == ce) {
				from_statics(on, method);
			}
		} ZEND_HASH_FOREACH_END();
	}
}

static HashTable *look(HashTable *before, const char *began)
{
	walk on = {.before = before, .began = began, .waiting = safe_emalloc(MOST_OBJECTS, sizeof(zend_object *), 0)};
	zend_string *key;
	zval *value;
	zend_class_entry *ce;
	zend_op_array *function;

	ALLOC_HASHTABLE(on.seen);
	zend_hash_init(on.seen, 64, NULL, NULL, 0);
	ZEND_HASH_FOREACH_STR_KEY_VAL_IND(&EG(symbol_table), key, value) {
		if (key && Z_TYPE_P(value) != IS_UNDEF) {
			from_root(&on, value, zend_strpprintf(0, "global $%s", ZSTR_VAL(key)));
		}
	} ZEND_HASH_FOREACH_END();
	ZEND_HASH_FOREACH_PTR(EG(class_table), ce) {
		from_class(&on, ce);
	} ZEND_HASH_FOREACH_END();
	ZEND_HASH_FOREACH_PTR(EG(function_table), function) {
		from_statics(&on, function);
	} ZEND_HASH_FOREACH_END();
	efree(on.waiting);
	return on.seen;
}

static void drop(HashTable *seen)
{
	void *entry;
	ZEND_HASH_FOREACH_PTR(seen, entry) {
		efree(entry);
	} ZEND_HASH_FOREACH_END();
	zend_hash_destroy(seen);
	FREE_HASHTABLE(seen);
}

/* A request begins: how everything looks now. */
HashTable *tusk_trace_objects_begin(void)
{
	return look(NULL, NULL);
}

/* It has ended. Takes what began; without a file it is a callback of the event loop. */
void tusk_trace_objects_end(HashTable *before, const zend_string *file, uint32_t line)
{
	zend_string *began = file ? zend_strpprintf(0, "the request spawned at %s:%u", ZSTR_VAL(file), line)
		: zend_string_init(ZEND_STRL("a callback of the event loop"), 0);
	drop(look(before, ZSTR_VAL(began)));
	drop(before);
	zend_string_release(began);
}
