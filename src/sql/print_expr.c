/* Expressions other than calls. */
#include "base/check.h"
#include "sql/print_part.h"

enum {
    PRECEDENCE_NOT = 26,
    PRECEDENCE_IS = 28,
    PRECEDENCE_LIKE = 32,
    PRECEDENCE_SIGN = 80,
    PRECEDENCE_ATOM = 100
};

static const struct {
    const char *text;
    int precedence;
} binary_rows[] = {
#define X(name, text, precedence) [AST_BINARY_##name] = {text, precedence},
    AST_BINARY_OPS(X)
#undef X
};

static const struct {
    const char *text;
    bool prefix;
} unary_rows[] = {
#define X(name, text, prefix) [AST_UNARY_##name] = {text, prefix},
    AST_UNARY_OPS(X)
#undef X
};

static int precedence_of(const struct ast_expr *e)
{
    switch (e->kind) {
    case AST_EXPR_BINARY: return binary_rows[e->binary.op].precedence;
    case AST_EXPR_UNARY:
        if (e->unary.op == AST_UNARY_NOT) return PRECEDENCE_NOT;
        return unary_rows[e->unary.op].prefix ? PRECEDENCE_SIGN : PRECEDENCE_IS;
    case AST_EXPR_LIKE:
    case AST_EXPR_BETWEEN: return PRECEDENCE_LIKE;
    case AST_EXPR_IN:
        return e->in.quantifier == AST_QUANTIFIER_NONE ? PRECEDENCE_LIKE
                                                       : binary_rows[e->in.op].precedence;
    case AST_EXPR_LITERAL:
    case AST_EXPR_INTERVAL:
    case AST_EXPR_NAME:
    case AST_EXPR_STAR:
    case AST_EXPR_CASE:
    case AST_EXPR_CAST:
    case AST_EXPR_CALL:
    case AST_EXPR_ROW:
    case AST_EXPR_ARRAY:
    case AST_EXPR_MAP:
    case AST_EXPR_MULTISET:
    case AST_EXPR_ITEM:
    case AST_EXPR_FIELD:
    case AST_EXPR_QUERY:
    case AST_EXPR_EXISTS:
    case AST_EXPR_UNIT:
    case AST_EXPR_SYMBOL:
    case AST_EXPR_NAMED:
    case AST_EXPR_TABLE_ARG:
    case AST_EXPR_MODEL_ARG:
    case AST_EXPR_DESCRIPTOR:
    case AST_EXPR_DEFAULT: return PRECEDENCE_ATOM;
    }
    UNREACHABLE();
}

void print__operand(struct buf *out, const struct ast_expr *expr, int precedence)
{
    bool parens = precedence_of(expr) < precedence;
    if (parens) buf_add_char(out, '(');
    print_expr(out, expr);
    if (parens) buf_add_char(out, ')');
}

void print__exprs(struct buf *out, const struct ast_expr_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0) buf_add_cstr(out, ", ");
        print_expr(out, list->items[i]);
    }
}

/* --- literals --- */

static void print_literal(struct buf *out, const struct ast_literal *literal)
{
    switch (literal->kind) {
    case AST_LITERAL_NULL: buf_add_cstr(out, "NULL"); return;
    case AST_LITERAL_TRUE: buf_add_cstr(out, "TRUE"); return;
    case AST_LITERAL_FALSE: buf_add_cstr(out, "FALSE"); return;
    case AST_LITERAL_UNKNOWN: buf_add_cstr(out, "UNKNOWN"); return;
    case AST_LITERAL_INTEGER:
    case AST_LITERAL_DECIMAL:
    case AST_LITERAL_APPROX: buf_add_slice(out, literal->text); return;
    case AST_LITERAL_STRING: break;
    case AST_LITERAL_BINARY: buf_add_char(out, 'x'); break;
    case AST_LITERAL_DATE: buf_add_cstr(out, "DATE "); break;
    case AST_LITERAL_TIME: buf_add_cstr(out, "TIME "); break;
    case AST_LITERAL_TIMESTAMP: buf_add_cstr(out, "TIMESTAMP "); break;
    case AST_LITERAL_TIMESTAMP_LTZ: buf_add_cstr(out, "TIMESTAMP WITH LOCAL TIME ZONE "); break;
    }
    print_string(out, literal->text);
}

static void print_interval(struct buf *out, const struct ast_expr *e)
{
    buf_add_cstr(out, "INTERVAL ");
    if (e->interval.value) {
        buf_add_char(out, '(');
        print_expr(out, e->interval.value);
        buf_add_char(out, ')');
    } else {
        if (e->interval.negative) buf_add_char(out, '-');
        print_string(out, e->interval.text);
    }
    buf_add_char(out, ' ');
    print__interval_unit(out, &e->interval.unit);
}

/* --- operators --- */

