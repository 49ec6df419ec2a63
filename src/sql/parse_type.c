/* Data types. */
#include "sql/parse_part.h"

struct simple_row {
    const char *word;
    enum ast_type_kind kind;
    uint8_t numbers; /* how many may stand in parentheses */
};

static const struct simple_row simple_rows[] = {{"BOOLEAN", AST_TYPE_BOOLEAN, 0},
    {"TINYINT", AST_TYPE_TINYINT, 0}, {"SMALLINT", AST_TYPE_SMALLINT, 0},
    {"INT", AST_TYPE_INTEGER, 0}, {"INTEGER", AST_TYPE_INTEGER, 0}, {"BIGINT", AST_TYPE_BIGINT, 0},
    {"FLOAT", AST_TYPE_FLOAT, 0}, {"REAL", AST_TYPE_REAL, 0}, {"DOUBLE", AST_TYPE_DOUBLE, 0},
    {"DECIMAL", AST_TYPE_DECIMAL, 2}, {"DEC", AST_TYPE_DECIMAL, 2},
    {"NUMERIC", AST_TYPE_DECIMAL, 2}, {"CHAR", AST_TYPE_CHAR, 1}, {"CHARACTER", AST_TYPE_CHAR, 1},
    {"VARCHAR", AST_TYPE_VARCHAR, 1}, {"STRING", AST_TYPE_STRING, 0},
    {"BINARY", AST_TYPE_BINARY, 1}, {"VARBINARY", AST_TYPE_VARBINARY, 1},
    {"BYTES", AST_TYPE_BYTES, 0}, {"DATE", AST_TYPE_DATE, 0}, {"TIME", AST_TYPE_TIME, 1},
    {"TIMESTAMP", AST_TYPE_TIMESTAMP, 1}, {"TIMESTAMP_LTZ", AST_TYPE_TIMESTAMP_LTZ, 1},
    {"VARIANT", AST_TYPE_VARIANT, 0}, {"BITMAP", AST_TYPE_BITMAP, 0},
    {"DESCRIPTOR", AST_TYPE_DESCRIPTOR, 0}};

enum { SIMPLE_COUNT = sizeof simple_rows / sizeof *simple_rows };

static struct err *parse_nullability(struct parser *p, struct ast_type *type)
{
    if (parser_accept_words(p, WORD_NOT, WORD_NULL))
        type->nullability = AST_NULLABILITY_NOT_NULL;
    else if (parser_accept_word(p, WORD_NULL))
        type->nullability = AST_NULLABILITY_NULL;
    return NULL;
}

/* --- simple types --- */

/* [WITHOUT TIME ZONE], [WITH LOCAL TIME ZONE] */
static struct err *parse_time_zone(struct parser *p, struct ast_type *type)
{
    if (parser_at_word(p, WORD_WITHOUT) && parser_next_is_word(p, 1, WORD_TIME)) {
        for (int i = 0; i < 2; i++) parser_take(p);
        return parser_expect_word(p, WORD_ZONE);
    }
    if (!parser_at_word(p, WORD_WITH)) return NULL;
    if (parser_next_is_word(p, 1, WORD_TIME)) return parser_refuse(p, "a type WITH TIME ZONE");
    if (!parser_next_is_word(p, 1, WORD_LOCAL)) return NULL;
    if (type->kind == AST_TYPE_TIME) return parser_refuse(p, "TIME WITH LOCAL TIME ZONE");
    parser_take(p);
    parser_take(p);
    type->kind = AST_TYPE_TIMESTAMP_LTZ;
    return parser_expect_words(p, WORD_TIME, WORD_ZONE);
}

static void accept_spelling(struct parser *p, struct ast_type *type)
{
    if (type->kind == AST_TYPE_DOUBLE) parser_accept_word(p, WORD_PRECISION);
    if (type->kind == AST_TYPE_CHAR && parser_accept_word(p, WORD_VARYING))
        type->kind = AST_TYPE_VARCHAR;
    if (type->kind == AST_TYPE_BINARY && parser_accept_word(p, WORD_VARYING))
        type->kind = AST_TYPE_VARBINARY;
}

