"""What the Azure SDK for Python makes of the local Azure: an operation a line, what came of it a line; errors are status and code."""

import hashlib
import os
import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm, SignatureAlgorithm
from azure.keyvault.keys import KeyReleasePolicy
from azure.mgmt.containerinstance import ContainerInstanceManagementClient
from azure.mgmt.containerinstance.models import Resource
from azure.storage.blob import BlobServiceClient

from azure_identity import identity
from azure_sas import shared_access
from lines import serve

ROOTS = tempfile.mkdtemp()
CLIENTS = {}


def roots(at):
    path = os.path.join(ROOTS, hashlib.sha256(at["roots"].encode()).hexdigest())
    if not os.path.exists(path):
        with open(path, "w") as file:
            file.write(at["roots"])
    return path


def login(at):
    return ClientSecretCredential(
        at["tenant"],
        at["clientId"],
        at["secret"],
        authority=at["authority"],
        disable_instance_discovery=True,
        connection_verify=roots(at),
        additionally_allowed_tenants=["*"],
    )


def client(kind, at):
    known = (kind, at["authority"], at["clientId"], at.get("vault"))
    if known not in CLIENTS:
        CLIENTS[known] = opened(kind, at)
    return CLIENTS[known]


def opened(kind, at):
    options = {"connection_verify": roots(at), "retry_total": 0}
    if kind == "key":
        return KeyClient("https://" + at["vault"], login(at), verify_challenge_resource=False, **options)
    if kind == "blob":
        sizes = {"max_single_put_size": 1 << 20, "max_block_size": 1 << 20}
        return BlobServiceClient(at["blob"], login(at), **sizes, **options)
    return ContainerInstanceManagementClient(
        login(at),
        at["subscription"],
        base_url=at["resourceManager"],
        credential_scopes=["https://management.azure.com/.default"],
        polling_interval=0,
        **options,
    )


RESOLVE = socket.getaddrinfo


def resolve(host, *others, **named):
    """Names under localhost are this machine (RFC 6761), whatever its resolver knows."""
    name = host.decode() if isinstance(host, bytes) else host or ""
    return RESOLVE("127.0.0.1" if name.endswith(".localhost") else host, *others, **named)


socket.getaddrinfo = resolve


def answer(asked):
    area, _, verb = asked["do"].partition(".")
    try:
        if area == "login":
            return f"{len(login(asked['at']).get_token(asked['scope']).token.split('.'))} parts"
        if area == "identity":
            return identity(verb, asked, roots(asked["at"]))
        if area == "sas":
            return shared_access(asked, client("blob", asked["at"]), roots(asked["at"]))
        if area == "logs":
            return logs(client(area, asked["at"]), asked)
        return {"key": key, "blob": blob, "group": group}[area](client(area, asked["at"]), verb, asked)
    except HttpResponseError as error:
        code = getattr(error, "error_code", None) or (error.error.code if error.error else "")
        return f"{error.status_code} {plain(code)}"


def plain(value):
    return getattr(value, "value", value)


def described(key):
    material = key.key
    return f"{key.key_type.value} {plain(material.crv) or len(material.n or b'') * 8}"


def key(keys, verb, asked):
    name = asked["name"]
    if verb == "create":
        options = {"size": asked.get("size"), "curve": asked.get("curve")}
        if "policy" in asked:
            policy = KeyReleasePolicy(asked["policy"].encode(), immutable=True)
            options.update(exportable=True, release_policy=policy)
        return described(keys.create_key(name, asked["kty"], **options))
    if verb == "get":
        return described(keys.get_key(name))
    if verb == "versions":
        return str(len(list(keys.list_properties_of_key_versions(name))))
    if verb == "release":
        return keys.release_key(name, asked["token"], algorithm=asked["enc"]).value
    if verb == "rotation":
        return f"actions: {len(keys.get_key_rotation_policy(name).lifetime_actions)}"
    if verb == "disable":
        keys.update_key_properties(name, enabled=False)
        return "done"
    if verb == "delete":
        keys.begin_delete_key(name).wait()
        return "done"
    options = {"connection_verify": roots(asked["at"]), "verify_challenge_resource": False}
    crypto = CryptographyClient(keys.get_key(name), login(asked["at"]), **options)
    if verb == "wrap":
        secret = os.urandom(32)
        wrapped = crypto.wrap_key(KeyWrapAlgorithm.rsa_oaep_256, secret)
        same = crypto.unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped.encrypted_key).key == secret
        return f"same: {str(same).lower()}"
    digest = hashlib.sha256(name.encode()).digest()
    signature = crypto.sign(SignatureAlgorithm.es256, digest).signature
    return f"verified: {str(crypto.verify(SignatureAlgorithm.es256, digest, signature).is_valid).lower()}"


def text(size):
    return (b"0123456789abcdef" * (size // 16 + 1))[:size]


def blob(service, verb, asked):
    container, _, name = asked["name"].partition("/")
    if verb == "container":
        service.create_container(container)
        return "done"
    if verb == "list":
        return ",".join(item.name for item in service.get_container_client(container).list_blobs())
    one = service.get_blob_client(container, name)
    if verb in ("put", "createOnly"):
        one.upload_blob(text(asked["size"]), overwrite=verb == "put")
    elif verb == "get":
        got = one.download_blob(offset=asked.get("offset"), length=asked.get("count"))
        return hashlib.sha256(got.readall()).hexdigest()
    elif verb == "snapshot":
        one.create_snapshot()
    elif verb == "delete":
        one.delete_blob(delete_snapshots="include")
    elif verb == "lease":
        lease = one.acquire_lease(15)
        try:
            one.upload_blob(b"0", overwrite=True)
            return "not refused"
        except HttpResponseError as error:
            return f"{error.status_code} {plain(error.error_code)}"
        finally:
            lease.release()
    return "done"


def group(manager, verb, asked):
    groups, where = manager.container_groups, (asked["at"]["resourceGroup"], asked["name"])
    if verb == "create":
        requests = {"cpu": 1.0, "memoryInGB": 1.0}
        container = {"name": "app", "properties": {"image": asked["image"], "resources": {"requests": requests}}}
        properties = {"osType": "Linux", "restartPolicy": "Never", "containers": [container]}
        body = {"location": "West Europe", "properties": properties}
        return groups.begin_create_or_update(*where, body).result().provisioning_state
    if verb == "get":
        return groups.get(*where).provisioning_state
    if verb == "list":
        return str(len(list(groups.list_by_resource_group(where[0]))))
    if verb == "tag":
        return groups.update(*where, Resource(tags={"a": "b"})).tags["a"]
    if verb == "ended":
        return ended(groups, where)
    if verb == "restart":
        groups.begin_restart(*where).wait()
    elif verb == "stop":
        groups.stop(*where)
    elif verb == "start":
        groups.begin_start(*where).wait()
    elif verb == "delete":
        groups.begin_delete(*where).wait()
    return "done"


def ended(groups, where):
    while True:
        view = groups.get(*where).containers[0].instance_view
        if view is not None and view.current_state.state == "Terminated":
            return f"exit code {view.current_state.exit_code}"
        time.sleep(0.25)


def logs(manager, asked):
    where = (asked["at"]["resourceGroup"], asked["name"], "app")
    return manager.containers.list_logs(*where, tail=asked.get("count")).content.replace("\n", ";")


serve(answer)
