// Wrong variants of the health of children: see scripts/mutants.mjs.
const health = 'src/supervisor/core/health.js';
const suite = 'health';

export const healths = [
  { name: 'failures of a check are counted for ever', file: health, suite, edits: [[
    'good() { this.failures = 0;', 'good() {',
  ]] },
  { name: 'an unhealthy child never recovers', file: health, suite, edits: [[
    'this.turn(false);', ';',
  ]] },
  { name: 'unhealthy one failure late', file: health, suite, edits: [['this.failures < (', 'this.failures <= (']] },
  { name: 'a check that is late is waited for', file: health, suite, edits: [[
    'p.kernel.deadlines.add(late, limitMs);', '',
  ]] },
  { name: 'a check that says false is a good one', file: health, suite, edits: [[
    'answer === false', 'answer === null',
  ]] },
  { name: 'an unhealthy child is not ended', file: health, suite, edits: [["!== 'restart'", "!== 'restart!'"]] },
  { name: 'balancers do not see the health', file: 'src/delivery/group/member.js', suite, edits: [[
    'p.ext?.health?.unbalanced !== true', 'true',
  ]] },
  { name: 'a check that throws is no failure', file: health, suite, edits: [[
    "const failed = (error) => this.judge(late, error ?? new Error('it failed'));",
    'const failed = () => this.judge(late, null);',
  ]] },
];
