/* Which mounts are slow: their calls are made on a thread.
 *
 * Network and FUSE file systems are slow from the start. Any other becomes slow when calls
 * in place stalled three times, none a minute after the one before, and a slow one becomes fast
 * when a hundred calls on a thread in a row were quick (a disk that was busy, a FUSE file system
 * that keeps everything in memory).
 *
 * A path is matched by the longest mount point before it, as text. A symbolic link that
 * leads elsewhere is not followed: what stalls through one is noted under the link's folder.
 */
#include "file/file.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "musl.h"

/* A container has some fifty mounts, a build host a few hundred. Beyond it: the rest are
 * judged by the mount point above them. */
#define MOST_MOUNTS 1024
#define STRIKES 3
#define STRIKES_NS (60 * INT64_C(1000000000))
#define QUICK_CALLS 100
/* A call on a thread is quick when it would not have been noticed in place. */
#define QUICK_NS 200000
#define REFRESH_NS INT64_C(1000000000)

typedef struct {
	char *path;
	size_t length;
	dev_t device;
	bool slow;
	unsigned strikes, quick;
	int64_t struck;
} mount;

/* As many descriptors as intercept/descriptor.c remembers; the others are asked about each time. */
#define REMEMBERED 4096

static mount mounts[MOST_MOUNTS];
static unsigned count;
/* What is known of open files: the generation of mounts it is true of, times two, and whether
 * theirs is slow. A machine with one slow mount must not pay for it wherever it reads a file. A
 * stale entry (closed by code that is not covered) costs a stall, or a thread that was not needed. */
static uint32_t known[REMEMBERED], generation = 1;
static int watch = -1;
int64_t tusk_mounts_due;

static void set_slow(mount *at, bool slow)
{
	if (at->slow != slow) {
		at->slow = slow;
		generation++;
		tusk_slow_mounts += slow ? 1 : -1u;
	}
	at->strikes = at->quick = 0;
}

/* ---- the list ------------------------------------------------------------------------ */

static bool is_slow_type(const char *type)
{
	static const char *const types[] = {"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "afs", "lustre", "beegfs", "gfs2", "ocfs2", "coda", "autofs"};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (strcmp(type, types[i]) == 0) {
			return true;
		}
	}
	/* fuse, fuse.sshfs, ...; fuseblk is a local disk, and fusectl has no files. */
	return strcmp(type, "fuse") == 0 || strncmp(type, "fuse.", 5) == 0;
}

/* Spaces and the like are written as \040. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++, to++) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] && text[3]) {
			*to = (char) ((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
			text += 3;
		} else {
			*to = *text;
		}
	}
	*to = 0;
}

static mount *add(const char *path, dev_t device, bool slow)
{
	if (count == MOST_MOUNTS) {
		return NULL;
	}
	char *copy = strdup(path);
	if (!copy) {
		return NULL;
	}
	mount *at = &mounts[count++];
	memset(at, 0, sizeof *at);
	at->path = copy;
	at->length = strcmp(path, "/") == 0 ? 0 : strlen(path);
	at->device = device;
	set_slow(at, slow);
	return at;
}

static void forget_all(void)
{
	while (count) {
		free(mounts[--count].path);
	}
	tusk_slow_mounts = 0;
	generation++;
}

static void read_list(void)
{
	FILE *list = fopen("/proc/self/mountinfo", "re");
	char line[8192];

	forget_all();
	while (list && fgets(line, sizeof line, list)) {
		unsigned major, minor;
		int path_at = 0;
		char *rest = strstr(line, " - ");
		/* id parent major:minor root mount-point options ... - type source options */
		if (!rest || sscanf(line, "%*u %*u %u:%u %*s %n", &major, &minor, &path_at) < 2 || !path_at) {
			continue;
		}
		char *path = line + path_at, *end = strchr(path, ' ');
		char *type = rest + 3, *type_end = strchr(type, ' ');
		if (!end || !type_end) {
			continue;
		}
		*end = *type_end = 0;
		unescape(path);
		add(path, makedev(major, minor), is_slow_type(type));
	}
	if (list) {
		fclose(list);
	}
}

void tusk_mounts_look(int64_t now)
{
	int error = errno;
	tusk_mounts_due = now + REFRESH_NS;
	if (watch == -1) {
		watch = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	}
	struct pollfd changed = {.fd = watch, .events = POLLPRI};
	if (!count || (poll(&changed, 1, 0) > 0 && (changed.revents & POLLPRI))) {
		read_list();
	}
	errno = error;
}

/* ---- finding ------------------------------------------------------------------------- */

static bool is_below(const char *path, const mount *at)
{
	return strncmp(path, at->path, at->length) == 0 && (path[at->length] == '/' || path[at->length] == 0 || at->length == 0);
}

static mount *mount_of_absolute(const char *path)
{
	mount *best = NULL;

	for (unsigned i = 0; i < count; i++) {
		mount *at = &mounts[i];
		if ((!best || at->length >= best->length) && is_below(path, at)) {
			best = at;
		}
	}
	return best;
}

