/* bind_create.c - CREATE TABLE: columns, watermark, primary key, LIKE. What Flink checks when a
 * table is made is checked here; options are looked at when the table is used, as in Flink. */
#include "base/arena.h"
#include "base/check.h"
#include "plan/bind/scope.h"
#include "sql/parse.h"
#include "sql/print.h"

/* The pieces of the table while they are put together. */
struct creation {
    struct bind *b;
    const struct ast_create_table *ast;
    struct catalog_table *t;
    const struct catalog_table *base; /* LIKE; NULL: none */
    enum ast_like_strategy like[AST_LIKE_WATERMARKS + 1];
};

enum { EXPR_TEXT_MAX = 1 << 20 };

/* The expression as canonical text and as a tree parsed from it, both in the table's arena. */
static struct err *keep_expr(struct catalog_table *t, const struct ast_expr *e, struct slice *text,
    const struct ast_expr **tree)
{
    struct buf out;
    buf_init(&out, EXPR_TEXT_MAX);
    print_expr(&out, e);
    *text = slice_copy(t->arena, buf_slice(&out));
    buf_free(&out);
    struct ast_expr *parsed;
    TRY(parse_expr(*text, t->arena, &parsed));
    *tree = parsed;
    return NULL;
}

/* ---- columns */

static struct catalog_column *add_column(struct creation *c)
{
    struct catalog_table *t = c->t;
    return &t->columns[t->column_count++]; /* room was made for all of them */
}

static struct err *check_new_name(struct creation *c, const struct ast_name *name)
{
    struct catalog_table *t = c->t;
    int at = catalog_table_column(t, name->text);
    if (at < 0) return NULL;
    bool of_base = c->base && catalog_table_column(c->base, name->text) >= 0;
    static const char *const kinds[] = {"regular", "metadata", "computed"};
    if (of_base)
        FAIL_AT(ERR_INVALID_DEFINITION, name->pos,
            "A column named '%.*s' already exists in the base table.", (int)name->text.n,
            name->text.p);
    FAIL_AT(ERR_INVALID_DEFINITION, name->pos,
        "A %s Column named '%.*s' already exists in the table.", kinds[t->columns[at].kind],
        (int)name->text.n, name->text.p);
}

static struct err *declare_column(struct creation *c, const struct ast_column *ast)
{
    struct bind *b = c->b;
    const struct ast_name *name = &ast->name.parts[0];
    /* OVERWRITING GENERATED lets a computed column take the base's place. */
    int old = catalog_table_column(c->t, name->text);
    bool overwrite = old >= 0 && ast->kind == AST_COLUMN_COMPUTED &&
                     c->t->columns[old].kind == CATALOG_COLUMN_COMPUTED && c->base &&
                     catalog_table_column(c->base, name->text) >= 0 &&
                     c->like[AST_LIKE_GENERATED] == AST_LIKE_OVERWRITING;
    if (!overwrite) TRY(check_new_name(c, name));
    struct catalog_column *column = overwrite ? &c->t->columns[old] : add_column(c);
    struct arena *a = c->t->arena;
    column->name = slice_copy(a, name->text);
    if (ast->comment.text.p) column->comment = slice_copy(a, ast->comment.text);
    switch (ast->kind) {
    case AST_COLUMN_PHYSICAL: column->kind = CATALOG_COLUMN_PHYSICAL; break;
    case AST_COLUMN_METADATA:
        column->kind = CATALOG_COLUMN_METADATA;
        column->metadata_key = slice_copy(
            a, ast->metadata_key.text.p ? ast->metadata_key.text : (struct slice){"", 0});
        column->is_virtual = ast->is_virtual;
        break;
    case AST_COLUMN_COMPUTED:
        column->kind = CATALOG_COLUMN_COMPUTED;
        return keep_expr(c->t, ast->expr, &column->expr_text, &column->expr);
    }
    const struct type *type;
    TRY(bind_type(b, ast->type, &type));
    if (type_is_interval(type))
        FAIL_AT(ERR_UNSUPPORTED, ast->type->pos, "a column cannot have the type INTERVAL");
    column->type = type_copy(a, type);
    return NULL;
}

