/* side_tables.c - sinks for what a query leaves out: 'late.table' and 'errors.table' of the tables
 * it reads. Runs on a shared plan, before columns are pruned.
 *
 * A window aggregate that drops late rows knows only the columns it needs. So the physical columns
 * that a late table wants are carried from the scan to the aggregate: appended to what lies
 * between, at the end, where nobody's column numbers change; a column that passes anyway is used as
 * it is. Where rows of several tables meet in a union, a number says which of them a row comes
 * from.
 *
 * Rows of an inner aggregate are not rows of a table and are not late: they come before the
 * watermark that made them. */
#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "op/source/source.h"
#include "op/window_agg/window_agg.h"
#include "plan/rule/rule.h"

enum { SOURCES_MAX = 64, SINKS_MAX = 200, SOURCE_NONE = -1, SOURCE_MIXED = -2 };

/* A table whose late rows are wanted, and where its columns stand among those carried. */
struct late_source {
    const struct logic_table *table;
    uint32_t first; /* in wanted.columns */
};

/* What is carried to one aggregate: per column, which of its source's it is. Column 0 is the number
 * of the source, used where they mix. */
struct wanted {
    struct late_source sources[SOURCES_MAX];
    uint32_t source_count;
    uint32_t *columns;         /* of the source's schema; [0] unused */
    const struct type **types; /* nullable, without time attribute */
    uint32_t count;
};

struct carried {
    const struct logic *node;
    int32_t *at; /* per wanted column: where it is in the node's schema; -1: it is not */
    int source;  /* all rows are of this one; or SOURCE_NONE, SOURCE_MIXED */
};

/* The rows for one table. */
struct side_sink {
    const struct logic_table *table;
    const struct logic **inputs;
    uint32_t count;
};

struct side_tables {
    struct rule_context *c;
    const struct logic **fresh; /* by id */
    uint32_t node_count;
    struct side_sink sinks[SINKS_MAX];
    uint32_t sink_count;
};

/* ---- which sources lie under an aggregate */

static bool same_source(const struct logic_table *a, const struct logic_table *b)
{
    return strcmp(a->identifier, b->identifier) == 0 && a->late && b->late &&
           strcmp(a->late->table->identifier, b->late->table->identifier) == 0;
}

static int find_source(const struct wanted *w, const struct logic_table *t)
{
    for (uint32_t i = 0; i < w->source_count; i++)
        if (same_source(w->sources[i].table, t)) return (int)i;
    return SOURCE_NONE;
}

static const char *stateful_name(const struct logic *l)
{
    return l->kind == LOGIC_LIMIT ? "LIMIT" : "an aggregation without windows";
}

/* `between`: what lies on the way that does not hand on its rows as they are; NULL: nothing. */
static struct err *find_sources(
    struct wanted *w, const struct logic *l, const struct logic *between)
{
    switch (l->kind) {
    case LOGIC_SCAN: {
        const struct logic_table *t = l->scan.table;
        if (!t->late || find_source(w, t) >= 0) return NULL;
        if (between)
            return err_hint(
                err_at(ERR(ERR_UNSUPPORTED,
                           "late rows of '%s' cannot be given to its 'late.table': %s stands "
                           "between the table and the window that drops them",
                           t->identifier, stateful_name(between)),
                    t->late->table->pos),
                "only projections, filters and UNION ALL may stand there; 'late.table' = '' turns "
                "it "
                "off, also in /*+ OPTIONS(..) */");
        if (w->source_count == SOURCES_MAX)
            FAIL_AT(ERR_LIMIT_EXCEEDED, t->pos, "a window reads at most %d tables with late.table",
                SOURCES_MAX);
        w->sources[w->source_count++].table = t;
        return NULL;
    }
    case LOGIC_AGGREGATE:
    case LOGIC_LIMIT: between = l; break;
    case LOGIC_WINDOW_AGGREGATE:
    case LOGIC_VALUES:
    case LOGIC_SIDE:
    case LOGIC_SINK: return NULL;
    case LOGIC_PROJECT:
    case LOGIC_FILTER:
    case LOGIC_WATERMARK:
    case LOGIC_WINDOW_TABLE:
    case LOGIC_UNION: break;
    }
    for (uint32_t i = 0; i < l->input_count; i++) TRY(find_sources(w, l->inputs[i], between));
    return NULL;
}

