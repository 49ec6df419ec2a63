/* source_errors.h - the bad records of a source as batches of its side output. */
#pragma once
#include "connector/bad_log.h"
#include "op/source/source.h"

struct source_errors {
    const struct op_ctx *ctx;
    struct slice source; /* the table's short name */
    struct bad_log *log;
    struct batch *batch;
    size_t next; /* entry to be given */
};

/* ERR_CORRUPT when the graph wants other columns. ctx->side is there. */
MUST_USE struct err *source_errors_open(
    struct source_errors *e, struct op_ctx *ctx, const char *table_name);
void source_errors_close(struct source_errors *e); /* also without open */
/* Gives what is in the log until `out` is full; *done when the log is empty. */
MUST_USE struct err *source_errors_give(
    struct source_errors *e, int64_t now_ms, struct emit *out, bool *done);
