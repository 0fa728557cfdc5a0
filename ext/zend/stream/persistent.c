/* Persistent PHP streams that are not ready yet.
 *
 * PHP lists a persistent PHP stream under its name before it is connected. While its
 * coroutine waits for that, another that asks for the same name must not find it: it
 * would take it for dead and free it, or write before the TLS handshake is done. It
 * makes its own instead, and that one is the one PHP keeps.
 */
#include "stream/stream.h"

static zend_resource *entry_of(const php_stream *stream)
{
	zval *entry;

	ZEND_HASH_FOREACH_VAL(&EG(persistent_list), entry) {
		if (Z_RES_P(entry)->ptr == stream) {
			return Z_RES_P(entry);
		}
	} ZEND_HASH_FOREACH_END();
	return NULL;
}

bool tusk_persistent_hide(const php_stream *stream)
{
	zend_resource *entry = stream->is_persistent ? entry_of(stream) : NULL;

	if (!entry || entry->type != php_file_le_pstream()) {
		return false;
	}
	entry->type = -1;
	return true;
}

void tusk_persistent_show(const php_stream *stream)
{
	zend_resource *entry = entry_of(stream);

	if (entry) {
		entry->type = php_file_le_pstream();
	}
}
