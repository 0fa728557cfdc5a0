/* Autoloading and linking classes while coroutines interleave (CONTRACT 1).
 *
 * EG(in_autoload) is exchanged at a switch (state/chain.c), so zend_autoload is reached
 * by every coroutine that needs a class; here the second one waits for the first.
 *
 * A class whose parent, interfaces or traits are being loaded stands in the class table
 * already, unlinked, and the engine says of such a class that it does not exist, without
 * asking an autoloader. While its coroutine waits it is hidden, so that others come here and wait. One
 * that only lacks the types in its methods' signatures cannot be hidden, because the classes
 * that are loaded then may need it: loading them makes plain, blocking calls instead, so that
 * nobody asks in that moment. (With opcache's inheritance cache the engine records errors
 * then, and nothing may suspend there anyway.)
 */
#include "loading.h"
#include "state/state.h"
#include "wait.h"
#include <errno.h>

/* How many of tusk_compiling are no compilations, but loads of types for a class that is nearly linked. */
static unsigned loading_types;

static __typeof__(zend_autoload) next_autoload;

/* ---- autoload -------------------------------------------------------------------- */

typedef struct autoload {
	/* The one that loads and each that waits for it. */
	unsigned references;
	zend_string *class_name;
	tusk_task_id owner;
	tusk_turn waiters;
	struct autoload *next;
} autoload;

static autoload *autoloads;

static autoload *find_autoload(zend_string *class_name)
{
	for (autoload *a = autoloads; a; a = a->next) {
		if (zend_string_equals(a->class_name, class_name)) {
			return a;
		}
	}
	return NULL;
}

static void release_autoload(autoload *a)
{
	if (--a->references == 0) {
		tusk_rt_turn_clear(&a->waiters);
		zend_string_release(a->class_name);
		efree(a);
	}
}

static void end_autoload(autoload *mine)
{
	for (autoload **link = &autoloads; *link; link = &(*link)->next) {
		if (*link == mine) {
			*link = mine->next;
			break;
		}
	}
	while (tusk_rt_turn_wake(&mine->waiters)) {
	}
	release_autoload(mine);
}

static autoload *begin_autoload(zend_string *class_name)
{
	autoload *mine = ecalloc(1, sizeof(*mine));
	*mine = (autoload) { .references = 1, .class_name = zend_string_copy(class_name),
		.owner = tusk_self(), .next = autoloads };
	autoloads = mine;
	return mine;
}

/* What the loader finds; a fatal error in it is told of by `failed`, for the caller to go on with when it has put away
 * what it holds. */
static zend_class_entry *try_to_load(__typeof__(zend_autoload) loader, zend_string *name, zend_string *class_name, bool *failed)
{
	zend_class_entry *volatile found = NULL; /* read after a longjmp */
	*failed = false;
	zend_try {
		found = loader(name, class_name);
	} zend_catch {
		*failed = true;
	} zend_end_try();
	return found;
}

static zend_class_entry *load(zend_string *name, zend_string *class_name)
{
	autoload *mine = begin_autoload(class_name);
	bool failed;
	zend_class_entry *found = try_to_load(next_autoload, name, class_name, &failed);
	end_autoload(mine);
	if (UNEXPECTED(failed)) {
		zend_bailout();
	}
	return found;
}

/* The types of a nearly linked class are waited for only where another coroutine loads them. */
static int wait_for_load(autoload *other)
{
	unsigned types = loading_types;
	bool compiles = tusk_compiling != types;
	if (!compiles) {
		tusk_compiling = loading_types = 0;
	}
	int result = tusk_wait_for_owner(&other->waiters, &other->owner, TUSK_OWNER_DEADLINE_NS);
	if (!compiles) {
		tusk_compiling = loading_types = types;
	}
	return result;
}

static zend_class_entry *wait_or_load(zend_string *name, zend_string *class_name)
{
	autoload *other;
	while ((other = find_autoload(class_name)) != NULL) {
		/* Where waiting is not possible or would never end, the class is "not found", which
		 * is what plain PHP says of a class that is just being loaded. */
		other->references++;
		int result = wait_for_load(other);
		bool over = find_autoload(class_name) != other;
		if (!over && result == -ESRCH) {
			/* In the child of a fork, where the loading coroutine does not exist. */
			end_autoload(other);
			over = true;
		}
		release_autoload(other);
		zend_class_entry *found = zend_hash_find_ptr(EG(class_table), class_name);
		if (found && (found->ce_flags & ZEND_ACC_LINKED)) {
			return found;
		}
		if (result == -ECANCELED || (!over && result != 0)) {
			return NULL;
		}
	}
	return load(name, class_name);
}

/* ---- linking --------------------------------------------------------------------- */

