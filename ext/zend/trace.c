/* tusk.trace_shared_state: a development mode that reports what one request has written into
 * a static property, a function's static variable or a global, and another one reads.
 *
 * Handlers of the opcodes that touch such variables look first and let PHP's own handler do
 * the work; they are installed only when the mode is on, and opcache's JIT switches itself
 * off then. A request is a callback of the event loop, or a coroutine that the main script
 * spawned, with all that they spawn; what the main script itself writes is set-up and not
 * reported.
 *
 * A `static` or `global` statement binds a reference, and what happens through it later is
 * no opcode of this kind. So such a variable counts as written by who bound it last, at that
 * statement, when its value is another one the next time it is bound. What changes inside an
 * object that a variable goes on referring to is seen by trace_objects.c, with the setting 2.
 */
#include "internal.h"

/* Bounds: a page of reports is read by a person, and names are the application's own. */
#define MAX_REPORTS 1000
#define MAX_VARIABLES 100000

bool tusk_tracing;
static bool handlers_installed;
static uint64_t last_request;
static user_opcode_handler_t former[256];
static HashTable variables; /* name -> tusk_variable */
static HashTable reports;   /* text -> report, so that each is made once */
static bool tables_ready;

typedef struct {
	uint64_t writer;          /* 0: nobody, or the main script */
	zend_string *file;
	uint32_t line;
	/* Of a bound variable: who bound it last, where, and what it was then. */
	uint64_t binder, fingerprint;
	zend_string *bound_file;
	uint32_t bound_line;
} tusk_variable;

/* The running request; 0 is the main script. */
static uint64_t current_request(void)
{
	tusk_worker *worker = tusk_worker_current();
	if (worker == &tusk_main_worker) {
		return 0;
	}
	if (!worker->request) {
		worker->request = ++last_request;
	}
	return worker->request;
}

uint64_t tusk_trace_inherit(void)
{
	return current_request();
}

static void forget_variable(zval *entry)
{
	efree(Z_PTR_P(entry)); /* the file names belong to op arrays, which outlive it */
}

static tusk_variable *variable(zend_string *name)
{
	tusk_variable *found = zend_hash_find_ptr(&variables, name);
	if (!found && zend_hash_num_elements(&variables) < MAX_VARIABLES) {
		found = ecalloc(1, sizeof *found);
		zend_hash_add_new_ptr(&variables, name, found);
	}
	return found;
}

static void report(zend_string *name, const tusk_variable *written, const zend_execute_data *reader)
{
	zend_string *text = zend_strpprintf(0, "%s was written by one request at %s:%u and is read by another at %s:%u",
		ZSTR_VAL(name), ZSTR_VAL(written->file), written->line,
		ZSTR_VAL(reader->func->op_array.filename), reader->opline->lineno);
	if (zend_hash_num_elements(&reports) < MAX_REPORTS && !zend_hash_exists(&reports, text)) {
		zval row;
		array_init(&row);
		add_assoc_str(&row, "variable", zend_string_copy(name));
		add_assoc_str(&row, "written_at", zend_strpprintf(0, "%s:%u", ZSTR_VAL(written->file), written->line));
		add_assoc_str(&row, "read_at", zend_strpprintf(0, "%s:%u", ZSTR_VAL(reader->func->op_array.filename), reader->opline->lineno));
		zend_hash_add_new(&reports, text, &row);
		zend_string *line = zend_strpprintf(0, "Tusk: shared state: %s", ZSTR_VAL(text));
		tusk_log(ZSTR_VAL(line));
		zend_string_release(line);
	}
	zend_string_release(text);
}

