// Azure Resource Manager, read only, over REST: for what no SDK that is installed here has a call.

import * as v from 'valibot';

import { parseStrictJson } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';
import type { Connection } from './connection.js';
import { callService } from './service-exchange.js';
import { serviceError } from './service-error.js';

const SCOPE = 'https://management.azure.com/.default';
const PUBLIC_CLOUD = 'https://management.azure.com';
const MAX_PAGES = 100;

const Page = v.looseObject({ value: v.array(v.unknown()), nextLink: v.optional(v.nullable(v.string())) });

/** The login's token for Azure Resource Manager. @throws CleanroomError LOGIN_FAILED */
export async function resourceManagerToken({ credential }: Connection): Promise<string> {
  try {
    return (await credential.getToken(SCOPE))?.token ?? '';
  } catch (cause) {
    throw serviceError('login', cause);
  }
}

/** A resource, or one page of a list. @throws CleanroomError SERVICE_FORBIDDEN, SERVICE_REFUSED, and as the login */
export function readResource(connection: Connection, path: string, apiVersion: string): Promise<unknown> {
  return read(connection, `${path}?api-version=${apiVersion}`);
}

/** All pages of a list. @throws CleanroomError as readResource */
export async function listResources(
  connection: Connection,
  path: string,
  apiVersion: string,
): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  let next: string | null = `${path}?api-version=${apiVersion}`;
  for (let pages = 0; next !== null; pages++) {
    if (pages === MAX_PAGES) throw unknownForm(path);
    const answer: unknown = await read(connection, next);
    const page = v.safeParse(Page, answer);
    if (!page.success) throw unknownForm(path);
    all.push(...page.output.value);
    next = page.output.nextLink == null ? null : pathOf(page.output.nextLink, path);
  }
  return all;
}

/* Path and query alone: whatever host a link names, the token goes to the one that the profile names. */
function pathOf(link: string, path: string): string {
  if (!URL.canParse(link)) throw unknownForm(path);
  const { pathname, search } = new URL(link);
  return `${pathname}${search}`;
}

async function read(connection: Connection, pathAndQuery: string): Promise<unknown> {
  const base = connection.profile.endpoints.resourceManager ?? PUBLIC_CLOUD;
  const token = await resourceManagerToken(connection);
  const { status, text } = await callService(connection, {
    method: 'GET',
    url: `${base}${pathAndQuery}`,
    token,
  });
  if (status === 200) return parseStrictJson(text);
  const code = status === 401 || status === 403 ? 'SERVICE_FORBIDDEN' : 'SERVICE_REFUSED';
  throw new CleanroomError(code, `Azure Resource Manager: ${pathAndQuery.split('?')[0] ?? ''}: ${status}`);
}

function unknownForm(path: string): CleanroomError {
  return new CleanroomError('SERVICE_REFUSED', `Azure Resource Manager: ${path} in an unknown form`);
}
