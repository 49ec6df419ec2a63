/* What stands before the records of a part, as the table of snapshot_format.h has it. */
#include "state/snapshot_format.h"
#include "vec/row_codec.h"

struct err *snapshot__decode_part_header(
    const unsigned char *p, uint64_t part_bytes, struct snapshot_part_header *out)
{
    uint32_t version = snapshot__u32(p + 8);
    uint64_t size_bytes;
    if (memcmp(p, SNAPSHOT_PART_MAGIC, 8) != 0)
        FAIL(ERR_CORRUPT, "%llu bytes are not a checkpoint part", (unsigned long long)part_bytes);
    if (version != SNAPSHOT_PART_VERSION)
        FAIL(ERR_CORRUPT, "the part has format version %u, this build reads %d", version,
            SNAPSHOT_PART_VERSION);
    out->section_count = snapshot__u32(p + 12);
    memcpy(&size_bytes, p + 16, 8);
    memcpy(&out->sum, p + SNAPSHOT_SUM_AT, 8);
    out->task = snapshot__u32(p + SNAPSHOT_TASK_AT);
    memcpy(&out->id, p + SNAPSHOT_ID_AT, 8);
    memcpy(&out->previous_id, p + SNAPSHOT_PREVIOUS_AT, 8);
    memcpy(&out->first_id, p + SNAPSHOT_FIRST_AT, 8);
    if (size_bytes != part_bytes)
        FAIL(ERR_CORRUPT, "the part should have %llu bytes and has %llu",
            (unsigned long long)size_bytes, (unsigned long long)part_bytes);
    bool whole = out->previous_id == 0 && out->first_id == out->id;
    if (!whole && (out->first_id > out->previous_id || out->previous_id >= out->id))
        FAIL(ERR_CORRUPT, "a part of checkpoint %llu follows %llu and needs those from %llu",
            (unsigned long long)out->id, (unsigned long long)out->previous_id,
            (unsigned long long)out->first_id);
    return NULL;
}

uint64_t snapshot__section_header_bytes(const unsigned char *p, uint64_t n)
{
    if (n < 4) return 4;
    uint64_t state_at = 4 + (uint64_t)snapshot__u32(p) + 8;
    return n < state_at ? state_at : state_at + snapshot__u32(p + state_at - 4) + 18;
}

struct err *snapshot__decode_section_header(
    const unsigned char *p, uint64_t n, struct snapshot_section_header *out)
{
    struct reader r = {p, p + n};
    uint8_t scope, changes;
    TRY(reader_slice(&r, &out->uid));
    TRY(reader_u32(&r, &out->state_version));
    TRY(reader_slice(&r, &out->state));
    TRY(reader_u8(&r, &scope));
    TRY(reader_u8(&r, &changes));
    TRY(reader_u64(&r, &out->count));
    TRY(reader_u64(&r, &out->size_bytes));
    if (scope != SNAPSHOT_KEYED && scope != SNAPSHOT_UNION)
        FAIL(ERR_CORRUPT, "a section has the scope %u", scope);
    out->scope = (enum snapshot_scope)scope;
    if (changes > 1 || (changes && out->scope != SNAPSHOT_KEYED))
        FAIL(ERR_CORRUPT, "a section of scope %u says %u of changes", scope, changes);
    out->changes = changes;
    return NULL;
}
