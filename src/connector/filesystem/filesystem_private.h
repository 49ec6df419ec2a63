/* filesystem_private.h - a sink of files: filesystem_sink.c writes and publishes parts,
 * filesystem_recovery.c goes on after a restart. */
#pragma once
#include "connector/filesystem/filesystem.h"
#include "connector/filesystem/part_file.h"

enum { OPEN_PARTS_MAX = 512 /* more partitions at once: the oldest part is finished */ };

/* The part being written for one folder. */
struct bucket {
    char *folder;
    struct part_file *part;
};

/* A finished part that becomes visible with a checkpoint. */
struct pending {
    char *hidden;
    char *final;
    uint64_t checkpoint_id; /* 0: no snapshot holds it yet */
};

struct file_sink {
    struct sink base;
    struct connector_params params;
    struct arena *arena;
    char *path;
    struct slice default_name;
    char *success_name; /* NULL: no success files */
    const struct format_def *format;
    struct options format_options;
    const struct schema *record_schema;
    uint32_t *record_columns; /* of the table */
    struct encoder *encoder;
    bool rolls_at_checkpoint; /* no rolling option was given */
    uint64_t roll_bytes;
    int64_t roll_age_ms, roll_idle_ms;
    /* Names of parts are part-RUN-SUBTASK-EPOCH-NUMBER. The run is drawn at random when the job
     * starts for the first time and kept in its checkpoints, so that nobody else uses its names;
     * the epoch counts checkpoints, so that after a restart none is given a second time. */
    uint64_t run;
    const char *owner;    /* how hidden names end: whose they are */
    uint64_t epoch;       /* of what is written now */
    uint64_t part_number; /* in the epoch */
    bool restored;
    struct bucket buckets[OPEN_PARTS_MAX];
    uint32_t bucket_count;
    struct pending *pending;
    size_t pending_count, pending_capacity;
    struct buf encoded;
    size_t ends[BATCH_ROWS_MAX];
    struct buf folder; /* scratch: of the row at hand */
};

/* filesystem_sink.c: an empty file in the folder of a part, so that readers know that it is
 * complete so far. */
MUST_USE struct err *filesystem__write_success(struct file_sink *s, const char *final);
