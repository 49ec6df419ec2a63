/* checkpoint_folder.h - private to state/: the names of checkpoints' folders, and what is in one.
 */
#pragma once
#include "state/manifest.h"

#define CHECKPOINT_FOLDER_TEMPORARY ".tmp" /* behind the name */
#define CHECKPOINT_FOLDER_TRASH ".trash-"  /* before it */

struct checkpoint_folder {
    uint64_t id;
    const char *name;
};
char *checkpoint_folder_name(struct arena *a, uint64_t id); /* "chk-000123" */
/* The other way round, of a path whose last name is exactly what checkpoint_folder_name writes. */
bool checkpoint_folder_id(const char *path, uint64_t *id);

/* Newest first; what has another name is passed over. A directory that is not there has none. */
MUST_USE struct err *checkpoint_folder_list(struct env *env, const char *directory, struct arena *a,
    struct checkpoint_folder **out, size_t *count);
/* The manifest of the folder at `path`, after a look at whether it is this folder's. */
MUST_USE struct err *checkpoint_folder_manifest(
    struct env *env, const char *path, struct arena *a, struct manifest *out);
/* The same, and the files are there with their sizes. */
MUST_USE struct err *checkpoint_folder_read(
    struct env *env, const char *path, struct arena *a, struct manifest *out);

/* The whole of a file of up to max_bytes. */
MUST_USE struct err *checkpoint_folder_read_file(
    struct env *env, const char *path, size_t max_bytes, struct arena *a, struct slice *out);
