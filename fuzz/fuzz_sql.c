/* SQL text: lexer, parser with recovery, printer. Whatever parses must print to text that parses to
 * a tree that prints the same; every error has a place inside the text. */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "sql/parse.h"
#include "sql/print.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

static void check_round_trip(const struct ast_statement *s)
{
    struct arena *arena = arena_new(4096);
    struct ast_statement_list list = {0};
    struct buf once, twice;
    buf_init(&once, TEXT_BYTES_MAX);
    buf_init(&twice, TEXT_BYTES_MAX);
    print_statement(&once, s);
    struct err *e = parse_script(buf_slice(&once), arena, &list);
    /* Parentheses and words that are added may carry the text over a limit. */
    if (!e) {
        ASSERT(list.count == 1 && list.items[0]->kind == s->kind);
        print_statement(&twice, list.items[0]);
        ASSERT(slice_eq(buf_slice(&once), buf_slice(&twice)));
    } else {
        ASSERT(err_code(e) == ERR_LIMIT_EXCEEDED);
    }
    err_free(e);
    buf_free(&once);
    buf_free(&twice);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(4096);
    struct parse_report report;
    struct ast_expr *expr;
    struct ast_type *type;
    struct slice text = {(const char *)data, size};
    parse_check(text, arena, &report);
    for (size_t i = 0; i < report.statements.count; i++)
        check_round_trip(report.statements.items[i]);
    for (size_t i = 0; i < report.error_count; i++) {
        struct text_pos pos = err_pos(report.errors[i]);
        ASSERT((size_t)pos.offset + pos.size_bytes <= size);
        err_free(report.errors[i]);
    }
    err_free(parse_expr(text, arena, &expr));
    err_free(parse_type(text, arena, &type));
    arena_free(arena);
    return 0;
}
