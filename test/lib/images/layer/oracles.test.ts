// Images and root hashes against e2fsprogs and cryptsetup, for layers that no vector has.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';

import { hashLayerFile } from '../../../../src/lib/images/layer-file.js';
import { tarOf, type TarEntrySpec } from '../../../support/tar-of.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';
import { requireTool, runTool } from '../../../support/tools.js';

describe('layer images', () => {
  const directory = useTemporaryDirectory();
  const tarPath = (): string => join(directory(), 'layer.tar');
  const imagePath = (): string => join(directory(), 'layer.ext4');
  let rootHash: string;

  before(async () => {
    const entries: TarEntrySpec[] = [];
    for (let folder = 0; folder < 12; folder++) {
      entries.push({ name: `d${folder}/`, type: 'directory', mode: 0o750 });
      for (let file = 0; file < 40; file++)
        entries.push({ name: `d${folder}/f${file}`, data: 'x'.repeat(file * 401) });
      entries.push({ name: `d${folder}/link`, type: 'symlink', linkname: 'f1' });
      entries.push({ name: `d${folder}/hard`, type: 'link', linkname: `d${folder}/f2` });
    }
    writeFileSync(tarPath(), await tarOf(entries));
    rootHash = (await hashLayerFile(tarPath(), { ext4Path: imagePath() })).rootHash;
  });

  it('has the root hash that veritysetup computes', function () {
    const output = runTool(this, 'veritysetup', [
      'format',
      '--salt',
      '0'.repeat(64),
      '--hash',
      'sha256',
      imagePath(),
      join(directory(), 'tree'),
    ]);
    assert.match(output, new RegExp(`Root hash:\\s+${rootHash}`));
  });

  it('is a file system that e2fsck finds nothing wrong with but the padding of its inode bitmap', function () {
    requireTool(this, 'e2fsck', ['-V']);
    const check = spawnSync('e2fsck', ['-f', '-n', imagePath()], { encoding: 'utf8' });
    const complaints = check.stdout
      .split('\n')
      .filter((line) => /Fix\?|Clear\?|inconsisten|corrupt/i.test(line));
    assert.deepEqual(
      complaints.filter((line) => !/[Pp]adding at end of inode bitmap/.test(line)),
      [],
    );
  });

  it('holds the files of the tar', function () {
    requireTool(this, 'debugfs', ['-V']);
    const read = spawnSync('debugfs', ['-R', 'cat /d3/f7', imagePath()], { encoding: 'utf8' });
    assert.equal(read.stdout, 'x'.repeat(7 * 401));
  });
});
