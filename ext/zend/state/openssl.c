/* OpenSSL keeps one queue of errors per thread, and SSL_get_error() calls a handshake
 * failed when anything is in it. An error that one coroutine has not read yet must
 * therefore not be there when another one runs.
 *
 * The entries are taken out with the public ERR_get_* functions and put back with the
 * public ERR_* ones, texts included. Clearing the queue instead would be simpler, but
 * the coroutine that caused an error would then never learn of it. Marks
 * (ERR_set_mark) are not kept: OpenSSL sets and pops them within one of its own calls.
 *
 * Asking ERR_peek_error() at every switch would cost more than the rest of the state
 * together, so the two indices of the queue are read directly. They are found by the
 * layout of the known versions and believed only after an experiment agreed; if it
 * does not, every switch asks, which is slower and as right.
 */
#include "state/state.h"
#include <dlfcn.h>
#include <string.h>

#define QUEUE_LENGTH 16 /* ERR_NUM_ERRORS, of every version since 0.9 */

typedef struct {
	unsigned long code;
	int line;
	char *file, *function, *data;
} entry;

struct tusk_openssl_errors {
	int count;
	entry entries[QUEUE_LENGTH];
};

static const int never[2] = { 0, 0 }, always[2] = { 0, 1 };
const int *tusk_openssl_indices = never;

static struct {
	unsigned long (*version)(void);
	void *(*state)(void);
	unsigned long (*peek)(void);
	/* 3.x */
	unsigned long (*get_all)(const char **, int *, const char **, const char **, int *);
	void (*begin)(void);
	void (*set_debug)(const char *, int, const char *);
	void (*set_error)(int, int, const char *, ...);
	/* 1.1.1 */
	unsigned long (*get)(const char **, int *, const char **, int *);
	void (*put)(int, int, int, const char *, int);
	void (*add_data)(int, ...);
} lib;

/* Puts one error on the queue, in the words of the version at hand. */
static void put(const entry *e)
{
	if (lib.begin) {
		bool system = (e->code & 0x80000000UL) != 0;
		int library = system ? 2 /* ERR_LIB_SYS */ : (int) ((e->code >> 23) & 0xff);
		int reason = (int) (system ? e->code & 0x7fffffffUL : e->code & 0x7fffffUL);
		lib.begin();
		lib.set_debug(e->file, e->line, e->function);
		if (e->data) {
			lib.set_error(library, reason, "%s", e->data);
		} else {
			lib.set_error(library, reason, NULL);
		}
	} else {
		lib.put((int) ((e->code >> 24) & 0xff), (int) ((e->code >> 12) & 0xfff),
			(int) (e->code & 0xfff), e->file, e->line);
		if (e->data) {
			lib.add_data(1, e->data);
		}
	}
}

static bool take(entry *e)
{
	const char *file = NULL, *function = NULL, *data = NULL;
	int flags = 0;
	e->line = 0;
	e->code = lib.get_all ? lib.get_all(&file, &e->line, &function, &data, &flags)
		: lib.get(&file, &e->line, &data, &flags);
	if (e->code == 0) {
		return false;
	}
	/* The texts belong to the slot of the queue, which the next error overwrites. Those of
	 * 1.1.1 are literals, and it keeps the pointer it is given: copies would dangle there. */
	e->file = lib.get_all ? strdup(file ? file : "") : (char *) file;
	e->function = function && *function ? strdup(function) : NULL;
	e->data = data && (flags & 2 /* ERR_TXT_STRING */) && *data ? strdup(data) : NULL;
	return true;
}

static void release(entry *e)
{
	if (lib.get_all) {
		free(e->file);
	}
	free(e->function);
	free(e->data);
}

static bool indices_move(const int *top, const int *bottom)
{
	if (*top < 0 || *top >= QUEUE_LENGTH || *top != *bottom) {
		return false;
	}
	int before = *top;
	/* ERR_LIB_USER, so that nobody mistakes it for one of OpenSSL's. */
	entry probe = { .code = lib.begin ? (128UL << 23) | 1 : (128UL << 24) | 1, .file = "tusk" }, taken;
	put(&probe);
	bool agreed = *top == (before + 1) % QUEUE_LENGTH && *bottom == before;
	if (take(&taken)) {
		release(&taken);
	}
	return agreed && *top == *bottom;
}

void tusk_openssl_find(void)
{
	if (lib.peek || (lib.peek = (unsigned long (*)(void)) dlsym(RTLD_DEFAULT, "ERR_peek_error")) == NULL) {
		return;
	}
	*(void **) &lib.version = dlsym(RTLD_DEFAULT, "OpenSSL_version_num");
	*(void **) &lib.state = dlsym(RTLD_DEFAULT, "ERR_get_state");
	*(void **) &lib.get_all = dlsym(RTLD_DEFAULT, "ERR_get_error_all");
	*(void **) &lib.begin = dlsym(RTLD_DEFAULT, "ERR_new");
	*(void **) &lib.set_debug = dlsym(RTLD_DEFAULT, "ERR_set_debug");
	*(void **) &lib.set_error = dlsym(RTLD_DEFAULT, "ERR_set_error");
	*(void **) &lib.get = dlsym(RTLD_DEFAULT, "ERR_get_error_line_data");
	*(void **) &lib.put = dlsym(RTLD_DEFAULT, "ERR_put_error");
	*(void **) &lib.add_data = dlsym(RTLD_DEFAULT, "ERR_add_error_data");
	bool modern = lib.get_all && lib.begin && lib.set_debug && lib.set_error;
	if (!modern) {
		lib.get_all = NULL;
		lib.begin = NULL;
		if (!lib.get || !lib.put || !lib.add_data) {
			/* Not an OpenSSL we know (LibreSSL, BoringSSL): its queue stays shared. */
			return;
		}
	}
	tusk_openssl_indices = always;
	if (lib.version && lib.state && lib.peek() == 0) {
		char *state = lib.state();
		/* Bytes before `top` in struct err_state_st, which ends with `int top, bottom`. */
		size_t offset = lib.version() >= 0x30000000UL ? 896 : 576;
		const int *indices = (const int *) (state + offset);
		if (state && indices_move(&indices[0], &indices[1])) {
			tusk_openssl_indices = indices;
		}
	}
}

tusk_openssl_errors *tusk_openssl_save(void)
{
	if (lib.peek() == 0) {
		return NULL;
	}
	tusk_openssl_errors *saved = calloc(1, sizeof(*saved));
	if (!saved) {
		return NULL;
	}
	while (saved->count < QUEUE_LENGTH && take(&saved->entries[saved->count])) {
		saved->count++;
	}
	return saved;
}

void tusk_openssl_install(tusk_openssl_errors *saved)
{
	for (int i = 0; i < saved->count; i++) {
		put(&saved->entries[i]);
	}
	tusk_openssl_drop(saved);
}

void tusk_openssl_drop(tusk_openssl_errors *saved)
{
	for (int i = 0; i < saved->count; i++) {
		release(&saved->entries[i]);
	}
	free(saved);
}
