#include "func/scalar/json/json_call.h"

#include "base/arena.h"
#include "base/mem.h"

enum { SCRATCH_BYTES = 1 << 14, PATH_BYTES_MAX = 1 << 16 };

struct err *json_call_open(struct func_call *call)
{
    struct json_call *c = mem_alloc(sizeof *c);
    c->scratch = arena_new(SCRATCH_BYTES);
    c->path_arena = arena_new(1 << 10);
    buf_init(&c->path_text, PATH_BYTES_MAX);
    buf_init(&c->text, TEXT_RESULT_MAX);
    call->state = c;
    return NULL;
}

void json_call_close(struct func_call *call)
{
    struct json_call *c = call->state;
    if (!c) return;
    arena_free(c->scratch);
    arena_free(c->path_arena);
    buf_free(&c->path_text);
    buf_free(&c->text);
    mem_free(c);
    call->state = NULL;
}

static const struct json_path *use_path(struct json_call *c, struct slice text)
{
    if (c->path_known && slice_eq(buf_slice(&c->path_text), text)) return c->path;
    c->path_known = true;
    buf_clear(&c->path_text);
    buf_add_slice(&c->path_text, text);
    arena_reset(c->path_arena);
    c->path = c->path_text.overflow ? NULL : json_path_compile(c->path_arena, text);
    return c->path;
}

enum json_outcome json_call_find(
    const struct func_frame *f, uint32_t row, const struct json_node **out)
{
    struct json_call *c = f->call->state;
    struct json_node *root;
    arena_reset(c->scratch);
    const struct json_path *path = use_path(c, text_arg(f, 1, row));
    if (!path || !json_tree_parse(c->scratch, text_arg(f, 0, row), &root)) return JSON_ERROR;
    *out = json_path_find(c->scratch, path, root);
    if (!*out) return json_path_is_lax(path) ? JSON_EMPTY : JSON_ERROR;
    return (*out)->kind == JSON_NULL ? JSON_EMPTY : JSON_FOUND;
}
