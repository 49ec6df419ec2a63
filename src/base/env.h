/* env.h - the outside world: clock, random numbers, files. env_system() in production, simulated in
 * tests (a clock that stands still, files that tear and fill up). Passed explicitly; never global.
 * Every call may come from any thread. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct env;
struct env_file; /* an open file */

enum env_open_mode {
    ENV_READ,
    ENV_CREATE, /* truncates; parent folders are made */
    ENV_UPDATE  /* an existing file, for reading and env_def.write */
};

struct env_stat {
    bool exists;
    bool is_directory;
    uint64_t size_bytes;
    int64_t modified_ms;
    uint64_t identity; /* the same under another name, nobody else's while it exists; not 0 */
};

struct env_def {
    int64_t (*now_ms)(struct env *e);   /* wall clock: SQL's processing time */
    uint64_t (*mono_ns)(struct env *e); /* for rates and waits */
    uint64_t (*random)(struct env *e);
    MUST_USE struct err *(*open)(
        struct env *e, const char *path, enum env_open_mode mode, struct env_file **out);
    /* Reads up to n bytes at offset; *got < n only at the end of the file. */
    MUST_USE struct err *(*read)(
        struct env_file *f, uint64_t offset, void *p, size_t n, size_t *got);
    MUST_USE struct err *(*append)(
        struct env_file *f, const void *p, size_t n); /* all or an error */
    /* At an offset, not at the end; part of it may have been written when it fails. */
    MUST_USE struct err *(*write)(struct env_file *f, uint64_t offset, const void *p, size_t n);
    /* Takes disk space ahead and sets the size: ERR_DISK_FULL now rather than in a write. */
    MUST_USE struct err *(*allocate)(struct env_file *f, uint64_t size_bytes);
    MUST_USE struct err *(*truncate)(struct env_file *f, uint64_t size_bytes);
    /* The content is on disk; so is the name only after sync_directory or rename. After an error
     * the content must be taken as lost: trying again proves nothing. */
    MUST_USE struct err *(*sync)(struct env_file *f);
    void (*close)(struct env_file *f);
    MUST_USE struct err *(*stat)(struct env *e, const char *path, struct env_stat *out);
    /* Atomic; also syncs the target's folder. */
    MUST_USE struct err *(*rename)(struct env *e, const char *from, const char *to);
    /* A second name for a file; `to` must not exist. Not synced. */
    MUST_USE struct err *(*link)(struct env *e, const char *from, const char *to);
    MUST_USE struct err *(*sync_directory)(struct env *e, const char *path);
    MUST_USE struct err *(*free_bytes)(struct env *e, const char *path, uint64_t *out);
    /* Creates the file if needed, and locks it until it is closed or the process ends. Taken by
     * another process: *out = NULL and no error; the file's text says whose it is. The text is the
     * caller's, written after it has the lock. */
    MUST_USE struct err *(*lock)(
        struct env *e, const char *path, const char *text, struct env_file **out);
    MUST_USE struct err *(*remove)(struct env *e, const char *path); /* absent is no error */
    MUST_USE struct err *(*make_directory)(struct env *e, const char *path); /* and its parents */
    /* Names without "." and "..", sorted; allocated in a. */
    MUST_USE struct err *(*list)(
        struct env *e, const char *path, struct arena *a, char ***names, size_t *count);
};

/* A named place in a sequence that a crash must not break. WEIR_KILL_AT=site or site:n in the
 * environment makes the n-th visit (default the first) end the process with SIGKILL; tests kill
 * the program at each of them. Costs a comparison otherwise; not for the hot path. */
void env_fault(const char *site);

/* make_directory whose result outlives a loss of power: each new name is synced in the folder it is
 * in. */
MUST_USE struct err *env_make_durable(struct env *env, const char *path);

/* "process 4711 on host 'larch'", for the text of a lock. */
enum { ENV_PROCESS_CHARS = 128 };
void env_process_name(char out[ENV_PROCESS_CHARS]);

/* LOCK in the folder, which is there, for this process. Taken by another one: *out = NULL, and
 * `holder` is what that one gave as its text. */
enum { ENV_HOLDER_CHARS = 256 };
MUST_USE struct err *env_lock_folder(struct env *env, const char *folder, const char *text,
    struct env_file **out, char holder[ENV_HOLDER_CHARS]);
/* env_stat.identity of the folder's LOCK; 0: there is none. Another one than at the start: the
 * folder was removed or renamed, and may be somebody else's now. */
MUST_USE struct err *env_lock_identity(struct env *env, const char *folder, uint64_t *out);

struct env {
    const struct env_def *def;
};

struct env *env_system(void); /* process-wide, never freed */

static inline int64_t env_now_ms(struct env *e)
{
    return e->def->now_ms(e);
}
static inline uint64_t env_mono_ns(struct env *e)
{
    return e->def->mono_ns(e);
}
static inline uint64_t env_random(struct env *e)
{
    return e->def->random(e);
}
