// The `az` lines of each party: login, resource group, deployment, and what no template can do: activating the HSM, roles on
// its keys, applications across tenants.

import { type ScriptLine, type ScriptStep, variable, type Word } from './shell.js';
import { RELEASE_ROLE } from './built-in-roles.js';
import type { ResourceNames } from './names.js';
import type { Prerequisites } from './options.js';
import { OPERATOR } from './resources.js';
import { HOST } from './party-templates.js';

/** Files beside the script. */
export const TEMPLATE_FILE = 'main.json';
export const BICEP_FILE = 'main.bicep';
export const PARAMETERS_FILE = 'main.parameters.json';

/** The steps of a party, in the order in which they are run. */
export function describeSteps(options: Prerequisites, names: ResourceNames): readonly ScriptStep[] {
  const shared = [logIn(), deployTemplate(options)];
  return options.party === 'party-1'
    ? [
        ...shared,
        ...(options.keyWay === 'federated' ? [registerRoomApplication(options, names)] : []),
        hostProfile(options, names),
      ]
    : [
        ...shared,
        ...(options.keyService === 'managed-hsm' ? [activateHsm(names), letOperatorMakeKeys(names)] : []),
        ...letRoomRelease(options, names),
        dataOwnerProfile(options, names),
      ];
}

function logIn(): ScriptStep {
  return {
    title: 'Log in: set AZURE_TENANT_ID and AZURE_SUBSCRIPTION_ID first',
    lines: [
      {
        text: `command -v az > /dev/null || { echo 'this script needs the Azure CLI (az): install it, then run the script again' >&2; exit 1; }`,
      },
      { text: ': "${AZURE_TENANT_ID:?set it to the id of your tenant, then run the script again}"' },
      {
        text: ': "${AZURE_SUBSCRIPTION_ID:?set it to the id of your subscription, then run the script again}"',
      },
      {
        text: 'az account show --output none 2>/dev/null || az login --tenant "$AZURE_TENANT_ID" --output none',
      },
      { run: ['az', 'account', 'set', '--subscription', variable('AZURE_SUBSCRIPTION_ID')] },
      {
        text: 'OPERATOR_ID=${OPERATOR_ID:-$(az ad signed-in-user show --query id --output tsv)}',
      },
    ],
  };
}

function deployTemplate({ party, resourceGroup, location, blobWay }: Prerequisites): ScriptStep {
  const needsHost = party === 'party-2' && blobWay === 'role';
  return {
    title: `Make the resources in ${resourceGroup}`,
    lines: [
      ...(needsHost
        ? [{ text: ': "${HOST_OBJECT_ID:?object id, in this tenant, of the login that deploys the room}"' }]
        : []),
      {
        run: ['az', 'group', 'create', '--name', resourceGroup, '--location', location, '--output', 'none'],
      },
      {
        run: [
          ...[
            'az',
            'deployment',
            'group',
            'create',
            '--name',
            'cleanroom',
            '--resource-group',
            resourceGroup,
          ],
          ...['--template-file', TEMPLATE_FILE, '--parameters', `@${PARAMETERS_FILE}`],
          { expanded: `${OPERATOR}=\${OPERATOR_ID}` },
          ...(needsHost ? [{ expanded: `${HOST}=\${HOST_OBJECT_ID}` }] : []),
          ...['--output', 'none'],
        ],
      },
    ],
  };
}

/* Until its security domain has been downloaded, an HSM answers nothing. Two of the three keys open it again. */
function activateHsm({ keyService }: ResourceNames): ScriptStep {
  const shares = [1, 2, 3].map((number) => `${keyService}-share-${number}`);
  const certificates = shares.map((share): ScriptLine => ({
    text: `[ -e ${share}.cer ] || openssl req -newkey rsa:2048 -nodes -keyout ${share}.key -x509 -days 365 -subj /CN=${share} -out ${share}.cer`,
  }));
  return {
    title:
      'Activate the HSM: give each of the three .key files to another person, offline, and keep none here',
    lines: [
      { text: `if [ ! -e ${keyService}-security-domain.json ]; then` },
      { text: 'umask 077' },
      ...certificates,
      {
        run: [
          ...['az', 'keyvault', 'security-domain', 'download', '--hsm-name', keyService],
          ...['--sd-wrapping-keys', ...shares.map((share) => `${share}.cer`), '--sd-quorum', '2'],
          ...['--security-domain-file', `${keyService}-security-domain.json`],
        ],
      },
      { text: 'fi' },
    ],
  };
}

