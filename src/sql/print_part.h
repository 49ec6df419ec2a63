/* print_part.h - what the files of the printer share. Private to sql/. */
#pragma once
#include "sql/print.h"

/* In parentheses unless `expr` binds at least as tightly as `precedence`. */
void print__operand(struct buf *out, const struct ast_expr *expr, int precedence);
void print__exprs(struct buf *out, const struct ast_expr_list *list);
void print__call(struct buf *out, const struct ast_call *call);
void print__window(struct buf *out, const struct ast_window *window);
void print__order(struct buf *out, const struct ast_order_list *list); /* without ORDER BY */
void print__interval_unit(struct buf *out, const struct ast_interval *unit);
const char *print__unit(enum ast_unit unit);
void print__name(struct buf *out, const struct ast_name *name);
void print__path(struct buf *out, const struct ast_path *path);
void print__names(struct buf *out, const struct ast_name_list *names);       /* a, b */
void print__options(struct buf *out, const struct ast_option_list *options); /* (..) */
void print__keys(struct buf *out, const struct ast_string_list *keys);       /* (..) */
void print__hints(struct buf *out, const struct ast_hint_list *hints);
void print__nested(struct buf *out, const struct ast_query *query); /* (query) */
void print__match(struct buf *out, const struct ast_match *match);
void print__insert(struct buf *out, const struct ast_insert *insert);
void print__create(struct buf *out, const struct ast_statement *s);
void print__alter(struct buf *out, const struct ast_statement *s);
void print__partition(struct buf *out, const struct ast_partition_spec *spec); /* PARTITION (..) */
/* (column, .., WATERMARK .., PRIMARY KEY ..) without the parentheses */
void print__schema(struct buf *out, const struct ast_table_schema *schema);
void print__distribution(struct buf *out, const struct ast_distribution *distribution);
void print__comment(struct buf *out, const struct ast_string *comment);
