/* account.h - what became of each row of a source on its way to one INSERT.
 *
 * Every operator counts what it does to rows, for itself; nothing is worked out as a remainder. So
 * that the sums agree is a check of the engine: of what is read, filtered, held in state, dropped,
 * written, and of what a restart repeats.
 *
 * A source row is followed to the first operator where rows end (op_def.passes_rows): a sink, or an
 * aggregation, behind which there are results and no source rows. There is one account for each
 * such end on the way to a sink: of the sources that lead there, together where UNION ALL merges
 * them before it. A row that gets there on two ways is counted on both.
 *
 * The figures are of the job's whole life: each task writes those of its operators into its part of
 * a checkpoint (operator "node-N", state "counters", key u32 subtask), and a restart adds them. */
#pragma once
#include "run/job.h"

struct task;

/* One operator over the life of the job. */
struct account_node {
    uint64_t rows_in; /* sources: records read, bad ones too */
    uint64_t rows_out;
    uint64_t late;
    uint64_t filtered;
    uint64_t bad;
    uint64_t contributed;
    uint64_t pending;
};

/* Accounts of all INSERTs from the figures of the graph's nodes; in `a`. A sink that takes a side
 * output has none: its rows are the late or bad ones of others. */
void account_compute(const struct phys_graph *g, const struct account_node *nodes, struct arena *a,
    struct job_account **out, uint32_t *count);
/* Of every end, also of those that only results get to: the first that does not add up, in words;
 * NULL: all do. */
const char *account_imbalance(
    const struct phys_graph *g, const struct account_node *nodes, struct arena *a);
bool account_adds_up(const struct job_account *account);
/* "clicks -> counts: 1,000 read = 998 contributed + 0 filtered + 1 late + 1 bad + 0 pending" */
void account_print(const struct job_account *account, struct buf *out);
/* A JSON array of objects with the members of struct job_account. */
void account_encode(const struct job_account *accounts, uint32_t count, struct buf *out);

/* ---- the figures of a running job ---- */
struct account;

/* With what a checkpoint stored before; `restore` may be NULL. */
MUST_USE struct err *account_new(const struct phys_graph *g, uint32_t task_count,
    const struct snapshot *restore, struct account **out);
void account_free(struct account *acc); /* NULL is allowed */

/* A task's barrier has passed: keeps the figures of its operators as they are now, and writes them.
 * On the task's thread; w may be NULL. */
void account_cut(struct account *acc, const struct task *t, struct snapshot_writer *w);
/* The next three when all tasks have been cut, and under one lock. Accounts of what was cut last:
 */
void account_write(const struct account *acc, struct buf *out); /* as JSON */
/* They are from now on those that account_read gives. In builds with checks they must add up. */
void account_commit(struct account *acc, uint64_t id);
void account_read(const struct account *acc, struct arena *a, struct job_account **accounts,
    uint32_t *count, uint64_t *id);
