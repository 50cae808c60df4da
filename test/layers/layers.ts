/**
 * The house as data: which folder of src may import which, and what raw things of the platform it may touch.
 * The checker in check.ts reads it; a change here is a change of the architecture.
 */

/** Names of the platform, by what they are. A name `process` stands for the bare object handed around. */
export const rawGroups = {
  clocks: ['Date', 'performance', 'process.hrtime', 'process.uptime'],
  timers: [
    'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'AbortSignal.timeout',
    'setImmediate', 'clearImmediate', 'queueMicrotask', 'process.nextTick', 'MessageChannel',
  ],
  randomness: ['Math.random', 'crypto'],
  console: ['console', 'process.stdout', 'process.stderr', 'process.stdin'],
  net: ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'],
  workers: ['Worker', 'BroadcastChannel'],
  /** runs what is due within this turn of the event loop */
  steps: ['process._tickCallback'],
  environment: ['process.env', 'process.argv'],
  signals: [
    'process.on', 'process.once', 'process.off', 'process.addListener', 'process.removeListener',
    'process.listenerCount', 'process.listeners', 'process.removeAllListeners', 'process.kill',
    'process.pid', 'process.exitCode', 'process.exit',
  ],
} as const satisfies Record<string, readonly string[]>;

export type RawGroup = keyof typeof rawGroups;

export interface Layer {
  readonly level: number;
  /** Folders it may import, through their index.ts or that of a room. */
  readonly imports: readonly string[];
  readonly touches: readonly RawGroup[];
  /** Modules of Node it may import. */
  readonly builtins: readonly string[];
}

const hot = ['base', 'mailbox', 'process'] as const;
const kernel = ['api', ...hot] as const;
const otp = [...kernel, 'router', 'behaviour'] as const;
const local = [...otp, 'codec', 'supervisor', 'journal', 'delivery', 'bus'] as const;
const spread = [...local, 'activation', 'cluster'] as const;
const files = ['node:fs', 'node:fs/promises', 'node:path'] as const;
const sockets = ['node:net', 'node:tls', 'node:http', 'node:https'] as const;

function layer(
  level: number, imports: readonly string[], touches: readonly RawGroup[] = [],
  builtins: readonly string[] = [],
): Layer {
  return { level, imports, touches, builtins };
}

export const layers: Readonly<Record<string, Layer>> = {
  base: layer(0, [], ['clocks', 'timers', 'randomness', 'workers'], [
    'node:perf_hooks', 'node:async_hooks', 'node:events', 'node:os', 'node:process', 'node:util',
    'node:v8', 'node:vm',
    'node:worker_threads',
  ]),
  // What users see in their editor: types, and values without behaviour. The other folders implement it.
  api: layer(1, ['base']),
  // Of what is stored, and of what travels.
  codec: layer(1, ['base'], [], ['node:util']),
  mailbox: layer(2, ['base', 'api']),
  process: layer(3, ['base', 'api', 'mailbox']),
  router: layer(4, kernel),
  behaviour: layer(5, [...kernel, 'router']),
  supervisor: layer(6, otp),
  journal: layer(6, ['base', 'api', 'codec'], ['workers'], [...files, 'node:worker_threads', 'node:zlib']),
  delivery: layer(7, [...otp, 'codec', 'supervisor', 'journal'], [], ['node:util']),
  bus: layer(8, [...otp, 'codec', 'supervisor', 'journal', 'delivery']),
  activation: layer(9, local),
  cluster: layer(9, local, ['net'], sockets),
  observe: layer(10, spread, ['net'], sockets),
  system: layer(11, [...spread, 'observe'], ['environment', 'signals']),
  // The kit makes the systems that it simulates, so it stands above the composition root; it stands
  // in for the globals while a seed runs.
  testing: layer(
    12, [...spread, 'observe', 'system'],
    ['clocks', 'timers', 'randomness', 'net', 'signals', 'steps'], ['node:util'],
  ),
  cli: layer(
    13,
    [...spread, 'observe', 'system', 'testing'],
    ['console', 'net', 'environment', 'signals'],
    [...files, ...sockets, 'node:child_process', 'node:util'],
  ),
};

