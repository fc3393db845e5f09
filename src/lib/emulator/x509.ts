// The certificate library, made ready: its metadata shim must load first, and it must be told which crypto to use.

import 'reflect-metadata';

import { webcrypto } from 'node:crypto';

import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

export { x509 };
