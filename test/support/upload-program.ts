// Uploads a sealed file in a process of its own, to be killed: PORT CONTAINER NAME PATH HEADER-BYTES.

import { readFileSync } from 'node:fs';

import { uploadBlocks } from '../../src/lib/azure/block-uploader.js';
import { digestOf } from '../../src/lib/sealed-blob/engine/payload-digest.js';
import { azuriteContainer } from './azurite.js';

const [port = '', container = '', name = '', path = '', headerBytes = ''] = process.argv.slice(2);
const bytes = readFileSync(path);
const file = {
  path,
  header: digestOf(bytes.subarray(0, Number(headerBytes))),
  payload: digestOf(bytes.subarray(Number(headerBytes))),
};
const client = azuriteContainer(Number(port), container).getBlockBlobClient(name);
const blob = { account: 'https://unused.example', container, name };
await uploadBlocks(
  client,
  file,
  { blob, over: { etag: null } },
  {
    sent: () => process.stdout.write('.'),
    signal: new AbortController().signal,
  },
);