function letOperatorMakeKeys({ keyService }: ResourceNames): ScriptStep {
  return {
    title: 'Let the operator make keys',
    lines: [
      { text: HSM_ROLE_FUNCTION },
      hsmRole(keyService, 'Managed HSM Crypto User', variable('OPERATOR_ID'), '/keys'),
    ],
  };
}

const HSM_ROLE_FUNCTION = `hsm_role() { # hsm role object-id scope
  local held
  held=$(az keyvault role assignment list --hsm-name "$1" --role "$2" --assignee-object-id "$3" --scope "$4" --query 'length(@)' --output tsv)
  [ "$held" != 0 ] || az keyvault role assignment create --hsm-name "$1" --role "$2" --assignee-object-id "$3" --scope "$4" --output none
}`;

function hsmRole(hsm: string, role: string, principal: Word, scope: string): ScriptLine {
  return { run: ['hsm_role', hsm, role, principal, scope] };
}

/* The one right of a room: to ask for release, at its own keys. */
function letRoomRelease(options: Prerequisites, names: ResourceNames): readonly ScriptStep[] {
  const role = RELEASE_ROLE[options.keyService];
  const grants = options.datasets.map((dataset): ScriptLine =>
    options.keyService === 'managed-hsm'
      ? hsmRole(names.keyService, role, variable('RELEASE_ID'), `/keys/cleanroom-${dataset}`)
      : {
          run: [
            ...['az', 'role', 'assignment', 'create', '--role', role],
            ...[
              '--assignee-object-id',
              variable('RELEASE_ID'),
              '--assignee-principal-type',
              'ServicePrincipal',
            ],
            ...['--scope', { expanded: `\${VAULT_ID}/keys/cleanroom-${dataset}` }, '--output', 'none'],
          ],
        },
  );
  const vaultId: readonly ScriptLine[] =
    options.keyService === 'managed-hsm'
      ? []
      : [
          {
            set: 'VAULT_ID',
            from: ['az', 'keyvault', 'show', '--name', names.keyService, '--query', 'id', '--output', 'tsv'],
          },
        ];
  return [
    releasePrincipal(options, names),
    { title: 'Let the room ask for release of its keys, and nothing else', lines: [...vaultId, ...grants] },
  ];
}

function releasePrincipal({ keyWay }: Prerequisites, { prefix }: ResourceNames): ScriptStep {
  switch (keyWay) {
    case 'same-tenant':
      return {
        title: "Who asks: the room's identity, of this tenant",
        lines: [
          { text: 'RELEASE_ID=${ROOM_PRINCIPAL_ID:?principal id of the identity that rooms run under}' },
        ],
      };
    case 'federated':
      return {
        title: "Who asks: party I's room application, admitted to this tenant",
        lines: [
          { text: ': "${ROOM_APPLICATION_ID:?client id of the room application, from party I}"' },
          ...servicePrincipalOf('ROOM_APPLICATION_ID'),
        ],
      };
    case 'access-token': {
      const name = `${prefix}-release`;
      return {
        title: 'Who asks: a login of our own whose tokens we hand to party I, with no right but release',
        lines: [
          {
            set: 'RELEASE_APPLICATION_ID',
            from: [
              'az',
              'ad',
              'app',
              'create',
              '--display-name',
              name,
              '--sign-in-audience',
              'AzureADMyOrg',
              '--query',
              'appId',
              '--output',
              'tsv',
            ],
          },
          ...servicePrincipalOf('RELEASE_APPLICATION_ID'),
        ],
      };
    }
  }
}

