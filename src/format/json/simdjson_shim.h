/* simdjson_shim.h - simdjson's first stage behind C: where the tokens of a document are. The only
 * C++ in the program. One thread an object. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct simdjson_shim;

enum simdjson_shim_result {
    SIMDJSON_SHIM_OK,
    SIMDJSON_SHIM_EMPTY, /* white space only */
    SIMDJSON_SHIM_UTF8,
    SIMDJSON_SHIM_UNCLOSED_STRING,
    SIMDJSON_SHIM_CONTROL_CHARACTER, /* below U+0020 inside a string */
    SIMDJSON_SHIM_FAILED             /* no memory, or a document beyond 4 GiB */
};

struct simdjson_shim *simdjson_shim_new(void); /* NULL: no memory */
void simdjson_shim_free(struct simdjson_shim *s);

/* Finds the tokens of n bytes at p; 64 readable bytes must follow. (*tokens)[0 .. *count - 1] are
 * ascending offsets of { } [ ] : , and of the first byte of each string, number and word, followed
 * by one more that is n. They belong to s and last to its next call. Between two tokens stands only
 * white space and the rest of the first. UTF-8 has been validated. */
enum simdjson_shim_result simdjson_shim_scan(
    struct simdjson_shim *s, const char *p, size_t n, const uint32_t **tokens, uint32_t *count);

#ifdef __cplusplus
}
#endif
