/* CREATE and DROP. */
#include "sql/parse_part.h"

static struct err *parse_comment(struct parser *p, struct ast_string *comment)
{
    if (!parser_accept_word(p, WORD_COMMENT)) return NULL;
    return parse__string(p, "a comment in quotes", comment);
}

static struct err *parse_with(struct parser *p, struct ast_option_list *options)
{
    return parser_accept_word(p, WORD_WITH) ? parse__options(p, options) : NULL;
}

/* --- CREATE TABLE --- */

static struct err *parse_like_option(struct parser *p, struct ast_table_like *like)
{
    static const struct {
        enum keyword word;
        enum ast_like_feature feature;
    } rows[] = {{WORD_ALL, AST_LIKE_ALL}, {WORD_CONSTRAINTS, AST_LIKE_CONSTRAINTS},
        {WORD_DISTRIBUTION, AST_LIKE_DISTRIBUTION}, {WORD_GENERATED, AST_LIKE_GENERATED},
        {WORD_METADATA, AST_LIKE_METADATA}, {WORD_OPTIONS, AST_LIKE_OPTIONS},
        {WORD_PARTITIONS, AST_LIKE_PARTITIONS}, {WORD_WATERMARKS, AST_LIKE_WATERMARKS}};
    struct ast_like_option option = {0};
    if (parser_accept_word(p, WORD_INCLUDING))
        option.strategy = AST_LIKE_INCLUDING;
    else if (parser_accept_word(p, WORD_EXCLUDING))
        option.strategy = AST_LIKE_EXCLUDING;
    else if (parser_accept_word(p, WORD_OVERWRITING))
        option.strategy = AST_LIKE_OVERWRITING;
    else
        return parser_fail(p, "INCLUDING, EXCLUDING, OVERWRITING or ')'");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!parser_accept_word(p, rows[i].word)) continue;
        option.feature = rows[i].feature;
        like->options = parser_push(p, like->options, &like->option_count, sizeof option);
        like->options[like->option_count - 1] = option;
        return NULL;
    }
    return parser_fail(p, "ALL, CONSTRAINTS, DISTRIBUTION, GENERATED, METADATA, OPTIONS, "
                          "PARTITIONS or WATERMARKS");
}

static struct err *parse_like(struct parser *p, struct ast_table_like **out)
{
    if (!parser_at_word(p, WORD_LIKE)) return NULL;
    struct ast_table_like *like = parser_alloc(p, sizeof *like);
    like->pos = parser_here(p);
    parser_take(p);
    TRY(parse__path(p, "the name of a table", &like->source));
    if (parser_accept(p, TOKEN_LEFT_PAREN)) {
        do {
            TRY(parse_like_option(p, like));
        } while (!parser_accept(p, TOKEN_RIGHT_PAREN));
    }
    like->pos = parser_span(p, like->pos);
    *out = like;
    return NULL;
}

/* (a, b): only names, for CREATE TABLE .. AS. */
static bool at_bare_names(struct parser *p)
{
    return parser_at(p, TOKEN_LEFT_PAREN) && parser_is_name(parser_peek(p, 1)) &&
           (parser_next_is(p, 2, TOKEN_COMMA) || parser_next_is(p, 2, TOKEN_RIGHT_PAREN));
}

/* What CREATE TABLE and CREATE MATERIALIZED TABLE share. */
struct body {
    bool *has_schema;
    struct ast_name_list *columns;
    struct ast_table_schema *schema;
    struct ast_string *comment;
    struct ast_distribution **distribution;
    struct ast_name_list *partitioned_by;
    struct ast_option_list *options;
};

