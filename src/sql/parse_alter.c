/* ALTER. */
#include "sql/parse_part.h"

/* --- ALTER TABLE .. ADD, MODIFY --- */

static struct err *parse_partitions(struct parser *p, bool add, struct ast_alter_table *t)
{
    do {
        struct ast_partition_add partition = {0};
        TRY(parser_expect_word(p, WORD_PARTITION));
        TRY(parse__partition_spec(p, true, &partition.spec));
        if (add && parser_accept_word(p, WORD_WITH)) TRY(parse__options(p, &partition.options));
        t->partitions = parser_push(p, t->partitions, &t->partition_count, sizeof partition);
        t->partitions[t->partition_count - 1] = partition;
    } while (add ? parser_at_word(p, WORD_PARTITION) : parser_accept(p, TOKEN_COMMA));
    return NULL;
}

static struct err *parse_schema_change(struct parser *p, struct ast_alter_table *t)
{
    if (parser_accept_word(p, WORD_DISTRIBUTION)) return parse__distribution(p, &t->distribution);
    if (parser_at_word(p, WORD_COLUMN))
        return err_hint(parser_fail(p, "the name of a column"), "leave out the word COLUMN");
    t->parenthesized = parser_accept(p, TOKEN_LEFT_PAREN);
    if (t->parenthesized) return parse__table_schema(p, true, &t->schema);
    return parse__table_element(p, true, &t->schema);
}

static struct err *parse_add(struct parser *p, struct ast_alter_table *t)
{
    t->partition_exists = parse__if_not_exists(p);
    if (t->partition_exists || parser_at_word(p, WORD_PARTITION)) {
        t->action = AST_ALTER_ADD_PARTITION;
        return parse_partitions(p, true, t);
    }
    t->action = AST_ALTER_ADD;
    return parse_schema_change(p, t);
}

/* --- ALTER TABLE .. DROP, RENAME --- */

static struct err *parse_drop_columns(struct parser *p, struct ast_alter_table *t)
{
    t->action = AST_ALTER_DROP_COLUMN;
    if (parser_at_word(p, WORD_COLUMN))
        return err_hint(parser_fail(p, "the name of a column"), "leave out the word COLUMN");
    t->parenthesized = parser_accept(p, TOKEN_LEFT_PAREN);
    do {
        struct ast_path path;
        TRY(parse__path(p, "the name of a column", &path));
        t->columns.items = parser_push(p, t->columns.items, &t->columns.count, sizeof path);
        t->columns.items[t->columns.count - 1] = path;
    } while (t->parenthesized && parser_accept(p, TOKEN_COMMA));
    if (!t->parenthesized) return NULL;
    return parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the column");
}

static struct err *parse_drop(struct parser *p, struct ast_alter_table *t)
{
    t->partition_exists = parse__if_exists(p);
    if (t->partition_exists || parser_at_word(p, WORD_PARTITION)) {
        t->action = AST_ALTER_DROP_PARTITION;
        return parse_partitions(p, false, t);
    }
    if (parser_accept_word(p, WORD_PRIMARY)) {
        t->action = AST_ALTER_DROP_PRIMARY_KEY;
        return parser_expect_word(p, WORD_KEY);
    }
    if (parser_accept_word(p, WORD_CONSTRAINT)) {
        t->action = AST_ALTER_DROP_CONSTRAINT;
        return parse__path(p, "the name of a constraint", &t->column);
    }
    t->action = AST_ALTER_DROP_WATERMARK;
    if (parser_accept_word(p, WORD_WATERMARK)) return NULL;
    t->action = AST_ALTER_DROP_DISTRIBUTION;
    if (parser_accept_word(p, WORD_DISTRIBUTION)) return NULL;
    return parse_drop_columns(p, t);
}

static struct err *parse_rename(struct parser *p, struct ast_alter_table *t)
{
    t->action = AST_ALTER_RENAME;
    if (!parser_at_word(p, WORD_TO)) {
        t->action = AST_ALTER_RENAME_COLUMN;
        TRY(parse__path(p, "TO or the name of a column", &t->column));
    }
    TRY(parser_expect_word(p, WORD_TO));
    return parse__path(p, "the new name", &t->target);
}

