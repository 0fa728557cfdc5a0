/* JSON by PHP's own encoder and decoder, which are part of every PHP since 8.0. */
#include "internal.h"
#include "state/state.h"
#include "ext/json/php_json.h"
#include "zend_smart_str.h"

/* What json_last_error_msg() would say. */
static const char *describe(php_json_error_code code)
{
	switch (code) {
	case PHP_JSON_ERROR_DEPTH: return "it is nested deeper than 512 levels";
	case PHP_JSON_ERROR_STATE_MISMATCH: return "its brackets do not match";
	case PHP_JSON_ERROR_CTRL_CHAR: return "a control character is not escaped";
	case PHP_JSON_ERROR_SYNTAX: return "it is not JSON";
	case PHP_JSON_ERROR_UTF8: return "a string is not UTF-8 (raw bytes need the raw or msgpack codec)";
	case PHP_JSON_ERROR_RECURSION: return "it contains itself";
	case PHP_JSON_ERROR_INF_OR_NAN: return "INF and NAN have no form in JSON";
	case PHP_JSON_ERROR_UNSUPPORTED_TYPE: return "a resource or closure has no form in JSON";
	case PHP_JSON_ERROR_INVALID_PROPERTY_NAME: return "a property's name begins with a NUL byte";
	case PHP_JSON_ERROR_UTF16: return "half of a UTF-16 pair stands alone";
	default: return "a value has no form in JSON";
	}
}

/* The string, owned by the caller; NULL: *error says why, or, where that is NULL too, an
 * exception is set. May run PHP code (JsonSerializable) and so suspend. */
zend_string *tusk_json_encode(zval *value, const char **error)
{
	smart_str buffer = {0};
	*error = NULL;
	int result = tusk_recursion_json_encode(&buffer, value);
	/* INF and NAN are written as 0 and only leave the code. */
	if ((result != SUCCESS || JSON_G(error_code) != PHP_JSON_ERROR_NONE) && !EG(exception)) {
		*error = describe(JSON_G(error_code));
	}
	if (*error || EG(exception)) {
		smart_str_free(&buffer);
		return NULL;
	}
	return smart_str_extract(&buffer);
}

/* NULL, or why it is no JSON. Objects become arrays, as goridge-php does it. */
const char *tusk_json_decode(zval *to, const char *text, size_t length, zend_long options)
{
	if (length == 0) {
		ZVAL_NULL(to);
		return "it is empty";
	}
	ZVAL_NULL(to);
	options = (options | PHP_JSON_OBJECT_AS_ARRAY) & ~PHP_JSON_THROW_ON_ERROR;
	if (php_json_decode_ex(to, text, length, options, PHP_JSON_PARSER_DEFAULT_DEPTH) != SUCCESS) {
		return describe(JSON_G(error_code));
	}
	return NULL;
}

void tusk_string_release(zend_string *string) { zend_string_release(string); }
const char *tusk_string_bytes(const zend_string *string, size_t *length)
{
	*length = ZSTR_LEN(string);
	return ZSTR_VAL(string);
}
