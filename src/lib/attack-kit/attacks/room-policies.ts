// Attacks by the policy of the room: another one, one that looks the same, or one that opens a door.

import { execIntoContainer } from './send-groups.js';
import { renderAllowAll } from '../../cce-policy/text/render-allow-all.js';
import { toBase64 } from '../../base/bytes/base64.js';
import { sha256Hex } from '../../base/bytes/digest.js';
import { utf8 } from '../../base/bytes/arrays.js';
import { contractPolicyContent } from '../../cce-policy/generate/contract-policy.js';
import type { PolicyContent } from '../../cce-policy/policy-document.js';
import { DEBUG_EXEC_PROCESSES, DEBUG_FLAGS } from '../../cce-policy/text/defaults.js';
import { renderPolicy } from '../../cce-policy/text/render-policy.js';
import { DEFAULT_TEXT_PROFILE } from '../../cce-policy/text/text-profile.js';
import type { Environment } from '../../ports/environment.js';
import { connectionOf } from '../stage/connection-of.js';
import { CleanroomError } from '../../base/errors.js';
import type { ContainerGroupDescription, GroupVariable } from '../../ports/container-group.js';
import { CONTRACT_DIGEST_VARIABLE } from '../../contract/room-plan.js';
import type { Deal } from '../stage/deal.js';
import type { RecomputedPolicy } from '../../parties/deploy-room.js';
import type { Attack } from './attack.js';
import { describeRoom, runToTheEnd } from './attack-room.js';
import { GUEST, HSM_RELEASE, ROOM_POLICY } from './guards.js';
import type { AttackSetting } from './attack-setting.js';
import { keyTarget } from './key-access.js';
import { groupLocation, pushProgram, removeGroup, waitForExit } from './plain-group.js';

const THE_TEXT_INSIDE = "Fabrikam's text, in clear inside a room that the host can look into";
const OTHER_HASH = { KEY_RELEASE_DENIED: HSM_RELEASE };

export const POLICY_ATTACKS: readonly Attack[] = [
  policyAttack({
    id: 'I4',
    name: 'debug-mode',
    what: 'deploys a room in debug mode: logs, stack dumps and runtime logging allowed',
    wouldHaveLeaked: THE_TEXT_INSIDE,
    guards: OTHER_HASH,
    policy: (deal) => changedContent(deal, (content) => ({ ...content, flags: DEBUG_FLAGS })),
  }),
  policyAttack({
    id: 'I4',
    name: 'allow-all',
    what: 'deploys the room under a policy that allows everything',
    wouldHaveLeaked: THE_TEXT_INSIDE,
    guards: { ROOM_POLICY_MISMATCH: ROOM_POLICY },
    policy: () => policyOf(renderAllowAll()),
  }),
  {
    id: 'I4',
    name: 'own-program',
    what: 'runs a program of its own beside the genuine sidecar, under a policy that allows everything, and asks for the key',
    wouldHaveLeaked: "the private half of Fabrikam's key, in the host's own program",
    guards: { KEY_RELEASE_DENIED: HSM_RELEASE },
    play: askForKeyWithOwnProgram,
  },
  policyAttack({
    id: 'I4',
    name: 'exec-enabled',
    what: 'deploys a room whose policy allows a shell in every container',
    wouldHaveLeaked: THE_TEXT_INSIDE,
    guards: OTHER_HASH,
    policy: (deal) =>
      changedContent(deal, (content) => ({
        ...content,
        containers: content.containers.map((rule) => ({ ...rule, exec_processes: DEBUG_EXEC_PROCESSES })),
      })),
  }),
  {
    id: 'I4',
    name: 'exec-into-room',
    what: 'asks Azure for a shell in the room that has read the text',
    wouldHaveLeaked: THE_TEXT_INSIDE,
    guards: { SERVICE_FORBIDDEN: GUEST },
    play: async ({ honest }) => {
      const { terms, parsed } = await honest();
      const target = { group: parsed.contract.name, container: 'summarizer' };
      await execIntoContainer(await connectionOf(terms.host), groupLocation(terms.host), target);
      return null;
    },
  },
  policyAttack({
    id: 'I5',
    name: 'line-break',
    what: 'deploys the agreed policy with one line break more at its end',
    wouldHaveLeaked: 'nothing by itself; but a hash that ignores it would ignore more',
    guards: OTHER_HASH,
    policy: ({ policy }) => policyOf(`${policy.text}\n`),
  }),
  policyAttack({
    id: 'I5',
    name: 'order',
    what: 'deploys the agreed policy with its containers in another order',
    wouldHaveLeaked: 'nothing by itself; but a hash that ignores it would ignore more',
    guards: OTHER_HASH,
    policy: (deal) =>
      changedContent(deal, (content) => ({ ...content, containers: content.containers.toReversed() })),
  }),
  policyAttack({
    id: 'I5',
    name: 'fragment',
    what: 'deploys the agreed policy with one more fragment, signed by the host',
    wouldHaveLeaked: "Fabrikam's text, to a container that the host adds later",
    guards: OTHER_HASH,
    policy: (deal) =>
      changedContent(deal, (content) => ({
        ...content,
        fragments: content.fragments.flatMap((fragment) => [fragment, { ...fragment, feed: 'contoso/own' }]),
      })),
  }),
  policyAttack({
    id: 'I5',
    name: 'pattern',
    what: 'deploys the agreed policy with the contract digest as a pattern that any contract meets',
    wouldHaveLeaked: "Fabrikam's text, under a contract with other limits and recipients",
    guards: { ROOM_POLICY_MISMATCH: ROOM_POLICY },
    policy: (deal) => changedContent(deal, loosenContractRule),
  }),
];

