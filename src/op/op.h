/* op.h - contract of operators. An operator is a state machine driven by its task from one thread
 * at a time: it gets batches, gives batches, keeps state, and never blocks, reads a clock or calls
 * up.
 *
 * Emission is bounded. emit_batch() hands a batch on at once; when emit_full() is true afterwards,
 * an operator with more to give saves a cursor, sets `pending` and returns. Its task calls resume()
 * when there is room again, and delivers nothing else (batch, timer, barrier, end) until pending is
 * clear. The input batch stays valid as long as the operator is pending.
 *
 * An err means that the task is dead and the job fails or recovers; it is never retried. */
#pragma once
#include "base/heap.h"
#include "base/mem.h"
#include "state/snapshot.h"
#include "vec/batch.h"

struct env;
struct json_reader;
struct time_zone;

#define OP_TIMER_NONE INT64_MAX

/* Counted by the operator's thread, read by others (relaxed). */
struct op_counters {
    _Atomic uint64_t rows_in;
    _Atomic uint64_t rows_out;
    _Atomic uint64_t bytes;         /* sources: of what was read; sinks: of what was written */
    _Atomic uint64_t late_rows;     /* numLateRecordsDropped */
    _Atomic uint64_t filtered_rows; /* rows a filter let go */
    _Atomic uint64_t bad_records;   /* sources: records skipped by policy */
    _Atomic uint64_t future_rows; /* too far ahead of processing time: held out of the watermark */
    _Atomic uint64_t
        duplicate_keys; /* sources: a record said a member twice; the last one counted */
    /* Where rows end (passes_rows is NULL or false): those that are part of a result or written,
     * and those in state that are not yet. With late and filtered ones that is every row, once. */
    _Atomic uint64_t contributed_rows;
    _Atomic uint64_t pending_rows;
    _Atomic int64_t watermark_ms; /* currentOutputWatermark */
    _Atomic uint64_t state_bytes;
    /* Windows, and local halves of them: when the next one that holds rows fires, UTC; 0: none
     * does. */
    _Atomic int64_t next_fire_ms;
    _Atomic int64_t disk_full_ms; /* sinks: wall clock since when there is no room; 0: there is */
};

/* Event time of one split of a source, for those who ask what holds it back; as the counters. */
struct op_split {
    _Atomic int64_t watermark_ms; /* WATERMARK_NONE before the first */
    _Atomic int64_t last_row_ms;  /* wall clock; 0: it has given none since the job was started */
    _Atomic bool idle;
};
enum { OP_SPLITS_SHOWN = 16 }; /* of one subtask; more are read but not shown */
struct op_splits {
    _Atomic uint32_t count; /* all of them */
    struct op_split shown[OP_SPLITS_SHOWN];
};

/* What an operator is opened with; outlives it. */
struct op_ctx {
    struct arena *arena;       /* task lifetime */
    struct mem_budget *budget; /* named after the operator */
    const char *uid;           /* state identity */
    const char *job_name;
    const struct schema *const *inputs;
    uint32_t input_count;
    const struct schema *output; /* NULL for sinks */
    /* What the operator leaves out of its output but somebody wants: late rows, bad records. NULL:
     * nobody does. Batches of schema `side_output`; emit_full() of `out` speaks for it too. */
    struct emit *side;
    const struct schema *side_output;
    bool combined; /* the input is the output of the local half, see phys_input.combine */
    uint32_t subtask;
    uint32_t parallelism;
    uint32_t key_groups;
    uint32_t batch_rows; /* capacity of output batches */
    const struct time_zone *zone;
    uint64_t seed;
    int64_t now_ms; /* processing time at open */
    bool durable;   /* for connectors, as in connector_params */
    uint64_t owner; /* for connectors, too */
    bool restoring; /* restore() will be called if the operator has one */
    void (*wake)(void *context);
    void *wake_context;
    struct env *env; /* source and sink operators hand it to connectors; others must not use it */
    void *harness;   /* weir test; handed to connectors */
};

/* Where output goes. Implemented by run/ (next operators of the task, exchange) and by the op test
 * harness. */
struct emit {
    MUST_USE struct err *(*batch)(struct emit *out, struct batch *b);
    bool (*full)(const struct emit *out);
};
MUST_USE static inline struct err *emit_batch(struct emit *out, struct batch *b)
{
    return out->batch(out, b);
}
static inline bool emit_full(const struct emit *out)
{
    return out->full(out);
}

