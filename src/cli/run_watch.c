#include "cli/run_watch.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/env.h"
#include "cli/result_view.h"
#include "cli/run_jobs.h"
#include "cli/run_server.h"
#include "cli/signals.h"
#include "connector/ingest.h"
#include "run/account.h"

enum {
    TICK_MS = 50,  /* how soon a signal is seen */
    DRAW_TICKS = 4 /* the screen is redrawn every 200 ms */
};
static const uint64_t unread_ns =
    1000000000; /* a pipe that takes nothing for so long is not read */

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

/* A sink that waits for room, and the end of it. */
static void tell_room(struct run *r, struct running *j)
{
    const char *name = j->result.graph->job_name;
    if (j->status.disk_full && !j->told_full)
        run_jobs_say(r, "job '%s' waits: the disk that it writes to is full", name);
    if (!j->status.disk_full && j->told_full) run_jobs_say(r, "job '%s' has room again", name);
    j->told_full = j->status.disk_full;
}

/* A row that is in no figure, or in two, is a bug of the engine: said once, and the job goes on. */
static void tell_account(struct run *r, struct running *j, struct arena *scratch)
{
    struct job_account *accounts;
    uint32_t count;
    uint64_t id;
    job_account(j->job, scratch, &accounts, &count, &id);
    for (uint32_t i = 0; i < count && !j->told_account; i++) {
        if (account_adds_up(&accounts[i])) continue;
        struct buf text;
        buf_init(&text, 1 << 16);
        account_print(&accounts[i], &text);
        run_jobs_say(r, "the account of checkpoint %" PRIu64 " of job '%s' does not add up: %s", id,
            j->result.graph->job_name, buf_cstr(&text));
        buf_free(&text);
        j->told_account = true;
    }
}

/* The first failure in a row, the rest of the sources, and the end of both. */
static void tell_checkpoints(struct run *r, struct running *j)
{
    struct job_checkpoint_stats s;
    job_checkpoint_stats(j->job, &s);
    uint32_t i = s.in_progress ? 1 : 0;
    if (i >= s.history_count) return;
    const struct job_checkpoint_info *last = &s.history[i];
    const char *name = j->result.graph->job_name;
    bool failed = last->status == JOB_CHECKPOINT_FAILED;
    if (failed && !j->told_failure)
        run_jobs_say(r, "checkpoint %" PRIu64 " of job '%s' failed and will be tried again: %s",
            last->id, name, last->failure);
    if (s.sources_paused && !j->told_pause)
        run_jobs_say(r, "job '%s' is paused: the disk of %s is full", name, j->recovery.directory);
    if (!failed && j->told_failure)
        run_jobs_say(r, "checkpoint %" PRIu64 " of job '%s' succeeded: it goes on", last->id, name);
    j->told_failure = failed;
    j->told_pause = s.sources_paused;
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
    r->read_ns = env_mono_ns(r->env);
    run_watch_clear(r);
    fprintf(stderr, "\r%s: stopping, once more ends at once\n",
        number == SIGINT ? "Ctrl-C" : "SIGTERM");
    ingest_refuse(r->harness.ingest);
    run_server_stopping(r);
    for (uint32_t i = 0; i < r->started_count; i++)
        if (r->jobs[i].job) job_stop(r->jobs[i].job, JOB_STOP);
}

static bool stdout_takes(int timeout_ms)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, timeout_ms) != 0; /* an error is for the one who writes */
}

/* After a signal: a worker that waits for somebody to read standard output cannot be stopped, and
 * what it would print nobody wants. Jobs that print nothing are waited for. */
static void end_if_unread(struct run *r)
{
    uint64_t now_ns = env_mono_ns(r->env);
    if (!r->signal) return;
    if (stdout_takes(0)) r->read_ns = now_ns;
    if (now_ns - r->read_ns < unread_ns) return;
    for (uint32_t i = 0; i < r->started_count; i++)
        if (r->jobs[i].job && !r->jobs[i].prints) return;
    run_watch_clear(r);
    fputs("weir: nobody reads standard output: rows are left unprinted\n", stderr);
    _exit(128 + r->signal);
}

void run_watch_stdout(struct run *r)
{
    while (!stdout_takes(TICK_MS)) {
        stop_on_signal(r);
        end_if_unread(r);
    }
}

void run_watch_jobs(struct run *r, struct running *until)
{
    struct arena *scratch = arena_new(1 << 12);
    for (uint32_t tick = 0;; tick++) {
        stop_on_signal(r);
        end_if_unread(r);
        run_server_obey(r);
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
        for (uint32_t i = 0; i < r->started_count; i++) {
            if (!r->jobs[i].job) continue;
            run_watch_look(r, &r->jobs[i], scratch);
            tell_checkpoints(r, &r->jobs[i]);
            tell_room(r, &r->jobs[i]);
            tell_account(r, &r->jobs[i], scratch);
        }
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