static struct err *parse_body(struct parser *p, struct body *body)
{
    if (at_bare_names(p)) {
        *body->has_schema = true;
        TRY(parse__names(p, "the name of a column", body->columns));
    } else if (parser_accept(p, TOKEN_LEFT_PAREN)) {
        *body->has_schema = true;
        TRY(parse__table_schema(p, false, body->schema));
    }
    TRY(parse_comment(p, body->comment));
    if (parser_accept_word(p, WORD_DISTRIBUTED)) TRY(parse__distribution(p, body->distribution));
    if (parser_accept_word(p, WORD_PARTITIONED)) {
        TRY(parser_expect_word(p, WORD_BY));
        TRY(parse__names(p, "the name of a column", body->partitioned_by));
    }
    return parse_with(p, body->options);
}

static struct err *parse_create_table(struct parser *p, struct ast_statement *s)
{
    struct ast_create_table *t = &s->create_table;
    s->kind = AST_STATEMENT_CREATE_TABLE;
    t->if_not_exists = parse__if_not_exists(p);
    TRY(parse__path(p, "the name of a table", &t->name));
    struct body body = {&t->has_schema, &t->columns, &t->schema, &t->comment, &t->distribution,
        &t->partitioned_by, &t->options};
    TRY(parse_body(p, &body));
    TRY(parse_like(p, &t->like));
    if (!t->like && parser_accept_word(p, WORD_AS)) return parse__query(p, &t->query);
    if (t->columns.count == 0) return NULL;
    return err_hint(parser_fail(p, "AS and a query after a list of names"),
        "give each column a type, as in (a INT, b STRING)");
}

static struct err *parse_create_materialized(struct parser *p, struct ast_statement *s)
{
    struct ast_create_materialized *t = &s->create_materialized;
    s->kind = AST_STATEMENT_CREATE_MATERIALIZED_TABLE;
    t->if_not_exists = parse__if_not_exists(p);
    TRY(parse__path(p, "the name of a table", &t->name));
    struct body body = {&t->has_schema, &t->columns, &t->schema, &t->comment, &t->distribution,
        &t->partitioned_by, &t->options};
    TRY(parse_body(p, &body));
    if (parser_accept_word(p, WORD_FRESHNESS)) TRY(parse__freshness(p, &t->freshness));
    if (parser_accept_word(p, WORD_REFRESH_MODE)) TRY(parse__refresh_mode(p, &t->refresh_mode));
    TRY(parser_expect_word(p, WORD_AS));
    return parse__query(p, &t->query);
}

/* --- CREATE VIEW, FUNCTION, CATALOG, DATABASE, MODEL --- */

static struct err *parse_create_view(struct parser *p, struct ast_statement *s)
{
    struct ast_create_view *v = &s->create_view;
    s->kind = AST_STATEMENT_CREATE_VIEW;
    v->if_not_exists = parse__if_not_exists(p);
    TRY(parse__path(p, "the name of a view", &v->name));
    if (parser_at(p, TOKEN_LEFT_PAREN)) TRY(parse__names(p, "the name of a column", &v->columns));
    TRY(parse_comment(p, &v->comment));
    TRY(parser_expect_word(p, WORD_AS));
    return parse__query(p, &v->query);
}

static struct err *parse_resources(struct parser *p, struct ast_create_function *f)
{
    if (!parser_accept_word(p, WORD_USING)) return NULL;
    f->artifacts = parser_at_word(p, WORD_ARTIFACT);
    do {
        struct ast_string file;
        TRY(parser_expect_word(p, f->artifacts ? WORD_ARTIFACT : WORD_JAR));
        TRY(parse__string(p, "a file in quotes", &file));
        f->jars.items = parser_push(p, f->jars.items, &f->jars.count, sizeof file);
        f->jars.items[f->jars.count - 1] = file;
    } while (parser_accept(p, TOKEN_COMMA));
    return NULL;
}

static struct err *parse_language(struct parser *p, struct ast_name *language)
{
    static const enum keyword words[] = {WORD_JAVA, WORD_SCALA, WORD_SQL, WORD_PYTHON};
    if (!parser_accept_word(p, WORD_LANGUAGE)) return NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!parser_at_word(p, words[i])) continue;
        struct text_pos pos = parser_take(p)->pos;
        *language = (struct ast_name){.text = slice_of(keyword_text(words[i])), .pos = pos};
        return NULL;
    }
    return parser_fail(p, "JAVA, SCALA, SQL or PYTHON after LANGUAGE");
}

