/* Replaces functions inside PHP's own ops structs, and puts them back at the end.
 *
 * Only one of the structs is exported. The others are found through PHP streams made for
 * that purpose, with a resource list of their own, so that no resource number is used up.
 * The structs lie in memory that is read-only after relocation: it is made writable for
 * the moment, and gets exactly the protection back that it had.
 *
 * Invariant: a struct is patched only if all its functions are the ones we know, so what
 * another extension has put there stays untouched.
 */
#include "stream/stream.h"
#include "SAPI.h"
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

php_stream_ops tusk_plain_ops, tusk_pair_ops, tusk_ssl_ops;

enum { TCP, UDP, UNIX, UDG, PAIR, SSL, KINDS };

static const struct {
	const char *transport;
	const char *label;
} kinds[KINDS] = {
	[TCP] = {"tcp", "tcp_socket"},
	[UDP] = {"udp", "udp_socket"},
	[UNIX] = {"unix", "unix_socket"},
	[UDG] = {"udg", "udg_socket"},
	[PAIR] = {NULL, "generic_socket"},
	[SSL] = {"ssl", "tcp_socket/ssl"},
};

static php_stream_ops *found[KINDS]; /* PHP's structs, or NULL */
static php_stream_ops saved[KINDS];
static const char *reason = "not started";

const char *tusk_stream_reason(void)
{
	return reason;
}

bool tusk_stream_is_socket(const php_stream *stream)
{
	for (int kind = 0; kind < KINDS; kind++) {
		if (stream->ops == found[kind]) {
			return true;
		}
	}
	return false;
}

bool tusk_stream_is_unix(const php_stream *stream)
{
	return stream->ops == found[UNIX] || stream->ops == found[UDG];
}

/* ---- memory ----------------------------------------------------------------- */

/* The protection of the mapping that holds an address, or -1. */
static int protection_of(const void *address)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	int protection = -1;

	while (maps && protection == -1 && fgets(line, sizeof(line), maps)) {
		unsigned long begin, end;
		char flags[5];
		if (sscanf(line, "%lx-%lx %4s", &begin, &end, flags) == 3
			&& (uintptr_t) address >= begin && (uintptr_t) address < end) {
			protection = (flags[0] == 'r' ? PROT_READ : 0) | (flags[1] == 'w' ? PROT_WRITE : 0)
				| (flags[2] == 'x' ? PROT_EXEC : 0);
		}
	}
	if (maps) {
		fclose(maps);
	}
	return protection;
}

bool tusk_overwrite(void *at, const void *value, size_t size)
{
	uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);
	uintptr_t begin = (uintptr_t) at & ~(page - 1);
	size_t length = (((uintptr_t) at + size + page - 1) & ~(page - 1)) - begin;
	int protection = protection_of(at);

	if (protection == -1) {
		return false;
	}
	if (!(protection & PROT_WRITE) && mprotect((void *) begin, length, protection | PROT_WRITE) != 0) {
		return false;
	}
	memcpy(at, value, size);
	if (!(protection & PROT_WRITE)) {
		mprotect((void *) begin, length, protection);
	}
	return true;
}

static bool overwrite(php_stream_ops *ops, const php_stream_ops *value)
{
	return tusk_overwrite(ops, value, sizeof(*ops));
}

/* ---- finding the structs ---------------------------------------------------- */

static php_stream *make(int kind, struct timeval *timeout)
{
	const char *name = kinds[kind].transport;

	if (!name) {
		return php_stream_sock_open_from_socket(-1, NULL);
	}
	if (kind != SSL) {
		return php_stream_generic_socket_factory(name, strlen(name), "", 0, NULL, 0, 0, timeout, NULL STREAMS_CC);
	}
	php_stream_transport_factory factory = zend_hash_str_find_ptr(php_stream_xport_get_hash(), name, strlen(name));
	return factory ? factory(name, strlen(name), "", 0, NULL, 0, 0, timeout, NULL STREAMS_CC) : NULL;
}

static void find_structs(void)
{
	HashTable outside = EG(regular_list);
	/* An odd value, to be recognised in the private part of an ssl:// PHP stream. */
	struct timeval timeout = {7919, 104729};

	zend_init_rsrc_list();
	for (int kind = 0; kind < KINDS; kind++) {
		php_stream *stream = make(kind, &timeout);
		if (!stream) {
			continue;
		}
		if (strcmp(stream->ops->label, kinds[kind].label) == 0) {
			found[kind] = (php_stream_ops *) (uintptr_t) stream->ops;
			saved[kind] = *stream->ops;
			if (kind == SSL) {
				tusk_ssl_inspect(stream, &timeout);
			}
		}
		php_stream_free(stream, PHP_STREAM_FREE_CLOSE);
	}
	zend_hash_destroy(&EG(regular_list));
	EG(regular_list) = outside;
}

static bool same_functions(const php_stream_ops *a, const php_stream_ops *b, bool options)
{
	return a->read == b->read && a->write == b->write && a->close == b->close
		&& (!options || a->set_option == b->set_option);
}

static bool patch(int kind)
{
	php_stream_ops ops = saved[kind];

	ops.read = kind == SSL ? tusk_ssl_read : tusk_plain_read;
	ops.write = kind == SSL ? tusk_ssl_write : tusk_plain_write;
	ops.close = kind == SSL ? tusk_ssl_close : tusk_plain_close;
	ops.set_option = kind == SSL ? tusk_ssl_set_option : kind == PAIR ? tusk_pair_set_option : tusk_plain_set_option;
	return overwrite(found[kind], &ops);
}

void tusk_stream_startup(void)
{
	if (strcmp(sapi_module.name, "cli") != 0) {
		reason = "not the cli SAPI";
		return;
	}
	find_structs();
	if (found[TCP] != &php_stream_socket_ops) {
		reason = "PHP's tcp:// transport is not its own";
		memset(found, 0, sizeof(found));
		return;
	}
	tusk_plain_ops = saved[TCP];
	tusk_pair_ops = saved[PAIR];
	tusk_ssl_ops = saved[SSL];
	reason = NULL;
	for (int kind = 0; kind < KINDS; kind++) {
		if (found[kind] && kind != SSL && !same_functions(&saved[kind], &saved[TCP], kind != PAIR)) {
			found[kind] = NULL;
		}
		if (found[kind] && !patch(kind)) {
			reason = "the memory that holds PHP's stream operations cannot be made writable";
			found[kind] = NULL;
		}
	}
}

void tusk_stream_shutdown(void)
{
	for (int kind = 0; kind < KINDS; kind++) {
		if (found[kind]) {
			overwrite(found[kind], &saved[kind]);
			found[kind] = NULL;
		}
	}
	reason = "not started";
}
