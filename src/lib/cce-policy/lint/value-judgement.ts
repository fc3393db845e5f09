// Fixed values of variables that steer a program: which of them are harmless. What is not known to be harmless is not.

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromAnyBase64 } from '../../base/bytes/base64.js';
import { isMeasuredPath } from './paths.js';

/** Where a container has content that its layers do not bring. */
export interface ValuePlace {
  /** Destinations of the container's mounts. */
  readonly mounted: readonly string[];
}

export type ValueJudge = (value: string, place: ValuePlace) => boolean;

export const anyValue: ValueJudge = () => true;

export const emptyOrFalse: ValueJudge = (value) => ['', '0', 'false', 'no'].includes(value.toLowerCase());

/** Absolute paths, separated by colons, of which each lies in the measured layers. */
export const measuredPaths: ValueJudge = (value, { mounted }) =>
  value === '' || value.split(/[: ]/).every((path) => path !== '' && isMeasuredPath(path, mounted));

export const tlsChecked: ValueJudge = (value) => value === '' || value === '1';

/* Options that load nothing, open nothing and weaken nothing. */
const NODE_OPTION =
  /^--(?:max-old-space-size|max-semi-space-size|stack-trace-limit|stack-size|v8-pool-size|max-http-header-size)=[0-9]{1,8}$|^--(?:no-warnings|no-deprecation|trace-warnings|trace-deprecation|trace-uncaught|throw-deprecation|enable-source-maps|jitless|frozen-intrinsics|disallow-code-generation-from-strings|no-addons|no-network-family-autoselection|use-largepages|zero-fill-buffers|secure-heap|no-experimental-[a-z-]+)$|^--(?:unhandled-rejections=(?:strict|throw|warn)|disable-proto=(?:delete|throw)|dns-result-order=(?:ipv4first|ipv6first|verbatim)|tls-min-v1\.[23]|secure-heap(?:-min)?=[0-9]+)$/;

export const nodeOptions: ValueJudge = (value) => words(value).every((option) => NODE_OPTION.test(option));

const JAVA_OPTION =
  /^-X(?:m[snx]|ss)[0-9]+[kKmMgG]?$|^-XX:[+-](?:Use[A-Za-z0-9]*GC|UseContainerSupport|AlwaysPreTouch|DisableAttachMechanism|UseStringDeduplication|ExitOnOutOfMemoryError)$|^-XX:(?:MaxRAMPercentage|InitialRAMPercentage|MaxMetaspaceSize)=[0-9.]+[kKmMgG]?$|^-D(?:file\.encoding|user\.timezone|user\.language)=[A-Za-z0-9/_-]+$|^-(?:server|ea|da)$/;

export const javaOptions: ValueJudge = (value) => words(value).every((option) => JAVA_OPTION.test(option));

export const mallocTunables: ValueJudge = (value) =>
  value.split(':').every((tunable) => tunable === '' || /^glibc\.malloc\.[a-z_]+=[0-9]+$/.test(tunable));

export const goDebugOptions: ValueJudge = (value) =>
  value
    .split(',')
    .every((option) =>
      /^(?:|madvdontneed=[01]|gctrace=0|netdns=(?:go|cgo)|asyncpreemptoff=[01])$/.test(option),
    );

/* Logins of Microsoft's clouds. */
const AUTHORITIES: readonly string[] = [
  'https://login.microsoftonline.com',
  'https://login.microsoftonline.us',
  'https://login.chinacloudapi.cn',
  'https://login.partner.microsoftonline.cn',
];

export const cloudAuthority: ValueJudge = (value) =>
  value === '' || AUTHORITIES.includes(value.replace(/\/$/, ''));

/** The machine itself, or the platform's own address. */
export const localEndpoint: ValueJudge = (value) =>
  value === '' ||
  /^(?:https?:\/\/)?(?:localhost|127\.0\.0\.1|\[::1\]|169\.254\.169\.254)(?::[0-9]{1,5})?(?:\/[A-Za-z0-9._~/-]*)?(?:\?[A-Za-z0-9._~=&-]*)?$/.test(
    value,
  ) ||
  /^unix:\/\/\/[A-Za-z0-9._/-]+$/.test(value);

/* Who may give the certificates of the processor: the machine's own service, AMD, and Microsoft's cache of AMD's. Their
   answers are checked against AMD's roots by whoever verifies. */
const CERTIFICATE_HOSTS =
  /^(?:https?:\/\/)?(?:169\.254\.169\.254|169\.254\.128\.1:2377|kdsintf\.amd\.com|(?:americas|europe|asia)\.acccache\.azure\.net|global\.acccache\.azure\.net)(?:$|\/)/;
const SIDECAR_MEMBERS: readonly string[] = ['certcache'];
const CACHE_MEMBERS: readonly string[] = ['endpoint', 'endpoint_type', 'tee_type', 'api_version'];

export const sidecarArguments: ValueJudge = (value) => {
  const bytes = fromAnyBase64(value);
  const text = bytes === null ? null : decodeUtf8(bytes);
  const parsed = text === null ? null : parseObject(text);
  if (parsed === null || !Object.keys(parsed).every((name) => SIDECAR_MEMBERS.includes(name))) return false;
  const cache = parsed['certcache'];
  if (!isObject(cache) || !Object.keys(cache).every((name) => CACHE_MEMBERS.includes(name))) return false;
  return typeof cache['endpoint'] === 'string' && CERTIFICATE_HOSTS.test(cache['endpoint']);
};

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
