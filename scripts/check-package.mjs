// `npm run check:package`: packs the package as npm would publish it and uses it as a stranger does.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { root } from './program.mjs';

const packagesMax = 20;
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/**
 * The oldest that README names (before 5.7 types are inferred otherwise), the one that castcall is made with, and the
 * newest.
 */
const compilers = ['5.4.5', manifest.devDependencies.typescript, '7.0.2'];
const subpaths = Object.keys(manifest.exports).filter((key) => key !== './package.json').map(
  (key) => key.replace(/^\./, manifest.name),
);
/** `import … from '../../src/…'` of a test of types, as a stranger writes it. */
const asStranger = (text) => Object.entries(manifest.exports).reduce((now, [path, { default: built }]) => (
  built === undefined
    ? now
    : now.replaceAll(`'${built.replace('./dist/', '../../src/')}'`, `'${path.replace(/^\./, manifest.name)}'`)
), text);
const bin = (name) => join(root, 'node_modules', '.bin', name);
const scratch = mkdtempSync(join(tmpdir(), 'castcall-package-'));
const failures = [];

function run(command, args, cwd = root) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function step(name, action) {
  const startedAt = performance.now();
  try {
    const note = action();
    console.log(`check:package: ok   ${name}${note
      ? `: ${note}`
      : ''} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failures.push(name);
    console.error(
      `check:package: FAIL ${name}\n${[error.message, error.stdout, error.stderr].filter(Boolean).join('\n')}`,
    );
  }
}

/** A path of the tarball under a file or folder of package.json's `files`. */
function within(path, entry) {
  return path === entry || path.startsWith(`${entry}/`);
}

/** Where a page links to inside of the package, without anchors. */
function linksOf(page) {
  const text = page.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g)].map((match) => match[1]).filter(
    (link) => !/^[a-z]+:/i.test(link),
  );
}

/**
 * The type tests, as programs of a stranger: `src` is the package, and expectTypeOf of vitest, whose types want a new
 * compiler, is four lines.
 */
function writeProgram(project) {
  const tests = readdirSync(join(root, 'test/api')).filter((file) => file.endsWith('.test-d.ts'));
  for (const file of tests) {
    const text = readFileSync(join(root, 'test/api', file), 'utf8');
    writeFileSync(join(project, file), asStranger(text).replace("'vitest'", "'./expect.js'"));
  }
  writeFileSync(join(project, 'expect.ts'), [
    'type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;',
    'type Wrong<A, B> = Same<A, B> extends true ? [] : [wrong: { is: A; not: B }];',
    'export declare function expectTypeOf<A>(value: A): { toEqualTypeOf<B>(...wrong: Wrong<A, B>): void };',
    'export declare function test(name: string, body: () => unknown): void;',
  ].join('\n'));
  writeFileSync(
    join(project, 'doors.ts'), subpaths.map((subpath, at) => `export * as door${at} from '${subpath}';`).join('\n'),
  );
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({
    compilerOptions: {
      strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true,
      target: 'es2022', module: 'nodenext', lib: ['es2022', 'esnext.disposable'], types: ['node'],
    },
    files: [...tests, 'doors.ts'],
  }));
  return tests.length;
}

/** False when the registry cannot be reached. */
function installed(wanted) {
  try {
    run('npm', [
      'install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--prefer-offline', '--fetch-retries=1',
      ...wanted,
    ], project);
    return true;
  } catch (error) {
    if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOTCACHED|ECONNRESET/.test(`${error.stdout}${error.stderr}`)) {
      return false;
    }
    throw error;
  }
}

function must(condition, message) {
  if (!condition) throw new Error(message);
}

let tarball = '';
const project = join(scratch, 'project');
try {
  step('build', () => {
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
  });
  step('pack', () => {
    const [packed] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch]));
    tarball = join(scratch, packed.filename);
    const paths = new Set(packed.files.map((file) => file.path));
    const missing = manifest.files.filter((entry) => ![...paths].some((path) => within(path, entry)));
    must(missing.length === 0, `not in the tarball: ${missing.join(', ')}`);
    const strange =
      [...paths].filter((path) => path !== 'package.json' && !manifest.files.some((entry) => within(path, entry)));
    must(strange.length === 0, `should not be in the tarball: ${strange.join(', ')}`);
    return `${paths.size} files, ${(packed.size / 1024).toFixed(0)} KB`;
  });
  step('links', () => {
    const paths = run('tar', ['-tzf', tarball]).trim().split('\n').map((path) => path.replace(/^package\//, ''));
    const has = (path) => paths.some((one) => within(one, path));
    const pages = paths.filter((path) => path.endsWith('.md'));
    const broken = pages.flatMap((page) => linksOf(readFileSync(join(root, page), 'utf8'))
      .map((link) => posix.normalize(posix.join(posix.dirname(page), link)).replace(/\/$/, ''))
      .filter((path) => !has(path)).map((path) => `${page} -> ${path}`));
    must(broken.length === 0, `linked, but not in the tarball: ${broken.join(', ')}`);
    return `${pages.length} pages`;
  });
  step('version', () => {
    const latest = /^## (\S+)/m.exec(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'))?.[1];
    must(latest === manifest.version, `package.json says ${manifest.version}, CHANGELOG.md begins with ${latest}`);
    return manifest.version;
  });
  step('publint', () => { run(bin('publint'), ['run', tarball, '--strict']); });
  step('types', () => { run(bin('attw'), [tarball, '--profile', 'esm-only']); });
  step('install', () => {
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), JSON.stringify(
      { name: 'stranger', version: '1.0.0', private: true, type: 'module' },
    ));
    run(
      'npm', ['install', '--engine-strict', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', tarball],
      project,
    );
    const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'));
    const entries = Object.entries(lock.packages).filter(([path]) => path !== '' && existsSync(join(project, path)));
    const scripts = entries.filter(([, entry]) => entry.hasInstallScript).map(([path]) => path);
    must(entries.length <= packagesMax, `installs ${entries.length} packages, at most ${packagesMax}`);
    must(scripts.length === 0, `install scripts: ${scripts.join(', ')}`);
    return `${entries.length} packages`;
  });
  for (const subpath of subpaths) {
    const names = `if (Object.keys(m).length === 0) throw new Error('exports nothing')`;
    step(`import ${subpath}`, () => {
      run(process.execPath, ['--input-type=module', '-e', `const m = await import('${subpath}'); ${names}`], project);
    });
    step(`require ${subpath}`, () => {
      run(process.execPath, ['--input-type=commonjs', '-e', `const m = require('${subpath}'); ${names}`], project);
    });
  }
  const node = `@types/node@${manifest.devDependencies['@types/node']}`;
  step('the type tests, as a program of a stranger', () => `${writeProgram(project)} files`);
  for (const version of compilers) {
    step(`TypeScript ${version}`, () => {
      if (!installed([`typescript@${version}`, node])) return 'SKIPPED, NOT CHECKED: the registry cannot be reached';
      run(process.execPath, [join(project, 'node_modules/typescript/bin/tsc'), '-p', '.'], project);
    });
  }
  step('ends by itself', () => {
    run('timeout', [
      '5', process.execPath, '--input-type=module', '-e', subpaths.map((subpath) => `import '${subpath}';`).join(''),
    ], project);
  });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`check:package: ${failures.length === 0 ? 'ok' : `failed: ${failures.join(', ')}`}`);
process.exitCode = failures.length === 0 ? 0 : 1;
