%% Events that change the state of one gen_statem, in the mode with a function per state.
-module(bench_statem).
-behaviour(gen_statem).
-export([event/1]).
-export([init/1, callback_mode/0, off/3, on/3]).
-import(bench_clock, [now_ns/0, per_second/2]).

-define(BURST, 1000).

%% Bursts of 1,000 casts, then the sender yields.
event(N) ->
    {ok, Machine} = gen_statem:start(?MODULE, [], []),
    Started = now_ns(),
    stream(N, Machine),
    N = gen_statem:call(Machine, count, infinity),
    Rate = per_second(N, Started),
    exit(Machine, kill),
    Rate.

stream(0, _) -> ok;
stream(N, Machine) ->
    Burst = min(N, ?BURST),
    cast(Burst, Machine),
    erlang:yield(),
    stream(N - Burst, Machine).

cast(0, _) -> ok;
cast(N, Machine) -> gen_statem:cast(Machine, flip), cast(N - 1, Machine).

callback_mode() -> state_functions.

init([]) -> {ok, off, 0}.

off(cast, flip, Count) -> {next_state, on, Count + 1};
off({call, From}, count, Count) -> {keep_state_and_data, [{reply, From, Count}]}.

on(cast, flip, Count) -> {next_state, off, Count + 1};
on({call, From}, count, Count) -> {keep_state_and_data, [{reply, From, Count}]}.
