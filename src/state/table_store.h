/* table_store.h - private to state/: the numbered entries of a table, in chunks that never move.
 *
 * An entry number is chunk * entries per chunk + place, so that slots need 4 bytes to name one. The
 * first chunks come from malloc and the pages of a fresh one are not touched before they are used;
 * later chunks are cut from regions on huge pages. The budget is charged for what is used: in
 * doubling steps within the first chunk, then chunk by chunk. */
#pragma once
#include "base/mem.h"

enum { TABLE_CHUNK_BYTES = 64 << 10, TABLE_ENTRIES_MAX = 1 << 30 };

struct table_region {
    void *memory;
    size_t size_bytes;
    bool mapped; /* by mem_map, else by mem_realloc */
};

struct table_store {
    struct mem_budget *budget; /* NULL: unlimited */
    uint32_t entry_bytes;
    uint32_t chunk_shift;   /* log2 of the entries in a chunk */
    unsigned char **chunks; /* chunk_count of them ready for use */
    uint32_t chunk_count;
    uint32_t chunk_capacity; /* of chunks */
    uint32_t used;           /* numbers given out so far, freed ones included */
    uint32_t paid;           /* numbers that the budget was charged for */
    uint32_t free_head;      /* number + 1 of a freed entry, which holds the next; 0: none */
    uint64_t count;          /* live entries */
    uint64_t *live;          /* bitmap over numbers */
    uint64_t *changed;       /* the same: taken or marked since the last snapshot; NULL: no snapshot
                                was taken, and everything counts as changed */
    uint64_t *stored;        /* the same, with `changed`: a snapshot has the entry */
    size_t live_words;       /* of each bitmap */
    struct table_region *regions;
    uint32_t region_count;
    uint32_t region_capacity;
    size_t charged_bytes;
};

void table_store_init(struct table_store *s, uint32_t entry_bytes, struct mem_budget *budget);
void table_store_deinit(struct table_store *s);
void table_store_clear(struct table_store *s); /* keeps the first chunk */

/* Charges the budget, or fails without a trace. */
MUST_USE struct err *table_store_charge(struct table_store *s, size_t bytes);
void table_store_discharge(struct table_store *s, size_t bytes);

/* A place that is not zeroed; ERR_OUT_OF_MEMORY without a trace. */
MUST_USE struct err *table_store_take(struct table_store *s, uint32_t *number);
void table_store_give(struct table_store *s, uint32_t number);
/* The next live number at or after `from`; UINT32_MAX at the end. */
uint32_t table_store_next(const struct table_store *s, uint32_t from);

/* From now on nothing has changed, and what is live is stored. */
void table_store_track(struct table_store *s);
void table_store_untrack(struct table_store *s);

static inline unsigned char *table_store_at(const struct table_store *s, uint32_t number)
{
    uint32_t place = number & ((UINT32_C(1) << s->chunk_shift) - 1);
    return s->chunks[number >> s->chunk_shift] + (size_t)place * s->entry_bytes;
}
