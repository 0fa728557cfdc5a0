/* gethostbyname and gethostbyname_r: names of hosts as ext/sockets, FTP and older C libraries look
 * them up, in the order in which the name server gave the addresses (getaddrinfo sorts them).
 *
 * A look-up owns what it works on, so a coroutine that is cancelled leaves it behind. What has been
 * found is copied into the caller's memory when the coroutine goes on. PHP's own caller has one
 * buffer for the process, which another coroutine may have replaced meanwhile: then the new one is
 * written to.
 */
#include "libc/host.h"
#include "ext/standard/file.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include "musl.h"

/* What PHP begins with. */
#define FIRST_ROOM 1024
/* An answer of DNS has 64 KiB at most. */
#define MOST_ROOM (1 << 20)

typedef struct {
	char *name;
	struct hostent entry, *found;
	size_t room;
	char *buf;
	int code, failure, thread_failure, error;
} host_job;

static void free_job(void *pointer)
{
	host_job *job = pointer;

	free(job->buf);
	free(job->name);
	free(job);
}

static host_job *make_job(const char *name)
{
	host_job *job = calloc(1, sizeof *job);

	if (job) {
		job->room = FIRST_ROOM;
		job->name = strdup(name);
		job->buf = malloc(job->room);
	}
	if (job && !(job->name && job->buf)) {
		free_job(job);
		return NULL;
	}
	return job;
}

static void look_up(void *pointer)
{
	host_job *job = pointer;

	errno = 0;
	while ((job->code = gethostbyname_r(job->name, &job->entry, job->buf, job->room, &job->found, &job->failure)) == ERANGE
		&& tusk_grow(&job->buf, &job->room, MOST_ROOM)) {
	}
	job->error = errno;
	job->thread_failure = h_errno;
}

/* LOOKED_UP: *job is the caller's. */
static tusk_look_up wait_for(const char *name, host_job **job)
{
	*job = make_job(name);
	int waited = *job ? tusk_rt_wait_work(TUSK_THREADS_FOR_NAMES, look_up, free_job, *job) : -ENOMEM;

	if (waited == 0) {
		h_errno = (*job)->thread_failure;
		return TUSK_LOOKED_UP;
	}
	if (waited == -ECANCELED) {
		h_errno = NETDB_INTERNAL;
		errno = ECANCELED;
		return TUSK_LOOK_UP_CANCELLED;
	}
	if (*job) {
		free_job(*job);
	}
	return TUSK_NOT_LOOKED_UP;
}

tusk_look_up tusk_host_by_name(const char *name, struct hostent **found)
{
	static host_job *kept;
	host_job *job;
	tusk_look_up looked = wait_for(name, &job);

	*found = NULL;
	if (looked == TUSK_LOOKED_UP) {
		if (kept) {
			free_job(kept);
		}
		kept = job;
		*found = job->found;
		errno = job->error;
	}
	return looked;
}

/* ---- copying ----------------------------------------------------------------------- */

static size_t length_of(char *const *list)
{
	size_t count = 0;

	while (list && list[count]) {
		count++;
	}
	return count;
}

/* How much room place() takes, with what aligning its beginning may cost. */
static size_t size_of(const struct hostent *from)
{
	size_t aliases = length_of(from->h_aliases), addresses = length_of(from->h_addr_list);
	size_t size = sizeof(char *) * (aliases + addresses + 3) + (size_t) from->h_length * addresses + strlen(from->h_name) + 1;

	for (size_t i = 0; i < aliases; i++) {
		size += strlen(from->h_aliases[i]) + 1;
	}
	return size;
}

static char *put(char **at, const void *bytes, size_t length)
{
	char *placed = *at;

	memcpy(placed, bytes, length);
	*at += length;
	return placed;
}

static void place(const struct hostent *from, struct hostent *to, char *buf)
{
	size_t aliases = length_of(from->h_aliases), addresses = length_of(from->h_addr_list);
	char **lists = (char **) (((uintptr_t) buf + sizeof(char *) - 1) & ~(uintptr_t) (sizeof(char *) - 1));
	char *at = (char *) (lists + aliases + addresses + 2);

	*to = *from;
	to->h_addr_list = lists;
	to->h_aliases = lists + addresses + 1;
	for (size_t i = 0; i < addresses; i++) {
		to->h_addr_list[i] = put(&at, from->h_addr_list[i], (size_t) from->h_length);
	}
	for (size_t i = 0; i < aliases; i++) {
		to->h_aliases[i] = put(&at, from->h_aliases[i], strlen(from->h_aliases[i]) + 1);
	}
	to->h_addr_list[addresses] = to->h_aliases[aliases] = NULL;
	to->h_name = put(&at, from->h_name, strlen(from->h_name) + 1);
}

