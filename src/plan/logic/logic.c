/* logic.c - constructors of logical nodes. */
#include "plan/logic/logic.h"

#include "base/arena.h"
#include "base/check.h"

struct connector_params logic_connector_params(
    const struct logic_table *t, struct env *env, const struct time_zone *zone, void *harness)
{
    return (struct connector_params){.env = env,
        .options = &t->options,
        .table_name = t->identifier,
        .schema = t->schema,
        .table_schema = t->schema,
        .primary_key = t->primary_key,
        .primary_key_count = t->primary_key_count,
        .partition_keys = t->partition_keys,
        .partition_key_count = t->partition_key_count,
        .zone = zone,
        .parallelism = 1,
        .harness = harness};
}

struct logic *logic_new(
    struct arena *a, enum logic_kind kind, const struct schema *schema, struct text_pos pos)
{
    struct logic *l = ARENA_NEW(a, struct logic);
    l->kind = kind;
    l->schema = schema;
    l->pos = pos;
    return l;
}

void logic_set_input(struct arena *a, struct logic *l, const struct logic *input)
{
    const struct logic **inputs = ARENA_ARRAY(a, const struct logic *, 1);
    inputs[0] = input;
    l->inputs = inputs;
    l->input_count = 1;
}

struct logic *logic_with_inputs(
    struct arena *a, const struct logic *l, const struct logic *const *inputs)
{
    struct logic *copy = ARENA_NEW(a, struct logic);
    *copy = *l;
    copy->inputs = inputs;
    return copy;
}

struct logic *logic_project(struct arena *a, const struct logic *input,
    const struct expr *const *exprs, const struct slice *names, uint32_t count, struct text_pos pos)
{
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        fields[i].type = exprs[i]->type;
        if (names)
            fields[i].name = names[i];
        else if (exprs[i]->kind == EXPR_COLUMN)
            fields[i].name = input->schema->fields[exprs[i]->column].name;
        else
            fields[i].name = slice_of(str_fmt(a, "EXPR$%u", i));
    }
    struct logic *l = logic_new(a, LOGIC_PROJECT, schema_new(a, fields, count), pos);
    l->project.exprs = exprs;
    logic_set_input(a, l, input);
    return l;
}

struct logic *logic_filter(
    struct arena *a, const struct logic *input, const struct expr *condition, struct text_pos pos)
{
    struct logic *l = logic_new(a, LOGIC_FILTER, input->schema, pos);
    l->condition = condition;
    logic_set_input(a, l, input);
    return l;
}

bool logic_is_identity(const struct logic *project)
{
    ASSERT(project->kind == LOGIC_PROJECT);
    const struct schema *input = project->inputs[0]->schema;
    if (project->schema->count != input->count) return false;
    for (uint32_t i = 0; i < input->count; i++) {
        const struct expr *e = project->project.exprs[i];
        if (e->kind != EXPR_COLUMN || e->column != i) return false;
        if (e->type->time_attribute != input->fields[i].type->time_attribute) return false;
    }
    return true;
}

const struct expr *const *logic_columns(struct arena *a, const struct schema *s)
{
    const struct expr **columns = ARENA_ARRAY(a, const struct expr *, s->count + 1);
    for (uint32_t i = 0; i < s->count; i++) columns[i] = expr_column(a, i, s->fields[i].type);
    return columns;
}