static void want_columns(struct rule_context *c, struct wanted *w)
{
    uint32_t most = 1;
    for (uint32_t s = 0; s < w->source_count; s++)
        most += w->sources[s].table->late->table->schema->count;
    w->columns = ARENA_ARRAY(c->arena, uint32_t, most);
    w->types = ARENA_ARRAY(c->arena, const struct type *, most);
    w->types[0] = type_with_nullable(c->arena, type_simple(TYPE_INTEGER), false);
    w->count = 1;
    for (uint32_t s = 0; s < w->source_count; s++) {
        const struct logic_table *t = w->sources[s].table;
        w->sources[s].first = w->count;
        for (uint32_t i = 0; i < t->late->table->schema->count; i++) {
            if (t->late->sources[i] < 0) continue;
            uint32_t column = (uint32_t)t->late->sources[i];
            w->columns[w->count] = column;
            w->types[w->count++] =
                type_with_nullable(c->arena, t->schema->fields[column].type, true);
        }
    }
}

/* Columns of the widest node that hands rows on. */
static uint32_t widest(const struct logic *l)
{
    uint32_t most = l->schema->count;
    for (uint32_t i = 0; i < l->input_count && l->kind != LOGIC_WINDOW_AGGREGATE; i++) {
        uint32_t below = widest(l->inputs[i]);
        if (below > most) most = below;
    }
    return most;
}

/* ---- carrying them up */

static const struct logic *renew(
    struct rule_context *c, const struct logic *l, const struct logic *input)
{
    const struct logic **inputs = ARENA_ARRAY(c->arena, const struct logic *, 1);
    inputs[0] = input;
    return logic_with_inputs(c->arena, l, inputs);
}

static struct carried nothing(struct rule_context *c, const struct wanted *w, const struct logic *l)
{
    struct carried out = {l, ARENA_ARRAY(c->arena, int32_t, w->count), SOURCE_NONE};
    for (uint32_t i = 0; i < w->count; i++) out.at[i] = -1;
    return out;
}

static struct carried carry_scan(
    struct rule_context *c, const struct wanted *w, const struct logic *l)
{
    struct carried out = nothing(c, w, l);
    out.source = l->scan.table->late ? find_source(w, l->scan.table) : SOURCE_NONE;
    if (out.source < 0) return out;
    uint32_t first = w->sources[out.source].first;
    uint32_t end =
        (uint32_t)out.source + 1 < w->source_count ? w->sources[out.source + 1].first : w->count;
    for (uint32_t i = first; i < end; i++)
        for (uint32_t k = 0; k < l->schema->count; k++)
            if (l->scan.columns[k] == w->columns[i]) out.at[i] = (int32_t)k;
    return out;
}

static struct carried carry_project(
    struct rule_context *c, const struct wanted *w, const struct logic *l, struct carried below)
{
    struct carried out = below;
    uint32_t count = l->schema->count;
    const struct schema *input = below.node->schema;
    const struct expr **exprs = ARENA_ARRAY(c->arena, const struct expr *, count + w->count);
    struct slice *names = ARENA_ARRAY(c->arena, struct slice, count + w->count);
    out.at = ARENA_ARRAY(c->arena, int32_t, w->count);
    for (uint32_t i = 0; i < count; i++) {
        exprs[i] = l->project.exprs[i];
        names[i] = l->schema->fields[i].name;
    }
    for (uint32_t i = 0; i < w->count; i++) {
        out.at[i] = -1;
        if (below.at[i] < 0) continue;
        for (uint32_t k = 0; k < count && out.at[i] < 0; k++)
            if (exprs[k]->kind == EXPR_COLUMN && (int32_t)exprs[k]->column == below.at[i])
                out.at[i] = (int32_t)k;
        if (out.at[i] >= 0) continue;
        uint32_t at = (uint32_t)below.at[i];
        names[count] = input->fields[at].name;
        exprs[count] = expr_column(c->arena, at, input->fields[at].type);
        out.at[i] = (int32_t)count++;
    }
    struct logic *project = logic_project(c->arena, below.node, exprs, names, count, l->pos);
    project->identity = l->identity;
    out.node = project;
    return out;
}

