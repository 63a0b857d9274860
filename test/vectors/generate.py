#!/usr/bin/env python3
"""A second, independent encoder of Karo's frames: writes frames.json, the golden bytes of every message.

Python 3 standard library only, and nothing shared with the TypeScript code: MessagePack is written here from its
specification, Ed25519 from the arithmetic of RFC 8032. Run it after a deliberate change of the wire format:

    python3 test/vectors/generate.py
"""
import hashlib
import json
import pathlib
import struct

# ── MessagePack, the canonical form: shortest integers and lengths, keys sorted, no floats, no extensions ──


def pack(value):
    if value is None:
        return b"\xc0"
    if value is False:
        return b"\xc2"
    if value is True:
        return b"\xc3"
    if isinstance(value, int):
        return pack_int(value)
    if isinstance(value, str):
        data = value.encode("utf-8")
        if len(data) < 32:
            return bytes([0xA0 | len(data)]) + data
        return pack_length(len(data), 0xD9, 0xDA, 0xDB) + data
    if isinstance(value, bytes):
        return pack_length(len(value), 0xC4, 0xC5, 0xC6) + value
    if isinstance(value, list):
        head = bytes([0x90 | len(value)]) if len(value) < 16 else pack_length(len(value), None, 0xDC, 0xDD)
        return head + b"".join(pack(item) for item in value)
    if isinstance(value, dict):
        head = bytes([0x80 | len(value)]) if len(value) < 16 else pack_length(len(value), None, 0xDE, 0xDF)
        return head + b"".join(pack(key) + pack(value[key]) for key in sorted(value))
    raise TypeError(type(value))


def pack_length(length, one, two, four):
    if one is not None and length < 1 << 8:
        return struct.pack(">BB", one, length)
    if length < 1 << 16:
        return struct.pack(">BH", two, length)
    return struct.pack(">BI", four, length)


def pack_int(value):
    if 0 <= value < 128 or -32 <= value < 0:
        return struct.pack(">b" if value < 0 else ">B", value)
    unsigned = ((0xCC, "B"), (0xCD, "H"), (0xCE, "I"), (0xCF, "Q"))
    signed = ((0xD0, "b"), (0xD1, "h"), (0xD2, "i"), (0xD3, "q"))
    for token, code in unsigned if value >= 0 else signed:
        try:
            return bytes([token]) + struct.pack(">" + code, value)
        except struct.error:
            continue
    raise OverflowError(value)


