# Shared by run and deep: run steps one after the other, count them, never stop at the first failure.
# shellcheck shell=bash

passed=0
failed=0
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# step NAME LIMIT_SECONDS COMMAND: prints one line; the end of the output when it failed.
step() {
  local name=$1 limit=$2 command=$3 log=$logs/step started=$SECONDS code=0
  printf '… %s\n' "$name"
  timeout --kill-after=10 "$limit" bash -c "set -o pipefail; $command" >"$log" 2>&1 </dev/null || code=$?
  if [ "$code" -eq 0 ]; then
    passed=$((passed + 1))
    printf 'ok   %s (%d s)\n' "$name" $((SECONDS - started))
  else
    failed=$((failed + 1))
    printf 'FAIL %s: code %d%s (%d s)\n' "$name" "$code" "$([ "$code" -eq 124 ] && echo ", over its $limit s")" $((SECONDS - started))
    tail -n 60 "$log" | sed 's/^/     /'
  fi
}

# within SECONDS: says whether the whole run kept its time. A slow machine is no wrong change, so it fails nothing.
within() {
  if [ "$SECONDS" -le "$1" ]; then
    printf 'all of it took %d of %d s\n' "$SECONDS" "$1"
  else
    printf '!!!! all of it took %d of %d s: CONTRIBUTING.md gives each step its share !!!!\n' "$SECONDS" "$1"
  fi
}

finish() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
}

# The benches measure the BEAM beside us. Under CI a missing Erlang is a failure, elsewhere a loud note.
beam=required
ensure_erlang() {
  if ! command -v erl >/dev/null && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    step 'apt-get install erlang-base' 300 \
      'export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; apt-get install -y -qq --no-install-recommends erlang-base'
  fi
  if ! command -v erl >/dev/null && [ "${CI:-}" != true ]; then
    beam=optional
    printf '\n!!!! erl was not found: NO oracle, and the benches run WITHOUT the BEAM, their comparison is not checked !!!!\n\n'
    return
  fi
  step 'erl is there' 30 "erl -noshell -eval 'io:format(\"OTP ~s~n\", [erlang:system_info(otp_release)]), halt().'"
}

# The steps that need no choice of size.
check_sources() {
  step 'the test command of the README: npm ci && npm test' 900 \
    'grep -qF "npm ci && npm test" README.md && export npm_config_engine_strict=true && npm ci && npm test'
  step 'lint' 240 'npm run lint'
  step 'typecheck' 120 'npm run typecheck'
  step 'layers' 60 'npm run test:layers'
  step 'check:deps' 30 'npm run check:deps'
  step 'check:package' 120 'npm run check:package'
  step 'try:integrations' 300 'npm run try:integrations'
}

# A seed that nobody has chosen; the step's name prints it.
fresh_seed() {
  echo $(($(od -An -N4 -tu4 /dev/urandom) % 2147483648))
}

conformance() {
  step 'conformance' 60 'npm run conformance'
}

# oracle SCENARIOS SEED: castcall beside OTP, line by line.
oracle() {
  [ "$beam" = optional ] && return
  step "oracle --scenarios $1 --seed $2" 600 "npm run oracle -- --scenarios $1 --seed $2"
}

# sim SEEDS SEED [SUITE]
sim() {
  step "sim --seeds $1 --seed $2 ${3:-}" 1800 "npm run sim -- --seeds $1 --seed $2 ${3:+--suite $3}"
}

# prove SIZE LIMIT: kills, faults of the disk, loss of power and damage, against a store. Under CI a proof that is left
# out is a failure, so what it needs is fetched.
prove() {
  if ! command -v strace >/dev/null && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    step 'apt-get install strace' 300 \
      'export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; apt-get install -y -qq --no-install-recommends strace'
  fi
  local seed
  seed=$(fresh_seed)
  step "prove --size $1 --seed $seed" "$2" "npm run prove -- --size $1 --seed $seed"
}

# soak MINUTES: for each policy of a full mailbox
soak() {
  step "soak --minutes $1" 900 "npm run soak -- --minutes $1"
}

# One of N parts of a list that nobody has chosen, as `--share` takes it.
part_of() {
  echo "$(($(fresh_seed) % $1))/$1"
}

# tests_on_node24 SHARD, as vitest takes it: users run newer versions of Node than the oldest that is supported. The
# types are checked once.
tests_on_node24() {
  step "the tests on Node 24, part $1" 900 \
    "node scripts/on-node24.mjs npm test -- --typecheck.enabled=false --shard=$1"
}

# mutants SHARE
mutants() {
  step "mutants --share $1" 1800 "npm run mutants -- --share $1"
}

# promises SHARE: each broken promise turns a test red.
promises() {
  step "promises --share $1" 1800 "npm run promises -- --share $1"
}

# bench LIMIT ARGUMENTS NAMES: JSON lines, each of the names measured, the BEAM beside it.
bench() {
  step "bench $2" "$1" "npm run --silent bench -- --json $2 >$logs/bench.jsonl && node .ci/expect.mjs bench $logs/bench.jsonl $beam $3"
}

main_job() {
  step 'npm start' 120 'npm start'
}

# chaos SEED: the audit loses nothing and doubles nothing while its agents crash.
chaos() {
  step "npm start -- --chaos high --seed $1 --json" 180 \
    "npm start --silent -- --chaos high --seed $1 --json >$logs/audit.jsonl && node .ci/expect.mjs audit $logs/audit.jsonl"
}

# killed SEED: the audit loses nothing and doubles nothing while its program gets SIGKILL, and resumes.
killed() {
  step "npm start -- --kill --seed $1 --json" 180 \
    "npm start --silent -- --kill --seed $1 --json >$logs/audit.jsonl && node .ci/expect.mjs killed $logs/audit.jsonl"
}
