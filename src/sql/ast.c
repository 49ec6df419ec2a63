#include "sql/ast.h"

#include "sql/ast_statement.h"

static const char *const statement_names[] = {
#define X(name, text) text,
    AST_STATEMENTS(X)
#undef X
};

const char *ast_statement_name(enum ast_statement_kind kind)
{
    return statement_names[kind];
}
