import { expectTypeOf, test } from 'vitest';
import {
  child, createSystem, defineAgent, dynamicSupervisor, type DynamicSupervisorRef, type ProcessSelf, type SupervisorRef,
} from '../../src/index.js';

const Worker = defineAgent({ init: (start: number) => ({ start }) });
const system = createSystem({ logger: false });
declare const self: ProcessSelf;

test('the handle is that of the kind', () => {
  const spec = { children: [child('a', Worker, 1)] };
  expectTypeOf(system.supervise(spec)).toEqualTypeOf<Promise<SupervisorRef>>();
  const named = system.supervise(() => spec, { name: 'top', onGiveUp: 'ignore' });
  expectTypeOf(named).toEqualTypeOf<Promise<SupervisorRef>>();
  expectTypeOf(system.supervise(dynamicSupervisor('jobs'))).toEqualTypeOf<Promise<DynamicSupervisorRef>>();
  // @ts-expect-error what is wanted does not decide what it is
  const wanted: Promise<DynamicSupervisorRef> = system.supervise(spec);
  void wanted;
  expectTypeOf(self.supervise(spec)).toEqualTypeOf<Promise<SupervisorRef>>();
  expectTypeOf(self.supervise(dynamicSupervisor('jobs'))).toEqualTypeOf<Promise<DynamicSupervisorRef>>();
});

test('an error stands at the key, or the child, that is wrong', () => {
  for (const supervise of [system.supervise.bind(system), self.supervise] as const) {
    void supervise({
      children: [child('a', Worker, 1)],
      // @ts-expect-error a key that nobody knows
      strategi: 'one_for_one',
    });
    void supervise({
      children: [],
      // @ts-expect-error a strategy that nobody knows
      strategy: 'one_for_oen',
    });
    void supervise({
      children: [
        child('a', Worker, 1),
        // @ts-expect-error what is no specification of a child
        { id: 'b', start: Worker },
      ],
    });
    void supervise({
      children: [
        child('a', Worker, 1),
        // @ts-expect-error an argument of init
        child('b', Worker, 'one'),
      ],
    });
  }
  void system.supervise({ children: [] }, {
    // @ts-expect-error an option that nobody knows
    nam: 'top',
  });
});
