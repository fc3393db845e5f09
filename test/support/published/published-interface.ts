// The form in which published REST specifications stand here: facts alone (paths, parameters, members, words), in words of ours.

/** A type of a body: a kind of value, the words of an enumeration, a list of one of these, or the name of an object type. */
export type PublishedType =
  | 'text'
  | 'whole'
  | 'flag'
  | 'dictionary'
  | readonly string[]
  | { readonly list: PublishedType }
  | { readonly of: string };

/** Members by name; a name that ends in `!` is demanded. */
export type PublishedMembers = Readonly<Record<string, PublishedType>>;

/** Parameters by name, in the same form; a text with a fixed value has that value alone. */
export type PublishedParameters = Readonly<Record<string, RegExp>>;

export interface PublishedOperation {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** `{name}`: one segment; `{name?}`: one that may be empty; `{name*}`: any number of them. */
  readonly path: string;
  /** Beside `api-version`. */
  readonly query?: PublishedParameters;
  /** Headers of Azure's own (`x-ms-…`, `if-…`) beside those that every operation takes. */
  readonly headers?: PublishedParameters;
  /** Absent: the request has no body. `bytes`: any. `client:NAME`: as Microsoft's own client describes NAME. */
  readonly body?: { readonly json: string } | { readonly xml: readonly string[] } | 'bytes';
}

export interface PublishedInterface {
  /** Repository, path and commit of what was read. */
  readonly source: string;
  /** The versions for which these operations were read: what is sent names one of them. */
  readonly versions: readonly string[];
  readonly operations: readonly PublishedOperation[];
  readonly types: Readonly<Record<string, PublishedMembers>>;
  /** Whether segments are compared without case, as Azure Resource Manager does. */
  readonly anyCase?: boolean;
}
