import type { Trace } from './trace.js';

/**
 * Where castcall differs from OTP on purpose. Each entry rewrites what OTP saw into what castcall
 * promises to see, so that nothing but the promised difference is explained.
 */
export interface Allowed {
  /** the item of docs/otp.md that the deviation belongs to */
  readonly item: string;
  readonly reason: string;
  /** OTP releases on which OTP behaves as it says here; absent: all */
  readonly releases?: { readonly from?: number; readonly until?: number };
  /** rewrites one line of OTP's trace, which it may look at */
  readonly rewrite: (line: string, trace: Trace) => string;
}

export const ALLOWED: readonly Allowed[] = [
  {
    item: 'SG-05',
    reason: 'a send to a name that nobody owns is a dead letter, which can be watched, and no error in the sender',
    rewrite: (line) => line.replaceAll(/\bsend\((\w+),badarg\)/g, 'send($1,ok)'),
  },
  {
    item: 'GS-23',
    reason: 'a thrown value is a crash, not a return value: in JavaScript a throw is never the way to return',
    rewrite: (line) => line.replaceAll(/\bbad_return_value\((\w+)\)/g, 'nocatch($1)'),
  },
  {
    item: 'GS-23',
    reason: 'and in terminate it is a crash there, so the reason of the end (GS-39)',
    rewrite: thrownInTerminate,
  },
  {
    item: 'SM-18',
    reason: 'a thrown transition is a return value, any other thrown value is a crash',
    rewrite: (line) => line.replaceAll(
      /\bcrash\(bad_return_from_state_function\((boom|bang)\)\)/g, 'nocatch($1)',
    )
      .replaceAll(/\bbad_return_from_state_function\((boom|bang)\)/g, 'nocatch($1)'),
  },
  {
    item: 'SU-42',
    reason: 'a handle of a simple supervisor has no restartChild and no deleteChild, and a handle of another kind is refused as such',
    rewrite: (line) => line.replaceAll(
      /\b(restart|delete)_child\((\w+),(\w+),error\(simple_one_for_one\)\)/g,
      '$1_child($2,$3,error(PROTOCOL_MISMATCH))',
    ),
  },
  {
    item: 'DS-06',
    reason: 'a dynamic supervisor knows its children by pid alone, and the dead are not found',
    rewrite: terminatedTwice,
  },
  {
    item: 'DS-04',
    reason: 'each child of a dynamic supervisor counts with a specification of its own',
    rewrite: (line) => line.replaceAll(/\bcount\(d1,\[1,(\d+),0,(\d+)\]\)/g, 'count(d1,[$2,$1,0,$2])'),
  },
  {
    item: 'PG-10',
    reason: 'which_groups of a scope that does not run finds nothing, as every other read; pg raises badarg there',
    rewrite: (line) => line.replaceAll(/\bwhich_groups\((\w+),badarg\)/g, 'which_groups($1,[])'),
  },
  {
    item: 'PL-04',
    reason: 'a start that fails leaves no exit of a link: the error says it all, as in later releases',
    releases: { until: 25 },
    rewrite: withoutFailedStarts,
  },
  {
    item: 'GS-18',
    reason: 'a second reply is dropped and counted; OTP hands it over as a stray message',
    rewrite: (line) => line.replaceAll(/ stray\(\{ref,\d\}\)/g, '').replace(/^\d+ \w+:$/, ''),
  },
  {
    item: 'TK-02',
    reason: 'of a task that was told of or let go nothing can come any more: that is said at once, where Elixir waits for the limit',
    rewrite: waitedInVain,
  },
];

/** A wait for a task whose end its owner was told in an earlier step, or that it has let go. */
function waitedInVain(line: string, trace: Trace): string {
  const step = Number(line.slice(0, line.indexOf(' ')));
  const over =
    (task: string): boolean =>
      trace.some((one) => Number(one.slice(0, one.indexOf(' '))) < step && overIn(one, task));
  return line.replaceAll(/\b(await|yield)\((t\d+),(timeout|nil)\)/g, (event, word: string, task: string) =>
    (over(task) ? `${word}(${task},noproc)` : event));
}

function overIn(line: string, task: string): boolean {
  return new RegExp([
    `\\b(result|down|await|shutdown|ignore|demonitor)\\(${task}\\b`,
    `\\byield\\(${task},(?!nil)`,
    `\\bawait_many\\(\\[[^\\]]*\\b${task}\\b`,
    `\\byield_many\\(\\[[^\\]]*\\b${task}\\b[^\\]]*\\],\\[(?!nil)`,
  ].join('|')).test(line);
}

/**
 * A server that `throws` in its terminate ends with that, whatever it was ending for, and its
 * clients hear it.
 */
function thrownInTerminate(line: string, trace: Trace): string {
  const [step, actor] = line.split(' ', 2) as [string, string];
  const throwers = trace.flatMap((one) => new RegExp(`^${step} (g\\d+): .*\\bthrows$`).exec(one)?.[1] ?? []);
  const ended = trace.find((one) => one.startsWith(`${step} downs?: `))?.split(' ').slice(2) ?? [];
  const told = (event: string, server: string): string => {
    const reason = ended.find((one) => one.startsWith(`${server}(`))?.slice(server.length + 1, -1);
    if (actor === 'downs?:' && event.startsWith(`${server}(`)) return `${server}(nocatch(bang))`;
    if (event.startsWith(`stop(${server},`)) return `stop(${server},failed(nocatch(bang)))`;
    return event.startsWith(`call(${server},`) && event.endsWith(`,failed(${reason}))`)
      ? event.replace(`failed(${reason})`, 'failed(nocatch(bang))')
      : event;
  };
  return line.split(' ').map((event) => throwers.reduce(told, event)).join(' ');
}

/** Of a pool like d1: who has ended in an earlier step is gladly terminated again by OTP. */
function terminatedTwice(line: string, trace: Trace): string {
  const step = Number(line.slice(0, line.indexOf(' ')));
  const dead = (who: string): boolean => trace.some(
    (one) => Number(one.slice(0, one.indexOf(' '))) < step && one.includes(' downs?: ')
      && one.includes(` ${who}(`),
  );
  return line.replaceAll(
    /\bterminate_child\(d1,(\w+),error\(simple_one_for_one\)\)/g, 'terminate_child(d1,$1,error(not_found))',
  )
    .replaceAll(/\bterminate_pid\(d1,(\w+),ok\)/g, (event, who: string) =>
      (dead(who) ? `terminate_pid(d1,${who},error(not_found))` : event));
}

export function allowedOn(release: number, all: readonly Allowed[] = ALLOWED): readonly Allowed[] {
  return all.filter(({ releases }) => release >= (releases?.from ?? 0)
    && release <= (releases?.until ?? Infinity));
}

/** Who traps exits and starts a tree that fails gets its exit as well. */
function withoutFailedStarts(line: string): string {
  const failed =
    [...line.matchAll(/ tree\((s\d+),(shutdown\(\S+\))\)/g)].map(([, sup, reason]) => `exit(${sup},${reason})`);
  return line.split(' ').filter((event) => !failed.includes(event)).join(' ');
}
