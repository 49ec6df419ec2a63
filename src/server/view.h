/* view.h - what the pages say about a process and its jobs at one instant, as plain data: a page is
 * a function of it, and a test makes one by hand. Everything lives in the arena of the request, or
 * in the job's watch. */
#pragma once
#include "connector/ingest.h"
#include "http/http.h"
#include "run/job.h"

enum view_state {
    VIEW_RUNNING,
    VIEW_STOPPING, /* POST /jobs/:id/stop: Flink says RUNNING until the last checkpoint is taken */
    VIEW_CANCELLING, /* PATCH /jobs/:id, or a signal */
    VIEW_CANCELED,
    VIEW_FINISHED,
    VIEW_FAILED
};

/* Counts of one operator at some time before. */
struct view_mark {
    int64_t at_ms; /* wall clock; 0: there is none */
    uint64_t rows_in, rows_out, bytes, late_rows, filtered_rows, bad_records;
};

struct view_input {
    uint32_t node;
    const char *ship_strategy; /* Flink's word: "FORWARD", "HASH", "GLOBAL", "REBALANCE" */
};

/* One node of the graph. The first part does not change while the job lives. */
struct view_operator {
    char id[33];             /* 32 hex digits, of the uid */
    const char *name;        /* "Source: clicks[1]", "Calc[2]", "Sink: counts[3]" */
    const char *kind;        /* "Calc" */
    const char *description; /* the line of EXPLAIN */
    const char *table;       /* sources and sinks: without catalog and database; else NULL */
    const char *connector;   /* the same */
    bool is_source, is_sink;
    bool is_side;            /* gets only what others leave out: late rows, bad records */
    bool counts_bytes;       /* source or sink: its connector has a format */
    bool publishes;          /* sink: rows can be seen when a checkpoint is complete */
    bool gives_event_time;   /* WATERMARK FOR is evaluated here */
    int64_t idle_timeout_ms; /* of it; 0: never */
    bool has_windows;        /* windows fire here, */
    bool windows_by_clock;   /* of processing time */
    const struct view_input *inputs;
    uint32_t input_count;

    struct job_node_stats now;
    struct view_mark before; /* some seconds ago, for rates and for what has become of late */
    double in_per_second, out_per_second, bytes_per_second;
    int64_t rows_in_ms, rows_out_ms; /* wall clock of the last row seen; 0: none was */
    int64_t watermark_since_ms;      /* when the watermark got the value it has; 0: it has none */
    uint64_t unpublished_rows;       /* sinks that publish */
};

/* One subtask of a vertex. */
struct view_task {
    struct job_task_stats now;
    double in_per_second, out_per_second;
    /* Shares of the last 5 to 10 seconds, together 1; all 0 before any time has passed. */
    double busy, idle, backpressured;
};

struct view_job {
    char id[33];
    const char *name;
    enum view_state state;
    int64_t now_ms, started_ms;
    int64_t ended_ms;    /* -1: it has not */
    int64_t stopping_ms; /* 0: nobody has asked */
    const char *error;   /* VIEW_FAILED */
    uint32_t parallelism, key_groups;
    int64_t checkpoint_interval_ms, checkpoint_timeout_ms, checkpoint_min_pause_ms;
    uint32_t checkpoint_failures_tolerated; /* in a row */
    uint32_t checkpoints_retained;
    const char *checkpoint_directory; /* may be NULL */
    const struct view_operator *operators;
    uint32_t operator_count;
    const struct view_task *tasks; /* by vertex and subtask */
    uint32_t task_count, tasks_done, tasks_waiting_output;
    uint64_t memory_bytes;
    struct job_checkpoint_stats checkpoints;
    const struct job_account *accounts;
    uint32_t account_count;
    uint64_t account_checkpoint; /* 0 with a count of 0: there is none yet */
};

/* The process. */
struct view {
    const char *version;
    int64_t now_ms, started_ms;
    const char *address;
    const struct view_job *jobs;
    uint32_t job_count;
    uint64_t memory_bytes, memory_limit_bytes; /* of the budget; limit 0: none */
    uint64_t resident_bytes;
    double cpu_seconds;
    uint32_t open_files, cores;
    uint64_t machine_bytes;
    const struct ingest_table *ingest;
    uint32_t ingest_count;
    struct http_server_stats http; /* this server's own */
    const char *const *config;     /* key, value, key, value, ... */
    uint32_t config_count;         /* of pairs */
};

static inline bool view_has_ended(const struct view_job *j)
{
    return j->ended_ms >= 0;
}
static inline int64_t view_duration_ms(const struct view_job *j)
{
    return (view_has_ended(j) ? j->ended_ms : j->now_ms) - j->started_ms;
}

/* "RUNNING", as Flink's REST interface calls it. */
const char *view_state_name(enum view_state state);
/* The same of a vertex and of one of its tasks: Flink's ExecutionState. */
const char *view_vertex_state(const struct view_job *j, uint32_t vertex);
const char *view_task_state(const struct view_job *j, const struct view_task *t);

/* ---- vertices: operators that call each other directly. A vertex is its least operator. ---- */
static inline bool view_is_vertex(const struct view_job *j, uint32_t i)
{
    return j->operators[i].now.vertex == i;
}
uint32_t view_next_in_vertex(const struct view_job *j, uint32_t vertex, uint32_t after);
uint32_t view_last_in_vertex(const struct view_job *j, uint32_t vertex);
/* Its subtasks: *count of them. */
const struct view_task *view_tasks(const struct view_job *j, uint32_t vertex, uint32_t *count);
/* "Source: clicks[1] -> Calc[2]", Flink's task name. */
void view_vertex_name(const struct view_job *j, uint32_t vertex, struct buf *out);
/* UINT32_MAX: there is none of that id. */
uint32_t view_find_vertex(const struct view_job *j, struct slice id);

/* NULL: there is none in the history. */
const struct job_checkpoint_info *view_newest_checkpoint(
    const struct view_job *j, enum job_checkpoint_status status);

/* Flink's slots: room for one subtask of each task. A job takes as many as it has workers. */
uint32_t view_slots_taken(const struct view *v);
uint32_t view_slots_total(const struct view *v);

/* What the job as a whole takes in and gives out. */
struct view_totals {
    uint64_t rows_in, rows_out, late_rows, bad_records, filtered_rows, state_bytes;
    double in_per_second, out_per_second;
    int64_t watermark_ms; /* the least of operators that have one; WATERMARK_NONE */
};
void view_totals(const struct view_job *j, struct view_totals *out);
