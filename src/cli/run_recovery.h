/* run_recovery.h - where the checkpoints of a job of `weir run` go, and what it goes on from:
 *
 *   'execution.checkpointing.dir' / NAME     one folder for each job, from 'pipeline.name'
 *
 * The newest checkpoint of the folder is what the job goes on from, if the plan is the one it was
 * taken with. 'execution.state-recovery.path' names another one to start from. */
#pragma once
#include "base/err.h"
#include "base/str.h"

struct checkpoint_store;
struct job_params;
struct run;
struct running;
struct snapshot;

struct run_recovery {
    char *directory;                /* of this job; NULL: it keeps no checkpoints */
    struct checkpoint_store *store; /* open as long as the job lives */
    struct snapshot *snapshot;      /* to start from; NULL: the beginning */
    uint64_t restored_id;
    int64_t taken_ms; /* of what is restored */
    bool finished;    /* there is nothing to run: taken_ms says since when */
};

/* Every job of the script has a folder of its own, or an error that says how to get one. */
MUST_USE struct err *run_recovery_check(struct run *r);
/* Opens the folder, takes its lock and loads what there is. Call run_recovery_close after it, also
 * after an error. */
MUST_USE struct err *run_recovery_open(struct run *r, struct running *j);
/* Fills what concerns checkpoints; `snapshot` may be freed when the job has started. */
void run_recovery_params(const struct run *r, const struct running *j, struct job_params *out);
/* The job has started: says what it goes on from, where checkpoints go, or that there are none. */
void run_recovery_announce(struct run *r, struct running *j);
void run_recovery_close(struct running *j); /* after job_free; gives the lock back */
