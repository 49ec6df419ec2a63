/* job_private.h - what the files of run/ share about a job. */
#pragma once
#include "base/thread.h"
#include "run/job.h"
#include "run/task.h"

enum { JOB_SNAPSHOT_PART_BYTES_MAX = 1 << 30 }; /* in-memory snapshots of one subtask */

struct channel;

struct worker {
    struct job *job;
    struct waker waker;
    struct thread thread;
    bool started;
    struct task **tasks;
    uint32_t task_count;
};

/* What a task has delivered for checkpoints. */
struct job_part {
    struct snapshot_part part; /* checkpoint_id 0: none yet */
    bool final;                /* the task has ended: it holds for every later checkpoint */
};

struct job {
    struct job_params params;
    struct arena *arena;
    struct mem_budget budget;
    struct task_control control;
    struct task *tasks;
    uint32_t task_count;
    struct worker *workers;
    uint32_t worker_count;
    struct channel **channels; /* all of them, for freeing */
    uint32_t channel_count;
    uint32_t channel_capacity;

    struct mutex mutex; /* guards what follows */
    struct condition changed;
    struct err *error; /* the first failure */
    uint32_t done_count;
    struct job_part *parts; /* per task */
    uint64_t pending_id;    /* checkpoint under way; 0: none */
    uint64_t next_id;
    struct snapshot *latest;     /* of the last completed checkpoint, until somebody takes it */
    uint64_t next_checkpoint_ns; /* monotonic */
};

/* Fills tasks, workers and channels from the graph. */
MUST_USE struct err *job__build(struct job *j);

/* Called by tasks, from any worker; the part's bytes change hands. */
void job__take_part(struct job *j, uint32_t task, const struct snapshot_part *part);
void job__take_final_part(struct job *j, uint32_t task, const struct snapshot_part *part);
void job__fail(struct job *j, struct err *e);
void job__wake_all(struct job *j);

/* The body of a worker thread. */
void *worker__run(void *worker);
