/* Files of checkpoints from anywhere, by the first byte of the input:
 *   manifest  raw, and behind a digest that is right. What was read is written and read alike.
 *   blocks    raw, and with checksums that are right. Reading may fail, never crash.
 *   damage    a file of our own with bytes changed: it gives what was written, or an error. */
#include "base/arena.h"
#include "base/hash.h"
#include "base/mem.h"
#include "state/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER_BYTES = 40, END_BYTES = 40, BLOCK_HEADER_BYTES = 16, PAYLOAD_MAX = 65536 - 16 };

/* ---- one file in memory ---- */

struct memory {
    struct env env;
    struct buf bytes;
};
struct env_file {
    struct memory *memory;
};

static struct err *memory_open(
    struct env *e, const char *path, enum env_open_mode mode, struct env_file **out)
{
    (void)path;
    struct memory *m = (struct memory *)e;
    if (mode == ENV_CREATE) buf_clear(&m->bytes);
    *out = mem_alloc(sizeof **out);
    (*out)->memory = m;
    return NULL;
}

static struct err *memory_read(struct env_file *f, uint64_t offset, void *p, size_t n, size_t *got)
{
    const struct buf *b = &f->memory->bytes;
    size_t left = offset < b->n ? b->n - (size_t)offset : 0;
    *got = n < left ? n : left;
    if (*got) memcpy(p, b->p + offset, *got);
    return NULL;
}

static struct err *memory_append(struct env_file *f, const void *p, size_t n)
{
    buf_add(&f->memory->bytes, p, n);
    return NULL;
}

static struct err *memory_stat(struct env *e, const char *path, struct env_stat *out)
{
    (void)path;
    *out = (struct env_stat){.exists = true, .size_bytes = ((struct memory *)e)->bytes.n};
    return NULL;
}

static void memory_close(struct env_file *f)
{
    mem_free(f);
}

static const struct env_def memory_def = {
    .open = memory_open,
    .read = memory_read,
    .append = memory_append,
    .stat = memory_stat,
    .close = memory_close,
};

/* ---- manifests ---- */

static void read_manifest(struct slice text)
{
    struct arena *a = arena_new(1 << 12);
    struct manifest m, again;
    struct err *e = manifest_decode(a, text, &m);
    err_free(e);
    if (!e) {
        struct buf first, second;
        buf_init(&first, MANIFEST_BYTES_MAX);
        buf_init(&second, MANIFEST_BYTES_MAX);
        manifest_encode(&m, &first);
        if (manifest_decode(a, buf_slice(&first), &again)) __builtin_trap();
        manifest_encode(&again, &second);
        if (!slice_eq(buf_slice(&first), buf_slice(&second))) __builtin_trap();
        buf_free(&first);
        buf_free(&second);
    }
    arena_free(a);
}

static void try_manifest(struct slice text)
{
    static const char head[] = "weir manifest\nformat: 1\nmin-reader: 1\nrequires:\n\n";
    char digits[HASH_DIGEST_CHARS];
    struct buf b;
    read_manifest(text);
    buf_init(&b, MANIFEST_BYTES_MAX);
    if (text.n && text.p[0] != 'w') buf_add_cstr(&b, head);
    buf_add_slice(&b, text);
    buf_add_cstr(&b, "\nxxh3-128: ");
    hash_digest_format(hash_digest_of(b.p, b.n), digits);
    buf_add(&b, digits, sizeof digits);
    buf_add_char(&b, '\n');
    read_manifest(buf_slice(&b));
    buf_free(&b);
}

/* ---- block files ---- */

/* True, and all payload in `out`, when nothing was found wrong. */
static bool read_blocks(struct memory *m, struct block_file_identity id,
    const struct block_file_info *expected, struct buf *out)
{
    struct block_file_reader *r;
    struct slice payload = {"", 1};
    struct err *e = block_file_open(&m->env, "file", id, expected, &r);
    while (!e && payload.n) {
        e = block_file_next(r, &payload);
        if (!e) buf_add_slice(out, payload);
    }
    block_file_reader_free(r);
    err_free(e);
    return !e;
}