static struct err *parse_create_function(struct parser *p, struct ast_statement *s)
{
    struct ast_create_function *f = &s->create_function;
    s->kind = AST_STATEMENT_CREATE_FUNCTION;
    f->if_exists = parse__if_not_exists(p);
    TRY(parse__path(p, "the name of a function", &f->name));
    if (f->system && f->name.count > 1)
        FAIL_AT(ERR_SYNTAX, f->name.pos, "a system function has no catalog and no database");
    TRY(parser_expect_word(p, WORD_AS));
    TRY(parse__string(p, "the name of a class in quotes", &f->class_name));
    TRY(parse_language(p, &f->language));
    TRY(parse_resources(p, f));
    return parse_with(p, &f->options);
}

static struct err *parse_create_object(
    struct parser *p, enum ast_statement_kind kind, struct ast_statement *s)
{
    struct ast_create_object *o = &s->create_object;
    s->kind = kind;
    o->if_not_exists = parse__if_not_exists(p);
    TRY(parse__path(p, "a name", &o->name));
    if (kind == AST_STATEMENT_CREATE_CATALOG && o->name.count > 1)
        FAIL_AT(ERR_SYNTAX, o->name.pos, "the name of a catalog has one part");
    bool model = kind == AST_STATEMENT_CREATE_MODEL;
    if (model && parser_accept_word(p, WORD_INPUT)) {
        TRY(parser_expect(p, TOKEN_LEFT_PAREN, NULL));
        TRY(parse__table_schema(p, false, &o->input));
    }
    if (model && parser_accept_word(p, WORD_OUTPUT)) {
        TRY(parser_expect(p, TOKEN_LEFT_PAREN, NULL));
        TRY(parse__table_schema(p, false, &o->output));
    }
    TRY(parse_comment(p, &o->comment));
    TRY(parse_with(p, &o->options));
    if (model && parser_accept_word(p, WORD_AS)) return parse__query(p, &o->query);
    return NULL;
}

/* --- CREATE --- */

struct prefix {
    bool replace, alter, temporary, system;
};

static struct err *parse_create_prefix(struct parser *p, struct prefix *prefix)
{
    if (parser_take(p)->keyword == WORD_REPLACE) {
        prefix->replace = true;
        return NULL;
    }
    if (parser_accept_word(p, WORD_OR)) {
        prefix->alter = parser_accept_word(p, WORD_ALTER);
        prefix->replace = !prefix->alter;
        if (prefix->replace) TRY(parser_expect_word(p, WORD_REPLACE));
    }
    prefix->temporary = parser_accept_word(p, WORD_TEMPORARY);
    if (!parser_at_word(p, WORD_SYSTEM)) return NULL;
    if (!prefix->temporary)
        return err_hint(
            parser_refuse(p, "CREATE SYSTEM FUNCTION"), "write CREATE TEMPORARY SYSTEM FUNCTION");
    parser_take(p);
    prefix->system = true;
    return parser_at_word(p, WORD_FUNCTION) ? NULL : parser_fail(p, "FUNCTION");
}