/* An application of another tenant, or a new one, has no principal here until it is made. */
function servicePrincipalOf(application: string): readonly ScriptLine[] {
  const show = ['az', 'ad', 'sp', 'show', '--id'];
  return [
    {
      text: `az ad sp show --id "$${application}" --output none 2>/dev/null || az ad sp create --id "$${application}" --output none`,
    },
    { set: 'RELEASE_ID', from: [...show, variable(application), '--query', 'id', '--output', 'tsv'] },
  ];
}

/* A managed identity may stand in for an application of its own tenant only (AADSTS700236): so the application is ours, for
   several tenants, and party II admits it to theirs. */
function registerRoomApplication(
  { resourceGroup }: Prerequisites,
  { prefix, identity }: ResourceNames,
): ScriptStep {
  const credential =
    '{"name":"room","issuer":"https://login.microsoftonline.com/${AZURE_TENANT_ID}/v2.0","subject":"${ROOM_PRINCIPAL_ID}","audiences":["api://AzureADTokenExchange"]}';
  return {
    title: 'Register the room application, for which the identity of the rooms may stand in',
    lines: [
      {
        set: 'ROOM_PRINCIPAL_ID',
        from: [
          ...['az', 'identity', 'show', '--resource-group', resourceGroup, '--name', identity],
          ...['--query', 'principalId', '--output', 'tsv'],
        ],
      },
      {
        set: 'ROOM_APPLICATION_ID',
        from: [
          'az',
          'ad',
          'app',
          'create',
          '--display-name',
          `${prefix}-room`,
          '--sign-in-audience',
          'AzureADMultipleOrgs',
          '--query',
          'appId',
          '--output',
          'tsv',
        ],
      },
      {
        text: `held=$(az ad app federated-credential list --id "$ROOM_APPLICATION_ID" --query "[?name=='room'] | length(@)" --output tsv)`,
      },
      {
        text: `[ "$held" != 0 ] || az ad app federated-credential create --id "$ROOM_APPLICATION_ID" --parameters "${credential.replaceAll('"', '\\"')}" --output none`,
      },
      { text: 'echo "Give party II this client id, for init --release-login: $ROOM_APPLICATION_ID" >&2' },
    ],
  };
}

function hostProfile({ resourceGroup, location }: Prerequisites, names: ResourceNames): ScriptStep {
  return profileStep('contoso', [
    `resourceGroup: ${resourceGroup}`,
    `roomIdentity: /subscriptions/\${AZURE_SUBSCRIPTION_ID}/resourceGroups/${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${names.identity}`,
    `storageAccount: https://${names.storageAccount}.blob.core.windows.net`,
    `region: ${location}`,
  ]);
}

function dataOwnerProfile(
  { resourceGroup, location, keyService }: Prerequisites,
  names: ResourceNames,
): ScriptStep {
  const domain = keyService === 'managed-hsm' ? 'managedhsm.azure.net' : 'vault.azure.net';
  return profileStep('fabrikam', [
    `resourceGroup: ${resourceGroup}`,
    `vault: ${names.keyService}.${domain}`,
    `storageAccount: https://${names.storageAccount}.blob.core.windows.net`,
    `region: ${location}`,
  ]);
}

/* Never over a profile file that is there. */
function profileStep(party: string, members: readonly string[]): ScriptStep {
  const lines = [
    `default: ${party}`,
    'profiles:',
    `  ${party}:`,
    `    party: ${party}`,
    '    tenant: ${AZURE_TENANT_ID}',
    '    subscription: ${AZURE_SUBSCRIPTION_ID}',
    ...members.map((member) => `    ${member}`),
    '    credential: { kind: azure-cli }',
  ];
  return {
    title: 'Write cleanroom.config.yaml; put your own party name in it',
    lines: [
      { text: 'if [ ! -e cleanroom.config.yaml ]; then' },
      { text: `cat > cleanroom.config.yaml <<PROFILE\n${lines.join('\n')}\nPROFILE` },
      { text: 'fi' },
    ],
  };
}
