/* The JSON of a graph:
 *   {"format": 1, "name": TEXT, "result": NODE or -1, "nodes": [{"op": NAME, "uid": TEXT,
 *     "kinds": BITS, "singleton": BOOL, "output": SCHEMA or null, "side_output": SCHEMA or null,
 *     "inputs": [{"node": NODE, "side": BOOL, "exchange": KIND, "keys": [COLUMN..],
 *                 "combine": [] or [{"op": NAME, "output": SCHEMA, "params": {..}}]}..],
 *     "params": {..}}..]}
 * SCHEMA is [[NAME, TYPE]..]. Keys stand in this order. */
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "op/codec.h"
#include "phys/phys.h"

enum { FORMAT = 1 };

static const char *const exchange_names[] = {[PHYS_FORWARD] = "forward",
    [PHYS_HASH] = "hash",
    [PHYS_SINGLETON] = "singleton",
    [PHYS_REBALANCE] = "rebalance"};
enum { EXCHANGES = sizeof exchange_names / sizeof exchange_names[0] };

/* ---- writing ---- */

static void write_params(const struct op_def *op, const void *params, struct buf *out)
{
    codec_key(out, "params");
    op->encode(params, out);
}

static void write_input(const struct phys_input *in, struct buf *out)
{
    codec_open(out);
    codec_write_i64(out, "node", in->node);
    codec_write_bool(out, "side", in->side);
    codec_write_text(out, "exchange", exchange_names[in->exchange]);
    codec_write_u32s(out, "keys", in->keys, in->key_count);
    codec_key(out, "combine");
    buf_add_char(out, '[');
    if (in->combine) {
        codec_open(out);
        codec_write_text(out, "op", in->combine->name);
        codec_write_schema(out, "output", in->combined);
        write_params(in->combine, in->combine_params, out);
        codec_close(out);
    }
    buf_add_char(out, ']');
    codec_close(out);
}

static void write_node(const struct phys_node *n, struct buf *out)
{
    codec_open(out);
    codec_write_text(out, "op", n->op->name);
    codec_write_text(out, "uid", n->uid);
    codec_write_i64(out, "kinds", n->kinds);
    codec_write_bool(out, "singleton", n->singleton);
    codec_write_schema(out, "output", n->output);
    codec_write_schema(out, "side_output", n->side_output);
    codec_key(out, "inputs");
    buf_add_char(out, '[');
    for (uint32_t i = 0; i < n->input_count; i++) {
        codec_comma(out);
        write_input(&n->inputs[i], out);
    }
    buf_add_char(out, ']');
    write_params(n->op, n->params, out);
    codec_close(out);
}

void phys_encode(const struct phys_graph *g, struct buf *out)
{
    codec_open(out);
    codec_write_i64(out, "format", FORMAT);
    codec_write_text(out, "name", g->job_name);
    codec_write_text(out, "zone", g->zone);
    codec_write_i64(out, "result", g->result_node);
    codec_key(out, "nodes");
    buf_add_char(out, '[');
    for (uint32_t i = 0; i < g->node_count; i++) {
        codec_comma(out);
        write_node(&g->nodes[i], out);
    }
    buf_add_char(out, ']');
    codec_close(out);
}

/* ---- reading ---- */

struct decoding {
    struct arena *arena;
    struct json_reader reader;
    struct phys_node *nodes;
    uint32_t count; /* nodes read so far: the only ones an input may name */
};

static struct err *read_op(struct decoding *d, const struct op_def **out)
{
    const char *name;
    TRY(codec_read_text(d->arena, &d->reader, "op", &name));
    *out = name ? op_find(slice_of(name)) : NULL;
    if (!*out) FAIL(ERR_CORRUPT, "no operator '%s'", name ? name : "");
    return NULL;
}

static struct err *read_params(struct decoding *d, const struct op_def *op,
    const struct schema *const *inputs, uint32_t input_count, const struct schema *output,
    const void **out)
{
    TRY(codec_expect_key(&d->reader, "params"));
    void *params = arena_alloc(d->arena, op->params_size_bytes ? op->params_size_bytes : 1);
    *out = params;
    return op->decode(d->arena, &d->reader, inputs, input_count, output, params);
}

static struct err *read_combine(struct decoding *d, struct phys_input *in)
{
    bool more;
    TRY(codec_begin_list(&d->reader, "combine"));
    TRY(codec_more(&d->reader, &more));
    if (!more) return NULL;
    if (in->side) FAIL(ERR_CORRUPT, "a side output has a local half");
    TRY(codec_enter(&d->reader));
    TRY(read_op(d, &in->combine));
    TRY(codec_read_schema(d->arena, &d->reader, "output", &in->combined));
    if (!in->combined) FAIL(ERR_CORRUPT, "'combine' has no output");
    TRY(read_params(
        d, in->combine, &d->nodes[in->node].output, 1, in->combined, &in->combine_params));
    TRY(codec_leave(&d->reader));
    return json_expect(&d->reader, JSON_ARRAY_END);
}

static struct err *read_exchange(struct decoding *d, enum phys_exchange *out)
{
    const char *name;
    TRY(codec_read_text(d->arena, &d->reader, "exchange", &name));
    for (unsigned i = 0; name && i < EXCHANGES; i++) {
        if (strcmp(exchange_names[i], name) != 0) continue;
        *out = (enum phys_exchange)i;
        return NULL;
    }
    FAIL(ERR_CORRUPT, "no exchange '%s'", name ? name : "");
}

