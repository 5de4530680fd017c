import {defineConfig, globalIgnores} from 'eslint/config';
import tseslint from 'typescript-eslint';

// The doors: what only the rooms named below may touch, so that every other file can be tested without it.
const closedGlobals = ['process', 'setTimeout', 'setInterval', 'setImmediate', 'fetch'].map((name) => ({
  name,
  message: 'Take it from a port (Clock, Environment, ModelClient): see docs/architecture.md, "Doors".',
}));
const closedProperties = [
  {object: 'Date', property: 'now', message: 'Use the injected Clock.'},
  {object: 'Math', property: 'random', message: 'Use the injected Random.'},
  {object: 'performance', property: 'now', message: 'Use the injected Clock.'},
];
const closedImports = ['node:process', 'node:timers', 'node:timers/promises'];

export default defineConfig(
  globalIgnores(['dist', 'results', 'node_modules', 'test/fixtures']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {parserOptions: {projectService: true}},
    linterOptions: {reportUnusedDisableDirectives: 'error'},
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', {considerDefaultExhaustiveForUnions: true}],
      // Numbers in messages read well and cannot surprise.
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true}],
      // `void` arrow bodies keep short callbacks short.
      '@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
      'max-lines': ['error', {max: 300, skipBlankLines: true, skipComments: true}],
      'max-lines-per-function': ['error', {max: 60, skipBlankLines: true, skipComments: true}],
      'max-params': ['error', 4],
      complexity: ['error', 12],
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/runtime/**', 'src/cli/**'],
    rules: {
      'no-restricted-globals': ['error', ...closedGlobals],
      'no-restricted-properties': ['error', ...closedProperties],
      'no-restricted-imports': ['error', {paths: closedImports}],
    },
  },
  {
    // Tests read as tables and stories: a long describe is a list, not a function that does too much.
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
