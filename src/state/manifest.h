/* manifest.h - private to state/: MANIFEST, which says what a checkpoint consists of. The layout is
 * in manifest.c. */
#pragma once
#include "state/block_file.h"
#include "state/checkpoint_store.h"

#define MANIFEST_NAME "MANIFEST"
enum {
    MANIFEST_BYTES_MAX = 64 << 20,
    MANIFEST_FILES_MAX = 1 << 17,
    MANIFEST_PARTS_MAX = 1 << 20,
    MANIFEST_NAME_MAX = 64 /* of a file */
};

/* Bytes of a part: payload of one file. */
struct manifest_part {
    uint32_t task;
    uint64_t checkpoint_id; /* the file's too */
    uint32_t file;          /* index */
    uint64_t offset;
    uint64_t size_bytes;
};

struct manifest_file {
    const char *name;       /* in the checkpoint's folder: a-z, 0-9, - and . */
    uint64_t checkpoint_id; /* that wrote it; an earlier one's is a hard link */
    struct block_file_info info;
    /* Filled by manifest_decode: the parts in it by their offsets; they do not overlap. */
    const struct manifest_part **parts;
    uint32_t part_count;
};

struct manifest {
    struct checkpoint_meta meta;
    struct manifest_file *files;
    uint32_t file_count;
    struct manifest_part *parts; /* those of one task stand oldest first */
    uint32_t part_count;
    uint64_t full_bytes; /* of MANIFEST and of all files, linked ones too */
};

/* Overflow of `out`, whose maximum should be MANIFEST_BYTES_MAX, is left to the caller. */
void manifest_encode(const struct manifest *m, struct buf *out);
/* Copies into `a`. Everything is checked, also that parts lie in their files: ERR_CORRUPT;
 * ERR_UNSUPPORTED when a later version wrote it. */
MUST_USE struct err *manifest_decode(struct arena *a, struct slice text, struct manifest *out);

/* What the blocks of a file are marked with. */
struct block_file_identity manifest_identity(const struct manifest_file *file);
