#include "vec/kernel.h"

#define T uint8_t
#define FN(name) kernel_##name##_1
#include "vec/kernel_gather.inc"
#define T uint16_t
#define FN(name) kernel_##name##_2
#include "vec/kernel_gather.inc"
#define T uint32_t
#define FN(name) kernel_##name##_4
#include "vec/kernel_gather.inc"
#define T uint64_t
#define FN(name) kernel_##name##_8
#include "vec/kernel_gather.inc"
#define T u128
#define FN(name) kernel_##name##_16
#include "vec/kernel_gather.inc"
