// Variables that change what code runs or whom it talks to, and why. Whoever sets one steers the program, so a host must not.

import {
  anyValue,
  cloudAuthority,
  emptyOrFalse,
  goDebugOptions,
  javaOptions,
  localEndpoint,
  mallocTunables,
  measuredPaths,
  nodeOptions,
  sidecarArguments,
  tlsChecked,
  type ValueJudge,
} from './value-judgement.js';

export interface SteeringName {
  readonly name: string;
  /** What its value does, after "it": one clause. */
  readonly effect: string;
  /** Whether a fixed value is harmless. */
  readonly harmless: ValueJudge;
  /** A value that a host would give it. */
  readonly attack: string;
}

interface Group {
  readonly effect: string;
  readonly harmless: ValueJudge;
  readonly attack: string;
  readonly names: readonly string[];
}

const GROUPS: readonly Group[] = [
  {
    effect: 'names libraries that the loader runs in every process',
    harmless: measuredPaths,
    attack: '/tmp/x.so',
    names: ['LD_PRELOAD', 'LD_AUDIT'],
  },
  {
    effect: 'names directories that libraries and modules of the C library are loaded from',
    harmless: measuredPaths,
    attack: '/tmp/x',
    names: ['LD_LIBRARY_PATH', 'LD_ORIGIN_PATH', 'GCONV_PATH', 'LOCPATH', 'NLSPATH', 'GETCONF_DIR', 'TZDIR'],
  },
  {
    effect: 'changes the loader and the allocator of the C library',
    harmless: mallocTunables,
    attack: 'glibc.rtld.optional_static_tls=1',
    names: ['GLIBC_TUNABLES'],
  },
  {
    effect: 'has the C library or the loader write what it sees to a file',
    harmless: emptyOrFalse,
    attack: '/tmp/x',
    names: ['MALLOC_TRACE', 'LD_DEBUG_OUTPUT', 'LD_PROFILE_OUTPUT', 'SSLKEYLOGFILE', 'NODE_V8_COVERAGE'],
  },
  {
    effect: 'decides which program a name stands for',
    harmless: measuredPaths,
    attack: '/tmp/x:/bin',
    names: ['PATH'],
  },
  {
    effect: 'is run by a shell at its start',
    harmless: emptyOrFalse,
    attack: '/tmp/x.sh',
    names: ['BASH_ENV', 'ENV', 'PROMPT_COMMAND', 'SHELLOPTS', 'BASHOPTS', 'PS4', 'IFS', 'CDPATH', 'ZDOTDIR'],
  },
  {
    effect: 'is a function that a shell takes over from its environment',
    harmless: emptyOrFalse,
    attack: '() { x; }',
    names: ['BASH_FUNC_ls%%'],
  },
  {
    effect: 'gives options to Node.js, of which some load code and open a debugger',
    harmless: nodeOptions,
    attack: '--require=/tmp/x.js',
    names: ['NODE_OPTIONS'],
  },
  {
    effect: 'names code or data that Node.js loads',
    harmless: measuredPaths,
    attack: '/tmp/x.js',
    names: ['NODE_PATH', 'NODE_REPL_EXTERNAL_MODULE', 'NODE_ICU_DATA', 'NODE_COMPILE_CACHE'],
  },
  {
    effect: 'has Node.js write what it does where the host reads it',
    harmless: emptyOrFalse,
    attack: 'http,tls',
    names: ['NODE_DEBUG', 'NODE_DEBUG_NATIVE', 'NODE_REDIRECT_WARNINGS', 'NODE_REPL_HISTORY'],
  },
  {
    effect: 'switches certificate checks of Node.js off',
    harmless: tlsChecked,
    attack: '0',
    names: ['NODE_TLS_REJECT_UNAUTHORIZED'],
  },
  {
    effect: 'has Node.js send its requests through a proxy of the environment',
    harmless: emptyOrFalse,
    attack: '1',
    names: ['NODE_USE_ENV_PROXY'],
  },
  {
    effect: 'adds roots of trust to TLS connections',
    harmless: measuredPaths,
    attack: '/tmp/ca.pem',
    names: [
      ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'],
      ...['AWS_CA_BUNDLE', 'GIT_SSL_CAINFO', 'PIP_CERT', 'NPM_CONFIG_CAFILE', 'npm_config_cafile'],
      ...['DENO_CERT', 'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH', 'NIX_SSL_CERT_FILE'],
    ],
  },
  {
    effect: 'changes the roots of trust of Node.js to those of the system',
    harmless: anyValue,
    attack: '1',
    names: ['NODE_USE_SYSTEM_CA'],
  },
  {
    effect: 'names configuration and modules that OpenSSL loads',
    harmless: measuredPaths,
    attack: '/tmp/openssl.cnf',
    names: ['OPENSSL_CONF', 'OPENSSL_CONF_INCLUDE', 'OPENSSL_MODULES', 'OPENSSL_ENGINES'],
  },
  {
    effect: 'switches certificate checks off',
    harmless: emptyOrFalse,
    attack: '1',
    names: ['GIT_SSL_NO_VERIFY', 'PYTHONHTTPSVERIFY', 'CURL_INSECURE'],
  },
  {
    effect: 'names code that Python loads or runs',
    harmless: measuredPaths,
    attack: '/tmp/x',
    names: [
      ...['PYTHONPATH', 'PYTHONHOME', 'PYTHONSTARTUP', 'PYTHONUSERBASE', 'PYTHONPYCACHEPREFIX'],
      ...['PYTHONEXECUTABLE', 'PYTHONPLATLIBDIR'],
    ],
  },
  {
    effect: 'has Python call a function, or read commands when the program ends',
    harmless: emptyOrFalse,
    attack: 'os.system',
    names: ['PYTHONBREAKPOINT', 'PYTHONINSPECT'],
  },
  {
    effect: 'sets where packages are fetched from',
    harmless: emptyOrFalse,
    attack: 'https://203.0.113.1/',
    names: [
      ...['PIP_INDEX_URL', 'PIP_EXTRA_INDEX_URL', 'PIP_CONFIG_FILE', 'npm_config_registry'],
      ...['NPM_CONFIG_REGISTRY', 'GOPROXY', 'GOFLAGS', 'CARGO_HOME', 'UV_INDEX_URL'],
    ],
  },
  {
    effect: 'gives options to the Java machine, of which some load agents and open a debugger',
    harmless: javaOptions,
    attack: '-javaagent:/tmp/x.jar',
    names: ['JAVA_TOOL_OPTIONS', '_JAVA_OPTIONS', 'JDK_JAVA_OPTIONS', 'JAVA_OPTS', 'CATALINA_OPTS'],
  },
  {
    effect: 'names code that the Java machine or .NET loads',
    harmless: measuredPaths,
    attack: '/tmp/x',
    names: [
      ...['CLASSPATH', 'JAVA_HOME', 'DOTNET_STARTUP_HOOKS', 'DOTNET_ADDITIONAL_DEPS', 'DOTNET_SHARED_STORE'],
      ...['DOTNET_ROOT', 'CORECLR_PROFILER_PATH', 'COR_PROFILER_PATH'],
    ],
  },
  {
    effect: 'has .NET load a profiler or open a port for diagnosis',
    harmless: emptyOrFalse,
    attack: '1',
    names: ['CORECLR_ENABLE_PROFILING', 'COR_ENABLE_PROFILING', 'CORECLR_PROFILER', 'DOTNET_DiagnosticPorts'],
  },
  {
    effect: 'names code or options that an interpreter loads',
    harmless: measuredPaths,
    attack: '/tmp/x',
    names: [
      ...[
        'PERL5LIB',
        'RUBYLIB',
        'GEM_PATH',
        'GEM_HOME',
        'PHPRC',
        'PHP_INI_SCAN_DIR',
        'LUA_PATH',
        'LUA_CPATH',
      ],
      ...['R_PROFILE', 'R_PROFILE_USER', 'R_ENVIRON', 'ERL_LIBS', 'TCLLIBPATH', 'GUILE_LOAD_PATH'],
    ],
  },
  {
    effect: 'gives options to an interpreter, of which some run code',
    harmless: emptyOrFalse,
    attack: '-M/tmp/x',
    names: ['PERL5OPT', 'PERL5DB', 'RUBYOPT', 'LUA_INIT', 'ERL_FLAGS', 'ERL_ZFLAGS', 'PHP_VALUE'],
  },
  {
    effect: 'changes how Go resolves names and checks certificates',
    harmless: goDebugOptions,
    attack: 'x509ignoreCN=0',
    names: ['GODEBUG'],
  },
  {
    effect: 'has Go end with a dump of its memory',
    harmless: (value) => ['', 'none', 'single', 'all', '0', '1'].includes(value),
    attack: 'crash',
    names: ['GOTRACEBACK'],
  },
  {
    effect: 'sends connections through a proxy',
    harmless: emptyOrFalse,
    attack: 'http://203.0.113.1:3128',
    names: [
      ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'FTP_PROXY', 'WS_PROXY', 'WSS_PROXY'],
      ...['http_proxy', 'https_proxy', 'all_proxy', 'ftp_proxy', 'ws_proxy', 'wss_proxy'],
      ...[
        'npm_config_proxy',
        'npm_config_https_proxy',
        'GRPC_PROXY',
        'grpc_proxy',
        'GLOBAL_AGENT_HTTP_PROXY',
      ],
    ],
  },
  {
    effect: 'sets which connections bypass a proxy',
    harmless: anyValue,
    attack: '',
    names: ['NO_PROXY', 'no_proxy'],
  },
  {
    effect: 'changes how the C library finds the address of a name',
    harmless: emptyOrFalse,
    attack: '/tmp/hosts',
    names: ['HOSTALIASES', 'LOCALDOMAIN', 'RES_OPTIONS', 'RESOLV_HOST_CONF', 'NIS_PATH'],
  },
  {
    effect: 'sets which service signs the identity in',
    harmless: cloudAuthority,
    attack: 'https://203.0.113.1/',
    names: ['AZURE_AUTHORITY_HOST', 'AZURE_POD_IDENTITY_AUTHORITY_HOST', 'AAD_ENDPOINT'],
  },
  {
    effect: 'sets which service issues tokens of the managed identity',
    harmless: localEndpoint,
    attack: 'http://203.0.113.1/',
    names: [
      ...['IDENTITY_ENDPOINT', 'MSI_ENDPOINT', 'IMDS_ENDPOINT', 'AWS_EC2_METADATA_SERVICE_ENDPOINT'],
      ...['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'GCE_METADATA_HOST', 'AZURE_TOKEN_ENDPOINT'],
    ],
  },
  {
    effect: 'names the login that the program uses',
    harmless: measuredPaths,
    attack: '/tmp/token',
    names: [
      ...['AZURE_FEDERATED_TOKEN_FILE', 'AZURE_CLIENT_CERTIFICATE_PATH', 'AZURE_CONFIG_DIR', 'KUBECONFIG'],
      ...[
        'GOOGLE_APPLICATION_CREDENTIALS',
        'AWS_SHARED_CREDENTIALS_FILE',
        'DOCKER_CONFIG',
        'GIT_CONFIG_GLOBAL',
      ],
    ],
  },
  {
    effect: 'sets which API server or daemon the program obeys',
    harmless: localEndpoint,
    attack: '203.0.113.1',
    names: ['KUBERNETES_SERVICE_HOST', 'DOCKER_HOST', 'AWS_ENDPOINT_URL'],
  },
  {
    effect: 'sends what the program measures or logs elsewhere',
    harmless: localEndpoint,
    attack: 'http://203.0.113.1:4318',
    names: [
      ...[
        'OTEL_EXPORTER_OTLP_ENDPOINT',
        'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
        'SENTRY_DSN',
        'JAEGER_AGENT_HOST',
      ],
      ...['APPLICATIONINSIGHTS_CONNECTION_STRING', 'APPINSIGHTS_INSTRUMENTATIONKEY', 'DD_AGENT_HOST'],
    ],
  },
  {
    effect: 'sets where models are fetched from or read',
    harmless: measuredPaths,
    attack: 'https://203.0.113.1/',
    names: [
      ...[
        'HF_ENDPOINT',
        'HF_HOME',
        'HF_HUB_CACHE',
        'HUGGINGFACE_HUB_CACHE',
        'TRANSFORMERS_CACHE',
        'TORCH_HOME',
      ],
      ...['ORT_DYLIB_PATH', 'OLLAMA_HOST', 'OLLAMA_MODELS', 'SENTENCE_TRANSFORMERS_HOME'],
    ],
  },
  {
    effect: 'names the directory from which the room takes its own policy and certificates',
    harmless: emptyOrFalse,
    attack: '/tmp/x',
    names: [
      'UVM_SECURITY_CONTEXT_DIR',
      'UVM_SECURITY_POLICY',
      'UVM_REFERENCE_INFO',
      'UVM_HOST_AMD_CERTIFICATE',
    ],
  },
  {
    effect: 'configures Microsoft’s sidecar: whose certificates it takes and what it logs',
    harmless: sidecarArguments,
    attack: 'e30=',
    names: ['SkrSideCarArgs'],
  },
  {
    effect: 'sets which files the sidecar logs to, and how much',
    harmless: emptyOrFalse,
    attack: '/tmp/log',
    names: ['LogFile', 'LogLevel'],
  },
  {
    effect: 'is measured configuration of the room',
    harmless: anyValue,
    attack: '0',
    names: ['CLEANROOM_CONTRACT_DIGEST', 'CLEANROOM_CONTRACT_URL', 'CLEANROOM_TLS_ROOTS'],
  },
];

export const STEERING_NAMES: readonly SteeringName[] = GROUPS.flatMap(({ names, ...group }) =>
  names.map((name) => ({ name, ...group })),
);

const BY_NAME: ReadonlyMap<string, SteeringName> = new Map(
  STEERING_NAMES.map((entry) => [entry.name, entry]),
);

/** The entry of a variable's name, or null for a name that steers nothing as far as is known. */
export function steeringName(name: string): SteeringName | null {
  return (
    BY_NAME.get(name) ?? (name.startsWith('BASH_FUNC_') ? (BY_NAME.get('BASH_FUNC_ls%%') ?? null) : null)
  );
}
