/* job.h - one running physical graph: tasks on worker threads (or stepped by the caller),
 * checkpoints, stop, failure, figures. The owner's calls come from one thread; workers never call
 * out.
 *
 * Workers share nothing but channels. Subtask i of every task runs on worker i, so a record that
 * stays in its key group stays in its core's cache. */
#pragma once
#include "phys/phys.h"

struct job;

enum { JOB_PARALLELISM_MAX = 128 };

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
    const struct snapshot *restore; /* NULL: from the beginning; may be freed after job_start */
};

enum job_state { JOB_RUNNING, JOB_FINISHED, JOB_STOPPED, JOB_FAILED };

MUST_USE struct err *job_start(const struct job_params *params, struct job **out);
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
/* Why it failed; owned by the job; NULL otherwise. */
const struct err *job_error(const struct job *j);
/* Sources end; what is under way is finished and sinks publish. drain: windows fire. */
void job_stop(struct job *j, bool drain);
/* Something outside has changed (rows were fed): sources are polled again at once. */
void job_wake(struct job *j);

/* Takes a checkpoint and waits for it (steps the job when it has no threads). The snapshot is the
 * caller's. A finished job gives its final state. */
MUST_USE struct err *job_checkpoint(struct job *j, struct snapshot **out);
uint64_t job_completed_checkpoint(const struct job *j); /* id; 0: none */

/* Figures of one operator over all its subtasks; approximate while the job runs. */
struct job_node_stats {
    const char *name;
    uint32_t phys_node;
    bool is_source;
    bool is_sink;
    uint64_t rows_in;
    uint64_t rows_out;
    uint64_t late_rows;
    uint64_t filtered_rows;
    uint64_t bad_records;
    uint64_t state_bytes;
    int64_t watermark_ms; /* minimum over subtasks; WATERMARK_NONE before the first */
};
struct job_stats {
    uint32_t node_count;
    const struct job_node_stats *nodes; /* of the graph's nodes, same index */
    uint32_t tasks_waiting_input;
    uint32_t tasks_waiting_output;
    uint32_t tasks_done;
    uint32_t task_count;
    uint64_t memory_bytes; /* charged to the job */
};
void job_stats(const struct job *j, struct arena *a, struct job_stats *out);
