%% Supervision trees: what is started and ended, in which order, and what the API answers.
-module(oracle_trees).
-behaviour(gen_server).
-export([run/2, start_sup/2, start_worker/2, init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).
-import(oracle_log, [log/3, watch/4, introduce/3, pid/2, label/2, play/3, actor/2, become/3, incarnation/2]).

%% The children of a pool are stopped beside each other.
run({_Family, Top, Steps}, C) ->
    Actor = case element(3, Top) of simple_one_for_one -> each; _ -> tree end,
    actor(C, Actor),
    Parent = spawn(fun() -> parent(C, Top) end),
    introduce(C, parent, Parent),
    play(C, Steps, fun(_, Step) -> act(C, Actor, Step) end).

%% Whom a killed supervisor leaves behind ends beside everything else.
act(C, Actor, Step) ->
    actor(C, case element(1, Step) of kill_sup when Actor =:= tree -> 'tree?'; _ -> Actor end),
    step(C, Step).

%% The parent of the topmost supervisor, as an application is.
parent(C, Top) ->
    process_flag(trap_exit, true),
    case start_sup(C, Top) of
        {ok, Sup} -> log(C, 'api?', {started, ok}), parent_loop(C, Sup);
        {error, Reason} -> log(C, 'api?', {started, Reason})
    end.

parent_loop(C, Sup) ->
    receive
        stop -> exit(Sup, shutdown);
        {'EXIT', Sup, Reason} -> log(C, 'downs?', {top, Reason})
    end,
    parent_loop(C, Sup).

step(C, {stop, W, Reason}) -> send(incarnation(C, W), {'$gen_cast', {stop, Reason}});
step(C, {crash, W}) -> send(incarnation(C, W), {'$gen_cast', crash});
step(C, {kill, W}) -> signal(incarnation(C, W), kill);
step(C, {signal, W, Reason}) -> signal(incarnation(C, W), Reason);
step(C, {release, W}) -> send(incarnation(C, W), release);
step(C, {kill_sup, S}) -> signal(pid(C, S), kill);
step(C, {signal_sup, S, Reason}) -> signal(pid(C, S), Reason);
step(C, {stop_top}) -> pid(C, parent) ! stop;
step(C, {start_child, S, Spec}) -> api(C, {start_child, S, element(2, Spec)}, fun(Sup) -> supervisor:start_child(Sup, spec(C, Spec)) end);
step(C, {terminate_child, S, Id}) -> api(C, {terminate_child, S, Id}, fun(Sup) -> supervisor:terminate_child(Sup, Id) end);
step(C, {restart_child, S, Id}) -> api(C, {restart_child, S, Id}, fun(Sup) -> supervisor:restart_child(Sup, Id) end);
step(C, {delete_child, S, Id}) -> api(C, {delete_child, S, Id}, fun(Sup) -> supervisor:delete_child(Sup, Id) end);
step(C, {start_instance, S, Worker}) -> api(C, {start_instance, S, element(2, Worker)}, fun(Sup) -> supervisor:start_child(Sup, [Worker]) end);
step(C, {terminate_pid, S, Who}) ->
    Pid = whose(C, Who),
    api(C, {terminate_pid, S, Pid}, fun(Sup) -> terminate_pid(Sup, Pid) end);
step(C, {who, S}) -> api(C, {who, S}, fun(Sup) -> lists:sort([shown(C, Child) || {undefined, Child, _, _} <- supervisor:which_children(Sup)]) end);
step(C, {which, S}) -> api(C, {which, S}, fun(Sup) -> [{Id, Child} || {Id, Child, _, _} <- supervisor:which_children(Sup)] end);
step(C, {count, S}) -> api(C, {count, S}, fun(Sup) -> [Count || {_, Count} <- supervisor:count_children(Sup)] end).

%% Each request has a process of its own, for a supervisor may answer much later.
api(C, Request, Ask) ->
    case pid(C, element(2, Request)) of
        undefined -> log(C, 'api?', erlang:append_element(Request, {exit, noproc}));
        Sup -> spawn(fun() -> log(C, 'api?', erlang:append_element(Request, answer(Ask, Sup))) end), ok
    end.

answer(Ask, Sup) ->
    try Ask(Sup) of
        {error, {Reason, Child}} when element(1, Child) =:= child -> {error, Reason};
        Answer -> Answer
    catch
        exit:{Reason, {gen_server, call, _}} -> {exit, Reason}
    end.

terminate_pid(_, undefined) -> nobody;
terminate_pid(Sup, Pid) -> supervisor:terminate_child(Sup, Pid).

whose(C, foreign) -> pid(C, parent);
whose(C, {first, W}) -> pid(C, list_to_atom(atom_to_list(W) ++ "_1"));
whose(C, W) -> incarnation(C, W).

shown(C, Child) when is_pid(Child) -> label(C, Child);
shown(_, Child) -> Child.

signal(undefined, _) -> ok;
signal(Pid, Reason) -> exit(Pid, Reason).

send(undefined, _) -> ok;
send(Pid, Message) -> Pid ! Message.

spec(C, Sup = {sup, Id, _, _, _, Restart, Shutdown, Significant, _, _}) ->
    #{id => Id, start => {?MODULE, start_sup, [C, Sup]}, restart => Restart, shutdown => Shutdown, significant => Significant, type => supervisor};
spec(C, Worker = {worker, Id, Restart, Shutdown, _, _, Significant, _}) ->
    #{id => Id, start => {?MODULE, start_worker, [C, Worker]}, restart => Restart, shutdown => Shutdown, significant => Significant}.

%% What the template leaves open comes with each start.
specs(C, simple_one_for_one, [Template]) -> [(spec(C, Template))#{start => {?MODULE, start_worker, [C]}}];
specs(C, _, Children) -> [spec(C, Child) || Child <- Children].

start_sup(C, Sup) -> supervisor:start_link(?MODULE, {sup, C, Sup}).
start_worker(C, Worker) -> gen_server:start_link(?MODULE, {worker, C, Worker}, []).

init({sup, C, {sup, Id, Strategy, Intensity, Period, _, _, _, Auto, Children}}) ->
    introduce(C, Id, self()),
    {ok, {#{strategy => Strategy, intensity => Intensity, period => Period, auto_shutdown => Auto}, specs(C, Strategy, Children)}};
init({worker, C, {worker, Id, _, _, Trap, End, _, Starts}}) ->
    {Me, N} = become(C, Id, self()),
    process_flag(trap_exit, Trap),
    Start = case lists:nthtail(min(N - 1, length(Starts)), Starts) of [{What} | _] -> What; [] -> ok end,
    %% A start that failed ends with its own reason or with that of its supervisor's end, whichever comes first.
    watch(C, Me, self(), lists:member(Start, [fail, crash, stop])),
    log(C, {}, {init, Me}),
    State = {C, Me, End},
    case Start of
        fail -> {stop, boom};
        stop -> {stop, normal};
        ignore -> ignore;
        crash -> erlang:error(boom);
        hang -> receive release -> started(State) end;
        ok -> started(State)
    end.

started(State = {_, _, unlinked}) ->
    [Parent | _] = get('$ancestors'),
    unlink(Parent),
    {ok, State};
started(State) -> {ok, State}.

handle_call(_, _, State) -> {reply, ok, State}.

handle_cast({stop, Reason}, State) -> {stop, Reason, State};
handle_cast(crash, _) -> erlang:error(boom).

handle_info({'EXIT', _, Reason}, State = {C, Me, _}) -> log(C, {}, {exit, Me, Reason}), {noreply, State};
handle_info(release, State) -> {noreply, State}.

terminate(Reason, {C, Me, End}) ->
    log(C, {}, {terminate, Me, Reason}),
    case End of
        crash -> erlang:error(bang);
        stubborn -> receive never -> ok end;
        _ -> ok
    end.
