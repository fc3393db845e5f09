// What a container in namespaces is started with.

import type { Bind } from './bind.js';
import type { MemoryLimit } from './memory-limit.js';
import type { RoomUser } from './room-user.js';

export interface NamespacedProgram {
  readonly command: readonly string[];
  /** `NAME=VALUE`, complete. */
  readonly environment: readonly string[];
  readonly workingDir: string;
  /** The image, laid out. */
  readonly root: string;
  /** Inside the container. */
  readonly uid: number;
  readonly gid: number;
  readonly hostname: string;
  readonly binds: readonly Bind[];
  /** Whether `/tmp` can be written: as the image has it. */
  readonly writableTmp: boolean;
  /** Arguments that enter the group's namespaces. */
  readonly enter: readonly string[];
  readonly user: RoomUser | null;
  readonly memory: MemoryLimit;
  /** Whether stdout and stderr are read. */
  readonly stdio: boolean;
}
