/* Waits of replacements: who is in which descriptor, and what a wait that ends early means.
 *
 * The register holds one node for each descriptor of each wait, in chains by descriptor
 * number. A fatal error leaves coroutines without running their frames; the register
 * owns its memory, names tasks by id and is emptied at the end of the request, so that
 * nothing dangles.
 */
#include "intercept/intercept.h"
#include "guard/call.h"
#include "internal.h"
#include <sys/socket.h>

void tusk_rt_end_wait(tusk_task_id task);
bool tusk_rt_intercept_is_client(const void *address);
bool tusk_rt_intercept_in_library(const void *address);
bool tusk_rt_intercept_in_curl(const void *address);
void tusk_rt_forget_kept_poll(int fd);
bool tusk_rt_kept_poll_is_quiet(int fd, short events);

#define CHAINS 1024
#define NONE UINT32_MAX

typedef struct {
	tusk_task_id task;
	int fd;
	bool closed;
	uint32_t next_in_chain;
	uint32_t next_in_wait;
} node;

static node *nodes;
static uint32_t nodes_used, nodes_size, nodes_free = NONE;
static uint32_t chains[CHAINS];
static bool chains_ready;

static uint32_t *chain_of(int fd)
{
	if (!chains_ready) {
		memset(chains, 0xff, sizeof(chains));
		chains_ready = true;
	}
	return &chains[(unsigned) fd % CHAINS];
}

static uint32_t take_node(void)
{
	if (nodes_free != NONE) {
		uint32_t taken = nodes_free;
		nodes_free = nodes[taken].next_in_wait;
		return taken;
	}
	if (nodes_used == nodes_size) {
		nodes_size = nodes_size ? nodes_size * 2 : 64;
		nodes = safe_perealloc(nodes, nodes_size, sizeof(node), 0, 1);
	}
	return nodes_used++;
}

void tusk_waiting_begin(tusk_waiting *waiting, const struct pollfd *fds, unsigned count)
{
	tusk_task_id self = tusk_rt_current_task();

	waiting->first = NONE;
	for (unsigned i = 0; i < count; i++) {
		if (fds[i].fd < 0) {
			continue;
		}
		uint32_t *chain = chain_of(fds[i].fd);
		uint32_t taken = take_node();
		nodes[taken] = (node) {
			.task = self, .fd = fds[i].fd, .next_in_chain = *chain, .next_in_wait = waiting->first,
		};
		*chain = waiting->first = taken;
	}
}

bool tusk_waiting_end(tusk_waiting *waiting)
{
	bool closed = false;

	while (waiting->first != NONE) {
		uint32_t at = waiting->first;
		uint32_t *link = chain_of(nodes[at].fd);
		while (*link != at) {
			link = &nodes[*link].next_in_chain;
		}
		*link = nodes[at].next_in_chain;
		closed = closed || nodes[at].closed;
		waiting->first = nodes[at].next_in_wait;
		nodes[at].next_in_wait = nodes_free;
		nodes_free = at;
	}
	return !closed;
}

/* Whether a poll has ever been kept (tusk_intercept_wait_many). */
static bool keeps;

void tusk_kept_close(int fd)
{
	if (UNEXPECTED(keeps)) {
		tusk_rt_forget_kept_poll(fd);
	}
}

bool tusk_kept_quiet(int fd, short events)
{
	return keeps && tusk_rt_kept_poll_is_quiet(fd, events);
}

void tusk_waiting_close(int fd)
{
	if (!nodes_used || fd < 0) {
		return;
	}
	for (uint32_t at = *chain_of(fd); at != NONE; at = nodes[at].next_in_chain) {
		if (nodes[at].fd == fd && !nodes[at].closed) {
			nodes[at].closed = true;
			tusk_rt_end_wait(nodes[at].task);
		}
	}
}

void tusk_waiting_reset(void)
{
	nodes_used = 0;
	nodes_free = NONE;
	chains_ready = false;
}

