/* Waiting for children: waitpid, waitid and their kin, popen and pclose.
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
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- waiting -------------------------------------------------------------------- */

/* Children whose pclose() or proc_close() was cancelled: reaped in passing, or they stay zombies. */
static pid_t abandoned[64];

/* All but `awaited`, for whom somebody has come after all. */
static void reap_abandoned(pid_t awaited)
{
	for (size_t i = 0; i < sizeof abandoned / sizeof *abandoned; i++) {
		if (abandoned[i] && abandoned[i] != awaited && waitpid(abandoned[i], NULL, WNOHANG) != 0) {
			abandoned[i] = 0;
		}
	}
}

static void abandon(pid_t pid)
{
	pid_t *place = NULL;

	/* It has ended, or somebody was faster. */
	if (waitpid(pid, NULL, WNOHANG) != 0) {
		return;
	}
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

/* Its number may be another child's from now on. */
static void was_reaped(pid_t pid)
{
	for (size_t i = 0; i < sizeof abandoned / sizeof *abandoned; i++) {
		if (abandoned[i] == pid) {
			abandoned[i] = 0;
		}
	}
}

/* Suspends until one of these children may have something to say; false when it was cancelled.
 * Whoever is woken looks by itself, and may find that another coroutine, or a proc_close(), was
 * faster: then it waits on, or hears ECHILD, as a thread would. */
static bool child_awaited(idtype_t which, id_t id, int events, unsigned *tries)
{
	pid_t one = which == P_PID ? (pid_t) id : 0;

	reap_abandoned(one);
	int waited = tusk_rt_wait_child(which, id, events);
	if (waited < 0 && waited != -ECHILD && waited != -ECANCELED) {
		waited = tusk_pause(tries); /* too many waits at once, or no memory */
	}
	/* What nobody wants any more is not for who waits for any child. */
	reap_abandoned(one);
	errno = waited == -ECANCELED ? ECANCELED : errno;
	return waited != -ECANCELED;
}

static pid_t wait_suspending(pid_t pid, int *status, int options, struct rusage *usage)
{
	/* A flag of proc_close() for the destructor it calls: not for those of others. */
	bool asked_by_close = FG(pclose_wait);
	idtype_t which = pid > 0 ? P_PID : pid == -1 ? P_ALL : P_PGID;
	id_t id = which == P_ALL ? 0 : pid == 0 ? getpgrp() : abs(pid);
	int error = errno;
	unsigned tries = 0;
	pid_t ended = 0;

	FG(pclose_wait) = 0;
	while (ended == 0) {
		bool awaited = child_awaited(which, id, options | WEXITED, &tries);
		ended = awaited ? wait4(pid, status, options | WNOHANG, usage) : -1;
		if (!awaited && asked_by_close) {
			abandon(pid);
		}
	}
	FG(pclose_wait) = asked_by_close;
	errno = ended < 0 ? errno : error;
	return ended;
}

static pid_t libc_wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	int unwanted;
	pid_t ended;

	status = status ? status : &unwanted;
	if ((options & WNOHANG) || !tusk_libc_hooked(TUSK_HOOK_PROCESS)) {
		ended = wait4(pid, status, options, usage);
	} else {
		ended = wait4(pid, status, options | WNOHANG, usage);
		if (ended == 0) {
			ended = wait_suspending(pid, status, options, usage);
		}
	}
	if (ended > 0 && (WIFEXITED(*status) || WIFSIGNALED(*status))) {
		was_reaped(ended);
	}
	return ended;
}

/* Younger C libraries alone name it. */
#define CHILD_OF_DESCRIPTOR ((idtype_t) 3)

/* A descriptor that does not block is never waited for. */
static bool waitid_waits(idtype_t which, id_t id, int options)
{
	return !(options & WNOHANG) && !(which == CHILD_OF_DESCRIPTOR && fcntl((int) id, F_GETFL) & O_NONBLOCK);
}

static int told_of(const siginfo_t *found, siginfo_t *info, int options)
{
	if (found->si_signo && !(options & WNOWAIT) && found->si_code != CLD_STOPPED && found->si_code != CLD_CONTINUED) {
		was_reaped(found->si_pid);
	}
	if (info) {
		*info = *found;
	}
	return 0;
}

/* PHP 8.4's pcntl_waitid(). */
static int libc_waitid(idtype_t which, id_t id, siginfo_t *info, int options)
{
	siginfo_t found = {.si_signo = 0};
	int error = errno;
	unsigned tries = 0;

	if (!tusk_libc_hooked(TUSK_HOOK_PROCESS) || !waitid_waits(which, id, options)) {
		if (waitid(which, id, &found, options) != 0) {
			return -1;
		}
		return told_of(&found, info, options);
	}
	while (found.si_signo == 0) {
		if (waitid(which, id, &found, options | WNOHANG) != 0) {
			return -1;
		}
		if (found.si_signo == 0 && !child_awaited(which, id, options & ~WNOWAIT, &tries)) {
			return -1;
		}
	}
	errno = error;
	return told_of(&found, info, options);
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
	reap_abandoned(0);
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
	{"waitid", libc_waitid},
	{"wait", libc_wait},
	{"popen", libc_popen},
	{"pclose", libc_pclose},
	{NULL, NULL},
};
