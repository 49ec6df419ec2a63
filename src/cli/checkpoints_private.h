/* checkpoints_private.h - what the verbs of `weir checkpoints` share. */
#pragma once
#include "base/env.h"
#include "state/checkpoint_store.h"

/* A checkpoint with the folder it was found in. */
struct found {
    const char *job;
    struct checkpoint_entry entry;
};

struct look {
    struct arena *arena;
    struct env *env;
    const char *directory; /* without a slash at its end */
    bool json;
    int64_t now_ms;
    struct found *found; /* by job; newest first */
    size_t count;
    size_t capacity;
    uint32_t job_count;
};

const char *checkpoints__last_name(const char *path);
/* Of a duration or a size; negative ones count as 0. */
const char *checkpoints__duration(struct look *l, int64_t ms);
const char *checkpoints__bytes(struct look *l, uint64_t bytes);
/* The members that ls and show have in common; each writer leaves ", " behind the last one. */
void checkpoints__write_found(struct look *l, const struct found *f, struct buf *out);
void checkpoints__write_i64(struct buf *out, const char *key, int64_t v);
void checkpoints__write_text(struct buf *out, const char *key, const char *text); /* NULL: null */
void checkpoints__end_object(struct buf *out); /* takes that comma back */
void checkpoints__print(struct buf *out);      /* to standard output, and frees it */

MUST_USE struct err *checkpoints__show(struct look *l, int *code);