/* *found is false where none of the actions all tables know stands. */
static struct err *parse_table_action(struct parser *p, bool *found, struct ast_alter_table *t)
{
    *found = true;
    if (parser_accept_word(p, WORD_ADD)) return parse_add(p, t);
    if (parser_accept_word(p, WORD_MODIFY)) {
        t->action = AST_ALTER_MODIFY;
        return parse_schema_change(p, t);
    }
    if (parser_accept_word(p, WORD_DROP)) return parse_drop(p, t);
    if (parser_accept_word(p, WORD_SET)) {
        t->action = AST_ALTER_SET;
        return parse__options(p, &t->options);
    }
    if (parser_accept_word(p, WORD_RESET)) {
        t->action = AST_ALTER_RESET;
        return parse__keys(p, &t->keys);
    }
    *found = false;
    return NULL;
}

static struct err *parse_alter_table(struct parser *p, struct ast_statement *s)
{
    struct ast_alter_table *t = &s->alter_table;
    bool found;
    s->kind = AST_STATEMENT_ALTER_TABLE;
    t->if_exists = parse__if_exists(p);
    TRY(parse__path(p, "the name of a table", &t->name));
    if (parser_accept_word(p, WORD_RENAME)) return parse_rename(p, t);
    TRY(parse_table_action(p, &found, t));
    return found ? NULL : parser_fail(p, "ADD, MODIFY, DROP, RENAME, SET or RESET");
}

/* --- ALTER MATERIALIZED TABLE --- */

static struct err *parse_set_materialized(struct parser *p, bool *found, struct ast_statement *s)
{
    struct ast_alter_materialized *t = &s->alter_materialized;
    *found = true;
    if (parser_accept_words(p, WORD_SET, WORD_FRESHNESS)) {
        t->table.action = AST_ALTER_SET_FRESHNESS;
        return parse__freshness(p, &t->freshness);
    }
    if (parser_accept_words(p, WORD_SET, WORD_REFRESH_MODE)) {
        t->table.action = AST_ALTER_SET_REFRESH_MODE;
        return parse__refresh_mode(p, &t->refresh_mode);
    }
    return parse_table_action(p, found, &t->table);
}

static struct err *parse_alter_materialized(struct parser *p, struct ast_statement *s)
{
    struct ast_alter_materialized *t = &s->alter_materialized;
    bool found;
    s->kind = AST_STATEMENT_ALTER_MATERIALIZED_TABLE;
    TRY(parser_expect_word(p, WORD_TABLE));
    TRY(parse__path(p, "the name of a table", &t->table.name));
    if (parser_accept_word(p, WORD_SUSPEND)) {
        t->table.action = AST_ALTER_SUSPEND;
        return NULL;
    }
    if (parser_accept_word(p, WORD_RESUME)) {
        t->table.action = AST_ALTER_RESUME;
        return parser_accept_word(p, WORD_WITH) ? parse__options(p, &t->table.options) : NULL;
    }
    if (parser_accept_word(p, WORD_REFRESH)) {
        t->table.action = AST_ALTER_REFRESH;
        if (!parser_accept_word(p, WORD_PARTITION)) return NULL;
        return parse__partition_spec(p, true, &t->partition);
    }
    if (parser_accept_word(p, WORD_AS)) {
        t->table.action = AST_ALTER_AS;
        return parse__query(p, &t->query);
    }
    TRY(parse_set_materialized(p, &found, s));
    return found ? NULL
                 : parser_fail(p, "SUSPEND, RESUME, REFRESH, AS, SET, RESET, ADD, MODIFY or DROP");
}

/* --- ALTER VIEW, CATALOG, DATABASE, MODEL --- */

