/* watch.h - one job that is being watched: what it is, taken from its graph at the start, and its
 * figures, looked at every second. Callers lock. */
#pragma once
#include "server/server.h"
#include "server/view.h"

enum {
    WATCH_LOOK_MS = 1000,
    WATCH_MARK_MS = 5000 /* rates and "of late" are of the last 5 to 10 seconds */
};

struct watch;

struct watch *watch_new(struct env *env, const struct server_job *job);
void watch_free(struct watch *w);
const char *watch_id(const struct watch *w);
/* Takes figures, so that later looks know what has changed since. */
void watch_look(struct watch *w);
/* Somebody has asked the job to stop. False if it has ended, or somebody had asked before. */
bool watch_stop(struct watch *w, enum view_state state);
/* The last figures; the job is not touched any more. */
void watch_end(struct watch *w, enum job_state state, const char *error);
/* Good until the next call. */
void watch_view(struct watch *w, struct view_job *out);
