/* build_aggregate.c - GROUP BY with and without windows, and their local halves. */
#include "base/arena.h"
#include "base/config.h"
#include "op/group_agg/group_agg.h"
#include "op/local_group_agg/local_group_agg.h"
#include "op/local_window_agg/local_window_agg.h"
#include "op/window_agg/window_agg.h"
#include "plan/physical/build.h"

/* The calls as this input needs them; an aggregate that cannot take rows back is refused by name.
 */
static struct err *make_specs(struct build *b, const struct logic *l,
    const struct logic_aggregate *g, bool retract, struct agg_spec **out)
{
    struct agg_spec *specs = ARENA_ARRAY(b->arena, struct agg_spec, g->call_count + 1);
    for (uint32_t i = 0; i < g->call_count; i++) {
        specs[i] = g->calls[i];
        specs[i].call.retract = retract;
        if (!retract || specs[i].call.def->flags(&specs[i].call) & AGG_RETRACTS) continue;
        FAIL_AT(ERR_UNSUPPORTED, g->positions ? g->positions[i] : l->pos,
            "%s over an updating table is not supported yet", specs[i].call.def->name);
    }
    *out = specs;
    return NULL;
}

static bool is_updating(struct build *b, const struct logic *l)
{
    return !trait_is_insert_only(build_info(b, l)->kinds);
}

static void add_local_group(
    struct build *b, const struct logic *l, const struct group_agg_params *p, struct phys_input *in)
{
    if (!agg_specs_combinable(p->aggs, p->agg_count, p->retract)) return;
    struct local_group_agg_params *local = ARENA_NEW(b->arena, struct local_group_agg_params);
    *local = (struct local_group_agg_params){.keys = p->keys,
        .key_count = p->key_count,
        .aggs = p->aggs,
        .agg_count = p->agg_count,
        .retract = p->retract};
    in->combine = &local_group_agg_op;
    in->combine_params = local;
    in->combined = local_group_agg_schema(b->arena, l->inputs[0]->schema, local);
}

struct err *build_aggregate(struct build *b, const struct logic *l)
{
    const struct logic_aggregate *g = &l->aggregate;
    bool retract = is_updating(b, l->inputs[0]);
    struct agg_spec *specs;
    TRY(make_specs(b, l, g, retract, &specs));
    struct group_agg_params *p = ARENA_NEW(b->arena, struct group_agg_params);
    *p = (struct group_agg_params){.keys = g->keys,
        .key_count = g->key_count,
        .aggs = specs,
        .agg_count = g->call_count,
        .retract = retract,
        .generate_update_before = build_info(b, l)->need_before,
        .state_ttl_ms = config_duration_ms(b->params->config, "table.exec.state.ttl")};
    struct phys_input in = build_hash(b, l->inputs[0], g->keys, g->key_count);
    add_local_group(b, l, p, &in);
    build_add(b, l, &group_agg_op, p, l->schema, &in, 1);
    return NULL;
}

static void add_local_window(struct build *b, const struct logic *l,
    const struct window_agg_params *p, struct phys_input *in)
{
    bool sliced = p->window.kind != WINDOW_ATTACHED && !p->window.proctime;
    if (!sliced || !agg_specs_combinable(p->aggs, p->agg_count, p->retract)) return;
    struct local_window_agg_params *local = ARENA_NEW(b->arena, struct local_window_agg_params);
    *local = (struct local_window_agg_params){.window = p->window,
        .keys = p->keys,
        .key_count = p->key_count,
        .aggs = p->aggs,
        .agg_count = p->agg_count,
        .retract = p->retract};
    in->combine = &local_window_agg_op;
    in->combine_params = local;
    in->combined = local_window_agg_schema(b->arena, l->inputs[0]->schema, local);
}

struct err *build_window_aggregate(struct build *b, const struct logic *l)
{
    const struct logic_aggregate *g = &l->window.aggregate;
    bool retract = is_updating(b, l->inputs[0]);
    struct agg_spec *specs;
    TRY(make_specs(b, l, g, retract, &specs));
    struct window_agg_params *p = ARENA_NEW(b->arena, struct window_agg_params);
    *p = (struct window_agg_params){.window = l->window.window,
        .keys = g->keys,
        .key_count = g->key_count,
        .aggs = specs,
        .agg_count = g->call_count,
        .properties = l->window.properties,
        .property_count = l->window.property_count,
        .retract = retract,
        .late = l->window.late,
        .late_count = l->window.late_count};
    struct phys_input in = build_hash(b, l->inputs[0], g->keys, g->key_count);
    /* Partial accumulators have no rows that could be given out as late. */
    if (!l->window.gives_late) add_local_window(b, l, p, &in);
    build_add(b, l, &window_agg_op, p, l->schema, &in, 1);
    return NULL;
}
