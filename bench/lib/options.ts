import { parseArgs } from 'node:util';
import { allPeerNames, usualPeerNames, type PeerName } from '../vs/peers/peers.js';
import { metrics, type Metric, type Suite, suites } from './metric.js';

export interface Options {
  readonly json: boolean;
  readonly quick: boolean;
  readonly peers: boolean;
  /** which ones */
  readonly peer: readonly PeerName[];
  /** NODE_ENV is `development` on both sides, not `production` */
  readonly development: boolean;
  readonly suite: Suite | undefined;
  readonly against: string | undefined;
  readonly runs: number | undefined;
  readonly selected: readonly Metric[];
}

export class UsageError extends Error {}

const NAMES = metrics.map((metric) => metric.name).join(', ');

export const USAGE = `npm run bench -- [options]

  --only NAME[,NAME]   only these metrics: ${NAMES}
  --quick              smaller sizes, 1 warm-up and 3 measured runs
  --runs N             measured runs per metric
  --json               one JSON object a line
  --against REV        compare with another revision of this repository instead of the BEAM; fails when slower
  --suite durable      what is on the disk, beside a bare thread, BullMQ and plainjob (installs them on first use)
  --suite activation   addresses, beside what is written by hand
  --peers              compare with ${usualPeerNames.join(', ')} instead of the BEAM (installs them on first use)
  --peer NAME[,NAME]   only with these; there is actor-ts, too: then both sides run on Node 24
  --development        with peers: NODE_ENV is development on both sides
`;

export function parseOptions(argv: readonly string[]): Options | 'help' {
  const { values } = parsed(argv);
  if (values.help) return 'help';
  if ((values.peers || values.peer !== undefined) && values.against !== undefined) {
    throw new UsageError('--peers and --against exclude each other');
  }
  const suite = values.suite === undefined ? undefined : selectSuite(values.suite);
  return {
    suite,
    json: values.json,
    quick: values.quick,
    peers: values.peers || values.peer !== undefined,
    peer: values.peer === undefined ? usualPeerNames : selectPeers(values.peer),
    development: values.development,
    against: values.against,
    runs: values.runs === undefined ? undefined : positiveInteger('--runs', values.runs),
    selected: values.only !== undefined
      ? selectMetrics(values.only)
      : metrics.filter((metric) => suite === undefined || metric.suite === suite),
  };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        peers: { type: 'boolean', default: false },
        peer: { type: 'string' },
        development: { type: 'boolean', default: false },
        against: { type: 'string' },
        only: { type: 'string' },
        suite: { type: 'string' },
        runs: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function selectSuite(name: string): Suite {
  const suite = suites.find((candidate) => candidate === name);
  if (suite === undefined) throw new UsageError(`--suite: no suite "${name}"; there are ${suites.join(', ')}`);
  return suite;
}

function selectPeers(names: string): readonly PeerName[] {
  return names.split(',').map((name) => {
    const peer = allPeerNames.find((candidate) => candidate === name.trim());
    if (peer === undefined) throw new UsageError(
      `--peer: no peer "${name}"; there are ${allPeerNames.join(', ')}`,
    );
    return peer;
  });
}

function selectMetrics(names: string): readonly Metric[] {
  return names.split(',').map((name) => {
    const metric = metrics.find((candidate) => candidate.name === name.trim());
    if (metric === undefined) throw new UsageError(`--only: no metric "${name}"; there are ${NAMES}`);
    return metric;
  });
}

function positiveInteger(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) {
    throw new UsageError(`${option} must be a whole number of at least 1, not "${text}"`);
  }
  return number;
}
