/* MATCH_RECOGNIZE. */
#include "sql/parse_part.h"

/* --- patterns --- */

static struct err *parse_alternatives(struct parser *p, struct ast_pattern **pattern);

static struct ast_pattern *new_pattern(
    struct parser *p, enum ast_pattern_kind kind, struct text_pos pos)
{
    struct ast_pattern *pattern = parser_alloc(p, sizeof *pattern);
    pattern->kind = kind;
    pattern->pos = pos;
    pattern->min = pattern->max = 1;
    return pattern;
}

static void add_item(struct parser *p, struct ast_pattern *parent, struct ast_pattern *item)
{
    parent->items = parser_push(p, parent->items, &parent->item_count, sizeof item);
    parent->items[parent->item_count - 1] = item;
}

/* {n}, {n,}, {n,m}, {,m} */
static struct err *parse_braces(struct parser *p, struct ast_pattern *pattern)
{
    parser_take(p);
    pattern->min = 0;
    bool lower = parser_at(p, TOKEN_INTEGER);
    if (lower) TRY(parse__int(p, "a number of rows", &pattern->min));
    pattern->max = pattern->min;
    if (parser_accept(p, TOKEN_COMMA)) {
        pattern->max = -1;
        if (!lower || parser_at(p, TOKEN_INTEGER))
            TRY(parse__int(p, "a number of rows", &pattern->max));
    } else if (!lower) {
        return parser_fail(p, "a number of rows");
    }
    return parser_expect(p, TOKEN_RIGHT_BRACE, "'}' after the number of rows");
}

static struct err *parse_quantifier(struct parser *p, struct ast_pattern *pattern)
{
    pattern->quantified = true;
    if (parser_accept(p, TOKEN_STAR)) {
        pattern->min = 0;
        pattern->max = -1;
    } else if (parser_accept(p, TOKEN_PLUS)) {
        pattern->max = -1;
    } else if (parser_accept(p, TOKEN_QUESTION)) {
        pattern->min = 0;
    } else if (parser_at(p, TOKEN_LEFT_BRACE)) {
        TRY(parse_braces(p, pattern));
    } else {
        pattern->quantified = false;
        return NULL;
    }
    pattern->reluctant = parser_accept(p, TOKEN_QUESTION);
    return NULL;
}

static struct err *parse_permutation(struct parser *p, struct ast_pattern **pattern)
{
    struct ast_pattern *permutation = new_pattern(p, AST_PATTERN_PERMUTE, parser_here(p));
    parser_take(p);
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, NULL));
    do {
        struct ast_pattern *item;
        TRY(parse_alternatives(p, &item));
        add_item(p, permutation, item);
    } while (parser_accept(p, TOKEN_COMMA));
    *pattern = permutation;
    return parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the pattern");
}

static struct err *parse_factor(struct parser *p, struct ast_pattern **pattern)
{
    struct text_pos start = parser_here(p);
    if (parser_accept(p, TOKEN_LEFT_PAREN)) {
        TRY(parse_alternatives(p, pattern));
        TRY(parser_expect(p, TOKEN_RIGHT_PAREN, "')' after the pattern"));
        if ((*pattern)->quantified) { /* (A+)* */
            struct ast_pattern *group = new_pattern(p, AST_PATTERN_CONCAT, start);
            add_item(p, group, *pattern);
            *pattern = group;
        }
    } else if (parser_accept(p, TOKEN_LEFT_EXCLUDE)) {
        struct ast_pattern *item;
        TRY(parse_alternatives(p, &item));
        TRY(parser_expect(p, TOKEN_RIGHT_EXCLUDE, "'-}' after the pattern"));
        *pattern = new_pattern(p, AST_PATTERN_EXCLUDE, start);
        add_item(p, *pattern, item);
    } else if (parser_at_word(p, WORD_PERMUTE) && parser_next_is(p, 1, TOKEN_LEFT_PAREN)) {
        TRY(parse_permutation(p, pattern));
    } else {
        *pattern = new_pattern(p, AST_PATTERN_VARIABLE, start);
        TRY(parse__name(p, "a pattern variable's name", &(*pattern)->name));
    }
    TRY(parse_quantifier(p, *pattern));
    (*pattern)->pos = parser_span(p, start);
    return NULL;
}

