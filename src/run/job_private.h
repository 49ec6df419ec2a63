/* job_private.h - what the files of run/ share about a job. */
#pragma once
#include "base/thread.h"
#include "run/job.h"
#include "run/task.h"

enum { JOB_SNAPSHOT_PART_BYTES_MAX = 1 << 30 }; /* in-memory snapshots of one subtask */

struct account;
struct channel;
struct coordinator;

struct worker {
    struct job *job;
    struct waker waker;
    struct thread thread;
    bool started;
    struct task **tasks;
    uint32_t task_count;
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
    struct coordinator *coordinator; /* of checkpoints; NULL: none are taken */
    uint64_t restored_bytes;         /* of the keyed records to start from, while tasks open */

    struct mutex mutex; /* guards what follows */
    struct condition changed;
    struct account *account; /* a task's cut is its own until it has told that it is made */
    struct err *error;       /* the first failure */
    uint32_t done_count;
};

/* Fills tasks, workers and channels from the graph. */
MUST_USE struct err *job__build(struct job *j);

/* Called by tasks, from any worker. */
void job__task_done(struct job *j);
void job__fail(struct job *j, struct err *e);
void job__fail_locked(struct job *j, struct err *e); /* under the mutex */
void job__wake_all(struct job *j);

/* The body of a worker thread. */
void *worker__run(void *worker);
