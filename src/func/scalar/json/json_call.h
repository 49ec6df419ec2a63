/* json_call.h - how the binder hands the clauses of a JSON call on, as literal arguments in front
 * or behind, and what the functions share.
 *
 *   JSON_VALUE(text, path, on_empty, empty_default, on_error, error_default)   result: RETURNING
 *   JSON_QUERY(text, path, wrapper, on_empty, on_error, returning)
 *   JSON_EXISTS(text, path, on_error)
 *   JSON_OBJECT(on_null, raw, key, value, key, value, ...)
 *   JSON_ARRAY(on_null, raw, value, ...)
 *
 * on_empty, on_error: 'NULL', 'ERROR', 'DEFAULT', 'EMPTY ARRAY', 'EMPTY OBJECT', 'TRUE', 'FALSE',
 * 'UNKNOWN'. wrapper: 'WITHOUT', 'CONDITIONAL', 'UNCONDITIONAL'. on_null: 'NULL', 'ABSENT'. raw: a
 * '1' for each value that is JSON already (a nested JSON function), else '0'. empty_default and
 * error_default are of the RETURNING type, NULL where there is none: JSON_VALUE's type is theirs.
 */
#pragma once
#include "func/scalar/json/json_tree.h"
#include "func/scalar/string/text.h"

/* Per call site: the compiled path, kept while it does not change; scratch memory for trees. */
struct json_call {
    struct arena *scratch;    /* reset for each row */
    struct arena *path_arena; /* of the path */
    struct buf path_text;
    const struct json_path *path; /* NULL: not understood */
    bool path_known;
    struct buf text; /* a result being written */
};

struct err *json_call_open(struct func_call *call);
void json_call_close(struct func_call *call);

enum json_outcome {
    JSON_FOUND,
    JSON_EMPTY, /* nothing there, and the path is lax, or JSON's null */
    JSON_ERROR  /* no JSON, no path, or nothing there and the path is strict */
};
/* Looks argument 1, a path, up in argument 0; both are not NULL. */
enum json_outcome json_call_find(
    const struct func_frame *f, uint32_t row, const struct json_node **out);
static inline bool json_literal_is(const struct func_frame *f, uint32_t arg, const char *word)
{
    const struct value *v = f->call->literals[arg];
    return v && !v->null && slice_eq(v->text, slice_of(word));
}