static bool at_end_anchor(struct parser *p)
{
    const struct token *token = parser_peek(p, 0);
    return token->kind == TOKEN_NAME && !token->quoted && slice_eq(token->text, SLICE("$"));
}

static bool at_factor(struct parser *p)
{
    return parser_at(p, TOKEN_LEFT_PAREN) || parser_at(p, TOKEN_LEFT_EXCLUDE) ||
           (parser_is_name(parser_peek(p, 0)) && !at_end_anchor(p)) ||
           parser_at_word(p, WORD_PERMUTE);
}

static struct err *parse_concatenation(struct parser *p, struct ast_pattern **pattern)
{
    TRY(parse_factor(p, pattern));
    if (!at_factor(p)) return NULL;
    struct ast_pattern *list = new_pattern(p, AST_PATTERN_CONCAT, (*pattern)->pos);
    add_item(p, list, *pattern);
    while (at_factor(p)) {
        TRY(parse_factor(p, pattern));
        add_item(p, list, *pattern);
    }
    list->pos = parser_span(p, list->pos);
    *pattern = list;
    return NULL;
}

static struct err *parse_alternatives(struct parser *p, struct ast_pattern **pattern)
{
    TRY(parser_enter(p));
    TRY(parse_concatenation(p, pattern));
    if (parser_at(p, TOKEN_PIPE)) {
        struct ast_pattern *list = new_pattern(p, AST_PATTERN_ALTERNATE, (*pattern)->pos);
        add_item(p, list, *pattern);
        while (parser_accept(p, TOKEN_PIPE)) {
            TRY(parse_concatenation(p, pattern));
            add_item(p, list, *pattern);
        }
        list->pos = parser_span(p, list->pos);
        *pattern = list;
    }
    parser_leave(p);
    return NULL;
}

static struct err *parse_pattern_clause(struct parser *p, struct ast_match *match)
{
    TRY(parser_expect_word(p, WORD_PATTERN));
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, NULL));
    match->anchored_start = parser_accept(p, TOKEN_CARET);
    TRY(parse_alternatives(p, &match->pattern));
    match->anchored_end = at_end_anchor(p);
    if (match->anchored_end) parser_take(p);
    TRY(parser_expect(p, TOKEN_RIGHT_PAREN, "a pattern variable or ')'"));
    if (!parser_accept_word(p, WORD_WITHIN)) return NULL;
    bool found = false;
    if (parser_at_word(p, WORD_INTERVAL)) return parse__literal(p, &found, &match->within);
    return parser_fail(p, "an INTERVAL after WITHIN");
}

/* --- the other clauses --- */

static struct err *parse_measures(struct parser *p, struct ast_match *match)
{
    if (!parser_accept_word(p, WORD_MEASURES)) return NULL;
    do {
        struct ast_measure measure = {0};
        TRY(parse__expr(p, &measure.expr));
        TRY(parser_expect_word(p, WORD_AS));
        TRY(parse__name(p, "the measure's name", &measure.alias));
        match->measures = parser_push(p, match->measures, &match->measure_count, sizeof measure);
        match->measures[match->measure_count - 1] = measure;
        TRY(parser_limit(p, match->measure_count, PARSE_COLUMNS_MAX, "measures"));
    } while (parser_accept(p, TOKEN_COMMA));
    return NULL;
}

