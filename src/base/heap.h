/* heap.h - a size-class allocator for state: freed blocks are reused within their class, everything
 * goes back at once with heap_free, and every chunk is charged to a budget. One thread. */
#pragma once
#include <stddef.h>

struct heap;
struct mem_budget;

struct heap *heap_new(struct mem_budget *budget); /* budget may be NULL: unlimited */
void heap_free(struct heap *h);
/* 16-byte aligned, not zeroed. NULL when the budget has no room: the caller fails the job with
 * mem_budget_fail. */
void *heap_take(struct heap *h, size_t bytes);
void heap_give(struct heap *h, void *p, size_t bytes); /* the size it was taken with */
struct mem_budget *heap_budget(const struct heap *h);