/* ---- what stands in -------------------------------------------------------------------- */

static bool is_address(const char *name)
{
	struct in_addr four;
	struct in6_addr six;

	return inet_aton(name, &four) || inet_pton(AF_INET6, name, &six) == 1;
}

/* PHP's buffer as it is now, with `size` bytes at least. */
static bool php_buffer(size_t size, char **buf, size_t *room)
{
#ifdef HAVE_GETHOSTBYNAME_R
	if (FG(tmp_host_buf_len) < size || !FG(tmp_host_buf)) {
		char *larger = realloc(FG(tmp_host_buf), size);
		if (!larger) {
			return false;
		}
		FG(tmp_host_buf) = larger;
		FG(tmp_host_buf_len) = size;
	}
	*buf = FG(tmp_host_buf);
	*room = FG(tmp_host_buf_len);
	return true;
#else
	return false;
#endif
}

static bool is_php_buffer(const char *buf)
{
#ifdef HAVE_GETHOSTBYNAME_R
	return buf && buf == FG(tmp_host_buf);
#else
	return false;
#endif
}

static int answer(const host_job *job, struct hostent *entry, char *buf, size_t room, bool php, struct hostent **found, int *failure)
{
	*failure = job->failure;
	*found = NULL;
	errno = job->error;
	if (job->code != 0 || !job->found) {
		return job->code;
	}
	size_t size = size_of(job->found);
	if (php && !php_buffer(size, &buf, &room)) {
		*failure = NETDB_INTERNAL;
		return errno = ENOMEM;
	}
	if (size > room) {
		*failure = NETDB_INTERNAL;
		return errno = ERANGE;
	}
	place(job->found, entry, buf);
	*found = entry;
	return 0;
}

static int by_name_r(bool suspends, const char *name, struct hostent *entry, char *buf, size_t room, struct hostent **found, int *failure)
{
	/* Libraries have threads of their own, where PHP's globals are none. */
	bool php = suspends && is_php_buffer(buf);
	host_job *job;

	switch (suspends && !is_address(name) ? wait_for(name, &job) : TUSK_NOT_LOOKED_UP) {
		case TUSK_LOOKED_UP: {
			int code = answer(job, entry, buf, room, php, found, failure);
			free_job(job);
			return code;
		}
		case TUSK_LOOK_UP_CANCELLED:
			*found = NULL;
			*failure = h_errno;
			return errno;
		case TUSK_NOT_LOOKED_UP: break;
	}
	return gethostbyname_r(name, entry, buf, room, found, failure);
}

static struct hostent *by_name(bool suspends, const char *name)
{
	struct hostent *found;

	return suspends && !is_address(name) && tusk_host_by_name(name, &found) != TUSK_NOT_LOOKED_UP ? found : gethostbyname(name);
}

int tusk_libc_gethostbyname_r(const char *name, struct hostent *entry, char *buf, size_t room, struct hostent **found, int *failure)
{
	return by_name_r(tusk_suspends(), name, entry, buf, room, found, failure);
}

struct hostent *tusk_libc_gethostbyname(const char *name) { return by_name(tusk_suspends(), name); }

static int module_gethostbyname_r(const char *name, struct hostent *entry, char *buf, size_t room, struct hostent **found, int *failure)
{
	if (EXPECTED(!tusk_concurrent)) {
		return gethostbyname_r(name, entry, buf, room, found, failure);
	}
	return by_name_r(tusk_libc_hooked(TUSK_HOOK_DNS), name, entry, buf, room, found, failure);
}

static struct hostent *module_gethostbyname(const char *name) { return by_name(tusk_libc_hooked(TUSK_HOOK_DNS), name); }

const tusk_libc_function tusk_libc_hosts[] = {
	{"gethostbyname", module_gethostbyname},
	{"gethostbyname_r", module_gethostbyname_r},
	{NULL, NULL},
};
