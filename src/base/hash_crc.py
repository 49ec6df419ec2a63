#!/usr/bin/env python3
"""hash_crc.py - writes the tables for CRC-32C eight bytes at a time.

Row k, entry b: the CRC of byte b and k zero bytes after it (F. Berry and M. Kounavis, "Novel
Table Lookup-Based Algorithms for High-Performance CRC Generation").
"""
import sys

POLYNOMIAL = 0x82F63B78  # Castagnoli, bits reversed


def crc_of_byte(byte):
    for _ in range(8):
        byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
    return byte


rows = [[crc_of_byte(b) for b in range(256)]]
for _ in range(7):
    rows.append([c >> 8 ^ rows[0][c & 255] for c in rows[-1]])
with open(sys.argv[1], "w") as out:
    for row in rows:
        out.write("{" + ", ".join(f"0x{c:08x}" for c in row) + "},\n")
