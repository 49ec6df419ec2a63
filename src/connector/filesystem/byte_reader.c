#include "connector/filesystem/byte_reader.h"

#include <zlib.h>
#include <zstd.h>

#include "base/check.h"
#include "base/mem.h"

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD, COMPRESSION_UNKNOWN };

enum {
    INPUT_BYTES = 256 << 10,
    SKIP_BYTES = 64 << 10,
    WINDOW_LOG_MAX = 27 /* zstd frames that need more than 128 MiB are refused */
};

struct byte_reader {
    struct env *env;
    struct env_file *file;
    char *path;
    uint64_t at; /* in the file */
    enum compression compression;
    z_stream gzip;
    bool gzip_open;
    ZSTD_DStream *zstd;
    bool frame_open; /* the compressed stream is in the middle of a member or frame */
    char *input;
    size_t input_begin, input_end;
    bool input_ended;
};

static bool ends_with(const char *path, const char *ending)
{
    size_t n = strlen(path), m = strlen(ending);
    return n > m && slice_eq_nocase((struct slice){path + n - m, m}, slice_of(ending));
}

static enum compression compression_of(const char *path)
{
    if (ends_with(path, ".gz") || ends_with(path, ".gzip")) return COMPRESSION_GZIP;
    if (ends_with(path, ".zst") || ends_with(path, ".zstd")) return COMPRESSION_ZSTD;
    static const char *const unknown[] = {".bz2", ".xz", ".deflate", ".lz4", ".snappy", ".lzo"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        if (ends_with(path, unknown[i])) return COMPRESSION_UNKNOWN;
    return COMPRESSION_NONE;
}

bool byte_reader_is_compressed(const char *path)
{
    return compression_of(path) != COMPRESSION_NONE;
}

static struct err *open_codec(struct byte_reader *r)
{
    if (r->compression == COMPRESSION_GZIP) {
        /* 15 + 16: the largest window, gzip headers. */
        if (inflateInit2(&r->gzip, 15 + 16) != Z_OK)
            FAIL(ERR_OUT_OF_MEMORY, "no memory for decompressing '%s'", r->path);
        r->gzip_open = true;
    } else if (r->compression == COMPRESSION_ZSTD) {
        r->zstd = ZSTD_createDStream();
        if (!r->zstd) FAIL(ERR_OUT_OF_MEMORY, "no memory for decompressing '%s'", r->path);
        ZSTD_DCtx_setParameter(r->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    }
    if (r->compression != COMPRESSION_NONE) r->input = mem_alloc(INPUT_BYTES);
    return NULL;
}

static struct err *skip_to(struct byte_reader *r, uint64_t offset)
{
    if (r->compression == COMPRESSION_NONE) {
        r->at = offset;
        return NULL;
    }
    char *scratch = mem_alloc(SKIP_BYTES);
    struct err *e = NULL;
    size_t got = 1;
    while (!e && offset > 0 && got > 0) {
        e = byte_reader_read(r, scratch, offset < SKIP_BYTES ? (size_t)offset : SKIP_BYTES, &got);
        if (!e) offset -= got;
    }
    mem_free(scratch);
    return e;
}

struct err *byte_reader_open(
    struct env *env, const char *path, uint64_t offset, struct byte_reader **out)
{
    enum compression compression = compression_of(path);
    if (compression == COMPRESSION_UNKNOWN)
        return err_hint(ERR(ERR_UNSUPPORTED, "the compression of file '%s' is not supported", path),
            "Supported are .gz and .zst.");
    struct byte_reader *r = mem_alloc(sizeof *r);
    r->env = env;
    r->path = mem_strdup(path);
    r->compression = compression;
    struct err *e = env->def->open(env, path, ENV_READ, &r->file);
    if (!e) e = open_codec(r);
    if (!e) e = skip_to(r, offset);
    if (e) {
        byte_reader_close(r);
        return e;
    }
    *out = r;
    return NULL;
}

void byte_reader_close(struct byte_reader *r)
{
    if (!r) return;
    if (r->gzip_open) inflateEnd(&r->gzip);
    ZSTD_freeDStream(r->zstd);
    if (r->file) r->env->def->close(r->file);
    mem_free(r->input);
    mem_free(r->path);
    mem_free(r);
}

static struct err *fill_input(struct byte_reader *r)
{
    size_t got;
    if (r->input_begin < r->input_end || r->input_ended) return NULL;
    TRY(r->env->def->read(r->file, r->at, r->input, INPUT_BYTES, &got));
    r->at += got;
    r->input_begin = 0;
    r->input_end = got;
    r->input_ended = got == 0;
    return NULL;
}

static struct err *damaged(const struct byte_reader *r)
{
    FAIL(ERR_CORRUPT, "compressed file '%s' is damaged or cut off", r->path);
}

static struct err *inflate_some(struct byte_reader *r, char *p, size_t n, size_t *got)
{
    z_stream *z = &r->gzip;
    z->next_in = (Bytef *)r->input + r->input_begin;
    z->avail_in = (uInt)(r->input_end - r->input_begin);
    z->next_out = (Bytef *)p;
    z->avail_out = (uInt)n;
    int result = inflate(z, Z_NO_FLUSH);
    *got = n - z->avail_out;
    r->input_begin = r->input_end - z->avail_in;
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return damaged(r);
    r->frame_open = result != Z_STREAM_END;
    /* A file may hold several members one after the other. */
    if (result == Z_STREAM_END && inflateReset(z) != Z_OK) return damaged(r);
    return NULL;
}

static struct err *unzstd_some(struct byte_reader *r, char *p, size_t n, size_t *got)
{
    ZSTD_inBuffer in = {r->input, r->input_end, r->input_begin};
    ZSTD_outBuffer out = {p, n, 0};
    size_t result = ZSTD_decompressStream(r->zstd, &out, &in);
    *got = out.pos;
    r->input_begin = in.pos;
    r->frame_open = result != 0;
    return ZSTD_isError(result) ? damaged(r) : NULL;
}

struct err *byte_reader_read(struct byte_reader *r, char *p, size_t n, size_t *got)
{
    *got = 0;
    if (n == 0) return NULL;
    if (r->compression == COMPRESSION_NONE) {
        TRY(r->env->def->read(r->file, r->at, p, n, got));
        r->at += *got;
        return NULL;
    }
    while (*got == 0) {
        TRY(fill_input(r));
        bool at_end = r->input_begin == r->input_end;
        if (at_end && !r->frame_open) return NULL;
        TRY(r->compression == COMPRESSION_GZIP ? inflate_some(r, p, n, got)
                                               : unzstd_some(r, p, n, got));
        if (at_end && *got == 0) return r->frame_open ? damaged(r) : NULL;
    }
    return NULL;
}
