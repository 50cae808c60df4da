%% Sends by name: to a process group, and to a registered process.
-module(bench_names).
-export([pg_broadcast/2, registered_send/1]).
-import(bench_clock, [now_ns/0, per_second/2]).

-define(BURST, 1000).

%% The members are looked up for every round, as with a group that may change; the sender yields after each.
pg_broadcast(Members, Rounds) ->
    {ok, Scope} = pg:start(bench_scope),
    Pids = [spawn_link(fun() -> member(0) end) || _ <- lists:seq(1, Members)],
    ok = pg:join(bench_scope, all, Pids),
    Started = now_ns(),
    rounds(Rounds),
    Counts = [begin Pid ! {count, self()}, receive {count, Pid, Count} -> Count end end || Pid <- Pids],
    Rate = per_second(Members * Rounds, Started),
    [Rounds = Count || Count <- Counts],
    [begin unlink(Pid), exit(Pid, kill) end || Pid <- Pids],
    gen_server:stop(Scope),
    Rate.

rounds(0) -> ok;
rounds(Left) ->
    [Pid ! item || Pid <- pg:get_members(bench_scope, all)],
    erlang:yield(),
    rounds(Left - 1).

member(Count) ->
    receive
        item -> member(Count + 1);
        {count, From} -> From ! {count, self(), Count}, member(Count)
    end.

%% Bursts of 1,000 by name, then the sender yields.
registered_send(N) ->
    Main = self(),
    Pid = spawn_link(fun() -> counter(0, Main) end),
    register(bench_registered, Pid),
    Started = now_ns(),
    bursts(N),
    bench_registered ! count,
    receive {count, Pid, N} -> ok end,
    Rate = per_second(N, Started),
    unlink(Pid),
    exit(Pid, kill),
    Rate.

bursts(0) -> ok;
bursts(Left) ->
    Burst = min(Left, ?BURST),
    send(Burst),
    erlang:yield(),
    bursts(Left - Burst).

send(0) -> ok;
send(Left) -> bench_registered ! ping, send(Left - 1).

counter(Count, Main) ->
    receive
        ping -> counter(Count + 1, Main);
        count -> Main ! {count, self(), Count}
    end.
