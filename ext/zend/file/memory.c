/* Files that are in memory, as far as we know: their reads need not ask the kernel not to
 * wait, which costs a fifth of a small read.
 *
 * A file is vouched for during VOUCHED_NS after it was seen to be in memory as a whole: one
 * read that did not wait returned all of it, or the kernel counted its pages (cachestat,
 * Linux 6.5). A descriptor's entry is written by the fstat(2) that PHP makes of what it
 * opens, and is emptied by close(2).
 *
 * States of a descriptor: unknown (no size), known (size, and nothing is said), vouched (until
 * a time). Reads move it from known to vouched, time back.
 *
 * An entry is a hint. A stale one (a descriptor closed by code that is not covered, pages
 * that the kernel dropped within the second) costs one read from a local disk in place, and
 * never a wrong result.
 */
#include "file/stream.h"
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_cachestat
# define SYS_cachestat 451
#endif

/* Pages are dropped when memory is short, the least recently used first: what was read a
 * second ago is not among them. */
#define VOUCHED_NS INT64_C(1000000000)
/* The kernel is asked about files up to this: counting 4,096 pages takes it some 30 µs. */
#define LARGEST_COUNTED (16 << 20)
/* Reads in a row that did not wait before it is asked. */
#define READS_BEFORE_COUNTING 8
/* As many descriptors as intercept/descriptor.c remembers; beyond, nothing is vouched for. */
#define REMEMBERED 4096
#define INODES 1024

typedef struct {
	dev_t device;
	ino_t inode;
	off_t size;
	int64_t until;
	uint8_t reads;
} descriptor;

static descriptor descriptors[REMEMBERED];
static struct { dev_t device; ino_t inode; int64_t until; } inodes[INODES];

static descriptor *of(int fd)
{
	return fd >= 0 && fd < REMEMBERED ? &descriptors[fd] : NULL;
}

static unsigned slot_of(const descriptor *at)
{
	return (unsigned) ((uint64_t) at->inode * 0x9e3779b97f4a7c15 >> 32 ^ (uint64_t) at->device) % INODES;
}

void tusk_memory_opened(int fd, const struct stat *status)
{
	descriptor *at = of(fd);

	if (!at) {
		return;
	}
	*at = (descriptor) {.device = status->st_dev, .inode = status->st_ino, .size = status->st_size};
	unsigned slot = slot_of(at);
	if (inodes[slot].inode == at->inode && inodes[slot].device == at->device) {
		at->until = inodes[slot].until;
	}
}

void tusk_memory_closed(int fd)
{
	descriptor *at = of(fd);

	if (at && (at->size || at->until)) {
		at->size = at->until = at->reads = 0;
	}
}

bool tusk_memory_vouches(int fd, int64_t now)
{
	const descriptor *at = of(fd);

	return at && at->until > now;
}

static void vouch(descriptor *at, int64_t until)
{
	unsigned slot = slot_of(at);

	at->until = inodes[slot].until = until;
	inodes[slot].inode = at->inode;
	inodes[slot].device = at->device;
}

/* Are all its pages there? */
static bool counted(int fd, const descriptor *at)
{
	struct { uint64_t offset, length; } all = {0, 0};
	struct { uint64_t cached, dirty, writeback, evicted, recently_evicted; } pages = {0};

	return at->size > 0 && at->size <= LARGEST_COUNTED && syscall(SYS_cachestat, fd, &all, &pages, 0) == 0
		&& pages.cached * (uint64_t) sysconf(_SC_PAGESIZE) >= (uint64_t) at->size;
}

bool tusk_memory_was_read(int fd, size_t bytes, int64_t now)
{
	descriptor *at = of(fd);

	if (!at) {
		return false;
	}
	if (UNEXPECTED(tusk_slow_mounts) && tusk_fd_slow(fd)) {
		return false; /* even what is in memory may first be asked about there */
	}
	if (at->size && (off_t) bytes == at->size) {
		vouch(at, now + VOUCHED_NS);
		return true;
	}
	if (++at->reads >= READS_BEFORE_COUNTING) {
		struct stat status;
		int error = errno;
		at->reads = 0;
		/* It was opened before there was a second coroutine, or has grown since. */
		if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
			tusk_memory_opened(fd, &status);
			if (counted(fd, at)) {
				vouch(at, now + VOUCHED_NS);
			}
		}
		errno = error;
	}
	return false;
}
