/* run_watch.h - the loop that looks after running jobs: signals, ends, status lines on
 * the terminal. */
#pragma once

struct arena;
struct run;
struct running;

/* Looks after running jobs until `until` has ended, or all have when it is NULL. */
void run_watch_jobs(struct run *r, struct running *until);
/* Returns when standard output takes something; ends the process if a signal comes first. */
void run_watch_stdout(struct run *r);
void run_watch_clear(struct run *r);
void run_watch_look(struct run *r, struct running *j, struct arena *scratch);
