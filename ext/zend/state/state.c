/* Engine state that belongs to a coroutine, exchanged when one is left for another.
 *
 * The root state is what a coroutine has that changed nothing: the handlers that were
 * set when the first coroutine was spawned, no output buffer, no last error, in the
 * middle of nothing. Almost every coroutine is in the root state at almost every
 * switch, and then leave() compares some thirty words, allocates nothing and the slot
 * stays as it is. What differs is moved to the slot, part by part (state/state.h).
 *
 * Coroutine 0 is treated like any other. errno and EG(error_reporting) are not here:
 * the first is kept in the frame that switches, the second is swapped by Zend's switch.
 */
#include "handle.h"
#include "state/state.h"

enum part {
	PART_HANDLERS = 1,
	PART_OUTPUT = 2,
	PART_CHAIN = 4,
	PART_LAST_ERROR = 8,
	PART_OPENSSL = 16,
	PART_LIBXML = 32,
	PART_FILES = 64,
	PART_SUPERGLOBALS = 128,
	PART_SESSION = 256,
	PART_SOAP = 512,
	PART_RECURSION = 1024,
};

struct tusk_state {
	/* Which of the members below hold something: a set of enum part. A state stays
	 * allocated once made, so that a coroutine that differs always pays malloc once. */
	uint32_t parts;
	tusk_handlers handlers;
	tusk_output output;
	tusk_chain chain;
	tusk_last_error last_error;
	tusk_openssl_errors *openssl;
	tusk_libxml libxml;
	tusk_loading *files;
	tusk_superglobals superglobals;
	tusk_session *session;
	tusk_soap soap;
	tusk_recursion *recursions;
};

static bool have_root;

/* Not the request's heap: a switch must not end in "memory exhausted". */
static tusk_state *make(void)
{
	return pecalloc(1, sizeof(tusk_state), 1);
}

static zend_always_inline bool anything_differs(void)
{
	uintptr_t change = tusk_handlers_change();
	/* Nothing but a fence for the compiler, which would load all the words first and run
	 * out of registers. */
	__asm__("" : "+r"(change));
	change |= tusk_chain_change() | tusk_output_change();
	__asm__("" : "+r"(change));
	change |= tusk_last_error_change() | tusk_openssl_change() | tusk_libxml_change()
		| (uintptr_t) tusk_innermost_file | tusk_superglobals_on | tusk_soap_calls | (uintptr_t) tusk_recursions;
	return change != 0 || tusk_handlers_differ();
}

static uint32_t different_parts(void)
{
	return (tusk_handlers_differ() ? PART_HANDLERS : 0)
		| (tusk_output_change() ? PART_OUTPUT : 0)
		| (tusk_chain_change() ? PART_CHAIN : 0)
		| (tusk_last_error_change() ? PART_LAST_ERROR : 0)
		| (tusk_openssl_change() ? PART_OPENSSL : 0)
		| (tusk_libxml_change() ? PART_LIBXML : 0)
		| (tusk_innermost_file ? PART_FILES : 0)
		| (tusk_superglobals_on && tusk_superglobals_differ() ? PART_SUPERGLOBALS : 0)
		| (tusk_superglobals_on && tusk_session_used() ? PART_SESSION : 0)
		| (tusk_soap_calls ? PART_SOAP : 0)
		| (tusk_recursions ? PART_RECURSION : 0);
}

