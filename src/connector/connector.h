/* connector.h - contract of sources and sinks. One const struct connector_def per folder. They
 * reach the world through env only and never block for long: a poll with nothing to give says so.
 */
#pragma once
#include "base/env.h"
#include "base/mem.h"
#include "base/option.h"
#include "format/format.h"

struct bad_log;

struct connector_params {
    struct env *env;
    const struct options *options; /* validated */
    const char *table_name;
    const struct schema *schema; /* source: the columns wanted (projected), by name; sink: all */
    const struct schema *table_schema; /* all physical columns of the table */
    const uint32_t *primary_key;       /* indexes into table_schema */
    uint32_t primary_key_count;
    const uint32_t *partition_keys; /* PARTITIONED BY, indexes into table_schema */
    uint32_t partition_key_count;
    const struct time_zone *zone;
    uint32_t subtask;
    uint32_t parallelism;
    uint32_t batch_rows;
    uint64_t seed;
    struct mem_budget *budget;
    const char *job_name; /* with uid: who reads or writes, the same after a restart */
    const char *uid;
    /* Checkpoints of the job outlive the process: what was read is needed until
     * source_checkpoint_complete says otherwise. */
    bool durable;
    /* The job's folder of checkpoints: the same after every restart and nobody else's; 0: there is
     * none. */
    uint64_t owner;
    /* Makes the worker poll its sources again at once; any thread, until source_close. NULL:
     * whoever steps the job polls anyway. */
    void (*wake)(void *context);
    void *wake_context;
    void *harness; /* struct harness, or NULL */
    /* Sources: where bad records go, whatever the format's 'ignore-parse-errors' says; NULL: the
     * connector's own way. */
    struct bad_log *bad_log;
    /* Sources that take a row without event time for a bad record (CONNECTOR_NEEDS_TIME): does a
     * row of the batch, from `first` on, lack a computed one? NULL: it is not computed. */
    struct err *(*lacks_time)(void *context, const struct batch *b, uint32_t first, bool *lacks);
    void *time_context;
};

/* ---- sources ---- */

enum source_status {
    SOURCE_ROWS,  /* the batch has rows (or at least a mark) */
    SOURCE_EMPTY, /* nothing now; try again at wake_ms (monotonic env time in ms, 0: only when
                     woken) */
    SOURCE_END    /* this subtask will never give another row */
};

/* Counted by the source, read by anybody (relaxed). */
struct source_counters {
    _Atomic uint64_t records; /* rows given and bad ones: that is what was read */
    _Atomic uint64_t bytes;
    _Atomic uint64_t bad_records;    /* skipped by policy */
    _Atomic uint64_t duplicate_keys; /* the decoder's */
};

/* Splits are parts that can be read independently: a file, a partition, a generator. A source
 * subtask owns the splits that its connector assigns it by (hash or index) % parallelism; nobody
 * else decides, so any parallelism can take over after a restore. Watermarks are kept per split
 * where the connector can tell rows of different splits apart: each batch comes from one split. */
struct source {
    const struct connector_def *def;
    struct source_counters counters;
    uint32_t split;         /* of the batch just given: dense number among this subtask's splits */
    uint32_t split_count;   /* open splits of this subtask; grows as they are discovered */
    uint64_t wake_ms;       /* with SOURCE_EMPTY */
    uint64_t checkpoint_id; /* during source_snapshot: whose; 0: of no checkpoint */
};

struct sink_counters {
    _Atomic uint64_t records;
    _Atomic uint64_t bytes;
};
struct sink {
    const struct connector_def *def;
    struct sink_counters counters;
    uint64_t checkpoint_id; /* during sink_snapshot: whose */
    bool holds;             /* rows are in memory that flush() can give away */
    /* Not 0: there is no room outside (a full disk). Rows on their way are still taken, then
     * flush() is called again at this monotonic time in ms. */
    uint64_t retry_ms;
    int64_t full_ms; /* wall clock since when; 0: there is room */
};

enum connector_flag {
    CONNECTOR_SOURCE = 1 << 0,
    CONNECTOR_SINK = 1 << 1,
    CONNECTOR_WATERMARK_PUSH_DOWN = 1 << 2, /* watermarks per split, inside the source operator */
    CONNECTOR_FORMAT = 1 << 3,              /* takes 'format' = '...' and that format's options */
    CONNECTOR_TEST_ONLY = 1 << 4,           /* exists only in weir test */
    CONNECTOR_NEEDS_TIME = 1 << 5 /* a row without event time is a bad record, not an error */
};

