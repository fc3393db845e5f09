import assert from 'node:assert/strict';

import { exportJWK, generateKeyPair } from 'jose';

import {
  buildRoomRuntimeData,
  parseRoomRuntimeData,
  type RoomRuntimeData,
} from '../../../src/lib/evidence/room-runtime-data.js';
import { decodeUtf8, utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import type { PublicKeyJwk } from '../../../src/lib/contract/schema.js';

async function publicKey(): Promise<PublicKeyJwk> {
  return (await exportJWK((await generateKeyPair('ES256')).publicKey)) as PublicKeyJwk;
}

async function sample(): Promise<RoomRuntimeData> {
  return {
    nonce: 'AAECAwQFBgcICQoLDA0ODw',
    tls: await publicKey(),
    receipt: await publicKey(),
    contract: sha256Hex('contract'),
  };
}

describe('runtime data of a room', () => {
  it('has one spelling, and reads back what it was built from', async () => {
    const data = await sample();
    const bytes = buildRoomRuntimeData(data);
    assert.match(decodeUtf8(bytes) ?? '', /^\{"v":1,"use":"cleanroom-room","nonce":"AAEC/);
    assert.deepEqual(parseRoomRuntimeData(bytes).nonce, data.nonce);
    assert.deepEqual(buildRoomRuntimeData(parseRoomRuntimeData(bytes)), bytes);
  });

  it('I9: cannot be a release target: no keys member, no RSA key, and the private half never', async () => {
    const data = await sample();
    const withPrivate = { ...data, tls: { ...data.tls, d: 'secret' } };
    const text = decodeUtf8(buildRoomRuntimeData(withPrivate)) ?? '';
    assert.doesNotMatch(text, /"keys"|RSA|"d":/);
  });

  it('refuses every other spelling and every other member', async () => {
    const text = decodeUtf8(buildRoomRuntimeData(await sample())) ?? '';
    const bad = [
      ` ${text}`,
      `${text}\n`,
      text.replace('"v":1', '"v":2'),
      text.replace('"v":1', '"v":1.0'),
      text.replace('cleanroom-room', 'cleanroom-key'),
      text.replace('"v":1,', '"v":1,"v":1,'),
      text.replace('"v":1,', '"v":1,"keys":[],'),
      text.replace(
        '"use":"cleanroom-room","nonce":"AAECAwQFBgcICQoLDA0ODw"',
        '"nonce":"AAECAwQFBgcICQoLDA0ODw","use":"cleanroom-room"',
      ),
      text.replace('AAECAwQFBgcICQoLDA0ODw', 'AAEC'),
      text.replace('P-256', 'P-384'),
      text.slice(0, -1),
      '',
      'null',
    ];
    for (const candidate of bad)
      assert.throws(
        () => parseRoomRuntimeData(utf8(candidate)),
        { code: 'ROOM_RUNTIME_DATA_MALFORMED' },
        candidate,
      );
    assert.throws(() => parseRoomRuntimeData(Uint8Array.of(0xff)), { code: 'ROOM_RUNTIME_DATA_MALFORMED' });
  });
});
