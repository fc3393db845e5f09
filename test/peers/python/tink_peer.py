"""Payloads of sealed blobs, as Tink seals and opens them (AES256-GCM-HKDF-1MB)."""

import base64
import hashlib
import json
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import tink
from lines import serve
from tink import secret_key_access, streaming_aead

streaming_aead.register()
# AesGcmHkdfStreamingParams: segments of 1 MiB, derived keys of 32 bytes, SHA-256.
PARAMS = bytes.fromhex("0880804010201803")
TYPE = "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey"


def cipher_of(key):
    value = b"\x12" + bytes([len(PARAMS)]) + PARAMS + b"\x1a" + bytes([len(key)]) + key
    data = {
        "typeUrl": TYPE,
        "keyMaterialType": "SYMMETRIC",
        "value": base64.b64encode(value).decode(),
    }
    entry = {"keyData": data, "outputPrefixType": "RAW", "keyId": 1, "status": "ENABLED"}
    keyset = json.dumps({"primaryKeyId": 1, "key": [entry]})
    handle = tink.json_proto_keyset_format.parse(keyset, secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


def answer(asked):
    cipher = cipher_of(bytes.fromhex(asked["key"]))
    associated = asked["associated"].encode("latin-1")
    if asked["do"] == "seal":
        with open(asked["from"], "rb") as text, open(asked["to"], "wb") as sealed:
            with cipher.new_encrypting_stream(sealed, associated) as stream:
                shutil.copyfileobj(text, stream, 1 << 20)
        return "sealed"
    digest = hashlib.sha256()
    try:
        with open(asked["from"], "rb") as sealed:
            with cipher.new_decrypting_stream(sealed, associated) as stream:
                while chunk := stream.read(1 << 20):
                    digest.update(chunk)
    except (tink.TinkError, OSError):
        return "refused"
    return digest.hexdigest()


serve(answer)
