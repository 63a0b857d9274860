#!/usr/bin/env python3
"""A second, independent computation of what released totals rest on: writes aggregates.json.

Shares, the pair of a bucket and the hash of a layout. AES comes from the package `cryptography`, BLAKE3 and MessagePack from
the plain Python beside this file; nothing is shared with the TypeScript code. Run it after a deliberate change of any of them:

    python3 protocols/vectors/aggregates.py
"""
import contextlib
import hashlib
import hmac
import importlib.util
import io
import json
import pathlib
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

HERE = pathlib.Path(__file__)


def beside(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    # Generating frames.json anew is that file's business; it writes the same bytes, and says so.
    with contextlib.redirect_stdout(io.StringIO()):
        spec.loader.exec_module(module)
    return module


blake3 = beside(HERE.parent.parent / "verify.py", "verify").blake3
pack = beside(HERE.with_name("generate.py"), "generate").pack


def made(text, length):
    """Bytes that look random and are the same every time."""
    return hashlib.shake_128(text.encode()).digest(length)


def hkdf(secret, info, length):
    """RFC 5869 with SHA-256 and no salt."""
    key = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    data, block = b"", b""
    for n in range(1, -(-length // 32) + 1):
        block = hmac.new(key, block + info + bytes([n]), hashlib.sha256).digest()
        data += block
    return data[:length]


def expand(seed, section, cells):
    key = hkdf(seed, b"karo-share-expand-v1" + bytes([section]), 32)
    stream = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor().update(bytes(8 * cells))
    return struct.unpack(f">{cells}Q", stream)


def split(seed, vectors):
    return [
        [(cell - half) % 2**64 for cell, half in zip(vector, expand(seed, section, len(vector)))]
        for section, vector in enumerate(vectors)
    ]


LAYOUT = {
    "version": 1,
    "type": "ToolUsage",
    "rows": [
        {"name": "git", "values": ["uses", "failures"], "counts": True, "family": "tools"},
        {"name": "other", "values": ["uses", "failures"], "counts": True, "family": "tools"},
        {"name": "guard on", "values": [], "counts": False, "family": "guard"},
    ],
}
CLAMP = 1_000_000
SEED = made("seed of shares", 32)
VECTORS = [[1, 40, 2, 1, CLAMP, 0, 0], [0, 0, 1]]
MESH = made("mesh", 32)
DAY = 86_400_000
START = 20_717 * DAY
AGGREGATORS = [
    {"key": made(f"aggregator {n}", 32), "operator": operator}
    for n, operator in enumerate(["north", "north", "south", "west", "north"])
]


def pair(slot):
    drawn = sorted(
        AGGREGATORS, key=lambda one: blake3(b"karo-pair-v1" + MESH + slot.encode() + one["key"]), reverse=True
    )
    other = next(one for one in drawn if one["operator"] != drawn[0]["operator"])
    return [drawn[0]["key"].hex(), other["key"].hex()]


rest = split(SEED, VECTORS)
vectors = {
    "layout": LAYOUT,
    "layout_hash": blake3(pack({"clamp": CLAMP, **LAYOUT})).hex(),
    "seed": SEED.hex(),
    "vectors": VECTORS,
    "expanded": [struct.pack(f">{len(v)}Q", *expand(SEED, n, len(v))).hex() for n, v in enumerate(VECTORS)],
    "rest": [struct.pack(f">{len(half)}Q", *half).hex() for half in rest],
    "mesh": MESH.hex(),
    "aggregators": [{"key": one["key"].hex(), "operator": one["operator"]} for one in AGGREGATORS],
    "pairs": [
        {"length": "day", "start": START + n * DAY, "pair": pair(f"day:{20_717 + n}")} for n in range(8)
    ]
    + [{"length": "6h", "start": START, "pair": pair(f"6h:{20_717 * 4}")}],
}
HERE.with_name("aggregates.json").write_text(json.dumps(vectors, indent=1) + "\n")
