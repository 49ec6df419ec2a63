/* run.h - one test file in one mode, and what its blocks share while it runs. */
#pragma once
#include "cli/slt/edit.h"
#include "cli/slt/jobs.h"
#include "type/schema.h"

struct config;
struct session;
struct session_relation;

struct slt_mode {
    uint32_t batch;   /* rows */
    uint32_t workers; /* of every job, until a block says otherwise */
    bool restart;     /* checkpoint and restart at one random place */
    bool round_trip;  /* plans are encoded and read back before they run */
    uint64_t seed;
};

/* What came of it. Both are empty when the file passed. */
struct slt_outcome {
    struct buf problems;    /* what failed, for a person */
    struct slt_edits edits; /* what --bless would write */
};

/* Runs the file; everything but the outcome is gone afterwards. The texts of the outcome's edits
 * live in `a`. */
void slt_run_file(struct arena *a, struct env *env, const struct slt_file *f,
    const struct slt_mode *mode, bool color, struct slt_outcome *out);

/* ---- inside the folder: the run as its blocks see it */

/* A table's rows are read in the zone of its first input, as the oracle does. */
struct slt_fed_table {
    const char *name;
    const struct time_zone *zone;
    struct slt_fed_table *next;
};

struct slt_run {
    const struct slt_file *file;
    const struct slt_mode *mode;
    struct slt_outcome *outcome;
    struct arena *arena; /* of the outcome */
    bool color;
    bool stopped; /* the rest of the file makes no sense */

    struct slt_env env;
    struct config *config;
    struct test_store *store;
    struct harness planning; /* what connectors see while statements are planned */
    struct session *session;
    struct slt_jobs jobs;
    struct slt_fed_table *fed_tables;
    size_t disturbed; /* block at which jobs are restarted; SIZE_MAX: none */
    uint64_t random;
    uint64_t queries; /* so far */
};

/* Starts the description of a problem of the block: "file:line: verb ..". The caller appends lines
 * that are indented by four. */
struct buf *slt_report(struct slt_run *r, const struct slt_block *b);
/* The same with an error; its position counts from line `first_line` (0-based) of the file, or of
 * `path` where one is given. Frees e. */
void slt_report_error(struct slt_run *r, const struct slt_block *b, struct err *e);
void slt_report_error_in(
    struct slt_run *r, const struct slt_block *b, const char *path, struct err *e);
/* The error as one line, for comparison with expected texts. */
struct slice slt_error_text(struct arena *a, const struct err *e);

/* The zone of the session, for texts of TIMESTAMP_LTZ. */
MUST_USE struct err *slt_zone(struct slt_run *r, const struct time_zone **out);
/* The table's definition and its place in the store, which is made when it is not there. */
MUST_USE struct err *slt_table(struct slt_run *r, struct arena *a, struct slice name,
    struct session_relation *relation, struct test_table **out);
/* Lets all jobs work through what is due; kills and restores them meanwhile if this is the block
 * to do it at. */
MUST_USE struct err *slt_run_jobs(struct slt_run *r, const struct slt_block *b);
/* The dance of that block: some steps, a checkpoint, some more steps, then `more` if it is not
 * NULL, a restart with another number of workers. */
bool slt_is_disturbed(const struct slt_run *r, const struct slt_block *b);
MUST_USE struct err *slt_disturb_checkpoint(struct slt_run *r);
MUST_USE struct err *slt_disturb_restart(struct slt_run *r);
/* A number below `bound`; bound > 0. */
uint64_t slt_pick(struct slt_run *r, uint64_t bound);

/* ---- verbs. An err is a failure of the block after which the rest makes no sense. */

MUST_USE struct err *slt_do_statement(struct slt_run *r, const struct slt_block *b);
MUST_USE struct err *slt_do_job(struct slt_run *r, const struct slt_block *b);
MUST_USE struct err *slt_do_script(struct slt_run *r, const struct slt_block *b);
MUST_USE struct err *slt_do_query(struct slt_run *r, const struct slt_block *b);
MUST_USE struct err *slt_do_explain(struct slt_run *r, const struct slt_block *b);
MUST_USE struct err *slt_do_expect(struct slt_run *r, const struct slt_block *b);
/* input, watermark, idle, clock, checkpoint, restart, end */
MUST_USE struct err *slt_do_feed(struct slt_run *r, const struct slt_block *b);

/* ---- shared by statements, jobs and queries (statement.c) */

struct session_result;
/* Executes all statements of a text. At most one may leave a job: *found says so, and it is in
 * *job. Positions of errors are in the text. */
MUST_USE struct err *slt_execute(
    struct slt_run *r, struct slice text, struct session_result *job, bool *found);
MUST_USE struct err *slt_start(struct slt_run *r, struct session_result *result,
    const char *result_name, bool query, struct slt_job **out);
/* The error is what the block expects, or is reported and written into the header by --bless.
 * Frees e. True when it was expected. */
bool slt_error_expected(
    struct slt_run *r, const struct slt_block *b, struct err *e, const char *blessed_verb);
/* The store's name of the result of `job NAME`. */
char *slt_result_name(struct arena *a, struct slice name);
