/* task.h - one subtask: the operators of a graph that are connected without an exchange, driven as
 * a step function by one thread at a time. A step does a bounded piece of work: finishes what is
 * pending, fires a due timer, takes a checkpoint whose barriers have come, or delivers one batch.
 *
 * Operators of a task call each other directly; between tasks run channels. A task is built by
 * job_build.c, which fills the nodes. */
#pragma once
#include "phys/phys.h"
#include "run/stopwatch.h"
#include "run/waker.h"

struct exchange;
struct gate;
struct job;
struct task;

enum task_status {
    TASK_PROGRESS,  /* call again */
    TASK_WAIT_IN,   /* nothing to read; wake on input, or at *wake_ms */
    TASK_WAIT_OUT,  /* a receiver, or what a sink writes to, has no room; or at *wake_ms */
    TASK_WAIT_TIME, /* nothing to do before *wake_ms */
    TASK_DONE       /* it will never do anything again */
};

/* What the whole job shares with its tasks. Read by workers, written by the job's owner. */
struct task_control {
    _Atomic uint64_t checkpoint_requested; /* id of the checkpoint to take; 0: none yet */
    _Atomic uint64_t checkpoint_begun_ns;  /* monotonic; when that was */
    _Atomic uint64_t checkpoint_completed;
    _Atomic uint64_t checkpoint_oldest;  /* that is kept; goes with checkpoint_completed */
    _Atomic uint64_t checkpoint_aborted; /* the last one that was */
    _Atomic uint64_t checkpoint_last;    /* nothing is done after it; 0: not known yet */
    _Atomic bool sources_paused;
    _Atomic int stop; /* enum task_stop */
};
enum task_stop {
    TASK_RUN,
    TASK_HALT,   /* sources are read no more: the last checkpoint comes */
    TASK_STOP,   /* sources end without the last watermark: windows stay closed */
    TASK_DRAIN,  /* sources end with it: windows fire */
    TASK_ABANDON /* do nothing more */
};

/* Where an operator's output goes within its task. */
struct task_target {
    struct task_node *node;
    uint32_t input;
    bool side; /* gets the side output, not the output */
};

struct task_emit {
    struct emit base;
    struct task_node *node;
};

struct task_node {
    struct task *task;
    const struct op_def *def;
    const void *params;
    struct op *op; /* NULL until opened */
    struct op_ctx ctx;
    struct mem_budget budget;
    struct task_emit emit;
    struct task_emit side; /* op_ctx.side; without marks, but ends and barriers follow it too */
    uint32_t phys_node;    /* index in the graph; a local half has its consumer's producer's */
    bool is_combine;
    uint32_t combines_for; /* a local half's consumer */

    struct task_target *targets;
    uint32_t target_count;
    struct exchange **exchanges;
    bool *exchange_is_side; /* per exchange */
    uint32_t exchange_count;
    struct gate **gates; /* per input; NULL where a node of this task delivers */
    uint32_t input_count;
    uint32_t ended_inputs;
    struct task_node **downstream; /* all nodes reachable inside the task */
    uint32_t downstream_count;

    bool source_ended;
    bool draining;      /* sources: will end by itself */
    bool ended;         /* all output is out and the end was passed on */
    uint64_t wake_ms;   /* sources: when to poll again; 0: whenever woken */
    struct batch *held; /* from a gate, being processed */
    struct gate *held_gate;
    struct batch *marks; /* sources: carries the last watermark */
};

struct task {
    struct job *job;
    struct task_control *control;
    struct env *env;
    uint32_t index; /* in the job */
    uint32_t subtask;
    uint32_t worker;
    struct waker *waker; /* of the worker */
    struct arena *arena;
    struct task_node *nodes; /* inputs before their consumers */
    uint32_t node_count;
    uint32_t next_input;    /* inputs are read in turn */
    uint64_t checkpoint_id; /* the last one taken */
    uint64_t completed_id;  /* the last one whose completion was passed on */
    uint64_t aborted_id;    /* the last one whose failure was passed on */
    bool part_kept;         /* the last part was published: the next may hold changes only */
    bool end_told;          /* every operator has ended, and the coordinator knows */
    bool failed;            /* an operator's error is on its way up */
    int64_t now_ms;         /* processing time of this step */
    uint64_t mono_ns;       /* and its monotonic time */
    uint64_t opened_ns;     /* monotonic; from then on it is idle, back-pressured or else busy */
    struct stopwatch idle, backpressured;
    uint64_t barrier_ns; /* monotonic: when the first barrier came of those awaited; 0: none has */
    /* Of the last part, for readers on other threads; UINT64_MAX: there is none. */
    _Atomic uint64_t start_delay_ns; /* from the checkpoint's begin to the first barrier */
    _Atomic uint64_t align_ns;       /* from there to the last; without inputs there is none */
    enum task_status status;
    _Atomic int shown_status; /* the same for readers on other threads */
};

MUST_USE struct err *task_open(struct task *t, const struct snapshot *restore);
MUST_USE struct err *task_commit(struct task *t, const struct snapshot *restore);
/* *wake_ms: monotonic; UINT64_MAX when only an event can help. */
MUST_USE struct err *task_step(struct task *t, enum task_status *status, uint64_t *wake_ms);
void task_close(struct task *t); /* operators, exchanges; not channels */