enum op_poll { OP_POLL_MORE, OP_POLL_EMPTY, OP_POLL_END };

/* The common head of every operator. */
struct op {
    const struct op_def *def;
    const struct op_ctx *ctx;
    struct op_counters counters;
    struct op_splits *splits; /* sources; NULL: nothing to show. From the task's arena. */
    bool pending;             /* resume() must run before anything else is delivered */
    int64_t timer_ms;         /* next processing-time timer, OP_TIMER_NONE when there is none */
    /* Monotonic ms. Sources: with OP_POLL_EMPTY, when to try again; 0: on wake. Sinks: with
     * `pending`, when to resume because the outside has no room now; 0: at once. Until then a sink
     * takes what is on its way to it. */
    uint64_t wake_ms;
};

/* One const instance per folder in src/op/. Members that an operator does not need are NULL. */
struct op_def {
    const char *name;         /* as EXPLAIN prints it */
    uint32_t state_version;   /* bump when the snapshot layout changes */
    size_t params_size_bytes; /* plan fills this struct; read-only from then on */

    /* Each row that comes in goes out once or is counted as filtered. NULL: never; rows end here
     * and what comes out are results. */
    bool (*passes_rows)(const void *params);
    const char *(*table)(const void *params); /* sources and sinks of tables: its full name */

    MUST_USE struct err *(*open)(const void *params, struct op_ctx *ctx, struct op **op);
    /* Sources, instead of open: the job has finished in an earlier process, which may have ended
     * before what is kept for the job was given up. */
    void (*finished)(const void *params, const struct op_ctx *ctx);
    /* Rows and watermarks (marks) of one input. The task has stamped proctime_ms. With several
     * inputs the marks are each input's own: multi-input operators keep the minimum
     * (op/watermark_min.h). */
    MUST_USE struct err *(*on_batch)(
        struct op *op, uint32_t input, struct batch *b, struct emit *out);
    MUST_USE struct err *(*resume)(struct op *op, struct emit *out);
    /* Processing time has reached timer_ms; now_ms is the task's processing time. */
    MUST_USE struct err *(*on_timer)(struct op *op, int64_t now_ms, struct emit *out);
    /* An input has ended (after its WATERMARK_MAX, if the stop is to fire timers). */
    MUST_USE struct err *(*on_end)(struct op *op, uint32_t input, struct emit *out);
    /* Sources only: reads one batch and emits it. */
    MUST_USE struct err *(*poll)(
        struct op *op, int64_t now_ms, enum op_poll *status, struct emit *out);
    /* Sources: the job is being drained. True: polls go on until OP_POLL_END. */
    bool (*drain)(struct op *op);
    /* A barrier is about to pass. An operator that holds rows back, a local half, sets pending, and
     * its resume() emits them all. */
    void (*before_barrier)(struct op *op);
    /* Barrier reached: everything before it has been processed. */
    MUST_USE struct err *(*snapshot)(struct op *op, struct snapshot_writer *w);
    /* Before the first batch. */
    MUST_USE struct err *(*restore)(struct op *op, const struct snapshot_reader *r);
    /* The checkpoint is durable, and so are all from oldest_id on: nothing before that will ever be
     * restored. */
    MUST_USE struct err *(*checkpoint_complete)(struct op *op, uint64_t id, uint64_t oldest_id);
    /* It will never be: what it wrote is lost, and the next one must not build on it. */
    MUST_USE struct err *(*checkpoint_aborted)(struct op *op, uint64_t id);
    /* All inputs have ended and all output is out: sinks make the rest ready, and publish it when
     * the last checkpoint is complete. */
    MUST_USE struct err *(*finish)(struct op *op);
    void (*close)(struct op *op);

    /* EXPLAIN's attributes inside the parentheses: "select=[a, b], where=[(a > 1)]". */
    void (*explain)(const void *params, const struct schema *const *inputs,
        const struct schema *output, struct buf *out);
    /* Parameters as one JSON object; decode checks everything: ERR_CORRUPT. */
    void (*encode)(const void *params, struct buf *out);
    MUST_USE struct err *(*decode)(struct arena *a, struct json_reader *r,
        const struct schema *const *inputs, uint32_t input_count, const struct schema *output,
        void *params);
};

const struct op_def *op_find(struct slice name);
const struct op_def *const *op_all(size_t *count);