static struct err *read_input(struct decoding *d, struct phys_input *in)
{
    TRY(codec_enter(&d->reader));
    if (d->count == 0) FAIL(ERR_CORRUPT, "the first node has an input");
    TRY(codec_read_u32(&d->reader, "node", d->count - 1, &in->node));
    TRY(codec_read_bool(&d->reader, "side", &in->side));
    const struct schema *from = phys_input_schema(d->nodes, in);
    if (!from) FAIL(ERR_CORRUPT, "an output is read that an operator does not have");
    TRY(read_exchange(d, &in->exchange));
    /* Rows without columns exist: COUNT(*) wants none. */
    TRY(codec_read_u32s(d->arena, &d->reader, "keys", from->count ? from->count - 1 : 0, &in->keys,
        &in->key_count));
    if (in->key_count > from->count) FAIL(ERR_CORRUPT, "more keys than columns");
    TRY(read_combine(d, in));
    return codec_leave(&d->reader);
}

static struct err *read_inputs(struct decoding *d, struct phys_node *n)
{
    struct phys_input *inputs = ARENA_ARRAY(d->arena, struct phys_input, PHYS_INPUTS_MAX);
    TRY(codec_begin_list(&d->reader, "inputs"));
    for (bool more;; n->input_count++) {
        TRY(codec_more(&d->reader, &more));
        if (!more) break;
        if (n->input_count == PHYS_INPUTS_MAX) FAIL(ERR_CORRUPT, "a node has too many inputs");
        TRY(read_input(d, &inputs[n->input_count]));
    }
    n->inputs = inputs;
    return NULL;
}

static struct err *check_shape(const struct phys_node *n)
{
    bool source = n->op->poll != NULL, sink = n->output == NULL;
    if (source != (n->input_count == 0) || (source && sink))
        FAIL(ERR_CORRUPT, "operator '%s' has the wrong number of inputs", n->op->name);
    return NULL;
}

static struct err *read_node(struct decoding *d, struct phys_node *n)
{
    uint32_t kinds;
    TRY(codec_enter(&d->reader));
    TRY(read_op(d, &n->op));
    TRY(codec_read_text(d->arena, &d->reader, "uid", &n->uid));
    if (!n->uid) FAIL(ERR_CORRUPT, "'uid' is missing");
    TRY(codec_read_u32(&d->reader, "kinds", ROW_KINDS_ALL, &kinds));
    n->kinds = (row_kinds)kinds;
    TRY(codec_read_bool(&d->reader, "singleton", &n->singleton));
    TRY(codec_read_schema(d->arena, &d->reader, "output", &n->output));
    TRY(codec_read_schema(d->arena, &d->reader, "side_output", &n->side_output));
    TRY(read_inputs(d, n));
    const struct schema **inputs = ARENA_ARRAY(d->arena, const struct schema *, n->input_count + 1);
    for (uint32_t i = 0; i < n->input_count; i++)
        inputs[i] = phys_input_schema(d->nodes, &n->inputs[i]);
    TRY(read_params(d, n->op, inputs, n->input_count, n->output, &n->params));
    TRY(check_shape(n));
    return codec_leave(&d->reader);
}

static struct err *count_nodes(const struct json_reader *r, uint32_t *count)
{
    struct json_reader ahead = *r;
    for (*count = 0;; ++*count) {
        bool more;
        TRY(codec_more(&ahead, &more));
        if (!more) return NULL;
        if (*count == PHYS_NODES_MAX) FAIL(ERR_CORRUPT, "the graph has too many nodes");
        TRY(json_skip(&ahead));
    }
}

static struct err *read_graph(struct decoding *d, struct phys_graph *g)
{
    int64_t format, result;
    TRY(codec_enter(&d->reader));
    TRY(codec_read_i64(&d->reader, "format", FORMAT, FORMAT, &format));
    TRY(codec_read_text(d->arena, &d->reader, "name", &g->job_name));
    if (!g->job_name) FAIL(ERR_CORRUPT, "'name' is missing");
    TRY(codec_read_text(d->arena, &d->reader, "zone", &g->zone));
    TRY(codec_read_i64(&d->reader, "result", -1, PHYS_NODES_MAX, &result));
    TRY(codec_begin_list(&d->reader, "nodes"));
    TRY(count_nodes(&d->reader, &g->node_count));
    if (result >= (int64_t)g->node_count) FAIL(ERR_CORRUPT, "'result' is no node");
    g->result_node = (int32_t)result;
    g->nodes = d->nodes = ARENA_ARRAY(d->arena, struct phys_node, g->node_count + 1);
    for (; d->count < g->node_count; d->count++) {
        struct err *e = read_node(d, &d->nodes[d->count]);
        if (e) return err_wrap(e, "node %u", d->count);
    }
    TRY(json_expect(&d->reader, JSON_ARRAY_END));
    TRY(codec_leave(&d->reader));
    return json_expect(&d->reader, JSON_END);
}

struct err *phys_decode(struct arena *a, struct slice json, const struct phys_graph **out)
{
    struct decoding d = {.arena = a};
    json_init(&d.reader, json, a);
    struct phys_graph *g = ARENA_NEW(a, struct phys_graph);
    struct err *e = read_graph(&d, g);
    if (e) return err_wrap(e, "reading a physical plan");
    *out = g;
    return NULL;
}
