#include "base/arena.h"
#include "func/func.h"

static struct err *open_typeof(struct func_call *call)
{
    const char *text = type_to_cstr(call->arena, call->arg_types[0]);
    struct str *s = ARENA_NEW(call->arena, struct str);
    *s = str_copy(call->arena, text, (uint32_t)strlen(text));
    call->state = s;
    return NULL;
}

static struct err *eval(struct func_frame *f)
{
    const struct str *text = f->call->state;
    struct str *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) out[row] = *text;
    return NULL;
}

static const struct func_signature signatures[] = {
    {"ANY, BOOLEAN? -> STRING NULL", NULL},
    {NULL, NULL},
};

const struct func_def func_typeof = {
    .name = "TYPEOF",
    .flags = FUNC_TOTAL,
    .signatures = signatures,
    .eval = eval,
    .open = open_typeof,
    .signature_doc = "TYPEOF(x)",
    .doc = "The SQL type of x as text.",
    .example = "TYPEOF(1.5) → DECIMAL(2, 1) NOT NULL",
};
