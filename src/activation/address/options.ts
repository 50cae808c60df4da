import { delayMs, OptionError, parseOptions, readBackoff, timeoutMs, z } from '../../base/index.js';
import type { Backoff, Schedule } from '../../base/index.js';
import type { RuntimeDefinition } from '../../behaviour/gen/index.js';
import { ServerDefinition } from '../../behaviour/gen/server/index.js';
import { agentSpec, readChild } from '../../supervisor/spec/index.js';
import type { ChildSpec } from '../../supervisor/spec/index.js';
import type { ActivateOptions, AddressParts } from '../../api/activation/address.js';
import type { Shutdown } from '../../api/supervisor.js';
import type { AnyDefinition } from '../../api/protocol.js';

const START_MS = 30_000;
const CAPACITY = 10_000;
const ACTIVATIONS_MAX = 5;

type Init = (address: AddressParts) => unknown;
type Passivate = (state: unknown, address: AddressParts) => unknown;

/** Checked options of one definition. */
export interface Plan {
  readonly definition: RuntimeDefinition;
  readonly durable: boolean;
  /** what each agent is started with but its name and arguments */
  readonly spec: ChildSpec;
  readonly init: Init | null;
  /** how many arguments the init takes when no factory makes them: 0 or 1 */
  readonly arity: number;
  /** -1 for never */
  readonly idleMs: number;
  readonly residentsMax: number;
  readonly activationsMax: number;
  readonly backoff: Schedule;
  readonly passivate: Passivate | null;
  readonly wakeAtStart: boolean;
}

const whole = (what: string): z.ZodType<number | undefined> => {
  const error = `a whole number of ${what} from 1`;
  return z.number({ error }).int({ error }).min(1, { error }).optional();
};
const fn = (error: string): z.ZodType<never> =>
  z.custom<never>((value) => value === undefined || typeof value === 'function', { error }).optional() as never;

const schema = z.strictObject({
  init: fn('a function from an address to an array of init arguments'),
  idleMs: z.unknown().optional(),
  residentsMax: whole('agents'),
  activationsMax: whole('starts'),
  backoff: z.custom<Backoff>().optional(),
  mailbox: z.unknown().optional(),
  startMs: z.unknown().optional(),
  shutdown: z.custom<Shutdown>().optional(),
  passivate: fn('a function from a state and an address'),
  wakeAtStart: z.boolean({ error: 'true or false' }).optional(),
}, { error: 'an object' });

/** Errors: an OptionError for what breaks its rule. */
export function readActivate(where: string, definition: RuntimeDefinition, given: object): Plan {
  const read = parseOptions<ActivateOptions>(where, schema as z.ZodType<ActivateOptions>, given);
  if (!(definition instanceof ServerDefinition)) {
    throw new OptionError(
      where, definition.name, 'an agent made with defineAgent',
        'state machines are started by hand, or by a supervisor',
      'NOT_ACTIVATABLE',
    );
  }
  const init = (read.init ?? null) as Init | null;
  const arity = definition.init === null ? 0 : definition.init.length;
  if (init === null && arity > 1) {
    throw new OptionError(
      `${where}.init`, undefined, `a function that makes the ${arity} init arguments of '${definition.name}'`,
      'without it an init gets the address alone: init: (address) => [first, second]',
    );
  }
  const startMs = timeoutMs(`${where}.startMs`, read.startMs, START_MS);
  const options = readChild(where, {
    restart: 'temporary', name: false, mailbox: read.mailbox ?? { capacity: CAPACITY },
    ...(startMs < 0 ? {} : { timeoutMs: startMs }),
    ...(read.shutdown === undefined ? {} : { shutdown: read.shutdown }),
  });
  return {
    definition, durable: definition.durable, spec: agentSpec(where, '', definition as AnyDefinition, [], options),
    init, arity: Math.min(arity, 1),
    idleMs: read.idleMs === undefined ? -1 : delayMs(`${where}.idleMs`, read.idleMs),
    residentsMax: read.residentsMax ?? Infinity,
    activationsMax: read.activationsMax ?? ACTIVATIONS_MAX,
    backoff: readBackoff(`${where}.backoff`, read.backoff),
    passivate: (read.passivate ?? null),
    wakeAtStart: read.wakeAtStart ?? false,
  };
}