/**
 * The rooms of a folder, and which of its other rooms each may import, through their `index.ts`;
 * types count. The files that lie in the folder itself may use all of its rooms, and no room uses
 * them. A folder that is not named here is flat. A folder within a room is a shelf: its `index.ts`,
 * where it has one, is for those outside the room.
 */
export const rooms: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  base: { text: [] },
  api: { bus: [], durable: [], activation: [] },
  mailbox: { message: [] },
  process: {
    record: [],
    send: ['record'],
    signal: ['record', 'send'],
    inspect: ['record', 'signal'],
    kernel: ['record', 'send', 'signal', 'inspect'],
  },
  router: { names: [], 'dead-letter': [], request: ['names', 'dead-letter'] },
  behaviour: {
    gen: [],
    // Siblings do not know each other.
    agent: ['gen'],
    statem: ['gen'],
    plain: ['gen'],
    event: ['gen'],
    names: ['gen'],
    task: ['gen'],
  },
  supervisor: {
    spec: [],
    core: ['spec'],
    static: ['spec', 'core'],
    dynamic: ['spec', 'core', 'static'],
    partition: ['spec', 'core', 'static'],
    application: ['spec', 'core', 'static'],
    launch: ['spec', 'core', 'dynamic'],
  },
  // Stores do not know each other.
  journal: { port: [], memory: ['port'], sqlite: ['port'] },
  delivery: { guard: [], group: [], guarantee: ['guard', 'group'], durable: ['guarantee'] },
  bus: {
    core: [], topic: ['core'], queue: ['core'], schedule: ['core'], gather: ['core'], service: ['core'],
    // A reader of a shared stream is one of a topic's.
    stream: ['core', 'topic'],
  },
  activation: {
    passivation: [], address: ['passivation'], subtree: ['address'], tag: [], message: ['address', 'tag'],
  },
  cluster: {
    wire: [], transport: [], session: ['wire', 'transport'],
    membership: ['wire', 'transport', 'session'], signal: ['wire', 'session', 'membership'],
  },
  // Each word of the command line a room.
  cli: {
    command: [], store: ['command'], agent: ['command'], dlq: ['command'], queue: ['command'], wait: ['command'],
  },
};

/**
 * Folders whose every file is a door, to its own shelves as well: there is nothing behind it. No
 * function is exported there.
 */
export const openFolders: readonly string[] = ['api'];

/**
 * The doors of the package, which nothing in src imports: the root, and a `public.ts` of a folder or
 * room for each sub-path. The kit is above everybody, so its own door will do.
 */
export const packageDoor = /^(index|testing\/index|([^/.]+\/){1,2}public)\.ts$/;

/** A third-party package enters through exactly one file. */
export const doorways: Readonly<Record<string, string>> = {
  nanoid: 'base/id.ts',
  zod: 'base/options.ts',
  pino: 'observe/log.ts',
  'p-retry': 'delivery/guard/retry.ts',
  opossum: 'delivery/guard/breaker.ts',
  croner: 'bus/schedule/cron.ts',
  'cbor-x': 'codec/cbor.ts',
};

/** Folders whose code runs per message. */
export const hotFolders: readonly string[] = hot;

/** Names that leave through one inner door, or one file of an open folder. */
export const doorNamesMax = 60;
/** Names that leave through the root of the package: what almost every program needs. */
export const rootNamesMax = 150;
/** Source files that lie in one folder. */
export const folderFilesMax = 22;
/** Files that name each other in a circle, types included. */
export const knotFilesMax = 6;
/** Statements outside the mailbox that write a counter of the account. */
export const counterWritesMax = 4;
/** Lines that bridge two types by `as never`. */
export const neversMax = 15;
export const fileLinesMax = 400;
export const lineWidth = 120;
/** Of 1,000 lines so many may be wider. */
export const wideMax = { src: 5, test: 10 } as const;
export const functionLinesMax = 70;
/** Real time that a test may wait for, ms. */
export const sleepMsMax = 50;
