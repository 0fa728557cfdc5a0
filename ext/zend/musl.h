/* What glibc's headers have and musl's lack, or lacked before 1.2.5. Included last: it asks what the
 * headers before it have defined, and does nothing where that is glibc.
 */
#ifndef TUSK_MUSL_H
#define TUSK_MUSL_H

#include <features.h>

#ifndef __GLIBC__
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>
#include <linux/fs.h>

#ifndef STATX_TYPE
#include <linux/stat.h>
#define statx(directory, path, flags, mask, into) ((int) syscall(SYS_statx, directory, path, flags, mask, into))
#endif
#ifndef AT_STATX_DONT_SYNC
#define AT_STATX_DONT_SYNC 0x4000
#endif

/* The kernel takes the offset in two halves, and on 64 bits nothing from the second. */
#define preadv2(fd, parts, count, offset, flags) \
	((ssize_t) syscall(SYS_preadv2, fd, parts, count, (long) (offset), 0L, flags))

#ifndef __O_TMPFILE
#define __O_TMPFILE (O_TMPFILE & ~O_DIRECTORY)
#endif
#ifndef GLOB_ALTDIRFUNC
#define GLOB_ALTDIRFUNC 0
#endif
#ifndef NETDB_INTERNAL
#define NETDB_INTERNAL (-1)
#endif

/* musl's resolver keeps no state between calls. */
#define res_ninit(state) ((void) (state), 0)
#define res_nsearch(state, name, class, type, answer, room) ((void) (state), res_search(name, class, type, answer, room))
#define res_nclose(state) ((void) (state))
#endif

#endif
