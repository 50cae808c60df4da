import { defineAgent } from '../../src/index.js';

export const Echo = defineAgent({ name: 'echo', calls: { echo: (_self, text: string) => text } });
