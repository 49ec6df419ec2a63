/* mem.h - heap memory and budgets. The plain calls abort when the system has no memory: they are
 * for small, bounded allocations. Anything whose size follows the data is charged to a budget
 * first, so that a job fails with a message and the process lives on. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

void *mem_alloc(size_t bytes);            /* zeroed, never NULL */
void *mem_realloc(void *p, size_t bytes); /* the new part is not zeroed; never NULL */
void *mem_alloc_aligned(size_t alignment, size_t bytes); /* zeroed, never NULL; mem_free */
/* Not zeroed, never NULL; on huge pages when it is large: for what is written once, front to back.
 * mem_free. */
void *mem_alloc_large(size_t bytes);
void mem_free(void *p);
char *mem_strdup(const char *text);

/* Large zeroed blocks straight from the system, 2 MiB aligned with huge pages advised when they are
 * at least that big. NULL when the system refuses. */
void *mem_map(size_t bytes);
void mem_unmap(void *p, size_t bytes);

/* One account; children charge their parents too. Threads: take and give from any thread (relaxed
 * atomics: the sum needs no order, only to be right). */
struct mem_budget {
    struct mem_budget *parent; /* NULL at the process' root */
    _Atomic size_t used_bytes;
    size_t limit_bytes; /* 0 = no limit of its own */
    const char *name;   /* "operator 'GroupAggregate'"; static or outlives the budget */
};

/* False, and nothing charged, when a limit on the way to the root would be passed. */
MUST_USE bool mem_budget_take(struct mem_budget *b, size_t bytes);
void mem_budget_give(struct mem_budget *b, size_t bytes);
/* The nearest one on the way to the root that has a limit, else the root. */
const struct mem_budget *mem_budget_limit(const struct mem_budget *b);
/* ERR_OUT_OF_MEMORY that names the budget, what it holds, what was asked, and the limit. */
MUST_USE struct err *mem_budget_fail(const struct mem_budget *b, size_t bytes);
