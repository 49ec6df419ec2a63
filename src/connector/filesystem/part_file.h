/* part_file.h - one file that a sink is writing: hidden until it is published by a rename. */
#pragma once
#include "connector/connector.h"

struct part_file {
    char *hidden;          /* ".part-...OWNER.inprogress": where it is written */
    char *final;           /* its name once it is visible */
    struct env_file *file; /* NULL before the first flush */
    struct buf buffer;     /* not yet written */
    uint64_t size_bytes;   /* written and buffered */
    uint64_t kept_bytes;   /* promised by a checkpoint; 0: none holds it */
    int64_t begun_ms;      /* wall clock */
    int64_t written_ms;    /* last time */
};

/* Nothing is on disk before the first flush. Texts are copied; `owner` ends the hidden name. */
struct part_file *part_file_new(
    const char *folder, const char *name, const char *owner, int64_t now_ms);
/* What is buffered goes into the file, which is made if need be; no sync. After an error (a full
 * disk) it is still buffered: try again. */
MUST_USE struct err *part_file_flush(struct env *env, struct part_file *f);
/* Flushes, syncs and closes; the file stays hidden. Its name is durable once its folder is. */
MUST_USE struct err *part_file_finish(struct env *env, struct part_file *f);
/* Flushes and syncs, goes on. */
MUST_USE struct err *part_file_sync(struct env *env, struct part_file *f);
/* Closes without flushing. Removes the file unless a checkpoint holds part of it. */
void part_file_abandon(struct env *env, struct part_file *f);
void part_file_free(struct env *env, struct part_file *f);

/* Recovery of a part that was still growing: what came after the checkpoint is cut off. It may have
 * been published since, with these bytes and no others. */
MUST_USE struct err *part_file_cut(
    struct env *env, const char *hidden, const char *final, uint64_t bytes);
/* Makes it visible. Idempotent: done before is good as long as the final name is there. */
MUST_USE struct err *part_file_publish(struct env *env, const char *hidden, const char *final);
