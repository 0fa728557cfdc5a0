/* Classes being autoloaded and files whose top-level code runs, and whose coroutine does
 * that (CONTRACT 1).
 */
#ifndef TUSK_LOADING_H
#define TUSK_LOADING_H

#include "tusk.h"

/* `code` is the top-level code of a file that is about to run in this coroutine. */
void tusk_loading_enter(zend_string *path, const zend_op_array *code);
/* Is any coroutine inside a file? */
/* The running frame's include is going to open this file, which takes a wait. */
void tusk_loading_open(zend_string *path);
bool tusk_loading_any(void);
/* Waits until another coroutine has left the file, if it is in it. */
void tusk_loading_wait(zend_string *path);

#endif
