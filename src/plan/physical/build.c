/* build.c - nodes and edges of the physical graph. */
#include "plan/physical/build.h"

#include "base/arena.h"
#include "base/check.h"

row_kinds build_kinds(struct build *b, const struct logic *l)
{
    struct build_node *n = build_info(b, l);
    row_kinds kinds = 0;
    switch (l->kind) {
    case LOGIC_SCAN:
    case LOGIC_VALUES:
    case LOGIC_SIDE:
    case LOGIC_WINDOW_AGGREGATE: return n->kinds;
    case LOGIC_AGGREGATE:
    case LOGIC_LIMIT:
        if (n->need_before || trait_is_insert_only(n->kinds)) return n->kinds;
        return (row_kinds)(n->kinds & ~(1 << ROW_UPDATE_BEFORE));
    case LOGIC_PROJECT:
    case LOGIC_FILTER:
    case LOGIC_WATERMARK:
    case LOGIC_WINDOW_TABLE:
    case LOGIC_UNION:
    case LOGIC_SINK: break;
    }
    for (uint32_t i = 0; i < l->input_count; i++) kinds |= build_kinds(b, l->inputs[i]);
    return kinds;
}

/* ---- nodes and edges */

static const char *make_uid(struct build *b, const struct op_def *op, uint64_t identity)
{
    const char *uid = str_fmt(b->arena, "%s-%016llx", op->name, (unsigned long long)identity);
    for (uint32_t again = 2;; again++) {
        bool taken = false;
        for (uint32_t i = 0; i < b->node_count; i++) taken |= strcmp(b->nodes[i].uid, uid) == 0;
        if (!taken) return uid;
        uid = str_fmt(b->arena, "%s-%016llx-%u", op->name, (unsigned long long)identity, again);
    }
}

static bool is_singleton(struct build *b, const struct phys_input *inputs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (inputs[i].exchange == PHYS_SINGLETON) return true;
        if (inputs[i].exchange == PHYS_FORWARD && b->nodes[inputs[i].node].singleton) return true;
    }
    return false;
}

struct phys_node *build_add(struct build *b, const struct logic *l, const struct op_def *op,
    const void *params, const struct schema *output, const struct phys_input *inputs,
    uint32_t input_count)
{
    ASSERT(b->node_count < b->node_capacity);
    struct phys_input *copy = ARENA_ARRAY(b->arena, struct phys_input, input_count + 1);
    if (input_count) memcpy(copy, inputs, input_count * sizeof *copy);
    bool singleton = is_singleton(b, copy, input_count);
    /* Forward edges need the same parallelism on both sides. */
    for (uint32_t i = 0; i < input_count; i++)
        if (singleton && copy[i].exchange != PHYS_SINGLETON && !b->nodes[copy[i].node].singleton)
            copy[i].exchange = PHYS_SINGLETON;
    struct phys_node *n = &b->nodes[b->node_count];
    *n = (struct phys_node){.op = op,
        .params = params,
        .uid = make_uid(b, op, l->identity),
        .inputs = copy,
        .input_count = input_count,
        .output = output,
        .kinds = build_kinds(b, l),
        .singleton = singleton};
    build_info(b, l)->phys = (int32_t)b->node_count++;
    return n;
}

struct phys_input build_forward(struct build *b, const struct logic *l)
{
    int32_t node = build_info(b, l)->phys;
    ASSERT(node >= 0);
    return (struct phys_input){
        .node = (uint32_t)node, .side = l->kind == LOGIC_SIDE, .exchange = PHYS_FORWARD};
}

struct phys_input build_hash(
    struct build *b, const struct logic *l, const uint32_t *keys, uint32_t count)
{
    struct phys_input in = build_forward(b, l);
    in.exchange = count > 0 ? PHYS_HASH : PHYS_SINGLETON;
    in.keys = keys;
    in.key_count = count;
    return in;
}
