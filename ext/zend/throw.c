/* The exceptions, by what the caller can do about them. Their words in the stubs are these:
 *
 * Tusk\Failure: What every exception and error of Tusk implements.
 * Tusk\CancelledException: The coroutine was asked to stop. Thrown where it waits, and
 * again at every later wait; clean up in `finally` and let it pass.
 * Tusk\TimeoutException: A deadline passed before what was waited for came.
 * Tusk\ConnectionException: The other side cannot be reached or has gone; a new connection
 * may help.
 * Tusk\ProtocolException: The other side said something that its protocol does not allow;
 * the connection is not used again.
 * Tusk\RemoteException: The other side did the work and reported a failure.
 * Tusk\RemoteException::$data: What it said beside its text: an array of the server's fields from databases
 * (docs/postgres.md, docs/odbc.md), JSON-RPC's `data`, else null.
 * Tusk\OverloadedException: A limit is reached; what was asked for was not begun and may be
 * tried again later.
 * Tusk\DeviceException: A device or its driver failed.
 * Tusk\UnsupportedException: This cannot be done on this platform, in this build or SAPI;
 * the message says what can.
 * Tusk\MisuseError: The calling code is wrong; the message says how it is meant.
 * Tusk\PanicError: Tusk itself failed. The call is lost, the process goes on; please report it.
 */
#include "internal.h"
#include "ext/spl/spl_exceptions.h"

zend_class_entry *tusk_ce_failure, *tusk_ce_cancelled;
static zend_class_entry *classes[10];

/* The order is that of ext/exception.rs. */
enum { CANCELLED, TIMEOUT, CONNECTION, PROTOCOL, REMOTE, OVERLOADED, DEVICE, UNSUPPORTED, MISUSE, PANIC };

static zend_class_entry *declare(const char *name, zend_class_entry *parent)
{
	zend_class_entry ce;
	INIT_CLASS_ENTRY_EX(ce, name, strlen(name), NULL);
	zend_class_entry *registered = zend_register_internal_class_ex(&ce, parent);
	zend_class_implements(registered, 1, tusk_ce_failure);
	return registered;
}

void tusk_throw_startup(void)
{
	zend_class_entry ce;
	INIT_CLASS_ENTRY(ce, "Tusk\\Failure", NULL);
	tusk_ce_failure = zend_register_internal_interface(&ce);
	zend_class_implements(tusk_ce_failure, 1, zend_ce_throwable);

	static const char *const exceptions[] = {
		"Tusk\\CancelledException", "Tusk\\TimeoutException", "Tusk\\ConnectionException", "Tusk\\ProtocolException",
		"Tusk\\RemoteException", "Tusk\\OverloadedException", "Tusk\\DeviceException", "Tusk\\UnsupportedException",
	};
	for (int i = CANCELLED; i <= UNSUPPORTED; i++) {
		classes[i] = declare(exceptions[i], spl_ce_RuntimeException);
	}
	/* What the other side said beside its text: JSON-RPC's `data`. */
	zend_declare_property_null(classes[REMOTE], ZEND_STRL("data"), ZEND_ACC_PUBLIC);
	classes[MISUSE] = declare("Tusk\\MisuseError", zend_ce_error);
	classes[PANIC] = declare("Tusk\\PanicError", zend_ce_error);
	tusk_ce_cancelled = classes[CANCELLED];
}

void tusk_throw(uint32_t kind, const char *message, size_t length)
{
	zend_throw_exception_ex(classes[kind], 0, "%.*s", (int) length, message);
}

/* A RemoteException with a code and data. */
void tusk_throw_remote(const char *message, size_t length, zend_long code, zval *data)
{
	zend_object *exception = zend_throw_exception_ex(classes[REMOTE], code, "%.*s", (int) length, message);
	zend_update_property(classes[REMOTE], exception, ZEND_STRL("data"), data);
}

void tusk_throw_code(uint32_t kind, zend_long code, const char *message, size_t length)
{
	zend_throw_exception_ex(classes[kind], code, "%.*s", (int) length, message);
}

void tusk_throw_misuse(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	zend_string *message = zend_vstrpprintf(0, format, arguments);
	va_end(arguments);
	zend_throw_exception(classes[MISUSE], ZSTR_VAL(message), 0);
	zend_string_release(message);
}

/* The exception a joined coroutine ended with, for this joiner too. */
void tusk_rethrow(zend_object *exception)
{
	GC_ADDREF(exception);
	zend_throw_exception_internal(exception);
}

/* Loads a class; false: there is none, or loading threw. */
bool tusk_class_exists(const char *name, size_t length)
{
	zend_string *text = zend_string_init(name, length, 0);
	const zend_class_entry *ce = zend_lookup_class(text);
	zend_string_release(text);
	return ce != NULL;
}

/* Is the exception that is set one of this class, and neither a cancel nor the end of the
 * script? */
bool tusk_exception_is(const char *name, size_t length)
{
	zend_object *exception = EG(exception);
	if (!exception || zend_is_unwind_exit(exception) || zend_is_graceful_exit(exception)
			|| instanceof_function(exception->ce, tusk_ce_cancelled)) {
		return false;
	}
	zend_string *text = zend_string_init(name, length, 0);
	zend_class_entry *ce = zend_lookup_class_ex(text, NULL, ZEND_FETCH_CLASS_NO_AUTOLOAD);
	zend_string_release(text);
	return ce && instanceof_function(exception->ce, ce);
}

void tusk_clear_exception(void)
{
	zend_clear_exception();
}

void tusk_take_exception(zval *to)
{
	zend_object *exception = EG(exception);
	if (!exception) {
		ZVAL_NULL(to);
		return;
	}
	GC_ADDREF(exception);
	zend_clear_exception();
	ZVAL_OBJ(to, exception);
}

void tusk_argument_error(uint32_t number, const char *message, size_t length)
{
	zend_argument_value_error(number, "%.*s", (int) length, message);
}

void tusk_argument_type_error(uint32_t number, const char *message, size_t length)
{
	zend_argument_type_error(number, "%.*s", (int) length, message);
}

/* Is the exception that is set exit() on its way, or the engine's unwinding? */
bool tusk_exception_ends_script(void)
{
	zend_object *exception = EG(exception);
	return exception && (zend_is_unwind_exit(exception) || zend_is_graceful_exit(exception));
}

bool tusk_is_throwable(const zval *value)
{
	return Z_TYPE_P(value) == IS_OBJECT && instanceof_function(Z_OBJCE_P(value), zend_ce_throwable);
}

/* Throws an exception that somebody kept, which keeps it. */
void tusk_throw_value(const zval *value)
{
	if (tusk_is_throwable(value)) {
		tusk_rethrow(Z_OBJ_P(value));
	}
}

bool tusk_has_exception(void) { return EG(exception) != NULL; }

void tusk_exception_message(zval *exception, zval *to)
{
	if (Z_TYPE_P(exception) == IS_OBJECT) {
		zval room, *message = zend_read_property(zend_get_exception_base(Z_OBJ_P(exception)), Z_OBJ_P(exception), ZEND_STRL("message"), 1, &room);
		ZVAL_COPY_DEREF(to, message);
	}
}