static struct err *parse_simple(
    struct parser *p, const struct simple_row *row, struct ast_type *type)
{
    parser_take(p);
    type->kind = row->kind;
    accept_spelling(p, type);
    if (row->numbers > 0 && parser_accept(p, TOKEN_LEFT_PAREN)) {
        TRY(parse__int(p, "the length or precision", &type->precision));
        if (row->numbers > 1 && parser_accept(p, TOKEN_COMMA))
            TRY(parse__int(p, "the scale", &type->scale));
        TRY(parser_expect(p, TOKEN_RIGHT_PAREN, NULL));
    }
    if (parser_at_word(p, WORD_CHARACTER) && parser_next_is_word(p, 1, WORD_SET))
        return parser_refuse(p, "CHARACTER SET");
    if (row->kind == AST_TYPE_TIME || row->kind == AST_TYPE_TIMESTAMP)
        return parse_time_zone(p, type);
    return NULL;
}

static const struct simple_row *find_simple(const struct token *token)
{
    if (token->kind != TOKEN_NAME || token->quoted) return NULL;
    for (size_t i = 0; i < SIMPLE_COUNT; i++)
        if (slice_eq_nocase(token->text, slice_of(simple_rows[i].word))) return &simple_rows[i];
    return NULL;
}

/* --- types made of types --- */

static struct err *parse_children(struct parser *p, size_t count, struct ast_type *type)
{
    TRY(parser_expect(p, TOKEN_LESS, "'<' after the collection's name"));
    for (size_t i = 0; i < count; i++) {
        if (i > 0) TRY(parser_expect(p, TOKEN_COMMA, NULL));
        TRY(parse__type(p, true, &type->children[i]));
    }
    return parser_expect(p, TOKEN_GREATER, "'>' after the element's type");
}

static struct err *parse_field(struct parser *p, struct ast_type *type)
{
    struct ast_field field = {0};
    TRY(parse__name(p, "the name of a field", &field.name));
    TRY(parse__type(p, true, &field.type));
    if (parser_at(p, TOKEN_STRING)) TRY(parse__string(p, "a comment", &field.comment));
    type->fields = parser_push(p, type->fields, &type->field_count, sizeof field);
    type->fields[type->field_count - 1] = field;
    return parser_limit(p, type->field_count, PARSE_COLUMNS_MAX, "fields");
}

static struct err *parse_fields(struct parser *p, enum token_kind close, struct ast_type *type)
{
    do {
        TRY(parse_field(p, type));
    } while (parser_accept(p, TOKEN_COMMA));
    return parser_expect(p, close,
        close == TOKEN_GREATER ? "'>' or ',' after the field" : "')' or ',' after the field");
}

static struct err *parse_row(struct parser *p, struct ast_type *type)
{
    parser_take(p);
    type->kind = AST_TYPE_ROW;
    if (parser_accept(p, TOKEN_NOT_EQUAL)) return NULL; /* ROW<> */
    if (parser_accept(p, TOKEN_LEFT_PAREN)) {
        if (parser_accept(p, TOKEN_RIGHT_PAREN)) return NULL;
        return parse_fields(p, TOKEN_RIGHT_PAREN, type);
    }
    TRY(parser_expect(p, TOKEN_LESS, "'<' or '(' after ROW"));
    if (parser_accept(p, TOKEN_GREATER)) return NULL;
    return parse_fields(p, TOKEN_GREATER, type);
}

static struct err *parse_structured(struct parser *p, struct ast_type *type)
{
    parser_take(p);
    type->kind = AST_TYPE_STRUCTURED;
    TRY(parser_expect(p, TOKEN_LESS, NULL));
    TRY(parse__string(p, "the name of a class in quotes", &type->class_name));
    if (parser_accept(p, TOKEN_COMMA)) return parse_fields(p, TOKEN_GREATER, type);
    return parser_expect(p, TOKEN_GREATER, "'>' or ',' after the class");
}

