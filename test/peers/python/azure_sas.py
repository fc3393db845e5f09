"""Makes a SAS, by the account's key where one is given and else by a user delegation key, and uses it without a login."""

import hashlib
from datetime import datetime, timedelta, timezone

from azure.storage.blob import BlobClient, ContainerClient, generate_blob_sas, generate_container_sas


def shared_access(asked, service, roots):
    container, _, name = asked["name"].partition("/")
    query = signed(asked, service, container, name)
    url = asked["at"]["blob"]
    options = {"credential": query, "connection_verify": roots, "retry_total": 0}
    if asked["use"] == "list":
        return str(len(list(ContainerClient(url, container, **options).list_blobs())) > 0).lower()
    blob = BlobClient(url, container, name, **options)
    if asked["use"] == "put":
        blob.upload_blob((b"0123456789abcdef" * (asked["size"] // 16 + 1))[: asked["size"]], overwrite=True)
        return "done"
    return hashlib.sha256(blob.download_blob().readall()).hexdigest()


def signed(asked, service, container, name):
    now = datetime.now(timezone.utc)
    terms = {
        "permission": asked["permissions"],
        "expiry": now + timedelta(minutes=asked["minutes"]),
        "ip": asked.get("ip"),
    }
    if "accountKey" in asked:
        terms["account_key"] = asked["accountKey"]
    else:
        start = now - timedelta(minutes=1)
        terms["user_delegation_key"] = service.get_user_delegation_key(start, start + timedelta(hours=1))
    account = asked["at"]["blob"].removeprefix("https://").split(".")[0]
    if name == "":
        return generate_container_sas(account, container, **terms)
    return generate_blob_sas(account, container, name, **terms)
