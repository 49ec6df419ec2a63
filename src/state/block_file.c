#include "state/block_file.h"

#include <assert.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

/* The file, numbers little-endian:
 *    0   8   "weirfile"
 *    8   2   format version, 1
 *   10   2   least version of a reader that understands it, 1
 *   12   4   flags: a reader must know those of the low 16 bits; none exist
 *   16   8   id of the checkpoint that wrote the file
 *   24   8   id of the file
 *   32   4   size of a full block, 65536
 *   36   4   CRC-32C of bytes 0 to 36
 *   40       blocks, all of them full but the last:
 *               0   4   n, size of the payload
 *               4   1   codec: 0, as it is
 *               5   1   type: 0, bytes
 *               6   2   0
 *               8   4   number of the block, from 0
 *              12   4   CRC-32C of bytes 0 to 12, the file's id (8) and the payload
 *              16   n   payload
 *            end:
 *               0   8   number of blocks
 *               8   8   size of all payloads
 *              16  16   XXH3-128 of everything before it, low half first
 *              32   8   "weir end"
 * Nothing follows. */
#define FILE_MAGIC "weirfile"
#define END_MAGIC "weir end"
enum {
    FORMAT = 1,
    HEADER_BYTES = 40,
    HEADER_SUM_AT = 36,
    BLOCK_HEADER_BYTES = 16,
    BLOCK_SUM_AT = 12,
    PAYLOAD_MAX = BLOCK_FILE_BLOCK_BYTES - BLOCK_HEADER_BYTES,
    END_BYTES = 40,
    END_DIGEST_AT = 16,
    END_MAGIC_AT = 32,
    /* Full blocks: a write is long against its system call, and stays in L2. */
    BUFFER_BYTES = 8 * BLOCK_FILE_BLOCK_BYTES
};
#define REQUIRED_FLAGS UINT32_C(0xffff)
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied as they are");

static uint64_t blocks_of(uint64_t payload_bytes)
{
    return payload_bytes / PAYLOAD_MAX + (payload_bytes % PAYLOAD_MAX != 0);
}

uint64_t block_file_size_bytes(uint64_t payload_bytes)
{
    return HEADER_BYTES + payload_bytes + blocks_of(payload_bytes) * BLOCK_HEADER_BYTES + END_BYTES;
}

static void put_header(unsigned char *p, struct block_file_identity id)
{
    uint16_t version = FORMAT;
    uint32_t block_bytes = BLOCK_FILE_BLOCK_BYTES;
    memset(p, 0, HEADER_BYTES);
    memcpy(p, FILE_MAGIC, 8);
    memcpy(p + 8, &version, 2);
    memcpy(p + 10, &version, 2);
    memcpy(p + 16, &id.checkpoint_id, 8);
    memcpy(p + 24, &id.file_id, 8);
    memcpy(p + 32, &block_bytes, 4);
    uint32_t sum = hash_crc32c(0, p, HEADER_SUM_AT);
    memcpy(p + HEADER_SUM_AT, &sum, 4);
}

static uint32_t sum_block(const unsigned char *block, uint32_t n, uint64_t file_id)
{
    uint32_t sum = hash_crc32c(0, block, BLOCK_SUM_AT);
    sum = hash_crc32c(sum, &file_id, sizeof file_id);
    return hash_crc32c(sum, block + BLOCK_HEADER_BYTES, n);
}

/* ---- writing ---- */

struct block_file_writer {
    struct env *env;
    struct env_file *file;
    struct block_file_identity id;
    struct hash_digester *digester;
    uint64_t blocks; /* closed ones */
    uint64_t payload_bytes;
    uint64_t size_bytes;   /* handed to the system */
    unsigned char *buffer; /* blocks that wait; the first may stand behind the file's header */
    size_t used;           /* bytes in it, up to the open block */
    uint32_t open_bytes;   /* payload of the open block, which begins at `used` */
};

