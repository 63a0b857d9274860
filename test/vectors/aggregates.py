#!/usr/bin/env python3
"""A second, independent computation of what released totals rest on: writes aggregates.json.

The values of shares (their indicators have a proof, which has vectors of its own, prio3-bits.json), the pair of a bucket, the hash of a layout, the parts of a group by teams and the rows that are told of each part. AES comes from the package `cryptography`, BLAKE3 and MessagePack from
the plain Python beside this file; nothing is shared with the TypeScript code. Run it after a deliberate change of any of them:

    python3 test/vectors/aggregates.py
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


blake3 = beside(HERE.with_name("verify.py"), "verify").blake3
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
CLAMP = 1_000
SEED = made("seed of shares", 32)
VECTORS = [[40, 2, CLAMP, 0], [0, 0, 1]]
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


def parts(machines, k, room):
    """Members and thresholds of the parts of a group by their teams, and of what is left, which has no teams."""
    least = lambda some: max(k, 3) + sum(machines[at]["insider"] for at in some)
    enough = lambda some: len(some) >= least(some) and all(
        machines[at]["k_min"] + least(some) - max(k, 3) <= len(some) for at in some
    )
    sets = {tuple(sorted(set(one["teams"]))) for one in machines if one["teams"]}
    of = {name: [at for at, one in enumerate(machines) if tuple(sorted(set(one["teams"]))) == name] for name in sets}
    kept = sorted((name for name in sets if enough(of[name])), key=lambda name: (-len(of[name]), "\n".join(name)))
    kept = kept[: min(room, 16)]
    while True:
        left = [at for at in range(len(machines)) if not any(at in of[name] for name in kept)]
        if left and not enough(left) and kept:
            kept = kept[:-1]
            continue
        cells = [(list(name), of[name]) for name in kept] + ([([], left)] if left else [])
        return [[teams, some, least(some)] for teams, some in cells] if len(cells) > 1 else []


def linked(cells, links):
    """Whether sets of cells hold all cells together, each of them in one set at least."""
    reached, before = set(cells[:1]) & {cell for link in links for cell in link}, None
    while before != reached:
        before = set(reached)
        for link in links:
            if link & reached:
                reached |= link
    return not cells or reached == set(cells)


def breakdown(tables, thresholds):
    """Of each type and row, whether it is told of each cell."""
    told, state = [[True] * len(one["families"]) for one in tables], {}
    spread = range(len(thresholds))
    for number, one in enumerate(tables):
        nodes, is_open = one["nodes"], one["open"]
        for family in dict.fromkeys(one["families"]):
            rows = [r for r, name in enumerate(one["families"]) if name == family and any(c[r] for c in nodes)]
            large = lambda some: {c for c in spread if any(nodes[c][r] >= thresholds[c] for r in some)}
            free = [r for r in rows if is_open[r] and all(nodes[c][r] == 0 or nodes[c][r] >= thresholds[c] for c in spread)]
            hidden = [r for r in rows if r not in free]
            cells = [c for c in spread if any(nodes[c][r] for r in rows)]
            whole = [r for r in rows if not is_open[r]]
            links = lambda: [s for s in [large(whole)] + [large([r]) for r in hidden if is_open[r]] if s]
            if not hidden:
                state[number, family] = (rows, "whole")
                continue
            order = sorted(free, key=lambda r: (sum(c[r] for c in nodes), r))
            while len(whole) < len(rows) and not linked(cells, links()):
                # A row helps when it reaches a cell that nothing holds yet, or two that are not held together.
                def helps(r):
                    mine, now = large([r]), links()
                    held = set().union(*now) if now else set()
                    first = min(mine & held, default=None)
                    together = {first}
                    for _ in now:
                        together |= set().union(*[s for s in now if s & together] or [set()])
                    return bool(mine - held) or bool((mine & held) - together)

                more = next((r for r in order if r not in hidden and helps(r)), None)
                if more is None:
                    break
                hidden.append(more)
            one_piece = linked(cells, links())
            if len(whole) == len(rows) or not one_piece or len(hidden) == len(rows):
                exposed = len(whole) < len(rows) and not one_piece
                hidden, kind = rows, "exposed" if exposed else "none"
            else:
                kind = "some"
            state[number, family] = (rows, kind)
            for r in hidden:
                told[number][r] = False
    for (number, _), (rows, kind) in state.items():
        if kind != "exposed":
            continue
        for (other, __), (theirs, how) in state.items():
            a, b = tables[number]["nodes"], tables[other]["nodes"]
            possible = all(
                max([a[c][r] for r in rows], default=0) <= sum(b[c][r] for r in theirs)
                and max([b[c][r] for r in theirs], default=0) <= sum(a[c][r] for r in rows)
                for c in spread
            )
            if how == "whole" and possible:
                for r in theirs:
                    told[other][r] = False
    return told


def opened(nodes, families, threshold):
    """The rows that the group opens."""
    is_open = [n == 0 or n >= threshold for n in nodes]
    for family in set(families):
        rows = [r for r, name in enumerate(families) if name == family]
        if not all(is_open[r] for r in rows):
            shown = [r for r in rows if is_open[r] and nodes[r] > 0]
            if shown:
                is_open[min(shown, key=lambda r: (nodes[r], r))] = False
    return is_open


def example_of_parts(n):
    numbers = iter(made(f"machines of parts {n}", 400))
    machines = [
        {
            "teams": [team for team in ["web", "ops"] if next(numbers) % 3 == 0],
            "insider": next(numbers) % 16 == 0,
            "k_min": next(numbers) % 4 + 1,
        }
        for _ in range(12 + next(numbers) % 40)
    ]
    k, room = 3 + next(numbers) % 3, next(numbers) % 4
    return {"machines": machines, "k": k, "room": room, "cells": parts(machines, k, room)}


def example_of_rows(n):
    numbers = iter(made(f"rows of parts {n}", 4000))
    cells, threshold = 2 + next(numbers) % 3, 3
    tables = []
    sizes = [4 + next(numbers) % 8 for _ in range(cells)]
    for families in (["a", "a", "a", "b", "b"], ["c"], ["d", "d", "d", "d"]):
        rates = [[next(numbers) % 3 for _ in families] for _ in range(cells)]
        nodes = [
            [sum(next(numbers) % 2 < rate for _ in range(size)) if rate != 1 else next(numbers) % (size + 1) for rate in of]
            for of, size in zip(rates, sizes)
        ]
        whole = [sum(of[r] for of in nodes) for r in range(len(families))]
        is_open = opened(whole, families, threshold)
        tables.append({"families": families, "open": is_open, "nodes": nodes})
    thresholds = [threshold] * cells
    return {"sizes": sizes, "thresholds": thresholds, "tables": tables, "told": breakdown(tables, thresholds)}


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
    "parts": [example_of_parts(n) for n in range(8)],
    "rows": [example_of_rows(n) for n in range(16)],
}
HERE.with_name("aggregates.json").write_text(json.dumps(vectors, indent=1) + "\n")
