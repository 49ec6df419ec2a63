#include "op/source/source_errors.h"

#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "op/op_util.h"

const struct schema *source_error_schema(struct arena *a)
{
    static const char *const names[] = {[SOURCE_ERROR_TIME] = "error_time",
        [SOURCE_ERROR_SOURCE] = "source",
        [SOURCE_ERROR_POSITION] = "position",
        [SOURCE_ERROR_FIELD] = "field",
        [SOURCE_ERROR_REASON] = "reason",
        [SOURCE_ERROR_PAYLOAD] = "payload"};
    struct type_field fields[SOURCE_ERROR_COLUMNS];
    for (int i = 0; i < SOURCE_ERROR_COLUMNS; i++)
        fields[i] = (struct type_field){.name = slice_of(names[i]),
            .type = type_new(a, TYPE_VARCHAR, TYPE_LENGTH_MAX, 0, i == SOURCE_ERROR_FIELD)};
    fields[SOURCE_ERROR_TIME].type = type_new(a, TYPE_TIMESTAMP_LTZ, 3, 0, false);
    fields[SOURCE_ERROR_PAYLOAD].type = type_new(a, TYPE_VARBINARY, TYPE_LENGTH_MAX, 0, false);
    return schema_new(a, fields, SOURCE_ERROR_COLUMNS);
}

struct err *source_errors_open(struct source_errors *e, struct op_ctx *ctx, const char *table_name)
{
    e->ctx = ctx;
    if (!schema_equal(ctx->side_output, source_error_schema(ctx->arena)))
        FAIL(ERR_CORRUPT, "a source has other columns for its bad records");
    const char *dot = strrchr(table_name, '.');
    e->source = slice_of(dot ? dot + 1 : table_name);
    e->log = bad_log_new(ctx->budget);
    e->batch = batch_new(ctx->side_output, ctx->batch_rows);
    return NULL;
}

void source_errors_close(struct source_errors *e)
{
    bad_log_free(e->log);
    batch_free(e->batch);
}

static void set_text(struct batch *b, uint32_t column, struct slice text)
{
    struct column *c = b->columns[column];
    if (column == SOURCE_ERROR_FIELD && !text.p) {
        column_set_null(c, b->rows);
        return;
    }
    column_set_valid(c, b->rows);
    ((struct str *)c->data)[b->rows] = str_view(text.p, (uint32_t)text.n);
}

static void append(struct source_errors *e, const struct bad_entry *entry, int64_t now_ms)
{
    struct batch *b = e->batch;
    column_set_valid(b->columns[SOURCE_ERROR_TIME], b->rows);
    ((int64_t *)b->columns[SOURCE_ERROR_TIME]->data)[b->rows] = now_ms;
    set_text(b, SOURCE_ERROR_SOURCE, e->source);
    set_text(b, SOURCE_ERROR_POSITION, entry->position);
    set_text(b, SOURCE_ERROR_FIELD, entry->field);
    set_text(b, SOURCE_ERROR_REASON, entry->reason);
    set_text(b, SOURCE_ERROR_PAYLOAD, entry->payload);
    b->rows++;
}

struct err *source_errors_give(
    struct source_errors *e, int64_t now_ms, struct emit *out, bool *done)
{
    size_t count = bad_log_count(e->log);
    while (e->next < count && !emit_full(out)) {
        batch_clear(e->batch);
        e->batch->proctime_ms = now_ms;
        while (e->next < count && e->batch->rows < e->batch->capacity)
            append(e, bad_log_get(e->log, e->next++), now_ms);
        TRY(emit_batch(e->ctx->side, e->batch));
    }
    *done = count == 0 || (e->next == count && !emit_full(out));
    if (!*done || count == 0) return NULL;
    bad_log_clear(e->log); /* nobody is at the texts any more */
    e->next = 0;
    return NULL;
}