/* For trace_objects.c: `variable` was changed while `began` ran. */
void tusk_trace_object_report(zend_string *variable, const char *began)
{
	zend_string *text = zend_strpprintf(0, "%s was changed while %s ran", ZSTR_VAL(variable), began);
	if (zend_hash_num_elements(&reports) < MAX_REPORTS && !zend_hash_exists(&reports, text)) {
		zval row;
		array_init(&row);
		add_assoc_str(&row, "variable", zend_string_copy(variable));
		add_assoc_string(&row, "written_at", began);
		add_assoc_string(&row, "read_at", "");
		zend_hash_add_new(&reports, text, &row);
		zend_string *line = zend_strpprintf(0, "Tusk: shared state: %s", ZSTR_VAL(text));
		tusk_log(ZSTR_VAL(line));
		zend_string_release(line);
	}
	zend_string_release(text);
}

static void note_read(zend_string *name, const zend_execute_data *execute_data)
{
	uint64_t request = current_request();
	const tusk_variable *found = zend_hash_find_ptr(&variables, name);
	if (request && found && found->writer && found->writer != request) {
		report(name, found, execute_data);
	}
}

static void note_write(zend_string *name, const zend_execute_data *execute_data)
{
	tusk_variable *found = variable(name);
	if (found) {
		found->writer = current_request();
		found->file = execute_data->func->op_array.filename;
		found->line = execute_data->opline->lineno;
	}
}

/* Enough of a value to see that it is another one. */
static uint64_t fingerprint(const zval *value)
{
	ZVAL_DEREF(value);
	uint64_t mark = Z_TYPE_P(value) + UINT64_C(1);
	switch (Z_TYPE_P(value)) {
		case IS_LONG:
		case IS_DOUBLE:
			return mark ^ ((uint64_t) Z_LVAL_P(value) * UINT64_C(0x9e3779b97f4a7c15));
		case IS_STRING:
			return mark ^ zend_string_hash_val(Z_STR_P((zval *) value));
		case IS_ARRAY:
			return mark ^ (uint64_t) (uintptr_t) Z_ARR_P(value) ^ ((uint64_t) zend_hash_num_elements(Z_ARRVAL_P(value)) << 48);
		case IS_OBJECT:
			return mark ^ ((uint64_t) Z_OBJ_HANDLE_P(value) << 8);
		default:
			return mark;
	}
}

/* A reference to the variable is bound: see the head of the file. */
static void note_bind(zend_string *name, const zval *value, const zend_execute_data *execute_data)
{
	tusk_variable *found = variable(name);
	if (!found) {
		return;
	}
	uint64_t request = current_request(), mark = fingerprint(value);
	if (found->fingerprint && mark != found->fingerprint) {
		found->writer = found->binder;
		found->file = found->bound_file;
		found->line = found->bound_line;
	}
	if (request && found->writer && found->writer != request) {
		report(name, found, execute_data);
	}
	found->binder = request;
	found->fingerprint = mark;
	found->bound_file = execute_data->func->op_array.filename;
	found->bound_line = execute_data->opline->lineno;
}

/* ---- which variable ---- */

static const zval *operand(const zend_execute_data *execute_data, zend_uchar type, znode_op op)
{
	const zval *value = type == IS_CONST ? RT_CONSTANT(execute_data->opline, op) : ZEND_CALL_VAR(execute_data, op.var);
	ZVAL_DEREF(value);
	return value;
}

static const zend_class_entry *class_of(const zend_execute_data *execute_data)
{
	const zend_op *opline = execute_data->opline;
	const zend_class_entry *scope = execute_data->func->common.scope;
	if (opline->op2_type == IS_CONST) {
		return zend_lookup_class_ex(Z_STR_P(RT_CONSTANT(opline, opline->op2)), NULL, ZEND_FETCH_CLASS_NO_AUTOLOAD);
	}
	if (opline->op2_type != IS_UNUSED) {
		return Z_CE_P(ZEND_CALL_VAR(execute_data, opline->op2.var));
	}
	switch (opline->op2.num & ZEND_FETCH_CLASS_MASK) {
		case ZEND_FETCH_CLASS_PARENT:
			return scope ? scope->parent : NULL;
		case ZEND_FETCH_CLASS_STATIC:
			return Z_TYPE(execute_data->This) == IS_OBJECT ? Z_OBJCE(execute_data->This) : Z_CE(execute_data->This);
		default:
			return scope;
	}
}

