// `npm run try:integrations`: packs the package and uses it beside what people build servers with: Fastify, Hono,
// Express, vitest, tsx, and in bundles of esbuild. Needs the registry; where that cannot be reached it says so and
// tries nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './program.mjs';

const pins = {
  '@hono/node-server': '2.1.9', esbuild: '0.28.2', express: '5.3.0', fastify: '5.12.8',
  hono: '4.13.19', tsx: '4.23.15', vitest: '4.1.11',
};
const LIMIT_MS = 60_000;
const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|network/i;
const scratch = mkdtempSync(join(tmpdir(), 'castcall-integrations-'));
const failures = [];

const run = (command, args, cwd) => execFileSync(command, args, {
  cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS,
  env: { ...process.env, NODE_ENV: 'production' },
});

function step(name, action) {
  try {
    const note = action();
    console.log(`try:integrations: ok   ${name}${note ? `: ${note}` : ''}`);
  } catch (error) {
    failures.push(name);
    console.error(
      `try:integrations: FAIL ${name}\n${[error.message, error.stdout, error.stderr].filter(Boolean).join('\n')}`,
    );
  }
}

function expectText(actual, expected) {
  if (actual.trim() !== expected) throw new Error(`expected '${expected}', got '${actual.trim()}'`);
}

const AGENT = `
import { createSystem, defineAgent } from 'castcall';
export const system = createSystem({ name: 'web' });
const Counter = defineAgent({ name: 'counter', init: () => 0, calls: { add(self, n) { return (self.state += n); } } });
export const counter = system.start(Counter);
export const add = (n) => system.breaker('counter').run(() => counter.call('add', n));
/** Asks the server twice at once, closes it, and stops the system: then nothing keeps the program alive. */
export async function ask(port, close) {
  const answers = await Promise.all(
    [1, 2].map(async () => (await fetch('http://127.0.0.1:' + port + '/add/20')).json()),
  );
  await close();
  await system.stop();
  console.log(answers.map(({ count }) => count).sort().join(), globalThis.require === undefined);
}
`;
const servers = {
  fastify: `
import Fastify from 'fastify';
import { add, ask } from './agent.mjs';
const app = Fastify();
app.get('/add/:n', async (request) => ({ count: await add(Number(request.params.n)) }));
await app.listen({ port: 0, host: '127.0.0.1' });
await ask(app.server.address().port, () => app.close());
`,
  hono: `
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { add, ask } from './agent.mjs';
const app = new Hono();
app.get('/add/:n', async (c) => c.json({ count: await add(Number(c.req.param('n'))) }));
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => void ask(
  port, () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
));
`,
  express: `
import express from 'express';
import { add, ask } from './agent.mjs';
const app = express();
app.get('/add/:n', async (request, response) => { response.json({ count: await add(Number(request.params.n)) }); });
const server = app.listen(0, '127.0.0.1', () => void ask(
  server.address().port, () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
));
`,
};
const SCRIPT = `
import { createSystem, defineAgent, type AgentRef } from 'castcall';
const system = createSystem({ name: 'typed' });
const Greeter = defineAgent({ calls: { greet: (_self, name: string): string => 'hello ' + name } });
const ref: AgentRef<typeof Greeter> = system.start(Greeter);
console.log(await system.breaker('greeter').run(() => ref.call('greet', 'tsx')));
await system.stop();
`;
const BREAKER = `
import { createSystem } from 'castcall';
const system = createSystem({ name: 'bundled' });
const broken = system.breaker('broken', { failures: 1 });
const codes = [];
async function main() {
  for (let n = 0; n < 2; n++) await broken.run(async () => { throw Object.assign(new Error('down'), { code: 'DOWN' }); }).catch((error) => codes.push(error.code));
  await system.stop();
  console.log(codes.join(), globalThis.require === undefined);
}
void main();
`;
const SPEC = `
import { expect, test } from 'vitest';
import { createSystem, defineAgent } from 'castcall';
test('an agent in a test', async () => {
  const system = createSystem({ logger: false });
  const ref = system.start(defineAgent({ init: () => 1, calls: { get: (self) => self.state } }));
  expect(await system.breaker('b').run(() => ref.call('get'))).toBe(1);
  await system.stop();
});
`;

/** Installs the packed package and the pins; false when the registry cannot be reached. */
function install(project) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], root);
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch], root));
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify(
    { name: 'integrations', version: '1.0.0', private: true, type: 'module' },
  ));
  const wanted = Object.entries(pins).map(([name, version]) => `${name}@${version}`);
  const made = spawnSync('npm', [
    'install', '--no-audit', '--no-fund', '--prefer-offline', '--fetch-retries=1', join(scratch, packed.filename),
    ...wanted,
  ], { cwd: project, encoding: 'utf8' });
  if (made.status === 0) return true;
  if (!OFFLINE.test(made.stderr)) throw new Error(`npm install: ${made.stderr}`);
  console.log(
    '\n!!!! try:integrations: SKIPPED, the registry cannot be reached: Fastify, Hono, Express, vitest, tsx and esbuild were NOT tried !!!!\n',
  );
  return false;
}

function tryAll(project) {
  const bin = (name) => join(project, 'node_modules', '.bin', name);
  writeFileSync(join(project, 'agent.mjs'), AGENT);
  for (const [name, text] of Object.entries(servers)) {
    writeFileSync(join(project, `${name}.mjs`), text);
    step(name, () => { expectText(run(process.execPath, [`${name}.mjs`], project), '20,40 true'); return pins[name]; });
  }
  writeFileSync(join(project, 'script.ts'), SCRIPT);
  step('tsx', () => { expectText(run(bin('tsx'), ['script.ts'], project), 'hello tsx'); return pins.tsx; });
  writeFileSync(join(project, 'agent.test.mjs'), SPEC);
  step('vitest', () => {
    if (!/Tests\s+1 passed/.test(run(bin('vitest'), ['run', '--no-color'], project))) {
      throw new Error('one test should have passed');
    }
    return pins.vitest;
  });
  writeFileSync(join(project, 'breaker.mjs'), BREAKER);
  for (const [format, more] of [['esm', []], ['esm', ['--minify']], ['cjs', []]]) {
    step(`esbuild --format=${format} ${more.join()}`.trim(), () => {
      const out = `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`;
      run(bin('esbuild'), [
        'breaker.mjs', '--bundle', '--platform=node', `--format=${format}`, ...more, `--outfile=${out}`,
        '--log-level=warning', '--log-limit=0',
      ], project);
      const alone = mkdtempSync(join(scratch, 'alone-')); // no node_modules beside it
      copyFileSync(join(project, out), join(alone, out));
      expectText(run(process.execPath, [out], alone), 'DOWN,BREAKER_OPEN true');
      return pins.esbuild;
    });
  }
}

try {
  const project = join(scratch, 'project');
  if (install(project)) tryAll(project);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`try:integrations: ${failures.length === 0 ? 'ok' : `failed: ${failures.join(', ')}`}`);
process.exitCode = failures.length === 0 ? 0 : 1;
