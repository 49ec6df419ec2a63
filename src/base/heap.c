#include "base/heap.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/mem.h"

#if defined(__SANITIZE_ADDRESS__)
#define HEAP_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEAP_POISON 1
#endif
#endif
#ifdef HEAP_POISON
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

/* Classes are the multiples of 16 up to 128, then four to every doubling (at most 25 % of a block
 * is lost), up to 32 KiB. A larger block is a chunk of its own. */
enum {
    SMALL_MAX = 128,
    CLASS_MAX = 32 << 10,
    CLASS_COUNT = 8 + 4 * 8,
    CHUNK_MIN = 4 << 10,
    CHUNK_MAX = 4 << 20,
    MAP_MIN = 256 << 10 /* chunks from here on come straight from the system */
};

struct chunk {
    struct chunk *next;
    struct chunk *previous; /* of blocks of their own only */
    size_t size_bytes;      /* all of it */
    size_t unused;          /* keeps data 16-byte aligned */
    unsigned char data[];
};
_Static_assert(sizeof(struct chunk) % 16 == 0, "blocks are 16-byte aligned");

struct free_block {
    struct free_block *next;
};

struct heap {
    struct mem_budget *budget;
    struct chunk *chunks; /* shared by small blocks; the first one is being filled */
    unsigned char *at;    /* free part of the first chunk */
    unsigned char *end;
    struct chunk *large; /* blocks of their own */
    size_t chunks_bytes; /* sum of the shared chunks */
    struct free_block *free[CLASS_COUNT];
};

static uint32_t class_of(size_t bytes, size_t *rounded)
{
    if (bytes <= SMALL_MAX) {
        uint32_t class = bytes == 0 ? 0 : (uint32_t)(bytes - 1) / 16;
        *rounded = (class + 1) * (size_t)16;
        return class;
    }
    uint64_t last = bytes - 1;
    uint32_t log = 63 - (uint32_t)__builtin_clzll(last), shift = log - 2;
    *rounded = ((last >> shift) + 1) << shift;
    return 8 + (log - 7) * 4 + ((uint32_t)(last >> shift) & 3);
}

struct heap *heap_new(struct mem_budget *budget)
{
    struct heap *h = mem_alloc(sizeof *h);
    h->budget = budget;
    return h;
}

static struct chunk *chunk_new(struct heap *h, size_t bytes)
{
    if (h->budget && !mem_budget_take(h->budget, bytes)) return NULL;
    struct chunk *c = bytes >= MAP_MIN ? mem_map(bytes) : mem_alloc(bytes);
    if (!c) {
        if (h->budget) mem_budget_give(h->budget, bytes);
        return NULL;
    }
    c->size_bytes = bytes;
    return c;
}

static void chunk_free(struct heap *h, struct chunk *c)
{
    size_t bytes = c->size_bytes;
    ASAN_UNPOISON_MEMORY_REGION(c, bytes);
    if (bytes >= MAP_MIN)
        mem_unmap(c, bytes);
    else
        mem_free(c);
    if (h->budget) mem_budget_give(h->budget, bytes);
}

static void chunks_free(struct heap *h, struct chunk *c)
{
    while (c) {
        struct chunk *next = c->next;
        chunk_free(h, c);
        c = next;
    }
}

void heap_free(struct heap *h)
{
    if (!h) return;
    chunks_free(h, h->chunks);
    chunks_free(h, h->large);
    mem_free(h);
}

static void push_free(struct heap *h, uint32_t class, void *p, size_t bytes)
{
    struct free_block *block = p;
    block->next = h->free[class];
    h->free[class] = block;
    ASAN_POISON_MEMORY_REGION(p, bytes);
}

/* The largest class that fits into `bytes`, at least 16. */
static uint32_t class_within(size_t bytes, size_t *size)
{
    uint32_t class = class_of(bytes, size);
    while (*size > bytes) {
        bytes = bytes <= SMALL_MAX ? bytes & ~(size_t)15 : (bytes - bytes / 5) & ~(size_t)15;
        class = class_of(bytes, size);
    }
    return class;
}

/* What is left of the filled chunk goes to the free lists, so that nothing is lost. */
static void use_up_rest(struct heap *h)
{
    while (h->end - h->at >= 16) {
        size_t size;
        uint32_t class = class_within((size_t)(h->end - h->at), &size);
        push_free(h, class, h->at, size);
        h->at += size;
    }
}

/* A chunk is as large as a quarter of all before it: an idle operator costs 4 KiB, a large state
 * few chunks, and these lie on huge pages. */
static bool add_chunk(struct heap *h, size_t need)
{
    size_t bytes = CHUNK_MIN;
    while (bytes < CHUNK_MAX && bytes * 4 <= h->chunks_bytes) bytes *= 2;
    while (bytes < need + sizeof(struct chunk)) bytes *= 2;
    struct chunk *c = chunk_new(h, bytes);
    if (!c) return false;
    use_up_rest(h);
    c->next = h->chunks;
    h->chunks = c;
    h->chunks_bytes += bytes;
    h->at = c->data;
    h->end = (unsigned char *)c + bytes;
    return true;
}

static void *take_large(struct heap *h, size_t bytes)
{
    if (bytes > SIZE_MAX / 2) return NULL;
    struct chunk *c = chunk_new(h, (sizeof *c + bytes + 4095) & ~(size_t)4095);
    if (!c) return NULL;
    c->next = h->large;
    if (c->next) c->next->previous = c;
    h->large = c;
    return c->data;
}

static void give_large(struct heap *h, void *p)
{
    struct chunk *c = (struct chunk *)(void *)((unsigned char *)p - offsetof(struct chunk, data));
    if (c->next) c->next->previous = c->previous;
    if (c->previous)
        c->previous->next = c->next;
    else
        h->large = c->next;
    chunk_free(h, c);
}

void *heap_take(struct heap *h, size_t bytes)
{
    if (bytes > CLASS_MAX) return take_large(h, bytes);
    size_t rounded;
    uint32_t class = class_of(bytes, &rounded);
    struct free_block *block = h->free[class];
    if (block) {
        ASAN_UNPOISON_MEMORY_REGION(block, rounded);
        h->free[class] = block->next;
        return block;
    }
    if ((size_t)(h->end - h->at) < rounded && !add_chunk(h, rounded)) return NULL;
    void *p = h->at;
    h->at += rounded;
    return p;
}

void heap_give(struct heap *h, void *p, size_t bytes)
{
    if (!p) return;
    if (bytes > CLASS_MAX) {
        give_large(h, p);
        return;
    }
    size_t rounded;
    uint32_t class = class_of(bytes, &rounded);
    push_free(h, class, p, rounded);
}

struct mem_budget *heap_budget(const struct heap *h)
{
    return h->budget;
}
