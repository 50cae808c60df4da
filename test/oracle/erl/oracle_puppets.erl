%% Processes that do what they are told and tell what they receive: links, monitors, exit signals, names, timers, groups.
-module(oracle_puppets).
-export([run/2]).
-import(oracle_log, [introduce/3, timer/3, timer/2, timer_of/2, log/3, watch/3, pid/2, name/2, label/2, settle/1, steps/3]).

run({groups, Count, Steps}, C) ->
    [start_scope(C, S) || S <- [s1, s2]],
    try run({puppets, Count, Steps}, C)
    after [stop_scope(name(C, S)) || S <- [s1, s2]]
    end;
run({_Family, Count, Steps}, C) ->
    [new(C, list_to_atom("p" ++ integer_to_list(I)), plain) || I <- lists:seq(1, Count)],
    settle(C),
    steps(C, Steps, fun tell/2).

tell(C, {at, P, Ops}) -> send(pid(C, P), {command, Ops});
tell(C, {resume, P}) -> send(pid(C, P), resume).

send(undefined, _) -> ok;
send(Pid, Message) -> Pid ! Message.

start_scope(C, S) ->
    case pg:start(name(C, S)) of
        {ok, Pid} -> introduce(C, S, Pid), ok;
        {error, {already_started, _}} -> already_started
    end.

%% The next scenario of this slot starts one of that name.
stop_scope(Scope) -> try gen_server:stop(Scope) catch exit:noproc -> ok end.

new(C, Label, How) ->
    Body = fun() -> receive go -> loop(C, Label) end end,
    Pid = case How of link -> spawn_link(Body); plain -> spawn(Body) end,
    watch(C, Label, Pid),
    Pid ! go.

loop(C, Me) ->
    receive
        {command, Ops} -> [op(C, Me, Op) || Op <- Ops, born(C, Op)];
        resume -> ok;
        {message, From, What} -> log(C, Me, {got, From, What});
        {timer, T, What} -> log(C, Me, {timer, T, What});
        {timeout, Ref, {timer, T, What}} -> log(C, Me, {timer, timer_of(C, Ref), T, What});
        {Answer, Ref, Left} when Answer =:= cancel_timer; Answer =:= read_timer -> log(C, Me, {answer, Answer, timer_of(C, Ref), left(Left)});
        {'EXIT', Pid, Reason} -> log(C, Me, {exit, label(C, Pid), Reason});
        {Ref, Change, Group, Pids} when Change =:= join; Change =:= leave ->
            log(C, Me, {group, get(Ref), Change, Group, labels(C, Pids)});
        {'DOWN', Ref, process, Object, Reason} -> log(C, Me, {down, object(C, Object), get(Ref), Reason})
    end,
    case get(returns) of true -> ok; _ -> loop(C, Me) end.

%% One that its parent never came to spawn is passed over, on both sides, and so is what was asked of it.
born(_, {spawn, _, _}) -> true;
born(_, {demonitor, M}) -> get({ref, M}) =/= undefined;
born(_, {demonitor_flush, M}) -> get({ref, M}) =/= undefined;
born(C, {Word, T}) when Word =:= cancel; Word =:= cancel_async; Word =:= read; Word =:= read_async -> timer(C, T) =/= undefined;
born(C, Op) -> lists:all(fun(Arg) -> not is_puppet(Arg) orelse pid(C, Arg) =/= undefined end, tuple_to_list(Op)).

is_puppet(Arg) when is_atom(Arg) ->
    case atom_to_list(Arg) of [$p, D | _] when D >= $0, D =< $9 -> true; _ -> false end;
is_puppet(_) -> false.

object(C, Pid) when is_pid(Pid) -> label(C, Pid);
object(_, {Name, _Node}) -> list_to_atom(tl(lists:dropwhile(fun(Ch) -> Ch =/= $_ end, atom_to_list(Name)))).

op(_, _, {trap, On}) -> process_flag(trap_exit, On);
op(C, Me, {link, P}) -> log(C, Me, {link, P, try link(pid(C, P)), ok catch error:noproc -> noproc end});
op(C, _, {unlink, P}) -> unlink(pid(C, P));
op(C, _, {monitor, P, M}) -> watching(M, monitor(process, pid(C, P)));
op(C, _, {monitor_name, Name, M}) -> watching(M, monitor(process, name(C, Name)));
op(C, Me, {demonitor, M}) -> log(C, Me, {demonitor, M, demonitor(get({ref, M}), [info])});
op(C, Me, {demonitor_flush, M}) -> log(C, Me, {demonitor, M, demonitor(get({ref, M}), [flush, info])});
op(_, _, {exit, Reason}) -> exit(Reason);
op(_, _, {error, What}) -> erlang:error(What);
op(_, _, {throw, What}) -> throw(What);
op(_, _, {return}) -> put(returns, true);
op(C, _, {signal, P, Reason}) -> exit(pid(C, P), Reason);
op(C, Me, {send, P, What}) -> pid(C, P) ! {message, Me, What};
op(C, Me, {send_name, Name, What}) ->
    log(C, Me, {send, Name, attempt(fun() -> name(C, Name) ! {message, Me, What} end)});
