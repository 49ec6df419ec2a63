#include "base/env.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"

struct env_file {
    int fd;
    char *path; /* for messages */
};

/* The error for a failed system call; names the path and what was tried. */
static struct err *failed(int error, const char *action, const char *path)
{
    enum err_code code = ERR_IO;
    if (error == ENOENT || error == ENOTDIR) code = ERR_NOT_FOUND;
    if (error == ENOSPC || error == EDQUOT) code = ERR_DISK_FULL;
    const char *reason = strerrordesc_np(error);
    return ERR(code, "cannot %s '%s': %s", action, path, reason ? reason : "unknown error");
}

static int64_t system_now_ms(struct env *e)
{
    (void)e;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint64_t system_mono_ns(struct env *e)
{
    (void)e;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t system_random(struct env *e)
{
    (void)e;
    uint64_t value;
    /* Requests of up to 256 bytes are never interrupted once the system has booted. */
    ASSERT(getrandom(&value, sizeof value, 0) == sizeof value);
    return value;
}

/* mkdir -p of the first `n` bytes of path. */
static struct err *make_folders(const char *path, size_t n)
{
    char folder[PATH_MAX];
    if (n >= sizeof folder) FAIL(ERR_IO, "path of %zu bytes is too long: '%.60s...'", n, path);
    memcpy(folder, path, n);
    folder[n] = 0;
    for (size_t i = 1; i <= n; i++) {
        if (i < n && folder[i] != '/') continue;
        char kept = folder[i];
        folder[i] = 0;
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            return failed(errno, "make folder", folder);
        folder[i] = kept;
    }
    return NULL;
}

static struct err *system_make_directory(struct env *e, const char *path)
{
    struct env_stat found;
    TRY(make_folders(path, strlen(path)));
    TRY(e->def->stat(e, path, &found));
    if (!found.is_directory) FAIL(ERR_IO, "'%s' exists and is not a folder", path);
    return NULL;
}

static struct err *make_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash != path ? make_folders(path, (size_t)(slash - path)) : NULL;
}

static struct err *system_open(
    struct env *e, const char *path, enum env_open_mode mode, struct env_file **out)
{
    (void)e;
    int flags = O_RDONLY | O_NONBLOCK; /* a pipe without a writer must not block the worker */
    if (mode == ENV_CREATE) {
        TRY(make_parent(path));
        flags = O_RDWR | O_CREAT | O_TRUNC;
    }
    if (mode == ENV_UPDATE) flags = O_RDWR;
    int fd;
    do fd = open(path, flags | O_CLOEXEC, 0666);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) return failed(errno, mode == ENV_CREATE ? "create" : "open", path);
    struct stat s;
    if (fstat(fd, &s) != 0 || S_ISDIR(s.st_mode)) {
        close(fd);
        FAIL(ERR_IO, "cannot open '%s': it is a folder", path);
    }
    if (S_ISFIFO(s.st_mode) || S_ISSOCK(s.st_mode)) {
        close(fd);
        FAIL(ERR_IO, "cannot open '%s': it is a pipe, not a file", path);
    }
    *out = mem_alloc(sizeof **out);
    **out = (struct env_file){fd, mem_strdup(path)};
    return NULL;
}

static struct err *system_read(struct env_file *f, uint64_t offset, void *p, size_t n, size_t *got)
{
    *got = 0;
    while (*got < n) {
        ssize_t r = pread(f->fd, (char *)p + *got, n - *got, (off_t)(offset + *got));
        if (r < 0 && errno == EINTR) continue;
        if (r < 0) return failed(errno, "read", f->path);
        if (r == 0) break;
        *got += (size_t)r;
    }
    return NULL;
}

/* The part of an append that did get through is cut off again. */
static struct err *system_append(struct env_file *f, const void *p, size_t n)
{
    off_t start = lseek(f->fd, 0, SEEK_CUR);
    if (start < 0) return failed(errno, "write to", f->path);
    for (size_t done = 0; done < n;) {
        ssize_t w = write(f->fd, (const char *)p + done, n - done);
        if (w < 0 && errno == EINTR) continue;
        if (w < 0) {
            struct err *e = failed(errno, "write to", f->path);
            if (ftruncate(f->fd, start) == 0 && lseek(f->fd, start, SEEK_SET) >= 0) return e;
            /* Not as a full disk: who waits for space would write the same bytes again. */
            err_free(e);
            FAIL(ERR_IO, "'%s' is left with half a write", f->path);
        }
        done += (size_t)w;
    }
    return NULL;
}

