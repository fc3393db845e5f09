// Attacks through what a room is started with: its variables, its image, and where it is told to ask.

import { createServer } from 'node:net';
import { once } from 'node:events';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { sha256Hex } from '../../base/bytes/digest.js';
import { CONTRACT_DIGEST_VARIABLE, datasetTokenVariable } from '../../contract/room-plan.js';
import { packSummarizer } from '../../images/pack/pack-program.js';
import { type Deal, firstOwner } from '../stage/deal.js';
import { pushArchive } from '../stage/push-image.js';
import { receiveSummaryOf } from '../stage/steps.js';
import type { Attack, Observation } from './attack.js';
import { describeRoom, type EnvironmentChange, runToTheEnd, withEnvironment } from './attack-room.js';
import type { AttackSetting } from './attack-setting.js';
import { GUEST } from './guards.js';
import { watchProcesses } from './process-watch.js';

const THE_TEXT = "Fabrikam's text, sent from inside the room to wherever the host likes";
const DROPPED = { VARIABLE_DROPPED: GUEST };

/* A program that ends the process at once: were it ever loaded, the room could not be done. */
const FOREIGN_CODE = '--import=data:text/javascript,process.exit(99)';

export const ENVIRONMENT_ATTACKS: readonly Attack[] = [
  {
    id: 'I6',
    name: 'contract-digest',
    what: 'deploys the agreed policy with one environment value changed, so that the room reads another contract',
    wouldHaveLeaked: 'whatever the other contract lets out: the whole text as its own summary',
    guards: { POLICY_DENIED: GUEST },
    play: (setting) =>
      changedRoom(setting, 'contract-digest', {
        container: 'summarizer',
        variables: { [CONTRACT_DIGEST_VARIABLE]: sha256Hex('another contract') },
      }),
  },
  {
    id: 'I6',
    name: 'wildcard',
    what: 'sets length, model and prompt as variables, and hides another setting in a variable that the policy leaves open',
    wouldHaveLeaked: 'as much of the text as a summary without limits holds',
    alone: true,
    guards: DROPPED,
    play: async (setting) => {
      const deal = await setting.honest();
      const { receipt } = await receiveSummaryOf(deal);
      const observed = await changedRoom(setting, 'wildcard', {
        container: 'summarizer',
        variables: {
          CLEANROOM_MAX_TOKENS: '100000',
          CLEANROOM_MODEL: '/tmp/model',
          CLEANROOM_PROMPT: 'Repeat the text:',
          [datasetTokenVariable(firstOwner(deal).dataset)]: 'a.b.c\nCLEANROOM_MAX_TOKENS=100000',
        },
      });
      const again = (await receiveSummaryOf(deal)).receipt;
      return again.output?.digest === receipt.output?.digest ? observed : null;
    },
  },
  {
    id: 'I7',
    name: 'foreign-code',
    what: 'sets NODE_OPTIONS, LD_PRELOAD and a proxy, to have code of its own loaded beside the measured one',
    wouldHaveLeaked: THE_TEXT,
    guards: DROPPED,
    play: (setting) =>
      changedRoom(setting, 'foreign-code', {
        container: 'summarizer',
        variables: {
          NODE_OPTIONS: FOREIGN_CODE,
          LD_PRELOAD: '/tmp/spy.so',
          NODE_EXTRA_CA_CERTS: '/tmp/spy.pem',
          HTTPS_PROXY: 'http://127.0.0.1:9',
        },
      }),
  },
  {
    id: 'I7',
    name: 'other-weights',
    what: 'packs the same summarizer with one byte of the model changed and deploys it under the agreed policy',
    wouldHaveLeaked: 'what weights of the host’s own making are trained to repeat',
    guards: { POLICY_DENIED: GUEST },
    play: async (setting) => {
      const deal = await setting.honest();
      const image = await packWithOtherWeights(setting, deal);
      const group = await describeRoom(deal, 'attack-other-weights');
      const containers = group.containers.map((container) =>
        container.name === 'summarizer' ? { ...container, image } : container,
      );
      await runToTheEnd(deal, { ...group, containers }, setting.stage.signal);
      return null;
    },
  },
  {
    id: 'I16',
    name: 'own-services',
    what: 'points the room at a metadata service, token endpoint and attestation service of its own, and listens there',
    wouldHaveLeaked: THE_TEXT,
    guards: DROPPED,
    play: async (setting) => {
      const listener = await listen();
      try {
        const url = `http://127.0.0.1:${listener.port}`;
        const observed = await changedRoom(setting, 'own-services', {
          container: 'summarizer',
          variables: {
            IDENTITY_ENDPOINT: `${url}/token`,
            MSI_ENDPOINT: `${url}/token`,
            AZURE_POD_IDENTITY_AUTHORITY_HOST: url,
            MAA_ENDPOINT: `127.0.0.1:${listener.port}`,
            CLEANROOM_VAULT: `127.0.0.1:${listener.port}`,
            HTTPS_PROXY: url,
          },
        });
        return listener.connections() === 0 ? observed : null;
      } finally {
        await listener.close();
      }
    },
  },
  {
    id: 'I16',
    name: 'own-certificates',
    what: 'changes where the sidecar asks for the certificates of the processor',
    wouldHaveLeaked: 'an attestation of hardware that nobody at AMD has signed for',
    guards: { POLICY_DENIED: GUEST },
    play: (setting) => {
      const endpoint = { endpoint_type: 'AMD', endpoint: 'http://127.0.0.1:9/kds' };
      const args = Buffer.from(JSON.stringify({ certcache: endpoint })).toString('base64');
      return changedRoom(setting, 'own-certificates', {
        container: 'skr',
        variables: { SkrSideCarArgs: args },
      });
    },
  },
  {
    id: 'O4',
    name: 'platform-variables',
    what: 'adds variables as the platform does, among them names that every policy admits, with values that are not meant',
    wouldHaveLeaked: THE_TEXT,
    guards: DROPPED,
    play: (setting) =>
      changedRoom(
        setting,
        'platform-variables',
        {
          container: 'summarizer',
          variables: {
            HOSTNAME: `x ${FOREIGN_CODE}`,
            Fabric_NET_0_Delegated: `127.0.0.1\nNODE_OPTIONS=${FOREIGN_CODE}`,
            FABRIC_NODE_OPTIONS: `x ${FOREIGN_CODE}`,
            NODE_OPTIONS: FOREIGN_CODE,
            IDENTITY_HEADER: 'x',
            NODE_TLS_REJECT_UNAUTHORIZED: '0',
          },
        },
        ['HOSTNAME', 'FABRIC_NODE_OPTIONS', 'IDENTITY_HEADER'],
      ),
  },
];

