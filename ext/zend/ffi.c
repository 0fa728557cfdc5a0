/* A C function of ext/ffi on a thread, for Tusk\Ffi.
 *
 * ext/ffi converts arguments and results itself; all that is replaced is its call of libffi's
 * ffi_call (intercept/table.c), and only while `offload` is set for the call that follows. What
 * the C function works on must stay: on a cancel the arguments of PHP are kept alive until
 * it has returned, and the copies of their C values belong to the job.
 *
 * A function that gets a pointer to code, or something of PHP, is refused: it could run PHP
 * in a second thread.
 */
#include "libc/libc.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* ---- libffi, as far as it is looked at ----------------------------------------------- */

typedef struct ffi_type {
	size_t size;
	unsigned short alignment, type;
	struct ffi_type **elements;
} ffi_type;

/* The beginning of ffi_cif; what follows differs between machines, and is copied. */
typedef struct {
	int abi;
	unsigned count;
	ffi_type **types;
	ffi_type *result;
} ffi_cif;

#define CIF_BYTES 128
#define TYPE_STRUCT 13
/* libffi widens small results to a register. */
#define LEAST_RESULT 16
#define MOST_ARGUMENTS 64

typedef void (*call_function)(void *cif, void (*function)(void), void *result, void **values);
static call_function php_ffi_call;

void tusk_ffi_found(void *function) { php_ffi_call = (call_function) function; }

/* ---- the job ----------------------------------------------------------------------------- */

typedef struct job {
	_Alignas(16) char cif[CIF_BYTES];
	void (*function)(void);
	void *values[MOST_ARGUMENTS];
	ffi_type *types[MOST_ARGUMENTS];
	int error;
	/* The arguments of PHP, when the coroutine has gone; touched by PHP's thread only. */
	zval *pinned;
	uint32_t pinned_count;
	_Atomic bool returned;
	struct job *next;
	_Alignas(16) char memory[]; /* the result, then the arguments */
} job;

static bool offload;
static zend_object *offload_library;
static zval *offload_arguments;
static uint32_t offload_count;
/* Calls whose coroutine was cancelled. */
static job *left_behind;

static void run(void *pointer)
{
	job *call = pointer;

	errno = 0;
	php_ffi_call(call->cif, call->function, call->memory, call->values);
	call->error = errno;
}

/* Its memory is given back by PHP's thread, together with what it pins. */
static void drop(void *pointer) { atomic_store(&((job *) pointer)->returned, true); }

static void release(job *call)
{
	for (uint32_t i = 0; i < call->pinned_count; i++) {
		zval_ptr_dtor(&call->pinned[i]);
	}
	free(call->pinned);
	free(call);
}

/* Gives back what calls that have returned kept alive. */
static void sweep(void)
{
	for (job **link = &left_behind; *link;) {
		job *call = *link;
		if (atomic_load(&call->returned)) {
			*link = call->next;
			release(call);
		} else {
			link = &call->next;
		}
	}
}

/* At the end of the request the memory of PHP goes: plain PHP would have waited in the call. */
void tusk_ffi_request_end(void)
{
	const struct timespec pause = {0, 1000000};

	for (sweep(); left_behind; sweep()) {
		nanosleep(&pause, NULL);
	}
}

static size_t aligned(size_t size) { return (size + 15) & ~(size_t) 15; }

/* NULL: a value is passed that cannot be copied (a struct), or there is no memory. */
static job *make_job(const ffi_cif *cif, void (*function)(void), void **values)
{
	size_t result = aligned(cif->result->size < LEAST_RESULT ? LEAST_RESULT : cif->result->size), size = result;

	if (cif->count > MOST_ARGUMENTS || cif->result->type == TYPE_STRUCT) {
		return NULL;
	}
	for (unsigned i = 0; i < cif->count; i++) {
		if (cif->types[i]->type == TYPE_STRUCT) {
			return NULL;
		}
		size += aligned(cif->types[i]->size);
	}
	job *call = aligned_alloc(16, aligned(sizeof *call + size));
	if (!call) {
		return NULL;
	}
	memset(call, 0, sizeof *call + size);
	memcpy(call->cif, cif, CIF_BYTES);
	((ffi_cif *) call->cif)->types = call->types;
	call->function = function;
	char *at = call->memory + result;
	for (unsigned i = 0; i < cif->count; i++) {
		call->types[i] = cif->types[i];
		call->values[i] = memcpy(at, values[i], cif->types[i]->size);
		at += aligned(cif->types[i]->size);
	}
	return call;
}

typedef struct { void *cif; void (*function)(void); void *result; void **values; int error; } whole_call;

static void run_whole(void *pointer)
{
	whole_call *call = pointer;

	errno = 0;
	php_ffi_call(call->cif, call->function, call->result, call->values);
	call->error = errno;
}

