%% Processes that start supervision trees of their own, and workers in those that do: who ends with whom, in which order.
-module(oracle_starters).
-behaviour(gen_server).
-export([run/2, start_worker/3, init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).
-import(oracle_log, [log/3, watch/3, watch/4, introduce/3, pid/2, label/2, settle/1, steps/3, become/3, incarnation/2]).

run({_Family, Count, Steps}, C) ->
    [new(C, list_to_atom("p" ++ integer_to_list(I)), plain) || I <- lists:seq(1, Count)],
    settle(C),
    steps(C, Steps, fun step/2).

step(C, {at, P, Ops}) -> send(pid(C, P), {command, Ops});
step(C, {boss, W, Sup}) -> send(incarnation(C, W), {'$gen_cast', {boss, Sup}});
step(C, {stop, W, Reason}) -> send(incarnation(C, W), {'$gen_cast', {stop, Reason}});
step(C, {crash, W}) -> send(incarnation(C, W), {'$gen_cast', crash});
step(C, {kill, W}) -> signal(incarnation(C, W), kill);
step(C, {signal_sup, S, Reason}) -> signal(pid(C, S), Reason);
step(C, {which, S}) ->
    Answer = case pid(C, S) of
        undefined -> {exit, noproc};
        Sup -> try [{Id, Child} || {Id, Child, _, _} <- supervisor:which_children(Sup)] catch exit:{Reason, _} -> {exit, Reason} end
    end,
    log(C, 'api?', {which, S, Answer}).

send(undefined, _) -> ok;
send(Pid, Message) -> Pid ! Message.

signal(undefined, _) -> ok;
signal(Pid, Reason) -> exit(Pid, Reason).

%% A process without a behaviour.
new(C, Label, How) ->
    Body = fun() -> receive go -> loop(C, Label) end end,
    Pid = case How of link -> spawn_link(Body); plain -> spawn(Body) end,
    watch(C, Label, Pid),
    Pid ! go.

loop(C, Me) ->
    receive
        {command, Ops} -> [op(C, Me, Op) || Op <- Ops, born(C, Op)];
        {'EXIT', Pid, Reason} -> log(C, Me, {exit, label(C, Pid), Reason})
    end,
    case get(returns) of true -> ok; _ -> loop(C, Me) end.

%% What its parent never came to start is passed over, on both sides.
born(_, {tree, _}) -> true;
born(_, {spawn, _, _}) -> true;
born(_, {Word, _}) when Word =:= trap; Word =:= exit; Word =:= error -> true;
born(_, {return}) -> true;
born(C, Op) -> pid(C, element(2, Op)) =/= undefined.

op(_, _, {trap, On}) -> process_flag(trap_exit, On);
op(C, Me, {tree, Sup}) -> tree(C, Me, Sup);
op(C, _, {spawn, P, How}) -> new(C, P, How);
op(C, _, {unlink, Who}) -> unlink(pid(C, Who));
op(C, Me, {link, Who}) -> log(C, Me, {link, Who, try link(pid(C, Who)), ok catch error:noproc -> noproc end});
op(C, _, {signal, Who, Reason}) -> exit(pid(C, Who), Reason);
op(_, _, {exit, Reason}) -> exit(Reason);
op(_, _, {error, What}) -> erlang:error(What);
op(_, _, {return}) -> put(returns, true).

tree(C, Me, Sup = {sup, Id, _, _, _}) ->
    case supervisor:start_link(?MODULE, {sup, C, Id, Sup}) of
        {ok, Pid} -> watch(C, Id, Pid), log(C, Me, {tree, Id, ok});
        {error, Reason} -> log(C, Me, {tree, Id, Reason})
    end.

start_worker(C, Tree, Worker) -> gen_server:start_link(?MODULE, {worker, C, Tree, Worker}, []).

spec(C, Tree, Sup = {sup, Id, _, _, _}) ->
    #{id => Id, start => {supervisor, start_link, [?MODULE, {sup, C, Tree, Sup}]}, shutdown => infinity, type => supervisor};
spec(C, Tree, Worker = {worker, Id, Restart, _, _}) ->
    #{id => Id, start => {?MODULE, start_worker, [C, Tree, Worker]}, restart => Restart}.

init({sup, C, Tree, {sup, Id, Strategy, Intensity, Children}}) ->
    introduce(C, Id, self()),
    {ok, {#{strategy => Strategy, intensity => Intensity, period => 60}, [spec(C, Tree, Child) || Child <- Children]}};
init({worker, C, Tree, {worker, Id, _, Trap, Starts}}) ->
    {Me, N} = become(C, Id, self()),
    process_flag(trap_exit, Trap),
    Start = case lists:nthtail(min(N - 1, length(Starts)), Starts) of [{What} | _] -> What; [] -> ok end,
    watch(C, Me, self(), Start =/= ok),
    log(C, Tree, {init, Me}),
    case Start of
        fail -> {stop, boom};
        ignore -> ignore;
        ok -> {ok, {C, Tree, Me}}
    end.

handle_call(_, _, State) -> {reply, ok, State}.

handle_cast({boss, Sup}, State = {C, _, Me}) -> tree(C, Me, Sup), {noreply, State};
handle_cast({stop, Reason}, State) -> {stop, Reason, State};
handle_cast(crash, _) -> erlang:error(boom).

handle_info({'EXIT', Pid, Reason}, State = {C, _, Me}) -> log(C, Me, {exit, label(C, Pid), Reason}), {noreply, State}.

terminate(Reason, {C, Tree, Me}) -> log(C, Tree, {terminate, Me, Reason}).
