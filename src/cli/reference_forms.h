/* reference_forms.h - what the reference says about grammar: statements, and expressions that are
 * no functions because their arguments are evaluated only where needed. */
#pragma once
#include <stddef.h>

#include "sql/ast_statement.h"

struct reference_form {
    const char *name;
    const char *signature;
    const char *doc;
    const char *example;
};

/* "EXPR → RESULT" examples; a NULL name ends. */
const struct reference_form *reference_lazy_forms(void);
/* A statement that runs. `form.doc` is NULL where another entry tells about it; `form.example` is
 * one that `weir check` accepts after those before it. */
struct reference_statement {
    enum ast_statement_kind kind;
    struct reference_form form;
};

const struct reference_statement *reference_statements(size_t *count);
/* False: it is parsed and refused by name. */
bool reference_runs(enum ast_statement_kind kind);