/* Computed columns see physical and metadata columns only, not each other. */
static struct err *bind_computed_types(struct creation *c)
{
    struct bind *b = c->b;
    struct catalog_table *t = c->t;
    struct type_field *fields = ARENA_ARRAY(b->arena, struct type_field, t->column_count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->column_count; i++)
        if (t->columns[i].kind != CATALOG_COLUMN_COMPUTED)
            fields[count++] = (struct type_field){t->columns[i].name, t->columns[i].type};
    struct scope scope = {.schema = schema_new(b->arena, fields, count)};
    struct scope_context context = {.bind = b,
        .scope = &scope,
        .illegal = "Aggregate expression is illegal in a computed column",
        .unknown_identifier = true};
    for (uint32_t i = 0; i < t->column_count; i++) {
        struct catalog_column *column = &t->columns[i];
        if (column->kind != CATALOG_COLUMN_COMPUTED) continue;
        const struct expr *e = NULL;
        struct err *err = NULL;
        /* The script's own tree has the right positions; a column of LIKE's base has none here. */
        const struct ast_expr *tree = column->expr;
        for (size_t k = 0; k < c->ast->schema.column_count; k++)
            if (c->ast->schema.columns[k].expr &&
                slice_eq(c->ast->schema.columns[k].name.parts[0].text, column->name))
                tree = c->ast->schema.columns[k].expr;
        struct text_pos saved = b->at;
        if (tree == column->expr) b->at = c->ast->name.pos;
        err = bind_expr(&context, tree, &e);
        b->at = saved;
        if (err) return err;
        column->type = type_copy(t->arena, e->type);
    }
    return NULL;
}

/* ---- WATERMARK FOR */

static struct err *bad_watermark_type(
    const char *what, const char *of, const struct type *type, struct arena *a, struct text_pos pos)
{
    FAIL_AT(ERR_DATATYPE_MISMATCH, pos,
        "Invalid data type of %s for watermark definition. The field must be of type TIMESTAMP(p) "
        "or TIMESTAMP_LTZ(p), the supported precision 'p' is from 0 to 3, but the %s type is %s",
        what, of, type_to_cstr(a, type));
}

static bool is_time_type(const struct type *t)
{
    return type_is_timestamp(t) && t->precision <= 3;
}

static struct err *check_watermark_expr(struct creation *c, const struct ast_expr *expr)
{
    struct bind *b = c->b;
    struct catalog_table *t = c->t;
    struct type_field *fields = ARENA_ARRAY(b->arena, struct type_field, t->column_count + 1);
    for (uint32_t i = 0; i < t->column_count; i++)
        fields[i] = (struct type_field){t->columns[i].name, t->columns[i].type};
    struct scope scope = {.schema = schema_new(b->arena, fields, t->column_count)};
    struct scope_context context = {.bind = b,
        .scope = &scope,
        .illegal = "Aggregate expression is illegal in a watermark",
        .unknown_identifier = true};
    const struct expr *e;
    TRY(bind_expr(&context, expr, &e));
    if (!is_time_type(e->type))
        return bad_watermark_type(
            "expression", "watermark expression", e->type, b->arena, bind_pos(b, expr->pos));
    return NULL;
}

static struct err *no_rowtime(struct creation *c, const struct ast_name *name)
{
    struct buf names;
    buf_init(&names, 400);
    for (uint32_t i = 0; i < c->t->column_count; i++)
        buf_printf(&names, "%s'%.*s'", i ? ", " : "", (int)c->t->columns[i].name.n,
            c->t->columns[i].name.p);
    struct err *e = ERR(ERR_UNDEFINED_COLUMN,
        "The rowtime attribute field '%.*s' is not defined in the table schema. Available fields: "
        "[%s]",
        (int)name->text.n, name->text.p, buf_cstr(&names));
    buf_free(&names);
    return err_at(e, name->pos);
}

