%% Casts and calls to one gen_server.
-module(bench_message).
-export([cast_stream/1, cast_backlog/1, call_seq/1, call_concurrent/2]).
-import(bench_clock, [now_ns/0, per_second/2]).

-define(BURST, 1000).

%% Bursts of 1,000, then the sender yields.
cast_stream(N) ->
    {ok, Server} = bench_counter:start(),
    Started = now_ns(),
    stream(N, Server),
    N = gen_server:call(Server, count, infinity),
    Rate = per_second(N, Started),
    exit(Server, kill),
    Rate.

stream(0, _) -> ok;
stream(N, Server) ->
    Burst = min(N, ?BURST),
    cast(Burst, Server),
    erlang:yield(),
    stream(N - Burst, Server).

cast(0, _) -> ok;
cast(N, Server) -> gen_server:cast(Server, add), cast(N - 1, Server).

%% A sender that never yields. The BEAM pre-empts it and handles in between, which suits the BEAM better than a full
%% backlog (with the server suspended until all are queued it reaches a quarter of this rate); it is the same program.
cast_backlog(N) ->
    {ok, Server} = bench_counter:start(),
    Started = now_ns(),
    cast(N, Server),
    N = gen_server:call(Server, count, infinity),
    Rate = per_second(N, Started),
    exit(Server, kill),
    Rate.

call_seq(N) ->
    {ok, Server} = bench_counter:start(),
    Started = now_ns(),
    call(N, Server),
    Rate = per_second(N, Started),
    N = gen_server:call(Server, count, infinity),
    exit(Server, kill),
    Rate.

call(0, _) -> ok;
call(N, Server) -> gen_server:call(Server, increment), call(N - 1, Server).

call_concurrent(Callers, Each) ->
    {ok, Server} = bench_counter:start(),
    Parent = self(),
    Pids = [spawn_link(fun() -> receive go -> ok end, call(Each, Server), Parent ! {done, self()} end)
            || _ <- lists:seq(1, Callers)],
    Started = now_ns(),
    [Pid ! go || Pid <- Pids],
    [receive {done, Pid} -> ok end || Pid <- Pids],
    Rate = per_second(Callers * Each, Started),
    true = Callers * Each =:= gen_server:call(Server, count, infinity),
    exit(Server, kill),
    Rate.
