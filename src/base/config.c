#include "base/config.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/num.h"

enum {
    PAIRS_MAX = 4096,
    KEY_BYTES_MAX = 1024,
    VALUE_BYTES_MAX = 64 * 1024,
};

static const struct option_def table[] = {
/* clang-format off */
#define X(key, type, default_text, values, doc) {key, type, default_text, false, values, doc},
#include "base/config_table.inc"
#undef X
    /* clang-format on */
    {0}};
enum { TABLE_COUNT = sizeof table / sizeof table[0] - 1 };

/* Keys of earlier Flink versions, and what they are called now. */
static const char *const renamed[][2] = {
    {"state.checkpoints.dir", "execution.checkpointing.dir"},
    {"state.savepoints.dir", "execution.checkpointing.savepoint-dir"},
    {"state.checkpoints.num-retained", "execution.checkpointing.num-retained"},
    {"state.backend", "state.backend.type"},
    {"state.checkpoint-storage", "execution.checkpointing.storage"},
    {"execution.savepoint.path", "execution.state-recovery.path"},
    {"execution.savepoint.ignore-unclaimed-state",
        "execution.state-recovery.ignore-unclaimed-state"},
    {"execution.checkpointing.unaligned", "execution.checkpointing.unaligned.enabled"},
    {"restart-strategy", "restart-strategy.type"},
};

struct pair {
    char *key;
    char *value;
    size_t value_bytes;
};

struct config {
    struct pair *pairs; /* sorted by key */
    size_t count;
};

struct config *config_new(void)
{
    return mem_alloc(sizeof(struct config));
}

static char *copy_text(struct slice s)
{
    char *p = mem_alloc(s.n + 1);
    if (s.n) memcpy(p, s.p, s.n);
    return p;
}

static void free_pair(struct pair *p)
{
    mem_free(p->key);
    mem_free(p->value);
}

struct config *config_copy(const struct config *c)
{
    struct config *copy = config_new();
    copy->count = c->count;
    copy->pairs = mem_alloc(sizeof(struct pair) * (c->count + 1));
    for (size_t i = 0; i < c->count; i++) {
        const struct pair *p = &c->pairs[i];
        copy->pairs[i].key = mem_strdup(p->key);
        copy->pairs[i].value = copy_text((struct slice){p->value, p->value_bytes});
        copy->pairs[i].value_bytes = p->value_bytes;
    }
    return copy;
}

void config_free(struct config *c)
{
    if (!c) return;
    config_reset_all(c);
    mem_free(c->pairs);
    mem_free(c);
}

static struct slice current_name(struct slice key)
{
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++)
        if (slice_eq(key, slice_of(renamed[i][0]))) return slice_of(renamed[i][1]);
    return key;
}

static const struct option_def *find_def(struct slice key)
{
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (slice_eq(key, slice_of(table[i].name))) return &table[i];
    return NULL;
}

