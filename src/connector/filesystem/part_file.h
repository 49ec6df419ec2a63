/* part_file.h - one file that a sink is writing: hidden until it is published by a rename. */
#pragma once
#include "connector/connector.h"

struct part_file {
    char *hidden; /* ".part-...inprogress": where it is written */
    char *final;  /* its name once it is visible */
    struct env_file *file;
    struct buf buffer;   /* not yet written */
    uint64_t size_bytes; /* written and buffered */
    uint64_t kept_bytes; /* promised by a checkpoint; 0: none holds it */
    int64_t begun_ms;    /* wall clock */
    int64_t written_ms;  /* last time */
};

/* Makes the file and its folders. Names are copied. */
MUST_USE struct err *part_file_new(
    struct env *env, const char *folder, const char *name, int64_t now_ms, struct part_file **out);
/* Makes a file out of the first `bytes` of another hidden one (recovery). */
MUST_USE struct err *part_file_resume(struct env *env, const char *hidden, const char *final,
    const char *fresh_hidden, uint64_t bytes, int64_t now_ms, struct part_file **out);
MUST_USE struct err *part_file_flush(struct env *env, struct part_file *f); /* no sync */
/* Flushes, syncs and closes; the file stays hidden. */
MUST_USE struct err *part_file_finish(struct env *env, struct part_file *f);
/* Flushes and syncs, goes on. */
MUST_USE struct err *part_file_sync(struct env *env, struct part_file *f);
/* Closes without flushing. Removes the file unless a checkpoint holds part of it. */
void part_file_abandon(struct env *env, struct part_file *f);
void part_file_free(struct env *env, struct part_file *f);

/* Makes it visible. Idempotent: done before is good as long as the final name is there. */
MUST_USE struct err *part_file_publish(struct env *env, const char *hidden, const char *final);
