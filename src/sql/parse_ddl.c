/* Columns, watermarks, keys, distribution: pieces of CREATE and ALTER. */
#include "base/num.h"
#include "sql/parse_part.h"

/* --- keys --- */

/* [CONSTRAINT name] PRIMARY KEY | UNIQUE; *found is false where neither stands. */
static struct err *parse_key_words(struct parser *p, bool *found, struct ast_constraint *constraint)
{
    bool named = parser_accept_word(p, WORD_CONSTRAINT);
    if (named) TRY(parse__name(p, "the name of the constraint", &constraint->name));
    *found = true;
    if (parser_accept_word(p, WORD_PRIMARY)) return parser_expect_word(p, WORD_KEY);
    constraint->unique = parser_accept_word(p, WORD_UNIQUE);
    *found = constraint->unique;
    return named && !*found ? parser_fail(p, "PRIMARY KEY or UNIQUE") : NULL;
}

/* Nothing written is as bad as ENFORCED: the binder explains. */
static struct err *parse_enforced(struct parser *p, struct ast_constraint *constraint)
{
    constraint->enforced = !parser_accept_words(p, WORD_NOT, WORD_ENFORCED);
    if (constraint->enforced) parser_accept_word(p, WORD_ENFORCED);
    return NULL;
}

static struct err *parse_table_constraint(
    struct parser *p, bool *found, struct ast_table_schema *schema)
{
    struct ast_constraint constraint = {.pos = parser_here(p)};
    TRY(parse_key_words(p, found, &constraint));
    if (!*found) return NULL;
    TRY(parse__names(p, "the name of a column", &constraint.columns));
    TRY(parse_enforced(p, &constraint));
    constraint.pos = parser_span(p, constraint.pos);
    schema->constraints =
        parser_push(p, schema->constraints, &schema->constraint_count, sizeof constraint);
    schema->constraints[schema->constraint_count - 1] = constraint;
    return NULL;
}

static struct err *parse_column_constraint(struct parser *p, struct ast_column *column)
{
    struct ast_constraint constraint = {.pos = parser_here(p)};
    bool found;
    TRY(parse_key_words(p, &found, &constraint));
    if (!found) return NULL;
    TRY(parse_enforced(p, &constraint));
    constraint.pos = parser_span(p, constraint.pos);
    constraint.columns.count = 1;
    constraint.columns.items = &column->name.parts[column->name.count - 1];
    column->constraint = parser_alloc(p, sizeof constraint);
    *column->constraint = constraint;
    return NULL;
}

/* --- columns --- */

static struct err *parse_metadata(struct parser *p, struct ast_column *column)
{
    column->kind = AST_COLUMN_METADATA;
    if (parser_accept_word(p, WORD_FROM))
        TRY(parse__string(p, "the metadata key in quotes", &column->metadata_key));
    column->is_virtual = parser_accept_word(p, WORD_VIRTUAL);
    return NULL;
}

static struct err *parse_place(struct parser *p, struct ast_column *column)
{
    if (parser_accept_word(p, WORD_FIRST)) column->place = AST_PLACE_FIRST;
    if (!parser_accept_word(p, WORD_AFTER)) return NULL;
    column->place = AST_PLACE_AFTER;
    return parse__path(p, "the name of a column", &column->after);
}

static struct err *parse_column(struct parser *p, bool with_places, struct ast_column *column)
{
    column->pos = parser_here(p);
    TRY(parse__path(p, "the name of a column, WATERMARK or PRIMARY KEY", &column->name));
    if (column->name.count == 1 && parser_accept_word(p, WORD_AS)) {
        column->kind = AST_COLUMN_COMPUTED;
        TRY(parse__expr(p, &column->expr));
        if (column->expr->kind == AST_EXPR_QUERY)
            FAIL_AT(ERR_SYNTAX, column->expr->pos, "a computed column cannot be a query");
    } else {
        TRY(parse__type(p, true, &column->type));
        if (parser_accept_word(p, WORD_METADATA))
            TRY(parse_metadata(p, column));
        else
            TRY(parse_column_constraint(p, column));
    }
    if (parser_accept_word(p, WORD_COMMENT)) TRY(parse__string(p, "a comment", &column->comment));
    if (with_places) TRY(parse_place(p, column));
    column->pos = parser_span(p, column->pos);
    return NULL;
}

