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

/* X(site) - the steps of publishing in their order; each is an env_fault just after it was done.
 * The first two are visited once for each new file, the last once for each removed checkpoint. */
#define CHECKPOINT_SITES(X)          \
    X("checkpoint.folder-made")      \
    X("checkpoint.file-written")     \
    X("checkpoint.file-synced")      \
    X("checkpoint.files-linked")     \
    X("checkpoint.manifest-written") \
    X("checkpoint.manifest-synced")  \
    X("checkpoint.folder-synced")    \
    X("checkpoint.published")        \
    X("checkpoint.old-renamed")      \
    X("checkpoint.old-removed")

enum checkpoint_kind {
    CHECKPOINT_RUNNING, /* the job went on */
    CHECKPOINT_STOPPED, /* the last one of a job that was stopped: it continues from here */
    CHECKPOINT_FINISHED /* every source had ended or was drained: there is nothing to continue */
};

const char *checkpoint_kind_name(enum checkpoint_kind kind); /* "running", .. */

/* A part: new bytes, or those that an earlier checkpoint of this store wrote. (task, checkpoint_id)
 * names it: no two have both alike. */
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
/* Of the folder: the same after every restart, and nobody else's as long as it is there. */
uint64_t checkpoint_store_identity(const struct checkpoint_store *s);
void checkpoint_store_close(struct checkpoint_store *s); /* gives the lock back; NULL is allowed */

/* The greatest id in the folder, readable or not; 0: none. Ids that are published must be greater:
 * a job that was started again from an older checkpoint goes on from here, not from there. */
uint64_t checkpoint_store_newest_id(const struct checkpoint_store *s);
/* Of all files of the newest checkpoint, linked ones too; 0: none. */
uint64_t checkpoint_store_full_bytes(const struct checkpoint_store *s);

/* Parts of one task stand oldest first. Keeps the newest `retained` and removes the others (0:
 * removes none; see checkpoint_store_trim). On error nothing was published (ERR_DISK_FULL: try
 * again later); failure of a sync ends the process, as what is on disk is then unknown.
 * *size_bytes: of the new files. */
MUST_USE struct err *checkpoint_store_publish(struct checkpoint_store *s,
    const struct checkpoint_meta *meta, const struct checkpoint_part *parts, size_t count,
    uint32_t retained, uint64_t *size_bytes);
/* The removing by itself, for those who first want to tell the world of what was published: it may
 * take as long as the writing did. What cannot be removed now is tried again the next time. */
void checkpoint_store_trim(struct checkpoint_store *s, uint32_t retained);

/* ---- reading; needs no lock, so any process may look. ---- */
struct checkpoint_entry {
    uint64_t id;
    char *path;
    uint64_t size_bytes;         /* of all files */
    uint64_t new_bytes;          /* of those that it wrote itself; the others are links */
    struct checkpoint_meta meta; /* zeroed when `problem` */
    char *problem; /* why it cannot be used, or NULL; of files only the sizes were looked at */
};
/* Newest first; everything in `a`. A folder that is not there gives none; a checkpoint that its job
 * removes meanwhile is left out. */
MUST_USE struct err *checkpoint_store_list(struct env *env, const char *directory, struct arena *a,
    struct checkpoint_entry **entries, size_t *count);
/* What a checkpoint consists of, in the order of its manifest. verify: every digest of every file
 * is looked at, and files that are damaged have a problem; without it none has. */
struct checkpoint_file {
    const char *name;
    uint64_t checkpoint_id; /* that wrote it; earlier ones' are links */
    uint64_t size_bytes;
    const char *problem;
};
MUST_USE struct err *checkpoint_files(struct env *env, const char *path, bool verify,
    struct arena *a, struct checkpoint_meta *meta, struct checkpoint_file **files, size_t *count);
/* Every digest of every file; ERR_CORRUPT names the file and the block. */
MUST_USE struct err *checkpoint_verify(struct env *env, const char *path);
/* Verified whole. The meta's texts live in `a`. A damaged one gives ERR_CORRUPT with a hint that
 * names an older one to start from: never take that silently, as files of the newest may have been
 * published. So take entry 0 of the list even when it has a problem, and let this tell it. */
MUST_USE struct err *checkpoint_load(struct env *env, const char *path, struct arena *a,
    struct checkpoint_meta *meta, struct snapshot **out);
