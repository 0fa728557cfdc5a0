/* What hooks ask before anything else, and what the child of a fork looks at: in one cache line.
 *
 * While nobody else runs, a hook reads one or two of these and makes PHP's own call. Apart they
 * would be a line each that a call brings into the processor's cache for nothing but that, and in
 * a child a page each. Hidden: code of the shim reads them without a look at the table of symbols.
 */
#ifndef TUSK_FLAGS_H
#define TUSK_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

extern struct tusk_flags {
	/* Rust has these two in Flags, ext/zend/engine.rs. */
	bool concurrent; /* is there anybody else to run? Kept by Rust; the first question of every hook */
	bool forked;     /* is this the child of a fork in which nothing was started anew yet? See fork.c */
	unsigned guards;         /* handles of libraries that are somebody's: guard/guard.c */
	unsigned flights;        /* PHP streams that somebody is in; 0 is the usual case: stream/flight.c */
	unsigned signal_holders; /* coroutines that wait for signals that are blocked meanwhile: libc/lock.c */
	unsigned slow_mounts;    /* while there are none, every call is made in place: file/mount.c */
} tusk_flags;

#pragma GCC visibility pop

/* As everybody calls them. */
#define tusk_concurrent tusk_flags.concurrent
#define tusk_forked tusk_flags.forked
#define tusk_guards tusk_flags.guards
#define tusk_flights tusk_flags.flights
#define tusk_signal_holders tusk_flags.signal_holders
#define tusk_slow_mounts tusk_flags.slow_mounts

#endif
