/* machine.h - what this process may use of the machine it runs on. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct config;

/* taskmanager.memory.process.size if it is set, else 80 % of what the machine or the cgroup has. */
size_t machine_memory_bytes(const struct config *c);
/* Cores this process may run on: affinity and the cgroup's quota; at least 1. */
uint32_t machine_cores(void);
