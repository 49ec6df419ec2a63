/* physical.c - one physical node for each logical one; Project over Filter becomes one Calc. */
#include "plan/physical/physical.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/config.h"
#include "plan/physical/build.h"
#include "type/timezone.h"

/* ---- the walk */

static uint32_t depth_of(const struct expr *e)
{
    uint32_t deepest = 0;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        uint32_t depth = depth_of(e->args[i]);
        if (depth > deepest) deepest = depth;
    }
    return deepest + 1;
}

/* A plan that could not be read back after a restart must not start. */
static struct err *check_depth(const struct expr *e)
{
    if (depth_of(e) <= EXPR_DEPTH_MAX) return NULL;
    FAIL_AT(ERR_LIMIT_EXCEEDED, e->pos, "an expression nests deeper than %d levels, casts included",
        EXPR_DEPTH_MAX);
}

static struct err *check_exprs(const struct logic *l)
{
    if (l->kind == LOGIC_FILTER) return check_depth(l->condition);
    if (l->kind == LOGIC_WATERMARK) return check_depth(l->watermark.expr);
    if (l->kind == LOGIC_SCAN && l->scan.event_time) TRY(check_depth(l->scan.event_time));
    if (l->kind == LOGIC_SCAN && l->scan.watermark) return check_depth(l->scan.watermark);
    if (l->kind == LOGIC_PROJECT)
        for (uint32_t i = 0; i < l->schema->count; i++) TRY(check_depth(l->project.exprs[i]));
    return NULL;
}

static struct err *build_node(struct build *b, const struct logic *l)
{
    TRY(check_exprs(l));
    if (build_info(b, l)->skipped) return NULL;
    switch (l->kind) {
    case LOGIC_SCAN: build_scan(b, l); return NULL;
    case LOGIC_VALUES: build_values(b, l); return NULL;
    case LOGIC_PROJECT:
    case LOGIC_FILTER: build_calc(b, l); return NULL;
    case LOGIC_WATERMARK: build_watermark(b, l); return NULL;
    case LOGIC_UNION: build_union(b, l); return NULL;
    case LOGIC_LIMIT: build_limit(b, l); return NULL;
    case LOGIC_SIDE: build_side(b, l); return NULL;
    case LOGIC_WINDOW_TABLE: build_window_table(b, l); return NULL;
    case LOGIC_AGGREGATE: return build_aggregate(b, l);
    case LOGIC_WINDOW_AGGREGATE: return build_window_aggregate(b, l);
    case LOGIC_SINK: return build_sink(b, l);
    }
    UNREACHABLE();
}

/* A filter may let go the +U of a pair and keep its -U: then the -U deletes. */
static bool is_filtered(struct build *b, const struct logic *l)
{
    bool filtered = false;
    for (uint32_t i = 0; i < l->input_count; i++) {
        struct build_node *input = build_info(b, l->inputs[i]);
        filtered |= input->filtered;
        filtered |= l->kind == LOGIC_FILTER && !trait_is_insert_only(input->kinds);
    }
    bool makes_its_own =
        l->kind == LOGIC_AGGREGATE || l->kind == LOGIC_WINDOW_AGGREGATE || l->kind == LOGIC_LIMIT;
    return filtered && !makes_its_own;
}

/* Nodes by id: inputs have smaller ids, so a walk from the roots fills the table. */
static void gather_nodes(struct build *b, const struct logic *l)
{
    struct build_node *n = &b->info[l->id];
    n->readers++;
    if (n->logic) return;
    n->logic = l;
    n->phys = -1;
    row_kinds *inputs = ARENA_ARRAY(b->arena, row_kinds, l->input_count + 1);
    for (uint32_t i = 0; i < l->input_count; i++) {
        gather_nodes(b, l->inputs[i]);
        inputs[i] = build_info(b, l->inputs[i])->kinds;
    }
    n->kinds = trait_kinds(l, inputs);
    n->filtered = is_filtered(b, l);
}

static uint32_t largest_id(const struct logic *const *roots, uint32_t count)
{
    uint32_t id = 0;
    for (uint32_t i = 0; i < count; i++)
        if (roots[i]->id > id) id = roots[i]->id;
    return id;
}

/* A Filter read by one Project alone is that Calc's condition. */
static void fuse_filters(struct build *b)
{
    for (uint32_t i = 0; i < b->info_count; i++) {
        const struct logic *l = b->info[i].logic;
        if (!l || l->kind != LOGIC_PROJECT || l->inputs[0]->kind != LOGIC_FILTER) continue;
        struct build_node *filter = build_info(b, l->inputs[0]);
        if (filter->readers == 1) filter->skipped = true;
    }
}

/* pipeline.name, or what Flink calls a job by itself: "insert-into_t,insert-into_u". */
static const char *job_name(const struct build *b)
{
    struct slice set = config_string(b->params->config, "pipeline.name");
    if (set.n > 0) return slice_to_cstr(b->arena, set);
    const char *name = "";
    for (uint32_t i = 0; i < b->root_count; i++)
        if (b->roots[i]->kind == LOGIC_SINK && b->roots[i]->sink.table &&
            !b->roots[i]->sink.is_side)
            name = str_fmt(b->arena, "%s%sinsert-into_%s", name, name[0] ? "," : "",
                b->roots[i]->sink.table->identifier);
    return name[0] ? name : "collect";
}

struct err *physical_plan(const struct physical_params *params, const struct logic *const *roots,
    uint32_t count, const struct phys_graph **out)
{
    struct arena *a = params->arena;
    struct build b = {.params = params,
        .arena = a,
        .roots = roots,
        .root_count = count,
        .result_node = -1,
        .info_count = largest_id(roots, count) + 1};
    b.info = ARENA_ARRAY(a, struct build_node, b.info_count);
    b.node_capacity = b.info_count;
    b.nodes = ARENA_ARRAY(a, struct phys_node, b.node_capacity);
    for (uint32_t i = 0; i < count; i++) gather_nodes(&b, roots[i]);
    TRY(build_changelog(&b));
    fuse_filters(&b);
    for (uint32_t i = 0; i < b.info_count; i++) {
        if (!b.info[i].logic) continue;
        struct err *e = build_node(&b, b.info[i].logic);
        if (e) return err_at(e, b.info[i].logic->pos);
    }
    struct phys_graph *g = ARENA_NEW(a, struct phys_graph);
    g->nodes = b.nodes;
    g->node_count = b.node_count;
    g->job_name = job_name(&b);
    g->zone = slice_to_cstr(a, timezone_name(params->zone));
    g->result_node = b.result_node;
    *out = g;
    return NULL;
}