/* The columns of the input as it was, with what else comes behind them. */
static const struct logic *widen(
    struct rule_context *c, const struct logic *l, const struct logic *input)
{
    struct logic *copy = ARENA_NEW(c->arena, struct logic);
    *copy = *renew(c, l, input);
    struct type_field *fields = ARENA_ARRAY(c->arena, struct type_field, input->schema->count + 1);
    memcpy(fields, input->schema->fields, input->schema->count * sizeof *fields);
    memcpy(fields, l->schema->fields, l->schema->count * sizeof *fields);
    copy->schema = schema_new(c->arena, fields, input->schema->count);
    return copy;
}

/* The window function puts its three columns at the end; a projection puts them back before what is
 * carried. */
static struct carried carry_window_table(
    struct rule_context *c, const struct wanted *w, const struct logic *l, struct carried below)
{
    struct arena *a = c->arena;
    uint32_t old = l->inputs[0]->schema->count, now = below.node->schema->count;
    struct carried out = below;
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, now + 3);
    memcpy(fields, below.node->schema->fields, now * sizeof *fields);
    memcpy(fields + now, l->schema->fields + old, 3 * sizeof *fields);
    struct logic *table = ARENA_NEW(a, struct logic);
    *table = *renew(c, l, below.node);
    table->schema = schema_new(a, fields, now + 3);
    const struct expr **exprs = ARENA_ARRAY(a, const struct expr *, now + 3);
    for (uint32_t i = 0; i < now + 3; i++) {
        uint32_t from = i < old ? i : i < old + 3 ? now + i - old : i - 3;
        exprs[i] = expr_column(a, from, fields[from].type);
    }
    struct logic *project = logic_project(a, table, exprs, NULL, now + 3, l->pos);
    project->identity = l->identity;
    out.node = project;
    out.at = ARENA_ARRAY(a, int32_t, w->count);
    for (uint32_t i = 0; i < w->count; i++)
        out.at[i] = below.at[i] < (int32_t)old ? below.at[i] : below.at[i] + 3;
    return out;
}

/* An input of a union: its own columns, then all that are wanted, from the number of the source on.
 * Without `numbered` all rows are of one source. */
static const struct logic *align(struct rule_context *c, const struct wanted *w,
    const struct logic *old, const struct carried *input, bool numbered)
{
    struct arena *a = c->arena;
    uint32_t count = old->schema->count;
    const struct expr **exprs = ARENA_ARRAY(a, const struct expr *, count + w->count);
    struct slice *names = ARENA_ARRAY(a, struct slice, count + w->count);
    for (uint32_t i = 0; i < count; i++) {
        names[i] = old->schema->fields[i].name;
        exprs[i] = expr_column(a, i, old->schema->fields[i].type);
    }
    for (uint32_t i = numbered ? 0 : 1; i < w->count; i++) {
        struct value *v = ARENA_NEW(a, struct value);
        names[count] = slice_of(str_fmt(a, "late$%u", i));
        *v = i > 0 ? value_null() : (struct value){.i64 = input->source};
        const struct expr *e = expr_literal(a, v, w->types[i]);
        if (input->at[i] >= 0) {
            uint32_t at = (uint32_t)input->at[i];
            e = expr_column(a, at, input->node->schema->fields[at].type);
            e = expr_cast(a, e, w->types[i], false);
        }
        exprs[count++] = e;
    }
    struct logic *project = logic_project(a, input->node, exprs, names, count, old->pos);
    project->identity = old->identity;
    return project;
}

