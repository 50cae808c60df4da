import {
  CallError, StartError, type Pid, type ProcessSelf, type System,
} from '../../../src/index.js';
import {
  defineScope, type GroupChange, type GroupMonitorRef, type ScopeRef,
} from '../../../src/behaviour/names/public.js';
import type { Term } from '../term.js';
import { event } from '../trace.js';
import { SCOPES } from './shape.js';

const definition = defineScope();

/** The scopes of one scenario. */
export class Scopes {
  private readonly refs = new Map<string, ScopeRef<string>>();
  constructor(
    private readonly system: System,
    readonly labelOf: (pid: string) => string | undefined,
  ) {
    for (const name of SCOPES) {
      this.start(name);
      this.refs.set(name, system.ref(definition, name));
    }
  }

  start(name: string): string {
    try {
      void this.system.start(definition, { name });
      return 'ok';
    } catch (error) {
      if (error instanceof StartError && Object.keys(error.reason as object)[0] === 'alreadyStarted') {
        return 'already_started';
      }
      throw error;
    }
  }

  get(name: Term | undefined): ScopeRef<string> {
    return this.refs.get(name as string) as ScopeRef<string>;
  }

  labels(pids: readonly Pid[]): string {
    return `[${pids.map((pid) => this.labelOf(pid) ?? 'stranger').sort().join(',')}]`;
  }
}

/** What one puppet asks of scopes, and what it watches. */
export class GroupVerbs {
  private readonly watches = new Map<string, GroupMonitorRef>();
  constructor(
    private readonly scopes: Scopes,
    private readonly self: ProcessSelf,
    private readonly log: (word: string, ...args: string[]) => void,
    private readonly pidOf: (label: string) => Pid,
    private readonly message: (what: string) => unknown,
  ) {}

  changed(message: GroupChange): void {
    const watch = [...this.watches].find(([, ref]) => ref === message.ref)?.[0] ?? 'unknown';
    this.log('group', watch, message.change, String(message.group), this.scopes.labels(message.pids));
  }

  /** False for what is none of them. */
  perform(word: string, [a, b, c, d]: readonly Term[]): boolean {
    const { scopes, self, log } = this;
    const scope = scopes.get(a);
    const [first, group, third] = [String(a), String(b), String(c)];
    const pid = (label: Term | undefined): Pid => this.pidOf(label as string);
    switch (word) {
      case 'join': log(
        'join', first, group, third, asked(() => { scope.join(group, pid(c)); return 'ok'; }),
      ); return true;
      case 'join_both': log(
        'join', first, group, third, String(d),
        asked(() => { scope.join(group, [pid(c), pid(d)]); return 'ok'; }),
      ); return true;
      case 'leave': log(
        'leave', first, group, third, asked(() => (scope.leave(group, pid(c)) ? 'ok' : 'not_joined')),
      ); return true;
      case 'members': log('members', first, group, scopes.labels(scope.members(group))); return true;
      case 'which_groups': log('which_groups', first, `[${scope.whichGroups().sort().join(',')}]`); return true;
      case 'broadcast': log(
        'broadcast', first, group, String(scope.bind(self).send(group, this.message(third))),
      ); return true;
      case 'monitor_group': log('monitor_group', third, asked(() => {
        const { ref, members } = scope.monitor(self, group);
        this.watches.set(third, ref);
        return scopes.labels(members);
      })); return true;
      case 'monitor_scope': log('monitor_scope', group, asked(() => {
        const { ref, groups } = scope.monitorScope(self);
        this.watches.set(group, ref);
        return `[${[...groups].sort(([x], [y]) => (x < y ? -1 : 1)).map(
          ([name, members]) => event(name, scopes.labels(members)),
        ).join(',')}]`;
      })); return true;
      case 'demonitor_group': {
        const ref = this.watches.get(group);
        log(
          'demonitor_group', group,
          ref === undefined ? 'none' : asked(() => (scope.demonitor(ref) ? 'ok' : 'false')),
        );
        return true;
      }
      case 'kill_scope': if (scope.pid !== undefined) self.exitOther(scope.pid, 'kill'); return true;
      case 'start_scope': log('start_scope', first, scopes.start(first)); return true;
      default: return false;
    }
  }
}

function asked(ask: () => string): string {
  try {
    return ask();
  } catch (error) {
    if (error instanceof CallError && error.code === 'NOPROC') return 'noproc';
    throw error;
  }
}
