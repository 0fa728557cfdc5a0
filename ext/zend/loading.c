/* Which coroutine is inside the top-level code of which file, or opens and reads it, for include_once.
 *
 * A coroutine's files form a list from the innermost outwards; tusk_innermost_file is the
 * running coroutine's (state/state.c exchanges it). A file is added when it was compiled and
 * taken off lazily: PHP has no hook for the end of an include, so the coroutine looks at
 * its own stack when it is left, finished or adds another file. In between nobody else
 * runs, and so nobody can be misled by an entry that is over.
 *
 * A file that takes a wait to be opened or read is added before, with the frame whose include it is:
 * PHP notes a file as included when it has opened it, and whoever came then would find neither a
 * file to include nor its classes. It is over when that frame has gone on.
 *
 * A child inherits the files that its spawner is inside of: to include_once them is a
 * recursion, which plain PHP answers at once, and waiting for the spawner, who may be
 * waiting for the child, could never end.
 */
#include "loading.h"
#include "state/state.h"
#include "wait.h"
#include <errno.h>

struct tusk_loading {
	/* The list that holds it, a child's mark, and each waiter. */
	unsigned references;
	/* Its code has been left, or its coroutine is gone. */
	bool over;
	tusk_task_id owner;
	zend_string *path;
	/* Compared with frames, never followed. Both NULL is a child's mark: `outer` is another
	 * coroutine's file, and stays until this coroutine ends. */
	const zend_op_array *code;
	/* Of a file that is being opened: whose include that is, and where. */
	const zend_execute_data *frame;
	const zend_op *opline;
	tusk_loading *outer;
	tusk_turn waiters;
	/* All entries that are not over. */
	tusk_loading *next, *previous;
};

tusk_loading *tusk_innermost_file;
static tusk_loading *live;

static tusk_loading *make_mark(tusk_loading *outer)
{
	tusk_loading *mark = ecalloc(1, sizeof(*mark));
	mark->references = 1;
	mark->outer = outer;
	mark->over = true;
	return mark;
}

static tusk_loading *make(zend_string *path, tusk_loading *outer)
{
	tusk_loading *file = ecalloc(1, sizeof(*file));
	file->references = 1;
	file->path = zend_string_copy(path);
	file->outer = outer;
	file->owner = tusk_self();
	file->next = live;
	if (live) {
		live->previous = file;
	}
	live = file;
	return file;
}

static void release(tusk_loading *file)
{
	while (file && --file->references == 0) {
		tusk_loading *outer = file->outer;
		tusk_rt_turn_clear(&file->waiters);
		if (file->path) {
			zend_string_release(file->path);
		}
		efree(file);
		file = outer;
	}
}

static void end(tusk_loading *file)
{
	if (file->over) {
		return;
	}
	file->over = true;
	if (file->previous) {
		file->previous->next = file->next;
	} else {
		live = file->next;
	}
	if (file->next) {
		file->next->previous = file->previous;
	}
	while (tusk_rt_turn_wake(&file->waiters)) {
	}
}

static bool on_stack(const zend_op_array *code)
{
	for (zend_execute_data *frame = EG(current_execute_data); frame; frame = frame->prev_execute_data) {
		if (frame->func && &frame->func->op_array == code) {
			return true;
		}
	}
	return false;
}

static bool at_its_include(const tusk_loading *file)
{
	for (const zend_execute_data *frame = EG(current_execute_data); frame; frame = frame->prev_execute_data) {
		if (frame == file->frame) {
			return frame->opline == file->opline;
		}
	}
	return false;
}

static bool is_over(const tusk_loading *file)
{
	return file->code ? !on_stack(file->code) : file->frame && !at_its_include(file);
}

static void pop(void)
{
	tusk_loading *file = tusk_innermost_file;
	tusk_innermost_file = file->outer;
	/* The reference to the outer file goes back from the entry to the list's head. */
	file->outer = NULL;
	end(file);
	release(file);
}

void tusk_loading_prune(void)
{
	while (tusk_innermost_file && is_over(tusk_innermost_file)) {
		pop();
	}
}

void tusk_loading_open(zend_string *path)
{
	tusk_loading_prune();
	tusk_innermost_file = make(path, tusk_innermost_file);
	tusk_innermost_file->frame = EG(current_execute_data);
	tusk_innermost_file->opline = EG(current_execute_data)->opline;
}

void tusk_loading_enter(zend_string *path, const zend_op_array *code)
{
	tusk_loading_prune();
	if (tusk_innermost_file && tusk_innermost_file->frame == EG(current_execute_data)) {
		/* It was opened for this. Who waits looks again, and finds the file below. */
		pop();
	}
	tusk_innermost_file = make(path, tusk_innermost_file);
	tusk_innermost_file->code = code;
}

bool tusk_loading_any(void)
{
	return live != NULL;
}

tusk_loading *tusk_loading_share(void)
{
	tusk_loading_prune();
	if (!tusk_innermost_file) {
		return NULL;
	}
	tusk_innermost_file->references++;
	return make_mark(tusk_innermost_file);
}

void tusk_loading_drop(tusk_loading *file)
{
	for (tusk_loading *own = file; own && (own->code || own->frame); own = own->outer) {
		end(own);
	}
	release(file);
}

static void enter_frames(zend_execute_data *frame)
{
	if (!frame) {
		return;
	}
	/* Outermost first. The main script is no include: nobody could wait for its end. */
	enter_frames(frame->prev_execute_data);
	if (frame->func && ZEND_USER_CODE(frame->func->type)
		&& (ZEND_CALL_INFO(frame) & ZEND_CALL_CODE) && !(ZEND_CALL_INFO(frame) & ZEND_CALL_TOP)
		&& zend_hash_exists(&EG(included_files), frame->func->op_array.filename)) {
		tusk_innermost_file = make(frame->func->op_array.filename, tusk_innermost_file);
		tusk_innermost_file->code = &frame->func->op_array;
	}
}

void tusk_loading_take_root(void)
{
	tusk_loading_prune();
	if (!tusk_innermost_file) {
		enter_frames(EG(current_execute_data));
	}
}

/* The request ends. The main script's last file is still there, as files are taken off lazily. */
void tusk_loading_forget(void)
{
	while (tusk_innermost_file) {
		tusk_loading *file = tusk_innermost_file;
		tusk_innermost_file = file->outer;
		file->outer = NULL;
		release(file);
	}
	live = NULL;
}

static tusk_loading *find(zend_string *path)
{
	for (tusk_loading *file = live; file; file = file->next) {
		if (zend_string_equals(file->path, path)) {
			return file;
		}
	}
	return NULL;
}

static bool inside(const tusk_loading *file)
{
	for (const tusk_loading *mine = tusk_innermost_file; mine; mine = mine->outer) {
		if (mine == file) {
			return true;
		}
	}
	return false;
}

void tusk_loading_wait(zend_string *path)
{
	tusk_loading *file;
	/* Another one may enter the file after the first has left it in an exception. */
	while ((file = find(path)) != NULL && !inside(file)) {
		file->references++;
		int result = tusk_wait_for_owner(&file->waiters, &file->owner, TUSK_OWNER_DEADLINE_NS);
		if (result == -ESRCH) {
			/* In the child of a fork, where the coroutine inside the file does not exist. */
			end(file);
		}
		bool over = file->over;
		release(file);
		if (!over && result != 0) {
			/* As plain PHP: the file counts as included. */
			return;
		}
	}
}
