#!/usr/bin/env python3
"""num_powers.py - writes the tables of powers that num.c needs, computed exactly.

num_pow5: 5^q for q in [-342, 308], the 128 leading bits, for parsing (D. Lemire, "Number Parsing at
a Gigabyte per Second", appendix B: negative powers are rounded up, positive ones cut off).
num_g: floor(10^-k * 2^-r) + 1 with 2^125 <= g < 2^126, for k in [-324, 292], for printing
(R. Giulietti, "The Schubfach way to render doubles", section 9.8.3), high 63 and low 63 bits.
"""
import sys


def pow5(q):
    if q >= 0:
        power = 5**q
        shift = power.bit_length() - 128
        return power >> shift if shift > 0 else power << -shift
    power = 5**-q
    z = power.bit_length()
    value = 2 ** (z + 127 if q >= -27 else 2 * z + 128) // power + 1
    while value >= 1 << 128:
        value //= 2
    return value


def g(k):
    if k <= 0:
        beta = 10**-k
        shift = beta.bit_length() - 126
        return (beta >> shift if shift > 0 else beta << -shift) + 1
    power = 10**k
    value = (1 << power.bit_length() + 130) // power
    return (value >> value.bit_length() - 126) + 1


def write(path, name, values, low_bits):
    with open(path, "w") as out:
        out.write(f"static const uint64_t {name}[][2] = {{\n")
        for v in values:
            out.write(f"    {{{v >> low_bits:#x}u, {v & (1 << low_bits) - 1:#x}u}},\n")
        out.write("};\n")


fives = [pow5(q) for q in range(-342, 309)]
assert all(v >> 127 == 1 for v in fives)
write(sys.argv[1], "num_pow5", fives, 64)
gs = [g(k) for k in range(-324, 293)]
assert all(v >> 125 == 1 for v in gs)
write(sys.argv[2], "num_g", gs, 63)
