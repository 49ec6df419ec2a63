/* trait_window.c - window columns stay window columns through projections and renames (Flink's
 * RelWindowProperties). */
#include "plan/trait/trait.h"

static int32_t position_of(const struct logic *project, int32_t column)
{
    if (column < 0) return -1;
    for (uint32_t i = 0; i < project->schema->count; i++) {
        const struct expr *e = project->project.exprs[i];
        if (e->kind == EXPR_COLUMN && (int32_t)e->column == column) return (int32_t)i;
    }
    return -1;
}

static int32_t position_among(const uint32_t *keys, uint32_t count, int32_t column)
{
    for (uint32_t i = 0; i < count; i++)
        if ((int32_t)keys[i] == column) return (int32_t)i;
    return -1;
}

static void of_window_aggregate(const struct logic *l, struct logic_window *out)
{
    uint32_t first = l->window.aggregate.key_count + l->window.aggregate.call_count;
    *out = (struct logic_window){.spec = l->window.window, .start = -1, .end = -1, .time = -1};
    for (uint32_t i = 0; i < l->window.property_count; i++) {
        int32_t at = (int32_t)(first + i);
        switch (l->window.properties[i]) {
        case WINDOW_START: out->start = at; break;
        case WINDOW_END: out->end = at; break;
        case WINDOW_ROWTIME:
        case WINDOW_PROCTIME: out->time = at; break;
        }
    }
}

bool trait_window(const struct logic *l, struct logic_window *out)
{
    switch (l->kind) {
    case LOGIC_WINDOW_TABLE: {
        int32_t columns = (int32_t)l->schema->count;
        *out = (struct logic_window){l->window_table, columns - 3, columns - 2, columns - 1};
        return true;
    }
    case LOGIC_WINDOW_AGGREGATE: of_window_aggregate(l, out); break;
    case LOGIC_FILTER: return trait_window(l->inputs[0], out);
    case LOGIC_PROJECT:
        if (!trait_window(l->inputs[0], out)) return false;
        out->start = position_of(l, out->start);
        out->end = position_of(l, out->end);
        out->time = position_of(l, out->time);
        break;
    case LOGIC_AGGREGATE:
        if (!trait_is_window_aggregate(l) || !trait_window(l->inputs[0], out)) return false;
        out->start = position_among(l->aggregate.keys, l->aggregate.key_count, out->start);
        out->end = position_among(l->aggregate.keys, l->aggregate.key_count, out->end);
        out->time = position_among(l->aggregate.keys, l->aggregate.key_count, out->time);
        break;
    case LOGIC_SCAN:
    case LOGIC_VALUES:
    case LOGIC_WATERMARK:
    case LOGIC_UNION:
    case LOGIC_LIMIT:
    case LOGIC_SIDE:
    case LOGIC_SINK: return false;
    }
    return out->start >= 0 && out->end >= 0;
}

bool trait_is_window_aggregate(const struct logic *aggregate)
{
    struct logic_window w;
    const struct logic_aggregate *g = &aggregate->aggregate;
    return trait_window(aggregate->inputs[0], &w) &&
           position_among(g->keys, g->key_count, w.start) >= 0 &&
           position_among(g->keys, g->key_count, w.end) >= 0;
}
