/* build_calc.c - row-at-a-time nodes: Calc, union, LIMIT, window functions. */
#include "op/calc/calc.h"

#include "base/arena.h"
#include "op/limit/limit.h"
#include "op/union/union.h"
#include "op/window_table/window_table.h"
#include "plan/physical/build.h"

void build_calc(struct build *b, const struct logic *l)
{
    struct calc_params *p = ARENA_NEW(b->arena, struct calc_params);
    const struct logic *input = l->inputs[0];
    if (l->kind == LOGIC_PROJECT) {
        p->projections = l->project.exprs;
        if (build_info(b, input)->skipped) {
            p->condition = input->condition;
            input = input->inputs[0];
        }
    } else {
        p->projections = logic_columns(b->arena, l->schema);
        p->condition = l->condition;
    }
    p->projection_count = l->schema->count;
    struct phys_input in = build_forward(b, input);
    build_add(b, l, &calc_op, p, l->schema, &in, 1);
}

/* Of inputs with different parallelism all go to one subtask: spreading a singleton's rows would
 * take the order from a changelog. */
void build_union(struct build *b, const struct logic *l)
{
    struct union_params *p = ARENA_NEW(b->arena, struct union_params);
    p->input_count = l->input_count;
    struct phys_input *in = ARENA_ARRAY(b->arena, struct phys_input, l->input_count);
    for (uint32_t i = 0; i < l->input_count; i++) in[i] = build_forward(b, l->inputs[i]);
    build_add(b, l, &union_op, p, l->schema, in, l->input_count);
}

void build_limit(struct build *b, const struct logic *l)
{
    struct limit_params *p = ARENA_NEW(b->arena, struct limit_params);
    p->offset = l->limit.offset;
    p->count = l->limit.count;
    p->retract = !trait_is_insert_only(build_info(b, l->inputs[0])->kinds);
    p->generate_update_before = build_info(b, l)->need_before;
    struct phys_input in = build_hash(b, l->inputs[0], NULL, 0);
    build_add(b, l, &limit_op, p, l->schema, &in, 1);
}

void build_side(struct build *b, const struct logic *l)
{
    int32_t node = build_info(b, l->inputs[0])->phys;
    b->nodes[node].side_output = l->schema;
    build_info(b, l)->phys = node;
}

void build_window_table(struct build *b, const struct logic *l)
{
    struct window_table_params *p = ARENA_NEW(b->arena, struct window_table_params);
    p->window = l->window_table;
    struct phys_input in = build_forward(b, l->inputs[0]);
    build_add(b, l, &window_table_op, p, l->schema, &in, 1);
}
