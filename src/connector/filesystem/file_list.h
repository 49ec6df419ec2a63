/* file_list.h - which files a table's path stands for: a file, a folder with all below it, or a
 * pattern. Names that begin with '.' or '_' are hidden, as in Flink. */
#pragma once
#include "connector/connector.h"

struct file_entry {
    char *path;
    uint64_t size_bytes;
};
struct file_list {
    struct file_entry *entries; /* sorted by path */
    size_t count;
    size_t capacity;
};

enum { FILE_LIST_MAX = 1 << 20, FILE_LIST_DEPTH_MAX = 64 };

/* Paths and entries are in a. regex: Java-like pattern of whole paths, p = NULL for none. A path
 * that does not exist is ERR_NOT_FOUND unless it is a pattern or `missing_is_empty`. */
MUST_USE struct err *file_list(struct env *env, struct slice path, struct slice regex,
    bool missing_is_empty, struct arena *a, struct file_list *out);
/* Without "file://" and the like; other schemes are ERR_UNSUPPORTED. */
MUST_USE struct err *file_list_plain_path(struct arena *a, struct slice path, char **out);
/* Is the pattern one that file_list accepts? */
MUST_USE struct err *file_list_check_regex(struct slice regex);
