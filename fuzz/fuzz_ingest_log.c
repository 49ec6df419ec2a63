/* Recovers ingest logs from anywhere: the input as a file, the input as records behind a header
 * that is right, and records of our own with bytes changed. Recovery may refuse, never crash;
 * records it gives are those that were written, in order, and it gives the same again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "connector/http/ingest_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LOG_BYTES_MAX = 1 << 16 };

struct place {
    struct env *env;
    char directory[64];
    char path[128];
};

static void put_file(struct place *p, const char *bytes, size_t n)
{
    struct env_file *f;
    ASSERT(!p->env->def->open(p->env, p->path, ENV_CREATE, &f));
    ASSERT(!p->env->def->append(f, bytes, n));
    p->env->def->close(f);
}

static void seal(char *page, uint64_t seed)
{
    uint64_t digest = hash_bytes(page, INGEST_PAGE_BYTES - 8, seed);
    memcpy(page + INGEST_PAGE_BYTES - 8, &digest, sizeof digest);
}

/* A header of log 7 whose first `acknowledged` bytes of records were answered. */
static void put_header(char *to, uint64_t acknowledged)
{
    uint64_t id = 7;
    memset(to, 0, INGEST_HEADER_BYTES);
    memcpy(to, "weirlog1", 8);
    memcpy(to + 8, &id, sizeof id);
    seal(to, 0);
    for (uint64_t i = 1; i <= 2; i++) {
        char *page = to + i * INGEST_PAGE_BYTES;
        memcpy(page, "weirslot", 8);
        memcpy(page + 8, &i, sizeof i);
        memcpy(page + 16, &acknowledged, sizeof acknowledged);
        seal(page, id);
    }
}

/* Bytes of records that are given; SIZE_MAX: refused. */
static size_t recover(struct place *p, uint64_t *sum)
{
    struct ingest_log *l;
    struct err *e = ingest_log_open(&(struct ingest_log_params){.env = p->env,
                                        .directory = p->directory,
                                        .owner = "fuzz",
                                        .bytes_max = LOG_BYTES_MAX,
                                        .body_bytes_max = 1 << 12,
                                        .segment_bytes = 1 << 13},
        &l);
    *sum = 0;
    if (e) {
        ASSERT(err_code(e) == ERR_CORRUPT || err_code(e) == ERR_NOT_FOUND);
        err_free(e);
        return SIZE_MAX;
    }
    struct ingest_scan scan = {0};
    struct ingest_cursor *c = ingest_log_enter(l, "fuzz", NULL, NULL);
    uint64_t position = ingest_log_held(l, c), first = position;
    enum ingest_parse parse = INGEST_RECORD;
    while (parse == INGEST_RECORD) {
        struct ingest_record r;
        e = ingest_log_read(l, &scan, position, false, &r, &parse);
        if (e) break; /* a beginning that is no record's */
        if (parse != INGEST_RECORD) break;
        ASSERT(r.position == position && r.next > position);
        *sum = hash_combine(*sum, hash_bytes(r.body.p, r.body.n, r.count));
        position = r.next;
    }
    err_free(e);
    ingest_scan_deinit(&scan);
    ingest_log_close(l);
    return (size_t)(position - first);
}

static void look(struct place *p, const char *bytes, size_t n)
{
    uint64_t sum, again;
    put_file(p, bytes, n);
    size_t given = recover(p, &sum);
    if (given != SIZE_MAX) ASSERT(recover(p, &again) == given && again == sum);
}

static size_t put_own_records(char *to, const uint8_t *data, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size && n < LOG_BYTES_MAX / 2; i++) {
        struct ingest_record r = {
            .position = n, .kind = data[i] % 4, .count = 1, .body = {(const char *)data, i + 1}};
        ingest_segment_put_record(to + n, 7, &r);
        n = r.next;
    }
    return n;
}

static void look_at_own(struct place *p, const uint8_t *data, size_t size)
{
    size_t used = size < 100 ? size : 100;
    char *file = mem_alloc(INGEST_HEADER_BYTES + LOG_BYTES_MAX);
    char *records = file + INGEST_HEADER_BYTES;
    size_t n = put_own_records(records, data, used);
    put_header(file, data[0] & 1 ? n : 0);
    uint64_t sum, changed;
    put_file(p, file, INGEST_HEADER_BYTES + n);
    ASSERT(recover(p, &sum) == n);
    size_t at = (data[0] * 251U + data[used - 1]) % n;
    records[at] = (char)(records[at] ^ (1 + data[used / 2] % 255));
    put_file(p, file, INGEST_HEADER_BYTES + n);
    size_t given = recover(p, &changed);
    ASSERT(data[0] & 1 ? given == SIZE_MAX : given <= at);
    mem_free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct place p = {.env = env_system()};
    if (size == 0 || size > LOG_BYTES_MAX / 2) return 0;
    snprintf(p.directory, sizeof p.directory, "/tmp/weir_fuzz_ingest_log_%d", (int)getpid());
    snprintf(p.path, sizeof p.path, "%s/%016x.log", p.directory, 0U);
    look(&p, (const char *)data, size);
    char *file = mem_alloc(INGEST_HEADER_BYTES + size);
    put_header(file, 0);
    memcpy(file + INGEST_HEADER_BYTES, data, size);
    look(&p, file, INGEST_HEADER_BYTES + size);
    mem_free(file);
    look_at_own(&p, data, size);
    return 0;
}