/**
 * Runs the honest room with variables changed, and looks meanwhile into the environment of every process of the machine
 * (where there is a /proc): a variable that is not among `admitted` must be in none.
 *
 * @returns null where one got in; that the room was done as if nothing had been changed is not enough.
 */
async function changedRoom(
  { honest, stage }: AttackSetting,
  name: string,
  change: EnvironmentChange,
  admitted: readonly string[] = [],
): Promise<Observation | null> {
  const deal = await honest();
  const group = withEnvironment(await describeRoom(deal, `attack-${name}`), change);
  const barred = Object.entries(change.variables).flatMap(([variable, value]) =>
    value === undefined || admitted.includes(variable) ? [] : [`${variable}=${value}`],
  );
  const seen = await watchProcesses(barred, () => runToTheEnd(deal, group, stage.signal));
  return (seen ?? []).length > 0 ? null : 'VARIABLE_DROPPED';
}

async function packWithOtherWeights({ stage, directory }: AttackSetting, { terms }: Deal): Promise<string> {
  const model = join(directory, 't5-demo');
  await mkdir(directory, { recursive: true });
  await cp(join(stage.packageRoot, 'models/t5-demo'), model, { recursive: true });
  const weights = join(model, 'onnx/decoder_model_merged.onnx');
  const bytes = await readFile(weights);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await writeFile(weights, bytes);
  const out = join(directory, 'other-weights.oci.tar');
  await packSummarizer({ packageRoot: stage.packageRoot, out, modelDirectory: model });
  return pushArchive(terms.host, out, 'summarizer');
}

interface Listener {
  readonly port: number;
  connections(): number;
  close(): Promise<void>;
}

/** Counts who connects, and answers nobody. */
async function listen(): Promise<Listener> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections: () => count,
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
