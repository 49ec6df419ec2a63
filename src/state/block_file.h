/* block_file.h - private to state/: bytes in a file of blocks with checksums.
 *
 * Nothing in the file can change, be cut off, be moved or come from another file without the reader
 * noticing: each block's checksum covers its number and the file's id, the digest at the end covers
 * everything before it, and what follows has known values. The layout is in block_file.c. */
#pragma once
#include "base/env.h"
#include "base/hash.h"

enum { BLOCK_FILE_BLOCK_BYTES = 1 << 16 }; /* of a block with its header; the last may be shorter */

/* Who a file is; a reader that expects another one refuses it. */
struct block_file_identity {
    uint64_t checkpoint_id; /* that wrote it */
    uint64_t file_id;
};
struct block_file_info {
    uint64_t size_bytes;    /* of the file */
    uint64_t payload_bytes; /* in its blocks */
    struct hash_digest digest;
};

/* What a file with that much payload takes. */
uint64_t block_file_size_bytes(uint64_t payload_bytes);

struct block_file_writer;
/* Creates the file; id is copied. */
MUST_USE struct err *block_file_create(struct env *env, const char *path,
    struct block_file_identity id, struct block_file_writer **out);
MUST_USE struct err *block_file_append(struct block_file_writer *w, struct slice payload);
/* After the last append: everything is handed to the system, but not synced. */
MUST_USE struct err *block_file_finish(struct block_file_writer *w, struct block_file_info *out);
MUST_USE struct err *block_file_sync(struct block_file_writer *w);
void block_file_close(struct block_file_writer *w); /* NULL is allowed */

struct block_file_reader;
/* ERR_CORRUPT when header or end are not as expected; `expected` NULL: whatever it says of itself.
 * ERR_UNSUPPORTED when a later version wrote it. Messages name the path. */
MUST_USE struct err *block_file_open(struct env *env, const char *path,
    struct block_file_identity id, const struct block_file_info *expected,
    struct block_file_reader **out);
/* The payload of the next block, good until the next call; n = 0 at the end, when the digest has
 * been found right too. */
MUST_USE struct err *block_file_next(struct block_file_reader *r, struct slice *payload);
void block_file_reader_free(struct block_file_reader *r); /* NULL is allowed */