static struct err *parse_object_action(struct parser *p, struct ast_statement *s)
{
    struct ast_alter_object *o = &s->alter_object;
    bool view = s->kind == AST_STATEMENT_ALTER_VIEW;
    bool model = s->kind == AST_STATEMENT_ALTER_MODEL;
    bool catalog = s->kind == AST_STATEMENT_ALTER_CATALOG;
    if ((view || model) && parser_accept_words(p, WORD_RENAME, WORD_TO)) {
        o->action = AST_ALTER_RENAME;
        return parse__path(p, "the new name", &o->target);
    }
    if (view && parser_accept_word(p, WORD_AS)) {
        o->action = AST_ALTER_AS;
        return parse__query(p, &o->query);
    }
    if (!view && parser_accept_word(p, WORD_SET)) {
        o->action = AST_ALTER_SET;
        return parse__options(p, &o->options);
    }
    if ((model || catalog) && parser_accept_word(p, WORD_RESET)) {
        o->action = AST_ALTER_RESET;
        return parse__keys(p, &o->keys);
    }
    if (catalog && parser_accept_word(p, WORD_COMMENT)) {
        o->action = AST_ALTER_COMMENT;
        return parse__string(p, "a comment in quotes", &o->comment);
    }
    return parser_fail(p, view      ? "RENAME TO or AS"
                          : model   ? "RENAME TO, SET or RESET"
                          : catalog ? "SET, RESET or COMMENT"
                                    : "SET");
}

static struct err *parse_alter_object(
    struct parser *p, enum ast_statement_kind kind, struct ast_statement *s)
{
    s->kind = kind;
    if (kind == AST_STATEMENT_ALTER_MODEL) s->alter_object.if_exists = parse__if_exists(p);
    TRY(parse__path(p, "a name", &s->alter_object.name));
    return parse_object_action(p, s);
}

/* --- ALTER FUNCTION --- */

static struct err *parse_alter_function(struct parser *p, struct ast_statement *s)
{
    static const enum keyword words[] = {WORD_JAVA, WORD_SCALA, WORD_SQL, WORD_PYTHON};
    struct ast_create_function *f = &s->create_function;
    s->kind = AST_STATEMENT_ALTER_FUNCTION;
    f->temporary = parser_accept_word(p, WORD_TEMPORARY);
    f->system = f->temporary && parser_accept_word(p, WORD_SYSTEM);
    TRY(parser_expect_word(p, WORD_FUNCTION));
    f->if_exists = parse__if_exists(p);
    TRY(parse__path(p, "the name of a function", &f->name));
    TRY(parser_expect_word(p, WORD_AS));
    TRY(parse__string(p, "the name of a class in quotes", &f->class_name));
    if (!parser_accept_word(p, WORD_LANGUAGE)) return NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!parser_at_word(p, words[i])) continue;
        struct text_pos pos = parser_take(p)->pos;
        f->language = (struct ast_name){.text = slice_of(keyword_text(words[i])), .pos = pos};
        return NULL;
    }
    return parser_fail(p, "JAVA, SCALA, SQL or PYTHON after LANGUAGE");
}

struct err *parse__alter(struct parser *p, struct ast_statement *s)
{
    parser_take(p);
    if (parser_accept_word(p, WORD_TABLE)) return parse_alter_table(p, s);
    if (parser_accept_word(p, WORD_MATERIALIZED)) return parse_alter_materialized(p, s);
    if (parser_accept_word(p, WORD_VIEW)) return parse_alter_object(p, AST_STATEMENT_ALTER_VIEW, s);
    if (parser_accept_word(p, WORD_CATALOG))
        return parse_alter_object(p, AST_STATEMENT_ALTER_CATALOG, s);
    if (parser_accept_word(p, WORD_DATABASE))
        return parse_alter_object(p, AST_STATEMENT_ALTER_DATABASE, s);
    if (parser_accept_word(p, WORD_MODEL))
        return parse_alter_object(p, AST_STATEMENT_ALTER_MODEL, s);
    if (parser_at_word(p, WORD_TEMPORARY) || parser_at_word(p, WORD_FUNCTION))
        return parse_alter_function(p, s);
    if (parser_at_word(p, WORD_CONNECTION)) return parser_refuse(p, "ALTER CONNECTION");
    return parser_fail(
        p, "TABLE, VIEW, FUNCTION, CATALOG, DATABASE, MODEL or MATERIALIZED TABLE after ALTER");
}
