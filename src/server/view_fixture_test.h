/* view_fixture_test.h - a job made by hand: clicks -> Calc | WindowAggregate -> counts, 60 s after
 * its start. Tests change a figure and look at what a page says. */
#pragma once
#include <string.h>

#include "server/view.h"
#include "vec/batch.h"

#define FIXTURE_NOW_MS INT64_C(1767225660000) /* 2026-01-01 00:01:00 */

enum { FIXTURE_SOURCE, FIXTURE_CALC, FIXTURE_WINDOW, FIXTURE_SINK, FIXTURE_OPERATORS };
enum { FIXTURE_TASKS = 4 }; /* two subtasks of each vertex */

struct fixture {
    struct view view;
    struct view_job job;
    struct view_operator operators[FIXTURE_OPERATORS];
    struct view_task tasks[FIXTURE_TASKS];
    struct view_input inputs[FIXTURE_OPERATORS];
    struct job_split_stats splits[2];
    struct ingest_table ingest;
    struct job_account account;
    const char *config[2];
};

static inline void fixture_operator(
    struct fixture *f, uint32_t i, const char *name, const char *kind, uint32_t vertex)
{
    struct view_operator *o = &f->operators[i];
    o->name = name;
    o->kind = o->description = kind;
    snprintf(o->id, sizeof o->id, "%032x", i + 1);
    o->now = (struct job_node_stats){.name = kind,
        .phys_node = i,
        .rows_in = 1000,
        .rows_out = 1000,
        .watermark_ms = FIXTURE_NOW_MS - 2000,
        .vertex = vertex,
        .subtasks = 2};
    o->before = (struct view_mark){.at_ms = FIXTURE_NOW_MS - 8000, .rows_in = 800, .rows_out = 800};
    o->in_per_second = o->out_per_second = 25;
    o->rows_in_ms = o->rows_out_ms = FIXTURE_NOW_MS - 100;
    o->watermark_since_ms = FIXTURE_NOW_MS - 200;
    f->inputs[i] = (struct view_input){i ? i - 1 : 0, i == FIXTURE_WINDOW ? "HASH" : "FORWARD"};
    o->inputs = &f->inputs[i];
    o->input_count = i > 0;
}

/* A quarter of the time they were busy, the rest idle. */
static inline void fixture_tasks(struct fixture *f)
{
    for (uint32_t i = 0; i < FIXTURE_TASKS; i++) {
        bool reads = i < 2;
        f->tasks[i] = (struct view_task){.now = {.vertex = reads ? FIXTURE_SOURCE : FIXTURE_WINDOW,
                                             .subtask = i % 2,
                                             .rows_in = reads ? 0 : 500,
                                             .rows_out = reads ? 500 : 0,
                                             .busy_ns = UINT64_C(15000000000),
                                             .idle_ns = UINT64_C(45000000000)},
            .busy = 0.25,
            .idle = 0.75};
    }
}

static inline void fixture_make(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    fixture_operator(f, FIXTURE_SOURCE, "Source: clicks[1]", "TableSourceScan", 0);
    fixture_operator(f, FIXTURE_CALC, "Calc[2]", "Calc(select=[a], where=[(a > 2)])", 0);
    fixture_operator(f, FIXTURE_WINDOW, "WindowAggregate[3]", "WindowAggregate", 2);
    fixture_operator(f, FIXTURE_SINK, "Sink: counts[4]", "Sink", 2);
    struct view_operator *source = &f->operators[FIXTURE_SOURCE];
    source->is_source = source->gives_event_time = true;
    source->table = "clicks";
    source->now.splits = f->splits;
    source->now.split_count = source->now.split_shown_count = 2;
    for (uint32_t i = 0; i < 2; i++)
        f->splits[i] =
            (struct job_split_stats){0, i, FIXTURE_NOW_MS - 2000 + i, FIXTURE_NOW_MS - 100, false};
    struct view_operator *sink = &f->operators[FIXTURE_SINK];
    sink->is_sink = true;
    sink->table = "counts";
    fixture_tasks(f);
    f->job = (struct view_job){.id = "0123456789abcdef0123456789abcdef",
        .name = "counts",
        .now_ms = FIXTURE_NOW_MS,
        .started_ms = FIXTURE_NOW_MS - 60000,
        .ended_ms = -1,
        .parallelism = 2,
        .key_groups = 128,
        .checkpoint_interval_ms = 10000,
        .checkpoint_timeout_ms = 60000,
        .checkpoint_min_pause_ms = 500,
        .checkpoint_failures_tolerated = 2,
        .checkpoints_retained = 1,
        .checkpoint_directory = "/chk",
        .operators = f->operators,
        .operator_count = FIXTURE_OPERATORS,
        .tasks = f->tasks,
        .task_count = FIXTURE_TASKS};
    f->job.checkpoints.completed = f->job.checkpoints.history_count = 1;
    f->job.checkpoints.history[0] = (struct job_checkpoint_info){.id = 9,
        .status = JOB_CHECKPOINT_COMPLETED,
        .begun_ms = FIXTURE_NOW_MS - 4000,
        .completed_ms = FIXTURE_NOW_MS - 3900,
        .size_bytes = 100,
        .full_size_bytes = 200};
    f->account = (struct job_account){.sink = "counts",
        .source = "clicks",
        .read = 15,
        .contributed = 5,
        .filtered = 4,
        .late = 3,
        .bad = 2,
        .pending = 1};
    f->job.accounts = &f->account;
    f->job.account_count = 1;
    f->ingest = (struct ingest_table){.table = "clicks",
        .url = "http://127.0.0.1:8080/clicks",
        .log_directory = "/log",
        .sample = "",
        .log_bytes = 10,
        .log_bytes_max = 1000};
    f->config[0] = "parallelism.default";
    f->config[1] = "2";
    f->view = (struct view){.version = "1",
        .now_ms = FIXTURE_NOW_MS,
        .started_ms = FIXTURE_NOW_MS - 61000,
        .address = "127.0.0.1:8081",
        .jobs = &f->job,
        .job_count = 1,
        .cores = 2,
        .ingest = &f->ingest,
        .ingest_count = 1,
        .config = f->config,
        .config_count = 1};
}
