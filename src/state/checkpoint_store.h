/* checkpoint_store.h - the checkpoints of one job on disk.
 *
 *   DIR/LOCK                 flock; text: pid, host, since when
 *   DIR/chk-000123/MANIFEST  text header, JSON body, XXH3-128 of both
 *   DIR/chk-000123/task-...  parts of tasks in blocks with checksums; parts of earlier checkpoints
 *                            that are still needed are hard links, so that every folder is whole
 *   DIR/chk-000124.tmp/      being written; removed at the next open
 *
 * Publication: files, sync each, MANIFEST, sync, sync the folder, rename, sync the parent. Each
 * step is an env_fault site, "checkpoint.<step>". A checkpoint is valid if its folder has the final
 * name, the manifest's digest holds, every file has its size and (verify, load) its digest.
 *
 * One thread at a time. */
#pragma once
#include "base/env.h"
#include "state/snapshot.h"

struct checkpoint_store;

enum checkpoint_kind {
    CHECKPOINT_RUNNING, /* the job went on */
    CHECKPOINT_STOPPED, /* the last one of a job that was stopped: it continues from here */
    CHECKPOINT_FINISHED /* every source had ended or was drained: there is nothing to continue */
};

/* A part: new bytes, or those that an earlier checkpoint of this store wrote. */
struct checkpoint_part {
    uint32_t task;
    uint64_t checkpoint_id; /* that wrote it */
    struct slice bytes;     /* p NULL: stored already */
};

/* What MANIFEST says besides the files. Texts are UTF-8 without limits but MANIFEST's of 64 MiB. */
struct checkpoint_meta {
    uint64_t id;
    enum checkpoint_kind kind;
    const char *job_name;
    int64_t begun_ms;     /* wall clock: the trigger */
    int64_t completed_ms; /* written by publish */
    uint32_t parallelism;
    uint32_t key_groups;
    struct slice graph;   /* phys_encode: what a resumed job is compared with */
    struct slice account; /* JSON, shown by `weir checkpoints show`; may be empty */
    const char *version;  /* of the program that wrote it */
};

/* Makes the folder if needed, takes the lock, removes what was left half-written.
 * ERR_ALREADY_EXISTS when another process has the lock: the message names it. */
MUST_USE struct err *checkpoint_store_open(
    struct env *env, const char *directory, struct checkpoint_store **out);
void checkpoint_store_close(struct checkpoint_store *s); /* gives the lock back */

/* Parts of one task stand oldest first. Keeps the newest `retained` and removes the others. On
 * error nothing was published (ERR_DISK_FULL: try again later); failure of a sync ends the process,
 * as what is on disk is then unknown. *size_bytes: of the new files. */
MUST_USE struct err *checkpoint_store_publish(struct checkpoint_store *s,
    const struct checkpoint_meta *meta, const struct checkpoint_part *parts, size_t count,
    uint32_t retained, uint64_t *size_bytes);

/* ---- reading; needs no lock, so any process may look. ---- */
struct checkpoint_entry {
    uint64_t id;
    char *path;
    uint64_t size_bytes;         /* of all files */
    struct checkpoint_meta meta; /* zeroed when `problem` */
    char *problem; /* why it cannot be used, or NULL; only the manifest has been looked at */
};
/* Newest first; everything in `a`. A folder that is not there gives none. */
MUST_USE struct err *checkpoint_store_list(struct env *env, const char *directory, struct arena *a,
    struct checkpoint_entry **entries, size_t *count);
/* Every digest of every file; ERR_CORRUPT names the file and the block. */
MUST_USE struct err *checkpoint_verify(struct env *env, const char *path);
/* Verified whole. The meta's texts live in `a`. */
MUST_USE struct err *checkpoint_load(struct env *env, const char *path, struct arena *a,
    struct checkpoint_meta *meta, struct snapshot **out);