# ── Ed25519 (RFC 8032, section 5.1), in plain integers ──

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def recover_x(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * pow(2, (P - 1) // 4, P) % P
    return P - x if x % 2 != sign else x


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y)


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2 % P
    x3 = (x1 * y2 + x2 * y1) * pow(1 + product, P - 2, P) % P
    y3 = (y1 * y2 + x1 * x2) * pow(1 - product, P - 2, P) % P
    return (x3, y3)


def multiply(scalar, point):
    result = (0, 1)
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def compress(point):
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def number(data):
    return int.from_bytes(data, "little")


def expand(seed):
    digest = hashlib.sha512(seed).digest()
    scalar = number(digest[:32])
    return (scalar & ((1 << 254) - 8)) | (1 << 254), digest[32:]


def public_key(seed):
    return compress(multiply(expand(seed)[0], BASE))


def sign(seed, message):
    scalar, prefix = expand(seed)
    key = compress(multiply(scalar, BASE))
    r = number(hashlib.sha512(prefix + message).digest()) % L
    commitment = compress(multiply(r, BASE))
    challenge = number(hashlib.sha512(commitment + key + message).digest()) % L
    return commitment + ((r + challenge * scalar) % L).to_bytes(32, "little")


# RFC 8032, section 7.1, test 2: if the arithmetic above were wrong, nothing below would mean anything.
RFC_SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
assert public_key(RFC_SEED).hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
assert sign(RFC_SEED, b"\x72").hex() == (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)

# ── The frame (ADR-002, Appendix A) ──


def frame(number_of_type, envelope, body, seed):
    payload = pack({**envelope, "body": body})
    signed = struct.pack(">HIH", 1, len(payload), number_of_type) + payload
    return b"KARO" + signed + sign(seed, signed)


# ── What is encoded ──


def made(text, length):
    """Bytes that look random and are the same every time."""
    return hashlib.shake_128(text.encode()).digest(length)


SEED_A = made("seed of a", 32)
SEED_B = made("seed of b", 32)
KEY_A = public_key(SEED_A)
KEY_B = public_key(SEED_B)
NOW = 1_790_000_000_123
HOUR = 3_600_000
# The last millisecond that has a date (ECMA-262).
LAST_MOMENT = 8_640_000_000_000_000
QUERY_ID = made("query", 16)

frames = []
answers = []
summaries = []
values = []


LONG = 4096


def plain(value):
    """JSON has no bytes: they become {"$bin": hex}. Long runs of one byte or letter become [it, times]."""
    if isinstance(value, (bytes, str)) and len(value) > LONG:
        assert value == value[:1] * len(value)
        return {"$run": [plain(value[:1]), len(value)]}
    if isinstance(value, bytes):
        return {"$bin": value.hex()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def golden(data):
    """The bytes themselves, or their length and digest where nobody would read them."""
    if len(data) > LONG:
        return {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return {"hex": data.hex()}


def vector(name, message, number_of_type, body, seed=SEED_A, seq=1, trace=None):
    envelope = {"sender": public_key(seed), "ts": NOW + len(frames), "nonce": made(name, 16), "seq": seq}
    if trace is not None:
        envelope["trace"] = trace
    data = frame(number_of_type, envelope, body, seed)
    frames.append(
        {
            "name": name,
            "message": message,
            "type": number_of_type,
            "seed": seed.hex(),
            "envelope": plain(envelope),
            "body": plain(body),
            "bytes": golden(data),
        }
    )
    return data


def answer(name, body):
    data = pack(body)
    answers.append({"name": name, "value": plain(body), "bytes": golden(data)})
    return data


def summary(name, body):
    data = pack(body)
    summaries.append({"name": name, "value": plain(body), "bytes": golden(data)})
    return data


def value(name, thing):
    values.append({"name": name, "value": plain(thing), "bytes": golden(pack(thing))})


capabilities = {
    "protocol_version": 1,
    "karo_version": "0.1.0",
    "supports_level1": True,
    "supports_level2": False,
    "can_aggregate": False,
}
vector(
    "hello",
    "Hello",
    0x0001,
    {
        "versions": ["/karo/hello/1", "/karo/query/2"],
        "name": "eng-042",
        "capabilities": capabilities,
        "listen": ["/ip4/10.0.0.5/tcp/9238", "/ip6/fd00::5/tcp/9238"],
    },
    trace=made("trace", 16),
)
vector(
    "hello, a name that is not ASCII, nothing spoken",
    "Hello",
    0x0001,
    {"versions": [], "name": "Büro-Rechner 日本 🦀", "capabilities": capabilities, "listen": []},
    seq=2**53 - 1,
)
vector("hello ack, pending", "HelloAck", 0x0002, {"stage": "pending", "retry_after_ms": 5000, "skew_ms": -61_000})
vector("hello ack, ready", "HelloAck", 0x0002, {"stage": "ready", "skew_ms": 0}, seq=2)
vector("ping", "Ping", 0x0010, {"id": 0xFFFF_FFFF}, seq=3)
vector("pong", "Pong", 0x0011, {"id": 7}, seed=SEED_B, seq=200)
vector("goodbye", "Goodbye", 0xFFFF, {"reason": "stopping"}, seq=70_000)
question = vector(
    "mesh query",
    "MeshQuery",
    0x0200,
    {
        "query_id": QUERY_ID,
        "query_type": "ToolUsage",
        "level": 1,
        "time_range": {"start": NOW - 7 * 86_400_000, "end": NOW},
        "filters": [
            {"field": "category", "operator": "Equals", "value": "git"},
            {"field": "tool", "operator": "InList", "value": ["git", "docker", "kubectl"]},
        ],
        "audience_key": made("audience", 32),
        "created_at": NOW,
        "expires_at": NOW + 300_000,
    },
    seq=0,
    trace=made("trace", 16),
)
vector(
    "mesh query, level left to the owners",
    "MeshQuery",
    0x0200,
    {
        "query_id": made("other query", 16),
        "query_type": "NodeHealth",
        "time_range": {"start": 0, "end": 1},
        "filters": [],
        "audience_key": made("audience", 32),
        "created_at": NOW,
        "expires_at": NOW + 1,
    },
    seq=0,
)
vector(
    "query hop",
    "QueryHop",
    0x0203,
    {"query_id": QUERY_ID, "remaining_ms": 4500, "hops": 1, "document": question},
    seed=SEED_B,
    seq=9,
)
tools = answer(
    "tool usage",
    {
        "responder": KEY_B,
        "query_id": QUERY_ID,
        "level": 1,
        "as_of": NOW + 5,
        "status": "success",
        "data": {
            "query_type": "ToolUsage",
            "tools": [
                {"tool": "git", "category": "git", "uses": 4711, "failures": 12, "unknown": 300},
                {"tool": "other", "category": "other", "uses": 2**32, "failures": 0, "unknown": 0},
            ],
        },
    },
)
answer(
    "tool usage, compared",
    {
        "responder": KEY_B,
        "query_id": QUERY_ID,
        "level": 1,
        "as_of": NOW + 5,
        "status": "success",
        "data": {
            "query_type": "ToolUsage",
            "tools": [
                {"tool": "git", "category": "git", "uses": 3, "failures": 0, "unknown": 0, "previous": 4700},
                {"tool": "make", "category": "build", "uses": 0, "failures": 0, "unknown": 0, "previous": 1},
            ],
        },
    },
)
answer(
    "safety posture",
    {
        "responder": KEY_B,
        "query_id": QUERY_ID,
        "level": 1,
        "as_of": NOW + 5,
        "status": "success",
        "covers": {"start": NOW - 5 * HOUR, "end": NOW + 5},
        "data": {
            "query_type": "SafetyPosture",
            "safety": {
                "by_risk_level": {"safe": 300, "moderate": 12, "high": 3, "critical": 0},
                "blocked": 2,
                "confirmed_risky": 1,
                "karo_generated": 7,
                "guard": "partly",
                "hook": "on",
            },
            "previous": {
                "by_risk_level": {"safe": 280, "moderate": 14, "high": 0, "critical": 1},
                "blocked": 0,
                "confirmed_risky": 0,
                "karo_generated": 9,
            },
        },
    },
)
answer(
    "activity patterns",
    {
        "responder": KEY_B,
        "query_id": QUERY_ID,
        "level": 1,
        "as_of": NOW + 5,
        "status": "success",
        "data": {
            "query_type": "ActivityPatterns",
            "activity": {
                "hourly": [0] * 9 + [130, 20] + [0] * 13,
                "daily": [150, 0, 0, 0, 0, 0, 0],
                "total_commands": 150,
                "unique_commands": 61,
            },
        },
    },
)
answer(
    "node health",
    {
        "responder": KEY_B,
        "query_id": QUERY_ID,
        "level": 1,
        "as_of": NOW + 5,
        "status": "success",
        "data": {
            "query_type": "NodeHealth",
            "health": {
                "node_id": "karo:ed25519:PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw",
                "fingerprint": "0123456789abcdef",
                "name": "eng-042",
                "version": "0.1.0",
                "uptime_seconds": 86_400,
                "online": True,
                "last_seen": "2026-09-21T14:13:20.123Z",
                "events_24h": 320,
            },
        },
    },
)
answer(
    "privileged use",
    {
        "responder": KEY_B,
        "query_id": QUERY_ID,
        "level": 1,
        "as_of": NOW + 5,
        "status": "success",
        "data": {
            "query_type": "PrivilegedUse",
            "rows": [{"name": "system", "count": 12}, {"name": "file_ops", "count": 3}],
            "previous": [{"name": "system", "count": 9}],
        },
    },
)
answer(
    "withheld",
    {
        "responder": KEY_B,
        "query_id": QUERY_ID,
        "level": 2,
        "as_of": NOW + 5,
        "status": "withheld",
        "reason": "level 2 needs two aggregators",
    },
)
answer(
    "no data, of people whose records begin within the range",
    {
        "responder": KEY_B,
        "query_id": QUERY_ID,
        "level": 1,
        "as_of": NOW + 5,
        "status": "no_data",
        "covers": {"start": NOW - HOUR, "end": NOW},
    },
)
answer(
    "released",
    {
        "responder": KEY_B,
        "query_id": QUERY_ID,
        "level": 2,
        "as_of": NOW + 5,
        "status": "released",
        "statements": [
            # What a statement says and how it is signed is not the answer's business: any bytes stand for both.
            {
                "statement": made("statement", 700),
                "signatures": [
                    {"by": 0, "signature": made("signature of the leader", 64)},
                    {"by": 1, "signature": made("signature of the other", 64)},
                ],
            },
            {"statement": made("half", 90), "signatures": [{"by": 1, "signature": made("alone", 64)}]},
        ],
        "more": True,
    },
)
for status in ("access_denied", "not_supported", "busy", "error", "no_data"):
    answer(status, {"responder": KEY_B, "query_id": QUERY_ID, "level": 1, "as_of": NOW + 5, "status": status})
vector(
    "response",
    "Response",
    0x0201,
    # Sealing is not deterministic and not the frame's business: any bytes stand for the box.
    {"query_id": QUERY_ID, "author": KEY_A, "sealed": made("box", len(tools) + 49)},
    seed=SEED_B,
    seq=0,
)
vector(
    "response, the largest",
    "Response",
    0x0201,
    {"query_id": QUERY_ID, "author": KEY_A, "sealed": b"\x5a" * (60 * 1024)},
    seed=SEED_B,
    seq=0,
)
vector("query done", "QueryDone", 0x0202, {"query_id": QUERY_ID, "author": KEY_A, "answered": 3, "lost": 1}, seq=128)
vector(
    "audit head",
    "AuditHead",
    0x0307,
    {"seq": 2**40, "hash": made("head", 32), "ts": NOW, "entries": 65_536},
    seq=0,
)

DOCUMENT = vector(
    "audit head, as a document to move",
    "AuditHead",
    0x0307,
    {"seq": 1, "hash": made("first head", 32), "ts": NOW, "entries": 1},
    seq=0,
)
day = {"author": KEY_A, "kind": "summary", "slot": "day:20512", "version": NOW}
day_head = {**day, "digest": made("digest", 32), "hints": made("hints", 16)}
ledger = {"author": KEY_B, "kind": "audit_head", "slot": "", "version": LAST_MOMENT}
ledger_head = {**ledger, "digest": made("other digest", 32), "hints": b""}
HERE = {
    "version": NOW,
    "state": "online",
    "again_s": 300,
    "name": "eng-042",
    "capabilities": {
        "protocol_version": 1,
        "karo_version": "0.1.0",
        "supports_level1": True,
        "supports_level2": False,
        "can_aggregate": False,
    },
    "listen": ["/ip4/10.0.0.5/tcp/9238", "/ip6/fd00::5/tcp/9238"],
    "lost": [],
}
vector("presence", "Presence", 0x0400, HERE, seq=0)
vector(
    "presence, the last, with somebody lost",
    "Presence",
    0x0400,
    # The last version that neighbours can name to each other.
    {**HERE, "version": 2**48 - 1, "state": "leaving", "again_s": 3_600, "listen": [], "lost": [KEY_B]},
    seq=0,
)
vector("heads", "Heads", 0x0401, {"heads": [day_head, ledger_head]}, seq=0)
vector(
    "sync request, the first for heads",
    "SyncRequest",
    0x0111,
    {"id": 1, "index": made("index of a", 8), "through": 0, "ask": {"of": "heads", "after": 0}},
)
vector(
    "sync request, further heads",
    "SyncRequest",
    0x0111,
    {
        "id": 0xFFFF_FFFF,
        "index": made("index of a", 8),
        "through": 70_000,
        "ask": {"of": "heads", "index": made("index of b", 8), "after": 2**40},
    },
    seq=2,
)
vector(
    "sync request, documents",
    "SyncRequest",
    0x0111,
    {
        "id": 3,
        "index": made("index of a", 8),
        "through": 9,
        "ask": {"of": "documents", "documents": [day, ledger]},
    },
    seq=3,
)
vector(
    "sync offer",
    "SyncOffer",
    0x0110,
    {
        "id": 1,
        "index": made("index of b", 8),
        "after": 0,
        "through": 2,
        "end": True,
        "heads": [day_head, ledger_head],
    },
    seed=SEED_B,
)
vector("sync batch", "SyncBatch", 0x0112, {"id": 3, "documents": [DOCUMENT], "gone": [0]}, seed=SEED_B, seq=2)
ROOT_SEED = made("seed of a root", 32)
ROOT = public_key(ROOT_SEED)
MESH = made("mesh", 32)
DAY = 86_400_000


def certificate(usage, key, name, roles, teams, grants, days):
    return {
        "version": NOW,
        "usage": usage,
        "mesh": MESH,
        "key": key,
        "member": made(name, 8),
        "name": name,
        "roles": roles,
        "teams": teams,
        "grants": grants,
        "not_before": NOW,
        "not_after": NOW + days * DAY,
    }


ISSUER = vector(
    "certificate of an issuer",
    "Certificate",
    0x0302,
    certificate("issuer", KEY_A, "hq-1", ["lead"], [], ["security"], 365),
    seed=ROOT_SEED,
    seq=0,
)
LEAF = vector(
    "certificate of a node",
    "Certificate",
    0x0302,
    certificate("node", KEY_B, "Büro 7", ["individual", "lead"], ["eng", "日本"], [], 30),
    seq=0,
)
ROTATED = {"old": KEY_A, "new": KEY_B, "valid_from": NOW, "expires_at": NOW + 24 * 3_600_000}
TIMES = ROTATED["valid_from"].to_bytes(8, "big") + ROTATED["expires_at"].to_bytes(8, "big")
ROTATION = vector(
    "key rotation",
    "KeyRotation",
    0x0300,
    {**ROTATED, "proof": sign(SEED_B, b"karo-rotation-v1" + KEY_A + KEY_B + TIMES)},
    seq=0,
)
vector(
    "hello, of a key that took the place of another one",
    "Hello",
    0x0001,
    {"versions": ["/karo/hello/1"], "name": "eng-042", "capabilities": capabilities, "listen": [], "rotations": [ROTATION]},
    seed=SEED_B,
)
vector("revocation list, empty", "RevocationList", 0x0303, {"version": NOW, "number": 0, "mesh": MESH, "revoked": []}, seq=0)
vector(
    "revocation list",
    "RevocationList",
    0x0303,
    {"version": NOW + 1, "number": 2**32, "mesh": MESH, "revoked": [{"key": KEY_B, "at": NOW}, {"key": ROOT, "at": NOW + 1}]},
    seq=0,
)
vector(
    "policy bundle, empty",
    "PolicyBundle",
    0x0308,
    {"version": NOW, "number": 0, "mesh": MESH, "policies": b"", "aggregators": []},
    seq=0,
)
vector(
    "policy bundle",
    "PolicyBundle",
    0x0308,
    {
        "version": NOW + 1,
        "number": 3,
        "mesh": MESH,
        "policies": b"forbid (principal, action, resource);",
        "max_level": 1,
        "k_min": 20,
        "aggregators": [{"key": KEY_B, "operator": "Standort Süd"}, {"key": ROOT, "operator": "it"}],
        "bucket": "6h",
        "audiences": ["admin", "security"],
        "former": [
            {"until": NOW - 2, "aggregators": [{"key": KEY_A, "operator": "it"}, {"key": KEY_B, "operator": "lab"}]},
            {"until": NOW, "aggregators": [{"key": KEY_A, "operator": "it"}, {"key": ROOT, "operator": "hq"}], "bucket": "hour"},
        ],
    },
    seq=0,
)
vector(
    "hello, certified, with an invite",
    "Hello",
    0x0001,
    {
        "versions": ["/karo/hello/1"],
        "name": "eng-043",
        "capabilities": capabilities,
        "listen": [],
        "chain": [ISSUER, LEAF],
        "join": {"id": made("invite", 8), "proof": made("proof", 32)},
    },
)
vector(
    "hello ack, an invite taken",
    "HelloAck",
    0x0002,
    {"stage": "yes", "skew_ms": 1, "granted": {"root": ROOT, "chain": [ISSUER, LEAF], "proof": made("accept", 32)}},
)
vector(
    "hello ack, whose issuer was revoked",
    "HelloAck",
    0x0002,
    {"stage": "pending", "skew_ms": 1, "root_list": made("list", 200)},
)
vector("hello ack, an invite refused", "HelloAck", 0x0002, {"stage": "pending", "skew_ms": 1, "invite_refused": "used"})

MONDAY = 20_713 * 24 * HOUR - 3 * 24 * HOUR
week = {"granularity": "week", "start": MONDAY, "end": MONDAY + 7 * 24 * HOUR}
whole_week = summary(
    "summary of a week, every part",
    {
        "node_id": "karo:ed25519:PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw",
        **week,
        "generated_at": NOW,
        "closed": True,
        "command_patterns": [{"category": "git", "count": 40, "failures": 2, "unknown": 0, "avg_duration_ms": 120}],
        "tool_usage": {"tools": [{"tool": "git", "category": "git", "uses": 40, "failures": 2, "unknown": 0}]},
        "activity_pattern": {
            "hourly": [0] * 9 + [40] + [0] * 14,
            "daily": [30, 10, 0, 0, 0, 0, 0],
            "total_commands": 40,
            "unique_commands": 17,
        },
        "safety_stats": {
            "by_risk_level": {"safe": 38, "moderate": 1, "high": 1, "critical": 0},
            "blocked": 0,
            "confirmed_risky": 0,
            "karo_generated": 0,
            "guard": "off",
            "hook": "none",
        },
    },
)
summary(
    "summary of an hour that is not over, one part",
    {
        "node_id": "karo:ed25519:PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw",
        "granularity": "hour",
        "start": NOW // HOUR * HOUR,
        "end": NOW // HOUR * HOUR + HOUR,
        "generated_at": NOW,
        "closed": False,
        "tool_usage": {"tools": []},
    },
)


def box(name, recipients, length):
    # Sealing is not deterministic and not the frame's business (sealing.py is about it): any bytes stand for a box.
    return {
        "epk": made(f"{name} epk", 32),
        "recipients": [
            {"hint": made(f"{name} hint {n}", 8), "key": made(f"{name} key {n}", 48)} for n in range(recipients)
        ],
        "sealed": made(name, length),
    }


vector(
    "sealed summary, two groups of recipients",
    "SealedSummary",
    0x0100,
    {
        **week,
        "version": NOW,
        "expires_at": week["end"] + 400 * 24 * HOUR,
        "boxes": [box("first", 3, len(whole_week) + 16), box("second", 1, 17)],
    },
    seq=0,
)
vector(
    "sealed summary, nobody may read it any more",
    "SealedSummary",
    0x0100,
    {"granularity": "hour", "start": 0, "end": HOUR, "version": NOW, "expires_at": 7 * 24 * HOUR, "boxes": []},
    seq=0,
)
vector(
    "mesh query of a type that this release does not know",
    "MeshQuery",
    0x0200,
    {
        "query_id": made("a newer query", 16),
        "query_type": "TypeOfANewerRelease2",
        "level": 2,
        "time_range": {"start": NOW - 3_600_000, "end": NOW},
        "filters": [],
        "audience_key": made("audience", 32),
        "created_at": NOW,
        "expires_at": NOW + 300_000,
    },
    seq=0,
)
OPERATOR_LEAF = vector(
    "certificate of an operator",
    "Certificate",
    0x0302,
    certificate("operator", KEY_B, "Carol Ünal", ["security"], ["soc"], [], 30),
    seq=0,
)
DELEGATION = vector(
    "delegation",
    "Delegation",
    0x0310,
    {
        "session": made("session", 16),
        "mesh": MESH,
        "node": KEY_A,
        "uid": 2**32 - 1,
        "types": ["ToolUsage", "NodeHealth"],
        "audience_key": made("audience of a session", 32),
        "not_before": NOW,
        "not_after": NOW + 8 * 3_600_000,
    },
    seed=SEED_B,
    seq=0,
)
vector(
    "mesh query of an operator",
    "MeshQuery",
    0x0200,
    {
        "query_id": made("query of an operator", 16),
        "query_type": "ToolUsage",
        "level": 2,
        "time_range": {"start": 0, "end": 1},
        "filters": [],
        "audience_key": made("audience of a session", 32),
        "operator": {"delegation": DELEGATION, "chain": [ISSUER, OPERATOR_LEAF]},
        "created_at": NOW,
        "expires_at": NOW + 1,
    },
    seq=0,
)
answer(
    "refusal to an operator",
    {
        "responder": KEY_B,
        "query_id": QUERY_ID,
        "level": 2,
        "as_of": NOW + 5,
        "delegation": made("digest of a delegation", 16),
        "status": "access_denied",
    },
)

TODAY = {"length": "day", "start": NOW // DAY * DAY, "end": NOW // DAY * DAY + DAY}
LATER = TODAY["end"] + 6 * HOUR


def sealed_box(name, length):
    return {"epk": made(f"{name} epk", 32), "sealed": made(name, length)}


def place(name):
    return {"hint": made(f"{name} hint", 8), "key": made(f"{name} key", 48)}


vector(
    "share",
    "Share",
    0x0210,
    {
        "mesh": MESH,
        **TODAY,
        "expires_at": TODAY["end"] + 7 * DAY,
        "pair": [KEY_A, KEY_B],
        "boxes": [{**place(f"box {n}"), **sealed_box(f"box {n}", 64)} for n in range(3)],
    },
    seed=SEED_B,
    seq=0,
)
vector(
    "tally",
    "Tally",
    0x0212,
    {
        "mesh": MESH,
        **TODAY,
        "attempt": 0,
        "version": LATER,
        "expires_at": TODAY["end"] + 9 * DAY,
        "recipients": [place("leader"), place("other")],
        **sealed_box("tally", 300),
    },
    seq=0,
)
vector(
    "check",
    "Check",
    0x0213,
    {
        "mesh": MESH,
        **TODAY,
        "part": 0,
        "version": LATER,
        "expires_at": TODAY["end"] + 9 * DAY,
        "recipients": [place("leader"), place("other")],
        **sealed_box("check", 300),
    },
    seq=0,
)
vector(
    "counted",
    "Counted",
    0x0214,
    {
        "mesh": MESH,
        **TODAY,
        "version": LATER,
        "expires_at": TODAY["end"] + 9 * DAY,
        "pair": [KEY_A, KEY_B],
        "set": made("set", 32),
        "counted": made("counted", 32),
        "waiting": b"",
        "unproved": made("unproved", 8),
    },
    seq=0,
)
vector(
    "release",
    "Release",
    0x0215,
    {
        "mesh": MESH,
        **TODAY,
        "audience": made("hash of a role", 4),
        "set": made("hash of list and agreement", 32),
        "version": LATER,
        "expires_at": TODAY["end"] + 400 * DAY,
        "recipients": [place("reader")],
        **sealed_box("release", 17),
    },
    seq=0,
)

vector(
    "agent hello",
    "AgentHello",
    0x0500,
    {"challenge": made("challenge", 16), "operations": ["list", "task"]},
    seed=SEED_B,
)
vector(
    "agent request",
    "AgentRequest",
    0x0501,
    {
        "to": KEY_B,
        "challenge": made("challenge", 16),
        "ask": {
            "operation": "task",
            "agent": "files",
            "tool": "list_directory",
            "input": '{"path":"/srv/app"}',
            "id": "t-1077efe3b0d3615b",
            "why": "",
        },
        "operator": {"delegation": DELEGATION, "chain": [ISSUER, OPERATOR_LEAF]},
    },
)
vector("agent part", "AgentPart", 0x0502, {"data": b'{"agents":[]}', "ends": True}, seed=SEED_B, seq=2)
vector(
    "agent end",
    "AgentEnd",
    0x0503,
    {"error": {"code": "refused", "message": "no", "hint": "ask somebody"}},
    seed=SEED_B,
    seq=3,
)
SHARE_LINK = vector(
    "share link",
    "ShareLink",
    0x0510,
    {
        "artifact": made("artifact", 32),
        "secret": made("secret of a link", 16),
        "not_after": NOW + 3_600_000,
        "audience": KEY_A,
    },
    seed=SEED_B,
    seq=0,
)
vector(
    "agent request for pieces",
    "AgentRequest",
    0x0501,
    {
        "to": KEY_B,
        "challenge": made("challenge", 16),
        "ask": {
            "operation": "pieces",
            "artifact": made("artifact", 32).hex(),
            "wanted": b"\x05",
            "link": SHARE_LINK,
        },
    },
)
vector(
    "holding",
    "Holding",
    0x0511,
    {"version": NOW, "expires_at": NOW + DAY, "artifacts": [made("artifact", 32)]},
    seed=SEED_B,
    seq=0,
)
vector(
    "query hop over a tree",
    "QueryHop",
    0x0203,
    {"query_id": QUERY_ID, "remaining_ms": 4500, "hops": 1, "document": question, "tree": made("tree", 16)},
    seed=SEED_B,
    seq=10,
)
vector(
    "query done, of a tree",
    "QueryDone",
    0x0202,
    {"query_id": QUERY_ID, "author": KEY_A, "answered": 3, "lost": 0, "tree": made("tree", 16)},
    seq=129,
)
vector(
    "query done, a graft",
    "QueryDone",
    0x0202,
    {"query_id": QUERY_ID, "author": KEY_A, "answered": 0, "lost": 0, "graft": True},
    seq=130,
)
# On a connection that proves its sender 64 zero bytes stand in the place of this signature.
vector(
    "direct answer",
    "DirectAnswer",
    0x0204,
    {"query_id": QUERY_ID, "author": KEY_A, "plain": tools},
    seed=SEED_B,
    seq=11,
)
vector(
    "policy bundle with settings",
    "PolicyBundle",
    0x0308,
    {
        "version": NOW,
        "number": 4,
        "mesh": MESH,
        "policies": b"",
        "aggregators": [],
        "settings": [
            {"key": "guard.profile", "value": b'"strict"'},
            {"key": "history.ignore", "value": '["pass *","sch\u00f6n *"]'.encode()},
            {"key": "retention.events_days", "value": b"365"},
        ],
    },
    seq=0,
)
vector(
    "notice keys, compared",
    "NoticeKeys",
    0x0012,
    {"until": NOW, "sums": made("sums", 256)},
    seq=12,
)
vector(
    "notice keys, what differs",
    "NoticeKeys",
    0x0012,
    {"until": NOW, "groups": made("groups", 8), "keys": made("key", 14), "more": True},
    seq=13,
)
vector("notice keys, what is missing", "NoticeKeys", 0x0012, {"wanted": made("fingerprint", 8)}, seq=14)
vector("notices", "Notices", 0x0013, {"frames": [made("presence", 300), made("other presence", 280)]}, seq=15)
vector(
    "notices, its own",
    "Notices",
    0x0013,
    {"frames": [made("presence", 300)], "to": made("neighbours", 16)},
    seq=16,
)

for edge in (0, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**53 - 1):
    value(f"integer {edge}", edge)
for edge in (1, 32, 33, 128, 129, 32_768, 32_769, 2**31, 2**31 + 1, 2**53 - 1):
    value(f"integer -{edge}", -edge)
for length in (0, 31, 32, 255, 256, 65_536):
    value(f"text of {length} bytes", "x" * length)
value("text of 2, 3 and 4 byte characters", "é日🦀" * 20)
for length in (0, 255, 256, 65_536):
    value(f"{length} bytes", b"\xa5" * length)
for length in (0, 15, 16):
    value(f"list of {length}", list(range(length)))
    value(f"map of {length}", {f"k{index}": index for index in range(length)})
value("keys in byte order", {"a": 1, "B": 2, "aa": 3, "_": 4, "9": 5})
value("nil and booleans", [None, True, False])
value("nested", {"a": [{"b": [{"c": []}]}]})

target = pathlib.Path(__file__).with_name("frames.json")
target.write_text(json.dumps({"frames": frames, "answers": answers, "summaries": summaries, "values": values}, indent=1) + "\n")
print(f"{len(frames)} frames, {len(answers)} answers, {len(summaries)} summaries, {len(values)} values")