/* Index of the key, or of the place where it belongs. */
static size_t find_place(const struct config *c, struct slice key, bool *found)
{
    size_t low = 0, high = c->count;
    *found = false;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = slice_cmp(slice_of(c->pairs[middle].key), key);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The spelling of the table: "Streaming" is stored as "streaming". */
static struct slice spell_enum(const struct option_def *d, struct slice value)
{
    struct slice wanted = slice_trim(value);
    for (const char *word = d->values; *word;) {
        const char *end = strchr(word, '|');
        struct slice s = {word, end ? (size_t)(end - word) : strlen(word)};
        if (slice_eq_nocase(s, wanted)) return s;
        word += s.n + (end != NULL);
    }
    return value;
}

static struct err *check_known(const struct option_def *d, struct slice *value)
{
    struct err *e = option_check(d, *value);
    if (e) return e;
    if (d->type == OPTION_ENUM) *value = spell_enum(d, *value);
    return NULL;
}

static const char *suggest(struct slice key)
{
    const char *names[TABLE_COUNT];
    for (size_t i = 0; i < TABLE_COUNT; i++) names[i] = table[i].name;
    return str_nearest(key, names, TABLE_COUNT);
}

struct err *config_set(
    struct config *c, struct slice key, struct slice value, bool *unknown, const char **nearest)
{
    key = current_name(slice_trim(key));
    if (key.n == 0 || key.n > KEY_BYTES_MAX || memchr(key.p, 0, key.n))
        FAIL(ERR_INVALID_OPTION, "a configuration key has 1 to %d bytes, not %zu", KEY_BYTES_MAX,
            key.n);
    if (value.n > VALUE_BYTES_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "the value of '%.*s' has %zu bytes, at most %d are allowed",
            (int)key.n, key.p, value.n, VALUE_BYTES_MAX);
    const struct option_def *d = find_def(key);
    if (unknown) *unknown = !d;
    if (unknown && nearest) *nearest = d ? NULL : suggest(key);
    if (d) TRY(check_known(d, &value));
    bool found;
    size_t i = find_place(c, key, &found);
    if (!found) {
        if (c->count == PAIRS_MAX)
            FAIL(ERR_LIMIT_EXCEEDED, "more than %d configuration keys are set", PAIRS_MAX);
        c->pairs = mem_realloc(c->pairs, sizeof(struct pair) * (c->count + 1));
        memmove(&c->pairs[i + 1], &c->pairs[i], sizeof(struct pair) * (c->count - i));
        c->count++;
        c->pairs[i].key = copy_text(key);
    } else {
        mem_free(c->pairs[i].value);
    }
    c->pairs[i].value = copy_text(value);
    c->pairs[i].value_bytes = value.n;
    return NULL;
}

void config_reset(struct config *c, struct slice key)
{
    bool found;
    size_t i = find_place(c, current_name(slice_trim(key)), &found);
    if (!found) return;
    free_pair(&c->pairs[i]);
    c->count--;
    memmove(&c->pairs[i], &c->pairs[i + 1], sizeof(struct pair) * (c->count - i));
}

void config_reset_all(struct config *c)
{
    for (size_t i = 0; i < c->count; i++) free_pair(&c->pairs[i]);
    c->count = 0;
}

bool config_is_set(const struct config *c, const char *key)
{
    bool found;
    find_place(c, current_name(slice_of(key)), &found);
    return found;
}

/* The getters of options do the rest, over one pair. */
static struct options view(const struct config *c, const char *key, struct option *pair)
{
    bool found;
    size_t i = find_place(c, slice_of(key), &found);
    if (!found) return (struct options){pair, 0};
    pair->key = slice_of(key);
    pair->value = (struct slice){c->pairs[i].value, c->pairs[i].value_bytes};
    return (struct options){pair, 1};
}

struct slice config_string(const struct config *c, const char *key)
{
    struct option pair = {0};
    struct options o = view(c, key, &pair);
    return option_string(&o, table, key);
}

bool config_bool(const struct config *c, const char *key)
{
    struct option pair = {0};
    struct options o = view(c, key, &pair);
    return option_bool(&o, table, key);
}

int64_t config_int(const struct config *c, const char *key)
{
    struct option pair = {0};
    struct options o = view(c, key, &pair);
    return option_int(&o, table, key);
}

double config_double(const struct config *c, const char *key)
{
    struct option pair = {0};
    struct options o = view(c, key, &pair);
    return option_double(&o, table, key);
}

int64_t config_duration_ms(const struct config *c, const char *key)
{
    struct option pair = {0};
    struct options o = view(c, key, &pair);
    return option_duration_ms(&o, table, key);
}

int64_t config_size_bytes(const struct config *c, const char *key)
{
    struct option pair = {0};
    struct options o = view(c, key, &pair);
    return option_size_bytes(&o, table, key);
}

size_t config_pairs(const struct config *c, struct arena *a, struct option **pairs)
{
    *pairs = ARENA_ARRAY(a, struct option, c->count + 1);
    for (size_t i = 0; i < c->count; i++) {
        const struct pair *p = &c->pairs[i];
        (*pairs)[i].key = slice_copy(a, slice_of(p->key));
        (*pairs)[i].value = slice_copy(a, (struct slice){p->value, p->value_bytes});
    }
    return c->count;
}

bool config_is_idle(struct slice key)
{
    static const char idle[] = "No effect yet";
    const struct option_def *d = find_def(current_name(key));
    return d && strncmp(d->doc, idle, sizeof idle - 1) == 0;
}

const struct option_def *config_table(void)
{
    return table;
}
