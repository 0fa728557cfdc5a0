/* What the C files share among themselves. Rust sees only opaque pointers to these. */
#ifndef TUSK_INTERNAL_H
#define TUSK_INTERNAL_H

#include "tusk.h"
#include "zend_exceptions.h"

typedef struct tusk_coroutine tusk_coroutine;
typedef struct tusk_worker tusk_worker;
typedef struct tusk_callback tusk_callback;

/* Tusk\Coroutine. Its task lives in the native scheduler until it finishes; the result
 * and the failure stay here for whoever joins. The scheduler owns one reference while
 * the task is alive. */
struct tusk_coroutine {
	tusk_task_id task;
	zend_long id;
	tusk_worker *worker;      /* while it runs, else NULL */
	zend_fcall_info_cache fcc;
	zval callable;            /* UNDEF once started */
	zval *args;
	HashTable *named;         /* named arguments, or NULL */
	uint32_t argc;
	uint32_t group;
	zval result;
	zend_object *failure;
	zval defers;              /* UNDEF or an array of callables, last first */
	tusk_state *inherited;    /* until it starts */
	zend_array *context;      /* until it starts; NULL: empty, see context.c */
	uint64_t request;         /* see trace.c; 0 unless tracing */
	void *scope;              /* Rust's: the scope that is told when it ends, or NULL */
	zend_string *spawn_file;
	uint32_t spawn_line;
	bool started, done, observed, cancelled, parked;
	zval resume_value;        /* what Coroutine::resume() gave */
	zend_object std;
};

/* A stack and the Fiber that PHP code sees on it. Runs one job after the other.
 * Coroutine 0 has one too, without a Fiber, on the process's own stack. */
struct tusk_worker {
	/* Rust reads these five directly: WorkerHead in ext/zend/worker.rs. */
	zend_object *raise;             /* exit() or the engine's unwinding: ends every wait */
	tusk_task_id task;              /* 0: a callback that has not waited yet */
	zend_fiber_transfer *passes;    /* &transfer */
	uint32_t leases;                /* connections of pools that its job has */
	uint32_t guest;                 /* a Fiber of a foreign loop, without a stack of ours: guest/ */

	zend_fiber *fiber;              /* owned reference; NULL for coroutine 0 */
	zend_fiber_context *resume;     /* where to go on: the context that suspended */
	tusk_coroutine *coroutine;      /* its object, made when somebody asks for it */
	tusk_state *state;              /* saved engine state while suspended */
	zend_array *context;            /* its job's, NULL: empty, see context.c */
	uint64_t request;               /* its job's, see trace.c; 0 unless tracing */
	uint64_t job;                   /* tusk_coroutine * or a callback's key */
	bool job_is_call;
	bool ends_process;              /* the child of a fork made in this coroutine */
	zend_long adopted_id;           /* the number of its callback's coroutine; 0 for coroutine 0 */
	tusk_worker *next;              /* idle or dead list */
	/* The VM while this worker is suspended, and what it passes on: see switch.c. */
	struct {
		zend_vm_stack vm_stack;
		zval *vm_stack_top, *vm_stack_end;
		size_t vm_stack_page_size;
		zend_execute_data *execute_data;
		JMP_BUF *bailout;
		zend_fiber *active_fiber;
		int error_reporting;
		int errno_value;
		uint32_t jit_trace_num;
		int error_number;
#if PHP_VERSION_ID >= 80300 && defined(ZEND_CHECK_STACK_LIMIT)
		void *stack_base, *stack_limit;
#endif
	} saved;
	zend_fiber_transfer transfer;
	void *slot_base, *slot_top;     /* own stack; NULL: Zend's */
	uint64_t slot_mark;
	void *zend_stack[16];           /* stands for zend_fiber_stack, see worker.c */
	zend_vm_stack vm;
};

static inline tusk_coroutine *tusk_coroutine_from(zend_object *object)
{
	return (tusk_coroutine *) ((char *) object - XtOffsetOf(tusk_coroutine, std));
}

extern zend_atomic_bool *tusk_vm_interrupt;
extern zend_execute_data **tusk_running_frame;
extern zend_class_entry *tusk_ce_coroutine;
extern tusk_worker tusk_main_worker;

/* What jump_fcontext() returns and a fresh context's entry gets. */
typedef struct {
	void *handle;
	zend_fiber_transfer *transfer;
} tusk_jump;

void tusk_switch_to_context(tusk_worker *self, zend_fiber_context *to);
/* The worker that was switched to last, its Fiber (NULL for coroutine 0), and workers that
 * are to be freed by who runs next. Kept by worker.c and switch.c. */
extern tusk_worker *tusk_current, *tusk_dead;
extern zend_fiber *tusk_current_fiber;

