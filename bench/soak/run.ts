// `npm run soak`: ten times more messages than bounded mailboxes can take, policy by policy; see --help.
import { OptionError } from '../../src/index.js';
import { Table } from '../lib/table.js';
import { parseOptions, USAGE } from './options.js';
import type { Slope } from './memory.js';
import { soak, type Outcome } from './soak.js';

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(USAGE);
    return 0;
  }
  if (!options.json) table.header();
  let failed = false;
  for (const policy of options.policies) {
    const outcome = await soak(policy, options.minutes * 60_000);
    failed ||= outcome.failures.length > 0;
    print(outcome, options.json);
  }
  return failed ? 1 : 0;
}

const NUMBERS = ['offered', 'handled', 'rejected', 'dropped', 'expired', 'held'] as const;

const table = new Table([
  { title: 'policy', width: 11, align: 'left' },
  ...NUMBERS.map((title) => ({ title, width: 11, align: 'right' } as const)),
  { title: 'heap/s (limit)', width: 20, align: 'right' },
  { title: 'rss/s (limit)', width: 20, align: 'right' },
  { title: 'loop p99 (own)', width: 16, align: 'right' },
  { title: 'verdict', width: 7, align: 'left' },
]);

function print(outcome: Outcome, json: boolean): void {
  const ok = outcome.failures.length === 0;
  if (json) return console.log(JSON.stringify({ ...outcome, ok }));
  table.row([
    outcome.policy, ...NUMBERS.map((key) => outcome[key].toLocaleString('en')), slopeCell(outcome.heap),
    slopeCell(outcome.rss), `${outcome.loopDelayP99Ms.toFixed(1)} (${outcome.ownDelayP99Ms.toFixed(1)}) ms`,
    ok ? 'ok' : 'FAILED',
  ]);
  for (const failure of outcome.failures) console.log(`  ${outcome.policy}: ${failure}`);
}

const kib = (bytes: number): string => (bytes / 1_024).toFixed(0);
const slopeCell = ({ bytesPerSecond, limit }: Slope): string => `${kib(bytesPerSecond)} (${kib(limit)}) KiB`;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  console.error(`soak: ${error.code} ${error.message}`);
  process.exitCode = 2;
}