/* Keeps the arguments, and the library whose code runs, for a call that goes on without its coroutine. */
static void leave_behind(job *call, zend_object *library, zval *arguments, uint32_t count)
{
	call->pinned = calloc(count + 1, sizeof *call->pinned);
	for (uint32_t i = 0; call->pinned && i < count; i++) {
		ZVAL_COPY(&call->pinned[i], &arguments[i]);
	}
	if (call->pinned) {
		ZVAL_OBJ_COPY(&call->pinned[count], library);
	} else {
		/* Without memory for a list it is never unloaded. */
		GC_ADDREF(library);
	}
	call->pinned_count = call->pinned ? count + 1 : 0;
	call->next = left_behind;
	left_behind = call;
}

static void libc_ffi_call(ffi_cif *cif, void (*function)(void), void *result, void **values)
{
	if (EXPECTED(!offload)) {
		php_ffi_call(cif, function, result, values);
		return;
	}
	/* For this call alone, whatever runs meanwhile. */
	zend_object *library = offload_library;
	zval *arguments = offload_arguments;
	uint32_t count = offload_count;
	offload = false;
	sweep();
	job *call = make_job(cif, function, values);
	if (!call) {
		whole_call whole = {cif, function, result, values, 0};
		if (tusk_rt_wait_work(TUSK_THREADS_FOR_FFI, run_whole, NULL, &whole) != 0) {
			run_whole(&whole);
		}
		errno = whole.error;
		return;
	}
	int waited = tusk_rt_wait_work(TUSK_THREADS_FOR_FFI, run, drop, call);
	if (waited == -ECANCELED) {
		leave_behind(call, library, arguments, count);
		memset(result, 0, cif->result->size);
		return;
	}
	if (waited != 0) {
		run(call);
	}
	memcpy(result, call->memory, cif->result->size < sizeof(void *) ? sizeof(void *) : cif->result->size);
	errno = call->error;
	release(call);
}

const tusk_libc_function tusk_libc_ffi[] = {
	{"ffi_call", libc_ffi_call},
	{NULL, NULL},
};

/* ---- what may be called --------------------------------------------------------------------- */

static bool call_method(zval *object, const char *name, zval *result, uint32_t count, zval *arguments)
{
	zval method;

	ZVAL_UNDEF(result);
	ZVAL_STRING(&method, name);
	bool called = call_user_function(NULL, object, &method, result, count, arguments) == SUCCESS && !EG(exception);
	zval_ptr_dtor(&method);
	return called;
}

static zend_long number_of(zval *type, const char *method)
{
	zval result;
	zend_long number = call_method(type, method, &result, 0, NULL) && Z_TYPE(result) == IS_LONG ? Z_LVAL(result) : -1;

	zval_ptr_dtor(&result);
	return number;
}

static zend_long kind_named(const char *name)
{
	zend_class_entry *class = zend_lookup_class(zend_string_init_interned(ZEND_STRL("FFI\\CType"), 0));
	zval *value = class ? zend_get_class_constant_ex(class->name, zend_string_init_interned(name, strlen(name), 0), class, 0) : NULL;

	return value && Z_TYPE_P(value) == IS_LONG ? Z_LVAL_P(value) : -2;
}

static bool is_of_php(zval *type)
{
	static const char *const names[] = {"zval", "zend_", "_zend_", "_zval", "HashTable", "php_", "_php_"};
	zval name;
	bool found = false;

	if (call_method(type, "getName", &name, 0, NULL) && Z_TYPE(name) == IS_STRING) {
		const char *text = Z_STRVAL(name);
		text += strncmp(text, "struct ", 7) == 0 ? 7 : strncmp(text, "union ", 6) == 0 ? 6 : 0;
		for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
			found |= strncmp(text, names[i], strlen(names[i])) == 0;
		}
	}
	zval_ptr_dtor(&name);
	return found;
}

/* Levels of pointers, arrays and structs that are looked through. */
#define MOST_LEVELS 6

/* Why the type cannot go to another thread, or NULL. */
static const char *refusal(zval *type, int level)
{
	const char *reason = NULL;
	zend_long kind = number_of(type, "getKind");
	zval inner;

	if (EG(exception) || level > MOST_LEVELS) {
		return NULL;
	}
	if (kind == kind_named("TYPE_FUNC")) {
		return "takes a pointer to a function: a callback would run PHP code in another thread";
	}
	if (is_of_php(type)) {
		return "works on values of PHP, which only PHP's own thread may touch";
	}
	if (kind == kind_named("TYPE_POINTER") || kind == kind_named("TYPE_ARRAY")) {
		const char *method = kind == kind_named("TYPE_POINTER") ? "getPointerType" : "getArrayElementType";
		if (call_method(type, method, &inner, 0, NULL)) {
			reason = refusal(&inner, level + 1);
		}
		zval_ptr_dtor(&inner);
	} else if (kind == kind_named("TYPE_STRUCT")) {
		zval names, *name;
		if (call_method(type, "getStructFieldNames", &names, 0, NULL) && Z_TYPE(names) == IS_ARRAY) {
			ZEND_HASH_FOREACH_VAL(Z_ARRVAL(names), name) {
				if (!reason && call_method(type, "getStructFieldType", &inner, 1, name)) {
					reason = refusal(&inner, level + 1);
				}
				zval_ptr_dtor(&inner);
				ZVAL_UNDEF(&inner);
			} ZEND_HASH_FOREACH_END();
		}
		zval_ptr_dtor(&names);
	}
	return reason;
}

