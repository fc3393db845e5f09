// Pipeline files of three systems from one list of steps: policy from contract and images, lint, drift, set-up.

import { stringify } from 'yaml';

import { assertNever } from '../base/errors.js';

export type PipelineSystem = 'github' | 'gitlab' | 'azure-devops';

export interface PipelineFile {
  readonly name: string;
  readonly text: string;
  readonly executable: false;
}

interface PipelineStep {
  readonly name: string;
  readonly command: string;
}

/** Directory of the results, kept as artefacts whether the checks pass or not. */
export const RESULTS = 'cleanroom-results';

const CLEANROOM = 'npx --no-install cleanroom';

/** What each run does; every command ends with its own exit code and asks nothing. */
export const PIPELINE_STEPS: readonly PipelineStep[] = [
  {
    name: 'Recompute the policy from contract and images',
    command: `${CLEANROOM} policy generate -f contract.yaml --out ${RESULTS}/policy.rego --json > ${RESULTS}/generate.json`,
  },
  {
    name: 'Lint the policy',
    command: `${CLEANROOM} policy show ${RESULTS}/policy.rego --lint --json > ${RESULTS}/lint.json`,
  },
  {
    name: 'Compare with the policy of the parties',
    command: `${CLEANROOM} policy diff policy.rego ${RESULTS}/policy.rego --exit-code --json > ${RESULTS}/drift.json`,
  },
  {
    name: 'Verify that policy against contract and images',
    command: `${CLEANROOM} verify-policy -f contract.yaml --policy policy.rego --json > ${RESULTS}/verify-policy.json`,
  },
  {
    name: 'Check services, roles, keys and storage',
    command: `${CLEANROOM} doctor -f contract.yaml --json > ${RESULTS}/doctor.json`,
  },
];

const ABOUT = [
  'Written by cleanroom ci init: the checks of a clean room. Asks nothing.',
  'Exit codes: 0 in order, 3 bad input, 4 unsafe or drifted, 5 refused, 6 a service. Results are kept as artefacts.',
];

const LOGIN_BY_VARIABLES = [
  'Login: a service principal, by the variables AZURE_CLIENT_ID and AZURE_TENANT_ID and a federated credential for this',
  'pipeline; or, with the token step taken out, by the secret variable AZURE_CLIENT_SECRET.',
  'The profile ci in cleanroom.config.yaml has credential: { kind: default }.',
];

const LOGIN_BY_CONNECTION = [
  'Login: the service connection named cleanroom, of a service principal with federation or secret.',
  'The profile ci in cleanroom.config.yaml has credential: { kind: azure-cli }.',
];

/** The pipeline file of a system. */
export function renderPipeline(system: PipelineSystem): PipelineFile {
  switch (system) {
    case 'github':
      return file('.github/workflows/cleanroom.yml', LOGIN_BY_VARIABLES, githubWorkflow());
    case 'gitlab':
      return file('.gitlab-ci.yml', LOGIN_BY_VARIABLES, gitlabPipeline());
    case 'azure-devops':
      return file('azure-pipelines.yml', LOGIN_BY_CONNECTION, azurePipeline());
    default:
      return assertNever(system);
  }
}

function file(name: string, login: readonly string[], content: unknown): PipelineFile {
  const comment = [...ABOUT, ...login].map((line) => `# ${line}\n`).join('');
  return { name, text: `${comment}${stringify(content, { lineWidth: 0 })}`, executable: false };
}

function githubWorkflow(): unknown {
  return {
    name: 'cleanroom',
    on: { push: { branches: ['main'] }, pull_request: {}, schedule: [{ cron: '17 4 * * *' }] },
    permissions: { contents: 'read', 'id-token': 'write' },
    jobs: {
      cleanroom: {
        'runs-on': 'ubuntu-latest',
        'timeout-minutes': 30,
        env: {
          CLEANROOM_PROFILE: 'ci',
          AZURE_CLIENT_ID: '${{ vars.AZURE_CLIENT_ID }}',
          AZURE_TENANT_ID: '${{ vars.AZURE_TENANT_ID }}',
          AZURE_FEDERATED_TOKEN_FILE: '${{ github.workspace }}/.azure-token',
        },
        steps: [
          { uses: 'actions/checkout@v4', with: { 'persist-credentials': false } },
          { uses: 'actions/setup-node@v4', with: { 'node-version': '20' } },
          { run: 'npm ci --ignore-scripts' },
          {
            name: 'Token of this run, for the federated credential',
            run: 'umask 077\ncurl -sSf -H "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=api://AzureADTokenExchange" | node -e \'process.stdout.write(JSON.parse(require("fs").readFileSync(0, "utf8")).value)\' > .azure-token\n',
          },
          { run: `mkdir -p ${RESULTS}` },
          ...PIPELINE_STEPS.map(({ name, command }) => ({ name, run: command })),
          {
            if: 'always()',
            uses: 'actions/upload-artifact@v4',
            with: { name: RESULTS, path: RESULTS, 'if-no-files-found': 'ignore' },
          },
        ],
      },
    },
  };
}

function gitlabPipeline(): unknown {
  return {
    stages: ['cleanroom'],
    cleanroom: {
      stage: 'cleanroom',
      image: 'node:20',
      timeout: '30 minutes',
      variables: { CLEANROOM_PROFILE: 'ci', AZURE_FEDERATED_TOKEN_FILE: '$CI_PROJECT_DIR/.azure-token' },
      id_tokens: { CLEANROOM_ID_TOKEN: { aud: 'api://AzureADTokenExchange' } },
      before_script: [
        'npm ci --ignore-scripts',
        '(umask 077 && printf %s "$CLEANROOM_ID_TOKEN" > .azure-token)',
        `mkdir -p ${RESULTS}`,
      ],
      script: PIPELINE_STEPS.map(({ command }) => command),
      artifacts: { when: 'always', expire_in: '30 days', paths: [`${RESULTS}/`] },
    },
  };
}

function azurePipeline(): unknown {
  return {
    trigger: { branches: { include: ['main'] } },
    schedules: [{ cron: '17 4 * * *', displayName: 'drift', branches: { include: ['main'] }, always: true }],
    pool: { vmImage: 'ubuntu-latest' },
    variables: { CLEANROOM_PROFILE: 'ci' },
    steps: [
      { checkout: 'self', persistCredentials: false },
      { task: 'NodeTool@0', inputs: { versionSpec: '20.x' } },
      { script: 'npm ci --ignore-scripts' },
      { script: `mkdir -p ${RESULTS}` },
      ...PIPELINE_STEPS.map(({ name, command }) => ({
        task: 'AzureCLI@2',
        displayName: name,
        inputs: {
          azureSubscription: 'cleanroom',
          scriptType: 'bash',
          scriptLocation: 'inlineScript',
          inlineScript: command,
        },
      })),
      {
        task: 'PublishPipelineArtifact@1',
        condition: 'always()',
        inputs: { targetPath: RESULTS, artifact: RESULTS },
      },
    ],
  };
}
