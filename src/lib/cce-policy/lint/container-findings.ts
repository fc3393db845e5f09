// Findings about one container: what it runs, who may look in, what it may do to the guest.

import { patternQuestions } from '../pattern/live-prefix.js';
import type { ContainerRule, IdNameRule } from '../policy-document.js';
import { PAUSE_LAYER, UNPRIVILEGED_CAPABILITIES } from '../text/defaults.js';
import { type Finding, finding } from './finding.js';
import { lintPrograms } from './program-findings.js';

const LAYER_HASH = /^[0-9a-f]{64}$/;
const DANGEROUS: readonly string[] = [
  ...['SYS_ADMIN', 'SYS_PTRACE', 'SYS_MODULE', 'SYS_RAWIO', 'SYS_BOOT', 'DAC_READ_SEARCH', 'BPF', 'PERFMON'],
  ...['MAC_ADMIN', 'MAC_OVERRIDE', 'SYSLOG', 'CHECKPOINT_RESTORE', 'NET_ADMIN'],
].map((name) => `CAP_${name}`);

export function lintContainer(container: ContainerRule, label: string): readonly Finding[] {
  return [
    ...lintImage(container, label),
    ...lintPrograms(container, label),
    ...lintAccess(container, label),
    ...lintPrivileges(container, label),
  ];
}

/** Whether this is the pause image with the pause command: ACI's sandbox container. */
export function isPause(container: ContainerRule): boolean {
  return (
    container.layers.length === 1 &&
    container.layers[0] === PAUSE_LAYER &&
    container.command?.[0] === '/pause'
  );
}

function lintImage(container: ContainerRule, label: string): readonly Finding[] {
  const findings: Finding[] = [];
  const { layers, id, name } = container;
  if (layers.length === 0) {
    findings.push(
      finding(
        'LAYERS_EMPTY',
        label,
        `${label} has no layers`,
        'the content of the image is not measured at all',
      ),
    );
  }
  const unreadable = layers.find((layer) => !LAYER_HASH.test(layer));
  if (unreadable !== undefined) {
    findings.push(
      finding(
        'LAYER_NO_HASH',
        label,
        `a layer of ${label} is ${JSON.stringify(unreadable)}, no root hash of 64 lower-case hex digits`,
        'no layer has such a root hash: a guest starts no such container, or takes what it was not meant to take',
      ),
    );
  }
  if (name === 'pause-container' && !isPause(container)) {
    findings.push(
      finding(
        'PAUSE_UNKNOWN',
        label,
        'the container named pause-container is not ACI’s pause image',
        `another program with the layers ${layers.join(', ')} runs under that name`,
      ),
    );
  }
  if (id !== undefined && !id.includes('@sha256:')) {
    findings.push(
      finding(
        'IMAGE_TAG',
        label,
        `${label} is ${id}, named by a tag`,
        'the tag may be moved to another image, which this policy then refuses',
      ),
    );
  }
  return findings;
}

function lintAccess(container: ContainerRule, label: string): readonly Finding[] {
  const findings: Finding[] = [];
  if (container.allow_stdio_access) {
    findings.push(
      isPause(container)
        ? finding(
            'STDIO_OPEN_PAUSE',
            label,
            `stdio of ${label} is open`,
            'the host sees what the pause program prints: nothing',
          )
        : finding(
            'STDIO_OPEN',
            label,
            `stdio of ${label} is open`,
            `a line that ${label} prints, an error with text in it included, is in the host’s container log`,
          ),
    );
  }
  return findings;
}

function lintPrivileges(container: ContainerRule, label: string): readonly Finding[] {
  const findings: Finding[] = [];
  if (container.allow_elevated) {
    findings.push(
      finding(
        'PRIVILEGED',
        label,
        `${label} may run privileged`,
        'it may mount devices of the guest and read the memory of every other container',
      ),
    );
  }
  const granted = new Set(Object.values(container.capabilities ?? {}).flat());
  const extra = [...granted].filter((name) => !UNPRIVILEGED_CAPABILITIES.includes(name));
  const dangerous = extra.filter((name) => DANGEROUS.includes(name));
  const others = extra.filter((name) => !DANGEROUS.includes(name));
  if (dangerous.length > 0) {
    findings.push(
      finding(
        'CAPABILITY_DANGEROUS',
        label,
        `${label} may have ${dangerous.join(', ')}`,
        `with ${dangerous[0] ?? ''} it may reach into other containers of the guest`,
      ),
    );
  }
  if (others.length > 0) {
    findings.push(
      finding(
        'CAPABILITY_EXTRA',
        label,
        `${label} may have ${others.join(', ')}`,
        `it may use ${others[0] ?? ''}, which an ordinary container has not`,
      ),
    );
  }
  return [...findings, ...lintUser(container, label)];
}

function lintUser(container: ContainerRule, label: string): readonly Finding[] {
  const { user_idname, umask } = container.user;
  const findings: Finding[] = [];
  if (user_idname.strategy === 'any') {
    findings.push(
      finding('USER_ANY', label, `${label} may run as any user`, `the host may start ${label} as root`),
    );
  }
  const granted = container.capabilities === null || container.capabilities.permitted.length > 0;
  if (!isPause(container) && mayBeRoot(user_idname) && !container.no_new_privileges && granted) {
    findings.push(
      finding(
        'ROOT_WITH_PRIVILEGES',
        label,
        `${label} may run as root, with capabilities, and gain privileges`,
        `a fault in ${label} is a fault with root’s rights: it may write over its own programs and take any user’s place`,
      ),
    );
  }
  if (!/^0?[0-7][2367][2367]$/.test(umask)) {
    findings.push(
      finding(
        'UMASK_OPEN',
        label,
        `the umask of ${label} is ${umask}`,
        `what ${label} writes, another user of the container may change`,
      ),
    );
  }
  return findings;
}

function mayBeRoot({ strategy, pattern }: IdNameRule): boolean {
  switch (strategy) {
    case 'any':
      return true;
    case 'id':
      return pattern === '0';
    case 'name':
      return pattern === 'root' || pattern === '0';
    case 're2':
      return patternQuestions(pattern, 'unanchored').takesPrefix('root').taken !== 'no';
  }
}
