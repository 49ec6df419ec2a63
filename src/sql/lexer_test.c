#include "sql/lexer.h"

#include <string.h>

#include "base/check.h"
#include "test.h"

static struct lexer lexer_of(const char *text)
{
    return (struct lexer){slice_of(text), 0, 1, 1};
}

static struct token next(struct lexer *l)
{
    struct token token;
    struct err *e = lexer_next(l, &token);
    CHECK(e == NULL);
    err_free(e);
    return token;
}

/* The kinds of all tokens, as letters: n name, k keyword, s string, i d a numbers, others as text.
 */
static bool lexes_as(const char *text, const char *expected)
{
    struct lexer l = lexer_of(text);
    char out[256] = "";
    for (;;) {
        struct token token = next(&l);
        size_t n = strlen(out);
        if (token.kind == TOKEN_END) break;
        switch (token.kind) {
        case TOKEN_NAME: out[n] = token.keyword ? 'k' : 'n'; break;
        case TOKEN_STRING: out[n] = 's'; break;
        case TOKEN_UNICODE_STRING: out[n] = 'u'; break;
        case TOKEN_BINARY: out[n] = 'x'; break;
        case TOKEN_INTEGER: out[n] = 'i'; break;
        case TOKEN_DECIMAL: out[n] = 'd'; break;
        case TOKEN_APPROX: out[n] = 'a'; break;
        default: memcpy(out + n, token.text.p, token.text.n); break;
        }
    }
    if (strcmp(out, expected) != 0) printf("# '%s' gave '%s', not '%s'\n", text, out, expected);
    return strcmp(out, expected) == 0;
}

static void numbers_end_where_calcite_ends_them(void)
{
    CHECK(lexes_as("1 1.5 .5 2. 1e5 1.5E-3 1.e2", "idddaaa"));
    CHECK(lexes_as("1z", "in"));
    CHECK(lexes_as("1E", "in"));
    CHECK(lexes_as("t.1", "nd"));
}

static void quotes_double_to_stand_for_themselves(void)
{
    struct lexer l = lexer_of("'it''s' `a``b` '' x'0A' U&'\\0041'");
    struct token token = next(&l);
    CHECK(token.kind == TOKEN_STRING && slice_eq(token.text, SLICE("it''s")));
    token = next(&l);
    CHECK(token.kind == TOKEN_NAME && token.quoted && slice_eq(token.text, SLICE("a``b")));
    CHECK(next(&l).text.n == 0);
    CHECK(next(&l).kind == TOKEN_BINARY);
    CHECK(next(&l).kind == TOKEN_UNICODE_STRING);
    CHECK(next(&l).kind == TOKEN_END);
    CHECK(next(&l).kind == TOKEN_END);
}

static void comments_vanish_and_hints_stay(void)
{
    CHECK(lexes_as("x -- b\n/* c ' */ y // e", "nn"));
    CHECK(lexes_as("t /*+ OPTIONS('x'='y') */", "n/*+k(s=s)*/"));
    CHECK(lexes_as("/**/x/***/", "n"));
    CHECK(lexes_as("x - - y", "n--n"));
}

static void columns_count_code_points(void)
{
    struct lexer l = lexer_of("'é名'  xy\r\n  `é` z");
    struct token token = next(&l);
    CHECK(token.pos.line == 1 && token.pos.column == 1 && token.pos.size_bytes == 7);
    token = next(&l);
    CHECK(token.pos.line == 1 && token.pos.column == 7 && token.pos.offset == 9);
    token = next(&l);
    CHECK(token.pos.line == 2 && token.pos.column == 3);
    token = next(&l);
    CHECK(token.pos.line == 2 && token.pos.column == 7);
}

static void keywords_ignore_case_and_quotes_hide_them(void)
{
    struct lexer l = lexer_of("SeLeCt `select` selects");
    CHECK(next(&l).keyword == WORD_SELECT);
    CHECK(next(&l).keyword == KEYWORD_NONE);
    CHECK(next(&l).keyword == KEYWORD_NONE);
    CHECK(keyword_class(WORD_SELECT) == KEYWORD_RESERVED);
    CHECK(keyword_class(WORD_KEY) == KEYWORD_FREE);
    CHECK(keyword_class(WORD_ABS) == KEYWORD_FUNCTION);
    CHECK(keyword_class(WORD_CURRENT_DATE) == KEYWORD_NILADIC);
}

static bool fails_with(const char *text, const char *message, const char *hint)
{
    struct lexer l = lexer_of(text);
    struct token token;
    struct err *e = lexer_next(&l, &token);
    if (!e) return false;
    bool ok = strstr(err_message(e), message) && err_pos(e).line == 1 && l.offset > 0;
    if (hint) ok = ok && err_hint_text(e) && strstr(err_hint_text(e), hint);
    if (!ok) err_print(e, stdout);
    err_free(e);
    return ok;
}

static void bad_characters_are_explained(void)
{
    CHECK(fails_with("'abc", "not closed", NULL));
    CHECK(fails_with("`abc", "not closed", NULL));
    CHECK(fails_with("/* abc", "not closed", NULL));
    CHECK(fails_with("``", "empty", NULL));
    CHECK(fails_with("\"x\"", "no meaning", "`name`"));
    CHECK(fails_with("!=", "no meaning", "<>"));
    CHECK(fails_with("::", "no meaning", "CAST"));
    CHECK(fails_with("@", "'@'", NULL));
    CHECK(fails_with("\xc2\xa0", "U+00A0", NULL));
    CHECK(fails_with("\xff", "UTF-8", NULL));
    CHECK(fails_with("'\xff'", "UTF-8", NULL));
    CHECK(fails_with("_latin1'x'", "_latin1", NULL));
}

static void keyword_table_is_sorted(void)
{
    for (int i = KEYWORD_NONE + 1; i < KEYWORD_COUNT; i++)
        CHECK(keyword_find(slice_of(keyword_text((enum keyword)i))) == (enum keyword)i);
}

int main(void)
{
    TEST_RUN(numbers_end_where_calcite_ends_them);
    TEST_RUN(quotes_double_to_stand_for_themselves);
    TEST_RUN(comments_vanish_and_hints_stay);
    TEST_RUN(columns_count_code_points);
    TEST_RUN(keywords_ignore_case_and_quotes_hide_them);
    TEST_RUN(bad_characters_are_explained);
    TEST_RUN(keyword_table_is_sorted);
    return TEST_END();
}
