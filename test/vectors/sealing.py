#!/usr/bin/env python3
"""A second, independent maker of boxes for several and of hints: writes sealing.json.

X25519, ChaCha20-Poly1305 and HKDF come from the package `cryptography`, the conversion of Ed25519 keys from RFC 7748;
nothing is shared with the TypeScript code. Run it after a deliberate change of what is sealed and how:

    python3 test/vectors/sealing.py
"""
import hashlib
import hmac
import json
import pathlib
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

P = 2**255 - 19


def made(text, length):
    """Bytes that look random and are the same every time."""
    return hashlib.shake_128(text.encode()).digest(length)


def raw(public_key):
    return public_key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def ed25519(seed):
    return raw(Ed25519PrivateKey.from_private_bytes(seed).public_key())


def montgomery(key):
    """RFC 7748, section 4.1: u = (1 + y) / (1 - y)."""
    y = int.from_bytes(key, "little") & ((1 << 255) - 1)
    return ((1 + y) * pow(1 - y, P - 2, P) % P).to_bytes(32, "little")


def static(seed):
    """The scalar Ed25519 signs with, as an X25519 key (RFC 8032, section 5.1.5)."""
    return X25519PrivateKey.from_private_bytes(hashlib.sha512(seed).digest()[:32])


def shared(private, public):
    return private.exchange(X25519PublicKey.from_public_bytes(public))


def hkdf(secret, salt, info, length):
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


AUTHOR = made("author", 32)
RECIPIENTS = [made(f"recipient {n}", 32) for n in range(3)]
EPHEMERAL = X25519PrivateKey.from_private_bytes(made("ephemeral", 32))
CONTENT_KEY = made("content key", 32)
START, VERSION = 1_790_000_000_000 // 3_600_000 * 3_600_000, 1_790_000_000_123
PLAINTEXT = b"what the recipients may read"
# domain ‖ author ‖ granularity (hour 0, day 1, week 2) ‖ start ‖ version ‖ box
AAD = b"karo-summary-v1" + ed25519(AUTHOR) + struct.pack(">BQQB", 0, START, VERSION, 2)
SLOT = f"hour:{START // 3_600_000}"

epk = raw(EPHEMERAL.public_key())
recipients = []
for seed in RECIPIENTS:
    rpk = montgomery(ed25519(seed))
    assert raw(static(seed).public_key()) == rpk
    okm = hkdf(shared(EPHEMERAL, rpk), epk + rpk, b"karo-seal-many-v1", 44)
    hint_key = hkdf(shared(static(AUTHOR), rpk), b"", b"karo-hint-v1", 32)
    message = ed25519(AUTHOR) + struct.pack(">Q", VERSION) + SLOT.encode()
    recipients.append(
        {
            "seed": seed.hex(),
            "x25519": rpk.hex(),
            "key": ChaCha20Poly1305(okm[:32]).encrypt(okm[32:], CONTENT_KEY, AAD).hex(),
            "hint": hmac.new(hint_key, message, hashlib.sha256).digest()[:8].hex(),
        }
    )

vectors = {
    "author_seed": AUTHOR.hex(),
    "ephemeral": made("ephemeral", 32).hex(),
    "content_key": CONTENT_KEY.hex(),
    "granularity": "hour",
    "start": START,
    "version": VERSION,
    "box": 2,
    "slot": SLOT,
    "aad": AAD.hex(),
    "plaintext": PLAINTEXT.hex(),
    "epk": epk.hex(),
    "recipients": recipients,
    "sealed": ChaCha20Poly1305(CONTENT_KEY).encrypt(bytes(12), PLAINTEXT, AAD).hex(),
}
target = pathlib.Path(__file__).with_name("sealing.json")
target.write_text(json.dumps(vectors, indent=1) + "\n")