struct err *block_file_create(struct env *env, const char *path, struct block_file_identity id,
    struct block_file_writer **out)
{
    struct env_file *file;
    TRY(env->def->open(env, path, ENV_CREATE, &file));
    struct block_file_writer *w = mem_alloc(sizeof *w);
    *w = (struct block_file_writer){.env = env,
        .file = file,
        .id = id,
        .digester = hash_digester_new(),
        .buffer = mem_alloc(HEADER_BYTES + BUFFER_BYTES + END_BYTES),
        .used = HEADER_BYTES};
    put_header(w->buffer, id);
    *out = w;
    return NULL;
}

void block_file_close(struct block_file_writer *w)
{
    if (!w) return;
    if (w->file) w->env->def->close(w->file);
    hash_digester_free(w->digester);
    mem_free(w->buffer);
    mem_free(w);
}

static void close_block(struct block_file_writer *w)
{
    unsigned char *block = w->buffer + w->used;
    uint32_t number = (uint32_t)w->blocks++;
    memset(block, 0, BLOCK_HEADER_BYTES);
    memcpy(block, &w->open_bytes, 4);
    memcpy(block + 8, &number, 4);
    uint32_t sum = sum_block(block, w->open_bytes, w->id.file_id);
    memcpy(block + BLOCK_SUM_AT, &sum, 4);
    w->used += BLOCK_HEADER_BYTES + w->open_bytes;
    w->open_bytes = 0;
}

static struct err *flush(struct block_file_writer *w)
{
    ASSERT(w->open_bytes == 0);
    TRY(w->env->def->append(w->file, w->buffer, w->used));
    w->size_bytes += w->used;
    w->used = 0;
    return NULL;
}

struct err *block_file_append(struct block_file_writer *w, struct slice payload)
{
    while (payload.n) {
        uint32_t n = PAYLOAD_MAX - w->open_bytes;
        if (n > payload.n) n = (uint32_t)payload.n;
        memcpy(w->buffer + w->used + BLOCK_HEADER_BYTES + w->open_bytes, payload.p, n);
        payload = (struct slice){payload.p + n, payload.n - n};
        w->open_bytes += n;
        w->payload_bytes += n;
        if (w->open_bytes < PAYLOAD_MAX) continue;
        if (w->blocks == UINT32_MAX)
            FAIL(ERR_LIMIT_EXCEEDED, "a checkpoint file has more than 2^32 blocks");
        close_block(w);
        if (w->used < BUFFER_BYTES) continue;
        hash_digester_add(w->digester, w->buffer, w->used);
        TRY(flush(w));
    }
    return NULL;
}

struct err *block_file_finish(struct block_file_writer *w, struct block_file_info *out)
{
    if (w->open_bytes) close_block(w);
    unsigned char *end = w->buffer + w->used;
    memcpy(end, &w->blocks, 8);
    memcpy(end + 8, &w->payload_bytes, 8);
    hash_digester_add(w->digester, w->buffer, w->used + END_DIGEST_AT);
    out->digest = hash_digester_result(w->digester);
    memcpy(end + END_DIGEST_AT, &out->digest.low, 8);
    memcpy(end + END_DIGEST_AT + 8, &out->digest.high, 8);
    memcpy(end + END_MAGIC_AT, END_MAGIC, 8);
    w->used += END_BYTES;
    TRY(flush(w));
    out->size_bytes = w->size_bytes;
    out->payload_bytes = w->payload_bytes;
    ASSERT(out->size_bytes == block_file_size_bytes(out->payload_bytes));
    return NULL;
}

struct err *block_file_sync(struct block_file_writer *w)
{
    return w->env->def->sync(w->file);
}

/* ---- reading ---- */

struct block_file_reader {
    struct env *env;
    struct env_file *file;
    char *path;
    struct block_file_identity id;
    struct hash_digester *digester;
    struct block_file_info info;
    uint64_t blocks;
    uint64_t next;   /* block */
    uint64_t offset; /* in the file, of the first byte not yet in the buffer */
    unsigned char *buffer;
    size_t used; /* bytes in the buffer */
    size_t at;   /* of the next block in it */
};

void block_file_reader_free(struct block_file_reader *r)
{
    if (!r) return;
    if (r->file) r->env->def->close(r->file);
    hash_digester_free(r->digester);
    mem_free(r->path);
    mem_free(r->buffer);
    mem_free(r);
}

