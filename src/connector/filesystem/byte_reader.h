/* byte_reader.h - the bytes of a file from some offset on, decompressed when its name ends with .gz
 * or .zst. Memory is fixed whatever the file holds. */
#pragma once
#include "connector/connector.h"

struct byte_reader;

/* ERR_UNSUPPORTED for .bz2, .xz and the like. Offsets are of the decompressed bytes; a compressed
 * file is read from its start to get there. */
MUST_USE struct err *byte_reader_open(
    struct env *env, const char *path, uint64_t offset, struct byte_reader **out);
void byte_reader_close(struct byte_reader *r);
/* *got = 0 only at the end. */
MUST_USE struct err *byte_reader_read(struct byte_reader *r, char *p, size_t n, size_t *got);
bool byte_reader_is_compressed(const char *path);