static struct err *declare_watermark(struct creation *c, const struct ast_watermark *ast)
{
    struct bind *b = c->b;
    struct catalog_table *t = c->t;
    if (ast->column.count > 1)
        return bind_unsupported(b, ast->column.pos, "a watermark on a field of a row");
    const struct ast_name *name = &ast->column.parts[0];
    int at = catalog_table_column(t, name->text);
    if (at < 0) return no_rowtime(c, name);
    if (t->watermark && c->like[AST_LIKE_WATERMARKS] != AST_LIKE_OVERWRITING)
        FAIL_AT(ERR_INVALID_DEFINITION, ast->pos,
            "There already exists a watermark spec for column '%.*s' in the base table. You might "
            "want to specify EXCLUDING WATERMARKS or OVERWRITING WATERMARKS.",
            (int)t->columns[t->watermark->column].name.n, t->columns[t->watermark->column].name.p);
    const struct type *type = t->columns[at].type;
    if (!is_time_type(type))
        return bad_watermark_type("time field", "time field", type, b->arena, name->pos);
    TRY(check_watermark_expr(c, ast->expr));
    struct catalog_watermark *w = ARENA_NEW(t->arena, struct catalog_watermark);
    w->column = (uint32_t)at;
    TRY(keep_expr(t, ast->expr, &w->expr_text, &w->expr));
    t->watermark = w;
    return NULL;
}

/* ---- PRIMARY KEY, PARTITIONED BY */

static struct err *check_key_column(struct creation *c, const struct ast_name *name, int at)
{
    if (at < 0)
        FAIL_AT(ERR_UNDEFINED_COLUMN, name->pos,
            "Primary key column '%.*s' is not defined in the schema", (int)name->text.n,
            name->text.p);
    if (c->t->columns[at].kind != CATALOG_COLUMN_PHYSICAL)
        FAIL_AT(ERR_INVALID_DEFINITION, name->pos,
            "Could not create a PRIMARY KEY with column '%.*s'. A PRIMARY KEY constraint must be "
            "declared on physical columns.",
            (int)name->text.n, name->text.p);
    return NULL;
}

static struct err *declare_key(struct creation *c, const struct ast_constraint *ast,
    const struct ast_name *columns, size_t count)
{
    struct catalog_table *t = c->t;
    if (ast->unique) FAIL_AT(ERR_UNSUPPORTED, ast->pos, "UNIQUE constraint is not supported yet");
    if (ast->enforced) {
        struct err *e = ERR(ERR_INVALID_DEFINITION,
            "Flink doesn't support ENFORCED mode for PRIMARY KEY constraint. ENFORCED/NOT ENFORCED "
            "controls if the constraint checks are performed on the incoming/outgoing data. Flink "
            "does not own the data therefore the only supported mode is the NOT ENFORCED mode");
        return err_at(err_hint(e, "write PRIMARY KEY (..) NOT ENFORCED"), ast->pos);
    }
    if (t->primary_key_count > 0)
        FAIL_AT(ERR_INVALID_DEFINITION, ast->pos, "%s",
            c->base ? "The base table already has a primary key. You might want to specify "
                      "EXCLUDING CONSTRAINTS."
                    : "Duplicate primary key definition");
    uint32_t *key = ARENA_ARRAY(t->arena, uint32_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        int at = catalog_table_column(t, columns[i].text);
        TRY(check_key_column(c, &columns[i], at));
        key[i] = (uint32_t)at;
        t->columns[at].type = type_with_nullable(t->arena, t->columns[at].type, false);
    }
    struct buf name;
    buf_init(&name, 1024);
    buf_add_cstr(&name, "PK");
    for (size_t i = 0; i < count; i++)
        buf_printf(&name, "_%.*s", (int)columns[i].text.n, columns[i].text.p);
    t->primary_key = key;
    t->primary_key_count = (uint32_t)count;
    t->primary_key_name =
        slice_copy(t->arena, ast->name.text.n ? ast->name.text : buf_slice(&name));
    buf_free(&name);
    return NULL;
}