/* Most paths are below none that is slow, and need not be compared with all. */
static bool may_be_slow(const char *absolute)
{
	for (unsigned i = 0; i < count; i++) {
		if (UNEXPECTED(mounts[i].slow) && is_below(absolute, &mounts[i])) {
			return true;
		}
	}
	return false;
}

/* Takes "//", "/." and "/.." out of an absolute path, as text. */
static void normalize(char *path)
{
	char *to = path;

	for (char *from = path; *from;) {
		size_t length = strcspn(from + 1, "/");
		if (length == 2 && from[1] == '.' && from[2] == '.') {
			while (to > path && *--to != '/') {
			}
		} else if (length && !(length == 1 && from[1] == '.')) {
			memmove(to, from, length + 1);
			to += length + 1;
		}
		from += length + 1;
	}
	*to = 0;
}

static bool is_normal(const char *path)
{
	return *path == '/' && !strstr(path, "/.") && !strstr(path, "//");
}

static mount *mount_of_path(const char *path)
{
	char whole[PATH_MAX] = "";

	if (is_normal(path)) {
		return mount_of_absolute(path);
	}
	if ((*path != '/' && !getcwd(whole, sizeof whole - 1)) || strlen(whole) + strlen(path) + 2 > sizeof whole) {
		return NULL;
	}
	strcat(strcat(whole, "/"), path);
	normalize(whole);
	return mount_of_absolute(whole);
}

static mount *mount_of_device(dev_t device)
{
	for (unsigned i = 0; i < count; i++) {
		if (mounts[i].device == device) {
			return &mounts[i];
		}
	}
	return NULL;
}

bool tusk_path_slow(const char *path)
{
	if (EXPECTED(!tusk_slow_mounts) || (is_normal(path) && !may_be_slow(path))) {
		return false;
	}
	mount *at = mount_of_path(path);
	return at && at->slow;
}

/* An ordinary fstat would ask the server of a slow mount. */
static mount *mount_of_fd(int fd)
{
	struct statx status;

	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &status) == 0
		? mount_of_device(makedev(status.stx_dev_major, status.stx_dev_minor)) : NULL;
}

static bool remember(int fd, const mount *at)
{
	bool slow = at && at->slow;

	if (fd >= 0 && fd < REMEMBERED) {
		known[fd] = generation << 1 | slow;
	}
	return slow;
}

bool tusk_fd_slow(int fd)
{
	if (EXPECTED(!tusk_slow_mounts)) {
		return false;
	}
	if (fd >= 0 && fd < REMEMBERED && known[fd] >> 1 == generation) {
		return known[fd] & 1;
	}
	int error = errno;
	bool slow = remember(fd, mount_of_fd(fd));
	errno = error;
	return slow;
}

void tusk_fd_on_device(int fd, dev_t device)
{
	remember(fd, mount_of_device(device));
}

void tusk_fd_closed(int fd)
{
	if (fd >= 0 && fd < REMEMBERED) {
		known[fd] = 0;
	}
}

/* ---- learning ------------------------------------------------------------------------ */

static void strike(mount *at)
{
	int64_t now = tusk_coarse_ns();

	if (now - at->struck > STRIKES_NS) {
		at->strikes = 0;
	}
	at->struck = now;
	if (++at->strikes >= STRIKES) {
		set_slow(at, true);
	}
}

void tusk_fd_stalled(int fd)
{
	tusk_mounts_refresh(tusk_coarse_ns());
	mount *at = mount_of_fd(fd);
	if (at) {
		strike(at);
	}
}

void tusk_path_stalled(const char *path)
{
	struct statx status;
	char folder[PATH_MAX];

	tusk_mounts_refresh(tusk_coarse_ns());
	mount *at = mount_of_path(path);
	const char *last = strrchr(path, '/');
	if (!at || !last || *path != '/' || (size_t) (last - path) >= sizeof folder) {
		return;
	}
	memcpy(folder, path, (size_t) (last - path));
	folder[last - path] = 0;
	if (*folder && statx(AT_FDCWD, folder, AT_STATX_DONT_SYNC, 0, &status) == 0) {
		dev_t device = makedev(status.stx_dev_major, status.stx_dev_minor);
		/* A link leads to another mount: its folder stands for that one. */
		if (device != at->device && strcmp(at->path, folder) != 0) {
			mount *real = mount_of_device(device);
			at = add(folder, device, real && real->slow);
		}
	}
	if (at) {
		strike(at);
	}
}

void tusk_path_took(const char *path, int64_t ns)
{
	mount *at = mount_of_path(path);

	if (!at || !at->slow) {
		return;
	}
	at->quick = ns < QUICK_NS ? at->quick + 1 : 0;
	if (at->quick >= QUICK_CALLS) {
		set_slow(at, false);
	}
}
