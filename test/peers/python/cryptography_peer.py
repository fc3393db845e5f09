"""Certificates, reports, sealed blobs and wrapped keys by the package cryptography."""

import base64
import hashlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap_with_padding
from cryptography.x509 import load_pem_x509_certificates
from lines import serve

SIGNED = 0x2A0
OAEP = {
    "CKM_RSA_AES_KEY_WRAP": hashes.SHA1,
    "RSA_AES_KEY_WRAP_256": hashes.SHA256,
    "RSA_AES_KEY_WRAP_384": hashes.SHA384,
}


def chain(asked):
    """Each certificate is issued by the next, the last one by itself."""
    certificates = load_pem_x509_certificates(asked["pem"].encode())
    for certificate, issuer in zip(certificates, [*certificates[1:], certificates[-1]]):
        certificate.verify_directly_issued_by(issuer)
    return "verified"


def report(asked):
    data = base64.b64decode(asked["report"])
    r, s = (int.from_bytes(data[at : at + 72], "little") for at in (SIGNED, SIGNED + 72))
    vcek = load_pem_x509_certificates(asked["pem"].encode())[0]
    vcek.public_key().verify(encode_dss_signature(r, s), data[:SIGNED], ec.ECDSA(hashes.SHA384()))
    return "verified"


def unwrap(asked):
    wrapped = base64.b64decode(asked["wrapped"])
    private = serialization.load_pem_private_key(asked["key"].encode(), None)
    size = private.key_size // 8
    digest = OAEP[asked["enc"]]
    oaep = padding.OAEP(padding.MGF1(digest()), digest(), None)
    kek = private.decrypt(wrapped[:size], oaep)
    return hashlib.sha256(aes_key_unwrap_with_padding(kek, wrapped[size:])).hexdigest()


DO = {"chain": chain, "report": report, "unwrap": unwrap}


def answer(asked):
    try:
        return DO[asked["do"]](asked)
    except (InvalidSignature, InvalidUnwrap, ValueError):
        return "refused"


serve(answer)