static struct err *system_write(struct env_file *f, uint64_t offset, const void *p, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t w = pwrite(f->fd, (const char *)p + done, n - done, (off_t)(offset + done));
        if (w < 0 && errno == EINTR) continue;
        if (w < 0) return failed(errno, "write to", f->path);
        done += (size_t)w;
    }
    return NULL;
}

static struct err *system_allocate(struct env_file *f, uint64_t size_bytes)
{
    int error = posix_fallocate(f->fd, 0, (off_t)size_bytes);
    return error ? failed(error, "take disk space for", f->path) : NULL;
}

static struct err *system_truncate(struct env_file *f, uint64_t size_bytes)
{
    if (ftruncate(f->fd, (off_t)size_bytes) != 0) return failed(errno, "set the size of", f->path);
    return NULL;
}

static struct err *system_sync(struct env_file *f)
{
    if (fdatasync(f->fd) != 0) return failed(errno, "sync", f->path);
    return NULL;
}

static void system_close(struct env_file *f)
{
    if (!f) return;
    close(f->fd);
    mem_free(f->path);
    mem_free(f);
}

static struct err *system_stat(struct env *e, const char *path, struct env_stat *out)
{
    (void)e;
    struct stat s;
    *out = (struct env_stat){.exists = false};
    if (stat(path, &s) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) return NULL;
        return failed(errno, "look at", path);
    }
    out->exists = true;
    out->is_directory = S_ISDIR(s.st_mode);
    out->size_bytes = (uint64_t)s.st_size;
    out->identity = hash_combine(hash_u64((uint64_t)s.st_dev), (uint64_t)s.st_ino) | 1;
    out->modified_ms = (int64_t)s.st_mtim.tv_sec * 1000 + s.st_mtim.tv_nsec / 1000000;
    return NULL;
}

static struct err *system_sync_directory(struct env *e, const char *folder)
{
    (void)e;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return failed(errno, "open", folder);
    /* Some file systems cannot sync folders and say EINVAL: nothing more can be done there. */
    int error = fsync(fd) != 0 && errno != EINVAL ? errno : 0;
    close(fd);
    return error ? failed(error, "sync", folder) : NULL;
}

/* A rename is durable once the folder that holds the new name is. */
static struct err *sync_parent(struct env *e, const char *path)
{
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) + (slash == path) : 0;
    ASSERT(n < sizeof folder);
    if (n) {
        memcpy(folder, path, n);
        folder[n] = 0;
    }
    return system_sync_directory(e, folder);
}

static struct err *system_rename(struct env *e, const char *from, const char *to)
{
    if (rename(from, to) != 0) return err_wrap(failed(errno, "rename to", to), "moving '%s'", from);
    return sync_parent(e, to);
}

static struct err *system_link(struct env *e, const char *from, const char *to)
{
    (void)e;
    if (link(from, to) != 0) return err_wrap(failed(errno, "link to", to), "linking '%s'", from);
    return NULL;
}

static struct err *system_free_bytes(struct env *e, const char *path, uint64_t *out)
{
    (void)e;
    struct statvfs s;
    if (statvfs(path, &s) != 0) return failed(errno, "look at the disk of", path);
    *out = (uint64_t)s.f_bavail * s.f_frsize;
    return NULL;
}

static struct err *system_lock(
    struct env *e, const char *path, const char *text, struct env_file **out)
{
    (void)e;
    *out = NULL;
    TRY(make_parent(path));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return failed(errno, "open", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int error = errno;
        close(fd);
        return error == EWOULDBLOCK ? NULL : failed(error, "lock", path);
    }
    *out = mem_alloc(sizeof **out);
    **out = (struct env_file){fd, mem_strdup(path)};
    struct err *failure = system_truncate(*out, 0);
    if (!failure) failure = system_write(*out, 0, text, strlen(text));
    if (failure) system_close(*out), *out = NULL;
    return failure;
}