/* "static property App::$user", by the class that declares it; NULL: not to be named. */
static zend_string *property_name(const zend_execute_data *execute_data)
{
	const zend_op *opline = execute_data->opline;
	const zval *name = operand(execute_data, opline->op1_type, opline->op1);
	const zend_class_entry *ce = class_of(execute_data);
	if (Z_TYPE_P(name) != IS_STRING || !ce) {
		return NULL;
	}
	const zend_property_info *info = zend_hash_find_ptr(&ce->properties_info, Z_STR_P(name));
	return zend_strpprintf(0, "static property %s::$%s", ZSTR_VAL(info ? info->ce->name : ce->name), Z_STRVAL_P(name));
}

static zend_string *static_name(const zend_execute_data *execute_data)
{
	const zend_op_array *function = &execute_data->func->op_array;
	const zend_string *name = function->vars[EX_VAR_TO_NUM(execute_data->opline->op1.var)];
	return zend_strpprintf(0, "static variable $%s of %s%s%s()", ZSTR_VAL(name),
		function->scope ? ZSTR_VAL(function->scope->name) : "", function->scope ? "::" : "",
		function->function_name ? ZSTR_VAL(function->function_name) : "main");
}

static int go_on(zend_execute_data *execute_data)
{
	user_opcode_handler_t next = former[execute_data->opline->opcode];
	return next ? next(execute_data) : ZEND_USER_OPCODE_DISPATCH;
}

enum { READ = 1, WRITE = 2 };

static int on_property(zend_execute_data *execute_data)
{
	zend_uchar opcode = execute_data->opline->opcode;
	int how = READ | WRITE;
	switch (opcode) {
		case ZEND_FETCH_STATIC_PROP_R:
		case ZEND_FETCH_STATIC_PROP_IS:
		case ZEND_FETCH_STATIC_PROP_FUNC_ARG:
		case ZEND_ISSET_ISEMPTY_STATIC_PROP:
			how = READ;
			break;
		case ZEND_FETCH_STATIC_PROP_W:
		case ZEND_FETCH_STATIC_PROP_UNSET:
		case ZEND_ASSIGN_STATIC_PROP:
		case ZEND_ASSIGN_STATIC_PROP_REF:
			how = WRITE;
	}
	zend_string *name = tusk_tracing ? property_name(execute_data) : NULL;
	if (name) {
		if (how & READ) {
			note_read(name, execute_data);
		}
		if (how & WRITE) {
			note_write(name, execute_data);
		}
		zend_string_release(name);
	}
	return go_on(execute_data);
}

static int on_bind_static(zend_execute_data *execute_data)
{
	uint32_t flags = execute_data->opline->extended_value;
	zend_op_array *function = &execute_data->func->op_array;
	HashTable *values = ZEND_MAP_PTR_GET(function->static_variables_ptr);
	if (!values) {
		values = function->static_variables; /* before the first call: what they begin with */
	}
	/* What a closure uses is its own. */
	if (tusk_tracing && values && !(flags & (ZEND_BIND_IMPLICIT | ZEND_BIND_EXPLICIT))) {
		zend_string *name = static_name(execute_data);
		const zval *value = (const zval *) ((char *) values->arData + (flags & ~(ZEND_BIND_REF | ZEND_BIND_IMPLICIT | ZEND_BIND_EXPLICIT)));
		note_bind(name, value, execute_data);
		zend_string_release(name);
	}
	return go_on(execute_data);
}

static zend_string *global_name(const zval *name)
{
	return zend_strpprintf(0, "global $%s", Z_STRVAL_P(name));
}

static int on_bind_global(zend_execute_data *execute_data)
{
	const zval *name = RT_CONSTANT(execute_data->opline, execute_data->opline->op2);
	zval *value = zend_hash_find(&EG(symbol_table), Z_STR_P(name));
	if (value && Z_TYPE_P(value) == IS_INDIRECT) {
		value = Z_INDIRECT_P(value);
	}
	if (tusk_tracing && value) {
		zend_string *text = global_name(name);
		note_bind(text, value, execute_data);
		zend_string_release(text);
	}
	return go_on(execute_data);
}

