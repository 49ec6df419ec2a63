#include "http/body.h"

#include <string.h>

enum { CLASS_BYTES_MIN = 4096, MAPPED_BYTES_MIN = 64 << 10 };

/* Lies at the start of a buffer that is not in use. */
struct body_spare {
    struct body_spare *next;
};

static size_t class_bytes(uint32_t class)
{
    return (size_t)CLASS_BYTES_MIN << class;
}

/* Large ones come straight from the system, so that what is given back leaves the process. */
static char *allocate(uint32_t class)
{
    size_t bytes = class_bytes(class);
    return bytes >= MAPPED_BYTES_MIN ? mem_map(bytes) : mem_alloc(bytes);
}

static void deallocate(void *p, uint32_t class)
{
    size_t bytes = class_bytes(class);
    if (bytes >= MAPPED_BYTES_MIN)
        mem_unmap(p, bytes);
    else
        mem_free(p);
}

void body__pool_init(
    struct body_pool *pool, size_t in_flight_max, size_t spare_max, struct mem_budget *budget)
{
    memset(pool, 0, sizeof *pool);
    mutex_init(&pool->lock);
    pool->in_flight_bytes_max = in_flight_max;
    pool->spare_bytes_max = spare_max;
    pool->budget = budget;
}

void body__pool_deinit(struct body_pool *pool)
{
    for (uint32_t i = 0; i < HTTP_BODY_CLASSES; i++) {
        while (pool->spare[i]) {
            struct body_spare *first = pool->spare[i];
            pool->spare[i] = first->next;
            deallocate(first, i);
        }
    }
    mutex_deinit(&pool->lock);
}

static bool charge(struct body_pool *pool, size_t bytes)
{
    size_t before = atomic_fetch_add_explicit(&pool->in_flight_bytes, bytes, memory_order_relaxed);
    if (before + bytes <= pool->in_flight_bytes_max &&
        (!pool->budget || mem_budget_take(pool->budget, bytes)))
        return true;
    atomic_fetch_sub_explicit(&pool->in_flight_bytes, bytes, memory_order_relaxed);
    return false;
}

static void uncharge(struct body_pool *pool, size_t bytes)
{
    atomic_fetch_sub_explicit(&pool->in_flight_bytes, bytes, memory_order_relaxed);
    if (pool->budget) mem_budget_give(pool->budget, bytes);
}

static char *take_spare(struct body_pool *pool, uint32_t class)
{
    mutex_lock(&pool->lock);
    struct body_spare *spare = pool->spare[class];
    if (spare) {
        pool->spare[class] = spare->next;
        pool->spare_bytes -= class_bytes(class);
    }
    mutex_unlock(&pool->lock);
    return (char *)spare;
}

/* What is kept for later makes room, so that all of it together stays below the cap. */
static void trim_spares(struct body_pool *pool)
{
    size_t used = atomic_load_explicit(&pool->in_flight_bytes, memory_order_relaxed);
    mutex_lock(&pool->lock);
    for (uint32_t i = HTTP_BODY_CLASSES; i-- > 0;) {
        while (pool->spare[i] && used + pool->spare_bytes > pool->in_flight_bytes_max) {
            struct body_spare *first = pool->spare[i];
            pool->spare[i] = first->next;
            pool->spare_bytes -= class_bytes(i);
            deallocate(first, i);
        }
    }
    mutex_unlock(&pool->lock);
}

static void give_back(struct body_pool *pool, char *p, uint32_t class)
{
    size_t bytes = class_bytes(class);
    mutex_lock(&pool->lock);
    bool keep = pool->spare_bytes + bytes <= pool->spare_bytes_max;
    if (keep) {
        struct body_spare *spare = (struct body_spare *)(void *)p;
        spare->next = pool->spare[class];
        pool->spare[class] = spare;
        pool->spare_bytes += bytes;
    }
    mutex_unlock(&pool->lock);
    if (!keep) deallocate(p, class);
    uncharge(pool, bytes);
}

bool body__reserve(struct body_pool *pool, struct body *b, size_t bytes)
{
    if (bytes > class_bytes(HTTP_BODY_CLASSES - 1) - HTTP_PADDING) return false;
    uint32_t class = b->p ? b->class : 0;
    while (class_bytes(class) - HTTP_PADDING < bytes) class ++;
    if (b->p && class == b->class) return true;
    if (!charge(pool, class_bytes(class))) return false;
    char *p = take_spare(pool, class);
    if (!p) {
        trim_spares(pool);
        p = allocate(class);
    }
    if (!p) {
        uncharge(pool, class_bytes(class));
        return false;
    }
    if (b->n > 0) memcpy(p, b->p, b->n);
    if (b->p) give_back(pool, b->p, b->class);
    b->p = p;
    b->class = class;
    return true;
}

void body__release(struct body_pool *pool, struct body *b)
{
    if (b->p) give_back(pool, b->p, b->class);
    *b = (struct body){0};
}

void body__disown(struct body_pool *pool, struct body *b)
{
    if (b->p) uncharge(pool, class_bytes(b->class));
}

void body__free_disowned(struct body *b)
{
    if (b->p) deallocate(b->p, b->class);
}
