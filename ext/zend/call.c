/* Arguments and results, with PHP's own checks and messages. Parameters count from 0. */
#include "internal.h"
#include "zend_interfaces.h"

static zval *argument(zend_execute_data *ex, uint32_t index)
{
	return index < ZEND_CALL_NUM_ARGS(ex) ? ZEND_CALL_ARG(ex, index + 1) : NULL;
}

bool tusk_arg_count(zend_execute_data *ex, uint32_t min, uint32_t max)
{
	uint32_t count = ZEND_CALL_NUM_ARGS(ex);
	if (EXPECTED(count >= min && count <= max)) {
		return true;
	}
	zend_wrong_parameters_count_error(min, max == UINT32_MAX ? (uint32_t) -1 : max);
	return false;
}

uint32_t tusk_arg_given(zend_execute_data *ex)
{
	return ZEND_CALL_NUM_ARGS(ex);
}

zval *tusk_arg(zend_execute_data *ex, uint32_t index)
{
	zval *value = argument(ex, index);
	if (value) {
		ZVAL_DEREF(value);
	}
	return value;
}

/* 1: value, 0: absent or null where that is allowed, -1: thrown. */
/* An argument that is an object of the named class. */
bool tusk_arg_instance(zend_execute_data *ex, uint32_t index, const char *class)
{
	zval *value = tusk_arg(ex, index);
	zend_class_entry *wanted = zend_hash_str_find_ptr(CG(class_table), class, strlen(class));
	if (value && Z_TYPE_P(value) == IS_OBJECT && wanted && instanceof_function(Z_OBJCE_P(value), wanted)) {
		return true;
	}
	zend_argument_type_error(index + 1, "must be of type FFI, %s given", value ? zend_zval_type_name(value) : "none");
	return false;
}

int tusk_arg_long(zend_execute_data *ex, uint32_t index, bool nullable, zend_long *out)
{
	zval *value = tusk_arg(ex, index);
	if (!value || (nullable && Z_TYPE_P(value) == IS_NULL)) {
		return 0;
	}
	bool is_null = false;
	if (EXPECTED(zend_parse_arg_long(value, out, &is_null, false, index + 1))) {
		return 1;
	}
	zend_wrong_parameter_error(ZPP_ERROR_WRONG_ARG, index + 1, NULL, nullable ? Z_EXPECTED_LONG_OR_NULL : Z_EXPECTED_LONG, value);
	return -1;
}

int tusk_arg_double(zend_execute_data *ex, uint32_t index, bool nullable, double *out)
{
	zval *value = tusk_arg(ex, index);
	if (!value || (nullable && Z_TYPE_P(value) == IS_NULL)) {
		return 0;
	}
	if (EXPECTED(Z_TYPE_P(value) == IS_DOUBLE)) {
		*out = Z_DVAL_P(value);
		return 1;
	}
	if (Z_TYPE_P(value) == IS_LONG) { /* allowed under strict_types too */
		*out = (double) Z_LVAL_P(value);
		return 1;
	}
	bool is_null = false;
	if (EXPECTED(zend_parse_arg_double(value, out, &is_null, false, index + 1))) {
		return 1;
	}
	zend_wrong_parameter_error(ZPP_ERROR_WRONG_ARG, index + 1, NULL, nullable ? Z_EXPECTED_DOUBLE_OR_NULL : Z_EXPECTED_DOUBLE, value);
	return -1;
}

bool tusk_arg_single_double(zend_execute_data *ex, double *out)
{
	const zval *value = ZEND_CALL_ARG(ex, 1);
	if (UNEXPECTED(ZEND_CALL_NUM_ARGS(ex) != 1)) {
		return false;
	}
	if (Z_TYPE_P(value) == IS_DOUBLE) {
		*out = Z_DVAL_P(value);
		return true;
	}
	if (Z_TYPE_P(value) == IS_LONG) {
		*out = (double) Z_LVAL_P(value);
		return true;
	}
	return false;
}

int tusk_arg_bool(zend_execute_data *ex, uint32_t index, bool *out)
{
	zval *value = tusk_arg(ex, index);
	if (!value) {
		return 0;
	}
	bool is_null = false;
	if (EXPECTED(zend_parse_arg_bool(value, out, &is_null, false, index + 1))) {
		return 1;
	}
	zend_wrong_parameter_error(ZPP_ERROR_WRONG_ARG, index + 1, NULL, Z_EXPECTED_BOOL, value);
	return -1;
}

int tusk_arg_string(zend_execute_data *ex, uint32_t index, const char **text, size_t *length)
{
	zval *value = tusk_arg(ex, index);
	zend_string *string;
	if (!value) {
		return 0;
	}
	if (EXPECTED(zend_parse_arg_str(value, &string, false, index + 1))) {
		*text = ZSTR_VAL(string);
		*length = ZSTR_LEN(string);
		return 1;
	}
	zend_wrong_parameter_error(ZPP_ERROR_WRONG_ARG, index + 1, NULL, Z_EXPECTED_STRING, value);
	return -1;
}

int tusk_arg_array(zend_execute_data *ex, uint32_t index, zval **out)
{
	zval *value = tusk_arg(ex, index);
	if (!value) {
		return 0;
	}
	if (EXPECTED(Z_TYPE_P(value) == IS_ARRAY)) {
		*out = value;
		return 1;
	}
	zend_wrong_parameter_error(ZPP_ERROR_WRONG_ARG, index + 1, NULL, Z_EXPECTED_ARRAY, value);
	return -1;
}

