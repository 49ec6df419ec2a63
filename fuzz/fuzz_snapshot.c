/* Checkpoint parts from anywhere: raw bytes, bytes behind a header that is right, and a part of our
 * own with bytes changed, alone and in a chain. Loading and reading may fail, never crash or take
 * much memory. */
#include "base/hash.h"
#include "base/mem.h"
#include "state/snapshot.h"
#include "vec/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER_BYTES = 64, SUM_AT = 24, SUMMED_AT = 32 };

/* Makes the header agree with the bytes behind it, so that the sections are looked at. */
static void fix_header(char *part, size_t size)
{
    uint32_t version = 2;
    uint64_t bytes = size, sum = hash_bytes(part + SUMMED_AT, size - SUMMED_AT, 0);
    memcpy(part, "weirpart", 8);
    memcpy(part + 8, &version, sizeof version);
    memcpy(part + 16, &bytes, sizeof bytes);
    memcpy(part + SUM_AT, &sum, sizeof sum);
}

static void load_and_read_all(const struct slice *parts, size_t count)
{
    static const char *const states[] = {"a", "b", ""};
    struct snapshot *s;
    struct err *e = snapshot_load(parts, count, &s);
    err_free(e);
    if (e) return;
    uint64_t sum = 0;
    for (uint32_t subtask = 0; subtask < 3; subtask++) {
        struct snapshot_reader r = {s, "op", 128, 3, subtask, NULL};
        bool found;
        err_free(snapshot_reader_check(&r, 1, &found));
        for (int i = 0; i < 3; i++) {
            struct snapshot_record record;
            for (uint64_t at = 0; snapshot_next(&r, states[i], &at, &record);)
                sum += hash_bytes(record.key.p, record.key.n, record.key_group) +
                       hash_bytes(record.value.p, record.value.n, 0);
        }
    }
    snapshot_free(s);
    if (sum == 1) __builtin_trap(); /* keeps the reads alive */
}

static void load_and_read(const char *bytes, size_t size)
{
    struct slice part = {bytes, size};
    load_and_read_all(&part, 1);
}

/* A part with records cut from the input; changes when it is not the first. */
static char *own_part(const uint8_t *data, size_t size, uint64_t id, size_t *part_size)
{
    struct snapshot_writer *w = snapshot_writer_new(&(struct snapshot_writer_params){
        .max_bytes = 1 << 20, .checkpoint_id = id, .changes = id > 1});
    struct snapshot_part part = {0};
    snapshot_begin_op(w, "op", 1);
    if (id > 1) snapshot_changes(w, "a", id - 1, 1);
    for (size_t i = 0; i + 2 < size; i += 3) {
        struct slice key = {(const char *)data, data[i] % size};
        struct slice value = {(const char *)data, data[i + 1] % size};
        if (data[i + 2] % 8 == 5)
            snapshot_erase(w, "a", (struct slice){"", 0}, key);
        else if (data[i + 2] & 1)
            snapshot_put(w, data[i + 2] & 2 ? "a" : "b", data[i + 2] % 128, key, value);
        else
            snapshot_put_union(w, "a", key, value);
    }
    err_free(snapshot_finish(w, &part));
    snapshot_writer_free(w);
    *part_size = part.size;
    return part.bytes;
}

/* A chain of parts cut from thirds of the input, then with a byte of one of them changed behind a
 * header that is right again. */
static void try_chain(const uint8_t *data, size_t size)
{
    enum { PARTS = 3 };
    struct slice parts[PARTS];
    char *bytes[PARTS];
    for (uint32_t i = 0; i < PARTS; i++) {
        bytes[i] = own_part(data + size / PARTS * i, size / PARTS, i + 1, &parts[i].n);
        parts[i].p = bytes[i];
    }
    load_and_read_all(parts, PARTS);
    uint32_t which = data[0] % PARTS;
    size_t behind = parts[which].n - SUMMED_AT;
    if (bytes[which]) {
        bytes[which][SUMMED_AT + (data[1] * 31U + data[2]) % behind] = (char)data[3];
        fix_header(bytes[which], parts[which].n);
    }
    load_and_read_all(parts, PARTS);
    load_and_read_all(parts + 1, PARTS - 1);
    for (uint32_t i = 0; i < PARTS; i++) mem_free(bytes[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    load_and_read((const char *)data, size);
    if (size > HEADER_BYTES) {
        char *copy = mem_alloc(size);
        memcpy(copy, data, size);
        fix_header(copy, size);
        load_and_read(copy, size);
        mem_free(copy);
    }
    size_t part_size, flips = size < 8 ? size : 8;
    if (size > 16 && size < 2000) try_chain(data, size);
    char *part = size > 4 && size < 2000 ? own_part(data, size, 1, &part_size) : NULL;
    if (!part) return 0;
    load_and_read(part, part_size);
    for (size_t i = 0; i < flips; i++)
        part[(data[i] * 31U + data[size - 1 - i]) % part_size] = (char)data[i];
    load_and_read(part, part_size);
    if (part_size > HEADER_BYTES) fix_header(part, part_size);
    load_and_read(part, part_size);
    mem_free(part);
    return 0;
}
