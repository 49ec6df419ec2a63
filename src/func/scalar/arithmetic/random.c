/* RAND, RAND_INTEGER and UUID. With a constant seed the numbers are those of java.util.Random, one
 * sequence for each call site; without a seed they come from the program's random state. */
#include "base/arena.h"
#include "base/hash.h"
#include "func/func.h"

/* java.util.Random: a linear congruential generator of 48 bits. */
struct generator {
    uint64_t state;
};

#define GENERATOR_MULTIPLIER UINT64_C(0x5DEECE66D)
#define GENERATOR_MASK ((UINT64_C(1) << 48) - 1)

static struct generator seeded(int64_t seed)
{
    return (struct generator){((uint64_t)seed ^ GENERATOR_MULTIPLIER) & GENERATOR_MASK};
}

static int32_t next_bits(struct generator *g, int bits)
{
    g->state = (g->state * GENERATOR_MULTIPLIER + 0xB) & GENERATOR_MASK;
    return (int32_t)((int64_t)(g->state << 16) >> (64 - bits));
}

static double next_double(struct generator *g)
{
    uint64_t high = (uint64_t)(uint32_t)(next_bits(g, 26) & 0x3ffffff) << 27;
    uint64_t low = (uint32_t)next_bits(g, 27) & 0x7ffffff;
    return (double)(high + low) * 0x1.0p-53;
}

static int32_t next_below(struct generator *g, int32_t bound)
{
    int32_t bits = next_bits(g, 31) & INT32_MAX;
    if ((bound & (bound - 1)) == 0) return (int32_t)((int64_t)bound * bits >> 31);
    int32_t v = bits % bound;
    while ((int64_t)bits - v + (bound - 1) > INT32_MAX) {
        bits = next_bits(g, 31) & INT32_MAX;
        v = bits % bound;
    }
    return v;
}

/* SplitMix64 over the program's state. */
static uint64_t step(struct func_env *env)
{
    env->random_state += UINT64_C(0x9e3779b97f4a7c15);
    return hash_u64(env->random_state);
}

/* The seed is the first argument when there is one more than the function needs. */
static struct err *open_seeded(struct func_call *call, uint32_t plain_count)
{
    if (call->arg_count == plain_count) return NULL;
    const struct value *seed = call->literals[0];
    if (!seed || seed->null) return NULL;
    struct generator *g = ARENA_NEW(call->arena, struct generator);
    *g = seeded(seed->i64);
    call->state = g;
    return NULL;
}

static struct generator generator_at(struct func_frame *f, bool has_seed, uint32_t row)
{
    if (has_seed) return seeded(((const int32_t *)f->args[0]->data)[row]);
    return (struct generator){step(f->env) & GENERATOR_MASK};
}

static struct err *open_rand(struct func_call *call)
{
    return open_seeded(call, 0);
}

static struct err *eval_rand(struct func_frame *f)
{
    double *out = f->out->data;
    struct generator *shared = f->call->state;
    for (FUNC_EACH_ROW(f, row)) {
        struct generator own = {0};
        if (!shared) own = generator_at(f, f->call->arg_count == 1, row);
        out[row] = next_double(shared ? shared : &own);
    }
    return NULL;
}

static struct err *open_rand_integer(struct func_call *call)
{
    return open_seeded(call, 1);
}

static struct err *eval_rand_integer(struct func_frame *f)
{
    int32_t *out = f->out->data;
    const int32_t *bounds = f->args[f->call->arg_count - 1]->data;
    struct generator *shared = f->call->state;
    for (FUNC_EACH_ROW(f, row)) {
        struct generator own = {0};
        if (bounds[row] <= 0)
            FUNC_FAIL(
                f, row, ERR_OUT_OF_RANGE, "RAND_INTEGER: bound %d is not positive", bounds[row]);
        if (!shared) own = generator_at(f, f->call->arg_count == 2, row);
        out[row] = next_below(shared ? shared : &own, bounds[row]);
    }
    return NULL;
}

/* RFC 4122, version 4. */
static struct err *eval_uuid(struct func_frame *f)
{
    enum { UUID_CHARS = 36 };
    static const char digits[] = "0123456789abcdef";
    struct str *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        uint64_t half[2] = {step(f->env), step(f->env)};
        half[0] = (half[0] & ~UINT64_C(0xf000)) | 0x4000;
        half[1] = (half[1] & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
        char text[UUID_CHARS];
        for (int i = 0, nibble = 0; i < UUID_CHARS; i++) {
            bool dash = i == 8 || i == 13 || i == 18 || i == 23;
            text[i] = dash ? '-' : digits[half[nibble / 16] >> (60 - nibble % 16 * 4) & 15];
            nibble += !dash;
        }
        out[row] = str_copy(f->arena, text, UUID_CHARS);
    }
    return NULL;
}

static const struct func_signature rand_signatures[] = {
    {"INT? -> DOUBLE", NULL},
    {NULL, NULL},
};

const struct func_def func_rand = {
    .name = "RAND",
    .flags = FUNC_STRICT | FUNC_DYNAMIC,
    .signatures = rand_signatures,
    .eval = eval_rand,
    .open = open_rand,
    .signature_doc = "RAND([seed])",
    .doc = "A random number, at least 0.0 and less than 1.0. With a constant seed always the same "
           "sequence.",
    .example = "RAND() → 0.7308781907032909",
};

static const struct func_signature rand_integer_signatures[] = {
    {"INT -> INT", NULL},
    {"INT, INT -> INT", NULL},
    {NULL, NULL},
};

const struct func_def func_rand_integer = {
    .name = "RAND_INTEGER",
    .flags = FUNC_STRICT | FUNC_DYNAMIC,
    .signatures = rand_integer_signatures,
    .eval = eval_rand_integer,
    .open = open_rand_integer,
    .signature_doc = "RAND_INTEGER([seed, ]bound)",
    .doc = "A random integer, at least 0 and less than the bound.",
    .example = "RAND_INTEGER(1, 100) → 85",
};

static const struct func_signature uuid_signatures[] = {
    {"-> CHAR(36) NOT NULL", NULL},
    {NULL, NULL},
};

const struct func_def func_uuid = {
    .name = "UUID",
    .flags = FUNC_STRICT | FUNC_DYNAMIC,
    .signatures = uuid_signatures,
    .eval = eval_uuid,
    .signature_doc = "UUID()",
    .doc = "A random UUID of version 4, in lower-case hexadecimal.",
    .example = "UUID() → 3d3c68f7-f608-473f-b60c-b0c44ad4cc4e",
};
