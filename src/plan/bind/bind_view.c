/* bind_view.c - CREATE VIEW: the query is bound once, to check it and to name and type the view's
 * columns, and kept as text. */
#include "base/arena.h"
#include "plan/bind/scope.h"
#include "sql/parse.h"

static struct err *print_names(
    struct bind *b, const struct ast_name_list *names, const struct schema *s, struct text_pos pos)
{
    struct buf text;
    buf_init(&text, 800);
    for (size_t i = 0; i < names->count; i++)
        buf_printf(
            &text, "%s%.*s", i ? ", " : "", (int)names->items[i].text.n, names->items[i].text.p);
    buf_add_cstr(&text, "]. Input fields: [");
    for (uint32_t i = 0; i < s->count; i++)
        buf_printf(&text, "%s%.*s", i ? ", " : "", (int)s->fields[i].name.n, s->fields[i].name.p);
    struct err *e = ERR(ERR_INVALID_DEFINITION,
        "VIEW definition and input fields not match: Def fields: [%s].", buf_cstr(&text));
    buf_free(&text);
    return err_at(e, bind_pos(b, pos));
}

static struct err *name_columns(struct bind *b, const struct ast_create_view *create,
    const struct schema *s, struct catalog_table *t)
{
    const struct ast_name_list *names = &create->columns;
    if (names->count > 0 && names->count != s->count)
        return print_names(b, names, s, names->items[0].pos);
    t->columns = ARENA_ARRAY(t->arena, struct catalog_column, s->count + 1);
    for (uint32_t i = 0; i < s->count; i++) {
        struct slice name = names->count ? names->items[i].text : s->fields[i].name;
        if (catalog_table_column(t, name) >= 0)
            FAIL_AT(ERR_INVALID_DEFINITION, names->count ? names->items[i].pos : create->query->pos,
                "A column with the same name `%.*s` has been defined", (int)name.n, name.p);
        t->columns[i] = (struct catalog_column){
            .name = slice_copy(t->arena, name), .type = type_copy(t->arena, s->fields[i].type)};
        t->column_count++;
    }
    return NULL;
}

static struct err *build(struct bind *b, struct slice script, const struct ast_create_view *create,
    struct catalog_table *t)
{
    const struct logic *query;
    TRY(bind_query(b, create->query, &query));
    TRY(name_columns(b, create, query->schema, t));
    t->is_view = true;
    t->temporary = create->temporary;
    if (create->comment.text.p) t->comment = slice_copy(t->arena, create->comment.text);
    t->query_text = slice_copy(t->arena, ast_source(script, create->query->pos));
    struct ast_query *parsed;
    TRY(parse_query(t->query_text, t->arena, &parsed));
    t->query = parsed;
    return NULL;
}

struct err *bind_create_view(struct bind *b, struct slice script,
    const struct ast_create_view *create, struct catalog_table **out)
{
    struct slice name;
    TRY(catalog_resolve(&create->name, &name));
    struct catalog_table *t = catalog_table_new(name);
    struct err *e = build(b, script, create, t);
    if (e) {
        catalog_table_free(t);
        return e;
    }
    *out = t;
    return NULL;
}