/* Exactly n bytes; the file was seen to be long enough. */
static struct err *read_exactly(struct block_file_reader *r, uint64_t offset, void *p, size_t n)
{
    size_t got = 0;
    TRY(r->env->def->read(r->file, offset, p, n, &got));
    if (got != n)
        FAIL(ERR_CORRUPT, "file '%s' ends at byte %llu", r->path,
            (unsigned long long)(offset + got));
    return NULL;
}

static struct err *check_version(const struct block_file_reader *r, const unsigned char *p)
{
    uint16_t format, least;
    uint32_t flags;
    memcpy(&format, p + 8, 2);
    memcpy(&least, p + 10, 2);
    memcpy(&flags, p + 12, 4);
    if (format < 1 || least < 1)
        FAIL(ERR_CORRUPT, "file '%s' has format version %u", r->path, format);
    if (least > FORMAT)
        FAIL(ERR_UNSUPPORTED,
            "file '%s' was written by a later version: it needs a reader of format %u, this one "
            "reads up to %d",
            r->path, least, FORMAT);
    if (flags & REQUIRED_FLAGS)
        FAIL(ERR_UNSUPPORTED, "file '%s' was written by a later version: it uses feature %#x",
            r->path, flags & REQUIRED_FLAGS);
    return NULL;
}

static struct err *read_header(struct block_file_reader *r)
{
    unsigned char p[HEADER_BYTES];
    struct block_file_identity id;
    uint32_t block_bytes, sum;
    TRY(read_exactly(r, 0, p, sizeof p));
    memcpy(&id.checkpoint_id, p + 16, 8);
    memcpy(&id.file_id, p + 24, 8);
    memcpy(&block_bytes, p + 32, 4);
    memcpy(&sum, p + HEADER_SUM_AT, 4);
    if (memcmp(p, FILE_MAGIC, 8) != 0)
        FAIL(ERR_CORRUPT, "file '%s' does not begin as a checkpoint file", r->path);
    if (hash_crc32c(0, p, HEADER_SUM_AT) != sum)
        FAIL(ERR_CORRUPT, "the header of file '%s' is damaged: its checksum is wrong", r->path);
    TRY(check_version(r, p));
    if (id.checkpoint_id != r->id.checkpoint_id || id.file_id != r->id.file_id)
        FAIL(ERR_CORRUPT, "file '%s' is another file: checkpoint %llu wrote it under another name",
            r->path, (unsigned long long)id.checkpoint_id);
    if (block_bytes != BLOCK_FILE_BLOCK_BYTES)
        FAIL(ERR_CORRUPT, "file '%s' has blocks of %u bytes", r->path, block_bytes);
    hash_digester_add(r->digester, p, sizeof p);
    r->offset = HEADER_BYTES;
    return NULL;
}

/* What the end says; its counts must fit the size, so that what follows can rely on them. */
static struct err *read_end(struct block_file_reader *r, uint64_t size_bytes)
{
    unsigned char p[END_BYTES];
    if (size_bytes < HEADER_BYTES + END_BYTES)
        FAIL(ERR_CORRUPT, "file '%s' has only %llu bytes", r->path, (unsigned long long)size_bytes);
    TRY(read_exactly(r, size_bytes - END_BYTES, p, sizeof p));
    r->info.size_bytes = size_bytes;
    memcpy(&r->blocks, p, 8);
    memcpy(&r->info.payload_bytes, p + 8, 8);
    memcpy(&r->info.digest.low, p + END_DIGEST_AT, 8);
    memcpy(&r->info.digest.high, p + END_DIGEST_AT + 8, 8);
    bool fits = r->info.payload_bytes < size_bytes &&
                r->blocks == blocks_of(r->info.payload_bytes) &&
                size_bytes == block_file_size_bytes(r->info.payload_bytes);
    if (memcmp(p + END_MAGIC_AT, END_MAGIC, 8) != 0 || !fits)
        FAIL(ERR_CORRUPT,
            "the end of file '%s' is damaged: it was cut off, or bytes were added or changed",
            r->path);
    return NULL;
}

