#include "func/scalar/string/text.h"

#include "base/arena.h"
#include "base/mem.h"

struct err *text_open_buffer(struct func_call *call)
{
    struct buf *b = mem_alloc(sizeof *b);
    buf_init(b, TEXT_RESULT_MAX);
    call->state = b;
    return NULL;
}

void text_close_buffer(struct func_call *call)
{
    if (call->state) buf_free(call->state);
    mem_free(call->state);
    call->state = NULL;
}

struct err *text_put_buffer(struct func_frame *f, uint32_t row, struct buf *b)
{
    if (b->overflow)
        FUNC_FAIL(f, row, ERR_LIMIT_EXCEEDED, "%s: the result is longer than %d bytes",
            f->call->def->name, TEXT_RESULT_MAX);
    TRY(arena_check(f->arena));
    text_put(f, row, buf_slice(b));
    return NULL;
}
