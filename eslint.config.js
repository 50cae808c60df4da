// What the compiler cannot see and the layer test does not check. Layers, raw clocks and sizes: test/layers.
import tseslint from 'typescript-eslint';

const noTopLevelAwait = {
  selector: 'Program > ExpressionStatement > AwaitExpression, Program > VariableDeclaration > VariableDeclarator > AwaitExpression',
  message: 'Top-level await in the library breaks require() of it.',
};

/** Columns of a line. */
const WIDTH = 120;

/**
 * A line is at most 120 columns wide, unless one text on it (a title, a message, a regular expression) leaves it no
 * choice: without its longest text it has to fit with room to spare.
 */
const width = {
  meta: { type: 'layout', schema: [], messages: { wide: '{{ width }} columns, at most {{ most }}: break the line.' } },
  create: ({ sourceCode, report }) => ({
    'Program:exit'() {
      const longest = new Map();
      const note = ({ loc: { start, end } }) => {
        for (let line = start.line; line <= end.line; line++) {
          const from = line === start.line ? start.column : 0;
          const to = line === end.line ? end.column : sourceCode.lines[line - 1].length;
          longest.set(line, Math.max(longest.get(line) ?? 0, to - from));
        }
      };
      for (const token of sourceCode.ast.tokens) if (TEXTS.has(token.type)) note(token);
      for (const comment of sourceCode.getAllComments()) if (comment.value.includes('@example')) note(comment);
      sourceCode.lines.forEach((text, at) => {
        if (text.length <= WIDTH || text.length - (longest.get(at + 1) ?? 0) <= WIDTH - 40) return;
        report({
          loc: { start: { line: at + 1, column: WIDTH }, end: { line: at + 1, column: text.length } },
          messageId: 'wide', data: { width: text.length, most: WIDTH },
        });
      });
    },
  }),
};
const TEXTS = new Set(['String', 'Template', 'RegularExpression']);
const house = { rules: { width } };

/** What every file keeps, program or script. */
const layout = { 'house/width': 'error', 'no-duplicate-imports': ['error', { allowSeparateTypeImports: true }] };

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', '.build/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { ecmaVersion: 2024, sourceType: 'module' },
    plugins: { house },
    rules: {
      ...layout,
      eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin, house },
    rules: {
      ...layout,

      // Promises: the rules that matter for an actor library.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      'no-async-promise-executor': 'error',

      // Imports say what exists at run time.
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',

      // Mistakes.
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/no-for-in-array': 'error',
      '@typescript-eslint/no-array-delete': 'error',
      '@typescript-eslint/no-implied-eval': 'error',
      '@typescript-eslint/no-base-to-string': 'error',
      '@typescript-eslint/require-array-sort-compare': ['error', { ignoreStringArrays: true }],
      '@typescript-eslint/no-unused-vars': ['error', { args: 'none', caughtErrors: 'none', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-non-null-asserted-optional-chain': 'error',
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
      'no-constant-condition': ['error', { checkLoops: false }],
      'no-self-compare': 'error',
      'no-unsafe-finally': 'error',
      'no-fallthrough': 'error',
      'no-debugger': 'error',
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingAny: true, allowThrowingUnknown: true }],
      '@typescript-eslint/explicit-module-boundary-types': 'off',   // isolatedDeclarations asks for more than this rule
      'no-restricted-syntax': [
        'error',
        noTopLevelAwait,
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only: a name that every importer shares can be searched.' },
        { selector: 'TSEnumDeclaration', message: 'Use a constant object with `as const`.' },
        { selector: 'TSModuleDeclaration:not([global=true])', message: 'A file is the namespace.' },
        { selector: 'TSNonNullExpression > TSNonNullExpression', message: 'One assertion is one too many already.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'vi', property: 'mock', message: 'Tests do not mock modules: give the part its port.' },
        { object: 'it', property: 'only', message: 'Left over from debugging.' },
        { object: 'test', property: 'only', message: 'Left over from debugging.' },
        { object: 'describe', property: 'only', message: 'Left over from debugging.' },
      ],
    },
  },
  {
    // An async generator as a handler, and a promise handed to a void callback on purpose, are
    // everyday code in programs.
    files: ['test/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts'],
    rules: { '@typescript-eslint/no-base-to-string': 'off' },
  },
);
