// Names of documents inside a seal: relative paths that lead nowhere else on any system.

const MAX_NAME = 1024;
const MAX_COMPONENT = 255;
/* Control characters, what Windows forbids, and bidirectional overrides that show one name and mean another. */
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f<>:"\\|?*\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$/i;

/**
 * Whether a name can be written below a directory and stays there: relative, `/` between components, none of them empty,
 * `.`, `..`, ending in a dot or space, or a device name.
 */
export function isSafeDocumentName(name: string): boolean {
  if (name.length === 0 || name.length > MAX_NAME || FORBIDDEN.test(name) || !isWellFormed(name))
    return false;
  return name.split('/').every(isSafeComponent);
}

function isSafeComponent(component: string): boolean {
  if (component.length === 0 || Buffer.byteLength(component) > MAX_COMPONENT) return false;
  return !/[. ]$/.test(component) && !RESERVED.test(component);
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
