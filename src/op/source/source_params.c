#include "op/source/source_params.h"

#include <inttypes.h>

#include "base/arena.h"
#include "op/codec.h"
#include "op/explain.h"
#include "op/source/source.h"

/* EXPLAIN writes the catalog, the database and the table with commas between them. */
static void explain_table(const char *name, struct buf *out)
{
    for (uint32_t parts = 1; *name; name++) {
        bool separator = *name == '.' && parts < 3;
        parts += separator;
        buf_add_cstr(out, separator ? ", " : (char[2]){*name, 0});
    }
}

void source_params_explain(const void *params, const struct schema *const *inputs,
    const struct schema *output, struct buf *out)
{
    (void)inputs;
    const struct source_params *p = params;
    buf_add_cstr(out, "table=[[");
    explain_table(p->table.name, out);
    if (p->watermark) {
        buf_add_cstr(out, ", watermark=[");
        expr_print(p->watermark->expr, output, out);
        buf_printf(out, "], watermarkEmitStrategy=[%s]",
            p->watermark->on_event ? "on-event" : "on-periodic");
        if (p->watermark->max_future_ms)
            buf_printf(out, ", maxFuture=[%" PRId64 " ms]", p->watermark->max_future_ms);
    }
    buf_add_cstr(out, "]], fields=[");
    explain_fields(output, out);
    buf_add_char(out, ']');
}

static void write_watermark(struct buf *out, const struct source_watermark *w)
{
    codec_write_bool(out, "watermarks", w != NULL);
    if (!w) return;
    codec_write_expr(out, "expr", w->expr);
    codec_write_bool(out, "on_event", w->on_event);
    codec_write_i64(out, "gap", w->on_event_gap);
    codec_write_i64(out, "interval", w->interval_ms);
    codec_write_i64(out, "idle", w->idle_timeout_ms);
    codec_write_i64(out, "max_future", w->max_future_ms);
    codec_write_expr(out, "event_time", w->event_time);
}

void source_params_encode(const void *params, struct buf *out)
{
    const struct source_params *p = params;
    codec_open(out);
    op_table_encode(&p->table, out);
    codec_write_u32s(out, "columns", p->columns, p->column_count);
    op_table_encode_keys(&p->table, out);
    codec_write_bool(out, "bounded", p->bounded);
    write_watermark(out, p->watermark);
    codec_close(out);
}

static bool is_event_time(const struct expr *e)
{
    return e && type_is_timestamp(e->type) && !type_is_wide(e->type);
}

static struct err *read_watermark(struct arena *a, struct json_reader *r,
    const struct schema *output, const struct source_watermark **out)
{
    bool has;
    TRY(codec_read_bool(r, "watermarks", &has));
    *out = NULL;
    if (!has) return NULL;
    struct source_watermark *w = ARENA_NEW(a, struct source_watermark);
    TRY(codec_read_expr(a, r, "expr", output, &w->expr));
    TRY(codec_read_bool(r, "on_event", &w->on_event));
    TRY(codec_read_i64(r, "gap", 0, INT64_MAX, &w->on_event_gap));
    TRY(codec_read_i64(r, "interval", 0, INT64_MAX / 4, &w->interval_ms));
    TRY(codec_read_i64(r, "idle", 0, INT64_MAX / 4, &w->idle_timeout_ms));
    TRY(codec_read_i64(r, "max_future", 0, INT64_MAX / 4, &w->max_future_ms));
    TRY(codec_read_expr(a, r, "event_time", output, &w->event_time));
    bool has_time = w->max_future_ms != 0 || w->event_time;
    if (!is_event_time(w->expr) || (has_time && !is_event_time(w->event_time)))
        FAIL(ERR_CORRUPT, "a watermark or an event time is not a TIMESTAMP(3)");
    *out = w;
    return NULL;
}

struct err *source_params_decode(struct arena *a, struct json_reader *r,
    const struct schema *const *inputs, uint32_t input_count, const struct schema *output,
    void *params)
{
    (void)inputs;
    struct source_params *p = params;
    if (input_count != 0 || !output) FAIL(ERR_CORRUPT, "a source has %u inputs", input_count);
    TRY(codec_enter(r));
    TRY(op_table_decode(a, r, &p->table));
    const struct op_table *t = &p->table;
    if (!t->connector || !t->name || !t->schema || t->schema->count == 0)
        FAIL(ERR_CORRUPT, "a source without connector, table or columns");
    uint32_t last = t->schema->count - 1;
    TRY(codec_read_u32s(a, r, "columns", last, &p->columns, &p->column_count));
    TRY(op_table_decode_keys(a, r, last, &p->table));
    TRY(codec_read_bool(r, "bounded", &p->bounded));
    TRY(read_watermark(a, r, output, &p->watermark));
    return codec_leave(r);
}

const char *source_params_table(const void *params)
{
    return ((const struct source_params *)params)->table.name;
}
