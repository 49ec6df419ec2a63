/* parse_part.h - the rules of the grammar that several files of sql/ share. Private to sql/. */
#pragma once
#include "sql/parser.h"

/* --- parse_expr.c and its parts --- */
MUST_USE struct err *parse__expr(struct parser *p, struct ast_expr **expr);
/* Operators that bind at least as tightly as `precedence` (see AST_BINARY_OPS). */
MUST_USE struct err *parse__operators(struct parser *p, int precedence, struct ast_expr **expr);
MUST_USE struct err *parse__exprs(struct parser *p, struct ast_expr_list *list); /* a, b */
MUST_USE struct err *parse__primary(struct parser *p, struct ast_expr **expr);
MUST_USE struct err *parse__literal(struct parser *p, bool *found, struct ast_expr **expr);
MUST_USE struct err *parse__interval_unit(struct parser *p, struct ast_interval *unit);
MUST_USE struct err *parse__unit(struct parser *p, struct ast_expr **expr);
MUST_USE struct err *parse__order_by(struct parser *p, struct ast_order_list *list); /* after BY */
MUST_USE struct err *parse__order_item(struct parser *p, struct ast_order_list *list);

/* --- calls: the name has been read, the current token is '(' --- */
MUST_USE struct err *parse__call(struct parser *p, struct ast_path name, struct ast_expr **expr);
MUST_USE struct err *parse__call_tail(struct parser *p, struct ast_expr *call);
/* Calls with a syntax of their own; *found tells whether the current word starts one. */
MUST_USE struct err *parse__special_call(struct parser *p, bool *found, struct ast_expr **expr);
MUST_USE struct err *parse__json_call(struct parser *p, struct ast_expr *call);
MUST_USE struct err *parse__window(struct parser *p, struct ast_window **window); /* at '(' */
struct ast_path parse__take_word_as_path(struct parser *p);

/* --- queries --- */
bool parse__is_query_word(struct parser *p, size_t ahead); /* SELECT, WITH, VALUES, TABLE */
bool parse__at_query(struct parser *p);                    /* '(' and then such a word */
/* `first` has been read in parentheses; goes on with UNION .., ORDER BY .., LIMIT .. after it. */
MUST_USE struct err *parse__query_after(
    struct parser *p, struct ast_query *first, struct ast_query **query);
bool parse__at_query_tail(struct parser *p); /* UNION, ORDER, LIMIT .. */
MUST_USE struct err *parse__query(struct parser *p, struct ast_query **query);
MUST_USE struct err *parse__query_in_parens(struct parser *p, struct ast_query **query);
MUST_USE struct err *parse__select(struct parser *p, struct ast_select **select);
MUST_USE struct err *parse__from(struct parser *p, struct ast_table **table);
MUST_USE struct err *parse__match(
    struct parser *p, struct ast_table *input, struct ast_table **table);

/* --- types, statements --- */
MUST_USE struct err *parse__type(struct parser *p, bool with_nullability, struct ast_type **type);
MUST_USE struct err *parse__statement(struct parser *p, struct ast_statement **statement);
MUST_USE struct err *parse__insert(struct parser *p, struct ast_statement *s);
MUST_USE struct err *parse__update(struct parser *p, struct ast_statement *s);
MUST_USE struct err *parse__delete(struct parser *p, struct ast_statement *s);
MUST_USE struct err *parse__explain(struct parser *p, struct ast_statement *s);
MUST_USE struct err *parse__execute(struct parser *p, struct ast_statement *s);
MUST_USE struct err *parse__compile(struct parser *p, struct ast_statement *s);
MUST_USE struct err *parse__create(struct parser *p, struct ast_statement *s);
MUST_USE struct err *parse__alter(struct parser *p, struct ast_statement *s);
MUST_USE struct err *parse__drop(struct parser *p, struct ast_statement *s);
MUST_USE struct err *parse__show(struct parser *p, struct ast_statement *s);
MUST_USE struct err *parse__command(struct parser *p, bool *found, struct ast_statement *s);

/* --- pieces of tables, for CREATE and ALTER --- */
MUST_USE struct err *parse__table_schema(
    struct parser *p, bool with_places, struct ast_table_schema *schema); /* after '(' */
MUST_USE struct err *parse__table_element(
    struct parser *p, bool with_places, struct ast_table_schema *schema);
MUST_USE struct err *parse__distribution(struct parser *p, struct ast_distribution **out);
MUST_USE struct err *parse__partition_spec(
    struct parser *p, bool values_needed, struct ast_partition_spec *spec); /* after PARTITION */
MUST_USE struct err *parse__freshness(struct parser *p, struct ast_expr **interval);
MUST_USE struct err *parse__refresh_mode(struct parser *p, enum ast_refresh_mode *mode);
