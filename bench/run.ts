// `npm run bench`: castcall beside the BEAM, beside its peers, or beside another revision of itself.
import { compareWithBeam } from './lib/against-beam.js';
import { compareDurable } from './lib/against-durable.js';
import { compareWithPeers } from './lib/against-peers.js';
import { compareWithRevision } from './lib/against-revision.js';
import { parseOptions, USAGE, UsageError } from './lib/options.js';

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(USAGE);
    return 0;
  }
  if (options.against !== undefined) return compareWithRevision(options, options.against);
  if (options.suite === 'durable') return compareDurable(options);
  return options.peers ? compareWithPeers(options) : compareWithBeam(options);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