static struct carried carry_union(struct rule_context *c, const struct wanted *w,
    const struct logic *l, const struct carried *inputs)
{
    struct carried out = nothing(c, w, l);
    out.source = inputs[0].source;
    bool any = false;
    for (uint32_t i = 0; i < l->input_count; i++) {
        if (inputs[i].source != out.source) out.source = SOURCE_MIXED;
        any |= inputs[i].source != SOURCE_NONE;
    }
    if (!any) return out;
    bool numbered = out.source == SOURCE_MIXED;
    const struct logic **aligned = ARENA_ARRAY(c->arena, const struct logic *, l->input_count);
    for (uint32_t i = 0; i < l->input_count; i++)
        aligned[i] = align(c, w, l->inputs[i], &inputs[i], numbered);
    uint32_t count = l->schema->count;
    struct logic *copy = logic_with_inputs(c->arena, l, aligned);
    struct type_field *fields = ARENA_ARRAY(c->arena, struct type_field, count + w->count);
    memcpy(fields, l->schema->fields, count * sizeof *fields);
    for (uint32_t i = numbered ? 0 : 1; i < w->count; i++) {
        out.at[i] = (int32_t)count;
        fields[count] = (struct type_field){
            .name = slice_of(str_fmt(c->arena, "late$%u", i)), .type = w->types[i]};
        count++;
    }
    copy->schema = schema_new(c->arena, fields, count);
    out.node = copy;
    return out;
}

static struct carried carry(struct side_tables *s, const struct wanted *w, const struct logic *l)
{
    struct rule_context *c = s->c;
    if (l->kind == LOGIC_SCAN) return carry_scan(c, w, l);
    bool hands_on = l->kind == LOGIC_PROJECT || l->kind == LOGIC_FILTER ||
                    l->kind == LOGIC_WATERMARK || l->kind == LOGIC_WINDOW_TABLE ||
                    l->kind == LOGIC_UNION;
    if (!hands_on) return nothing(c, w, s->fresh[l->id]);
    struct carried *inputs = ARENA_ARRAY(c->arena, struct carried, l->input_count);
    for (uint32_t i = 0; i < l->input_count; i++) inputs[i] = carry(s, w, l->inputs[i]);
    struct carried out = inputs[0];
    if (l->kind == LOGIC_UNION) return carry_union(c, w, l, inputs);
    if (l->kind == LOGIC_PROJECT) return carry_project(c, w, l, out);
    bool same = out.node->schema->count == l->inputs[0]->schema->count;
    if (l->kind == LOGIC_WINDOW_TABLE && !same) return carry_window_table(c, w, l, out);
    out.node = same ? renew(c, l, out.node) : widen(c, l, out.node);
    return out;
}

/* ---- what the sinks get */

static struct err *add_input(
    struct side_tables *s, const struct logic_table *table, const struct logic *input)
{
    struct side_sink *sink = NULL;
    for (uint32_t i = 0; i < s->sink_count && !sink; i++)
        if (strcmp(s->sinks[i].table->identifier, table->identifier) == 0) sink = &s->sinks[i];
    if (!sink) {
        if (s->sink_count == SINKS_MAX)
            FAIL_AT(ERR_LIMIT_EXCEEDED, table->pos,
                "a job has at most %d tables for late rows and bad records", SINKS_MAX);
        sink = &s->sinks[s->sink_count++];
        sink->table = table;
        sink->inputs = ARENA_ARRAY(s->c->arena, const struct logic *, s->node_count * 2 + 1);
    }
    ASSERT(sink->count < s->node_count * 2 + 1);
    sink->inputs[sink->count++] = input;
    return NULL;
}

/* at[i]: where column i of the source is in `input`, for those that sources[] names. */
static const struct logic *fill_table(struct rule_context *c, const struct logic *input,
    const struct logic_side *side, const int32_t *at)
{
    struct arena *a = c->arena;
    const struct schema *table = side->table->schema;
    const struct expr **exprs = ARENA_ARRAY(a, const struct expr *, table->count + 1);
    struct slice *names = ARENA_ARRAY(a, struct slice, table->count + 1);
    for (uint32_t i = 0; i < table->count; i++) {
        names[i] = table->fields[i].name;
        struct value *v = ARENA_NEW(a, struct value);
        int32_t column = side->sources[i];
        const struct type *type = type_with_nullable(a, table->fields[i].type, true);
        if (column == LOGIC_SIDE_NULL) {
            *v = value_null();
            exprs[i] = expr_literal(a, v, type);
            continue;
        }
        if (column == LOGIC_SIDE_OPERATOR) {
            v->text = slice_of(window_agg_op.name);
            const struct type *text = type_new(a, TYPE_VARCHAR, TYPE_LENGTH_MAX, 0, false);
            exprs[i] = expr_literal(a, v, text);
        } else {
            uint32_t from =
                column == LOGIC_SIDE_WATERMARK ? input->schema->count - 1 : (uint32_t)at[column];
            exprs[i] = expr_column(a, from, input->schema->fields[from].type);
        }
        type = type_with_nullable(a, type, exprs[i]->type->nullable);
        exprs[i] = expr_cast(a, exprs[i], type, false);
    }
    struct logic *project = logic_project(a, input, exprs, names, table->count, side->table->pos);
    project->identity = input->identity;
    return project;
}