static struct err *parse_rows_per_match(struct parser *p, struct ast_match *match)
{
    bool one = parser_at_word(p, WORD_ONE);
    if (one) {
        parser_take(p);
        TRY(parser_expect_word(p, WORD_ROW));
    } else if (parser_accept_word(p, WORD_ALL)) {
        TRY(parser_expect_word(p, WORD_ROWS));
    } else {
        return NULL;
    }
    TRY(parser_expect_word(p, WORD_PER));
    match->rows = one ? AST_ROWS_ONE : AST_ROWS_ALL;
    return parser_expect_word(p, WORD_MATCH);
}

static struct err *parse_skip(struct parser *p, struct ast_match *match)
{
    if (!parser_accept_word(p, WORD_AFTER)) return NULL;
    TRY(parser_expect_words(p, WORD_MATCH, WORD_SKIP));
    if (parser_accept_word(p, WORD_PAST)) {
        match->skip = AST_SKIP_PAST_LAST_ROW;
        return parser_expect_words(p, WORD_LAST, WORD_ROW);
    }
    TRY(parser_expect_word(p, WORD_TO));
    if (parser_accept_word(p, WORD_NEXT)) {
        match->skip = AST_SKIP_TO_NEXT_ROW;
        return parser_expect_word(p, WORD_ROW);
    }
    match->skip = AST_SKIP_TO_LAST; /* SKIP TO v is SKIP TO LAST v */
    if (parser_is_name(parser_peek(p, 1))) {
        if (parser_accept_word(p, WORD_FIRST))
            match->skip = AST_SKIP_TO_FIRST;
        else
            parser_accept_word(p, WORD_LAST);
    }
    return parse__name(p, "NEXT ROW, FIRST, LAST or a pattern variable's name", &match->skip_to);
}

static struct err *parse_subsets(struct parser *p, struct ast_match *match)
{
    if (!parser_accept_word(p, WORD_SUBSET)) return NULL;
    do {
        struct ast_subset subset = {0};
        TRY(parse__name(p, "the subset's name", &subset.name));
        TRY(parser_expect(p, TOKEN_EQUAL, NULL));
        TRY(parse__names(p, "a pattern variable's name", &subset.members));
        match->subsets = parser_push(p, match->subsets, &match->subset_count, sizeof subset);
        match->subsets[match->subset_count - 1] = subset;
    } while (parser_accept(p, TOKEN_COMMA));
    return NULL;
}

static struct err *parse_defines(struct parser *p, struct ast_match *match)
{
    TRY(parser_expect_word(p, WORD_DEFINE));
    do {
        struct ast_define define = {0};
        TRY(parse__name(p, "a pattern variable's name", &define.name));
        TRY(parser_expect_word(p, WORD_AS));
        TRY(parse__expr(p, &define.condition));
        match->defines = parser_push(p, match->defines, &match->define_count, sizeof define);
        match->defines[match->define_count - 1] = define;
    } while (parser_accept(p, TOKEN_COMMA));
    return NULL;
}

struct err *parse__match(struct parser *p, struct ast_table *input, struct ast_table **table)
{
    struct ast_match *match = parser_alloc(p, sizeof *match);
    match->input = input;
    parser_take(p);
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, "'(' after MATCH_RECOGNIZE"));
    if (parser_accept_words(p, WORD_PARTITION, WORD_BY)) TRY(parse__exprs(p, &match->partition_by));
    if (parser_accept_words(p, WORD_ORDER, WORD_BY)) TRY(parse__order_by(p, &match->order_by));
    TRY(parse_measures(p, match));
    TRY(parse_rows_per_match(p, match));
    TRY(parse_skip(p, match));
    TRY(parse_pattern_clause(p, match));
    TRY(parse_subsets(p, match));
    TRY(parse_defines(p, match));
    TRY(parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the definition"));
    struct ast_table *result = parser_alloc(p, sizeof *result);
    result->kind = AST_TABLE_MATCH;
    result->pos = parser_span(p, input->pos);
    result->match = match;
    *table = result;
    return NULL;
}
