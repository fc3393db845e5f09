// An entry of a log as a SCITT signed statement: what stands in it, and that it says what the entry says and nothing else.

import assert from 'node:assert/strict';
import { verify } from 'node:crypto';

import { decode, encode, Tagged } from 'cborg';

import { fromBase64, toBase64 } from '../../../src/lib/base/bytes/base64.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { closeStatement, openStatement, readStatement } from '../../../src/lib/evidence/signed-statement.js';
import { type LogEntry, parseLog, renderEntry } from '../../../src/lib/evidence/transparency-log.js';
import { publicKeyObject } from '../../../src/lib/keys/contract-signer.js';
import { keyThumbprint } from '../../../src/lib/keys/key-thumbprint.js';
import { generatePartyKey, type PartyKeyPair } from '../../../src/lib/keys/party-keys.js';
import { isEntrySignedBy, signLogEntry } from '../../../src/lib/parties/sign-log-entry.js';

const STATED = {
  kind: 'policy',
  sha256: sha256Hex('a policy'),
  subject: 'policy.rego',
  at: 1_790_000_000,
} as const;

describe('an entry of a log as a signed statement', () => {
  let key: PartyKeyPair;
  let entry: LogEntry;
  const publicKey = () => publicKeyObject(key.publicKey);

  before(async () => {
    key = await generatePartyKey();
    entry = await signLogEntry(STATED, key);
  });

  /* With nothing of ours but the bytes: RFC 9052, RFC 9597, draft-ietf-cose-hash-envelope. */
  it('is a COSE_Sign1 with issuer, subject and time in its CWT claims, over the digest, by the key that it names', () => {
    const tagged = decode(fromBase64(entry.statement!)!, {
      useMaps: true,
      tags: Tagged.preserve(18),
    }) as Tagged;
    const [protectedBytes, unprotectedHeader, payload, signature] = tagged.value as [
      Uint8Array,
      Map<unknown, unknown>,
      Uint8Array,
      Uint8Array,
    ];
    const thumbprint = keyThumbprint(publicKey());
    assert.deepEqual(
      decode(protectedBytes, { useMaps: true }),
      new Map<number, unknown>([
        [1, -7],
        [4, Uint8Array.from(Buffer.from(thumbprint, 'base64url'))],
        [
          15,
          new Map<number, unknown>([
            [1, `urn:ietf:params:oauth:jwk-thumbprint:sha-256:${thumbprint}`],
            [2, 'cleanroom/policy/policy.rego'],
            [6, STATED.at],
          ]),
        ],
        [258, -16],
        [259, 'text/plain'],
      ]),
    );
    assert.equal(unprotectedHeader.size, 0);
    assert.equal(Buffer.from(payload).toString('hex'), STATED.sha256);
    const signed = encode(['Signature1', protectedBytes, new Uint8Array(), payload]);
    assert.ok(verify('sha256', signed, { key: publicKey(), dsaEncoding: 'ieee-p1363' }, signature));
  });

  it('is read back from the log; entries of earlier versions, which have none, are read too', () => {
    const log = parseLog([renderEntry(entry), renderEntry({ ...STATED, subject: 'earlier' })].join(''));
    assert.deepEqual(log.entries, [entry, { ...STATED, subject: 'earlier' }]);
    assert.deepEqual(
      log.entries.map((one) => isEntrySignedBy(one, [publicKey()])),
      [true, false],
    );
  });

  for (const [what, change] of [
    ['another kind', { kind: 'receipt' }],
    ['another digest', { sha256: sha256Hex('another policy') }],
    ['another subject', { subject: 'other.rego' }],
    ['another time', { at: 1 }],
  ] as const)
    it(`is of no entry with ${what}`, () => {
      const changed = { ...entry, ...change };
      assert.equal(readStatement(entry.statement!, changed), null);
      assert.equal(isEntrySignedBy(changed, [publicKey()]), false);
      assert.throws(() => parseLog(renderEntry(changed)), { code: 'LOG_MALFORMED' });
    });

  it('is in this one form: no unsigned header, no other bytes, no other issuer', async () => {
    const bytes = fromBase64(entry.statement!)!;
    const { message } = readStatement(entry.statement!, STATED)!;
    const withHeader = encode([
      message.protectedBytes,
      new Map([[4, 'x']]),
      message.payload,
      message.signature,
    ]);
    for (const text of [
      '',
      'no base64!',
      toBase64(bytes.subarray(0, -1)),
      toBase64(Buffer.concat([bytes, Buffer.from([0])])),
      toBase64(Buffer.concat([Buffer.from([0xd2]), withHeader])),
    ])
      assert.equal(readStatement(text, STATED), null);
    const other = await generatePartyKey();
    const forged = await signLogEntry(STATED, other);
    assert.equal(isEntrySignedBy(forged, [publicKey()]), false);
    assert.equal(isEntrySignedBy(forged, []), false);
    // Names the key, and is not by it.
    const open = openStatement(STATED, keyThumbprint(publicKey()));
    const unsigned = { ...STATED, statement: closeStatement(open, new Uint8Array(64)) };
    assert.notEqual(readStatement(unsigned.statement, STATED), null);
    assert.equal(isEntrySignedBy(unsigned, [publicKey()]), false);
  });

  describe('of a policy whose text is at hand', () => {
    const TEXT = 'a policy';
    let held: LogEntry;
    before(async () => {
      held = await signLogEntry(STATED, key, TEXT);
    });

    const partsOf = (statement: string): [Uint8Array, Map<unknown, unknown>, Uint8Array, Uint8Array] =>
      (decode(fromBase64(statement)!, { useMaps: true, tags: Tagged.preserve(18) }) as Tagged).value as [
        Uint8Array,
        Map<unknown, unknown>,
        Uint8Array,
        Uint8Array,
      ];

    it('has the payload of Microsoft’s Signing Transparency: JSON with the policy in base64, said to be JSON', () => {
      const [protectedBytes, , payload] = partsOf(held.statement!);
      assert.deepEqual(JSON.parse(Buffer.from(payload).toString()), {
        'security-policy-base64': Buffer.from(TEXT).toString('base64'),
      });
      const header = decode(protectedBytes, { useMaps: true }) as Map<unknown, unknown>;
      assert.deepEqual([...header.keys()].sort(), [1, 15, 3, 4]);
      assert.equal(header.get(3), 'application/json');
    });

    it('is read back from the log, signed by its key, beside one that holds the digest', () => {
      const log = parseLog([renderEntry(held), renderEntry(entry)].join(''));
      assert.deepEqual(log.entries, [held, entry]);
      assert.ok(log.entries.every((one) => isEntrySignedBy(one, [publicKey()])));
    });

    it('holds its digest where it is longer than a container group takes: its proof has a limit', async () => {
      const [longest, longer] = ['p'.repeat(120 * 1024), 'p'.repeat(120 * 1024 + 1)];
      const payloadOf = async (policy: string): Promise<number> => {
        const stated = { ...STATED, sha256: sha256Hex(policy) };
        const { statement } = await signLogEntry(stated, key, policy);
        assert.notEqual(readStatement(statement!, stated), null);
        assert.ok(statement!.length < 250 * 1024);
        return partsOf(statement!)[2].length;
      };
      assert.ok((await payloadOf(longest)) > longest.length);
      assert.equal(await payloadOf(longer), 32);
    });

    it('is of no entry of another policy or kind, and of no other payload', async () => {
      assert.equal(readStatement(held.statement!, { ...STATED, sha256: sha256Hex('another') }), null);
      assert.equal(readStatement(held.statement!, { ...STATED, kind: 'receipt' }), null);
      const other = await signLogEntry(STATED, key, 'another policy');
      assert.equal(readStatement(other.statement!, STATED), null);
      const [protectedBytes, unprotected, payload, signature] = partsOf(held.statement!);
      const text = Buffer.from(payload).toString();
      for (const changed of [
        `${text} `,
        ` ${text}`,
        text.replace('}', ',"more":1}'),
        text.replace('"security', '"more":1,"security'),
        text.replaceAll('"', "'"),
        '{}',
        '',
      ]) {
        const message = encode(
          new Tagged(18, [protectedBytes, unprotected, Buffer.from(changed), signature]),
        );
        assert.equal(readStatement(toBase64(message), STATED), null, changed);
      }
    });
  });
});