static struct err *only_source(struct rule_context *c, const struct logic *side, uint32_t column,
    int source, const struct logic **out)
{
    struct value *v = ARENA_NEW(c->arena, struct value);
    v->i64 = source;
    const struct type *type = side->schema->fields[column].type;
    const struct expr *args[] = {
        expr_column(c->arena, column, type), expr_literal(c->arena, v, type)};
    struct expr *condition;
    TRY(expr_call(c->arena, func_find(SLICE("=")), args, 2, side->pos, &condition));
    struct logic *filter = logic_filter(c->arena, side, condition, side->pos);
    filter->identity = side->identity;
    *out = filter;
    return NULL;
}

/* ---- window aggregates */

static const struct schema *late_schema(
    struct rule_context *c, const struct logic *aggregate, const uint32_t *late, uint32_t count)
{
    const struct schema *input = aggregate->inputs[0]->schema;
    struct type_field *fields = ARENA_ARRAY(c->arena, struct type_field, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        fields[i] = input->fields[late[i]];
        fields[i].type = type_with_time_attribute(c->arena, fields[i].type, TIME_NONE);
    }
    bool zoned = aggregate->window.window.zoned;
    fields[count] = (struct type_field){.name = SLICE("late_watermark"),
        .type = type_new(c->arena, zoned ? TYPE_TIMESTAMP_LTZ : TYPE_TIMESTAMP, 3, 0, false)};
    return schema_new(c->arena, fields, count + 1);
}

static struct err *add_late_sinks(struct side_tables *s, const struct wanted *w,
    const struct logic *side, const int32_t *place, int only)
{
    struct rule_context *c = s->c;
    for (uint32_t k = 0; k < w->source_count; k++) {
        const struct logic_table *t = w->sources[k].table;
        if (only >= 0 && only != (int)k) continue;
        const struct logic *rows = side;
        if (only == SOURCE_MIXED) TRY(only_source(c, side, (uint32_t)place[0], (int)k, &rows));
        int32_t *at = ARENA_ARRAY(c->arena, int32_t, t->schema->count + 1);
        uint32_t end = k + 1 < w->source_count ? w->sources[k + 1].first : w->count;
        for (uint32_t i = w->sources[k].first; i < end; i++) at[w->columns[i]] = place[i];
        TRY(add_input(s, t->late->table, fill_table(c, rows, t->late, at)));
    }
    return NULL;
}

static struct err *give_late(struct side_tables *s, const struct logic *l, const struct logic **out)
{
    struct rule_context *c = s->c;
    struct wanted *w = ARENA_NEW(c->arena, struct wanted);
    if (l->window.window.proctime) return NULL; /* nothing is ever late */
    TRY(find_sources(w, l->inputs[0], NULL));
    if (w->source_count == 0) return NULL;
    for (uint32_t i = 0; i < w->source_count; i++)
        late_tables_note(c->late_tables, w->sources[i].table, true);
    want_columns(c, w);
    if (widest(l->inputs[0]) + w->count + 3 > TYPE_FIELDS_MAX)
        FAIL_AT(ERR_LIMIT_EXCEEDED, w->sources[0].table->late->table->pos,
            "with the columns of 'late.table' there are more than %d", TYPE_FIELDS_MAX);
    struct carried input = carry(s, w, l->inputs[0]);
    uint32_t *late = ARENA_ARRAY(c->arena, uint32_t, w->count);
    int32_t *place = ARENA_ARRAY(c->arena, int32_t, w->count);
    struct logic *aggregate = ARENA_NEW(c->arena, struct logic);
    *aggregate = *renew(c, l, input.node);
    for (uint32_t i = 0; i < w->count; i++) {
        if (input.at[i] < 0) continue;
        place[i] = (int32_t)aggregate->window.late_count;
        late[aggregate->window.late_count++] = (uint32_t)input.at[i];
    }
    aggregate->window.late = late;
    aggregate->window.gives_late = true;
    struct logic *side = logic_new(c->arena, LOGIC_SIDE,
        late_schema(c, aggregate, late, aggregate->window.late_count), l->pos);
    side->identity = hash_combine(l->identity, LOGIC_SIDE);
    logic_set_input(c->arena, side, aggregate);
    *out = aggregate;
    return add_late_sinks(s, w, side, place, input.source);
}

