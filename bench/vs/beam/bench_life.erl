%% Processes that come, live and go.
-module(bench_life).
-export([spawn_exit/1, agent_start/1, bytes_per_agent/1]).
-import(bench_clock, [now_ns/0, per_second/2, await_process_count/1]).

-define(BURST, 1000).

%% Every process counts itself, then exits; the spawner yields after each 1,000.
spawn_exit(N) ->
    Base = erlang:system_info(process_count),
    Counter = counters:new(1, [atomics]),
    Started = now_ns(),
    spawn_bursts(N, Counter),
    await_process_count(Base),
    Rate = per_second(N, Started),
    N = counters:get(Counter, 1),
    Rate.

spawn_bursts(0, _) -> ok;
spawn_bursts(N, Counter) ->
    Burst = min(N, ?BURST),
    spawn_burst(Burst, Counter),
    erlang:yield(),
    spawn_bursts(N - Burst, Counter).

spawn_burst(0, _) -> ok;
spawn_burst(N, Counter) ->
    spawn(counters, add, [Counter, 1, 1]),
    spawn_burst(N - 1, Counter).

agent_start(N) ->
    Base = erlang:system_info(process_count),
    Started = now_ns(),
    Pids = start(N, []),
    Rate = per_second(N, Started),
    N = erlang:system_info(process_count) - Base,
    stop(Pids, Base),
    Rate.

bytes_per_agent(N) ->
    Base = erlang:system_info(process_count),
    erlang:garbage_collect(),
    Before = erlang:memory(total),
    Pids = start(N, []),
    timer:sleep(300),
    erlang:garbage_collect(),
    After = erlang:memory(total),
    N = erlang:system_info(process_count) - Base,
    stop(Pids, Base),
    (After - Before) / N.

start(0, Pids) -> Pids;
start(N, Pids) -> {ok, Pid} = bench_counter:start(), start(N - 1, [Pid | Pids]).

stop(Pids, Base) ->
    [exit(Pid, kill) || Pid <- Pids],
    await_process_count(Base).
