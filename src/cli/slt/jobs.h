/* jobs.h - the jobs of one test file: stepped without threads, told how far they may read, killed
 * and restored.
 *
 * The log lists what happened to tables in the order of the file: rows were fed up to an event
 * number, or a table ended. Each job works through it entry by entry, each time until it is idle,
 * so rows of different tables are processed in the order of the file even by a job that starts late
 * or replays after a restart. An end counts only for jobs that run when it is written. */
#pragma once
#include "cli/slt/virtual.h"
#include "connector/harness.h"
#include "connector/test/test.h"
#include "run/job.h"

struct arena;
struct session_result;
struct slt_jobs;

struct slt_log_entry {
    struct test_table *table; /* NULL: of a table that was dropped */
    uint64_t last;            /* number of the last event fed */
    bool end;
};

struct slt_job {
    struct arena *arena; /* the graph and what it points to */
    const struct phys_graph *graph;
    const struct time_zone *zone;
    const char *result_name; /* in the store; NULL for an INSERT */
    struct harness harness;
    struct job *job;           /* NULL once it has finished */
    struct snapshot *snapshot; /* last completed checkpoint; NULL: none */
    size_t snapshot_at;        /* `at` of that moment */
    uint64_t asked_id;         /* the last checkpoint that was asked for; a later one is the last */
    size_t at;                 /* log entries that it was given */
    size_t started_at;         /* log entries when it started: ends before do not count */
    struct test_table **sources;
    size_t source_count;
    const struct test_table **ended; /* harness.ended; room for source_count */
    uint32_t workers;
    uint32_t batch;
    uint32_t key_groups;
    bool query;      /* a `query`: ends when the log is through */
    bool mini_batch; /* rows may wait for a checkpoint */
    bool failed;
    bool killed; /* about to be restored */
};

enum { SLT_JOBS_MAX = 4096 };

struct slt_jobs {
    struct slt_env *env;
    struct test_store *store;
    struct mem_budget budget;
    uint64_t seed;
    struct slt_log_entry *log;
    size_t log_count, log_capacity;
    struct slt_job **items;
    size_t count, capacity;
};

struct slt_job_params {
    const char *result_name; /* SESSION_QUERY: the store's name for what it gives */
    uint32_t workers;
    uint32_t batch;
    uint32_t key_groups;
    bool query;
    bool mini_batch;
    bool round_trip; /* run a decoded copy of the encoded graph */
};

void slt_jobs_init(
    struct slt_jobs *j, struct slt_env *env, struct test_store *store, uint64_t seed);
void slt_jobs_deinit(struct slt_jobs *j);

/* Starts what the result holds; takes its arena. *out is owned by j. */
MUST_USE struct err *slt_jobs_start(struct slt_jobs *j, struct session_result *result,
    const struct slt_job_params *params, struct slt_job **out);
/* Closes the job and forgets it: a query that is over, a job that should not have started. */
void slt_jobs_remove(struct slt_jobs *j, struct slt_job *job);

/* Events were added to the table. */
void slt_jobs_fed(struct slt_jobs *j, struct test_table *t);
/* The table ends for all jobs that run. */
void slt_jobs_end(struct slt_jobs *j, struct test_table *t);
/* Tables that jobs read and that have not ended for all of them: in order of the jobs' sources. */
size_t slt_jobs_open_tables(const struct slt_jobs *j, struct arena *a, struct test_table ***out);
/* The table is about to be dropped from the store. */
void slt_jobs_forget(struct slt_jobs *j, const struct test_table *t);

/* At most `steps` steps of every job. ERR_LIMIT_EXCEEDED when a job does not come to rest. */
MUST_USE struct err *slt_jobs_step(struct slt_jobs *j, uint64_t steps);
/* Until nothing is left to do. */
MUST_USE struct err *slt_jobs_run(struct slt_jobs *j);
/* Of every running job. The snapshot is what the next restart restores, unless only `flush`. */
MUST_USE struct err *slt_jobs_checkpoint(struct slt_jobs *j, bool flush);
/* Kills every running job and restores it. 0: as many as before. */
MUST_USE struct err *slt_jobs_restart(struct slt_jobs *j, uint32_t workers, uint32_t batch);

bool slt_jobs_running(const struct slt_jobs *j);
/* The first failure, or NULL; borrowed. */
const struct err *slt_jobs_failure(const struct slt_jobs *j);
const struct err *slt_job_failure(const struct slt_job *job);
