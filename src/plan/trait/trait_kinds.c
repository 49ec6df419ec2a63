/* trait_kinds.c - which kinds of rows come out of a node (Flink's ModifyKindSetTrait). */
#include "plan/trait/trait.h"

static row_kinds aggregate_kinds(row_kinds input)
{
    if (trait_is_insert_only(input)) return (row_kinds)(ROW_KINDS_ALL & ~(1 << ROW_DELETE));
    return ROW_KINDS_ALL;
}

row_kinds trait_kinds(const struct logic *l, const row_kinds *inputs)
{
    row_kinds kinds = 0;
    switch (l->kind) {
    case LOGIC_SCAN: return l->scan.table->source_kinds;
    case LOGIC_VALUES:
    case LOGIC_SIDE:
    case LOGIC_WINDOW_AGGREGATE: return ROW_KINDS_INSERT_ONLY;
    case LOGIC_PROJECT:
    case LOGIC_FILTER:
    case LOGIC_WATERMARK:
    case LOGIC_WINDOW_TABLE:
    case LOGIC_SINK: return inputs[0];
    case LOGIC_AGGREGATE: return aggregate_kinds(inputs[0]);
    case LOGIC_UNION:
        for (uint32_t i = 0; i < l->input_count; i++) kinds |= inputs[i];
        return kinds;
    case LOGIC_LIMIT: kinds = inputs[0]; return trait_is_insert_only(kinds) ? kinds : ROW_KINDS_ALL;
    }
    return ROW_KINDS_ALL;
}
