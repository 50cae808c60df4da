import { expectTypeOf, test } from 'vitest';
import {
  createSystem, defineAgent, type MonitorRef, type Pid, type ProcessRef, type ProcessSelf, type TimerRef,
} from '../../src/index.js';

const system = createSystem({ logger: false });

/** Checked, never run. */
export function verbs(self: ProcessSelf): void {
  test('a spawn gives a ref, and with a monitor both', () => {
    expectTypeOf(self.spawn(() => undefined)).toEqualTypeOf<ProcessRef>();
    expectTypeOf(self.spawn(() => undefined, { link: false, name: 'x' })).toEqualTypeOf<ProcessRef>();
    expectTypeOf(self.spawn(() => undefined, { monitor: true }).monitor).toEqualTypeOf<MonitorRef>();
    expectTypeOf(self.spawn(() => undefined, { monitor: { tag: 'T' } }).ref).toEqualTypeOf<ProcessRef>();
    // @ts-expect-error a level is one of four words
    self.spawn(() => undefined, { level: 'urgent' });
  });
  test('a timer says what was left of it; asked in silence, or for a message, only ok', () => {
    const timer = self.sendAfter(1, 'x');
    expectTypeOf(timer).toEqualTypeOf<TimerRef>();
    expectTypeOf(self.cancelTimer(timer)).toEqualTypeOf<number | false>();
    expectTypeOf(self.cancelTimer(timer, { info: false })).toEqualTypeOf<number | false | 'ok'>();
    // @ts-expect-error a ref is no timer
    self.readTimer(self.spawn(() => undefined));
  });
  test('a flag has the type of its name, and returns the one before', () => {
    expectTypeOf(self.flag('sensitive', true)).toEqualTypeOf<boolean>();
    expectTypeOf(self.flag('level', 'low')).toEqualTypeOf<'low' | 'normal' | 'high' | 'max'>();
    // @ts-expect-error of another flag
    self.flag('sensitive', 'low');
    // @ts-expect-error there is none of that name
    self.flag('traps', true);
  });
  test('what follows an exit is never reached', () => {
    expectTypeOf(() => self.exit('over')).toEqualTypeOf<() => never>();
  });
  test('a group leader is read as a pid and set to whatever is a target', () => {
    expectTypeOf(self.groupLeader).toEqualTypeOf<Pid | undefined>();
    self.groupLeader = 'a name';
    self.groupLeader = self.spawn(() => undefined);
    // @ts-expect-error a number is no target
    self.groupLeader = 7;
  });
}

test('an agent has the verbs of a process', () => {
  const Agent = defineAgent({ casts: { go(self) {
    expectTypeOf(self.pid).toEqualTypeOf<Pid>();
    expectTypeOf(self.dictionary).toEqualTypeOf<Map<unknown, unknown>>();
    expectTypeOf(self.monitor(self.ref)).toEqualTypeOf<MonitorRef>();
  } } });
  expectTypeOf(system.start(Agent).pid).toEqualTypeOf<Pid | undefined>();
});
