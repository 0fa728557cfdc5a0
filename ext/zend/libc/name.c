/* Names: getaddrinfo, getnameinfo and the resolver's res_nsearch, on the resolver's threads.
 *
 * A look-up owns what it works on, so a coroutine that is cancelled leaves it behind.
 * res_nsearch runs on a resolver state of its own: the caller's lies on its frame.
 */
#include "libc/libc.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>
#include "musl.h"

static bool is_number(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	return inet_aton(host, &four) || inet_pton(AF_INET6, host, &six) == 1;
}

static int libc_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
	if (!host || (hints && (hints->ai_flags & AI_NUMERICHOST)) || !tusk_libc_hooked(TUSK_HOOK_DNS) || is_number(host)) {
		return getaddrinfo(host, service, hints, list);
	}
	int code = tusk_rt_wait_getaddrinfo(host, service, hints, list, -1);
	if (code == -ECANCELED) {
		errno = ECANCELED;
		return EAI_SYSTEM;
	}
	return code;
}

/* ---- addresses to names ------------------------------------------------------------ */

typedef struct {
	struct sockaddr_storage address;
	socklen_t address_length, host_length, service_length;
	int flags, code, error;
	char host[NI_MAXHOST], service[NI_MAXSERV];
} name_job;

static void look_up_name(void *pointer)
{
	name_job *job = pointer;

	job->code = getnameinfo((const struct sockaddr *) &job->address, job->address_length,
		job->host_length ? job->host : NULL, job->host_length,
		job->service_length ? job->service : NULL, job->service_length, job->flags);
	job->error = errno;
}

static int libc_getnameinfo(const struct sockaddr *address, socklen_t address_length,
	char *host, socklen_t host_length, char *service, socklen_t service_length, int flags)
{
	bool by_us = !(flags & NI_NUMERICHOST) && host && address_length <= sizeof(struct sockaddr_storage)
		&& host_length <= NI_MAXHOST && service_length <= NI_MAXSERV && tusk_libc_hooked(TUSK_HOOK_DNS);
	name_job *job = by_us ? calloc(1, sizeof *job) : NULL;
	int waited = -EAGAIN;

	if (job) {
		memcpy(&job->address, address, address_length);
		job->address_length = address_length;
		job->host_length = host_length;
		job->service_length = service ? service_length : 0;
		job->flags = flags;
		waited = tusk_rt_wait_work(TUSK_THREADS_FOR_NAMES, look_up_name, free, job);
	}
	if (waited == -ECANCELED) {
		errno = ECANCELED;
		return EAI_SYSTEM;
	}
	if (waited != 0) {
		free(job);
		return getnameinfo(address, address_length, host, host_length, service, service_length, flags);
	}
	int code = job->code;
	if (code == 0) {
		memcpy(host, job->host, host_length);
		if (job->service_length) {
			memcpy(service, job->service, service_length);
		}
	}
	errno = job->error;
	free(job);
	return code;
}

/* ---- records -------------------------------------------------------------------------- */

/* Names of DNS have 255 octets; as text with every octet escaped they take four times that. */
#define MOST_NAME 1025

typedef struct {
	int class, type, found, failure, error, room;
	char name[MOST_NAME];
	unsigned char answer[];
} record_job;

#pragma weak res_nsearch
#pragma weak res_ninit
#pragma weak res_nclose

static void look_up_record(void *pointer)
{
	record_job *job = pointer;
	struct __res_state state;

	memset(&state, 0, sizeof state);
	if (res_ninit(&state) != 0) {
		job->found = -1;
		job->failure = NETDB_INTERNAL;
		job->error = errno;
		return;
	}
	job->found = res_nsearch(&state, job->name, job->class, job->type, job->answer, job->room);
	job->failure = state.res_h_errno;
	job->error = errno;
	res_nclose(&state);
}

static int libc_res_nsearch(res_state state, const char *name, int class, int type, unsigned char *answer, int room)
{
	bool by_us = tusk_libc_hooked(TUSK_HOOK_DNS) && room > 0 && strlen(name) < MOST_NAME;
	record_job *job = by_us ? malloc(sizeof *job + (size_t) room) : NULL;
	int waited = -EAGAIN;

	if (job) {
		memset(job, 0, sizeof *job);
		strcpy(job->name, name);
		job->class = class;
		job->type = type;
		job->room = room;
		waited = tusk_rt_wait_work(TUSK_THREADS_FOR_NAMES, look_up_record, free, job);
	}
	if (waited == -ECANCELED) {
		errno = ECANCELED;
		h_errno = NETDB_INTERNAL;
		return -1;
	}
	if (waited != 0) {
		free(job);
		return res_nsearch(state, name, class, type, answer, room);
	}
	int found = job->found;
	if (found > 0) {
		/* The answer's own length, which may be more than there was room for. */
		memcpy(answer, job->answer, (size_t) (found < room ? found : room));
	}
	state->res_h_errno = job->failure;
	h_errno = job->failure;
	errno = job->error;
	free(job);
	return found;
}

const tusk_libc_function tusk_libc_names[] = {
	{"getaddrinfo", libc_getaddrinfo},
	{"getnameinfo", libc_getnameinfo},
	{"res_nsearch", libc_res_nsearch},
	{"__res_nsearch", libc_res_nsearch},
	{NULL, NULL},
};