static zend_never_inline void save(tusk_state **slot)
{
	if (UNEXPECTED(!have_root)) {
		/* Callbacks of an event loop, without a spawn before. */
		tusk_state_take_root();
	}
	uint32_t parts = different_parts();
	if (parts & PART_FILES) {
		tusk_loading_prune();
		if (!tusk_innermost_file) {
			parts &= ~PART_FILES;
		}
	}
	if (!parts) {
		return;
	}
	if (*slot && (*slot)->parts) {
		/* PHP code resumed this Fiber itself, past enter(): what was kept is out of date. */
		if ((*slot)->parts & PART_RECURSION) {
			tusk_recursion_detach(&(*slot)->recursions);
		}
		tusk_state_free(slot);
	}
	if (!*slot) {
		*slot = make();
	}
	tusk_state *state = *slot;
	if (parts & PART_HANDLERS) {
		tusk_handlers_save(&state->handlers);
	}
	if (parts & PART_OUTPUT) {
		tusk_output_save(&state->output);
	}
	if (parts & PART_CHAIN) {
		tusk_chain_save(&state->chain);
	}
	if (parts & PART_LAST_ERROR) {
		tusk_last_error_save(&state->last_error);
	}
	if ((parts & PART_OPENSSL) && (state->openssl = tusk_openssl_save()) == NULL) {
		parts &= ~PART_OPENSSL;
	}
	if (parts & PART_LIBXML) {
		tusk_libxml_save(&state->libxml);
	}
	if (parts & PART_FILES) {
		state->files = tusk_innermost_file;
		tusk_innermost_file = NULL;
	}
	if (parts & PART_SUPERGLOBALS) {
		tusk_superglobals_save(&state->superglobals);
	}
	if (parts & PART_SESSION) {
		state->session = tusk_session_save();
	}
	if (parts & PART_SOAP) {
		tusk_soap_save(&state->soap);
	}
	if (parts & PART_RECURSION) {
		tusk_recursion_save(&state->recursions);
	}
	state->parts = parts;
}

static zend_never_inline void install(tusk_state *state)
{
	uint32_t parts = state->parts;
	state->parts = 0;
	if (parts & PART_HANDLERS) {
		tusk_handlers_install(&state->handlers);
	}
	if (parts & PART_OUTPUT) {
		tusk_output_install(&state->output);
	}
	if (parts & PART_CHAIN) {
		tusk_chain_install(&state->chain);
	}
	if (parts & PART_LAST_ERROR) {
		tusk_last_error_install(&state->last_error);
	}
	if (parts & PART_OPENSSL) {
		tusk_openssl_install(state->openssl);
	}
	if (parts & PART_LIBXML) {
		tusk_libxml_install(&state->libxml);
	}
	if (parts & PART_FILES) {
		tusk_innermost_file = state->files;
	}
	if (parts & PART_SUPERGLOBALS) {
		tusk_superglobals_install(&state->superglobals);
	}
	if (parts & PART_SESSION) {
		tusk_session_install(state->session);
	}
	if (parts & PART_SOAP) {
		tusk_soap_install(&state->soap);
	}
	if (parts & PART_RECURSION) {
		tusk_recursion_install(&state->recursions);
	}
}

void tusk_state_leave(tusk_state **slot)
{
	if (UNEXPECTED(anything_differs())) {
		save(slot);
	}
}

void tusk_state_enter(tusk_state **slot)
{
	if (UNEXPECTED(*slot != NULL) && (*slot)->parts) {
		install(*slot);
	}
}

tusk_state *tusk_state_inherit(void)
{
	bool handlers = tusk_handlers_differ();
	bool superglobals = UNEXPECTED(tusk_superglobals_on) && tusk_superglobals_differ();
	tusk_loading *files = tusk_innermost_file ? tusk_loading_share() : NULL;
	if (EXPECTED(!handlers && !files && !superglobals)) {
		return NULL;
	}
	tusk_state *state = make();
	if (handlers) {
		tusk_handlers_copy(&state->handlers);
		state->parts |= PART_HANDLERS;
	}
	if (files) {
		state->files = files;
		state->parts |= PART_FILES;
	}
	if (superglobals) {
		tusk_superglobals_copy(&state->superglobals);
		state->parts |= PART_SUPERGLOBALS;
	}
	return state;
}

void tusk_state_finish(tusk_task_id task)
{
	if (UNEXPECTED(OG(active) != NULL)) {
		php_output_end_all();
	}
	if (UNEXPECTED(tusk_superglobals_on)) {
		tusk_superglobals_finish();
	}
	if (task) {
		tusk_handle_task_ends(task);
	}
	tusk_worker *worker = tusk_worker_current();
	if (UNEXPECTED(worker->leases)) {
		tusk_rt_pool_job_ended(worker);
	}
}

