/* The name service: users, groups, services and protocols, on the resolver's threads. libc asks for them
 * whatever nsswitch.conf names, a directory server for instance, from inside itself.
 *
 * A look-up owns what it works on, so a coroutine that is cancelled leaves it behind. What was found
 * stays until the next look-up of its kind, as in libc.
 */
#include "libc/libc.h"
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 1024
/* A group with very many members. */
#define MOST_ROOM (16 << 20)

typedef enum { USER, USER_ID, GROUP, GROUP_ID, SERVICE, SERVICE_PORT, PROTOCOL, PROTOCOL_NUMBER, KINDS } account_kind;

typedef struct {
	account_kind kind;
	char *name, *protocol; /* NULL where none was given */
	long number;
	union {
		struct passwd user;
		struct group group;
		struct servent service;
		struct protoent protocol;
	} entry;
	size_t room;
	char *buf;
	void *found;
	int error;
} account_job;

/* musl has them not. */
#pragma weak getprotobyname_r
#pragma weak getprotobynumber_r

static int ask(account_job *job)
{
	struct passwd *user = NULL;
	struct group *group = NULL;
	struct servent *service = NULL;
	struct protoent *protocol = NULL;
	int code = 0;

	switch (job->kind) {
		case USER: code = getpwnam_r(job->name, &job->entry.user, job->buf, job->room, &user); break;
		case USER_ID: code = getpwuid_r((uid_t) job->number, &job->entry.user, job->buf, job->room, &user); break;
		case GROUP: code = getgrnam_r(job->name, &job->entry.group, job->buf, job->room, &group); break;
		case GROUP_ID: code = getgrgid_r((gid_t) job->number, &job->entry.group, job->buf, job->room, &group); break;
		case SERVICE: code = getservbyname_r(job->name, job->protocol, &job->entry.service, job->buf, job->room, &service); break;
		case SERVICE_PORT: code = getservbyport_r((int) job->number, job->protocol, &job->entry.service, job->buf, job->room, &service); break;
		case PROTOCOL: code = getprotobyname_r(job->name, &job->entry.protocol, job->buf, job->room, &protocol); break;
		case PROTOCOL_NUMBER: code = getprotobynumber_r((int) job->number, &job->entry.protocol, job->buf, job->room, &protocol); break;
		case KINDS: break;
	}
	job->found = user ? (void *) user : group ? (void *) group : service ? (void *) service : (void *) protocol;
	return code;
}

static void look_up(void *pointer)
{
	account_job *job = pointer;

	errno = 0;
	while (ask(job) == ERANGE && tusk_grow(&job->buf, &job->room, MOST_ROOM)) {
	}
	job->error = errno;
}

static void free_job(void *pointer)
{
	account_job *job = pointer;

	if (job) {
		free(job->name);
		free(job->protocol);
		free(job->buf);
		free(job);
	}
}

static account_job *make_job(account_kind kind, const char *name, long number, const char *protocol)
{
	account_job *job = calloc(1, sizeof *job);

	if (job) {
		job->kind = kind;
		job->number = number;
		job->name = name ? strdup(name) : NULL;
		job->protocol = protocol ? strdup(protocol) : NULL;
		job->room = FIRST_ROOM;
		job->buf = malloc(FIRST_ROOM);
	}
	if (job && (!job->buf || (name && !job->name) || (protocol && !job->protocol))) {
		free_job(job);
		return NULL;
	}
	return job;
}

/* False: libc is to be asked at once. */
static bool looked_up(account_kind kind, const char *name, long number, const char *protocol, void **found)
{
	static account_job *kept[KINDS];
	account_job *job = tusk_libc_hooked(TUSK_HOOK_DNS) ? make_job(kind, name, number, protocol) : NULL;
	int waited = job ? tusk_rt_wait_work(TUSK_THREADS_FOR_NAMES, look_up, free_job, job) : -EAGAIN;

	*found = NULL;
	if (waited == -ECANCELED) {
		errno = ECANCELED;
		return true;
	}
	if (waited != 0) {
		free_job(job);
		return false;
	}
	free_job(kept[kind]);
	kept[kind] = job;
	*found = job->found;
	errno = job->error;
	return true;
}

static struct passwd *libc_getpwnam(const char *name)
{
	void *found;
	return looked_up(USER, name, 0, NULL, &found) ? found : getpwnam(name);
}

static struct passwd *libc_getpwuid(uid_t id)
{
	void *found;
	return looked_up(USER_ID, NULL, id, NULL, &found) ? found : getpwuid(id);
}

static struct group *libc_getgrnam(const char *name)
{
	void *found;
	return looked_up(GROUP, name, 0, NULL, &found) ? found : getgrnam(name);
}

static struct group *libc_getgrgid(gid_t id)
{
	void *found;
	return looked_up(GROUP_ID, NULL, id, NULL, &found) ? found : getgrgid(id);
}

static struct servent *libc_getservbyname(const char *name, const char *protocol)
{
	void *found;
	return looked_up(SERVICE, name, 0, protocol, &found) ? found : getservbyname(name, protocol);
}

static struct servent *libc_getservbyport(int port, const char *protocol)
{
	void *found;
	return looked_up(SERVICE_PORT, NULL, port, protocol, &found) ? found : getservbyport(port, protocol);
}

static struct protoent *libc_getprotobyname(const char *name)
{
	void *found;
	return getprotobyname_r && looked_up(PROTOCOL, name, 0, NULL, &found) ? found : getprotobyname(name);
}

static struct protoent *libc_getprotobynumber(int number)
{
	void *found;
	return getprotobynumber_r && looked_up(PROTOCOL_NUMBER, NULL, number, NULL, &found) ? found : getprotobynumber(number);
}

const tusk_libc_function tusk_libc_accounts[] = {
	{"getpwnam", libc_getpwnam},
	{"getpwuid", libc_getpwuid},
	{"getgrnam", libc_getgrnam},
	{"getgrgid", libc_getgrgid},
	{"getservbyname", libc_getservbyname},
	{"getservbyport", libc_getservbyport},
	{"getprotobyname", libc_getprotobyname},
	{"getprotobynumber", libc_getprotobynumber},
	{NULL, NULL},
};
