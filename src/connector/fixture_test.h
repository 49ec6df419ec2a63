/* fixture_test.h - what the unit tests of connectors share: a clock that is moved by hand, params
 * made of text, tables of options. */
#pragma once
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "connector/connector.h"

struct fixture_env {
    struct env base;
    int64_t ms;
    uint64_t ns;
};

static inline int64_t fixture_now_ms(struct env *e)
{
    return ((struct fixture_env *)e)->ms;
}
static inline uint64_t fixture_mono_ns(struct env *e)
{
    return ((struct fixture_env *)e)->ns;
}

struct fixture {
    struct arena *arena;
    struct options options;
    struct connector_params params;
    const struct connector_def *def;
};

/* columns: "`a` INT, `b` STRING"; the options follow as pairs of key and value, then NULL. */
static inline void fixture_init(
    struct fixture *f, struct env *env, const char *columns, const char *const *pairs)
{
    memset(f, 0, sizeof *f);
    f->arena = arena_new(4096);
    struct option *list = ARENA_ARRAY(f->arena, struct option, 32);
    for (uint32_t i = 0; pairs[2 * i]; i++) {
        list[i].key = slice_of(pairs[2 * i]);
        list[i].value = slice_of(pairs[2 * i + 1]);
        f->options.count = i + 1;
    }
    f->options.pairs = list;
    const struct type *row;
    struct err *e = type_parse(f->arena, slice_of(str_fmt(f->arena, "ROW<%s>", columns)), &row);
    if (e) {
        err_print(e, stdout);
        exit(1);
    }
    const struct schema *schema = schema_new(f->arena, row->fields, row->field_count);
    f->params = (struct connector_params){.env = env,
        .options = &f->options,
        .table_name = "t",
        .schema = schema,
        .table_schema = schema,
        .parallelism = 1,
        .batch_rows = 2048,
        .seed = 7};
}

static inline void fixture_free(struct fixture *f)
{
    arena_free(f->arena);
}

/* Validates as the planner does; prints and returns false when that fails. */
static inline bool fixture_resolve(struct fixture *f)
{
    struct err *e = connector_resolve(&f->options, true, &f->def);
    if (!e) e = connector_validate(&f->params, f->def);
    if (!e) return true;
    printf("# ");
    err_print(e, stdout);
    err_free(e);
    return false;
}

static inline bool fixture_good(struct err *e)
{
    if (!e) return true;
    printf("# ");
    err_print(e, stdout);
    err_free(e);
    return false;
}

/* Does the error's text hold this? Frees it. */
static inline bool fixture_fails(struct err *e, const char *text)
{
    char message[ERR_MESSAGE_MAX * 2] = "";
    if (e) err_format(e, message, sizeof message);
    bool good = e && strstr(message, text);
    if (!good) printf("# got: %s\n", message);
    err_free(e);
    return good;
}
