import { basename } from 'node:path';
import { storeContract } from '../store-contract.js';
import { drivers, Place } from './place.js';

for (const driver of drivers) {
  storeContract(`sqlite by ${basename(driver)}`, () => {
    const place = new Place();
    return {
      source: { kind: 'sqlite', connect: () => place.store({ driver }) },
      killed: () => {
        const path = place.crashed('killed.db');
        return { kind: 'sqlite', connect: () => place.store({ driver, path }) };
      },
      dispose: () => place.dispose(),
    };
  });
}