static struct err *parse_raw(struct parser *p, struct ast_type *type)
{
    parser_take(p);
    type->kind = AST_TYPE_RAW;
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, NULL));
    TRY(parse__string(p, "the name of a class in quotes", &type->class_name));
    TRY(parser_expect(p, TOKEN_COMMA, NULL));
    TRY(parse__string(p, "the serializer's snapshot in quotes", &type->serializer));
    return parser_expect(p, TOKEN_RIGHT_PAREN, NULL);
}

static struct err *parse_named(struct parser *p, struct ast_type *type)
{
    const struct token *token = parser_peek(p, 0);
    type->kind = AST_TYPE_NAMED;
    if (token->kind == TOKEN_NAME && !parser_is_name(token)) {
        const char *words[SIMPLE_COUNT];
        for (size_t i = 0; i < SIMPLE_COUNT; i++) words[i] = simple_rows[i].word;
        const char *near = str_nearest(token->text, words, SIMPLE_COUNT);
        struct err *e = parser_fail(p, "a data type");
        return near ? err_hint(e, "did you mean '%s'?", near) : e;
    }
    return parse__path(p, "a data type", &type->path);
}

static struct err *parse_base(struct parser *p, struct ast_type *type)
{
    const struct simple_row *simple = find_simple(parser_peek(p, 0));
    if (simple) return parse_simple(p, simple, type);
    bool angle = parser_next_is(p, 1, TOKEN_LESS);
    if (parser_at_word(p, WORD_ROW)) return parse_row(p, type);
    if (parser_at_word(p, WORD_STRUCTURED) && angle) return parse_structured(p, type);
    if (parser_at_word(p, WORD_RAW) && parser_next_is(p, 1, TOKEN_LEFT_PAREN))
        return parse_raw(p, type);
    if (parser_at_word(p, WORD_INTERVAL)) {
        parser_take(p);
        type->kind = AST_TYPE_INTERVAL;
        return parse__interval_unit(p, &type->interval);
    }
    bool map = parser_at_word(p, WORD_MAP);
    if (map || parser_at_word(p, WORD_ARRAY) || parser_at_word(p, WORD_MULTISET)) {
        enum keyword word = parser_take(p)->keyword;
        type->kind = map ? AST_TYPE_MAP : word == WORD_ARRAY ? AST_TYPE_ARRAY : AST_TYPE_MULTISET;
        return parse_children(p, map ? 2 : 1, type);
    }
    return parse_named(p, type);
}

static struct ast_type *new_type(struct parser *p, struct text_pos pos)
{
    struct ast_type *type = parser_alloc(p, sizeof *type);
    type->pos = pos;
    type->precision = -1;
    type->scale = -1;
    return type;
}

/* INT ARRAY, INT NOT NULL ARRAY MULTISET: collections may be written behind their element. */
static bool at_suffix(struct parser *p)
{
    size_t skip = parser_next_is_word(p, 0, WORD_NULL)                                          ? 1
                  : parser_next_is_word(p, 0, WORD_NOT) && parser_next_is_word(p, 1, WORD_NULL) ? 2
                                                                                                : 0;
    return (parser_next_is_word(p, skip, WORD_ARRAY) ||
               parser_next_is_word(p, skip, WORD_MULTISET)) &&
           !parser_next_is(p, skip + 1, TOKEN_LESS);
}

struct err *parse__type(struct parser *p, bool with_nullability, struct ast_type **out)
{
    TRY(parser_enter(p));
    struct text_pos start = parser_here(p);
    struct ast_type *type = new_type(p, start);
    TRY(parse_base(p, type));
    type->pos = parser_span(p, start);
    for (size_t count = 0; at_suffix(p); count++) {
        TRY(parser_limit(p, count, PARSE_DEPTH_MAX, "nested collections"));
        TRY(parse_nullability(p, type));
        struct ast_type *collection = new_type(p, start);
        collection->kind =
            parser_take(p)->keyword == WORD_ARRAY ? AST_TYPE_ARRAY : AST_TYPE_MULTISET;
        collection->children[0] = type;
        collection->pos = parser_span(p, start);
        type = collection;
    }
    if (with_nullability) TRY(parse_nullability(p, type));
    type->pos = parser_span(p, start);
    parser_leave(p);
    *out = type;
    return NULL;
}
