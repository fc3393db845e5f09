// Members of JSON from Azure's tools, whose names are matched without regard to case (confcom).

import type { Json } from '../../base/bytes/canonical-json.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { CleanroomError, type ErrorCode } from '../../base/errors.js';

export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

/** Parses JSON; a byte order mark is passed over. @throws CleanroomError JSON_MALFORMED */
export function parseJsonFile(text: string, name: string): Json {
  try {
    return parseStrictJson(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw new CleanroomError('JSON_MALFORMED', `${name}: ${cause.message}`, { cause });
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads members and says where one is wrong, under the error code of the file's kind. */
export class JsonFields {
  constructor(
    private readonly object: JsonObject,
    readonly path: string,
    private readonly code: ErrorCode,
  ) {}

  static of(value: Json | undefined, path: string, code: ErrorCode): JsonFields {
    if (!isObject(value)) throw new CleanroomError(code, `${path} is not an object`);
    return new JsonFields(value, path, code);
  }

  /** The member of that name: the exact spelling unless its value is empty, else any spelling. Null is absent. */
  get(name: string): Json | undefined {
    const exact = this.object[name];
    if (exact !== undefined && exact !== null && exact !== '' && exact !== false && exact !== 0) return exact;
    const spelling = Object.keys(this.object).find(
      (key) => key !== name && key.toLowerCase() === name.toLowerCase() && this.object[key] !== null,
    );
    const value = spelling === undefined ? exact : this.object[spelling];
    return value ?? undefined;
  }

  at(name: string): string {
    return `${this.path}.${name}`;
  }

  fail(name: string, what: string): CleanroomError {
    return new CleanroomError(this.code, `${this.at(name)} ${what}`);
  }

  child(name: string): JsonFields {
    return JsonFields.of(this.get(name) ?? {}, this.at(name), this.code);
  }

  /** Names of this object's members, as they are spelt. */
  ownNames(): readonly string[] {
    return Object.keys(this.object);
  }

  /** Names of a member's own members; none where it is absent. */
  names(name: string): readonly string[] {
    return Object.keys(this.child(name).object);
  }

  /** The objects of a list; none where it is absent. */
  children(name: string): readonly JsonFields[] {
    return this.list(name).map((item, index) => JsonFields.of(item, `${this.at(name)}[${index}]`, this.code));
  }

  list(name: string): readonly Json[] {
    const value = this.get(name) ?? [];
    if (!Array.isArray(value)) throw this.fail(name, 'is not a list');
    return value as readonly Json[];
  }

  strings(name: string): readonly string[] {
    return this.list(name).map((item) => {
      if (typeof item !== 'string') throw this.fail(name, 'is not a list of strings');
      return item;
    });
  }

  string(name: string): string {
    const value = this.optionalString(name);
    if (value === null || value === '') throw this.fail(name, 'is missing');
    return value;
  }

  optionalString(name: string): string | null {
    const value = this.get(name);
    if (value === undefined) return null;
    if (typeof value !== 'string') throw this.fail(name, 'is not a string');
    return value;
  }

  /** A boolean, or its name as a string. */
  boolean(name: string, otherwise: boolean): boolean {
    const value = this.get(name);
    if (value === undefined) return otherwise;
    if (value === true || value === 'true' || value === 'True') return true;
    if (value === false || value === 'false' || value === 'False') return false;
    throw this.fail(name, 'is not true or false');
  }

  /** A whole number from 0, or null. */
  optionalCount(name: string): number | null {
    const value = this.get(name);
    if (value === undefined) return null;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
      throw this.fail(name, 'is not a whole number from 0');
    }
    return value;
  }
}
