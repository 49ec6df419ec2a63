/* logic_equal.c - are two nodes the same, their inputs being the same by pointer? Used to share
 * sub-plans, so it is exact: identity (logic_identify.c) is looser. */
#include "base/check.h"
#include "plan/logic/logic.h"

static bool same_exprs(const struct expr *const *a, const struct expr *const *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!expr_equal(a[i], b[i]) || !expr_is_deterministic(a[i])) return false;
    return true;
}

static bool same_u32(const uint32_t *a, const uint32_t *b, uint32_t count)
{
    return count == 0 || memcmp(a, b, count * sizeof *a) == 0;
}

static bool same_options(const struct options *a, const struct options *b)
{
    if (a->count != b->count) return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!slice_eq(a->pairs[i].key, b->pairs[i].key) ||
            !slice_eq(a->pairs[i].value, b->pairs[i].value))
            return false;
    return true;
}

static bool same_table(const struct logic_table *a, const struct logic_table *b)
{
    return slice_eq(slice_of(a->identifier), slice_of(b->identifier)) && a->def == b->def &&
           same_options(&a->options, &b->options) && schema_equal(a->schema, b->schema);
}

static bool same_scan(const struct logic *a, const struct logic *b)
{
    const struct expr *x = a->scan.watermark, *y = b->scan.watermark;
    if (x && y && a->scan.event_time && !expr_equal(a->scan.event_time, b->scan.event_time))
        return false;
    return same_table(a->scan.table, b->scan.table) &&
           same_u32(a->scan.columns, b->scan.columns, a->schema->count) && !x == !y &&
           (!x || expr_equal(x, y));
}

static bool same_values(const struct logic *a, const struct logic *b)
{
    if (a->values.row_count != b->values.row_count) return false;
    for (uint32_t i = 0; i < a->values.row_count; i++)
        for (uint32_t k = 0; k < a->schema->count; k++)
            if (!value_equal(
                    a->schema->fields[k].type, &a->values.rows[i][k], &b->values.rows[i][k]))
                return false;
    return true;
}

static bool same_literal(const struct agg_call *a, const struct agg_call *b, uint32_t arg)
{
    const struct value *x = a->literals ? a->literals[arg] : NULL;
    const struct value *y = b->literals ? b->literals[arg] : NULL;
    return x && y ? value_equal(a->arg_types[arg], x, y) : x == y;
}

static bool same_spec(const struct agg_spec *a, const struct agg_spec *b)
{
    if (a->call.def != b->call.def || a->call.arg_count != b->call.arg_count ||
        a->distinct != b->distinct || a->filter_column != b->filter_column ||
        !same_u32(a->args, b->args, a->call.arg_count))
        return false;
    for (uint32_t i = 0; i < a->call.arg_count; i++)
        if (!same_literal(&a->call, &b->call, i)) return false;
    return true;
}

static bool same_aggregate(const struct logic_aggregate *a, const struct logic_aggregate *b)
{
    if (a->key_count != b->key_count || a->call_count != b->call_count ||
        !same_u32(a->keys, b->keys, a->key_count))
        return false;
    for (uint32_t i = 0; i < a->call_count; i++)
        if (!same_spec(&a->calls[i], &b->calls[i])) return false;
    return true;
}

static bool same_window(const struct window_spec *a, const struct window_spec *b)
{
    return a->kind == b->kind && a->size_ms == b->size_ms && a->slide_ms == b->slide_ms &&
           a->offset_ms == b->offset_ms && a->proctime == b->proctime && a->zoned == b->zoned &&
           a->time_column == b->time_column && a->start_column == b->start_column &&
           a->end_column == b->end_column;
}

static bool same_properties(const struct logic *a, const struct logic *b)
{
    if (a->window.property_count != b->window.property_count) return false;
    for (uint32_t i = 0; i < a->window.property_count; i++)
        if (a->window.properties[i] != b->window.properties[i]) return false;
    return true;
}

static bool same_time_attributes(const struct schema *a, const struct schema *b)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (a->fields[i].type->time_attribute != b->fields[i].type->time_attribute) return false;
    return true;
}

bool logic_equal(const struct logic *a, const struct logic *b)
{
    if (a->kind != b->kind || a->input_count != b->input_count ||
        !schema_equal(a->schema, b->schema) || !same_time_attributes(a->schema, b->schema))
        return false;
    for (uint32_t i = 0; i < a->input_count; i++)
        if (a->inputs[i] != b->inputs[i]) return false;
    switch (a->kind) {
    case LOGIC_SCAN: return same_scan(a, b);
    case LOGIC_VALUES: return same_values(a, b);
    case LOGIC_PROJECT: return same_exprs(a->project.exprs, b->project.exprs, a->schema->count);
    case LOGIC_FILTER: return same_exprs(&a->condition, &b->condition, 1);
    case LOGIC_WATERMARK:
        return a->watermark.column == b->watermark.column &&
               same_exprs(&a->watermark.expr, &b->watermark.expr, 1);
    case LOGIC_AGGREGATE: return same_aggregate(&a->aggregate, &b->aggregate);
    case LOGIC_WINDOW_TABLE: return same_window(&a->window_table, &b->window_table);
    case LOGIC_WINDOW_AGGREGATE:
        return a->window.gives_late == b->window.gives_late &&
               a->window.late_count == b->window.late_count &&
               same_u32(a->window.late, b->window.late, a->window.late_count) &&
               same_window(&a->window.window, &b->window.window) && same_properties(a, b) &&
               same_aggregate(&a->window.aggregate, &b->window.aggregate);
    case LOGIC_UNION:
    case LOGIC_SIDE: return true;
    case LOGIC_LIMIT: return a->limit.offset == b->limit.offset && a->limit.count == b->limit.count;
    case LOGIC_SINK: return false; /* every INSERT writes its own rows */
    }
    UNREACHABLE();
}
