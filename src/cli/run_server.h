/* run_server.h - the part of `weir run` that is watched from outside: Flink's REST paths, /metrics,
 * and jobs that are stopped by a request. A script without INSERT has none of it. */
#pragma once
#include "cli/run_jobs.h"

/* Before the first job starts; says nothing yet. A port that was asked for and is in use is an
 * error, another is replaced by a free one. Does nothing when it is open. */
MUST_USE struct err *run_server_open(struct run *r);
void run_server_add(struct run *r, struct running *j);
/* All jobs of the script run: /readyz says so, and a line on stderr where to look if one of them
 * does not end by itself. */
void run_server_ready(struct run *r);
/* Stops the jobs that requests have asked for. Called by the loop that watches jobs. */
void run_server_obey(struct run *r);
/* A signal stops all jobs. */
void run_server_stopping(struct run *r);
/* Before the job is freed. */
void run_server_end(struct run *r, struct running *j, enum job_state state);
void run_server_close(struct run *r);
