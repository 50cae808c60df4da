import { describe, expect, it } from 'vitest';
import { HandlePlaceImpl } from '../../../../src/behaviour/gen/request/handle.js';
import { defineAgent } from '../../../../src/index.js';
import { via, type ViaProvider } from '../../../../src/behaviour/names/public.js';
import type { Address } from '../../../../src/process/record/process.js';
import { idler } from '../../../process/peers.js';
import { testSystem } from '../../../support/system.js';

const Agent = defineAgent({});

describe('where a handle leads', () => {
  it('is called as its target was given: a name by the name, a process by its pid or by the name it has', async () => {
    const system = testSystem();
    const provider: ViaProvider<string> = {
      registerName: () => true, unregisterName: () => undefined, whereisName: () => undefined,
    };
    const title = (ref: unknown): string => new HandlePlaceImpl({} as never, (ref as { addr: Address }).addr).title;
    const { ref } = await idler(system);
    expect(title(ref)).toBe(ref.pid);
    expect(title(system.ref(Agent, 'nobody'))).toBe('nobody');
    expect(title(system.ref(Agent, via(provider, 'box')))).toBe('via box');
    system.exit(ref, 'kill');
    expect(title(ref), 'one that has ended keeps its pid').toBe(ref.pid);
  });
});
