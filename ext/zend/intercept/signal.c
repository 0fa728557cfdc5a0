/* sigaction and signal, for SIGPIPE alone.
 *
 * libcurl asks what SIGPIPE does, has it ignored, and puts back what it was, around every step of
 * a transfer. In the php command it is ignored from the start: of those three calls only the first
 * question of a turn is made, and the two that would set what is set already are left out.
 *
 * States, moved by covered code in any thread:
 * - unknown --PHP's thread asks among coroutines, and the kernel says "ignored"--> known
 * - known --anything is set that is not left out, or asked and heard otherwise--> unknown
 * While it is known, a question of the same coroutine without a switch in between is answered from
 * here.
 *
 * What is not covered (docs/intercept.md) could set it between a question and what follows it. In
 * plain PHP libcurl would overwrite that; here it stays.
 */
#include "intercept/intercept.h"
#include <signal.h>

/* What the kernel has for SIGPIPE, where that is to ignore it; PHP's thread alone looks at it. */
static struct sigaction ignored;
static bool known;
/* The turn in which it was asked. */
static uint64_t asked_beat;

static void forget(void)
{
	__atomic_store_n(&known, false, __ATOMIC_RELAXED);
}

/* Of a mask the kernel has one bit a signal. What lies behind them is whatever was on the stack of
 * libc's sigaction(), another thing each time it is asked: libcurl, which asks twice before it puts
 * back what it heard first, would never set what is set already. */
#define MASK_BYTES ((_NSIG - 1) / 8)

static bool is_set(const struct sigaction *action)
{
	return __atomic_load_n(&known, __ATOMIC_RELAXED) && action->sa_handler == ignored.sa_handler
		&& action->sa_flags == ignored.sa_flags && !memcmp(&action->sa_mask, &ignored.sa_mask, MASK_BYTES);
}

static int ask(struct sigaction *out)
{
	if (__atomic_load_n(&known, __ATOMIC_RELAXED) && asked_beat == tusk_beat) {
		*out = ignored;
		return 0;
	}
	asked_beat = tusk_beat;
	int result = sigaction(SIGPIPE, NULL, out);
	bool is_ignored = result == 0 && out->sa_handler == SIG_IGN && !(out->sa_flags & SA_SIGINFO);

	if (is_ignored) {
		ignored = *out;
	}
	__atomic_store_n(&known, is_ignored, __ATOMIC_RELAXED);
	return result;
}

int tusk_libc_sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
	if (number != SIGPIPE) {
		return sigaction(number, action, before);
	}
	if (tusk_concurrent && tusk_thread_pointer() == tusk_php_thread) {
		if (!action && before) {
			return ask(before);
		}
		if (action && !before && is_set(action)) {
			return 0;
		}
	}
	if (action) {
		forget();
	}
	return sigaction(number, action, before);
}

typedef void (*signal_handler)(int);

signal_handler tusk_libc_signal(int number, signal_handler handler)
{
	if (number == SIGPIPE) {
		forget();
	}
	return signal(number, handler);
}