static struct err *declare_constraints(struct creation *c)
{
    const struct ast_table_schema *s = &c->ast->schema;
    for (size_t i = 0; i < s->column_count; i++)
        if (s->columns[i].constraint)
            TRY(declare_key(c, s->columns[i].constraint, &s->columns[i].name.parts[0], 1));
    for (size_t i = 0; i < s->constraint_count; i++)
        TRY(declare_key(c, &s->constraints[i], s->constraints[i].columns.items,
            s->constraints[i].columns.count));
    return NULL;
}

static struct err *declare_partitions(struct creation *c)
{
    const struct ast_name_list *list = &c->ast->partitioned_by;
    struct catalog_table *t = c->t;
    if (list->count == 0) return NULL;
    uint32_t *keys = ARENA_ARRAY(t->arena, uint32_t, list->count);
    for (size_t i = 0; i < list->count; i++) {
        int at = catalog_table_column(t, list->items[i].text);
        if (at < 0 || t->columns[at].kind != CATALOG_COLUMN_PHYSICAL)
            FAIL_AT(ERR_UNDEFINED_COLUMN, list->items[i].pos,
                "Partition column '%.*s' not defined in the table schema",
                (int)list->items[i].text.n, list->items[i].text.p);
        keys[i] = (uint32_t)at;
    }
    t->partition_keys = keys;
    t->partition_key_count = (uint32_t)list->count;
    return NULL;
}

/* ---- WITH, and what is only kept for SHOW CREATE */

/* Late rows are the query's doing and can be tested with any connector; the other options go. */
static void replace_connector(struct creation *c)
{
    struct arena *a = c->t->arena;
    struct option *pairs = ARENA_ARRAY(a, struct option, 2);
    struct options old = c->t->options; /* of LIKE */
    uint32_t count = 0;
    struct slice late = {NULL, 0};
    (void)option_find(&old, "late.table", &late);
    for (size_t i = 0; i < c->ast->options.count; i++)
        if (slice_eq(c->ast->options.items[i].key.text, SLICE("late.table")))
            late = slice_copy(a, c->ast->options.items[i].value.text);
    pairs[count++] = (struct option){
        .key = SLICE("connector"), .value = slice_copy(a, slice_of(c->b->replace_connector))};
    if (late.p) pairs[count++] = (struct option){.key = SLICE("late.table"), .value = late};
    c->t->options = (struct options){pairs, count};
}

static struct err *declare_options(struct creation *c)
{
    if (c->b->replace_connector) {
        replace_connector(c);
        return NULL;
    }
    const struct ast_option_list *list = &c->ast->options;
    struct catalog_table *t = c->t;
    uint32_t old = t->options.count;
    struct option *pairs = ARENA_ARRAY(t->arena, struct option, old + list->count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < old; i++) {
        bool again = false;
        for (size_t k = 0; k < list->count; k++)
            again |= slice_eq(list->items[k].key.text, t->options.pairs[i].key);
        if (again && c->like[AST_LIKE_OPTIONS] == AST_LIKE_INCLUDING)
            FAIL_AT(ERR_INVALID_OPTION, c->ast->like->pos,
                "There already exists an option ['%.*s' -> '%.*s'] in the base table. You might "
                "want to specify EXCLUDING OPTIONS or OVERWRITING OPTIONS.",
                (int)t->options.pairs[i].key.n, t->options.pairs[i].key.p,
                (int)t->options.pairs[i].value.n, t->options.pairs[i].value.p);
        if (!again) pairs[count++] = t->options.pairs[i];
    }
    for (size_t i = 0; i < list->count; i++)
        pairs[count++] = (struct option){slice_copy(t->arena, list->items[i].key.text),
            slice_copy(t->arena, list->items[i].value.text), list->items[i].pos};
    t->options = (struct options){pairs, count};
    return NULL;
}