/* ---- scans */

static struct err *give_errors(struct side_tables *s, const struct logic *scan)
{
    struct rule_context *c = s->c;
    const struct logic_side *errors = scan->scan.table->errors;
    if (!errors) return NULL;
    struct logic *side = logic_new(c->arena, LOGIC_SIDE, source_error_schema(c->arena), scan->pos);
    side->identity = hash_combine(scan->identity, LOGIC_SIDE);
    logic_set_input(c->arena, side, scan);
    int32_t at[SOURCE_ERROR_COLUMNS];
    for (int32_t i = 0; i < SOURCE_ERROR_COLUMNS; i++) at[i] = i;
    return add_input(s, errors->table, fill_table(c, side, errors, at));
}

/* ---- the rule */

static const struct logic *make_sink(struct rule_context *c, const struct side_sink *sink)
{
    const struct logic *input = sink->inputs[0];
    uint64_t identity = input->identity;
    if (sink->count > 1) {
        struct logic *all = logic_new(c->arena, LOGIC_UNION, input->schema, sink->table->pos);
        all->inputs = sink->inputs;
        all->input_count = sink->count;
        for (uint32_t i = 1; i < sink->count; i++)
            identity = hash_combine(identity, sink->inputs[i]->identity);
        all->identity = identity;
        input = all;
    }
    struct logic *l = logic_new(c->arena, LOGIC_SINK, input->schema, sink->table->pos);
    const char *name = sink->table->identifier;
    l->identity = hash_combine(identity, hash_bytes(name, strlen(name), LOGIC_SINK));
    l->sink.table = sink->table;
    l->sink.is_side = true;
    logic_set_input(c->arena, l, input);
    return l;
}

static struct err *renew_node(struct side_tables *s, const struct logic *l)
{
    struct rule_context *c = s->c;
    const struct logic **inputs = ARENA_ARRAY(c->arena, const struct logic *, l->input_count + 1);
    for (uint32_t i = 0; i < l->input_count; i++) inputs[i] = s->fresh[l->inputs[i]->id];
    s->fresh[l->id] = l->kind == LOGIC_SCAN ? l : logic_with_inputs(c->arena, l, inputs);
    if (l->kind == LOGIC_SCAN && l->scan.table->late)
        late_tables_note(c->late_tables, l->scan.table, false);
    if (l->kind == LOGIC_SCAN) return give_errors(s, l);
    return l->kind == LOGIC_WINDOW_AGGREGATE ? give_late(s, l, &s->fresh[l->id]) : NULL;
}

struct err *rule_side_tables(struct rule_context *c, const struct logic ***roots, uint32_t *count)
{
    const struct logic **nodes;
    struct side_tables *s = ARENA_NEW(c->arena, struct side_tables);
    s->c = c;
    s->node_count = rule_number(c, *roots, *count, &nodes);
    s->fresh = ARENA_ARRAY(c->arena, const struct logic *, s->node_count + 1);
    for (uint32_t i = 0; i < s->node_count; i++) {
        struct err *e = renew_node(s, nodes[i]);
        if (e) return err_at(e, nodes[i]->pos);
    }
    if (s->sink_count == 0) return NULL;
    const struct logic **all = ARENA_ARRAY(c->arena, const struct logic *, *count + s->sink_count);
    for (uint32_t i = 0; i < *count; i++) all[i] = s->fresh[(*roots)[i]->id];
    for (uint32_t i = 0; i < s->sink_count; i++) all[*count + i] = make_sink(c, &s->sinks[i]);
    *roots = all;
    *count += s->sink_count;
    return NULL;
}
