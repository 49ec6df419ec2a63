#include <stdatomic.h>

#include "base/env.h"
#include "run/job_private.h"

enum {
    STEPS_IN_A_ROW = 8 /* a task keeps its data in cache for that long before the next one's turn */
};

/* Steps one task while it makes progress. False after a failure. */
static bool run_task(struct task *t, bool *progress, uint64_t *wake_ms)
{
    enum task_status status = TASK_PROGRESS;
    for (int i = 0; i < STEPS_IN_A_ROW && status == TASK_PROGRESS; i++) {
        uint64_t wake;
        struct err *e = task_step(t, &status, &wake);
        if (e) {
            job__fail(t->job, e);
            return false;
        }
        if (status == TASK_PROGRESS)
            *progress = true;
        else if (wake < *wake_ms)
            *wake_ms = wake;
    }
    return true;
}

static bool abandoned(const struct job *j)
{
    return atomic_load_explicit(&j->control.stop, memory_order_relaxed) == TASK_ABANDON;
}

/* One round over all tasks of the worker. False when the worker has to leave. */
static bool run_round(struct worker *w, bool *progress, uint64_t *wake_ms, uint32_t *done)
{
    *progress = false;
    *wake_ms = UINT64_MAX;
    *done = 0;
    for (uint32_t i = 0; i < w->task_count; i++) {
        if (abandoned(w->job)) return false;
        if (w->tasks[i]->status == TASK_DONE) {
            (*done)++;
            continue;
        }
        if (!run_task(w->tasks[i], progress, wake_ms)) return false;
    }
    return true;
}

void *worker__run(void *context)
{
    struct worker *w = context;
    struct env *env = w->job->params.env;
    bool progress;
    uint64_t wake_ms;
    uint32_t done;
    while (run_round(w, &progress, &wake_ms, &done) && done < w->task_count) {
        if (progress) continue;
        waker_prepare(&w->waker);
        if (!run_round(w, &progress, &wake_ms, &done)) break;
        uint64_t now_ns = env_mono_ns(env);
        if (progress || (wake_ms != UINT64_MAX && wake_ms * 1000000 <= now_ns)) {
            waker_cancel(&w->waker);
            continue;
        }
        waker_sleep(&w->waker, wake_ms == UINT64_MAX ? UINT64_MAX : wake_ms * 1000000 - now_ns);
    }
    return NULL;
}
