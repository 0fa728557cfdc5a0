/* The dump signal (tusk.dump_signal): a process that seems stuck says where it is.
 *
 * The handler only sets flags. The dump is written where PHP code may run: between two
 * opcodes, or by whoever waits in the kernel for all. It goes to PHP's error log, it ends no
 * coroutine's wait, and calls that the signal interrupts are restarted by the kernel.
 */
#include "internal.h"
#include "zend_atomic.h"
#include <signal.h>
#include <strings.h>
#include <syslog.h>

static int dump_signal; /* 0: none */
static volatile sig_atomic_t wanted;
static struct sigaction former;
static bool installed;

/* "SIGRTMIN+1", "SIGRTMAX-2", "SIGUSR1", "SIGUSR2", or its number; "" is none. -1: neither. */
static int parse(const char *text)
{
	char *end = NULL;
	if (!*text) {
		return 0;
	}
	if (!strcasecmp(text, "SIGUSR1")) {
		return SIGUSR1;
	}
	if (!strcasecmp(text, "SIGUSR2")) {
		return SIGUSR2;
	}
	long number;
	if (!strncasecmp(text, "SIGRTMIN", 8)) {
		number = SIGRTMIN + (text[8] ? strtol(text + 8, &end, 10) : 0);
	} else if (!strncasecmp(text, "SIGRTMAX", 8)) {
		number = SIGRTMAX + (text[8] ? strtol(text + 8, &end, 10) : 0);
	} else {
		number = strtol(text, &end, 10);
	}
	bool known = number == SIGUSR1 || number == SIGUSR2 || (number >= SIGRTMIN && number <= SIGRTMAX);
	return (!end || !*end) && known ? (int) number : -1;
}

bool tusk_dump_configure(const char *text)
{
	int number = parse(text);
	if (number < 0) {
		return false;
	}
	dump_signal = number;
	return true;
}

static void on_signal(int number)
{
	(void) number;
	wanted = 1;
	zend_atomic_bool_store_ex(tusk_vm_interrupt, true);
}

void tusk_dump_startup(void)
{
	if (dump_signal && !installed) {
		struct sigaction action;
		memset(&action, 0, sizeof action);
		action.sa_handler = on_signal;
		action.sa_flags = SA_RESTART;
		sigemptyset(&action.sa_mask);
		installed = sigaction(dump_signal, &action, &former) == 0;
	}
}

void tusk_dump_shutdown(void)
{
	if (installed) {
		sigaction(dump_signal, &former, NULL);
		installed = false;
	}
}

bool tusk_dump_has_signal(void) { return installed; }

/* Was a dump asked for since the last time? */
bool tusk_dump_wanted(void)
{
	if (EXPECTED(!wanted)) {
		return false;
	}
	wanted = 0;
	return true;
}

/* Rust: writes it. */
void tusk_rt_dump(void);

/* An interrupt of the VM: true when a dump was what it was for. */
bool tusk_dump_on_interrupt(void)
{
	if (!tusk_dump_wanted()) {
		return false;
	}
	tusk_rt_dump();
	return true;
}

void tusk_log(const char *text)
{
	php_log_err_with_severity(text, LOG_NOTICE);
}
