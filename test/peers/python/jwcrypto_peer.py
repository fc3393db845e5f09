"""What is signed (JWS) and sealed (JWE), read and written by jwcrypto."""

import base64
import hashlib
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from jwcrypto import jwe, jwk, jws
from jwcrypto.common import JWException, json_encode
from lines import serve


def digest(data):
    return hashlib.sha256(data).hexdigest()


def open_jwe(asked):
    token = jwe.JWE(algs=["ECDH-ES+A256KW", "A256GCM"])
    token.deserialize(asked["text"], jwk.JWK(**asked["key"]))
    return digest(token.payload)


def seal_jwe(asked):
    header = json_encode({"enc": "A256GCM", "typ": "cleanroom-result+jwe"})
    token = jwe.JWE(base64.b64decode(asked["text"]), header)
    for key in asked["keys"]:
        one = jwk.JWK(**key)
        token.add_recipient(one, json_encode({"alg": "ECDH-ES+A256KW", "kid": one.thumbprint()}))
    return token.serialize()


def verify_jws(asked):
    token = jws.JWS()
    token.allowed_algs = ["ES256"]
    token.deserialize(asked["text"], jwk.JWK(**asked["key"]))
    return digest(token.payload)


def sign_jws(asked):
    token = jws.JWS(asked["text"].encode())
    token.add_signature(jwk.JWK(**asked["key"]), "ES256", json_encode({"alg": "ES256", "typ": asked["typ"]}))
    return token.serialize(compact=True)


DO = {
    "open": open_jwe,
    "seal": seal_jwe,
    "verify": verify_jws,
    "sign": sign_jws,
    "thumbprint": lambda asked: jwk.JWK(**asked["key"]).thumbprint(),
}


def answer(asked):
    try:
        return DO[asked["do"]](asked)
    except (JWException, ValueError, TypeError):
        return "refused"


serve(answer)