static struct err *parse_watermark(struct parser *p, struct ast_table_schema *schema)
{
    struct ast_watermark watermark = {.pos = parser_here(p)};
    TRY(parser_expect_words(p, WORD_WATERMARK, WORD_FOR));
    TRY(parse__path(p, "the name of a column", &watermark.column));
    TRY(parser_expect_word(p, WORD_AS));
    TRY(parse__expr(p, &watermark.expr));
    watermark.pos = parser_span(p, watermark.pos);
    if (schema->watermark_count > 0)
        FAIL_AT(ERR_SYNTAX, watermark.pos, "a table has only one WATERMARK");
    schema->watermarks =
        parser_push(p, schema->watermarks, &schema->watermark_count, sizeof watermark);
    schema->watermarks[0] = watermark;
    return NULL;
}

struct err *parse__table_element(
    struct parser *p, bool with_places, struct ast_table_schema *schema)
{
    bool found;
    if (parser_at_word(p, WORD_WATERMARK)) return parse_watermark(p, schema);
    TRY(parse_table_constraint(p, &found, schema));
    if (found) return NULL;
    struct ast_column column = {0};
    TRY(parse_column(p, with_places, &column));
    schema->columns = parser_push(p, schema->columns, &schema->column_count, sizeof column);
    schema->columns[schema->column_count - 1] = column;
    return parser_limit(p, schema->column_count, PARSE_COLUMNS_MAX, "columns");
}

struct err *parse__table_schema(struct parser *p, bool with_places, struct ast_table_schema *schema)
{
    do {
        TRY(parse__table_element(p, with_places, schema));
    } while (parser_accept(p, TOKEN_COMMA));
    return parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the column");
}

/* --- DISTRIBUTED BY HASH (a) INTO 4 BUCKETS, without the first word --- */

struct err *parse__distribution(struct parser *p, struct ast_distribution **out)
{
    struct ast_distribution *distribution = parser_alloc(p, sizeof *distribution);
    distribution->pos = parser_here(p);
    distribution->kind = AST_DISTRIBUTION_NONE;
    distribution->bucket_count = -1;
    bool by = parser_accept_word(p, WORD_BY);
    if (by) {
        distribution->kind = AST_DISTRIBUTION_UNKNOWN;
        if (parser_accept_word(p, WORD_HASH))
            distribution->kind = AST_DISTRIBUTION_HASH;
        else if (parser_accept_word(p, WORD_RANGE))
            distribution->kind = AST_DISTRIBUTION_RANGE;
        TRY(parse__names(p, "the name of a column", &distribution->columns));
    }
    if (parser_accept_word(p, WORD_INTO)) {
        int32_t count;
        TRY(parse__int(p, "the number of buckets", &count));
        TRY(parser_expect_word(p, WORD_BUCKETS));
        distribution->bucket_count = count;
    } else if (!by) {
        return parser_fail(p, "BY or INTO");
    }
    distribution->pos = parser_span(p, distribution->pos);
    *out = distribution;
    return NULL;
}

/* --- materialized tables --- */

struct err *parse__freshness(struct parser *p, struct ast_expr **interval)
{
    bool found = false;
    TRY(parser_expect(p, TOKEN_EQUAL, "'=' after FRESHNESS"));
    if (!parser_at_word(p, WORD_INTERVAL)) return parser_fail(p, "an INTERVAL after FRESHNESS");
    TRY(parse__literal(p, &found, interval));
    if (!(*interval)->interval.value) return NULL;
    FAIL_AT(
        ERR_SYNTAX, (*interval)->pos, "FRESHNESS wants an interval such as INTERVAL '3' MINUTE");
}

struct err *parse__refresh_mode(struct parser *p, enum ast_refresh_mode *mode)
{
    TRY(parser_expect(p, TOKEN_EQUAL, "'=' after REFRESH_MODE"));
    if (parser_accept_word(p, WORD_FULL))
        *mode = AST_REFRESH_FULL;
    else if (parser_accept_word(p, WORD_CONTINUOUS))
        *mode = AST_REFRESH_CONTINUOUS;
    else
        return parser_fail(p, "FULL or CONTINUOUS");
    return NULL;
}
