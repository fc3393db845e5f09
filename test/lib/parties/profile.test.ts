import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { findProfile } from '../../../src/lib/parties/profile.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const PAGE = readFileSync('docs/reference/config.md', 'utf8');
const [, EXAMPLE = ''] = /```yaml\n([\s\S]*?)```/.exec(PAGE) ?? [];

describe('cleanroom.config.yaml', () => {
  const directory = useTemporaryDirectory();
  const choose = (text: string, name?: string) => {
    writeFileSync(join(directory(), 'cleanroom.config.yaml'), text);
    return findProfile({ name, workingDirectory: directory(), emulatorDirectory: null });
  };

  it('as its page writes it gives the default profile of the directory’s party', async () => {
    const { name, party, credential } = await choose(EXAMPLE);
    assert.deepEqual([name, party, credential.kind], ['fabrikam', 'fabrikam', 'azure-cli']);
  });

  it('is refused with a field that nobody reads', async () => {
    await assert.rejects(choose(EXAMPLE.replace('region:', 'regions:')), { code: 'PROFILE_INVALID' });
  });

  it('gives no profile of another party than the directory’s', async () => {
    const other = EXAMPLE.replace('    party: fabrikam', '    party: contoso');
    await assert.rejects(choose(other), { code: 'PROFILE_OF_ANOTHER_PARTY' });
  });

  it('says whose the directory is where another party acts in it', async () => {
    writeFileSync(join(directory(), 'cleanroom.config.yaml'), EXAMPLE);
    const acting = {
      name: undefined,
      workingDirectory: directory(),
      emulatorDirectory: null,
      party: 'contoso',
    };
    await assert.rejects(findProfile(acting), {
      code: 'PROFILE_OF_ANOTHER_PARTY',
      message: 'this directory belongs to fabrikam, as cleanroom.config.yaml says, and not to contoso',
    });
  });

  it('names the profiles that there are where another is asked for', async () => {
    await assert.rejects(choose(EXAMPLE, 'contoso'), { code: 'PROFILE_UNKNOWN' });
  });
});