bool tusk_arg_callable(zend_execute_data *ex, uint32_t index, zend_fcall_info *fci, zend_fcall_info_cache *fcc)
{
	zval *value = tusk_arg(ex, index);
	char *error = NULL;
	if (UNEXPECTED(!value)) {
		zend_wrong_parameters_count_error(index + 1, (uint32_t) -1);
		return false;
	}
	/* What zend_parse_arg_func() does; that one got a parameter more within 8.3. */
	if (EXPECTED(zend_fcall_info_init(value, 0, fci, fcc, NULL, &error) == SUCCESS)) {
		zend_release_fcall_info_cache(fcc);
		return true;
	}
	if (!EG(exception)) {
		zend_wrong_callback_error(index + 1, error);
	} else if (error) {
		efree(error);
	}
	return false;
}

/* The descriptor of a PHP stream or a Socket argument; -1: thrown. */
int tusk_arg_stream(zend_execute_data *ex, uint32_t index, zend_long *key)
{
	zval *value = tusk_arg(ex, index);
	php_stream *stream;
	if (!value || Z_TYPE_P(value) != IS_RESOURCE) {
		zend_wrong_parameter_error(ZPP_ERROR_WRONG_ARG, index + 1, NULL, Z_EXPECTED_RESOURCE, value);
		return -1;
	}
	stream = (php_stream *) zend_fetch_resource2_ex(value, "stream", php_file_le_stream(), php_file_le_pstream());
	if (!stream) {
		return -1;
	}
	int fd;
	if (php_stream_cast(stream, PHP_STREAM_AS_FD_FOR_SELECT | PHP_STREAM_CAST_INTERNAL, (void *) &fd, 1) != SUCCESS || fd < 0) {
		if (!EG(exception)) {
			zend_argument_value_error(index + 1, "must be a PHP stream with a file descriptor");
		}
		return -1;
	}
	*key = Z_RES_HANDLE_P(value);
	return fd;
}

zend_object *tusk_this(zend_execute_data *ex)
{
	return Z_OBJ(ex->This);
}

/* ---- values ---- */

void tusk_zval_copy(zval *to, const zval *from) { ZVAL_COPY_DEREF(to, (zval *) from); }
void tusk_zval_drop(zval *value) { zval_ptr_dtor(value); }
void tusk_zval_string(zval *to, const char *text, size_t length) { ZVAL_STRINGL_FAST(to, text, length); }
bool tusk_zval_text(const zval *value, const char **text, size_t *length)
{
	if (Z_TYPE_P(value) != IS_STRING) {
		return false;
	}
	*text = Z_STRVAL_P(value);
	*length = Z_STRLEN_P(value);
	return true;
}

void tusk_zval_array(zval *to) { array_init(to); }
void tusk_zval_object(zval *to, zend_object *object) { ZVAL_OBJ(to, object); }

void tusk_array_set(zval *array, const char *key, size_t length, zval *value)
{
	add_assoc_zval_ex(array, key, length, value);
}

void tusk_array_set_index(zval *array, zend_long index, zval *value)
{
	add_index_zval(array, index, value);
}

void tusk_array_push(zval *array, zval *value)
{
	add_next_index_zval(array, value);
}

uint32_t tusk_array_len(zval *array)
{
	return zend_hash_num_elements(Z_ARRVAL_P(array));
}

/* The array's values in order, into room for tusk_array_len of them; borrowed. */
void tusk_array_values(zval *array, zval *out)
{
	zval *value;
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(array), value) {
		ZVAL_COPY_VALUE(out, value);
		out++;
	} ZEND_HASH_FOREACH_END();
}

/* The array's keys in order, as values that own a reference. */
void tusk_array_keys(zval *array, zval *out)
{
	zend_ulong number;
	zend_string *name;
	ZEND_HASH_FOREACH_KEY(Z_ARRVAL_P(array), number, name) {
		if (name) {
			ZVAL_STR_COPY(out, name);
		} else {
			ZVAL_LONG(out, (zend_long) number);
		}
		out++;
	} ZEND_HASH_FOREACH_END();
}

/* Sets a key that tusk_array_keys gave. */
void tusk_array_set_key(zval *array, zval *key, zval *value)
{
	array_set_zval_key(Z_ARRVAL_P(array), key, value);
	zval_ptr_dtor(value); /* array_set_zval_key took a reference of its own */
}

/* Makes a value that PHP code keeps callable; false: it is not, and nothing is thrown. */
bool tusk_callable_from(zval *value, zend_fcall_info *fci, zend_fcall_info_cache *fcc)
{
	char *error = NULL;
	bool valid = zend_fcall_info_init(value, 0, fci, fcc, NULL, &error) == SUCCESS;
	if (error) {
		efree(error);
	}
	if (valid) {
		zend_release_fcall_info_cache(fcc);
	}
	return valid && !EG(exception);
}

/* Calls a callable now, on this stack. False: it threw. */
bool tusk_call_now(zend_fcall_info *fci, zend_fcall_info_cache *fcc, zval *result, zval *args, uint32_t argc)
{
	ZVAL_UNDEF(result);
	fci->retval = result;
	fci->params = args;
	fci->param_count = argc;
	fci->named_params = NULL;
	return zend_call_function(fci, fcc) == SUCCESS && !EG(exception);
}
