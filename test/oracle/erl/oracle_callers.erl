%% gen_servers of one supervisor that ask each other, and let failures out: with which reason they end, and who is restarted.
-module(oracle_callers).
-behaviour(gen_server).
-export([run/2, start_worker/2, init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).
-import(oracle_log, [log/3, watch/3, introduce/3, pid/2, play/3, actor/2, become/3, incarnation/2]).

run({callers, Intensity, Workers, Steps}, C) ->
    actor(C, each),
    introduce(C, parent, spawn(fun() -> parent(C, Intensity, Workers) end)),
    play(C, Steps, fun step/2).

parent(C, Intensity, Workers) ->
    process_flag(trap_exit, true),
    {ok, Sup} = supervisor:start_link(?MODULE, {sup, C, Intensity, Workers}),
    introduce(C, s1, Sup),
    receive {'EXIT', Sup, Reason} -> log(C, 'downs?', {top, Reason}) end,
    receive never -> ok end.

step(C, {tell, W, Plan}) -> case incarnation(C, W) of undefined -> ok; Pid -> gen_server:cast(Pid, Plan) end;
step(C, {kill, W}) -> case incarnation(C, W) of undefined -> ok; Pid -> exit(Pid, kill) end;
step(C, {which}) ->
    Sup = pid(C, s1),
    spawn(fun() -> log(C, 'api?', {which, try [{Id, Child} || {Id, Child, _, _} <- supervisor:which_children(Sup)] catch exit:{noproc, _} -> noproc end}) end).

start_worker(C, Worker) -> gen_server:start_link(?MODULE, {worker, C, Worker}, []).

init({sup, C, Intensity, Workers}) ->
    {ok, {#{intensity => Intensity, period => 60}, [#{id => Id, start => {?MODULE, start_worker, [C, Worker]}, restart => Restart} || Worker = {worker, Id, Restart, _, _} <- Workers]}};
init({worker, C, {worker, Id, _, Trap, Ending}}) ->
    {Me, _} = become(C, Id, self()),
    process_flag(trap_exit, Trap),
    watch(C, Me, self()),
    log(C, {}, {init, Me}),
    {ok, {C, Me, Ending}}.

handle_call(Plan, _, State) -> do(Plan, State, {reply, ok, State}).
handle_cast(Plan, State) -> do(Plan, State, {noreply, State}).
handle_info(_, State) -> {noreply, State}.

terminate(Reason, {C, Me, Ending}) ->
    log(C, {}, {terminate, Me, Reason}),
    case Ending of
        {ok} -> ok;
        {exits, With} -> exit(With);
        {crashes} -> erlang:error(bang)
    end.

do({fine}, _, Done) -> Done;
do({stop, Reason}, State, _) -> {stop, Reason, State};
do({exits, Reason}, _, _) -> exit(Reason);
do({crashes}, _, _) -> erlang:error(boom);
do({out, Request}, State, Done) -> asked(Request, State), Done;
do({again, Request}, State, Done) ->
    try asked(Request, State), Done
    catch exit:Reason -> exit(Reason)
    end;
do({stops, Request}, State, Done) ->
    try asked(Request, State), Done
    catch exit:Reason -> {stop, Reason, State}
    end.

asked(Request, {C, Me, _}) ->
    ask(C, Request),
    log(C, {}, {asked, Me, ok}).

ask(C, {call, W, Plan}) -> gen_server:call(incarnation(C, W), Plan, infinity);
ask(C, {stopping, W, Reason}) -> gen_server:stop(incarnation(C, W), Reason, infinity);
ask(_, {task, End}) ->
    {_, Ref} = spawn_monitor(fun() -> case End of {exits, Reason} -> exit(Reason); {crashes} -> erlang:error(boom) end end),
    receive {'DOWN', Ref, process, _, Reason} -> exit({Reason, {task, await, []}}) end.
