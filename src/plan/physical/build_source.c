/* build_source.c - scans, VALUES, watermarks. */
#include "base/arena.h"
#include "base/config.h"
#include "op/source/source.h"
#include "op/values/values.h"
#include "op/watermark/watermark.h"
#include "plan/physical/build.h"

/* Common options are not in the connector's table, so their text is read here. They were validated
 * when the table was bound. */
static bool option_is(const struct options *o, const char *key, const char *value)
{
    struct slice text;
    return option_find(o, key, &text) && slice_eq(text, slice_of(value));
}

static int64_t idle_timeout_ms(struct build *b, const struct options *o)
{
    struct slice text;
    int64_t ms = 0;
    if (option_find(o, "scan.watermark.idle-timeout", &text)) {
        struct err *e = option_parse_duration(text, &ms);
        if (!e) return ms;
        err_free(e);
    }
    return config_duration_ms(b->params->config, "table.exec.source.idle-timeout");
}

static const struct source_watermark *source_watermark(struct build *b, const struct logic *l)
{
    if (!l->scan.watermark) return NULL;
    const struct options *o = &l->scan.table->options;
    struct source_watermark *w = ARENA_NEW(b->arena, struct source_watermark);
    w->expr = l->scan.watermark;
    w->on_event = option_is(o, "scan.watermark.emit.strategy", "on-event");
    w->on_event_gap = 1;
    struct slice gap;
    if (option_find(o, "scan.watermark.emit.on-event.gap", &gap))
        (void)num_parse_i64(gap, &w->on_event_gap);
    w->interval_ms = config_duration_ms(b->params->config, "pipeline.auto-watermark-interval");
    w->idle_timeout_ms = idle_timeout_ms(b, o);
    w->max_future_ms = l->scan.max_future_ms;
    w->event_time = l->scan.event_time;
    return w;
}

struct op_table build_table(const struct logic_table *t)
{
    return (struct op_table){.connector = t->def->name,
        .options = t->options,
        .name = t->identifier,
        .schema = t->schema,
        .primary_key = t->primary_key,
        .primary_key_count = t->primary_key_count,
        .partition_keys = t->partition_keys,
        .partition_key_count = t->partition_key_count};
}

void build_scan(struct build *b, const struct logic *l)
{
    const struct logic_table *t = l->scan.table;
    struct source_params *p = ARENA_NEW(b->arena, struct source_params);
    *p = (struct source_params){.table = build_table(t),
        .columns = l->scan.columns,
        .column_count = l->schema->count,
        .bounded = t->bounded,
        .watermark = source_watermark(b, l)};
    build_add(b, l, &source_op, p, l->schema, NULL, 0);
}

void build_values(struct build *b, const struct logic *l)
{
    struct values_params *p = ARENA_NEW(b->arena, struct values_params);
    *p = (struct values_params){l->schema, l->values.rows, l->values.row_count};
    build_add(b, l, &values_op, p, l->schema, NULL, 0);
}

void build_watermark(struct build *b, const struct logic *l)
{
    struct watermark_params *p = ARENA_NEW(b->arena, struct watermark_params);
    *p = (struct watermark_params){.rowtime_column = l->watermark.column,
        .expr = l->watermark.expr,
        .interval_ms = config_duration_ms(b->params->config, "pipeline.auto-watermark-interval"),
        .idle_timeout_ms = config_duration_ms(b->params->config, "table.exec.source.idle-timeout"),
        .max_future_ms = l->watermark.max_future_ms};
    struct phys_input in = build_forward(b, l->inputs[0]);
    build_add(b, l, &watermark_op, p, l->schema, &in, 1);
}
