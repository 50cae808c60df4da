%% Tasks and their links: what Elixir's Task is made of (spawn_link, a monitor with an alias, one reply), written by hand.
-module(oracle_tasks).
-export([run/2]).
-import(oracle_log, [log/3, watch/3, pid/2, label/2, play/3]).

run({tasks, Owners, Steps}, C) ->
    [owner(C, list_to_atom("o" ++ integer_to_list(I))) || I <- lists:seq(1, Owners)],
    play(C, Steps, fun step/2).

step(C, {at, O, Op}) -> send(pid(C, O), {command, Op});
step(C, {finish, T, V}) -> send(pid(C, T), {last, {finish, V}});
step(C, {exits, T, Reason}) -> send(pid(C, T), {last, {exit, Reason}});
step(C, {crashes, T}) -> send(pid(C, T), {last, crash});
step(C, {signal, P, Reason}) -> case pid(C, P) of undefined -> ok; Pid -> exit(Pid, Reason) end.

send(undefined, _) -> ok;
send(Pid, Message) -> Pid ! Message.

owner(C, Me) -> watch(C, Me, spawn(fun() -> owner_loop(C, Me) end)).

owner_loop(C, Me) ->
    receive
        {command, Op} -> born(C, Op) andalso op(C, Me, Op);
        {'EXIT', Pid, Reason} -> log(C, Me, {exit, label(C, Pid), Reason});
        {'DOWN', Ref, process, _, Reason} -> log(C, Me, {down, get(Ref), Reason});
        {Ref, V} when is_reference(Ref) -> log(C, Me, {result, get(Ref), V})
    end,
    owner_loop(C, Me).

%% What is asked of a task that its owner never came to start is passed over, on both sides.
born(_, {async, _, _, _}) -> true;
born(_, {trap, _}) -> true;
born(_, {await_many, Ts, _}) -> lists:all(fun mine/1, Ts);
born(_, {yield_many, Ts, _}) -> lists:all(fun mine/1, Ts);
born(_, Op) -> mine(element(2, Op)).

mine({T}) -> mine(T);
mine(T) -> get({ref, T}) =/= undefined.

op(_, _, {trap, On}) -> process_flag(trap_exit, On);
op(C, _, {async, T, How, Trap}) ->
    Body = fun() -> process_flag(trap_exit, Trap), receive {go, Alias} -> task(Alias) end end,
    Pid = case How of link -> spawn_link(Body); nolink -> spawn(Body) end,
    watch(C, T, Pid),
    Ref = monitor(process, Pid, [{alias, demonitor}]),
    put({ref, T}, Ref), put({task, T}, Pid), put(Ref, T),
    Pid ! {go, Ref};
op(C, Me, {await, T, Ms}) -> log(C, Me, {await, T, try {value, await(get({ref, T}), Ms)} catch exit:{timeout, {task, await, _}} -> timeout; exit:{Reason, {task, await, _}} -> {exit, Reason} end});
op(C, Me, {await_out, T, Ms}) -> V = await(get({ref, T}), Ms), log(C, Me, {await, T, {value, V}});
op(C, Me, {yield, T, Ms}) -> log(C, Me, {yield, T, yield(get({ref, T}), Ms)});
op(C, Me, {shutdown, T, How}) -> log(C, Me, {shutdown, T, shutdown(get({ref, T}), get({task, T}), How)});
op(C, Me, {ignore, T}) ->
    Ref = get({ref, T}),
    log(C, Me, {ignore, T, case yield(Ref, 0) of nil -> unlink(get({task, T})), demonitor(Ref, [flush]), nil; Outcome -> Outcome end});
