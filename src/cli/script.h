/* script.h - where a script comes from, and the variables in its options. */
#pragma once
#include "base/err.h"
#include "base/str.h"

struct arena;
struct ast_statement;

struct script {
    const char *name; /* as messages call it */
    struct slice text;
};

/* path "-": standard input, to its end. At most PARSE_SCRIPT_BYTES_MAX bytes are read. */
MUST_USE struct err *script_read(struct arena *a, const char *path, struct script *out);
/* Replaces ${NAME} inside the option values of CREATE TABLE by the environment's; a variable that
 * is not set is an error at the value. $${ stands for ${. Flink does not do this; scripts that
 * leave it out run the same in both. */
MUST_USE struct err *script_expand(struct arena *a, struct ast_statement *statement);
