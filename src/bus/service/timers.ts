import { Deadline } from '../../base/index.js';
import type { ServiceCore } from './core.js';
import type { ServiceAsk } from './service-ask.js';

/* What a service waits for, beside its workers. */

/** Looks again for workers that were not there. */
export class Again extends Deadline {
  constructor(private readonly core: ServiceCore) {
    super();
  }
  expire(): void {
    this.core.lookAgain();
  }
}

/** No worker has been there for so long. */
export class Grace extends Deadline {
  constructor(private readonly core: ServiceCore) {
    super();
  }
  expire(): void {
    this.core.forsake();
  }
}

/** The wait before a request is tried again. */
export class Pause extends Deadline {
  constructor(private readonly core: ServiceCore, private readonly ask: ServiceAsk) {
    super();
  }
  expire(): void {
    this.core.comesBack(this.ask);
  }
}
