#include "format/json/simdjson_shim.h"

#include <simdjson.h>

#include <memory>
#include <new>

/* simdjson picks the kernel for this processor on first use (AVX-512, AVX2, SSE4.2, NEON). */
struct simdjson_shim {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
    size_t capacity = 0;
};

static constexpr size_t FIRST_CAPACITY = 4096;
static constexpr size_t DEPTH = 1; /* stage 2 is never run */

struct simdjson_shim *simdjson_shim_new(void)
{
    return new (std::nothrow) simdjson_shim;
}

void simdjson_shim_free(struct simdjson_shim *s)
{
    delete s;
}

static bool reserve(struct simdjson_shim *s, size_t n)
{
    if (s->parser && n <= s->capacity) return true;
    size_t capacity = FIRST_CAPACITY;
    while (capacity < n) capacity *= 2;
    auto error = s->parser
                     ? s->parser->set_capacity(capacity)
                     : simdjson::get_active_implementation()->create_dom_parser_implementation(
                           capacity, DEPTH, s->parser);
    s->capacity = error ? 0 : capacity;
    return !error;
}

enum simdjson_shim_result simdjson_shim_scan(
    struct simdjson_shim *s, const char *p, size_t n, const uint32_t **tokens, uint32_t *count)
{
    if (!reserve(s, n)) return SIMDJSON_SHIM_FAILED;
    auto error =
        s->parser->stage1(reinterpret_cast<const uint8_t *>(p), n, simdjson::stage1_mode::regular);
    *tokens = s->parser->structural_indexes.get();
    *count = s->parser->n_structural_indexes;
    switch (error) {
    case simdjson::SUCCESS: return SIMDJSON_SHIM_OK;
    case simdjson::EMPTY: return SIMDJSON_SHIM_EMPTY;
    case simdjson::UTF8_ERROR: return SIMDJSON_SHIM_UTF8;
    case simdjson::UNCLOSED_STRING: return SIMDJSON_SHIM_UNCLOSED_STRING;
    case simdjson::UNESCAPED_CHARS: return SIMDJSON_SHIM_CONTROL_CHARACTER;
    default: return SIMDJSON_SHIM_FAILED;
    }
}
