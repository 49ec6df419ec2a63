#include "cli/run_watch.h"

#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/env.h"
#include "cli/result_view.h"
#include "cli/run_jobs.h"
#include "cli/signals.h"
#include "connector/ingest.h"

enum {
    TICK_MS = 50,  /* how soon a signal is seen */
    DRAW_TICKS = 4 /* the screen is redrawn every 200 ms */
};

void run_watch_clear(struct run *r)
{
    if (r->drawn_lines == 0) return;
    fprintf(stderr, "\r\033[%" PRIu32 "A" TERMINAL_CLEAR_BELOW, r->drawn_lines);
    r->drawn_lines = 0;
}

/* A line longer than the window would wrap and spoil the next drawing. */
static void print_cut(struct slice line, bool color)
{
    uint32_t columns, lines;
    terminal_size(&columns, &lines);
    size_t n = line.n < columns ? line.n : columns - 1;
    fprintf(stderr, "%s%.*s%s\n", color ? TERMINAL_DIM : "", (int)n, line.p,
        color ? TERMINAL_RESET : "");
}

static void draw_status(struct run *r)
{
    if (!r->terminal.err_is_terminal || r->quiet_status || r->view) return;
    run_watch_clear(r);
    for (uint32_t i = 0; i < r->started_count; i++) {
        struct running *j = &r->jobs[i];
        if (!j->job) continue;
        struct buf line;
        buf_init(&line, 4096);
        buf_printf(&line, "%s  ", j->result.graph->job_name);
        status_print(&j->status, false, &line);
        print_cut(buf_slice(&line), r->terminal.err_color);
        buf_free(&line);
        r->drawn_lines++;
    }
}

void run_watch_look(struct run *r, struct running *j, struct arena *scratch)
{
    status_look(&j->status, j->job, j->result.graph, env_mono_ns(r->env), scratch);
}

static void stop_on_signal(struct run *r)
{
    int number = signals_take(r->signal_fd);
    if (!number) return;
    if (r->signal) { /* the second one: at once, nothing more is published */
        run_watch_clear(r);
        _exit(128 + number);
    }
    r->signal = number;
    run_watch_clear(r);
    fprintf(stderr, "\r%s: stopping, once more ends at once\n",
        number == SIGINT ? "Ctrl-C" : "SIGTERM");
    ingest_refuse(r->harness.ingest);
    for (uint32_t i = 0; i < r->started_count; i++)
        if (r->jobs[i].job) job_stop(r->jobs[i].job, JOB_STOP);
}

void run_watch_jobs(struct run *r, struct running *until)
{
    struct arena *scratch = arena_new(1 << 12);
    for (uint32_t tick = 0;; tick++) {
        stop_on_signal(r);
        struct running *waiting = NULL;
        for (uint32_t i = 0; i < r->started_count; i++) {
            struct running *j = &r->jobs[i];
            if (!j->job || j == until) continue;
            enum job_state state = job_wait(j->job, 0);
            if (state == JOB_RUNNING)
                waiting = j;
            else
                run_jobs_end(r, j, state, scratch);
        }
        if (until) waiting = until;
        if (!waiting || job_wait(waiting->job, TICK_MS) != JOB_RUNNING) {
            if (!waiting || until) break;
            continue;
        }
        if (tick % DRAW_TICKS) continue;
        for (uint32_t i = 0; i < r->started_count; i++)
            if (r->jobs[i].job) run_watch_look(r, &r->jobs[i], scratch);
        draw_status(r);
        if (r->view) {
            struct buf line;
            buf_init(&line, 4096);
            status_print(&until->status, true, &line);
            result_view_draw(r->view, buf_cstr(&line));
            buf_free(&line);
        }
        arena_reset(scratch);
    }
    arena_free(scratch);
}
