/* explain.c - EXPLAIN: the bound query, the physical plan, the plan that runs. The headings are
 * Flink's, word by word: tools look for them. */
#include "base/arena.h"
#include "phys/phys.h"
#include "plan/statement/statement.h"

enum { EXPLAIN_BYTES_MAX = 16 * 1024 * 1024 };

static struct err *check_details(const struct statement *s)
{
    uint32_t details = s->ast->explain.details;
    uint32_t known = 1u << AST_EXPLAIN_CHANGELOG_MODE | 1u << AST_EXPLAIN_ESTIMATED_COST |
                     1u << AST_EXPLAIN_PLAN_ADVICE | 1u << AST_EXPLAIN_JSON_EXECUTION_PLAN;
    if (details & ~known)
        FAIL_AT(ERR_UNSUPPORTED, s->ast->pos, "this EXPLAIN is not supported yet");
    return NULL;
}

struct err *statement_explain(struct statement *s)
{
    TRY(check_details(s));
    const struct logic **roots = ARENA_ARRAY(s->arena, const struct logic *, STATEMENT_SET_MAX);
    uint32_t count;
    TRY(statement_bind_roots(s, s->ast->explain.statement, roots, &count));
    struct buf text;
    buf_init(&text, EXPLAIN_BYTES_MAX);
    buf_add_cstr(&text, "== Abstract Syntax Tree ==\n");
    for (uint32_t i = 0; i < count; i++) {
        if (i) buf_add_char(&text, '\n');
        logic_print(roots[i], &text);
    }
    struct err *e = statement_plan(s, roots, count, SESSION_TABLE);
    if (!e) {
        bool changelog = s->ast->explain.details >> AST_EXPLAIN_CHANGELOG_MODE & 1;
        buf_add_cstr(&text, "\n== Optimized Physical Plan ==\n");
        phys_explain(s->result->graph, changelog, &text);
        buf_add_cstr(&text, "\n== Optimized Execution Plan ==\n");
        phys_explain(s->result->graph, false, &text);
        if (s->ast->explain.details >> AST_EXPLAIN_JSON_EXECUTION_PLAN & 1) {
            buf_add_cstr(&text, "\n== Physical Execution Plan ==\n");
            phys_encode(s->result->graph, &text);
            buf_add_char(&text, '\n');
        }
        s->result->graph = NULL;
        statement_text(s, "result", buf_slice(&text));
    }
    buf_free(&text);
    return e;
}