op(C, Me, {register, Name, P}) -> log(C, Me, {register, Name, P, attempt(fun() -> register(name(C, Name), pid(C, P)) end)});
op(C, Me, {unregister, Name}) -> log(C, Me, {unregister, Name, attempt(fun() -> unregister(name(C, Name)) end)});
op(C, Me, {whereis, Name}) ->
    log(C, Me, {whereis, Name, case whereis(name(C, Name)) of undefined -> undefined; Pid -> label(C, Pid) end});
op(C, Me, {alive, P}) -> log(C, Me, {alive, P, is_process_alive(pid(C, P))});
op(C, _, {spawn, P, How}) -> new(C, P, How);
op(_, _, {pause}) -> receive resume -> ok end;
op(C, _, {send_after, T, Ms, P, What}) -> timer(C, T, erlang:send_after(Ms, pid(C, P), {timer, T, What}));
op(C, _, {send_after_name, T, Ms, Name, What}) -> timer(C, T, erlang:send_after(Ms, name(C, Name), {timer, T, What}));
op(C, _, {start_timer, T, Ms, P, What}) -> timer(C, T, erlang:start_timer(Ms, pid(C, P), {timer, T, What}));
op(C, _, {start_timer_name, T, Ms, Name, What}) -> timer(C, T, erlang:start_timer(Ms, name(C, Name), {timer, T, What}));
op(C, Me, {join, S, G, P}) -> log(C, Me, {join, S, G, P, asked(fun() -> pg:join(name(C, S), G, pid(C, P)) end)});
op(C, Me, {join_both, S, G, P, Q}) -> log(C, Me, {join, S, G, P, Q, asked(fun() -> pg:join(name(C, S), G, [pid(C, P), pid(C, Q)]) end)});
op(C, Me, {leave, S, G, P}) -> log(C, Me, {leave, S, G, P, asked(fun() -> pg:leave(name(C, S), G, pid(C, P)) end)});
op(C, Me, {members, S, G}) -> log(C, Me, {members, S, G, labels(C, pg:get_members(name(C, S), G))});
op(C, Me, {which_groups, S}) -> log(C, Me, {which_groups, S, try lists:sort(pg:which_groups(name(C, S))) catch error:badarg -> badarg end});
op(C, Me, {monitor_group, S, G, W}) ->
    log(C, Me, {monitor_group, W, asked(fun() -> {Ref, Pids} = pg:monitor(name(C, S), G), watching(W, Ref), labels(C, Pids) end)});
op(C, Me, {monitor_scope, S, W}) ->
    log(C, Me, {monitor_scope, W, asked(fun() ->
        {Ref, Groups} = pg:monitor_scope(name(C, S)),
        watching(W, Ref),
        [{G, labels(C, Pids)} || {G, Pids} <- lists:sort(maps:to_list(Groups))]
    end)});
op(C, Me, {demonitor_group, S, W}) ->
    log(C, Me, {demonitor_group, W, case get({ref, W}) of undefined -> none; Ref -> asked(fun() -> pg:demonitor(name(C, S), Ref) end) end});
op(C, Me, {broadcast, S, G, What}) ->
    Pids = pg:get_members(name(C, S), G),
    [P ! {message, Me, What} || P <- Pids],
    log(C, Me, {broadcast, S, G, length(Pids)});
op(C, _, {kill_scope, S}) -> exit(pid(C, S), kill);
op(C, Me, {start_scope, S}) -> log(C, Me, {start_scope, S, start_scope(C, S)});
op(C, Me, {cancel, T}) -> log(C, Me, {cancel, T, left(erlang:cancel_timer(timer(C, T)))});
op(C, Me, {read, T}) -> log(C, Me, {read, T, left(erlang:read_timer(timer(C, T)))});
op(C, _, {cancel_async, T}) -> erlang:cancel_timer(timer(C, T), [{async, true}]);
op(C, _, {read_async, T}) -> erlang:read_timer(timer(C, T), [{async, true}]).

%% How much is left is a matter of ms.
left(false) -> false;
left(Ms) when Ms > 0 -> left;
left(_) -> none.

labels(C, Pids) -> lists:sort([label(C, P) || P <- Pids]).

asked(Ask) ->
    try Ask() catch exit:{noproc, _} -> noproc end.

watching(M, Ref) ->
    put({ref, M}, Ref),
    put(Ref, M).

attempt(Do) ->
    try Do() of _ -> ok catch error:badarg -> badarg end.
