/* build_changelog.c - who needs -U (Flink's UpdateKindTrait): decided from the sinks down, so that
 * an upsert sink spares the whole way of them. A node that several read gives -U if one reader
 * needs it. */
#include "base/arena.h"
#include "base/check.h"
#include "base/config.h"
#include "plan/physical/build.h"

row_kinds build_sink_kinds(struct build *b, const struct logic *l)
{
    const struct logic_table *t = l->sink.table;
    if (!t || !t->def->sink_kinds) return ROW_KINDS_ALL;
    const struct physical_params *params = b->params;
    struct connector_params p =
        logic_connector_params(t, params->env, params->zone, params->harness);
    return t->def->sink_kinds(&p);
}

static bool is_updating(struct build *b, const struct logic *l)
{
    return !trait_is_insert_only(build_info(b, l)->kinds);
}

/* An upsert sink replaces rows by its primary key; if the query's rows are known by another key,
 * a -U of one row would delete another's replacement. Flink puts a SinkUpsertMaterializer there. */
static struct err *check_upsert_key(struct build *b, const struct logic *sink, bool *key_matches)
{
    const struct logic_table *t = sink->sink.table;
    struct trait_keys keys = {0};
    trait_keys(b->arena, sink->inputs[0], &keys);
    *key_matches = trait_has_key_within(&keys, t->primary_key, t->primary_key_count);
    struct slice mode = config_string(b->params->config, "table.exec.sink.upsert-materialize");
    if (*key_matches || slice_eq_nocase(mode, SLICE("NONE"))) return NULL;
    struct err *e = ERR(ERR_UNSUPPORTED,
        "SinkUpsertMaterializer is not supported yet: the primary key of '%s' is not the key by "
        "which the query updates its rows",
        t->identifier);
    e = err_hint(e, "group by the sink's primary key, or SET "
                    "'table.exec.sink.upsert-materialize' = 'NONE' if rows of a key never swap");
    return err_at(e, sink->pos);
}

static struct err *sink_needs_before(struct build *b, const struct logic *sink, bool *out)
{
    const struct logic *input = sink->inputs[0];
    *out = false;
    if (!is_updating(b, input)) return NULL;
    *out = true;
    const struct logic_table *t = sink->sink.table;
    if (!t) return NULL;
    row_kinds accepts = build_sink_kinds(b, sink);
    if (t->primary_key_count > 0 && accepts != ROW_KINDS_INSERT_ONLY) {
        bool key_matches;
        TRY(check_upsert_key(b, sink, &key_matches));
        *out = !key_matches || accepts >> ROW_UPDATE_BEFORE & 1;
    }
    return NULL;
}

static void ask(struct build *b, const struct logic *input, bool before)
{
    if (is_updating(b, input)) build_info(b, input)->need_before |= before;
}

static struct err *ask_inputs(struct build *b, const struct logic *l)
{
    bool own = build_info(b, l)->need_before;
    switch (l->kind) {
    case LOGIC_SCAN:
    case LOGIC_SIDE:
    case LOGIC_VALUES: return NULL;
    case LOGIC_PROJECT:
    case LOGIC_WATERMARK:
    case LOGIC_WINDOW_TABLE: ask(b, l->inputs[0], own); return NULL;
    /* Without -U a row that no longer passes would stay in the result (FLINK-9528). */
    case LOGIC_FILTER:
    case LOGIC_AGGREGATE:
    case LOGIC_WINDOW_AGGREGATE:
    case LOGIC_LIMIT: ask(b, l->inputs[0], true); return NULL;
    case LOGIC_UNION:
        for (uint32_t i = 0; i < l->input_count; i++) ask(b, l->inputs[i], own);
        return NULL;
    case LOGIC_SINK: {
        bool before;
        TRY(sink_needs_before(b, l, &before));
        ask(b, l->inputs[0], before);
        return NULL;
    }
    }
    UNREACHABLE();
}

/* A source that gives +U without -U can serve only readers that do not need -U. */
static struct err *check_scan(struct build *b, const struct build_node *n)
{
    const struct logic *l = n->logic;
    row_kinds kinds = l->scan.table->source_kinds;
    (void)b;
    bool updates = kinds >> ROW_UPDATE_AFTER & 1, before = kinds >> ROW_UPDATE_BEFORE & 1;
    if (!updates || before || !n->need_before) return NULL;
    struct err *e = ERR(ERR_UNSUPPORTED,
        "ChangelogNormalize is not supported yet: '%s' gives updates without their old rows, which "
        "this query needs",
        l->scan.table->identifier);
    return err_at(
        err_hint(e, "only copying it into a table with the same primary key runs today"), l->pos);
}

struct err *build_changelog(struct build *b)
{
    for (uint32_t i = b->info_count; i-- > 0;) {
        struct build_node *n = &b->info[i];
        if (!n->logic) continue;
        struct err *e = ask_inputs(b, n->logic);
        if (!e && n->logic->kind == LOGIC_SCAN) e = check_scan(b, n);
        if (e) return err_at(e, n->logic->pos);
    }
    return NULL;
}