static zend_always_inline void tusk_set_current_worker(tusk_worker *worker)
{
	tusk_current = worker;
	tusk_current_fiber = worker->fiber;
}

tusk_worker *tusk_take_worker(uint64_t job, bool is_call);
void tusk_worker_idle(tusk_worker *worker);
void tusk_bury_workers(void);

/* The running worker, also when the code runs in somebody's own Fiber inside it. */
tusk_worker *tusk_worker_current(void);
/* The worker whose Fiber this is, or NULL: it is somebody's own. */
tusk_worker *tusk_worker_of_fiber(const zend_fiber *fiber);
const zend_fiber_context *tusk_hub_context(void);
void tusk_fiber_startup(void);
void tusk_fiber_shutdown(void);
/* Its coroutine object, made if need be (owned by the worker). */
tusk_coroutine *tusk_worker_coroutine(tusk_worker *worker);
void tusk_worker_request_end(void);
void tusk_overflow_startup(void);
void tusk_overflow_shutdown(void);
void tusk_worker_job_done(tusk_worker *worker);
void tusk_exit_in_main(zend_object *exit);

void tusk_coroutine_run(tusk_worker *worker, tusk_coroutine *co);
void tusk_coroutine_run_defers(tusk_coroutine *co);
void tusk_coroutine_register(void);
void tusk_coroutine_leave_scope(tusk_coroutine *co);
void tusk_report_failure(tusk_coroutine *co);

/* Is tusk.trace_shared_state on? Then the request that the running job belongs to. */
extern bool tusk_tracing;
uint64_t tusk_trace_inherit(void);
/* Are objects looked at, too? See trace_objects.c. */
extern bool tusk_tracing_objects;
HashTable *tusk_trace_objects_begin(void);
void tusk_trace_objects_end(HashTable *before, const zend_string *file, uint32_t line);
/* Writes to PHP's error log; see dump.c. */
void tusk_log(const char *text);

/* The innermost frame of a worker, running or not; NULL: not known. See report.c. */
const zend_execute_data *tusk_worker_frames(tusk_worker *worker);

/* Gives up a context; see context.c. May run destructors. */
void tusk_context_release(zend_array **context);

/* Calls an event loop's callback; see callback.c. */
void tusk_callback_run(uint64_t key);
/* Keeps a callable, or with NULL none (UNDEF), in the place of another. May run destructors. */
void tusk_callback_set(zval *handler, zval *callable);
/* Empties what no other callback may find while one waits; see forget.c. */
void tusk_forget(void);
void tusk_forget_request_end(void);
/* The VM was interrupted: did the watchdog want to know where PHP's code is? */
bool tusk_watchdog_interrupted(void);
/* Runs the handlers of pending signals, or ends the script for a time limit. */
void tusk_run_interrupt(void);

/* ---- Rust, called from C ---- */
tusk_task_id tusk_rt_spawn(tusk_coroutine *co, uint32_t group, zend_long *id);
tusk_task_id tusk_rt_adopt(tusk_worker *worker, zend_long *id);
void tusk_rt_callback_waits(uint64_t key);    /* a callback has become a task */
void tusk_rt_started(tusk_task_id task, tusk_worker *worker);
void tusk_rt_finished(tusk_task_id task);
void tusk_rt_scope_member_ended(void *scope, tusk_coroutine *co);
void tusk_rt_next_job(tusk_worker *worker);   /* returns with worker->job set */
bool tusk_rt_step_out(tusk_task_id task);     /* Fiber::suspend() in a coroutine; false: its cancel was thrown */
void tusk_rt_step_in(tusk_task_id task);      /* it returns */
void tusk_rt_call_in(void);                   /* a coroutine that was cancelled there goes on, as a job */
void tusk_rt_unwind(void);                    /* one that nothing can resume is unwound, as a job */
void tusk_rt_run_others(void);                /* the hub: runs whoever is ready, waits if nobody is */
void tusk_rt_main_urgent(void);               /* coroutine 0 runs next */
void tusk_rt_main_resumes(void);              /* coroutine 0 is switched to out of turn */
void tusk_rt_main_ended(void);                /* the main script has: its defers run */
bool tusk_rt_drain(bool cancel);              /* runs what is left at the end of the script */
void tusk_rt_request_end(void);
bool tusk_rt_is_cancelled(tusk_task_id task);
void tusk_rt_pool_job_ended(tusk_worker *worker); /* its leases go back */
void tusk_rt_pool_upkeep(void);               /* a piece of work of the pools, as a job */

void tusk_throw_misuse(const char *format, ...) ZEND_ATTRIBUTE_FORMAT(printf, 1, 2);

#endif
