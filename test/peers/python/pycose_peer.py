"""COSE_Sign1 as pycose reads and verifies it: the SHA-256 of the payload, or `refused`."""

import base64
import hashlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import load_der_x509_certificate
from lines import serve
from pycose.headers import X5chain
from pycose.keys import EC2Key, RSAKey
from pycose.keys.curves import P256, P384, P521
from pycose.messages import CoseMessage, Sign1Message

CURVES = {"secp256r1": P256, "secp384r1": P384, "secp521r1": P521}


def key_of(message):
    chain = message.phdr.get(X5chain, message.uhdr.get(X5chain))
    leaf = load_der_x509_certificate(chain[0] if isinstance(chain, list) else chain)
    public = leaf.public_key()
    numbers = public.public_numbers()
    if isinstance(public, ec.EllipticCurvePublicKey):
        size = (public.key_size + 7) // 8
        x, y = (number.to_bytes(size, "big") for number in (numbers.x, numbers.y))
        return EC2Key(crv=CURVES[public.curve.name], x=x, y=y)
    assert isinstance(public, rsa.RSAPublicKey)
    size = (public.key_size + 7) // 8
    return RSAKey(n=numbers.n.to_bytes(size, "big"), e=numbers.e.to_bytes(3, "big"))


def answer(asked):
    data = base64.b64decode(asked["message"])
    try:
        message = CoseMessage.decode(data)
        if not isinstance(message, Sign1Message):
            return "refused"
        message.key = key_of(message)
        if not message.verify_signature():
            return "refused"
    # A message that is none fails in any of the three packages, each with errors of its own.
    except Exception as cause:
        print(asked["name"], repr(cause), file=sys.stderr)
        return "refused"
    return hashlib.sha256(message.payload).hexdigest()


serve(answer)
