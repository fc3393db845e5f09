// Writes the generated files under templates/ and docs/. A test of each compares the file with what this makes.

import { mkdir, writeFile } from 'node:fs/promises';

import { renderBundleSchema } from './bundle-schema.js';
import { renderCommandsPage } from './commands-page.js';
import { renderContractSchema } from './contract-schema.js';
import { renderOperationsJson, renderOperationsPage } from './emulated-operations.js';
import { renderErrorsPage, renderExitCodesPage } from './errors-page.js';
import { renderPeersPage } from './peers-page.js';
import { renderResultSchemas } from './result-schemas.js';
import {
  renderChecksPage,
  renderLintPage,
  renderPolicyPage,
  renderRoomPage,
  renderStatementsPage,
} from './rules-pages.js';
import { renderSelfTestFile } from './self-test-file.js';
import { renderVerifyPage } from './verify-page.js';

await mkdir('dist', { recursive: true });
await writeFile('dist/result-schemas.json', renderResultSchemas());
await writeFile('templates/evidence-bundle.schema.json', renderBundleSchema());
await writeFile('templates/self-test.json', renderSelfTestFile());
await writeFile('templates/contract.schema.json', renderContractSchema());
await writeFile('docs/reference/commands.md', await renderCommandsPage());
await writeFile('docs/reference/errors.md', renderErrorsPage());
await writeFile('docs/reference/exit-codes.md', renderExitCodesPage());
await writeFile('docs/reference/emulated-operations.md', renderOperationsPage());
await writeFile('docs/reference/lint-findings.md', renderLintPage());
await writeFile('docs/security/checks.md', renderChecksPage());
await writeFile('docs/security/what-verify-checks.md', renderStatementsPage());
await writeFile('docs/reference/policy.md', renderPolicyPage());
await writeFile('docs/reference/room-api.md', renderRoomPage());
await writeFile('docs/reference/emulated-operations.json', renderOperationsJson());
await writeFile('docs/reference/peers.md', await renderPeersPage());
await mkdir('templates/web', { recursive: true });
await writeFile('templates/web/verify.html', await renderVerifyPage());
