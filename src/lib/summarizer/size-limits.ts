// How much a room, and the summarizer outside of one, takes. `encrypt --dataset` holds an owner's data against the same numbers.

/** Most bytes of all documents together; what the summarizer takes in characters is checked again by it. */
export const MAX_SOURCE_BYTES = 64 * 1024 * 1024;

/** Most characters of all documents together: hours of work for a model, and still bounded memory. */
export const MAX_CHARACTERS = 32 * 1024 * 1024;

/** Most bytes of a sealed model's files: the disk of a container is not endless. */
export const MAX_MODEL_BYTES = 8 * 1024 * 1024 * 1024;