void tusk_state_free(tusk_state **slot)
{
	tusk_state *state = *slot;
	if (EXPECTED(!state)) {
		return;
	}
	*slot = NULL;
	if (state->parts & PART_HANDLERS) {
		tusk_handlers_drop(&state->handlers);
	}
	if (state->parts & PART_OUTPUT) {
		tusk_output_drop(&state->output);
	}
	if (state->parts & PART_CHAIN) {
		tusk_chain_drop(&state->chain);
	}
	if (state->parts & PART_LAST_ERROR) {
		tusk_last_error_drop(&state->last_error);
	}
	if (state->parts & PART_OPENSSL) {
		tusk_openssl_drop(state->openssl);
	}
	if (state->parts & PART_LIBXML) {
		tusk_libxml_drop(&state->libxml);
	}
	if (state->parts & PART_FILES) {
		tusk_loading_drop(state->files);
	}
	if (state->parts & PART_SUPERGLOBALS) {
		tusk_superglobals_drop(&state->superglobals);
	}
	if (state->parts & PART_SESSION) {
		tusk_session_drop(state->session);
	}
	pefree(state, 1);
}

void tusk_state_take_root(void)
{
	have_root = true;
	tusk_handlers_take_root();
	tusk_libxml_take_root();
	tusk_loading_take_root();
	tusk_superglobals_take_root();
}

/* Whatever exception is on its way. */
static bool switching_is_safe(void)
{
	/* EG_FLAGS_IN_SHUTDOWN is set before the shutdown functions run, and they may wait. */
	return !(CG(in_compilation) || tusk_compiling || tusk_collecting || EG(record_errors)
		|| OG(running) || PG(in_error_log)
		|| (EG(flags) & EG_FLAGS_IN_RESOURCE_SHUTDOWN)
		|| zend_fiber_switch_blocked());
}

bool tusk_state_may_switch(void)
{
	return !EG(exception) && switching_is_safe();
}

bool tusk_state_gives_up(void)
{
	return UNEXPECTED(EG(exception) != NULL) && tusk_concurrent && !(EG(flags) & EG_FLAGS_IN_RESOURCE_SHUTDOWN) && tusk_rt_gives_up();
}

/* C code went on after a callback of PHP code had thrown: libcurl does, with the rest of a
 * transfer. What was thrown rises when the C function has returned to PHP; until then it is no
 * more than a word, which a wait sets aside. In a frame of PHP code the engine itself unwinds. */
static bool c_goes_on(void)
{
	const zend_execute_data *frame = EG(current_execute_data);

	return frame && frame->func && !ZEND_USER_CODE(frame->func->type) && switching_is_safe();
}

bool tusk_state_waits_below_a_throw(void)
{
	return UNEXPECTED(EG(exception) != NULL) && (tusk_state_gives_up() || c_goes_on());
}

zend_object *tusk_set_exception_aside(void)
{
	zend_object *thrown = EG(exception);

	if (EXPECTED(!thrown) || tusk_state_gives_up()) {
		return NULL;
	}
	EG(exception) = NULL;
	return thrown;
}

static bool ends_script(const zend_object *thrown)
{
	return zend_is_unwind_exit(thrown) || zend_is_graceful_exit(thrown);
}

/* A cancel that came meanwhile goes first, and has it as its previous one; exit() before all. */
void tusk_put_exception_back(zend_object *thrown)
{
	zend_object *later = EG(exception);

	if (!later) {
		EG(exception) = thrown;
	} else if (ends_script(later)) {
		OBJ_RELEASE(thrown);
	} else if (ends_script(thrown)) {
		EG(exception) = thrown;
		OBJ_RELEASE(later);
	} else {
		zend_exception_set_previous(later, thrown);
	}
}

void tusk_state_startup(void)
{
	tusk_collect_startup();
	tusk_openssl_find();
	tusk_libxml_find();
	tusk_last_error_find();
}

void tusk_state_shutdown(void)
{
	tusk_handlers_drop_root();
	tusk_libxml_drop_root();
	tusk_loading_forget();
	tusk_superglobals_drop_root();
	tusk_collect_shutdown();
	tusk_soap_forget();
	tusk_recursion_forget();
	have_root = false;
}
