/* body.h - buffers of bodies, in sizes of powers of two, kept for reuse; private to the folder. Any
 * thread. */
#pragma once
#include "base/mem.h"
#include "base/thread.h"

enum {
    HTTP_PADDING = 64,     /* readable bytes after a body */
    HTTP_BODY_CLASSES = 18 /* 4 KiB << 0 .. 17 = 512 MiB */
};

struct body_pool {
    struct mutex lock;
    struct body_spare *spare[HTTP_BODY_CLASSES];
    size_t spare_bytes;
    size_t spare_bytes_max;
    struct mem_budget *budget; /* may be NULL */
    size_t in_flight_bytes_max;
    _Atomic size_t in_flight_bytes; /* of buffers handed out */
};
struct body {
    char *p; /* NULL: none */
    size_t n;
    uint32_t class;
};
void body__pool_init(
    struct body_pool *pool, size_t in_flight_max, size_t spare_max, struct mem_budget *budget);
void body__pool_deinit(struct body_pool *pool);
/* Room for `bytes` in all, and the padding. False: the cap or the budget is reached. */
MUST_USE bool body__reserve(struct body_pool *pool, struct body *b, size_t bytes);
void body__release(struct body_pool *pool, struct body *b);
/* For a body that outlives its pool. */
void body__disown(struct body_pool *pool, struct body *b);
void body__free_disowned(struct body *b);
