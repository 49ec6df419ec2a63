/* MATCH_RECOGNIZE. */
#include "base/check.h"
#include "sql/print_part.h"

/* --- patterns --- */

static void print_pattern(struct buf *out, const struct ast_pattern *pattern);

static void print_items(struct buf *out, const struct ast_pattern *pattern, const char *separator)
{
    for (size_t i = 0; i < pattern->item_count; i++) {
        if (i > 0) buf_add_cstr(out, separator);
        print_pattern(out, pattern->items[i]);
    }
}

static void print_quantifier(struct buf *out, const struct ast_pattern *pattern)
{
    if (!pattern->quantified) return;
    if (pattern->min == 0 && pattern->max == -1)
        buf_add_char(out, '*');
    else if (pattern->min == 1 && pattern->max == -1)
        buf_add_char(out, '+');
    else if (pattern->min == 0 && pattern->max == 1)
        buf_add_char(out, '?');
    else if (pattern->max == -1)
        buf_printf(out, "{%d,}", pattern->min);
    else if (pattern->min == pattern->max)
        buf_printf(out, "{%d}", pattern->min);
    else
        buf_printf(out, "{%d,%d}", pattern->min, pattern->max);
    if (pattern->reluctant) buf_add_char(out, '?');
}

static void print_pattern(struct buf *out, const struct ast_pattern *pattern)
{
    switch (pattern->kind) {
    case AST_PATTERN_VARIABLE: print__name(out, &pattern->name); break;
    case AST_PATTERN_CONCAT:
        buf_add_char(out, '(');
        print_items(out, pattern, " ");
        buf_add_char(out, ')');
        break;
    case AST_PATTERN_ALTERNATE:
        buf_add_char(out, '(');
        print_items(out, pattern, " | ");
        buf_add_char(out, ')');
        break;
    case AST_PATTERN_PERMUTE:
        buf_add_cstr(out, "PERMUTE(");
        print_items(out, pattern, ", ");
        buf_add_char(out, ')');
        break;
    case AST_PATTERN_EXCLUDE:
        buf_add_cstr(out, "{- ");
        print_items(out, pattern, " ");
        buf_add_cstr(out, " -}");
        break;
    }
    print_quantifier(out, pattern);
}

/* The parentheses of PATTERN (..) do for those of the outermost list. */
static void print_whole_pattern(struct buf *out, const struct ast_pattern *pattern)
{
    bool list = pattern->kind == AST_PATTERN_CONCAT || pattern->kind == AST_PATTERN_ALTERNATE;
    bool single = pattern->item_count == 1; /* (A+)* without its parentheses would be A+* */
    if (!list || single || pattern->quantified)
        print_pattern(out, pattern);
    else
        print_items(out, pattern, pattern->kind == AST_PATTERN_CONCAT ? " " : " | ");
}

/* --- clauses --- */

static void print_skip(struct buf *out, const struct ast_match *match)
{
    static const char *const texts[] = {
        [AST_SKIP_UNSET] = "",
        [AST_SKIP_TO_NEXT_ROW] = " AFTER MATCH SKIP TO NEXT ROW",
        [AST_SKIP_PAST_LAST_ROW] = " AFTER MATCH SKIP PAST LAST ROW",
        [AST_SKIP_TO_FIRST] = " AFTER MATCH SKIP TO FIRST ",
        [AST_SKIP_TO_LAST] = " AFTER MATCH SKIP TO LAST ",
    };
    buf_add_cstr(out, texts[match->skip]);
    if (match->skip_to.text.n > 0) print__name(out, &match->skip_to);
}

static void print_pattern_clause(struct buf *out, const struct ast_match *match)
{
    buf_add_cstr(out, match->anchored_start ? " PATTERN (^ " : " PATTERN (");
    print_whole_pattern(out, match->pattern);
    buf_add_cstr(out, match->anchored_end ? " $)" : ")");
    if (!match->within) return;
    buf_add_cstr(out, " WITHIN ");
    print_expr(out, match->within);
}

static void print_definitions(struct buf *out, const struct ast_match *match)
{
    for (size_t i = 0; i < match->subset_count; i++) {
        buf_add_cstr(out, i > 0 ? ", " : " SUBSET ");
        print__name(out, &match->subsets[i].name);
        buf_add_cstr(out, " = (");
        print__names(out, &match->subsets[i].members);
        buf_add_char(out, ')');
    }
    for (size_t i = 0; i < match->define_count; i++) {
        buf_add_cstr(out, i > 0 ? ", " : " DEFINE ");
        print__name(out, &match->defines[i].name);
        buf_add_cstr(out, " AS ");
        print_expr(out, match->defines[i].condition);
    }
}

void print__match(struct buf *out, const struct ast_match *match)
{
    print_table(out, match->input);
    buf_add_cstr(out, " MATCH_RECOGNIZE (");
    if (match->partition_by.count > 0) {
        buf_add_cstr(out, "PARTITION BY ");
        print__exprs(out, &match->partition_by);
    }
    if (match->order_by.count > 0) {
        buf_add_cstr(out, match->partition_by.count > 0 ? " ORDER BY " : "ORDER BY ");
        print__order(out, &match->order_by);
    }
    for (size_t i = 0; i < match->measure_count; i++) {
        buf_add_cstr(out, i > 0 ? ", " : " MEASURES ");
        print_expr(out, match->measures[i].expr);
        buf_add_cstr(out, " AS ");
        print__name(out, &match->measures[i].alias);
    }
    if (match->rows == AST_ROWS_ONE) buf_add_cstr(out, " ONE ROW PER MATCH");
    if (match->rows == AST_ROWS_ALL) buf_add_cstr(out, " ALL ROWS PER MATCH");
    print_skip(out, match);
    print_pattern_clause(out, match);
    print_definitions(out, match);
    buf_add_char(out, ')');
}
