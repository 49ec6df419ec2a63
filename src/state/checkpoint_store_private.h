/* checkpoint_store_private.h - private to state/: the store between its two files,
 * checkpoint_store.c (lock, what is there, removing) and checkpoint_publish.c. */
#pragma once
#include "state/checkpoint_folder.h"

/* A published checkpoint. */
struct checkpoint_store_live {
    uint64_t id;
    const char *name;
    struct arena *arena;       /* holds everything here */
    struct manifest *manifest; /* NULL: it cannot be read */
};

struct checkpoint_store {
    struct env *env;
    char *directory;
    struct env_file *lock;
    uint64_t identity;                  /* of the folder */
    uint64_t lock_identity;             /* nobody else's as long as `lock` is open */
    struct checkpoint_store_live *live; /* oldest first */
    uint32_t live_count;
    uint32_t live_capacity;
    bool has_trash; /* renamed, but not known to be removed */
};

void checkpoint_store__push(struct checkpoint_store *s, struct checkpoint_store_live l);
/* ERR_NOT_FOUND when the folder is not there any more, or the LOCK in it is not ours: what would be
 * written would be found by nobody, or mix with another process's. */
MUST_USE struct err *checkpoint_store__check_folder(const struct checkpoint_store *s);
/* What a crash left half-written or half-removed. */
MUST_USE struct err *checkpoint_store__remove_leftovers(struct checkpoint_store *s);
/* Of one level of files only. */
MUST_USE struct err *checkpoint_store__remove_folder(struct env *env, const char *path);
