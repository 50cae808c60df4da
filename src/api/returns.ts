import type { ExitReason } from '../base/index.js';

/** What a handler returns instead of a reply; made by the verbs of `self`. */
export abstract class Control {}


/**
 * An error to the caller that is no crash of the callee; made by `self.refuse`. The caller's
 * CallError `REFUSED` carries its code as `refusal`, and its details.
 *
 * @example
 * const Door = defineAgent({ calls: { open: (self, key: string) => key === 'k' ? 'open' : self.refuse('WRONG_KEY', { key }) } });
 * const door = system.start(Door);
 * await door.call('open', 'x').catch((error: CallError) => error.refusal); // => 'WRONG_KEY'
 * await door.call('open', 'k'); // => 'open'
 * @since 0.1.0
 */
export class Refusal extends Control {
  readonly kind = 'refusal' as const;
  constructor(
    readonly code: string,
    readonly details: unknown,
  ) {
    super();
  }
}

/** The reply comes later, by `self.reply(from, …)`; made by `self.noreply`. */
export class NoReply extends Control {
  readonly kind = 'noreply' as const;
}

/** Ends the agent after this message; made by `self.stop`. */
export class Stop<R> extends Control {
  readonly kind = 'stop' as const;
  constructor(
    readonly reason: ExitReason,
    readonly replies: boolean,
    readonly value: R | undefined,
  ) {
    super();
  }
}

/** `init` decided not to run: the start returns no process and no error. */
export class Ignore extends Control {
  readonly kind = 'ignore' as const;
  /** @internal */
  constructor(
    /** why the runtime does not start it: what a start that nobody supervises rejects with */
    readonly because?: Error | undefined,
  ) {
    super();
  }
}

/**
 * The start fails with `reason`, but the process ends with `normal`, silently; made by `this.error` in init.
 */
export class InitFailure extends Control {
  readonly kind = 'error' as const;
  constructor(readonly reason: ExitReason) {
    super();
  }
}

