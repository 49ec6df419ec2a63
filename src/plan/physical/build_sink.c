/* build_sink.c - the end of a plan: a table's connector, or the collector of a top-level SELECT. */
#include "op/sink/sink.h"

#include "base/arena.h"
#include "base/config.h"
#include "plan/physical/build.h"

/* "GroupAggregate(groupBy=[a], select=[a, COUNT(*) AS n])" */
static const char *describe(struct build *b, const struct phys_node *n)
{
    struct buf text;
    buf_init(&text, 700);
    buf_printf(&text, "%s(", n->op->name);
    const struct schema **inputs = ARENA_ARRAY(b->arena, const struct schema *, n->input_count + 1);
    for (uint32_t i = 0; i < n->input_count; i++)
        inputs[i] = phys_input_schema(b->nodes, &n->inputs[i]);
    if (n->op->explain) n->op->explain(n->params, inputs, n->output, &text);
    buf_add_char(&text, ')');
    const char *copy = slice_to_cstr(b->arena, buf_slice(&text));
    buf_free(&text);
    return copy;
}

/* The node where the updates come from: the last that is not insert-only on the way up. */
static const struct phys_node *find_producer(struct build *b, const struct logic *l)
{
    while (l->input_count > 0) {
        const struct logic *next = NULL;
        for (uint32_t i = 0; i < l->input_count && !next; i++)
            if (!trait_is_insert_only(build_info(b, l->inputs[i])->kinds)) next = l->inputs[i];
        bool makes = l->kind == LOGIC_AGGREGATE || l->kind == LOGIC_LIMIT;
        if (!next || makes) break;
        l = next;
    }
    int32_t phys = build_info(b, l)->phys;
    return phys >= 0 ? &b->nodes[phys] : NULL;
}

static struct err *check_kinds(struct build *b, const struct logic *l)
{
    row_kinds gets = build_info(b, l->inputs[0])->kinds, accepts = build_sink_kinds(b, l);
    bool updates = gets >> ROW_UPDATE_AFTER & 1 && !(accepts >> ROW_UPDATE_AFTER & 1);
    bool deletes = gets >> ROW_DELETE & 1 && !(accepts >> ROW_DELETE & 1);
    if (!updates && !deletes) return NULL;
    const struct phys_node *producer = find_producer(b, l->inputs[0]);
    struct err *e = ERR(ERR_UNSUPPORTED,
        "Table sink '%s' doesn't support consuming %s changes which is produced by node %s",
        l->sink.table->identifier,
        updates && deletes ? "update and delete"
        : updates          ? "update"
                           : "delete",
        producer ? describe(b, producer) : "?");
    e = err_hint(e,
        "write to a table that takes updates, e.g. an upsert one with a PRIMARY KEY, or "
        "aggregate by windows: their results are final");
    return err_at(e, l->pos);
}

static struct slice enforcer(struct build *b, const char *key)
{
    return config_string(b->params->config, key);
}

static void set_enforcers(struct build *b, struct sink_params *p)
{
    struct slice not_null = enforcer(b, "table.exec.sink.not-null-enforcer");
    struct slice length = enforcer(b, "table.exec.sink.type-length-enforcer");
    p->not_null =
        slice_eq_nocase(not_null, SLICE("DROP")) ? SINK_NOT_NULL_DROP : SINK_NOT_NULL_ERROR;
    p->length = slice_eq_nocase(length, SLICE("TRIM_PAD")) ? SINK_LENGTH_TRIM_PAD
                : slice_eq_nocase(length, SLICE("ERROR"))  ? SINK_LENGTH_ERROR
                                                           : SINK_LENGTH_IGNORE;
}

/* A result is shown as it comes: no column of it is enforced to be NOT NULL. */
static const struct schema *result_schema(struct build *b, const struct schema *s)
{
    struct type_field *fields = ARENA_ARRAY(b->arena, struct type_field, s->count + 1);
    for (uint32_t i = 0; i < s->count; i++) {
        const struct type *plain = type_with_time_attribute(b->arena, s->fields[i].type, TIME_NONE);
        fields[i].name = s->fields[i].name;
        fields[i].type = type_with_nullable(b->arena, plain, true);
    }
    return schema_new(b->arena, fields, s->count);
}

/* Rows of one primary key must reach one subtask in order. They do when the query is keyed by it;
 * else they are brought together here. */
static struct phys_input sink_input(struct build *b, const struct logic *l)
{
    const struct logic *input = l->inputs[0];
    const struct logic_table *t = l->sink.table;
    bool updating = !trait_is_insert_only(build_info(b, input)->kinds);
    if (t && t->primary_key_count > 0 && updating) {
        struct trait_keys keys = {0};
        trait_keys(b->arena, input, &keys);
        if (!trait_has_key_within(&keys, t->primary_key, t->primary_key_count))
            return build_hash(b, input, t->primary_key, t->primary_key_count);
    }
    return build_forward(b, input);
}

/* Flink's DropUpdateBefore. Behind a filter a -U may stand alone and delete: upsert sinks get it.
 */
static bool drops_update_before(struct build *b, const struct logic *l)
{
    bool accepts = build_sink_kinds(b, l) >> ROW_UPDATE_BEFORE & 1;
    return !accepts && !build_info(b, l->inputs[0])->filtered;
}

static struct sink_params *table_sink(struct build *b, const struct logic *l)
{
    const struct logic_table *t = l->sink.table;
    struct sink_params *p = ARENA_NEW(b->arena, struct sink_params);
    *p = (struct sink_params){
        .table = build_table(t), .drop_update_before = drops_update_before(b, l)};
    return p;
}

static struct sink_params *collect_sink(struct build *b, const struct logic *l)
{
    struct sink_params *p = ARENA_NEW(b->arena, struct sink_params);
    *p = (struct sink_params){
        .table = {.connector = "collect",
            .name = "default_catalog.default_database.Unregistered_Collect_Sink_1",
            .schema = result_schema(b, l->schema)}};
    return p;
}

struct err *build_sink(struct build *b, const struct logic *l)
{
    if (l->sink.table) TRY(check_kinds(b, l));
    struct sink_params *p = l->sink.table ? table_sink(b, l) : collect_sink(b, l);
    set_enforcers(b, p);
    struct phys_input in = sink_input(b, l);
    struct phys_node *n = build_add(b, l, &sink_op, p, NULL, &in, 1);
    n->kinds = build_kinds(b, l->inputs[0]);
    if (!l->sink.table) b->result_node = build_info(b, l)->phys;
    return NULL;
}