static struct err *parse_create_rest(struct parser *p, struct prefix x, struct ast_statement *s)
{
    if (parser_accept_word(p, WORD_TABLE)) {
        s->create_table.or_replace = x.replace;
        s->create_table.temporary = x.temporary;
        return parse_create_table(p, s);
    }
    if (parser_accept_word(p, WORD_VIEW)) {
        s->create_view.or_replace = x.replace;
        s->create_view.temporary = x.temporary;
        return parse_create_view(p, s);
    }
    if (parser_accept_word(p, WORD_FUNCTION)) {
        s->create_function.or_replace = x.replace;
        s->create_function.temporary = x.temporary;
        s->create_function.system = x.system;
        return parse_create_function(p, s);
    }
    if (parser_at_word(p, WORD_MATERIALIZED) && parser_next_is_word(p, 1, WORD_TABLE)) {
        if (x.temporary) return parser_refuse(p, "CREATE TEMPORARY MATERIALIZED TABLE");
        if (x.replace)
            return err_hint(parser_refuse(p, "CREATE OR REPLACE MATERIALIZED TABLE"),
                "write CREATE OR ALTER MATERIALIZED TABLE");
        parser_take(p);
        parser_take(p);
        s->create_materialized.or_alter = x.alter;
        return parse_create_materialized(p, s);
    }
    s->create_object.temporary = x.temporary;
    s->create_object.or_replace = x.replace;
    if (parser_accept_word(p, WORD_CATALOG))
        return parse_create_object(p, AST_STATEMENT_CREATE_CATALOG, s);
    if (parser_accept_word(p, WORD_DATABASE))
        return parse_create_object(p, AST_STATEMENT_CREATE_DATABASE, s);
    if (parser_accept_word(p, WORD_MODEL))
        return parse_create_object(p, AST_STATEMENT_CREATE_MODEL, s);
    if (parser_at_word(p, WORD_CONNECTION)) return parser_refuse(p, "CREATE CONNECTION");
    return parser_fail(
        p, "TABLE, VIEW, FUNCTION, CATALOG, DATABASE, MODEL or MATERIALIZED TABLE after CREATE");
}

struct err *parse__create(struct parser *p, struct ast_statement *s)
{
    struct prefix prefix = {0};
    TRY(parse_create_prefix(p, &prefix));
    if (prefix.alter && !parser_at_word(p, WORD_MATERIALIZED))
        return parser_fail(p, "MATERIALIZED TABLE after CREATE OR ALTER");
    return parse_create_rest(p, prefix, s);
}

/* --- DROP --- */

static struct err *parse_drop_kind(struct parser *p, struct ast_drop *drop)
{
    static const struct {
        enum keyword word;
        enum ast_object_kind kind;
    } rows[] = {{WORD_TABLE, AST_OBJECT_TABLE}, {WORD_VIEW, AST_OBJECT_VIEW},
        {WORD_FUNCTION, AST_OBJECT_FUNCTION}, {WORD_CATALOG, AST_OBJECT_CATALOG},
        {WORD_DATABASE, AST_OBJECT_DATABASE}, {WORD_MODEL, AST_OBJECT_MODEL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!parser_accept_word(p, rows[i].word)) continue;
        drop->kind = rows[i].kind;
        return NULL;
    }
    if (drop->temporary && parser_at_word(p, WORD_MATERIALIZED))
        return parser_refuse(p, "DROP TEMPORARY MATERIALIZED TABLE");
    if (parser_at_word(p, WORD_CONNECTION)) return parser_refuse(p, "DROP CONNECTION");
    drop->kind = AST_OBJECT_MATERIALIZED_TABLE;
    if (parser_accept_words(p, WORD_MATERIALIZED, WORD_TABLE)) return NULL;
    return parser_fail(
        p, "TABLE, VIEW, FUNCTION, CATALOG, DATABASE, MODEL or MATERIALIZED TABLE after DROP");
}

struct err *parse__drop(struct parser *p, struct ast_statement *s)
{
    struct ast_drop *drop = &s->drop;
    s->kind = AST_STATEMENT_DROP;
    parser_take(p);
    drop->temporary = parser_accept_word(p, WORD_TEMPORARY);
    drop->system = parser_accept_word(p, WORD_SYSTEM);
    if (drop->system && !parser_at_word(p, WORD_FUNCTION)) return parser_fail(p, "FUNCTION");
    TRY(parse_drop_kind(p, drop));
    drop->if_exists = parse__if_exists(p);
    TRY(parse__path(p, "a name", &drop->path));
    if (drop->kind != AST_OBJECT_DATABASE) return NULL;
    drop->cascade = parser_accept_word(p, WORD_CASCADE);
    if (!drop->cascade) parser_accept_word(p, WORD_RESTRICT);
    return NULL;
}