static void print_unary(struct buf *out, const struct ast_expr *e)
{
    const char *text = unary_rows[e->unary.op].text;
    if (e->unary.op == AST_UNARY_NOT) {
        buf_add_cstr(out, "NOT ");
        print__operand(out, e->unary.operand, PRECEDENCE_NOT);
    } else if (unary_rows[e->unary.op].prefix) {
        buf_add_cstr(out, text);
        print__operand(out, e->unary.operand, PRECEDENCE_SIGN + 1); /* never "--" */
    } else {
        print__operand(out, e->unary.operand, PRECEDENCE_IS);
        buf_printf(out, " %s", text);
    }
}

static void print_binary(struct buf *out, const struct ast_expr *e)
{
    int precedence = binary_rows[e->binary.op].precedence;
    print__operand(out, e->binary.left, precedence);
    buf_printf(out, " %s ", binary_rows[e->binary.op].text);
    print__operand(out, e->binary.right, precedence + 1);
}

static void print_like(struct buf *out, const struct ast_expr *e)
{
    static const char *const texts[] = {[AST_LIKE_LIKE] = "LIKE ",
        [AST_LIKE_ILIKE] = "ILIKE ",
        [AST_LIKE_RLIKE] = "RLIKE ",
        [AST_LIKE_SIMILAR] = "SIMILAR TO "};
    print__operand(out, e->like.value, PRECEDENCE_LIKE + 1);
    buf_add_cstr(out, e->like.negated ? " NOT " : " ");
    buf_add_cstr(out, texts[e->like.kind]);
    print__operand(out, e->like.pattern, PRECEDENCE_LIKE + 1);
    if (!e->like.escape) return;
    buf_add_cstr(out, " ESCAPE ");
    print__operand(out, e->like.escape, PRECEDENCE_LIKE + 1);
}

static void print_between(struct buf *out, const struct ast_expr *e)
{
    print__operand(out, e->between.value, PRECEDENCE_LIKE + 1);
    buf_add_cstr(out, e->between.negated ? " NOT BETWEEN " : " BETWEEN ");
    if (e->between.symmetric) buf_add_cstr(out, "SYMMETRIC ");
    print__operand(out, e->between.low, PRECEDENCE_LIKE + 1);
    buf_add_cstr(out, " AND ");
    print__operand(out, e->between.high, PRECEDENCE_LIKE + 1);
}

static void print_in(struct buf *out, const struct ast_expr *e)
{
    print__operand(out, e->in.value, PRECEDENCE_LIKE + 1);
    if (e->in.quantifier == AST_QUANTIFIER_NONE)
        buf_add_cstr(out, e->in.negated ? " NOT IN " : " IN ");
    else
        buf_printf(out, " %s %s ", binary_rows[e->in.op].text,
            e->in.quantifier == AST_QUANTIFIER_ALL ? "ALL" : "SOME");
    if (e->in.query) {
        print__nested(out, e->in.query);
    } else {
        buf_add_char(out, '(');
        print__exprs(out, &e->in.list);
        buf_add_char(out, ')');
    }
}

/* --- the rest --- */

static void print_case(struct buf *out, const struct ast_expr *e)
{
    buf_add_cstr(out, "CASE");
    if (e->branch.operand) {
        buf_add_char(out, ' ');
        print_expr(out, e->branch.operand);
    }
    for (size_t i = 0; i < e->branch.when_count; i++) {
        buf_add_cstr(out, " WHEN ");
        print__exprs(out, &e->branch.whens[i].when);
        buf_add_cstr(out, " THEN ");
        print_expr(out, e->branch.whens[i].then);
    }
    if (e->branch.otherwise) {
        buf_add_cstr(out, " ELSE ");
        print_expr(out, e->branch.otherwise);
    }
    buf_add_cstr(out, " END");
}

static void print_cast(struct buf *out, const struct ast_expr *e)
{
    buf_add_cstr(out, e->cast.try_cast ? "TRY_CAST(" : "CAST(");
    print_expr(out, e->cast.operand);
    buf_add_cstr(out, " AS ");
    print_type(out, e->cast.type);
    buf_add_char(out, ')');
}

static void print_collection(struct buf *out, const char *word, const struct ast_expr *e)
{
    buf_add_cstr(out, word);
    if (e->items.query) {
        print__nested(out, e->items.query);
        return;
    }
    bool row = e->kind == AST_EXPR_ROW;
    buf_add_char(out, row ? '(' : '[');
    print__exprs(out, &e->items.items);
    buf_add_char(out, row ? ')' : ']');
}

