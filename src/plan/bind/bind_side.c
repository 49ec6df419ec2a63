/* bind_side.c - 'late.table' and 'errors.table' of a source: the tables that get what an INSERT
 * leaves out of its result. Columns go by name; types follow the rules of INSERT. */
#include "base/arena.h"
#include "op/source/source.h"
#include "plan/bind/scope.h"

enum { NAME_PARTS_MAX = 4 };

struct side {
    struct bind *b;
    const char *option;
    const struct logic_table *source;
    const struct logic_table *table;
    const struct schema *given; /* the columns that can be had */
    bool late;                  /* late_operator and late_watermark can be had, too */
    struct text_pos pos;        /* of the option */
};

/* ---- the name */

static struct text_pos place_of(const struct logic_table *t, const char *key)
{
    struct text_pos pos = option_pos(&t->options, key);
    return pos.line ? pos : t->pos;
}

/* t, default_database.t or default_catalog.default_database.t; parts may stand in backticks. */
static struct err *split_name(struct side *s, struct slice text, struct ast_path *out)
{
    out->parts = ARENA_ARRAY(s->b->arena, struct ast_name, NAME_PARTS_MAX);
    out->pos = s->pos;
    while (out->count < NAME_PARTS_MAX) {
        struct ast_name *part = &out->parts[out->count++];
        const char *dot = memchr(text.p, '.', text.n);
        bool quoted = text.n > 1 && text.p[0] == '`';
        const char *quote = quoted ? memchr(text.p + 1, '`', text.n - 1) : NULL;
        const char *end = quote ? quote + 1 : dot ? dot : text.p + text.n;
        *part = (struct ast_name){{text.p, (size_t)(end - text.p)}, s->pos, quote != NULL};
        if (quote) part->text = (struct slice){part->text.p + 1, part->text.n - 2};
        text = (struct slice){end, text.n - (size_t)(end - text.p)};
        if (part->text.n == 0 || (text.n > 0 && text.p[0] != '.')) break;
        if (text.n == 0) return NULL;
        text = (struct slice){text.p + 1, text.n - 1};
    }
    FAIL_AT(ERR_INVALID_OPTION, s->pos, "that is not the name of a table");
}

static struct err *open_table(struct side *s, struct slice name)
{
    struct ast_path path = {0};
    TRY(split_name(s, name, &path));
    const struct catalog_table *table = NULL;
    TRY(bind_find_target(s->b, &path, &table));
    struct text_pos at = s->b->at;
    s->b->at = s->pos;
    struct logic_table *l = NULL;
    struct err *e = bind_logic_table(s->b, table, NULL, s->pos, true, &l);
    s->b->at = at;
    if (e) return e;
    s->table = l;
    if (strcmp(l->identifier, s->source->identifier) != 0) return NULL;
    return err_hint(ERR(ERR_INVALID_OPTION, "a table cannot be its own '%s'", s->option),
        "create a table with the columns you want to keep, and name that");
}

/* ---- its columns */

/* What goes into a column: a column of `given`, or one of LOGIC_SIDE_*. */
static const struct type *find_source(
    const struct side *s, const struct type_field *f, int32_t *source)
{
    struct arena *a = s->b->arena;
    *source = schema_find(s->given, f->name);
    if (*source >= 0) return s->given->fields[*source].type;
    *source = LOGIC_SIDE_NULL;
    if (!s->late) return NULL;
    if (slice_eq(f->name, SLICE("late_operator"))) {
        *source = LOGIC_SIDE_OPERATOR;
        return type_new(a, TYPE_VARCHAR, TYPE_LENGTH_MAX, 0, false);
    }
    if (slice_eq(f->name, SLICE("late_watermark"))) {
        *source = LOGIC_SIDE_WATERMARK;
        bool is_local = f->type->kind == TYPE_TIMESTAMP;
        return type_new(a, is_local ? TYPE_TIMESTAMP : TYPE_TIMESTAMP_LTZ, 3, 0, false);
    }
    return NULL;
}

