/* The table of replacements, and close, dlopen and dlsym.
 *
 * dlopen looks at who calls it, for search paths and name spaces. So its replacement only
 * notes the name and jumps on, and libc sees the true caller. What was loaded is looked at
 * when somebody asks for a symbol of it, which every user of dlopen does next.
 */
#define _GNU_SOURCE
#include "intercept/intercept.h"
#include "guard/call.h"
#include "libc/libc.h"
#include "SAPI.h"
#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <unistd.h>

uintptr_t tusk_php_thread;
extern bool tusk_is_cli;

/* Rust: ext/zend/entry/intercept.rs. */
void tusk_rt_intercept_install(void);
void tusk_rt_intercept_scan(void);
void tusk_rt_intercept_opened(const char *name);
void tusk_rt_intercept_restore(void);
void *tusk_rt_intercept_original(const void *ours);
void tusk_rt_note_close(int fd);

static bool installed, opened;

void tusk_intercept_closing(int fd)
{
	if (tusk_thread_pointer() == tusk_php_thread) {
		tusk_fd_forget(fd);
		tusk_kept_close(fd);
		if (UNEXPECTED(tusk_concurrent)) {
			tusk_waiting_close(fd);
		}
	}
}

int tusk_libc_close(int fd)
{
	tusk_intercept_closing(fd);
	return close(fd);
}

static zend_never_inline void note_opened(const char *name)
{
	if (name && tusk_thread_pointer() == tusk_php_thread) {
		tusk_rt_intercept_opened(name);
		opened = true;
	}
}

void *tusk_libc_dlopen(const char *name, int mode)
{
	note_opened(name);
	return dlopen(name, mode);
}

void *tusk_libc_dlsym(void *handle, const char *name);

/* Not every libc has these. */
extern int __poll_chk(struct pollfd *, nfds_t, int, size_t) __attribute__((weak));
extern ssize_t __recv_chk(int, void *, size_t, size_t, int) __attribute__((weak));
extern ssize_t __recvfrom_chk(int, void *, size_t, size_t, int, struct sockaddr *, socklen_t *) __attribute__((weak));
extern ssize_t __read_chk(int, void *, size_t, size_t) __attribute__((weak));

#define DECLARE(name) extern __typeof__(name) tusk_libc_##name;
TUSK_REPLACEMENTS(DECLARE)

typedef struct {
	const char *name;
	void *libc;
	void *ours;
} replacement;

#define ROW(name) {#name, (void *) name, (void *) tusk_libc_##name},
static const replacement table[] = {
	TUSK_REPLACEMENTS(ROW)
	/* Not of libc, and not needed to be loaded: only the slot is. */
	{"PQfinish", NULL, (void *) tusk_libc_PQfinish},
};
#define ROWS (sizeof(table) / sizeof(table[0]))

/* SQLite's locks (guard/sqlite.c). */
int tusk_sqlite_mutex_lock(pthread_mutex_t *mutex);

/* Replacements that know what PHP does around the call. */
static const tusk_libc_function *const for_modules[] = {
	tusk_libc_processes, tusk_libc_locks, tusk_libc_names, tusk_libc_hosts, tusk_libc_accounts, tusk_libc_paths,
	tusk_libc_opens, tusk_libc_stdio, tusk_libc_folders, tusk_libc_descriptors, tusk_libc_ffi,
};

/* Row number `row`: those for modules first, because the first that fits is taken. */
bool tusk_intercept_row(size_t row, const char **name, void **function, bool *modules_only, const char **library)
{
	*modules_only = true;
	*library = "";
	for (size_t list = 0; list < sizeof(for_modules) / sizeof(for_modules[0]); list++) {
		for (const tusk_libc_function *at = for_modules[list]; at->name; at++) {
			if (row-- == 0) {
				*name = at->name;
				*function = at->function;
				return true;
			}
		}
	}
	*modules_only = false;
	if (row == ROWS) {
		*name = "pthread_mutex_lock";
		*function = (void *) tusk_sqlite_mutex_lock;
		*library = "libsqlite3.so";
		return true;
	}
	if (row > ROWS) {
		return false;
	}
	*name = table[row].name;
	*function = table[row].ours;
	return true;
}

static const replacement *row_of(const char *name)
{
	for (size_t row = 0; name && row < ROWS; row++) {
		if (!strcmp(table[row].name, name)) {
			return &table[row];
		}
	}
	return NULL;
}

static zend_never_inline void look_at_opened(void)
{
	if (opened && tusk_thread_pointer() == tusk_php_thread) {
		opened = false;
		tusk_rt_intercept_scan();
	}
}

/* FFI asks for `usleep` here, and gets ours. */
static zend_never_inline void *find(void *handle, const char *name, const replacement *row)
{
	void *found = dlsym(handle, name);

	return found && found == row->libc ? row->ours : found;
}

void *tusk_libc_dlsym(void *handle, const char *name)
{
	look_at_opened();
	if (handle != RTLD_NEXT) {
		const replacement *row = row_of(name);
		if (row) {
			return find(handle, name, row);
		}
	}
	return dlsym(handle, name);
}

/* Symbols that FFI has found keep their addresses: slots are redirected before it looks. */
static zif_handler php_ffi[3];

static void before_ffi(INTERNAL_FUNCTION_PARAMETERS, int which)
{
	tusk_intercept_install();
	php_ffi[which](INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

static ZEND_NAMED_FUNCTION(ffi_cdef) { before_ffi(INTERNAL_FUNCTION_PARAM_PASSTHRU, 0); }
static ZEND_NAMED_FUNCTION(ffi_load) { before_ffi(INTERNAL_FUNCTION_PARAM_PASSTHRU, 1); }
static ZEND_NAMED_FUNCTION(ffi_scope) { before_ffi(INTERNAL_FUNCTION_PARAM_PASSTHRU, 2); }

void tusk_intercept_startup(void)
{
	static const struct { const char *name; zif_handler ours; } methods[] = {
		{"cdef", ffi_cdef}, {"load", ffi_load}, {"scope", ffi_scope},
	};
	zend_class_entry *ffi = zend_hash_str_find_ptr(CG(class_table), "ffi", 3);

	for (int i = 0; ffi && i < 3; i++) {
		zend_function *method = zend_hash_str_find_ptr(&ffi->function_table, methods[i].name, strlen(methods[i].name));
		if (method && method->type == ZEND_INTERNAL_FUNCTION) {
			php_ffi[i] = method->internal_function.handler;
			method->internal_function.handler = methods[i].ours;
		}
	}
}

/* The function that ext/ffi's redirected call stands for. A slot that is filled at its
 * first call held no more than the way to the dynamic linker. */
static void find_ffi_call(void)
{
	void *original = tusk_rt_intercept_original(tusk_libc_ffi[0].function);
	void *function = original ? dlsym(RTLD_DEFAULT, tusk_libc_ffi[0].name) : NULL;

	if (original) {
		tusk_ffi_found(function ? function : original);
	}
}

void tusk_intercept_install(void)
{
	if (!installed && tusk_is_cli) {
		installed = true;
		tusk_php_thread = tusk_thread_pointer();
		tusk_rt_intercept_install();
		find_ffi_call();
	}
}

void tusk_intercept_shutdown(void)
{
	if (installed) {
		tusk_rt_intercept_restore();
		installed = false;
	}
}