static void declare_distribution(struct creation *c)
{
    const struct ast_distribution *d = c->ast->distribution;
    if (!d) return;
    struct buf text;
    buf_init(&text, 4096);
    if (d->kind != AST_DISTRIBUTION_NONE) {
        buf_add_cstr(&text, d->kind == AST_DISTRIBUTION_HASH    ? "BY HASH("
                            : d->kind == AST_DISTRIBUTION_RANGE ? "BY RANGE("
                                                                : "BY (");
        for (size_t i = 0; i < d->columns.count; i++)
            buf_printf(&text, "%s`%.*s`", i ? ", " : "", (int)d->columns.items[i].text.n,
                d->columns.items[i].text.p);
        buf_add_cstr(&text, ")");
    }
    if (d->bucket_count >= 0)
        buf_printf(&text, "%sINTO %lld BUCKETS", text.n ? " " : "", (long long)d->bucket_count);
    c->t->distribution = slice_copy(c->t->arena, buf_slice(&text));
    buf_free(&text);
}

/* ---- LIKE (Flink's MergeTableLikeUtil) */

static void read_like_options(struct creation *c)
{
    const struct ast_table_like *like = c->ast->like;
    for (int f = 0; f <= AST_LIKE_WATERMARKS; f++) c->like[f] = AST_LIKE_INCLUDING;
    c->like[AST_LIKE_OPTIONS] = AST_LIKE_OVERWRITING;
    for (size_t i = 0; i < like->option_count; i++)
        if (like->options[i].feature == AST_LIKE_ALL)
            for (int f = 0; f <= AST_LIKE_WATERMARKS; f++) c->like[f] = like->options[i].strategy;
    for (size_t i = 0; i < like->option_count; i++)
        if (like->options[i].feature != AST_LIKE_ALL)
            c->like[like->options[i].feature] = like->options[i].strategy;
}

static struct err *copy_base_column(struct creation *c, const struct catalog_column *from)
{
    if (from->kind == CATALOG_COLUMN_COMPUTED && c->like[AST_LIKE_GENERATED] == AST_LIKE_EXCLUDING)
        return NULL;
    if (from->kind == CATALOG_COLUMN_METADATA && c->like[AST_LIKE_METADATA] == AST_LIKE_EXCLUDING)
        return NULL;
    struct arena *a = c->t->arena;
    struct catalog_column *to = add_column(c);
    *to = *from;
    to->name = slice_copy(a, from->name);
    to->comment = slice_copy(a, from->comment);
    to->metadata_key = slice_copy(a, from->metadata_key);
    to->type = type_copy(a, from->type);
    if (from->kind == CATALOG_COLUMN_COMPUTED)
        TRY(keep_expr(c->t, from->expr, &to->expr_text, &to->expr));
    return NULL;
}

static uint32_t *copy_indexes(struct creation *c, const uint32_t *columns, uint32_t count)
{
    uint32_t *out = ARENA_ARRAY(c->t->arena, uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++)
        out[i] = (uint32_t)catalog_table_column(c->t, c->base->columns[columns[i]].name);
    return out;
}

static struct err *copy_base(struct creation *c)
{
    const struct catalog_table *base = c->base;
    struct catalog_table *t = c->t;
    for (uint32_t i = 0; i < base->column_count; i++) TRY(copy_base_column(c, &base->columns[i]));
    if (base->watermark && c->like[AST_LIKE_WATERMARKS] != AST_LIKE_EXCLUDING) {
        int at = catalog_table_column(t, base->columns[base->watermark->column].name);
        if (at < 0)
            FAIL_AT(ERR_INVALID_DEFINITION, c->ast->like->pos,
                "the base table's watermark is on a computed column that EXCLUDING GENERATED "
                "leaves out");
        struct catalog_watermark *w = ARENA_NEW(t->arena, struct catalog_watermark);
        w->column = (uint32_t)at;
        TRY(keep_expr(t, base->watermark->expr, &w->expr_text, &w->expr));
        t->watermark = w;
    }
    if (c->like[AST_LIKE_CONSTRAINTS] != AST_LIKE_EXCLUDING && base->primary_key_count > 0) {
        t->primary_key = copy_indexes(c, base->primary_key, base->primary_key_count);
        t->primary_key_count = base->primary_key_count;
        t->primary_key_name = slice_copy(t->arena, base->primary_key_name);
    }
    if (c->like[AST_LIKE_PARTITIONS] != AST_LIKE_EXCLUDING) {
        t->partition_keys = copy_indexes(c, base->partition_keys, base->partition_key_count);
        t->partition_key_count = base->partition_key_count;
    }
    if (c->like[AST_LIKE_DISTRIBUTION] != AST_LIKE_EXCLUDING)
        t->distribution = slice_copy(t->arena, base->distribution);
    if (c->like[AST_LIKE_OPTIONS] == AST_LIKE_EXCLUDING) return NULL;
    struct option *pairs = ARENA_ARRAY(t->arena, struct option, base->options.count + 1);
    for (uint32_t i = 0; i < base->options.count; i++)
        pairs[i] = (struct option){slice_copy(t->arena, base->options.pairs[i].key),
            slice_copy(t->arena, base->options.pairs[i].value), base->options.pairs[i].pos};
    t->options = (struct options){pairs, base->options.count};
    return NULL;
}

