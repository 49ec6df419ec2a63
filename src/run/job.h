/* job.h - one running physical graph: tasks on worker threads (or stepped by the caller),
 * checkpoints, stop, failure, figures. The owner's calls come from one thread; workers never call
 * out.
 *
 * Workers share nothing but channels. Subtask i of every task runs on worker i, so a record that
 * stays in its key group stays in its core's cache. */
#pragma once
#include "phys/phys.h"

struct checkpoint_store;
struct job;

enum {
    JOB_PARALLELISM_MAX = 128,
    JOB_CHECKPOINT_FAILURES_MAX = 3 /* in a row, unless params say: more than a hiccup */
};

struct job_params {
    struct env *env;
    const struct phys_graph *graph; /* outlives the job */
    uint32_t parallelism;
    uint32_t batch_rows;
    uint32_t key_groups;
    const struct time_zone *zone;
    struct mem_budget *budget; /* the process'; the job is charged to it */
    uint64_t seed;
    void *harness;                  /* for the connectors 'test' and 'collect' */
    bool threads;                   /* false: the caller drives it with job_step */
    int64_t checkpoint_interval_ms; /* 0: only job_checkpoint */
    bool no_checkpoints; /* nor that: tasks that end do not write their state for later ones */
    bool publish_only;   /* nobody will restore a checkpoint: they publish, and keep no state */
    const struct snapshot *restore; /* NULL: from the beginning; may be freed after job_start */
    /* Where checkpoints are published, by a thread of the job's own; NULL: they stay in memory.
     * The caller's; the job's until job_free. */
    struct checkpoint_store *store;
    uint32_t retained;               /* checkpoints kept in the store; at least 1 */
    uint64_t restored_id;            /* the checkpoint `restore` came from; ids go on from there */
    const char *version;             /* of the program, for the manifest */
    int64_t checkpoint_min_pause_ms; /* between the end of one and the begin of the next */
    int64_t checkpoint_timeout_ms;   /* until all tasks have written their parts; 0: for ever */
    /* So many failures in a row fail the job. 0: JOB_CHECKPOINT_FAILURES_MAX, and those of a full
     * disk never do: after as many the sources rest until one succeeds. */
    uint32_t checkpoint_failures_max;
    bool full_checkpoints; /* each is written whole, not what has changed */
};

enum job_state { JOB_RUNNING, JOB_FINISHED, JOB_STOPPED, JOB_FAILED };

enum job_stop {
    /* With a store: takes a last checkpoint and ends; open windows and half-written parts stay in
     * it. Without: sources end, what is under way is finished, windows are not fired. */
    JOB_STOP,
    JOB_DRAIN /* sources end with the last watermark: windows fire; then a last checkpoint */
};

MUST_USE struct err *job_start(const struct job_params *params, struct job **out);
/* For a job that has finished: what its last checkpoint holds and a crash kept its sinks from
 * publishing is published, and what was kept for it is given up. Opens sinks and nothing else. */
MUST_USE struct err *job_commit(const struct job_params *params);
/* Abandons the job if it still runs: nothing more is published. */
void job_free(struct job *j);

/* ---- without threads ---- */
/* One step of every task. False when nothing is left to do for now. */
bool job_step(struct job *j);
void job_run_until_idle(struct job *j);

/* ---- with threads ---- */
/* Until the job has ended or timeout_ms have passed; triggers checkpoints at their interval. */
enum job_state job_wait(struct job *j, uint64_t timeout_ms);

enum job_state job_state(const struct job *j);
/* What it was started with; `restore` is gone. */
const struct job_params *job_parameters(const struct job *j);
/* Why it failed; owned by the job; NULL otherwise. */
const struct err *job_error(const struct job *j);
void job_stop(struct job *j, enum job_stop how);
/* Something outside has changed (rows were fed): sources are polled again at once. */
void job_wake(struct job *j);

/* Takes a checkpoint and waits for it (steps the job when it has no threads). The snapshot is the
 * caller's. A finished job gives its final state. Only without a store. */
MUST_USE struct err *job_checkpoint(struct job *j, struct snapshot **out);
uint64_t job_completed_checkpoint(const struct job *j); /* id; 0: none */

/* One split of a source, while it is read. */
struct job_split_stats {
    uint32_t subtask;
    uint32_t split;       /* dense number within the subtask */
    int64_t watermark_ms; /* WATERMARK_NONE before the first */
    int64_t last_row_ms;  /* wall clock; 0: none yet */
    bool idle;
};
enum { JOB_SPLITS_SHOWN = 16 }; /* those of a node with the least watermarks */

