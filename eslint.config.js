import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const azureOnlyInAdapters = {
  patterns: [
    {
      group: ['@azure/*'],
      allowTypeImports: true,
      message: 'Azure SDKs are imported by src/lib/azure when first used, never by a command.',
    },
  ],
};

const oclifByItsParts = {
  paths: [
    {
      name: '@oclif/core',
      allowTypeImports: true,
      message: 'Import from src/lib/cli/oclif.ts: the index of oclif loads all of it at every start.',
    },
  ],
};

export default tseslint.config(
  {
    ignores: [
      'dist',
      'packages/*/dist',
      'coverage',
      'models',
      'test/vectors',
      'test/hardware',
      'test/fixtures',
      'tools',
      'templates',
    ],
  },
  js.configs.recommended,
  {
    files: ['packages/*/example/*.mjs'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-control-regex': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    },
  },
  {
    files: ['src/commands/**/*.ts', 'src/lib/parties/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', { ...azureOnlyInAdapters, ...oclifByItsParts }],
    },
  },
  {
    files: ['src/lib/cli/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', oclifByItsParts] },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        AbortController: 'readonly',
        globalThis: 'readonly',
      },
    },
  },
);
