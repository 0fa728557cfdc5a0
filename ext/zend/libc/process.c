/* Waiting for children: waitpid and its kin, popen and pclose.
 *
 * libc's popen keeps the child's number to itself, so pclose could not be waited for;
 * ours is made of posix_spawn and behaves as POSIX says: earlier popen'd pipes are
 * closed in the child, and pclose gives the child's status. Children run unhooked: they
 * are other programs.
 */
#include "libc/libc.h"
#include "file/file.h"
#include "ext/standard/file.h"
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
# define SYS_pidfd_open 434
#endif

extern char **environ;

/* ---- waiting -------------------------------------------------------------------- */

/* Children whose pclose() or proc_close() was cancelled: reaped in passing, or they stay zombies. */
static pid_t abandoned[64];

static void reap_abandoned(void)
{
	for (size_t i = 0; i < sizeof abandoned / sizeof *abandoned; i++) {
		if (abandoned[i] && waitpid(abandoned[i], NULL, WNOHANG) != 0) {
			abandoned[i] = 0;
		}
	}
}

static void abandon(pid_t pid)
{
	pid_t *place = NULL;

	for (size_t i = 0; i < sizeof abandoned / sizeof *abandoned; i++) {
		if (abandoned[i] == pid) {
			return;
		}
		if (!abandoned[i]) {
			place = &abandoned[i];
		}
	}
	if (place) {
		*place = pid;
	}
}

/* A descriptor that is readable when the child has ended; -1 where the wait is for several
 * children, for stops, or the kernel is older than 5.3. */
static int ending_of(pid_t pid, int options)
{
	return pid > 0 && !(options & (WUNTRACED | WCONTINUED)) ? (int) syscall(SYS_pidfd_open, pid, 0) : -1;
}

static pid_t wait_suspending(pid_t pid, int *status, int options, struct rusage *usage)
{
	/* A flag of proc_close() for the destructor it calls: not for those of others. */
	bool asked_by_close = FG(pclose_wait);
	int error = errno, ending = ending_of(pid, options);
	unsigned tries = 0;
	pid_t ended = 0;

	FG(pclose_wait) = 0;
	reap_abandoned();
	do {
		int waited = ending >= 0 ? tusk_rt_wait_fd(ending, POLLIN, -1) : tusk_pause(&tries);
		if (waited == -ECANCELED) {
			if (asked_by_close) {
				abandon(pid);
			}
			ended = -1;
			errno = ECANCELED;
		} else {
			ended = wait4(pid, status, options | WNOHANG, usage);
		}
	} while (ended == 0);
	FG(pclose_wait) = asked_by_close;
	error = ended < 0 ? errno : error;
	if (ending >= 0) {
		close(ending);
	}
	errno = error;
	return ended;
}

static pid_t libc_wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	if ((options & WNOHANG) || !tusk_libc_hooked(TUSK_HOOK_PROCESS)) {
		return wait4(pid, status, options, usage);
	}
	pid_t ended = wait4(pid, status, options | WNOHANG, usage);
	return ended != 0 ? ended : wait_suspending(pid, status, options, usage);
}

pid_t tusk_libc_waitpid(pid_t pid, int *status, int options) { return libc_wait4(pid, status, options, NULL); }
static pid_t libc_wait3(int *status, int options, struct rusage *usage) { return libc_wait4(-1, status, options, usage); }
static pid_t libc_wait(int *status) { return libc_wait4(-1, status, 0, NULL); }

/* ---- popen ------------------------------------------------------------------------ */

typedef struct pipe_child {
	FILE *file;
	int fd;
	pid_t pid;
	struct pipe_child *next;
} pipe_child;

static pipe_child *children;

/* The shell, with `theirs` as its standard input or output. 0 or an errno. */
static int spawn_shell(const char *command, int theirs, int as, pid_t *pid)
{
	char *arguments[] = {"sh", "-c", (char *) (uintptr_t) command, NULL};
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error) {
		return error;
	}
	error = posix_spawn_file_actions_adddup2(&actions, theirs, as);
	for (pipe_child *child = children; !error && child; child = child->next) {
		if (child->fd != as) {
			error = posix_spawn_file_actions_addclose(&actions, child->fd);
		}
	}
	if (!error) {
		error = posix_spawn(pid, "/bin/sh", &actions, NULL, arguments, environ);
	}
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

bool tusk_popen_for_mail;

static ssize_t cookie_write(void *cookie, const char *buf, size_t size)
{
	ssize_t written = tusk_write_all((int) (intptr_t) cookie, buf, size);

	/* A cookie says "nothing" for an error. */
	return written < 0 ? 0 : written;
}

static int cookie_close(void *cookie) { return close((int) (intptr_t) cookie); }

static FILE *file_of(int fd, bool reads)
{
	if (tusk_popen_for_mail && !reads) {
		tusk_popen_for_mail = false;
		cookie_io_functions_t functions = {.write = cookie_write, .close = cookie_close};
		return fopencookie((void *) (intptr_t) fd, "w", functions);
	}
	return fdopen(fd, reads ? "r" : "w");
}

static FILE *libc_popen(const char *command, const char *mode)
{
	bool reads = *mode == 'r';
	int ends[2], error;

	if ((*mode != 'r' && *mode != 'w') || (mode[1] && (mode[1] != 'e' || mode[2]))) {
		errno = EINVAL;
		return NULL;
	}
	reap_abandoned();
	pipe_child *child = malloc(sizeof *child);
	if (!child) {
		return NULL;
	}
	if (pipe2(ends, O_CLOEXEC) != 0) {
		free(child);
		return NULL;
	}
	int ours = ends[reads ? 0 : 1], theirs = ends[reads ? 1 : 0];
	error = spawn_shell(command, theirs, reads ? STDOUT_FILENO : STDIN_FILENO, &child->pid);
	close(theirs);
	child->file = error ? NULL : file_of(ours, reads);
	if (!child->file) {
		error = error ? error : errno;
		close(ours);
		free(child);
		errno = error;
		return NULL;
	}
	if (mode[1] != 'e') {
		/* As libc's: later children of other kinds inherit it. */
		fcntl(ours, F_SETFD, 0);
	}
	child->fd = ours;
	child->next = children;
	children = child;
	return child->file;
}

static int libc_pclose(FILE *file)
{
	pipe_child **link = &children;

	while (*link && (*link)->file != file) {
		link = &(*link)->next;
	}
	if (!*link) {
		return pclose(file); /* made by somebody else's popen */
	}
	pipe_child *child = *link;
	pid_t pid = child->pid, ended;
	int status = -1;
	*link = child->next;
	free(child);
	fclose(file);
	do {
		ended = tusk_libc_waitpid(pid, &status, 0);
	} while (ended == -1 && errno == EINTR);
	if (ended == -1 && errno == ECANCELED) {
		abandon(pid);
	}
	return ended == -1 ? -1 : status;
}

const tusk_libc_function tusk_libc_processes[] = {
	{"waitpid", tusk_libc_waitpid},
	{"wait4", libc_wait4},
	{"wait3", libc_wait3},
	{"wait", libc_wait},
	{"popen", libc_popen},
	{"pclose", libc_pclose},
	{NULL, NULL},
};
