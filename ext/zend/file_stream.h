/* What file_stream.c and file_regular.c share: PHP's own functions for plain files, and how a
 * read or write ends that was not PHP's.
 */
#ifndef TUSK_FILE_STREAM_H
#define TUSK_FILE_STREAM_H

#include "file.h"
#include "stream_buffer.h"
#include "stream_flight.h"

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
ssize_t tusk_file_not_written(php_stream *stream, size_t count, int error);

ssize_t tusk_regular_read(php_stream *stream, char *buf, size_t count);
ssize_t tusk_regular_write(php_stream *stream, const char *buf, size_t count);

#endif
