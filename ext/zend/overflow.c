/* A coroutine that outgrows its C stack hits the guard page below it. Without this the
 * process would just die; with it, it says which coroutine, and what to change, before it
 * dies the same way (CONTRACT 7). PHP 8.3 and later notice earlier, by their own check.
 *
 * The handler runs on a stack of its own and only reads memory that cannot move.
 */
#define _GNU_SOURCE
#include "internal.h"
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* Rust; async-signal-safe. */
bool tusk_rt_guard_hit(uintptr_t address, uintptr_t *base, uintptr_t *top);

/* Who handled the two signals before: SIGBUS may be a mapped file's (native/device). */
static struct sigaction before_segv, before_bus;
/* Larger than what the kernel saves of a vector unit on any machine we run on. */
static char handler_stack[64 * 1024];

static void say(uintptr_t base, uintptr_t top)
{
	const tusk_coroutine *co = tusk_worker_current()->coroutine;
	char message[1024];
	int length = snprintf(message, sizeof message,
		"\nFatal error: Tusk: coroutine #%lld%s%s%s overflowed its C stack of %zu KiB. Deeply nested calls "
		"through internal functions (array_map, usort, preg_replace_callback, magic methods) use it; "
		"raise tusk.stack_size, or nest less\n",
		co ? (long long) co->id : -1LL,
		co && co->spawn_file ? " (spawned in " : "", co && co->spawn_file ? ZSTR_VAL(co->spawn_file) : "",
		co && co->spawn_file ? ")" : "", (size_t) (top - base) / 1024);
	if (length > 0) {
		ssize_t written = write(STDERR_FILENO, message, (size_t) length < sizeof message ? (size_t) length : sizeof message - 1);
		(void) written;
	}
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	const struct sigaction *before = number == SIGBUS ? &before_bus : &before_segv;
	uintptr_t base, top;
	if (tusk_rt_guard_hit((uintptr_t) info->si_addr, &base, &top)) {
		say(base, top);
	} else if ((before->sa_flags & SA_SIGINFO) && before->sa_sigaction) {
		before->sa_sigaction(number, info, context);
		return;
	} else if (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN) {
		before->sa_handler(number);
		return;
	}
	/* Back to the faulting instruction, which now ends the process as it would have. */
	signal(number, SIG_DFL);
}

/* With the first stack of our own. */
void tusk_overflow_startup(void)
{
	static bool installed;
	if (installed) {
		return;
	}
	installed = true;
	stack_t stack = { .ss_sp = handler_stack, .ss_size = sizeof handler_stack };
	stack_t present;
	if (sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE)) {
		sigaltstack(&stack, NULL);
	}
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	sigemptyset(&action.sa_mask);
	sigaction(SIGSEGV, &action, &before_segv);
	sigaction(SIGBUS, &action, &before_bus);
}

/* Is this code that goes with the module? */
static bool goes(const struct sigaction *action)
{
	Dl_info theirs, ours;
	void *handler = (action->sa_flags & SA_SIGINFO) ? (void *) action->sa_sigaction : (void *) action->sa_handler;

	return dladdr(handler, &theirs) && dladdr((void *) on_fault, &ours) && theirs.dli_fbase == ours.dli_fbase;
}

/* The code of the handler goes with the module. */
void tusk_overflow_shutdown(void)
{
	struct sigaction present;
	if (sigaction(SIGSEGV, NULL, &present) == 0 && present.sa_sigaction == on_fault) {
		sigaction(SIGSEGV, &before_segv, NULL);
		if (sigaction(SIGBUS, NULL, &present) == 0 && goes(&present)) {
			if (goes(&before_bus)) {
				/* That of mapped files (native/device), which came first. */
				signal(SIGBUS, SIG_DFL);
			} else {
				sigaction(SIGBUS, &before_bus, NULL);
			}
		}
		stack_t none = { .ss_flags = SS_DISABLE };
		sigaltstack(&none, NULL);
	}
}
