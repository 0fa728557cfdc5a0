/* What file/stream.c and file/regular.c share: PHP's own functions for plain files, and how a
 * read or write ends that was not PHP's.
 */
#ifndef TUSK_FILE_STREAM_H
#define TUSK_FILE_STREAM_H

#include "file/file.h"
#include "stream/buffer.h"
#include "stream/flight.h"

/* PHP's own, copied before its struct was patched. */
extern php_stream_ops tusk_php_file_ops;

/* The beginning of PHP's private struct, checked at start-up. */
typedef struct {
	FILE *file;
	int fd;
} tusk_stdio_data;

static inline int tusk_file_fd(const php_stream *stream)
{
	return ((const tusk_stdio_data *) stream->abstract)->fd;
}

bool tusk_file_nonblocking(int fd);
/* The wait was ended: by a cancel, whose exception rises when PHP's code returns, or by
 * a close. */
ssize_t tusk_file_given_up(php_stream *stream);
/* The same, after -EBADF, -ECANCELED or -TUSK_OTHER_CLOSED. */
ssize_t tusk_file_ended(php_stream *stream, int error);
ssize_t tusk_file_not_written(php_stream *stream, size_t count, int error);

/* ---- files that are in memory (file/memory.c) ---------------------------------------- */

struct stat;
/* PHP asked for the status of a regular file that it has just opened. */
void tusk_memory_opened(int fd, const struct stat *status);
void tusk_memory_closed(int fd);
/* Was the whole file in memory less than a second ago? `now` is tusk_coarse_ns(). */
bool tusk_memory_vouches(int fd, int64_t now);
/* A read that does not wait returned so many bytes. True when they are the whole file. */
bool tusk_memory_was_read(int fd, size_t bytes, int64_t now);

ssize_t tusk_regular_read(php_stream *stream, char *buf, size_t count);
ssize_t tusk_regular_write(php_stream *stream, const char *buf, size_t count);

#endif