void tusk_intercept_break(int fd, const void *caller)
{
	if (fd >= 0 && tusk_fd_kind_of(fd) == TUSK_FD_SOCKET && tusk_rt_intercept_is_client(caller)) {
		shutdown(fd, SHUT_RDWR);
	}
}

/* ---- giving way ------------------------------------------------------------------- */

/* Long beside a look at the clock, short beside what others notice. */
#define SLICE_NS 2000000

void tusk_rt_give_way(void);

void tusk_intercept_was_ready(const void *library_only)
{
	static int64_t slice_began;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	int64_t now_ns = (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
	if (now_ns - slice_began > SLICE_NS && (!library_only || tusk_rt_intercept_in_library(library_only))) {
		int error = errno;
		slice_began = now_ns;
		tusk_rt_give_way();
		errno = error;
	}
}

/* ---- waiting ------------------------------------------------------------------------ */

/* Coroutine 0 alone hears of signals, as in plain PHP, where they end such a call. */
static bool hears_signals(void)
{
	return tusk_worker_current() == &tusk_main_worker;
}

int tusk_intercept_wait(int fd, short events, int64_t timeout_ns, const void *caller)
{
	struct pollfd one = {.fd = fd, .events = events};
	tusk_waiting waiting;
	int result;

	tusk_waiting_begin(&waiting, &one, 1);
	if (hears_signals()) {
		result = tusk_rt_wait_fds(&one, 1, timeout_ns, false);
		result = result > 0 ? one.revents : result;
	} else {
		result = tusk_rt_wait_fd(fd, events, timeout_ns);
	}
	if (!tusk_waiting_end(&waiting)) {
		return -EBADF;
	}
	if (result == -ECANCELED) {
		tusk_intercept_break(fd, caller);
	}
	return result == -ETIMEDOUT ? 0 : result;
}

int tusk_intercept_wait_restarting(int fd, short events, int64_t timeout_ns, const void *caller)
{
	int result;

	do {
		result = tusk_intercept_wait(fd, events, timeout_ns, caller);
	} while (result == -EINTR && timeout_ns < 0);
	return result;
}

/* It polls in one place. */
bool tusk_caller_is_curl(const void *caller)
{
	static const void *curl;

	if (UNEXPECTED(caller != curl) && tusk_rt_intercept_in_curl(caller)) {
		curl = caller;
	}
	return caller == curl;
}

/* libcurl waits for its connections and, last, for a descriptor on which it is woken, which no PHP
 * code does. That poll stays armed between the waits of a transfer. libcurl itself closes what it
 * waits for, through a slot of ours: so it is known when to forget it. */
static bool may_keep_last(const struct pollfd *fds, unsigned count, const void *caller)
{
	if (count < 2 || fds[count - 1].fd < 0 || fds[count - 1].events != POLLIN) {
		return false;
	}
	for (unsigned i = 0; i + 1 < count; i++) {
		if (fds[i].fd == fds[count - 1].fd) {
			return false;
		}
	}
	return tusk_caller_is_curl(caller);
}

int tusk_intercept_wait_many(struct pollfd *fds, unsigned count, int64_t timeout_ns, const void *caller)
{
	tusk_waiting waiting;

	if (count == 1 && fds[0].fd >= 0) {
		int revents = tusk_intercept_wait(fds[0].fd, fds[0].events, timeout_ns, caller);
		fds[0].revents = (short) (revents > 0 ? revents : revents == -EBADF ? POLLNVAL : 0);
		return revents > 0 || revents == -EBADF ? 1 : revents;
	}
	bool keep_last = may_keep_last(fds, count, caller);
	keeps = keeps || keep_last;
	tusk_waiting_begin(&waiting, fds, count);
	int ready = tusk_rt_wait_fds(fds, count, timeout_ns, keep_last);
	if (!tusk_waiting_end(&waiting)) {
		/* poll(2) says which one it is. */
		return poll(fds, count, 0);
	}
	if (ready == -ECANCELED) {
		for (unsigned i = 0; i < count; i++) {
			tusk_intercept_break(fds[i].fd, caller);
		}
	}
	return ready == -ETIMEDOUT ? 0 : ready;
}