/* What stands before '.' or '[' is put in parentheses when it is not simple already. */
static void print_base(struct buf *out, const struct ast_expr *base)
{
    bool simple =
        base->kind == AST_EXPR_NAME || base->kind == AST_EXPR_ITEM ||
        base->kind == AST_EXPR_FIELD || base->kind == AST_EXPR_QUERY ||
        (base->kind == AST_EXPR_CALL && base->call.form != AST_CALL_NILADIC && !base->call.over);
    if (!simple) buf_add_char(out, '(');
    print_expr(out, base);
    if (!simple) buf_add_char(out, ')');
}

static void print_table_arg(struct buf *out, const struct ast_expr *e)
{
    const struct ast_table *table = e->table_arg.table;
    if (table->kind == AST_TABLE_NAME) {
        buf_add_cstr(out, "TABLE ");
        print__path(out, &table->name);
    } else {
        print__nested(out, table->query);
    }
    if (e->table_arg.partitioned) {
        buf_add_cstr(out, " PARTITION BY (");
        print__exprs(out, &e->table_arg.partition_by);
        buf_add_char(out, ')');
    }
    if (e->table_arg.order_by.count == 0) return;
    buf_add_cstr(out, " ORDER BY (");
    print__order(out, &e->table_arg.order_by);
    buf_add_char(out, ')');
}

static void print_argument(struct buf *out, const struct ast_expr *e)
{
    switch (e->kind) {
    case AST_EXPR_UNIT: buf_add_cstr(out, print__unit(e->unit)); return;
    case AST_EXPR_SYMBOL: buf_add_slice(out, e->symbol); return;
    case AST_EXPR_DEFAULT: buf_add_cstr(out, "DEFAULT"); return;
    case AST_EXPR_TABLE_ARG: print_table_arg(out, e); return;
    case AST_EXPR_MODEL_ARG:
        buf_add_cstr(out, "MODEL ");
        print__path(out, &e->name);
        return;
    case AST_EXPR_DESCRIPTOR:
        buf_add_cstr(out, "DESCRIPTOR(");
        print__names(out, &e->descriptor);
        buf_add_char(out, ')');
        return;
    case AST_EXPR_NAMED:
        print__name(out, &e->named.name);
        buf_add_cstr(out, " => ");
        print_expr(out, e->named.value);
        return;
    default: UNREACHABLE();
    }
}

static void print_access(struct buf *out, const struct ast_expr *e)
{
    if (e->kind == AST_EXPR_ITEM) {
        print_base(out, e->item.base);
        buf_add_char(out, '[');
        print_expr(out, e->item.index);
        buf_add_char(out, ']');
        return;
    }
    bool name = e->field.base->kind == AST_EXPR_NAME; /* (a).b is not a.b */
    if (name) buf_add_char(out, '(');
    print_base(out, e->field.base);
    if (name) buf_add_char(out, ')');
    buf_add_char(out, '.');
    print__name(out, &e->field.name);
}

void print_expr(struct buf *out, const struct ast_expr *e)
{
    switch (e->kind) {
    case AST_EXPR_LITERAL: print_literal(out, &e->literal); return;
    case AST_EXPR_INTERVAL: print_interval(out, e); return;
    case AST_EXPR_NAME: print__path(out, &e->name); return;
    case AST_EXPR_STAR:
        print__path(out, &e->name);
        buf_add_cstr(out, e->name.count > 0 ? ".*" : "*");
        return;
    case AST_EXPR_UNARY: print_unary(out, e); return;
    case AST_EXPR_BINARY: print_binary(out, e); return;
    case AST_EXPR_LIKE: print_like(out, e); return;
    case AST_EXPR_BETWEEN: print_between(out, e); return;
    case AST_EXPR_IN: print_in(out, e); return;
    case AST_EXPR_CASE: print_case(out, e); return;
    case AST_EXPR_CAST: print_cast(out, e); return;
    case AST_EXPR_CALL: print__call(out, &e->call); return;
    case AST_EXPR_ROW: print_collection(out, e->items.keyword ? "ROW" : "", e); return;
    case AST_EXPR_ARRAY: print_collection(out, "ARRAY", e); return;
    case AST_EXPR_MAP: print_collection(out, "MAP", e); return;
    case AST_EXPR_MULTISET: print_collection(out, "MULTISET", e); return;
    case AST_EXPR_ITEM:
    case AST_EXPR_FIELD: print_access(out, e); return;
    case AST_EXPR_QUERY: print__nested(out, e->query); return;
    case AST_EXPR_EXISTS:
        buf_add_cstr(out, "EXISTS ");
        print__nested(out, e->query);
        return;
    case AST_EXPR_UNIT:
    case AST_EXPR_SYMBOL:
    case AST_EXPR_NAMED:
    case AST_EXPR_TABLE_ARG:
    case AST_EXPR_MODEL_ARG:
    case AST_EXPR_DESCRIPTOR:
    case AST_EXPR_DEFAULT: print_argument(out, e); return;
    }
    UNREACHABLE();
}
