declare module 'gitlab-ci-local/src/schema/schema.js' {
  import type { AnySchemaObject } from 'ajv';

  /** GitLab's own JSON schema of .gitlab-ci.yml. */
  export const schema: AnySchemaObject;
}
