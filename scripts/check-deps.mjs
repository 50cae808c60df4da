// `npm run check:deps`: what a user installs with castcall is on a list that people changed on
// purpose, and nothing runs at install time.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './program.mjs';

const read = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const manifest = read('package.json');
const { packages } = read('package-lock.json');
const allowed = new Set(read('scripts/allowed-packages.json'));

// For tests, and for users who want a store: they look whether their prebuilt binary fits, and
// compile nothing then.
const prebuilt = new Set(['@photostructure/sqlite', 'cbor-extract']);

const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
const installed =
  Object.entries(packages).filter(([path]) => path !== '').map(([path, entry]) => ({ name: nameOf(path), ...entry }));
const production = new Set(installed.filter((entry) => entry.dev !== true).map((entry) => entry.name));

const problems = [
  ...[...production].filter((name) => !allowed.has(name)).map(
    (name) => `${name} is not in scripts/allowed-packages.json`,
  ),
  ...[...allowed].filter((name) => !production.has(name)).map(
    (name) => `${name} is in scripts/allowed-packages.json, but nothing needs it`,
  ),
  ...installed.filter((entry) => entry.hasInstallScript && !(entry.dev === true && prebuilt.has(entry.name)))
    .map((entry) => `${entry.name} has an install script`),
  ...installed.filter((entry) => !entry.link && !entry.integrity).map(
    (entry) => `${entry.name} has no integrity in package-lock.json`,
  ),
  ...['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'].filter((name) => manifest.scripts[name]).map(
    (name) => `package.json has a script ${name}`,
  ),
  ...Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
    .map(([name, version]) => `${name} is not pinned exactly: ${version}`),
];

for (const problem of problems) console.error(`check:deps: ${problem}`);
console.log(
  `check:deps: ${production.size} production packages, ${installed.length} in all, ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
