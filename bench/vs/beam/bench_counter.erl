%% The gen_server that every gen_server benchmark uses: it counts what it handles.
-module(bench_counter).
-behaviour(gen_server).
-export([start/0, start_link/1, init/1, handle_call/3, handle_cast/2]).

start() -> gen_server:start(?MODULE, none, []).
start_link(Arg) -> gen_server:start_link(?MODULE, Arg, []).

init({notify, Pid}) -> Pid ! {started, self()}, {ok, 0};
init(none) -> {ok, 0}.

handle_call(increment, _From, N) -> {reply, N + 1, N + 1};
handle_call(count, _From, N) -> {reply, N, N}.

handle_cast(add, N) -> {noreply, N + 1}.