/* The function's type; it is a pointer to one that reading the function's name gives. */
static bool type_of(zval *library, zend_string *name, zval *type)
{
	zval holder, value, *found, callable, pointer;
	bool known = false;

	ZVAL_UNDEF(&holder);
	found = Z_OBJ_HT_P(library)->read_property(Z_OBJ_P(library), name, BP_VAR_R, NULL, &holder);
	if (EG(exception)) {
		return false;
	}
	ZVAL_COPY_DEREF(&value, found);
	zval_ptr_dtor(&holder);
	ZVAL_STRING(&callable, "FFI::typeof");
	ZVAL_UNDEF(&pointer);
	if (Z_TYPE(value) == IS_OBJECT && call_user_function(NULL, NULL, &callable, &pointer, 1, &value) == SUCCESS && Z_TYPE(pointer) == IS_OBJECT
		&& number_of(&pointer, "getKind") == kind_named("TYPE_POINTER")) {
		known = call_method(&pointer, "getPointerType", type, 0, NULL) && number_of(type, "getKind") == kind_named("TYPE_FUNC");
	}
	zval_ptr_dtor(&callable);
	zval_ptr_dtor(&pointer);
	zval_ptr_dtor(&value);
	if (!known && !EG(exception)) {
		tusk_throw_misuse("Tusk\\Ffi::blocking(): %s is no function of this library", ZSTR_VAL(name));
	}
	return known;
}

/* May this function run on a thread? Throws a MisuseError with the reason if not. */
bool tusk_ffi_check(zval *library, const char *text, size_t length)
{
	zend_string *name = zend_string_init(text, length, 0);
	const char *reason = NULL;
	zval type, parameter;

	ZVAL_UNDEF(&type);
	if (!php_ffi_call) {
		tusk_throw_misuse("Tusk\\Ffi::blocking(): the calls of ext/ffi to libffi are not found; Tusk\\Runtime::info() has more");
	} else if (type_of(library, name, &type)) {
		zend_long count = number_of(&type, "getFuncParameterCount");
		for (zend_long i = -1; i < count && !reason && !EG(exception); i++) {
			zval index;
			ZVAL_LONG(&index, i);
			bool have = i < 0 ? call_method(&type, "getFuncReturnType", &parameter, 0, NULL)
				: call_method(&type, "getFuncParameterType", &parameter, 1, &index);
			if (have) {
				reason = refusal(&parameter, 0);
			}
			if (reason && i < 0) {
				tusk_throw_misuse("Tusk\\Ffi::blocking(): what %s() returns %s; call it as a method of the library", text,
					strstr(reason, "PHP's own") ? "is a value of PHP" : "is a pointer to a function");
			} else if (reason) {
				tusk_throw_misuse("Tusk\\Ffi::blocking(): parameter %d of %s() %s; call it as a method of the library",
					(int) i + 1, ZSTR_VAL(name), reason);
			}
			zval_ptr_dtor(&parameter);
		}
	}
	zval_ptr_dtor(&type);
	zend_string_release(name);
	return !EG(exception);
}

/* Calls it, on a thread where this may suspend. */
bool tusk_ffi_call(zval *library, const char *text, size_t length, zval *arguments, uint32_t count, zval *result)
{
	zend_object *object = Z_OBJ_P(library);

	ZVAL_UNDEF(result);
	for (uint32_t i = 0; i < count; i++) {
		zval *argument = &arguments[i];
		ZVAL_DEREF(argument);
		if (Z_TYPE_P(argument) == IS_OBJECT && !zend_string_equals_literal(Z_OBJCE_P(argument)->name, "FFI\\CData")) {
			tusk_throw_misuse("%.*s(): argument %u is an object of PHP, which only PHP's own thread may touch",
				(int) length, text, (unsigned) i + 1);
			return false;
		}
	}
	/* As the VM finds it: FFI has static methods of its own, such as memset(), which a look
	 * into its function table would find first. */
	zend_string *name = zend_string_init(text, length, 0);
	zend_function *function = object->handlers->get_method(&object, name, NULL);
	zend_string_release(name);
	if (!function) {
		return false;
	}
	offload = tusk_rt_may_suspend();
	offload_library = object;
	offload_arguments = arguments;
	offload_count = count;
	zend_call_known_function(function, object, object->ce, result, count, arguments, NULL);
	offload = false;
	return !EG(exception);
}
