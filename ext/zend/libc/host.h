/* Looking a host's name up on the resolver's threads (libc/host.c). */
#ifndef TUSK_LIBC_HOST_H
#define TUSK_LIBC_HOST_H

#include "libc/libc.h"

struct hostent;

/* NOT_LOOKED_UP: there is no memory or no thread, and the caller is to make the call itself. */
typedef enum { TUSK_NOT_LOOKED_UP, TUSK_LOOKED_UP, TUSK_LOOK_UP_CANCELLED } tusk_look_up;

/* *found is NULL where there is no such name, and else valid until the next call: its owner
 * reads it before it waits for anything. */
tusk_look_up tusk_host_by_name(const char *name, struct hostent **found);

#endif
