#include "cli/slt/virtual.h"

/* base is the first member, so the env is the slt_env. */
static struct slt_env *of(struct env *e)
{
    return (struct slt_env *)(void *)e;
}

uint64_t slt_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static int64_t virtual_now_ms(struct env *e)
{
    return of(e)->now_ms;
}

static uint64_t virtual_mono_ns(struct env *e)
{
    return (uint64_t)of(e)->now_ms * 1000000;
}

static uint64_t virtual_random(struct env *e)
{
    return slt_random(&of(e)->random);
}

static struct err *real_open(
    struct env *e, const char *path, enum env_open_mode mode, struct env_file **out)
{
    return of(e)->real->def->open(of(e)->real, path, mode, out);
}

static struct err *real_stat(struct env *e, const char *path, struct env_stat *out)
{
    return of(e)->real->def->stat(of(e)->real, path, out);
}

static struct err *real_rename(struct env *e, const char *from, const char *to)
{
    return of(e)->real->def->rename(of(e)->real, from, to);
}

static struct err *real_remove(struct env *e, const char *path)
{
    return of(e)->real->def->remove(of(e)->real, path);
}

static struct err *real_make_directory(struct env *e, const char *path)
{
    return of(e)->real->def->make_directory(of(e)->real, path);
}

static struct err *real_list(
    struct env *e, const char *path, struct arena *a, char ***names, size_t *count)
{
    return of(e)->real->def->list(of(e)->real, path, a, names, count);
}

void slt_env_init(struct slt_env *e, struct env *real, uint64_t seed)
{
    *e = (struct slt_env){.real = real, .now_ms = SLT_START_MS, .random = seed};
    e->def = *real->def; /* open files are the real env's, so what takes one stays */
    e->def.now_ms = virtual_now_ms;
    e->def.mono_ns = virtual_mono_ns;
    e->def.random = virtual_random;
    e->def.open = real_open;
    e->def.stat = real_stat;
    e->def.rename = real_rename;
    e->def.remove = real_remove;
    e->def.make_directory = real_make_directory;
    e->def.list = real_list;
    e->base.def = &e->def;
}
