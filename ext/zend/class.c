/* Registers classes and functions described by Rust, and gives native objects a home.
 *
 * A native object is a zend_object with one pointer to what Rust keeps for it. The
 * pointer is set once, by the constructor, and freed with the object.
 */
#include "internal.h"
#include "zend_interfaces.h"

typedef struct {
	const char *name;
	const char *type;      /* "?float", "callable", "Tusk\\Coroutine", "" for none */
	const char *fallback;  /* default value as PHP code, or NULL */
	bool variadic, by_reference;
} tusk_parameter;

typedef struct {
	const char *name;
	zif_handler handler;
	const tusk_parameter *parameters;
	uint32_t parameter_count, required;
	const char *return_type;
	uint32_t flags;
} tusk_function;

typedef struct {
	void *native;
	void (*drop)(void *native);
	zend_object std;
} tusk_object;

static zend_object_handlers object_handlers;

static inline tusk_object *object_from(zend_object *object)
{
	return (tusk_object *) ((char *) object - XtOffsetOf(tusk_object, std));
}

static uint32_t type_mask(const char *name, size_t length)
{
	static const struct { const char *name; uint32_t mask; } table[] = {
		{"mixed", MAY_BE_ANY}, {"void", MAY_BE_VOID}, {"null", MAY_BE_NULL}, {"bool", MAY_BE_BOOL},
		{"false", MAY_BE_FALSE}, {"int", MAY_BE_LONG}, {"float", MAY_BE_DOUBLE}, {"string", MAY_BE_STRING},
		{"array", MAY_BE_ARRAY}, {"object", MAY_BE_OBJECT}, {"callable", MAY_BE_CALLABLE},
		{"static", MAY_BE_STATIC}, {"never", MAY_BE_NEVER},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (strlen(table[i].name) == length && !memcmp(table[i].name, name, length)) {
			return table[i].mask;
		}
	}
	return 0;
}

/* A type as PHP writes it: at most one class name, any number of built-in names. */
static zend_type parse_type(const char *text, uint32_t info_flags)
{
	uint32_t mask = 0;
	char *class_name = NULL;
	if (*text == '?') {
		mask |= MAY_BE_NULL;
		text++;
	}
	while (*text) {
		size_t length = strcspn(text, "|");
		uint32_t known = type_mask(text, length);
		if (known) {
			mask |= known;
		} else {
			class_name = pestrndup(text, length, 1);
		}
		text += length + (text[length] == '|');
	}
	if (class_name) {
		zend_type type = ZEND_TYPE_INIT_CLASS_CONST(class_name, 0, info_flags);
		type.type_mask |= mask;
		return type;
	}
	zend_type type = ZEND_TYPE_INIT_MASK(mask | info_flags);
	return type;
}

static void fill_entry(zend_function_entry *entry, const tusk_function *function)
{
	uint32_t count = function->parameter_count;
	zend_internal_arg_info *info = pecalloc(count + 1, sizeof *info, 1);
	info[0].name = (const char *) (uintptr_t) function->required;
	info[0].type = parse_type(function->return_type, _ZEND_ARG_INFO_FLAGS(0, 0, 0));
	for (uint32_t i = 0; i < count; i++) {
		const tusk_parameter *parameter = &function->parameters[i];
		info[i + 1].name = pestrdup(parameter->name, 1);
		info[i + 1].type = parse_type(parameter->type,
			_ZEND_ARG_INFO_FLAGS(parameter->by_reference, parameter->variadic, 0));
		info[i + 1].default_value = parameter->fallback ? pestrdup(parameter->fallback, 1) : NULL;
	}
	entry->fname = pestrdup(function->name, 1);
	entry->handler = function->handler;
	entry->arg_info = info;
	entry->num_args = count;
	entry->flags = function->flags;
}

static zend_function_entry *make_entries(const tusk_function *functions, uint32_t count)
{
	zend_function_entry *entries = pecalloc(count + 1, sizeof *entries, 1);
	for (uint32_t i = 0; i < count; i++) {
		fill_entry(&entries[i], &functions[i]);
	}
	return entries;
}

void tusk_register_functions(const tusk_function *functions, uint32_t count)
{
	zend_register_functions(NULL, make_entries(functions, count), NULL, MODULE_PERSISTENT);
}

static zend_object *create_object(zend_class_entry *ce)
{
	tusk_object *object = zend_object_alloc(sizeof *object, ce);
	object->native = NULL;
	object->drop = NULL;
	zend_object_std_init(&object->std, ce);
	object_properties_init(&object->std, ce);
	object->std.handlers = &object_handlers;
	return &object->std;
}

static void free_object(zend_object *std)
{
	tusk_object *object = object_from(std);
	if (object->native) {
		void *native = object->native;
		object->native = NULL;
		object->drop(native);
	}
	zend_object_std_dtor(std);
}

/* Rust: adds the zvals the native value holds to the collector's buffer. */
void tusk_rt_object_gc(zend_class_entry *ce, void *native, zend_get_gc_buffer *buffer);

static HashTable *object_gc(zend_object *std, zval **table, int *count)
{
	tusk_object *object = object_from(std);
	zend_get_gc_buffer *buffer = zend_get_gc_buffer_create();
	if (object->native) {
		tusk_rt_object_gc(std->ce, object->native, buffer);
	}
	zend_get_gc_buffer_use(buffer, table, count);
	return NULL;
}

void tusk_gc_add(zend_get_gc_buffer *buffer, zval *value)
{
	zend_get_gc_buffer_add_zval(buffer, value);
}

zend_class_entry *tusk_register_class(const char *name, uint32_t flags, const tusk_function *methods, uint32_t count, bool native)
{
	zend_class_entry ce;
	INIT_CLASS_ENTRY_EX(ce, name, strlen(name), make_entries(methods, count));
	zend_class_entry *registered = zend_register_internal_class(&ce);
	registered->ce_flags |= flags | ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	/* A class that has the method says itself what to do instead. */
	if (!zend_hash_str_exists(&registered->function_table, ZEND_STRL("__serialize"))) {
		registered->ce_flags |= ZEND_ACC_NOT_SERIALIZABLE;
	}
	if (native) {
		registered->create_object = create_object;
	}
	return registered;
}

void *tusk_object_native(zend_object *object)
{
	return object_from(object)->native;
}

void tusk_object_set_native(zend_object *object, void *native, void (*drop)(void *))
{
	object_from(object)->native = native;
	object_from(object)->drop = drop;
}

/* The class of an object; NULL for anything else. */
zend_class_entry *tusk_class_of(zval *value)
{
	return Z_TYPE_P(value) == IS_OBJECT ? Z_OBJCE_P(value) : NULL;
}

/* An object of one of our classes without a call of its constructor. */
void tusk_object_new(zend_class_entry *ce, zval *to)
{
	object_init_ex(to, ce);
}

void tusk_class_make_iterable(zend_class_entry *ce)
{
	zend_class_implements(ce, 1, zend_ce_iterator);
}

void tusk_class_make_aggregate(zend_class_entry *ce)
{
	zend_class_implements(ce, 1, zend_ce_aggregate);
}

void tusk_class_make_countable(zend_class_entry *ce)
{
	zend_class_implements(ce, 1, zend_ce_countable);
}

void tusk_class_startup(void)
{
	memcpy(&object_handlers, &std_object_handlers, sizeof object_handlers);
	object_handlers.offset = XtOffsetOf(tusk_object, std);
	object_handlers.free_obj = free_object;
	object_handlers.get_gc = object_gc;
	object_handlers.clone_obj = NULL;
}