/* Figures of one operator over all its subtasks; approximate while the job runs. */
struct job_node_stats {
    const char *name;
    uint32_t phys_node;
    bool is_source;
    bool is_sink;
    bool is_side; /* gets only what others leave out: late rows, bad records */
    uint64_t rows_in;
    uint64_t rows_out;
    uint64_t bytes; /* sources and sinks with a format: read or written */
    uint64_t late_rows;
    uint64_t filtered_rows;
    uint64_t bad_records;
    uint64_t future_rows;    /* held out of the watermark */
    uint64_t duplicate_keys; /* members that a JSON record said twice */
    uint64_t state_bytes;
    int64_t disk_full_ms; /* sinks: wall clock since when one waits for room; 0: none does */
    int64_t watermark_ms; /* minimum over subtasks; WATERMARK_NONE before the first */
    int64_t next_fire_ms; /* of the windows that hold rows, in local halves too; 0: none does */
    /* The task it is part of: nodes with the same one call each other directly. */
    uint32_t vertex; /* the least node of the task */
    uint32_t subtasks;
    uint32_t subtasks_done;
    uint32_t subtasks_waiting_output;
    uint32_t split_count; /* sources: all splits there are */
    uint32_t split_shown_count;
    const struct job_split_stats *splits;
};
/* And of one task: one subtask of nodes that call each other directly. */
struct job_task_stats {
    uint32_t vertex; /* as in job_node_stats */
    uint32_t subtask;
    bool done;
    bool waiting_output; /* what follows takes no more now */
    uint64_t rows_in;    /* from other tasks */
    uint64_t rows_out;   /* to other tasks */
    /* All time since it was opened, as Flink parts it: what follows takes no more; nothing is to be
     * done; the rest, with waiting for its turn at the worker. */
    uint64_t backpressured_ns, idle_ns, busy_ns;
    /* Of the last checkpoint; UINT64_MAX: there is none. */
    uint64_t start_delay_ns; /* until its first barrier came here */
    uint64_t align_ns;       /* until the last did; without inputs there is none */
};
struct job_stats {
    uint32_t node_count;
    const struct job_node_stats *nodes; /* of the graph's nodes, same index */
    uint32_t tasks_waiting_input;
    uint32_t tasks_waiting_output;
    uint32_t tasks_done;
    uint32_t task_count;
    const struct job_task_stats *tasks; /* by vertex and subtask */
    uint64_t memory_bytes;              /* charged to the job */
};
void job_stats(const struct job *j, struct arena *a, struct job_stats *out);

/* ---- checkpoints, for those who watch; any thread ---- */
enum job_checkpoint_status {
    JOB_CHECKPOINT_IN_PROGRESS,
    JOB_CHECKPOINT_COMPLETED,
    JOB_CHECKPOINT_FAILED
};
struct job_checkpoint_info {
    uint64_t id;
    enum job_checkpoint_status status;
    int64_t begun_ms; /* wall clock */
    int64_t completed_ms;
    uint64_t size_bytes;           /* written for this one */
    uint64_t full_size_bytes;      /* of all its files */
    uint64_t align_ms, write_ms;   /* until all parts were there; until published */
    char failure[ERR_MESSAGE_MAX]; /* JOB_CHECKPOINT_FAILED: why */
};
enum { JOB_CHECKPOINT_HISTORY = 10 }; /* Flink's web.checkpoints.history */
struct job_checkpoint_stats {
    uint64_t completed, failed, in_progress; /* since this process started the job */
    uint64_t stopped_id; /* the last one of a stopped job, from which it can go on; 0: none */
    uint64_t restored_id;
    int64_t restored_ms; /* wall clock of the restore; 0: not restored */
    bool sources_paused; /* the disk is full: nothing is read until a checkpoint succeeds */
    uint32_t history_count;
    struct job_checkpoint_info history[JOB_CHECKPOINT_HISTORY]; /* newest first */
};
void job_checkpoint_stats(const struct job *j, struct job_checkpoint_stats *out);

/* ---- the account: what became of each row of a source on its way to one INSERT ---- */
struct job_account {
    uint32_t sink_node; /* of the graph */
    uint32_t source_node;
    const char *sink; /* table names */
    const char *source;
    uint64_t read;        /* = the sum of what follows */
    uint64_t contributed; /* written, or part of a result that was */
    uint64_t filtered;
    uint64_t late;
    uint64_t bad;
    uint64_t pending; /* in state, not yet part of a result */
};
/* Over the job's whole life, across restarts. Of the last completed checkpoint, or, when the job
 * has ended, of its end; those add up. *at_checkpoint: 0 when there is none yet: count is 0;
 * UINT64_MAX at the end of a job without checkpoints. */
void job_account(const struct job *j, struct arena *a, struct job_account **accounts,
    uint32_t *count, uint64_t *at_checkpoint);