static struct err *check_column(const struct side *s, uint32_t column, int32_t *source)
{
    struct arena *a = s->b->arena;
    const struct type_field *f = &s->table->schema->fields[column];
    const struct type *from = find_source(s, f, source);
    if (!from && f->type->nullable) return NULL;
    if (!from)
        FAIL(ERR_DATATYPE_MISMATCH,
            "column '%.*s' of '%s' is NOT NULL, and there is nothing to put into it: '%s' has no "
            "column of that name",
            (int)f->name.n, f->name.p, s->table->identifier,
            s->late ? s->source->identifier : "errors.table");
    const struct type *to = type_with_nullable(a, f->type, from->nullable);
    if (type_equal(bind_plain(s->b, from), to) || type_castable_implicitly(from, to)) return NULL;
    FAIL(ERR_DATATYPE_MISMATCH, "column '%.*s' of '%s' is %s, but column '%.*s' of '%s' is %s",
        (int)f->name.n, f->name.p, s->table->identifier, type_to_cstr(a, f->type), (int)f->name.n,
        f->name.p, s->late && *source >= 0 ? s->source->identifier : s->option,
        type_to_cstr(a, from));
}

static struct err *no_columns(const struct side *s)
{
    struct buf names;
    buf_init(&names, 400);
    for (uint32_t i = 0; i < s->given->count; i++)
        buf_printf(&names, "%s%.*s", i ? ", " : "", (int)s->given->fields[i].name.n,
            s->given->fields[i].name.p);
    if (s->late) buf_add_cstr(&names, ", late_operator, late_watermark");
    struct err *e =
        ERR(ERR_DATATYPE_MISMATCH, "'%s' has none of the columns that can be written: %s",
            s->table->identifier, buf_cstr(&names));
    buf_free(&names);
    return e;
}

static struct err *place_columns(const struct side *s, const struct logic_side **out)
{
    struct arena *a = s->b->arena;
    uint32_t count = s->table->schema->count;
    int32_t *sources = ARENA_ARRAY(a, int32_t, count + 1);
    bool any = false;
    for (uint32_t i = 0; i < count; i++) {
        TRY(check_column(s, i, &sources[i]));
        any |= sources[i] != LOGIC_SIDE_NULL;
    }
    if (!any) return no_columns(s);
    struct logic_side *side = ARENA_NEW(a, struct logic_side);
    *side = (struct logic_side){s->table, sources};
    *out = side;
    return NULL;
}

/* ---- the options */

static struct err *bind_side(struct side *s, const struct logic_side **out)
{
    struct slice name;
    if (!option_find(&s->source->options, s->option, &name) || name.n == 0) return NULL;
    s->pos = place_of(s->source, s->option);
    struct err *e = open_table(s, name);
    if (e && !err_hint_text(e)) e = err_hint(e, "create that table before the INSERT");
    if (!e) e = place_columns(s, out);
    if (!e) return NULL;
    e = err_wrap(
        e, "'%s' = '%.*s' of table '%s'", s->option, (int)name.n, name.p, s->source->identifier);
    return err_at(e, s->pos);
}

static struct err *no_watermark(const struct side *late)
{
    struct slice name = {0};
    option_find(&late->source->options, late->option, &name);
    return err_at(
        err_hint(ERR(ERR_INVALID_OPTION,
                     "'%s' = '%.*s' of table '%s': the table has no WATERMARK, so no row of it is "
                     "ever late",
                     late->option, (int)name.n, name.p, late->source->identifier),
            "add WATERMARK FOR .. AS .. to its columns or remove the option"),
        late->pos);
}

struct err *bind_side_tables(struct bind *b, struct logic_table *source, bool has_watermark)
{
    struct side late = {
        .b = b, .option = "late.table", .source = source, .given = source->schema, .late = true};
    TRY(bind_side(&late, &source->late));
    if (source->late && !has_watermark) return no_watermark(&late);
    struct side errors = {
        .b = b, .option = "errors.table", .source = source, .given = source_error_schema(b->arena)};
    struct slice name = {0};
    if (option_find(&source->options, errors.option, &name) && name.n > 0 &&
        !(source->def->flags & CONNECTOR_FORMAT))
        FAIL_AT(ERR_INVALID_OPTION, place_of(source, errors.option),
            "'errors.table' is for connectors with a format: '%s' has no records that could be bad",
            source->def->name);
    return bind_side(&errors, &source->errors);
}