static void put(struct buf *b, size_t at, const void *p, size_t n)
{
    memcpy(b->p + at, p, n);
}

/* Makes every checksum right, and the counts at the end those of the size. */
static void fix_sums(struct buf *b, struct block_file_identity id)
{
    if (b->n < HEADER_BYTES + END_BYTES) return;
    size_t end = b->n - END_BYTES;
    uint64_t blocks = 0, payload = 0;
    uint32_t sum;
    put(b, 0, "weirfile", 8);
    put(b, 16, &id, 16);
    sum = hash_crc32c(0, b->p, HEADER_BYTES - 4);
    put(b, HEADER_BYTES - 4, &sum, 4);
    for (size_t at = HEADER_BYTES; end - at > BLOCK_HEADER_BYTES; blocks++) {
        size_t left = end - at - BLOCK_HEADER_BYTES, n = left < PAYLOAD_MAX ? left : PAYLOAD_MAX;
        sum = hash_crc32c(0, b->p + at, 12);
        sum = hash_crc32c(sum, &id.file_id, 8);
        sum = hash_crc32c(sum, b->p + at + BLOCK_HEADER_BYTES, n);
        put(b, at + 12, &sum, 4);
        at += BLOCK_HEADER_BYTES + n;
        payload += n;
    }
    put(b, end, &blocks, 8);
    put(b, end + 8, &payload, 8);
    struct hash_digest digest = hash_digest_of(b->p, end + 16);
    put(b, end + 16, &digest.low, 8);
    put(b, end + 24, &digest.high, 8);
    put(b, end + 32, "weir end", 8);
}

static void try_blocks(struct memory *m, struct slice bytes)
{
    struct block_file_identity id = {7, 9};
    struct buf payload;
    buf_init(&payload, SIZE_MAX / 2);
    buf_add_slice(&m->bytes, bytes);
    (void)read_blocks(m, id, NULL, &payload);
    fix_sums(&m->bytes, id);
    (void)read_blocks(m, id, NULL, &payload);
    buf_free(&payload);
}

static void write_blocks(struct memory *m, struct block_file_identity id, struct slice payload,
    struct block_file_info *info)
{
    struct block_file_writer *w;
    if (block_file_create(&m->env, "file", id, &w) || block_file_append(w, payload) ||
        block_file_finish(w, info))
        __builtin_trap();
    block_file_close(w);
}

/* Pairs of bytes at the front say what is changed: where, by what. */
static void try_damage(struct memory *m, struct slice input)
{
    struct block_file_identity id = {7, 9};
    struct block_file_info info;
    struct buf written, payload;
    buf_init(&written, SIZE_MAX / 2);
    buf_init(&payload, SIZE_MAX / 2);
    for (int i = 0; i < (input.n > 9 && (input.p[9] & 1) ? 700 : 1); i++)
        buf_add_slice(&written, input);
    write_blocks(m, id, buf_slice(&written), &info);
    size_t changes = input.n / 3 < 4 ? input.n / 3 : 4;
    for (size_t i = 0; i < changes; i++) {
        size_t at = ((unsigned char)input.p[3 * i] * 251U + (unsigned char)input.p[3 * i + 1]) *
                    (written.n > 60000 ? 97U : 1U);
        char *byte = m->bytes.p + at % m->bytes.n;
        *byte = (char)(*byte ^ input.p[3 * i + 2]);
    }
    if (read_blocks(m, id, input.n & 1 ? &info : NULL, &payload) &&
        !slice_eq(buf_slice(&written), buf_slice(&payload)))
        __builtin_trap();
    buf_free(&written);
    buf_free(&payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct memory m = {.env = {&memory_def}};
    struct slice rest = {(const char *)data + 1, size - 1};
    buf_init(&m.bytes, SIZE_MAX / 2);
    if (data[0] == 'm')
        try_manifest(rest);
    else if (data[0] == 'b')
        try_blocks(&m, rest);
    else
        try_damage(&m, rest);
    buf_free(&m.bytes);
    return 0;
}
