import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { Flags } from '../../lib/cli/oclif.js';
import { baseFlags } from '../../lib/cli/room-base.js';
import type { RoomLock } from '../../lib/images/base/room-lock.js';

/* No defaults of the flags' own: a flag that has a value asks for --update, also where nobody gave it. */
const SUITE = 'bookworm';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

interface LockResult {
  readonly path: string;
  readonly lock: RoomLock;
  /** One line a difference; empty where nothing changed or nothing was renewed. */
  readonly changes: readonly string[];
}

export default class ImageLock extends BaseCommand<typeof ImageLock, LockResult> {
  static override summary = "Show or renew the lock of the room's image.";
  static override description =
    'The lock names every Debian package by SHA-256, and Node.js and every npm package by integrity. --update accepts Debian ' +
    'packages only through a Release file whose signature gpgv accepts, and npm packages at the versions of package-lock.json.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --update --out room.lock.json',
  ];
  static override flags = {
    update: Flags.boolean({ description: 'renew the lock and show what changed' }),
    suite: Flags.string({
      description: `Debian's suite; default: ${SUITE}`,
      helpValue: 'NAME',
      dependsOn: ['update'],
    }),
    'debian-keyring': Flags.string({
      description: `OpenPGP keyring with the keys of Debian's archive; default: ${KEYRING}`,
      helpValue: 'FILE',
      dependsOn: ['update'],
    }),
    out: Flags.string({
      char: 'o',
      description: "file to write; default: this installation's lock",
      helpValue: 'FILE',
      dependsOn: ['update'],
    }),
    ...baseFlags,
  };

  protected async execute(): Promise<Outcome<LockResult>> {
    const path = await import('node:path');
    const { readRoomLock, renderRoomLock, ROOM_LOCK_FILE } =
      await import('../../lib/images/base/room-lock.js');
    const { compareRoomLocks } = await import('../../lib/images/base/update-lock.js');
    const { root } = this.config;
    const installed = path.join(root, ROOM_LOCK_FILE);
    if (!this.flags.update) {
      const lock = await readRoomLock(root);
      const text = compareRoomLocks(null, lock)
        .map((line) => line.slice(2))
        .join('\n');
      return { result: { path: installed, lock, changes: [] }, text };
    }
    const before = await readRoomLock(root).catch(() => null);
    const lock = await this.renew();
    const { writeFileAtomic } = await import('../../lib/base/files/atomic-write.js');
    const file = this.flags.out ?? installed;
    await writeFileAtomic(file, renderRoomLock(lock));
    const changes = compareRoomLocks(before, lock);
    return {
      result: { path: file, lock, changes },
      text: changes.length === 0 ? 'nothing changed' : changes.join('\n'),
    };
  }

  private async renew(): Promise<RoomLock> {
    const { lockedBase } = await import('../../lib/cli/room-base.js');
    const { makeRoomLock } = await import('../../lib/images/base/update-lock.js');
    const { importedPackages } = await import('../../lib/images/pack/pack-program.js');
    const { readNpmLock } = await import('../../lib/images/base/npm-lock.js');
    const { debian, cache } = await lockedBase(this.config.cacheDir, this.flags);
    (await this.progress()).phase('Fetching what Debian and npm have now');
    return makeRoomLock({
      mirror: debian.mirror,
      suite: this.flags.suite ?? SUITE,
      keyring: this.flags['debian-keyring'] ?? KEYRING,
      cache,
      imported: await importedPackages(this.config.root),
      locked: await readNpmLock(this.config.root),
    });
  }
}