static struct err *read_both_ends(
    struct block_file_reader *r, const struct block_file_info *expected)
{
    struct env_stat st;
    TRY(r->env->def->stat(r->env, r->path, &st));
    if (expected && st.size_bytes != expected->size_bytes)
        FAIL(ERR_CORRUPT, "file '%s' has %llu bytes and should have %llu", r->path,
            (unsigned long long)st.size_bytes, (unsigned long long)expected->size_bytes);
    TRY(read_end(r, st.size_bytes));
    TRY(read_header(r));
    if (expected && (expected->payload_bytes != r->info.payload_bytes ||
                        !hash_digest_eq(expected->digest, r->info.digest)))
        FAIL(ERR_CORRUPT, "file '%s' is not the one of the manifest: its digest is another",
            r->path);
    return NULL;
}

struct err *block_file_open(struct env *env, const char *path, struct block_file_identity id,
    const struct block_file_info *expected, struct block_file_reader **out)
{
    struct env_file *file;
    *out = NULL;
    TRY(env->def->open(env, path, ENV_READ, &file));
    struct block_file_reader *r = mem_alloc(sizeof *r);
    *r = (struct block_file_reader){.env = env,
        .file = file,
        .path = mem_strdup(path),
        .id = id,
        .digester = hash_digester_new(),
        .buffer = mem_alloc(BUFFER_BYTES)};
    struct err *e = read_both_ends(r, expected);
    if (e)
        block_file_reader_free(r);
    else
        *out = r;
    return e;
}

static struct err *fill(struct block_file_reader *r)
{
    uint64_t left = r->info.size_bytes - END_BYTES - r->offset;
    r->used = BUFFER_BYTES;
    if (r->used > left) r->used = (size_t)left;
    r->at = 0;
    TRY(read_exactly(r, r->offset, r->buffer, r->used));
    hash_digester_add(r->digester, r->buffer, r->used);
    r->offset += r->used;
    return NULL;
}

/* After the last block: the digest of all that was read. */
static struct err *check_digest(struct block_file_reader *r)
{
    uint64_t counts[2] = {r->blocks, r->info.payload_bytes};
    hash_digester_add(r->digester, counts, sizeof counts);
    if (!hash_digest_eq(hash_digester_result(r->digester), r->info.digest))
        FAIL(ERR_CORRUPT, "file '%s' is damaged: its digest is wrong", r->path);
    return NULL;
}

static struct err *bad_block(const struct block_file_reader *r, const char *what)
{
    return ERR(ERR_CORRUPT, "block %llu of %llu of file '%s' is damaged: %s",
        (unsigned long long)r->next + 1, (unsigned long long)r->blocks, r->path, what);
}

struct err *block_file_next(struct block_file_reader *r, struct slice *payload)
{
    *payload = (struct slice){"", 0};
    if (r->next == r->blocks) return check_digest(r);
    if (r->at == r->used) TRY(fill(r));
    const unsigned char *block = r->buffer + r->at;
    uint64_t done = r->next * PAYLOAD_MAX, rest = r->info.payload_bytes - done;
    uint32_t n = rest < PAYLOAD_MAX ? (uint32_t)rest : PAYLOAD_MAX, size, number, sum;
    memcpy(&size, block, 4);
    memcpy(&number, block + 8, 4);
    memcpy(&sum, block + BLOCK_SUM_AT, 4);
    if (size != n) return bad_block(r, "its size is wrong");
    if (sum_block(block, n, r->id.file_id) != sum) return bad_block(r, "its checksum is wrong");
    if (number != r->next) return bad_block(r, "it belongs to another place");
    if (block[4] || block[5] || block[6] || block[7])
        FAIL(ERR_UNSUPPORTED,
            "file '%s' was written by a later version: it has blocks of codec %u and type %u",
            r->path, block[4], block[5]);
    *payload = (struct slice){(const char *)block + BLOCK_HEADER_BYTES, n};
    r->at += BLOCK_HEADER_BYTES + n;
    r->next++;
    return NULL;
}