struct connector_def {
    const char *name;
    const char *doc;
    unsigned flags; /* enum connector_flag */
    const struct option_def *options;
    /* Names of options that say where and how much, not what: they may differ from run to run of a
     * job, and are not part of its stored plan. Ends with NULL; may be NULL. */
    const char *const *run_options;
    /* Plan time, after option_validate: combinations, column types. May be NULL. */
    MUST_USE struct err *(*validate)(const struct connector_params *p);
    /* What a source of these options emits, and what a sink accepts; NULL: insert-only, all kinds.
     */
    row_kinds (*source_kinds)(const struct connector_params *p);
    row_kinds (*sink_kinds)(const struct connector_params *p);
    bool (*bounded)(const struct connector_params *p); /* NULL: never */
    /* Overrides CONNECTOR_WATERMARK_PUSH_DOWN by options; may be NULL. */
    bool (*watermark_push_down)(const struct connector_params *p);

    MUST_USE struct err *(*source_open)(const struct connector_params *p, struct source **out);
    /* Appends up to out->capacity rows of one split to the empty batch `out`. A source that adds
     * marks itself speaks for that split from then on: WATERMARK FOR is no longer evaluated. */
    MUST_USE struct err *(*poll)(struct source *s, struct batch *out, enum source_status *status);
    /* Positions of this subtask's splits: put(split id, position) for each, in order of their dense
     * numbers. */
    MUST_USE struct err *(*source_snapshot)(struct source *s,
        void (*put)(void *context, struct slice split, struct slice position), void *context);
    /* Before the first poll: every split of the whole job as stored; the source takes its own. */
    MUST_USE struct err *(*source_restore)(
        struct source *s, struct slice split, struct slice position);
    /* The position in checkpoint oldest_id is the earliest that will ever be restored; with
     * UINT64_MAX, nothing will. May be NULL. */
    MUST_USE struct err *(*source_checkpoint_complete)(
        struct source *s, uint64_t id, uint64_t oldest_id);
    /* The job is to end with all that has come in so far: polls go on until SOURCE_END, which is
     * not far. May be NULL: the source is not polled again. */
    void (*source_drain)(struct source *s);
    void (*source_close)(struct source *s);
    /* Instead of source_open: the job has finished in an earlier process, which may have ended
     * before it gave up what was kept for the job. May be NULL. */
    void (*source_finished)(const struct connector_params *p);

    MUST_USE struct err *(*sink_open)(const struct connector_params *p, struct sink **out);
    MUST_USE struct err *(*write)(struct sink *s, const struct batch *b);
    /* Writes what the sink holds; without room outside it sets retry_ms and goes on holding. Called
     * before sink_snapshot and finish until nothing is held. May be NULL. */
    MUST_USE struct err *(*flush)(struct sink *s);
    /* Everything written so far belongs to the coming checkpoint: bytes to be committed with it. */
    MUST_USE struct err *(*sink_snapshot)(struct sink *s, struct buf *state); /* may be NULL */
    MUST_USE struct err *(*sink_restore)(struct sink *s, struct slice state); /* may be NULL */
    /* Recovery is over, or there was nothing to recover; before the first write, for one subtask
     * after the other. What nobody will need any more may go. May be NULL. */
    MUST_USE struct err *(*sink_recovered)(struct sink *s);
    /* The checkpoint is durable: publish what its snapshot held. Idempotent. */
    MUST_USE struct err *(*sink_checkpoint_complete)(struct sink *s, uint64_t id); /* may be NULL */
    /* All rows have been written: what is left is made ready, and published by a last
     * sink_checkpoint_complete, which comes also (once, with id UINT64_MAX) where no checkpoints
     * are taken. May be followed by a sink_snapshot. */
    MUST_USE struct err *(*finish)(struct sink *s);
    void (*sink_close)(struct sink *s); /* without finish: unpublished data is left for recovery */
};

const struct connector_def *connector_find(struct slice name); /* NULL: there is none */
const struct connector_def *const *connector_all(size_t *count);

/* The connector a table's options name; unknown ones list what there is. for_test admits
 * CONNECTOR_TEST_ONLY. */
MUST_USE struct err *connector_resolve(
    const struct options *o, bool for_test, const struct connector_def **out);
/* Plan time: every option of connector and format is known and valid, then def->validate. Of the
 * params options, table_schema, keys and zone are looked at. */
MUST_USE struct err *connector_validate(
    const struct connector_params *p, const struct connector_def *def);
const struct option_def *connector_common_options(void); /* what every table may say besides */

/* For connectors with a format: the format, and its options without their prefix ("json.",
 * "value.json."), both valid after connector_validate. */
MUST_USE struct err *connector_format(const struct connector_params *p, struct arena *a,
    const struct format_def **format, struct options *options);
/* The table without catalog and database: the end of `identifier`. */
const char *connector_short_name(const char *identifier);
/* The columns that a record holds: all of the table's but the partition keys'. */
const struct schema *connector_record_schema(const struct connector_params *p, struct arena *a);
