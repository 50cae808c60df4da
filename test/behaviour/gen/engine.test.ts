import { describe, expect, it } from 'vitest';
import { Engine } from '../../../src/behaviour/gen/engine.js';
import { runtimeOf } from '../../../src/behaviour/gen/runtime.js';
import { defineAgent } from '../../../src/index.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import type { Process } from '../../../src/process/record/process.js';
import { idler } from '../../process/peers.js';
import { testSystem } from '../../support/system.js';

const Agent = defineAgent({ name: 'clerk', terminate: () => undefined });
const Machine = defineStatem({ name: 'door', init: () => ({ state: 'a', data: 0 }), states: { a: {} } });

describe('the engine of what answers calls', () => {
  it('is made once for each definition, which it knows and is named after', () => {
    for (const [definition, name] of [[Agent, 'clerk'], [Machine, 'door']] as const) {
      const { behaviour } = runtimeOf(definition);
      expect(behaviour).toBeInstanceOf(Engine);
      expect(behaviour).toMatchObject({ name, definition, turnover: { changes: 0 } });
    }
    const other = defineAgent({ name: 'clerk' });
    expect(runtimeOf(other).behaviour, 'two of one name are two').not.toBe(runtimeOf(Agent).behaviour);
  });

  it('has no body: a process of it is begun by a start, never by a spawn', async () => {
    const system = testSystem();
    const { ref } = await idler(system);
    const p = (ref as unknown as { addr: Process }).addr;
    for (const [definition, message] of [
      [Agent, /'clerk' has no body/], [Machine, /'door' has no body/],
    ] as const) {
      expect(() => runtimeOf(definition).behaviour.begin(p)).toThrow(
        expect.objectContaining({ code: 'INTERNAL', message: expect.stringMatching(message) as string }),
      );
    }
  });

  it('runs before the end of a process what its definition calls terminate; a server reports nothing more', async () => {
    const system = testSystem();
    const ref = system.start(Agent);
    const engine = runtimeOf(Agent).behaviour as Engine;
    const p = (ref as unknown as { addr: Process }).addr;
    expect(engine.terminator(p)).toBe(runtimeOf(Agent).terminate);
    expect(engine.report(p, 'broken')).toBeUndefined();
  });
});
