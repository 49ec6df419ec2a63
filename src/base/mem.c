#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/check.h"

enum { HUGE_PAGE_BYTES = 2 << 20 };

void *mem_alloc(size_t bytes)
{
    void *p = calloc(1, bytes ? bytes : 1);
    if (!p) abort();
    return p;
}

void *mem_realloc(void *p, size_t bytes)
{
    p = realloc(p, bytes ? bytes : 1);
    if (!p) abort();
    return p;
}

void *mem_alloc_aligned(size_t alignment, size_t bytes)
{
    void *p = NULL;
    if (posix_memalign(&p, alignment, bytes ? bytes : 1) != 0) abort();
    return memset(p, 0, bytes);
}

void *mem_alloc_large(size_t bytes)
{
    if (bytes < HUGE_PAGE_BYTES) return mem_realloc(NULL, bytes);
    void *p = NULL;
    if (posix_memalign(&p, HUGE_PAGE_BYTES, bytes) != 0) abort();
    madvise(p, bytes / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES, MADV_HUGEPAGE);
    return p;
}

void mem_free(void *p)
{
    free(p);
}

char *mem_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(mem_alloc(size), text, size);
}

void *mem_map(size_t bytes)
{
    bool huge = bytes >= HUGE_PAGE_BYTES;
    size_t span = huge ? bytes + HUGE_PAGE_BYTES : bytes;
    char *p = mmap(NULL, span, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return NULL;
    if (!huge) return p;
    size_t head = (HUGE_PAGE_BYTES - (uintptr_t)p % HUGE_PAGE_BYTES) % HUGE_PAGE_BYTES;
    if (head) munmap(p, head);
    size_t page_bytes = 4096, kept = (bytes + page_bytes - 1) / page_bytes * page_bytes;
    size_t tail = span - head - kept;
    if (tail) munmap(p + head + kept, tail);
    madvise(p + head, kept, MADV_HUGEPAGE);
    return p + head;
}

void mem_unmap(void *p, size_t bytes)
{
    if (p) munmap(p, bytes);
}

bool mem_budget_take(struct mem_budget *b, size_t bytes)
{
    for (struct mem_budget *at = b; at; at = at->parent) {
        size_t before = atomic_fetch_add_explicit(&at->used_bytes, bytes, memory_order_relaxed);
        if (at->limit_bytes == 0 || before + bytes <= at->limit_bytes) continue;
        for (struct mem_budget *undo = b;; undo = undo->parent) {
            atomic_fetch_sub_explicit(&undo->used_bytes, bytes, memory_order_relaxed);
            if (undo == at) return false;
        }
    }
    return true;
}

void mem_budget_give(struct mem_budget *b, size_t bytes)
{
    for (; b; b = b->parent) {
        size_t before = atomic_fetch_sub_explicit(&b->used_bytes, bytes, memory_order_relaxed);
        ASSERT(before >= bytes);
    }
}

const struct mem_budget *mem_budget_limit(const struct mem_budget *b)
{
    while (b->parent && b->limit_bytes == 0) b = b->parent;
    return b;
}

struct err *mem_budget_fail(const struct mem_budget *b, size_t bytes)
{
    const struct mem_budget *limit = mem_budget_limit(b);
    struct err *e = ERR(ERR_OUT_OF_MEMORY,
        "%s holds %zu MiB of state and needs %zu KiB more, but '%s' has reached its limit of %zu "
        "MiB",
        b->name, atomic_load_explicit(&b->used_bytes, memory_order_relaxed) >> 20,
        (bytes + 1023) >> 10, limit->name, limit->limit_bytes >> 20);
    return err_hint(e, "raise 'taskmanager.memory.process.size', or keep less state");
}
