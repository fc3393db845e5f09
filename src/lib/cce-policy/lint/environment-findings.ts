// Findings about variables: what the host may set, shown by trying it on the matcher that the enforcer uses.

import { exampleOf, examplesOf } from '../pattern/example.js';
import { compilePattern } from '../pattern/pattern.js';
import { PatternError } from '../pattern/pattern-node.js';
import { PatternMatcher } from '../pattern/pattern-matcher.js';
import type { ContainerRule, EnvironmentRule } from '../policy-document.js';
import { INJECTED_ENVIRONMENT } from '../text/defaults.js';
import { type Finding, finding } from './finding.js';

/* Variables that load code, replace roots of trust, or divert connections. */
const DANGEROUS: readonly string[] = [
  ...['LD_PRELOAD', 'LD_LIBRARY_PATH', 'LD_AUDIT', 'GCONV_PATH', 'BASH_ENV', 'ENV', 'PATH'],
  ...[
    'NODE_OPTIONS',
    'NODE_PATH',
    'NODE_EXTRA_CA_CERTS',
    'NODE_TLS_REJECT_UNAUTHORIZED',
    'NODE_REPL_EXTERNAL_MODULE',
  ],
  ...[
    'PYTHONPATH',
    'PYTHONSTARTUP',
    'JAVA_TOOL_OPTIONS',
    'DOTNET_STARTUP_HOOKS',
    'PERL5OPT',
    'RUBYOPT',
    'GODEBUG',
  ],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'],
  ...[
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
    'OPENSSL_CONF',
    'SSLKEYLOGFILE',
    'REQUESTS_CA_BUNDLE',
    'CURL_CA_BUNDLE',
  ],
  ...[
    'AZURE_AUTHORITY_HOST',
    'IDENTITY_ENDPOINT',
    'MSI_ENDPOINT',
    'IMDS_ENDPOINT',
    'UVM_SECURITY_CONTEXT_DIR',
  ],
];

const DANGEROUS_VALUES: readonly string[] = [
  '/tmp/x',
  '1',
  'http://203.0.113.1:3128',
  '--require=/tmp/x.js',
  'a',
];
/* A value that no bounded pattern takes by chance, and numbers beyond any limit. */
const OPEN_VALUES: readonly string[] = ['999999', 'any text, with "quotes" and $(commands)'];
const ARBITRARY_VARIABLE = 'QZ_ANYTHING_7=1';

const PLATFORM_PATTERNS: readonly string[] = INJECTED_ENVIRONMENT.filter(
  ({ strategy }) => strategy === 're2',
).map(({ pattern }) => pattern);

export function lintEnvironment(container: ContainerRule, label: string): readonly Finding[] {
  const patterns = container.env_rules.filter(({ strategy }) => strategy === 're2');
  const guests: Guests = { current: new PatternMatcher('anchored'), old: new PatternMatcher('unanchored') };
  const platform = patterns.filter(({ pattern }) => PLATFORM_PATTERNS.includes(bare(pattern)));
  return [
    ...patterns.flatMap((rule) => lintPattern(rule, label, guests)),
    ...lintPlatform(platform, label),
    ...lintOptional(container.env_rules, label),
  ];
}

function bare(pattern: string): string {
  return pattern.replace(
    /^\^(?:\(\?:(.*)\)\$|(.*)\$)$/s,
    (_, grouped: string | undefined, plain: string | undefined) => grouped ?? plain ?? '',
  );
}

interface Guests {
  readonly current: PatternMatcher;
  readonly old: PatternMatcher;
}

function lintPattern(
  { pattern, required }: EnvironmentRule,
  label: string,
  { current, old }: Guests,
): readonly Finding[] {
  const invalid = patternProblem(pattern);
  if (invalid !== null) {
    const consequence = required ? `${label} never starts` : 'the variable is dropped wherever it is set';
    return [finding('ENV_PATTERN_INVALID', label, `RE2 refuses ${pattern}: ${invalid}`, consequence)];
  }
  const anyName = current.matches(pattern, ARBITRARY_VARIABLE);
  if (anyName) {
    return [
      finding(
        'ENV_ANY_NAME',
        label,
        `${pattern} takes variables of any name`,
        `the host may set ${ARBITRARY_VARIABLE}, and LD_PRELOAD as well`,
      ),
    ];
  }
  return [
    ...lintDangerous(pattern, label, current),
    ...lintUnanchored(pattern, label, { current, old }),
    ...lintValue(pattern, label, current),
  ];
}

