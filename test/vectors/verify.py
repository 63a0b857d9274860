#!/usr/bin/env python3
"""An independent verifier of what Karo exports: a ledger, and the certificates and lists of a mesh.

    karo audit export -o ledger.ndjson    python3 verify.py ledger.ndjson
    karo ca export -o mesh.ndjson         python3 verify.py mesh.ndjson

Python 3 standard library only, and nothing shared with the TypeScript code: BLAKE3, Ed25519 and MessagePack are written
here from their specifications. Exit code 0: everything in the file is what was signed; 1: something is not; 2: no such file.
"""
import base64
import datetime
import hashlib
import json
import struct
import sys

# ── BLAKE3, plain hashing of any length (BLAKE3 specification, section 2) ──

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
MASK = 0xFFFFFFFF


def rotate(word, by):
    return (word >> by | word << (32 - by)) & MASK


def compress(chaining, block, counter, length, flags):
    state = [*chaining, *IV[:4], counter & MASK, counter >> 32, length, flags]
    words = list(struct.unpack("<16I", block.ljust(64, b"\0")))

    def mix(a, b, c, d, x, y):
        for word, first, second in ((x, 16, 12), (y, 8, 7)):
            state[a] = (state[a] + state[b] + word) & MASK
            state[d] = rotate(state[d] ^ state[a], first)
            state[c] = (state[c] + state[d]) & MASK
            state[b] = rotate(state[b] ^ state[c], second)

    for turn in range(7):
        for n, (a, b, c, d) in enumerate(
            ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
            + ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
        ):
            mix(a, b, c, d, words[2 * n], words[2 * n + 1])
        words = [words[i] for i in PERMUTATION]
    return [state[i] ^ state[i + 8] for i in range(8)]