static int on_fetch(zend_execute_data *execute_data)
{
	const zend_op *opline = execute_data->opline;
	if (tusk_tracing && (opline->extended_value & ZEND_FETCH_GLOBAL)) {
		const zval *name = operand(execute_data, opline->op1_type, opline->op1);
		if (Z_TYPE_P(name) == IS_STRING) {
			bool reads = opline->opcode == ZEND_FETCH_R || opline->opcode == ZEND_FETCH_IS
				|| opline->opcode == ZEND_FETCH_FUNC_ARG || opline->opcode == ZEND_FETCH_RW;
			bool writes = opline->opcode == ZEND_FETCH_W || opline->opcode == ZEND_FETCH_RW || opline->opcode == ZEND_FETCH_UNSET;
			zend_string *text = global_name(name);
			if (reads) {
				note_read(text, execute_data);
			}
			if (writes) {
				note_write(text, execute_data);
			}
			zend_string_release(text);
		}
	}
	return go_on(execute_data);
}

/* ---- life ---- */

static const struct { zend_uchar opcode; user_opcode_handler_t handler; } handled[] = {
	{ZEND_FETCH_STATIC_PROP_R, on_property}, {ZEND_FETCH_STATIC_PROP_W, on_property},
	{ZEND_FETCH_STATIC_PROP_RW, on_property}, {ZEND_FETCH_STATIC_PROP_IS, on_property},
	{ZEND_FETCH_STATIC_PROP_FUNC_ARG, on_property}, {ZEND_FETCH_STATIC_PROP_UNSET, on_property},
	{ZEND_ISSET_ISEMPTY_STATIC_PROP, on_property}, {ZEND_ASSIGN_STATIC_PROP, on_property},
	{ZEND_ASSIGN_STATIC_PROP_OP, on_property}, {ZEND_ASSIGN_STATIC_PROP_REF, on_property},
	{ZEND_PRE_INC_STATIC_PROP, on_property}, {ZEND_PRE_DEC_STATIC_PROP, on_property},
	{ZEND_POST_INC_STATIC_PROP, on_property}, {ZEND_POST_DEC_STATIC_PROP, on_property},
	{ZEND_BIND_STATIC, on_bind_static}, {ZEND_BIND_GLOBAL, on_bind_global},
	{ZEND_FETCH_R, on_fetch}, {ZEND_FETCH_W, on_fetch}, {ZEND_FETCH_RW, on_fetch},
	{ZEND_FETCH_IS, on_fetch}, {ZEND_FETCH_FUNC_ARG, on_fetch}, {ZEND_FETCH_UNSET, on_fetch},
};

/* At module start-up, before opcache decides about its JIT. */
void tusk_trace_install(void)
{
	for (size_t i = 0; i < sizeof handled / sizeof *handled; i++) {
		former[handled[i].opcode] = zend_get_user_opcode_handler(handled[i].opcode);
		zend_set_user_opcode_handler(handled[i].opcode, handled[i].handler);
	}
	handlers_installed = true;
}

void tusk_trace_startup(void)
{
	if (handlers_installed) {
		zend_hash_init(&variables, 64, NULL, forget_variable, 0);
		zend_hash_init(&reports, 8, NULL, ZVAL_PTR_DTOR, 0);
		tables_ready = true;
		last_request = 0;
		tusk_tracing = true;
	}
}

void tusk_trace_shutdown(void)
{
	tusk_tracing = false;
	if (tables_ready) {
		zend_hash_destroy(&variables);
		zend_hash_destroy(&reports);
		tables_ready = false;
	}
}

/* Rows of Runtime::sharedState(). */
void tusk_trace_reports(zval *out)
{
	array_init(out);
	if (tables_ready) {
		zval *row;
		ZEND_HASH_FOREACH_VAL(&reports, row) {
			Z_ADDREF_P(row);
			add_next_index_zval(out, row);
		} ZEND_HASH_FOREACH_END();
	}
}
