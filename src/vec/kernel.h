/* kernel.h - loops over plain arrays that several folders share, and how such loops are compiled.
 *
 * A kernel takes restrict pointers, tests nothing per row and cannot fail. Put KERNEL_CLONES before
 * its definition and the compiler makes one version for AVX-512, one for AVX2 and one for any
 * x86-64, chosen when the program starts. Only for loops that gain: every clone costs code. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

/* Sanitizers run before ifunc resolvers may, and clang 14 gives the clones another linkage. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define KERNEL_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define KERNEL_CLONES
#endif

/* out[i] = in[rows[i]], by value size. */
void kernel_gather_1(
    uint8_t *restrict out, const uint8_t *restrict in, const uint32_t *restrict rows, size_t count);
void kernel_gather_2(uint16_t *restrict out, const uint16_t *restrict in,
    const uint32_t *restrict rows, size_t count);
void kernel_gather_4(uint32_t *restrict out, const uint32_t *restrict in,
    const uint32_t *restrict rows, size_t count);
void kernel_gather_8(uint64_t *restrict out, const uint64_t *restrict in,
    const uint32_t *restrict rows, size_t count);
void kernel_gather_16(
    u128 *restrict out, const u128 *restrict in, const uint32_t *restrict rows, size_t count);
