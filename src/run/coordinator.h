/* coordinator.h - when a job takes checkpoints, what they are made of, and what becomes of them.
 *
 * One checkpoint at a time: triggered, then every task writes its part (the job goes on as soon as
 * its own is written), then the parts are published, then its tasks are told that it is complete.
 * A failure is told to them as well and nothing of it is kept: the checkpoint fails, not the job.
 * No task writes a part before it has heard what became of the one before.
 *
 * With a store a thread of the coordinator triggers and publishes. Without one parts stay in
 * memory, publishing does nothing, and the calls themselves move things on.
 *
 * The last checkpoint is made when every operator of every task has ended (FINISHED), or when the
 * job is to stop and has a store (STOPPED). When it is complete tasks are done. */
#pragma once
#include "run/job.h"

struct coordinator;

struct coordinator *coordinator_new(struct job *j);
/* Starts the thread if the job has threads and something to do for it. */
MUST_USE struct err *coordinator_start(struct coordinator *c);
void coordinator_free(struct coordinator *c); /* waits for what is being written; NULL is allowed */

/* ---- any thread ---- */
/* Memory for the task's next part, from one before; NULL: none. It is the caller's, and not charged
 * to the budget any more. */
char *coordinator_take_memory(struct coordinator *c, uint32_t task, size_t *bytes);
/* A task has written its part of the checkpoint under way, whose bytes change hands; or it could
 * not for want of memory: then `failure`, which is freed. */
void coordinator_take_part(
    struct coordinator *c, uint32_t task, const struct snapshot_part *part, struct err *failure);
void coordinator_task_ended(struct coordinator *c); /* called once by each task */
/* Something has changed: the job is to stop, or time has passed. */
void coordinator_advance(struct coordinator *c);
/* Nanoseconds until coordinator_advance may do something, UINT64_MAX: only an event can help. */
uint64_t coordinator_wait_ns(const struct coordinator *c);

/* Starts a checkpoint unless one is under way; its id. A job that has had its last one gives that.
 */
uint64_t coordinator_trigger(struct coordinator *c);
/* What became of it. *done = false: nothing yet. An error when it has failed. */
MUST_USE struct err *coordinator_result(struct coordinator *c, uint64_t id, bool *done);
/* The parts of the last complete checkpoint. Only without a store. */
MUST_USE struct err *coordinator_snapshot(struct coordinator *c, struct snapshot **out);

void coordinator_stats(struct coordinator *c, struct job_checkpoint_stats *out);
