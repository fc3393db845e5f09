// The shell that a container is started by: it limits memory, and as root stages what the rooms' user could not reach.

import type { NamespacedProgram } from './namespaced-program.js';

export interface WrappedProgram {
  /** Arguments before the command. */
  readonly wrapper: readonly string[];
  /** The program as it is seen behind the wrapper. */
  readonly staged: NamespacedProgram;
}

/* The umask is a container's, whatever the emulator was started with (OCI runtime-spec, process.user.umask; runc's is 0022). */
const ENTER_SCRIPT = [
  'umask 022',
  'case "$1" in',
  '  -) ;;',
  '  /*) echo $$ > "$1" || exit 125 ;;',
  '  *) ulimit -d "$1" || exit 125 ;;',
  'esac',
  'shift; exec "$@"',
].join('\n');

/* Where root stages what a container is to have, in a mount namespace that ends with the container: over an empty directory. */
const STAGE = '/mnt';
const STAGE_SCRIPT = [
  `mount -t tmpfs -o mode=755 cleanroom ${STAGE} || exit 125`,
  'i=0',
  'while [ "$1" != -- ]; do',
  `  if [ -d "$1" ]; then mkdir "${STAGE}/$i"; else : > "${STAGE}/$i"; fi`,
  `  mount --bind "$1" "${STAGE}/$i" || exit 125`,
  '  i=$((i + 1)); shift',
  'done',
  'shift; exec "$@"',
].join('\n');

/** The rooms' user cannot enter directories of root's; root shows it the image and the directories that it is to have. */
export function wrapProgram(program: NamespacedProgram): WrappedProgram {
  const { user, root, binds, memory } = program;
  const enter = ['sh', '-c', ENTER_SCRIPT, 'sh', memory.told];
  if (user === null) return { wrapper: enter, staged: program };
  const sources = [root, ...binds.map(({ outside }) => outside)];
  const at = (index: number): string => `${STAGE}/${index}`;
  return {
    wrapper: [
      ...enter,
      ...['unshare', '--mount', '--propagation', 'private', 'sh', '-c', STAGE_SCRIPT, 'sh', ...sources, '--'],
    ],
    staged: {
      ...program,
      root: at(0),
      binds: binds.map((bind, index) => ({ ...bind, outside: at(index + 1) })),
    },
  };
}