/* A class that a coroutine declares, and whose parent, interfaces or traits it loads. It lies on that
 * coroutine's stack. Under `name` its coroutine finds it, as in plain PHP; at a switch away it gets the
 * name `hidden`, and at the switch back its own again, unless somebody has declared another one. */
struct tusk_linking {
	zend_string *name;
	zend_string *hidden; /* NULL: it is not */
	struct tusk_linking *outer;
};

struct tusk_linking *tusk_innermost_linking;

static bool rename_class(zend_string *from, zend_string *to)
{
	zval *entry = zend_hash_find(EG(class_table), from);
	return entry && zend_hash_set_bucket_key(EG(class_table), (Bucket *) entry, to);
}

static void show(struct tusk_linking *class)
{
	if (class->hidden && rename_class(class->hidden, class->name)) {
		zend_string_release(class->hidden);
		class->hidden = NULL;
	}
}

static void hide(struct tusk_linking *class)
{
	if (class->hidden) {
		return;
	}
	/* As the engine names classes that are not declared yet: nobody can ask for it. */
	zend_string *hidden = zend_strpprintf(0, "%clinked at %p: %s", 0, (void *) class, ZSTR_VAL(class->name));
	if (EXPECTED(rename_class(class->name, hidden))) {
		class->hidden = hidden;
	} else {
		zend_string_release(hidden);
	}
}

void tusk_linking_leave(struct tusk_linking *innermost)
{
	for (struct tusk_linking *class = innermost; class; class = class->outer) {
		hide(class);
	}
}

void tusk_linking_enter(struct tusk_linking *innermost)
{
	for (struct tusk_linking *class = innermost; class; class = class->outer) {
		show(class);
	}
}

/* The class that the running frame declares, if it is not linked yet. */
static const zend_class_entry *class_in_the_making(zend_string **name)
{
	const zend_execute_data *frame = EG(current_execute_data);
	if (!frame || !frame->func || !ZEND_USER_CODE(frame->func->type)
		|| (frame->opline->opcode != ZEND_DECLARE_CLASS && frame->opline->opcode != ZEND_DECLARE_CLASS_DELAYED)) {
		return NULL;
	}
	*name = Z_STR_P(RT_CONSTANT(frame->opline, frame->opline->op1));
	const zend_class_entry *class = zend_hash_find_ptr(EG(class_table), *name);
	return class && !(class->ce_flags & ZEND_ACC_LINKED) ? class : NULL;
}

/* Loads what `declared` needs to be linked, while others who want that one wait. */
static zend_class_entry *load_for(zend_string *declared, zend_string *name, zend_string *class_name)
{
	struct tusk_linking class = {.name = zend_string_copy(declared), .outer = tusk_innermost_linking};
	autoload *mine = begin_autoload(declared);
	bool failed;

	tusk_innermost_linking = &class;
	zend_class_entry *found = try_to_load(wait_or_load, name, class_name, &failed);
	tusk_innermost_linking = class.outer;
	end_autoload(mine);
	if (UNEXPECTED(failed)) {
		zend_bailout();
	}
	if (UNEXPECTED(class.hidden)) {
		/* Another coroutine has included the file, too. */
		zend_error_noreturn(E_COMPILE_ERROR, "Cannot declare class %s, because the name is already in use",
			ZSTR_VAL(((zend_class_entry *) zend_hash_find_ptr(EG(class_table), class.hidden))->name));
	}
	zend_string_release(class.name);
	return found;
}

static zend_class_entry *load_type(zend_string *name, zend_string *class_name)
{
	bool failed;
	tusk_compiling++;
	loading_types++;
	zend_class_entry *found = try_to_load(wait_or_load, name, class_name, &failed);
	loading_types--;
	tusk_compiling--;
	if (UNEXPECTED(failed)) {
		zend_bailout();
	}
	return found;
}

static zend_class_entry *autoload_class(zend_string *name, zend_string *class_name)
{
	zend_string *declared;
	const zend_class_entry *class = class_in_the_making(&declared);
	if (EXPECTED(!class)) {
		return wait_or_load(name, class_name);
	}
	return class->ce_flags & ZEND_ACC_NEARLY_LINKED ? load_type(name, class_name) : load_for(declared, name, class_name);
}

/* ---- life ---------------------------------------------------------------------- */

void tusk_autoload_startup(void)
{
	loading_types = 0;
	tusk_innermost_linking = NULL;
	if (zend_autoload && zend_autoload != autoload_class) {
		next_autoload = zend_autoload;
		zend_autoload = autoload_class;
	}
}

void tusk_autoload_shutdown(void)
{
	autoloads = NULL;
	if (zend_autoload == autoload_class) {
		zend_autoload = next_autoload;
	}
}
