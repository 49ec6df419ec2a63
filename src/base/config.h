/* config.h - configuration keys: Flink's names where the meaning is Flink's, `weir.` for ours. One
 * table in config.c holds name, type, default and doc of every key that is known; others are kept
 * and answered with a warning, as Flink accepts them. Priority is the caller's: later sets win. */
#pragma once
#include "base/option.h"

struct arena;

struct config; /* key -> text; small; one thread, read-only once a job runs */

struct config *config_new(void);
struct config *config_copy(const struct config *c);
void config_free(struct config *c);

/* Known keys are parsed and range-checked. *unknown (may be NULL) is set for keys outside the
 * table; *nearest is then a suggestion or NULL. */
MUST_USE struct err *config_set(
    struct config *c, struct slice key, struct slice value, bool *unknown, const char **nearest);
void config_reset(struct config *c, struct slice key); /* back to the default */
void config_reset_all(struct config *c);
bool config_is_set(const struct config *c, const char *key);

/* The key must be in the table. */
struct slice config_string(const struct config *c, const char *key);
bool config_bool(const struct config *c, const char *key);
int64_t config_int(const struct config *c, const char *key);
double config_double(const struct config *c, const char *key);
int64_t config_duration_ms(const struct config *c, const char *key);
int64_t config_size_bytes(const struct config *c, const char *key);

/* Pairs that were set, sorted by key: SET without arguments. */
size_t config_pairs(const struct config *c, struct arena *a, struct option **pairs);
/* The key is known, but Weir does not do so far what it asks for: its doc begins "No effect yet".
 */
bool config_is_idle(struct slice key);
/* The table, for the manual and completion; a NULL name ends. */
const struct option_def *config_table(void);