function patternProblem(pattern: string): string | null {
  try {
    compilePattern(pattern);
    return null;
  } catch (cause) {
    if (cause instanceof PatternError) return cause.message;
    throw cause;
  }
}

/* Also behind the name of another variable, or before it: an alternation is anchored at one end only. */
function lintDangerous(pattern: string, label: string, current: PatternMatcher): readonly Finding[] {
  const accepted = firstAccepted(dangerousVariables(pattern), pattern, current);
  if (accepted === null) return [];
  const name = accepted.split('=')[0] ?? '';
  return [
    finding(
      'ENV_DANGEROUS',
      label,
      `environment ${name} of ${label} can be set, by ${pattern}`,
      `the host may set ${accepted}`,
    ),
  ];
}

function dangerousVariables(pattern: string): readonly string[] {
  const examples = examplesOf(pattern);
  return DANGEROUS.flatMap((name) => [
    ...DANGEROUS_VALUES.map((value) => `${name}=${value}`),
    ...examples.map((example) => `${name}=/tmp/x ${example}`),
  ]);
}

function firstAccepted(
  variables: readonly string[],
  pattern: string,
  matcher: PatternMatcher,
): string | null {
  return variables.find((variable) => matcher.matches(pattern, variable)) ?? null;
}

function lintUnanchored(pattern: string, label: string, { current, old }: Guests): readonly Finding[] {
  const accepted = firstAccepted(dangerousVariables(pattern), pattern, old);
  if (accepted === null || current.matches(pattern, accepted)) return [];
  return [
    finding(
      'ENV_UNANCHORED',
      label,
      `${pattern} is not bound to the beginning and end of the variable`,
      `on guests before framework 0.4 the host may set ${accepted}`,
    ),
  ];
}

function lintValue(pattern: string, label: string, current: PatternMatcher): readonly Finding[] {
  if (PLATFORM_PATTERNS.includes(bare(pattern))) return [];
  const name = variableName(pattern);
  const accepted = OPEN_VALUES.filter((value) => current.matches(pattern, `${name}=${value}`));
  if (accepted.length === OPEN_VALUES.length) {
    return [
      finding(
        'ENV_OPEN_VALUE',
        label,
        `${name} of ${label} may have any value`,
        `the host may set ${name}=${accepted[0] ?? ''}`,
      ),
    ];
  }
  const example = accepted[0] === undefined ? exampleOf(pattern) : `${name}=${accepted[0]}`;
  return [
    finding(
      'ENV_PARAMETER',
      label,
      `${name} of ${label} is chosen at deployment, within ${pattern.length > 80 ? 'a pattern' : pattern}`,
      example === null ? 'no value that it takes was found' : `the host may set ${shortened(example)}`,
    ),
  ];
}

function variableName(pattern: string): string {
  return bare(pattern).split('=')[0]?.replace(/\\(.)/g, '$1') ?? '';
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function lintPlatform(rules: readonly EnvironmentRule[], label: string): readonly Finding[] {
  if (rules.length === 0) return [];
  const names = rules.map(({ pattern }) => variableName(pattern)).join(', ');
  return [
    finding(
      'ENV_PLATFORM',
      label,
      `the platform may set ${names} of ${label}`,
      'the host may set HOSTNAME=anything; code must not believe it',
    ),
  ];
}

function lintOptional(rules: readonly EnvironmentRule[], label: string): readonly Finding[] {
  const names = rules
    .filter(({ required, strategy }) => !required && strategy === 'string')
    .map(({ pattern }) => pattern.split('=')[0] ?? '');
  if (names.length === 0) return [];
  return [
    finding(
      'ENV_OPTIONAL',
      label,
      `${names.join(', ')} of ${label} may be left out`,
      `the host may start ${label} without ${names[0] ?? ''}`,
    ),
  ];
}