def blake3(data):
    def chunk(part, counter, last):
        chaining = IV
        blocks = [part[i : i + 64] for i in range(0, len(part), 64)] or [b""]
        for n, block in enumerate(blocks):
            flags = (CHUNK_START if n == 0 else 0) | ((CHUNK_END | last) if n == len(blocks) - 1 else 0)
            chaining = compress(chaining, block, counter, len(block), flags)
        return chaining

    def tree(part, counter, last):
        if len(part) <= 1024:
            return chunk(part, counter, last)
        left = 1024
        while left * 2 < len(part):
            left *= 2
        children = tree(part[:left], counter, 0) + tree(part[left:], counter + left // 1024, 0)
        return compress(IV, struct.pack("<16I", *children), 0, 64, PARENT | last)

    return struct.pack("<8I", *tree(data, 0, ROOT))


assert blake3(b"").hex() == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"

# ── Ed25519 signatures (RFC 8032, section 5.1.7), in extended coordinates ──

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def decompress(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P != 0 or (x == 0 and sign):
        return None
    if x % 2 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key, message, signature):
    public, commitment = decompress(key), decompress(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    # A key of small order would fit any message.
    if public is None or commitment is None or scalar >= L or multiply(8, public)[0] == 0:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = multiply(scalar, BASE), add(commitment, multiply(challenge, public))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# ── MessagePack, what frames hold, and the frame (docs/protocols.md) ──


class Broken(Exception):
    pass


def unpack(data, at=0):
    code = data[at]
    at += 1

    def sized(form):
        size = struct.calcsize(form)
        return struct.unpack(form, data[at : at + size])[0], at + size

    if code < 0x80:
        return code, at
    if code >= 0xE0:
        return code - 256, at
    if code in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[code], at
    numbers = {0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
    if code in numbers:
        return sized(numbers[code])
    if 0xA0 <= code < 0xC0:
        length = code & 31
        return data[at : at + length].decode("utf-8"), at + length
    lengths = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I", 0xD9: ">B", 0xDA: ">H", 0xDB: ">I", 0xDC: ">H", 0xDD: ">I"}
    lengths |= {0xDE: ">H", 0xDF: ">I"}
    if code in lengths:
        length, at = sized(lengths[code])
    elif code < 0xA0:
        length = code & 15
    else:
        raise Broken(f"a byte {code:#x} that no frame holds")
    if code in (0xC4, 0xC5, 0xC6):
        return data[at : at + length], at + length
    if code in (0xD9, 0xDA, 0xDB):
        return data[at : at + length].decode("utf-8"), at + length
    items = []
    for _ in range(length * (2 if code < 0x90 or code in (0xDE, 0xDF) else 1)):
        item, at = unpack(data, at)
        items.append(item)
    return (dict(zip(items[::2], items[1::2])), at) if code < 0x90 or code in (0xDE, 0xDF) else (items, at)


def read_frame(text, wanted):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if data[:4] != b"KARO" or len(data) < 76:
        raise Broken("this is no frame")
    version, length, kind = struct.unpack(">HIH", data[4:12])
    if version != 1 or len(data) != 12 + length + 64 or kind not in wanted:
        raise Broken("this is another frame than it says")
    payload, end = unpack(data, 12)
    if end != 12 + length or not is_signed(payload["sender"], data[4 : 12 + length], data[12 + length :]):
        raise Broken("its signature is wrong")
    return kind, payload["sender"], payload["body"]


def node_id(key):
    return "karo:ed25519:" + base64.urlsafe_b64encode(key).decode().rstrip("=")


def day(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


# ── A ledger (docs/ledger.md; src/trust/audit/entry.ts says what is hashed) ──


class Number(str):
    """A number as it stands in the file, because two languages write fractions differently."""


def text_of(value):
    if isinstance(value, Number):
        return str.__str__(value)
    return json.dumps(value, ensure_ascii=False)


def members(pairs):
    return "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in pairs) + "}"


def entry_hash(line, previous):
    moment = datetime.datetime.strptime(line["timestamp"], "%Y-%m-%dT%H:%M:%S.%fZ")
    since = moment - datetime.datetime(1970, 1, 1)
    ts = (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    details = members((name, text_of(value)) for name, value in sorted(line["details"].items()))
    outer = [("details", details), *((n, text_of(line[n])) for n in ("peer", "success", "trace_id") if n in line)]
    body, kind = members(outer).encode(), line["type"].encode()
    head = struct.pack(">QQB", int(line["seq"]), ts, len(kind))
    return blake3(head + kind + struct.pack(">I", len(body)) + body + previous)


def verify_ledger(header, lines):
    previous, expected = bytes.fromhex(header["base"]["hash"]), int(header["base"]["seq"]) + 1
    first, signed, signers = expected, None, []
    for line in lines:
        if "head" in line:
            _, sender, body = read_frame(line["head"]["frame"], {0x0307})
            if int(line["head"]["seq"]) != expected - 1 or body["hash"] != previous:
                raise Broken(f"the signature over entry {line['head']['seq']} is about another entry")
            signed = expected - 1
            if node_id(sender) not in signers:
                signers.append(node_id(sender))
            continue
        if int(line["seq"]) != expected or entry_hash(line, previous).hex() != line["hash"]:
            raise Broken(f"entry {expected} is altered, missing, or not what was signed")
        previous, expected = bytes.fromhex(line["hash"]), expected + 1
    if signed is None or signed != expected - 1:
        raise Broken("the last entry is under no signature")
    if signers[-1] != header["node_id"]:
        raise Broken("another key signed it than the first line names")
    print(f"whole: entries {first} to {signed}, each continuing the one before, signed by")
    print("\n".join(f"  {one}" for one in signers))


# ── The certificates and lists of a mesh (docs/fleet.md) ──

CERTIFICATE, REVOCATION_LIST, POLICY_BUNDLE = 0x0302, 0x0303, 0x0308
PRIVILEGED = {"security", "admin"}


def verify_mesh(header, lines):
    root = base64.urlsafe_b64decode(header["root"].removeprefix("karo:ed25519:") + "=")
    mesh, now = blake3(root), int(header["exported_ms"])
    read = [read_frame(line["frame"], {CERTIFICATE, REVOCATION_LIST, POLICY_BUNDLE}) for line in lines]
    if any(body["mesh"] != mesh for _, _, body in read):
        raise Broken("a document is of another mesh")
    certificates = [(sender, body) for kind, sender, body in read if kind == CERTIFICATE]
    issuers = {body["key"]: body for sender, body in certificates if sender == root}
    revoked = {}
    for kind, sender, body in read:
        if kind == POLICY_BUNDLE and sender != root:
            raise Broken("a policy bundle is not the root's")
        if kind != REVOCATION_LIST:
            continue
        if sender != root and sender not in issuers:
            raise Broken(f"{node_id(sender)} signed a revocation list, and the root did not certify it")
        for one in body["revoked"]:
            # Only the root revokes issuers.
            if sender == root or one["key"] not in issuers:
                revoked[one["key"]] = sender
    print(f"mesh {mesh.hex()} of the root {header['root']}")
    for sender, body in certificates:
        if sender != root and sender not in issuers:
            raise Broken(f"{node_id(sender)} certified {body['name']!r}, and the root did not certify it")
        issuer = issuers.get(sender)
        longest = 400 if sender == root else 30
        if body["not_after"] - body["not_before"] > longest * 86_400_000:
            raise Broken(f"the certificate of {body['name']!r} holds for longer than {longest} days")
        given = PRIVILEGED & set(body["roles"])
        if issuer is not None and not given <= set(issuer["grants"]):
            state = "says nothing: its issuer may not give its roles"
        elif body["key"] in revoked:
            state = "revoked"
        elif sender in revoked:
            state = "says nothing: its issuer was revoked"
        elif now >= min(body["not_after"], issuer["not_after"] if issuer else body["not_after"]):
            state = "ended"
        else:
            state = f"holds until {day(body['not_after'])}"
        roles = "".join(f" {kind}={','.join(body[kind])}" for kind in ("roles", "teams", "grants") if body[kind])
        print(f"{body['usage']:8} {node_id(body['key'])} {json.dumps(body['name'])}{roles}: {state}")
    for key in revoked:
        if all(body["key"] != key for _, body in certificates):
            print(f"key      {node_id(key)}: revoked")


def main():
    if len(sys.argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            lines = [json.loads(line, parse_float=Number, parse_int=Number) for line in file if line.strip()]
        header = lines[0] if lines and isinstance(lines[0], dict) else {}
    except (OSError, ValueError) as error:
        print(f"{sys.argv[1]}: {error}", file=sys.stderr)
        return 2
    verify = verify_ledger if "karo_ledger" in header else verify_mesh if "karo_mesh" in header else None
    if verify is None:
        print(f"{sys.argv[1]}: neither a ledger (karo audit export) nor a mesh (karo ca export)", file=sys.stderr)
        return 2
    try:
        verify(header, lines[1:])
        return 0
    except (Broken, ValueError, KeyError, TypeError, IndexError, AttributeError, struct.error) as error:
        print(f"{sys.argv[1]}: broken: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
