%% Supervised children that are killed. Logging is off, so no crash report counts.
-module(bench_supervision).
-behaviour(supervisor).
-export([restart_p50/1, restart_storm/1, init/1]).
-import(bench_clock, [now_ns/0]).

-define(INTENSITY, 100000000).
-define(PERIOD_S, 1).

init({one, Main}) ->
    {ok, {#{strategy => one_for_one, intensity => ?INTENSITY, period => ?PERIOD_S}, [spec([{notify, Main}])]}};
init(many) ->
    {ok, {#{strategy => simple_one_for_one, intensity => ?INTENSITY, period => ?PERIOD_S}, [spec([])]}}.

spec(Args) ->
    #{id => child, start => {bench_counter, start_link, Args}, restart => permanent, shutdown => brutal_kill}.

%% Microseconds from the kill until the new one has started: the median of N restarts.
restart_p50(N) ->
    process_flag(trap_exit, true),
    {ok, Supervisor} = supervisor:start_link(?MODULE, {one, self()}),
    First = await_start(),
    Delays = restarts(N, First, []),
    stop(Supervisor),
    lists:nth((N + 1) div 2, lists:sort(Delays)) / 1000.

restarts(0, _, Delays) -> Delays;
restarts(N, Pid, Delays) ->
    Started = now_ns(),
    exit(Pid, kill),
    Next = await_start(),
    restarts(N - 1, Next, [now_ns() - Started | Delays]).

%% Milliseconds from the first kill until the last of N children is back.
restart_storm(N) ->
    process_flag(trap_exit, true),
    {ok, Supervisor} = supervisor:start_link(?MODULE, many),
    [{ok, _} = supervisor:start_child(Supervisor, [{notify, self()}]) || _ <- lists:seq(1, N)],
    Pids = [await_start() || _ <- lists:seq(1, N)],
    Started = now_ns(),
    [exit(Pid, kill) || Pid <- Pids],
    Back = [await_start() || _ <- Pids],
    Elapsed = now_ns() - Started,
    N = length(Back),
    N = proplists:get_value(active, supervisor:count_children(Supervisor)),
    stop(Supervisor),
    Elapsed / 1.0e6.

await_start() -> receive {started, Pid} -> Pid end.

stop(Supervisor) ->
    unlink(Supervisor),
    Monitor = monitor(process, Supervisor),
    exit(Supervisor, shutdown),
    receive {'DOWN', Monitor, process, Supervisor, _} -> ok end.
