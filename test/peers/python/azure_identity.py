"""The managed identity of a container group, by the metadata service at its own address: for whom its token is, or a key read with it."""

import base64
import json

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ManagedIdentityCredential
from azure.keyvault.keys import KeyClient


def identity(verb, asked, roots):
    login = ManagedIdentityCredential(**named(asked.get("identity", "")), retry_total=0)
    if verb == "key":
        options = {"connection_verify": roots, "verify_challenge_resource": False, "retry_total": 0}
        key = KeyClient("https://" + asked["at"]["vault"], login, **options).get_key(asked["name"])
        return f"{key.key_type.value} {len(key.key.n or b'') * 8}"
    try:
        payload = login.get_token(asked["scope"]).token.split(".")[1]
    except ClientAuthenticationError:
        return "no token"
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return f"{claims['aud']} {claims['oid']}"


def named(identity):
    if identity == "":
        return {}
    if identity.startswith("/"):
        return {"identity_config": {"resource_id": identity}}
    return {"client_id": identity}
