// OCI Distribution 1.1: names, digests and limits of the registry.

/** Registry name of images that exist on this machine only. */
export const LOCAL_REGISTRY = 'cleanroom.local';

/** OCI Distribution 1.1 §"Pulling manifests": `<name>`, and `<reference>` as a tag. */
export const REPOSITORY_NAME =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
export const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
export const DIGEST = /^sha256:([0-9a-f]{64})$/;

export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
