/* text.h - what string functions have in common: reading a row's argument, writing its result. */
#pragma once
#include "base/utf8.h"
#include "func/func.h"

static inline struct slice text_arg(const struct func_frame *f, uint32_t arg, uint32_t row)
{
    return str_slice((const struct str *)f->args[arg]->data + row);
}
static inline int32_t text_int_arg(const struct func_frame *f, uint32_t arg, uint32_t row)
{
    return ((const int32_t *)f->args[arg]->data)[row];
}
/* Copies the bytes to the frame's arena. */
static inline void text_put(struct func_frame *f, uint32_t row, struct slice s)
{
    ((struct str *)f->out->data)[row] = str_copy(f->arena, s.p, (uint32_t)s.n);
}
/* Borrows them: only for parts of an argument, which live as long as the batch. */
static inline void text_put_part(struct func_frame *f, uint32_t row, struct slice s)
{
    ((struct str *)f->out->data)[row] = str_view(s.p, (uint32_t)s.n);
}

/* Functions that build a text keep one buffer per call site: call->state. */
enum { TEXT_RESULT_MAX = 64 << 20 }; /* eight times the longest record */
struct err *text_open_buffer(struct func_call *call);
void text_close_buffer(struct func_call *call);
static inline struct buf *text_buffer(const struct func_frame *f)
{
    struct buf *b = f->call->state;
    buf_clear(b);
    return b;
}
/* Stores what is in the buffer as the row's result; ERR_LIMIT_EXCEEDED past TEXT_RESULT_MAX. */
struct err *text_put_buffer(struct func_frame *f, uint32_t row, struct buf *b);
