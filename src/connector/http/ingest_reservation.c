#include "connector/http/ingest_reservation.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"

#define PREFIX "RESERVED-"
enum { JOB_BYTES_MAX = 4096 };

static uint64_t hash_of(const char *job)
{
    return hash_bytes(job, strlen(job), 0);
}

char *ingest_reservation_path(const struct ingest_reservations *r, struct arena *a, uint64_t hash)
{
    return str_fmt(a, "%s/" PREFIX "%016llx", r->directory, (unsigned long long)hash);
}

static struct ingest_reservation *find(const struct ingest_reservations *r, uint64_t hash)
{
    struct ingest_reservation *found = r->first;
    while (found && found->hash != hash) found = found->next;
    return found;
}

static struct ingest_reservation *add(struct ingest_reservations *r, uint64_t hash)
{
    struct ingest_reservation *n = mem_alloc(sizeof *n);
    *n = (struct ingest_reservation){.hash = hash, .next = r->first};
    r->first = n;
    return n;
}

static struct err *load_one(struct ingest_reservations *r, const char *path, const char *name)
{
    struct env_file *file;
    char job[JOB_BYTES_MAX + 1];
    size_t n;
    uint64_t hash;
    if (!num_parse_hex16(slice_of(name + strlen(PREFIX)), &hash)) return NULL; /* not ours */
    TRY(r->env->def->open(r->env, path, ENV_READ, &file));
    struct err *e = r->env->def->read(file, 0, job, JOB_BYTES_MAX, &n);
    r->env->def->close(file);
    if (e) return e;
    job[n] = 0;
    struct ingest_reservation *found = add(r, hash);
    if (strlen(job) == n && hash_of(job) == hash) found->job = mem_strdup(job);
    return NULL;
}

struct err *ingest_reservations_load(struct ingest_reservations *r)
{
    char **names;
    size_t count;
    struct arena *a = arena_new(1024);
    struct err *e = r->env->def->list(r->env, r->directory, a, &names, &count);
    for (size_t i = 0; !e && i < count; i++)
        if (strncmp(names[i], PREFIX, strlen(PREFIX)) == 0)
            e = load_one(r, str_fmt(a, "%s/%s", r->directory, names[i]), names[i]);
    arena_free(a);
    return e;
}

static void free_one(struct ingest_reservation *n)
{
    mem_free(n->job);
    mem_free(n);
}

void ingest_reservations_free(struct ingest_reservations *r)
{
    while (r->first) {
        struct ingest_reservation *n = r->first;
        r->first = n->next;
        free_one(n);
    }
}

/* One that is there is synced only: that takes no room on the disk. */
static struct err *write_file(
    const struct ingest_reservations *r, const char *path, const char *job, bool is_there)
{
    struct env *env = r->env;
    struct env_file *file;
    TRY(env->def->open(env, path, is_there ? ENV_UPDATE : ENV_CREATE, &file));
    struct err *e = is_there ? NULL : env->def->append(file, job, strlen(job));
    if (!e) e = env->def->sync(file);
    env->def->close(file);
    return e ? e : env->def->sync_directory(env, r->directory);
}

struct err *ingest_reservation_add(struct ingest_reservations *r, const char *job)
{
    ASSERT(strlen(job) <= JOB_BYTES_MAX);
    struct arena *a = arena_new(1024);
    uint64_t hash = hash_of(job);
    struct ingest_reservation *n = find(r, hash);
    struct err *e = write_file(r, ingest_reservation_path(r, a, hash), job, n && n->job);
    arena_free(a);
    if (e) return e;
    if (!n) n = add(r, hash);
    if (!n->job) n->job = mem_strdup(job);
    n->holders++;
    return NULL;
}

void ingest_reservation_forget(struct ingest_reservations *r, const char *job)
{
    struct ingest_reservation **at = &r->first;
    uint64_t hash = hash_of(job);
    while (*at && (*at)->hash != hash) at = &(*at)->next;
    struct ingest_reservation *n = *at;
    if (n && n->holders > 0) return;
    struct arena *a = arena_new(1024);
    err_free(r->env->def->remove(r->env, ingest_reservation_path(r, a, hash))); /* keeps more */
    arena_free(a);
    if (!n) return;
    *at = n->next;
    free_one(n);
}

void ingest_reservation_drop(struct ingest_reservations *r, const char *job)
{
    struct ingest_reservation *n = find(r, hash_of(job));
    ASSERT(n && n->holders > 0);
    if (--n->holders == 0) ingest_reservation_forget(r, job);
}

const struct ingest_reservation *ingest_reservation_absent(const struct ingest_reservations *r)
{
    const struct ingest_reservation *n = r->first;
    while (n && n->holders > 0) n = n->next;
    return n;
}