type PolicyAttack = Omit<Attack, 'play'> & { readonly policy: (deal: Deal) => RecomputedPolicy };

/** A room that is honest but for its policy. */
function policyAttack({ policy, ...attack }: PolicyAttack): Attack {
  return {
    ...attack,
    play: async ({ honest, stage }) => {
      const deal = await honest();
      const group = await describeRoom(deal, `attack-${attack.name}`, policy(deal));
      await runToTheEnd(deal, group, stage.signal);
      return null;
    },
  };
}

function changedContent(deal: Deal, change: (content: PolicyContent) => PolicyContent): RecomputedPolicy {
  return renderPolicy(change(contractPolicyContent(deal)), {
    profile: DEFAULT_TEXT_PROFILE,
    layout: 'compact',
  });
}

function policyOf(text: string): RecomputedPolicy {
  return { text, base64: toBase64(utf8(text)), hash: sha256Hex(text) };
}

function loosenContractRule(content: PolicyContent): PolicyContent {
  const pattern = `^${CONTRACT_DIGEST_VARIABLE}=.*$`;
  return {
    ...content,
    containers: content.containers.map((rule) => ({
      ...rule,
      env_rules: rule.env_rules.map((variable) =>
        variable.pattern.startsWith(`${CONTRACT_DIGEST_VARIABLE}=`)
          ? { ...variable, pattern, strategy: 're2' as const }
          : variable,
      ),
    })),
  };
}

/** A real room, attested for what it is: its report is genuine, and its HOST_DATA is that of another policy. */
async function askForKeyWithOwnProgram(setting: AttackSetting): Promise<null> {
  const deal = await setting.honest();
  const { host } = deal.terms;
  const { vault, name, version } = await keyTarget(deal);
  const image = await pushProgram(setting, host, ASK_SIDECAR);
  const request = {
    maa_endpoint: new URL(deal.parsed.contract.attestation.authorities[0] ?? '').host,
    akv_endpoint: vault,
    kid: `${name}/${version}`,
  };
  const group = await describeRoom(deal, 'attack-own-program', policyOf(renderAllowAll()));
  const containers = group.containers.map((container) =>
    container.name === 'summarizer'
      ? { ...container, image, environment: [variable('REQUEST', JSON.stringify(request))] }
      : container,
  );
  const said = await readOutputOf(host, { ...group, containers }, setting.stage.signal);
  if (/^status 200$/m.test(said)) return null;
  if (/key release policy/i.test(said)) throw new CleanroomError('KEY_RELEASE_DENIED', 'the HSM refused');
  throw new CleanroomError('SERVICE_REFUSED', 'the sidecar refused for another reason');
}

async function readOutputOf(
  host: Environment,
  group: ContainerGroupDescription,
  signal: AbortSignal,
): Promise<string> {
  const rooms = await host.services.rooms();
  try {
    await rooms.apply(group, { signal });
    await waitForExit(rooms, { group: group.name, container: 'summarizer' }, signal);
    return await rooms.logs(group.name, 'summarizer', null);
  } finally {
    await removeGroup(host, group.name);
  }
}

function variable(name: string, value: string): GroupVariable {
  return { name, value, secure: false };
}

/* The attacker's program: waits for the sidecar, asks it for the key, writes down what it says. */
const ASK_SIDECAR = `
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
const ask = () => new Promise((done) => request({ host: 'localhost', port: 8080, path: '/key/release', method: 'POST', headers: { 'content-type': 'application/json' } }, (answer) => {
  let all = ''; answer.on('data', (c) => all += c).on('end', () => done({ status: answer.statusCode, all }));
}).on('error', () => done(null)).end(process.env.REQUEST));
for (let tries = 0; tries < 200; tries++) {
  const answer = await ask();
  if (answer === null) { await sleep(100); continue; }
  console.log('status ' + answer.status);
  console.log(answer.all.slice(0, 2000));
  break;
}
`;