static struct err *system_remove(struct env *e, const char *path)
{
    (void)e;
    if (remove(path) != 0 && errno != ENOENT && errno != ENOTDIR)
        return failed(errno, "remove", path);
    return NULL;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum { LIST_MAX = 1 << 20 }; /* names in one folder */

static struct err *system_list(
    struct env *e, const char *path, struct arena *a, char ***names, size_t *count)
{
    (void)e;
    DIR *folder = opendir(path);
    if (!folder) return failed(errno, "list", path);
    size_t n = 0, capacity = 64;
    char **found = ARENA_ARRAY(a, char *, capacity);
    for (struct dirent *entry = readdir(folder); entry && n < LIST_MAX; entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (n == capacity) {
            char **more = ARENA_ARRAY(a, char *, capacity *= 2);
            memcpy(more, found, n * sizeof *found);
            found = more;
        }
        found[n++] = slice_to_cstr(a, slice_of(entry->d_name));
    }
    closedir(folder);
    if (n == LIST_MAX) FAIL(ERR_LIMIT_EXCEEDED, "'%s' holds more than %d files", path, LIST_MAX);
    qsort(found, n, sizeof *found, compare_names);
    *names = found;
    *count = n;
    return NULL;
}

static const struct env_def system_def = {
    .now_ms = system_now_ms,
    .mono_ns = system_mono_ns,
    .random = system_random,
    .open = system_open,
    .read = system_read,
    .append = system_append,
    .write = system_write,
    .allocate = system_allocate,
    .truncate = system_truncate,
    .sync = system_sync,
    .close = system_close,
    .stat = system_stat,
    .rename = system_rename,
    .link = system_link,
    .sync_directory = system_sync_directory,
    .free_bytes = system_free_bytes,
    .lock = system_lock,
    .remove = system_remove,
    .make_directory = system_make_directory,
    .list = system_list,
};

/* Never written to; not const because simulated environments change as they are used. */
static struct env system_env = {&system_def};

struct env *env_system(void)
{
    return &system_env;
}

struct err *env_make_durable(struct env *env, const char *path)
{
    struct env_stat st;
    TRY(env->def->stat(env, path, &st));
    if (st.is_directory) return NULL;
    struct arena *a = arena_new(1024);
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    while (n > 0 && path[n - 1] == '/') n--;
    const char *parent = n ? slice_to_cstr(a, (struct slice){path, n}) : slash ? "/" : ".";
    struct err *e = n ? env_make_durable(env, parent) : NULL;
    if (!e) e = env->def->make_directory(env, path);
    if (!e) e = env->def->sync_directory(env, parent);
    arena_free(a);
    return e;
}

void env_process_name(char out[ENV_PROCESS_CHARS])
{
    char host[65] = ""; /* HOST_NAME_MAX and a NUL; cut off when it is longer */
    if (gethostname(host, sizeof host - 1) != 0) host[0] = 0;
    snprintf(out, ENV_PROCESS_CHARS, "process %d on host '%s'", (int)getpid(), host);
}

/* Who it is only makes a message better. */
static void read_holder(struct env *env, const char *path, char holder[ENV_HOLDER_CHARS])
{
    struct env_file *f;
    size_t got = 0;
    struct err *e = env->def->open(env, path, ENV_READ, &f);
    if (!e) {
        e = env->def->read(f, 0, holder, ENV_HOLDER_CHARS - 1, &got);
        env->def->close(f);
    }
    err_free(e);
    struct slice text = slice_trim((struct slice){holder, got});
    memmove(holder, text.p, text.n);
    holder[text.n] = 0;
    if (text.n == 0) snprintf(holder, ENV_HOLDER_CHARS, "another process");
}

struct err *env_lock_folder(struct env *env, const char *folder, const char *text,
    struct env_file **out, char holder[ENV_HOLDER_CHARS])
{
    struct arena *a = arena_new(1024);
    const char *path = str_fmt(a, "%s/LOCK", folder);
    struct err *e = env->def->lock(env, path, text, out);
    if (!e && !*out) read_holder(env, path, holder);
    arena_free(a);
    return e;
}

struct err *env_lock_identity(struct env *env, const char *folder, uint64_t *out)
{
    struct arena *a = arena_new(1024);
    struct env_stat lock = {0};
    struct err *e = env->def->stat(env, str_fmt(a, "%s/LOCK", folder), &lock);
    arena_free(a);
    *out = lock.identity;
    return e;
}

/* Of the one site that was asked for. */
static _Atomic uint32_t fault_visits;

void env_fault(const char *site)
{
    const char *asked = getenv("WEIR_KILL_AT");
    if (!asked) return;
    size_t n = strlen(site);
    if (strncmp(asked, site, n) != 0 || (asked[n] && asked[n] != ':')) return;
    uint64_t wanted = 1;
    if (asked[n]) (void)num_parse_u64(slice_of(asked + n + 1), &wanted);
    if (atomic_fetch_add(&fault_visits, 1) + 1 == wanted) kill(getpid(), SIGKILL);
}