static struct err *find_base(struct creation *c)
{
    const struct ast_table_like *like = c->ast->like;
    if (!like) return NULL;
    struct slice name;
    TRY(catalog_resolve(&like->source, &name));
    c->base = catalog_find(c->b->catalog, name);
    if (!c->base || c->base->is_view) {
        struct err *e = ERR(ERR_UNDEFINED_TABLE,
            "Source table '`%s`.`%s`.`%.*s`' of the LIKE clause not found in the catalog",
            CATALOG_NAME, CATALOG_DATABASE, (int)name.n, name.p);
        const char *nearest = catalog_nearest(c->b->catalog, c->b->arena, name);
        if (nearest) e = err_hint(e, "did you mean '%s'?", nearest);
        return err_at(e, like->source.pos);
    }
    read_like_options(c);
    return NULL;
}

static struct err *build(struct creation *c)
{
    const struct ast_table_schema *s = &c->ast->schema;
    struct catalog_table *t = c->t;
    size_t room = s->column_count + (c->base ? c->base->column_count : 0);
    if (room > TYPE_FIELDS_MAX)
        FAIL_AT(ERR_LIMIT_EXCEEDED, c->ast->name.pos, "a table has at most %d columns",
            TYPE_FIELDS_MAX);
    t->columns = ARENA_ARRAY(t->arena, struct catalog_column, room + 1);
    if (c->base) TRY(copy_base(c));
    for (size_t i = 0; i < s->column_count; i++) TRY(declare_column(c, &s->columns[i]));
    TRY(declare_constraints(c));
    TRY(bind_computed_types(c));
    if (s->watermark_count > 1)
        FAIL_AT(ERR_INVALID_DEFINITION, s->watermarks[1].pos,
            "Multiple watermark definitions are not supported yet.");
    if (s->watermark_count == 1) TRY(declare_watermark(c, &s->watermarks[0]));
    TRY(declare_partitions(c));
    TRY(declare_options(c));
    declare_distribution(c);
    if (t->column_count == 0)
        FAIL_AT(ERR_INVALID_DEFINITION, c->ast->name.pos,
            "a table needs columns: weir does not infer them from the connector");
    if (c->ast->comment.text.p) t->comment = slice_copy(t->arena, c->ast->comment.text);
    return NULL;
}

struct err *bind_create_table(
    struct bind *b, const struct ast_create_table *create, struct catalog_table **out)
{
    if (create->query) return bind_unsupported(b, create->query->pos, "CREATE TABLE AS SELECT");
    if (create->or_replace) return bind_unsupported(b, create->name.pos, "CREATE OR REPLACE TABLE");
    struct slice name;
    TRY(catalog_resolve(&create->name, &name));
    struct creation c = {.b = b, .ast = create};
    TRY(find_base(&c));
    c.t = catalog_table_new(name);
    c.t->temporary = create->temporary;
    c.t->script = b->script;
    struct err *e = build(&c);
    if (e) {
        catalog_table_free(c.t);
        return err_at(e, create->name.pos);
    }
    *out = c.t;
    return NULL;
}
