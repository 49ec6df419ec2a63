/* print.h - canonical SQL text of a syntax tree: SHOW CREATE, EXPLAIN, the identity of a plan.
 *
 * Parsing what is printed gives the same tree, and printing that the same text. Keywords are upper
 * case, one space between words, every nested operation in parentheses as precedence needs, names
 * in backticks where they are reserved or were quoted for a reason. Comments are lost.
 * The buffer's overflow flag is the only error. Recursion is bounded by the parser's depth. */
#pragma once
#include "sql/ast.h"
#include "sql/ast_statement.h"

void print_expr(struct buf *out, const struct ast_expr *expr);
void print_type(struct buf *out, const struct ast_type *type);
void print_query(struct buf *out, const struct ast_query *query);
void print_table(struct buf *out, const struct ast_table *table);
void print_statement(struct buf *out, const struct ast_statement *statement);

/* `a`.`b`: quoted always, as Flink's SHOW CREATE does. */
void print_path_quoted(struct buf *out, const struct ast_path *path);
/* 'it''s' */
void print_string(struct buf *out, struct slice text);
/* A name in backticks when it is a reserved word or holds anything but letters, digits, _ and $. */
void print_name(struct buf *out, struct slice name);
