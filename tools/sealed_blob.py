#!/usr/bin/env python3
"""Reads and writes sealed blobs, format version 1, written from docs/reference/sealed-format.md alone.

Needs python3-cryptography (Debian).

  sealed_blob.py seal   PUBLIC.jwk [PUBLIC.jwk ...] < plaintext > blob
  sealed_blob.py plain  PUBLIC.jwk [PUBLIC.jwk ...] < plaintext > blob     (the form without MAC and commitment)
  sealed_blob.py open   PRIVATE.jwk < blob > plaintext
"""

import base64
import hashlib
import hmac
import json
import os
import struct
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

MAGIC = b"CLNROOM1"
SEGMENT = 1 << 20
PAYLOAD_HEADER = 40
TAG = 16
CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
EC_ALGORITHM = b"ECDH-ES+A256KW"
MAC = "HMAC-SHA256"


class Rejected(Exception):
    """The one error for every way a blob can be wrong."""


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64(data) != text:
        raise Rejected
    return data


def number(text):
    return int.from_bytes(unb64(text), "big")


def canonical(value):
    """RFC 8785 for what a header holds: strings, lists and objects in ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hkdf(key, salt, info):
    return HKDF(hashes.SHA256(), 32, salt, info).derive(key)


def thumbprint(jwk):
    names = ("e", "kty", "n") if jwk["kty"] == "RSA" else ("crv", "kty", "x", "y")
    return b64(hashlib.sha256(canonical({name: jwk[name] for name in names}).encode()).digest())


def public_key(jwk):
    if jwk["kty"] == "RSA":
        return rsa.RSAPublicNumbers(number(jwk["e"]), number(jwk["n"])).public_key()
    return ec.EllipticCurvePublicNumbers(number(jwk["x"]), number(jwk["y"]), CURVES[jwk["crv"]]).public_key()


def private_key(jwk):
    public = public_key(jwk).public_numbers()
    if jwk["kty"] == "EC":
        return ec.EllipticCurvePrivateNumbers(number(jwk["d"]), public).private_key()
    p, q, d = (number(jwk[name]) for name in ("p", "q", "d"))
    dp, dq, qi = (number(jwk[name]) for name in ("dp", "dq", "qi"))
    return rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, public).private_key()


def agreed_key(private, public):
    secret = private.exchange(ec.ECDH(), public)
    other = struct.pack(">I", len(EC_ALGORITHM)) + EC_ALGORITHM + struct.pack(">III", 0, 0, 256)
    return hashlib.sha256(struct.pack(">I", 1) + secret + other).digest()


def print_of(header):
    return header.get("jkt", header["kid"])


def wrap(data_key, jwk):
    header = {"kid": thumbprint(jwk), "jkt": thumbprint(jwk)}
    if jwk["kty"] == "RSA":
        header["alg"] = "RSA-OAEP-256"
        wrapped = public_key(jwk).encrypt(data_key, OAEP)
    else:
        ephemeral = ec.generate_private_key(CURVES[jwk["crv"]])
        size = (ephemeral.curve.key_size + 7) // 8
        point = ephemeral.public_key().public_numbers()
        header["alg"] = EC_ALGORITHM.decode()
        header["epk"] = {
            "kty": "EC",
            "crv": jwk["crv"],
            "x": b64(point.x.to_bytes(size, "big")),
            "y": b64(point.y.to_bytes(size, "big")),
        }
        wrapped = aes_key_wrap(agreed_key(ephemeral, public_key(jwk)), data_key)
    return {"header": header, "encrypted_key": b64(wrapped)}


def unwrap(entry, jwk):
    wrapped = unb64(entry["encrypted_key"])
    if entry["header"]["alg"] == "RSA-OAEP-256":
        return private_key(jwk).decrypt(wrapped, OAEP)
    return aes_key_unwrap(agreed_key(private_key(jwk), public_key(entry["header"]["epk"])), wrapped)


def recipients_mac(data_key, protected, recipients):
    bare = [
        {**entry, "header": {name: value for name, value in entry["header"].items() if name != "mac"}}
        for entry in recipients
    ]
    key = hkdf(data_key, b"", b"CLNROOM1 recipients")
    return b64(hmac.new(key, f"{protected}.{canonical(bare)}".encode(), hashlib.sha256).digest())


def recipients_hold(data_key, protected, recipients, claimed):
    macs = [entry["header"].get("mac") for entry in recipients]
    if not claimed:
        return all(mac is None for mac in macs)
    expected = recipients_mac(data_key, protected, recipients)
    return all(isinstance(mac, str) and hmac.compare_digest(mac, expected) for mac in macs)


def commitment(data_key):
    return b64(hashlib.sha256(b"cleanroom-data-key" + data_key).digest())


def nonce(prefix, index, last):
    return prefix + struct.pack(">IB", index, 1 if last else 0)


def seal(plaintext, jwks, with_mac=True):
    data_key = os.urandom(32)
    claims = {"cty": "text/plain; charset=utf-8", "mac": MAC, "commit": commitment(data_key)} if with_mac else {}
    protected = b64(json.dumps({"enc": "AES256-GCM-HKDF-1MB", **claims}).encode())
    recipients = [wrap(data_key, jwk) for jwk in jwks]
    if with_mac:
        mac = recipients_mac(data_key, protected, recipients)
        for entry in recipients:
            entry["header"]["mac"] = mac
    header = json.dumps({"protected": protected, "recipients": recipients}).encode()
    salt, prefix = os.urandom(32), os.urandom(7)
    cipher = AESGCM(hkdf(data_key, salt, MAGIC + protected.encode()))
    first = SEGMENT - PAYLOAD_HEADER - TAG
    rest = plaintext[first:]
    pieces = [plaintext[:first]] + [rest[i : i + SEGMENT - TAG] for i in range(0, len(rest), SEGMENT - TAG)]
    segments = [
        cipher.encrypt(nonce(prefix, i, i == len(pieces) - 1), piece, None) for i, piece in enumerate(pieces)
    ]
    payload = bytes([PAYLOAD_HEADER]) + salt + prefix + b"".join(segments)
    return MAGIC + struct.pack(">I", len(header)) + header + payload


def open_blob(blob, jwk):
    try:
        return open_checked(blob, jwk)
    except (InvalidTag, InvalidUnwrap, ValueError, KeyError, TypeError, struct.error) as cause:
        raise Rejected from cause


def open_checked(blob, jwk):
    if blob[:8] != MAGIC:
        raise Rejected
    (length,) = struct.unpack(">I", blob[8:12])
    header = json.loads(blob[12 : 12 + length].decode())
    payload = blob[12 + length :]
    protected = header["protected"]
    claims = json.loads(unb64(protected))
    if claims["enc"] != "AES256-GCM-HKDF-1MB" or claims.get("mac", MAC) != MAC:
        raise Rejected
    if set(header) != {"protected", "recipients"}:
        raise Rejected
    mine = [entry for entry in header["recipients"] if print_of(entry["header"]) == thumbprint(jwk)]
    if not mine or payload[:1] != bytes([PAYLOAD_HEADER]):
        raise Rejected
    data_key = unwrap(mine[0], jwk)
    if claims.get("commit", commitment(data_key)) != commitment(data_key):
        raise Rejected
    if not recipients_hold(data_key, protected, header["recipients"], "mac" in claims):
        raise Rejected
    cipher = AESGCM(hkdf(data_key, payload[1:33], MAGIC + protected.encode()))
    count = max(1, -(-len(payload) // SEGMENT))
    plaintext = []
    for i in range(count):
        segment = payload[PAYLOAD_HEADER if i == 0 else i * SEGMENT : (i + 1) * SEGMENT]
        plaintext.append(cipher.decrypt(nonce(payload[33:40], i, i == count - 1), segment, None))
    return b"".join(plaintext)


def main(arguments):
    if len(arguments) < 2 or arguments[0] not in ("seal", "plain", "open"):
        sys.exit(__doc__)
    keys = [json.load(open(path)) for path in arguments[1:]]
    data = sys.stdin.buffer.read()
    try:
        out = open_blob(data, keys[0]) if arguments[0] == "open" else seal(data, keys, arguments[0] == "seal")
    except Rejected:
        sys.exit("rejected")
    sys.stdout.buffer.write(out)


if __name__ == "__main__":
    main(sys.argv[1:])
