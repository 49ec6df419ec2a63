/* run_jobs.h - the jobs of `weir run`: started together, watched until all have ended, stopped by
 * signals. One process runs one script, so one struct run; what run.c, run_jobs.c and
 * run_watch.c share is in it. */
#pragma once
#include "base/mem.h"
#include "cli/run_recovery.h"
#include "cli/script.h"
#include "cli/status.h"
#include "cli/terminal.h"
#include "connector/harness.h"
#include "plan/session.h"
#include "run/job.h"

struct config;
struct result_view;
struct run_server;

/* One job and what the plan it runs lives in. */
struct running {
    struct session_result result; /* owns the graph's arena */
    struct job *job;              /* NULL once it has ended and was reported */
    struct run_recovery recovery;
    struct status status;
    bool is_query;
    bool prints;       /* to standard output */
    bool told_failure; /* that the last checkpoint has failed */
    bool told_pause;
    bool told_full;
    bool told_account;
    bool is_stopping;   /* a request has asked for it */
    char server_id[33]; /* by which the REST interface calls it */
};

enum { RUN_JOBS_MAX = 256 };

struct run {
    struct arena *arena;
    struct env *env;
    struct config *config;
    struct session *session;
    struct terminal terminal;
    struct script script;
    struct mem_budget budget; /* of the process */
    struct harness harness;   /* of jobs: http tables */
    uint32_t announced;       /* http tables whose address was printed */
    int signal_fd;
    int signal;       /* the first one taken; 0: none */
    uint64_t read_ns; /* since the signal: when standard output took something last */
    bool failed;
    bool quiet_status;      /* `print` writes to the same terminal */
    bool told_no_directory; /* that jobs will not resume: once is enough */
    struct running *jobs;
    uint32_t job_count;
    uint32_t started_count;
    uint32_t drawn_lines;
    struct result_view *view;  /* of the SELECT that runs */
    struct run_server *server; /* NULL: there was no INSERT yet */
};

/* Tells the error and notes that the run has failed; frees it. */
void run_jobs_report(struct run *r, struct err *e);
/* One message for the person, on standard error: "weir: ..". */
void run_jobs_say(struct run *r, const char *fmt, ...) PRINTF(2, 3);

/* Takes the result over: the job starts with run_jobs_start. */
MUST_USE struct err *run_jobs_add(struct run *r, struct session_result *result);
/* Jobs are started together, when the script has been read to its end or to a SELECT: an error in a
 * later statement then starts nothing. */
void run_jobs_start(struct run *r);
/* Starts what waits, then runs a SELECT to its end and shows its rows. */
MUST_USE struct err *run_jobs_query(struct run *r, struct session_result *result);
/* Reports the end of a job once and gives its memory back. */
void run_jobs_end(struct run *r, struct running *j, enum job_state state, struct arena *scratch);