op(C, Me, {demonitor, T}) -> demonitor(get({ref, T})), log(C, Me, {demonitor, {T}});
op(C, Me, {await_many, Ts, Ms}) ->
    Refs = [get({ref, T}) || {T} <- Ts],
    log(C, Me, {await_many, Ts, try many(Refs, deadline(Ms), fun(Down) -> exit({Down, {task, await_many, []}}) end) of
        Found -> case lists:member(nil, Found) of
            true -> [demonitor(Ref, [flush]) || Ref <- Refs], timeout;
            false -> [V || {value, V} <- Found]
        end
    catch exit:{Reason, {task, await_many, _}} -> [demonitor(Ref, [flush]) || Ref <- Refs], {exit, Reason} end});
op(C, Me, {yield_many, Ts, Ms}) -> log(C, Me, {yield_many, Ts, many([get({ref, T}) || {T} <- Ts], deadline(Ms), fun(Down) -> {exit, Down} end)}).

await(Ref, Ms) ->
    receive
        {Ref, V} -> demonitor(Ref, [flush]), V;
        {'DOWN', Ref, process, _, Reason} -> exit({Reason, {task, await, []}})
    after Ms -> demonitor(Ref, [flush]), exit({timeout, {task, await, []}})
    end.

yield(Ref, Ms) ->
    receive
        {Ref, V} -> demonitor(Ref, [flush]), {value, V};
        {'DOWN', Ref, process, _, Reason} -> {exit, Reason}
    after Ms -> nil
    end.

%% One limit for all.
deadline(infinity) -> infinity;
deadline(0) -> 0.

many(Refs, Ms, Failed) ->
    Outcomes = many(maps:from_list([{Ref, open} || Ref <- Refs]), Ms, Failed, #{}),
    [maps:get(Ref, Outcomes, nil) || Ref <- Refs].

many(Open, _, _, Found) when map_size(Open) =:= 0 -> Found;
many(Open, Ms, Failed, Found) ->
    receive
        {'DOWN', Ref, process, _, Reason} when is_map_key(Ref, Open) -> many(maps:remove(Ref, Open), Ms, Failed, Found#{Ref => Failed(Reason)});
        {Ref, V} when is_map_key(Ref, Open) -> demonitor(Ref, [flush]), many(maps:remove(Ref, Open), Ms, Failed, Found#{Ref => {value, V}})
    after Ms -> Found
    end.

%% Task.shutdown/2.
shutdown(Ref, Pid, brutal_kill) -> ends(Ref, Pid, kill, brutal_kill, infinity);
shutdown(Ref, Pid, Ms) -> ends(Ref, Pid, shutdown, shutdown, Ms).

ends(Ref, Pid, Signal, Type, Ms) ->
    Mon = monitor(process, Pid),
    unlink(Pid),
    exit(Pid, Signal),
    ended(Ref, Pid, Mon, Type, Ms).

ended(Ref, Pid, Mon, Type, Ms) ->
    receive
        {'DOWN', Mon, _, _, shutdown} when Type =/= brutal_kill -> demonitor(Ref, [flush]), reply(Ref, nil);
        {'DOWN', Mon, _, _, killed} when Type =:= brutal_kill -> demonitor(Ref, [flush]), reply(Ref, nil);
        {'DOWN', Mon, _, _, noproc} -> reply(Ref, dead(Ref, Type));
        {'DOWN', Mon, _, _, Reason} -> demonitor(Ref, [flush]), reply(Ref, {exit, Reason})
    after Ms -> exit(Pid, kill), ended(Ref, Pid, Mon, timeout_kill, infinity)
    end.

dead(Ref, Type) ->
    receive
        {'DOWN', Ref, _, _, shutdown} when Type =/= brutal_kill -> nil;
        {'DOWN', Ref, _, _, killed} when Type =:= brutal_kill -> nil;
        {'DOWN', Ref, _, _, Reason} -> {exit, Reason}
    after 0 -> demonitor(Ref, [flush]), {exit, noproc}
    end.

reply(Ref, Else) -> receive {Ref, V} -> {value, V} after 0 -> Else end.

task(Alias) ->
    receive
        {last, {finish, V}} -> Alias ! {Alias, V};
        {last, {exit, Reason}} -> exit(Reason);
        {last, crash} -> erlang:error(boom);
        _ -> task(Alias)
    end.
