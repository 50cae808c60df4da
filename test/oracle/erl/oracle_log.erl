%% What one scenario's processes saw, in the order in which they saw it, and who they are.
-module(oracle_log).
-export([new/1, delete/1, log/3, actor/2, introduce/3, become/3, incarnation/2, watch/3, watch/4, pid/2, name/2, label/2, timer/3, timer/2, timer_of/2, cut/2, settle/1, play/3, steps/3]).

-record(c, {log, known, slot, watcher}).

%% How many looks at quiet processes in a row make them settled, and how many looks at all.
-define(QUIET, 3).
-define(LOOKS_MAX, 100000).

new(Slot) ->
    C = #c{log = ets:new(log, [ordered_set, public]), known = ets:new(known, [set, public]), slot = Slot},
    ets:insert(C#c.known, [{seq, 0}, {actor, tree}]),
    W = spawn(fun() -> watcher(C) end),
    C#c{watcher = W}.

delete(#c{log = Log, known = Known, watcher = W}) ->
    exit(W, kill),
    [exit(P, kill) || P <- pids(Known)],
    ets:delete(Log),
    ets:delete(Known).

pids(Known) -> ets:select(Known, [{{{pid, '$1'}, '_'}, [], ['$1']}]).

%% The actor of events that are logged for {}; each: whom the event names first.
actor(#c{known = Known}, Actor) -> ets:insert(Known, {actor, Actor}).

log(C = #c{known = Known}, {}, Event) ->
    case ets:lookup_element(Known, actor, 2) of
        each -> log(C, element(2, Event), Event);
        Actor -> log(C, Actor, Event)
    end;
log(#c{log = Log, known = Known}, Actor, Event) ->
    N = ets:update_counter(Known, seq, 1),
    ets:insert(Log, {N, Actor, Event}),
    ok.

%% From now on this process is called Label, and Label means this process.
introduce(#c{known = Known}, Label, Pid) ->
    ets:insert(Known, [{{pid, Pid}, Label}, {{label, Label}, Pid}]).

%% This process is the next one in a row: w1_1, w1_2 …
become(#c{known = Known}, Id, Pid) ->
    N = ets:update_counter(Known, {count, Id}, 1, {{count, Id}, 0}),
    ets:insert(Known, {{last, Id}, Pid}),
    {list_to_atom(atom_to_list(Id) ++ "_" ++ integer_to_list(N)), N}.

%% The last one in that row.
incarnation(#c{known = Known}, Id) ->
    case ets:lookup(Known, {last, Id}) of
        [{_, Pid}] -> Pid;
        [] -> undefined
    end.

%% Introduces a process, and its death is logged. Waits until it is watched.
watch(C, Label, Pid) -> watch(C, Label, Pid, false).

%% Failed: whatever the reason, it is logged as that.
watch(C, Label, Pid, Failed) ->
    introduce(C, Label, Pid),
    C#c.watcher ! {watch, Label, Pid, self(), Failed},
    receive {watched, Pid} -> ok end.

watcher(C) ->
    receive
        {watch, Label, Pid, From, Failed} ->
            put(monitor(process, Pid), {Label, Failed}),
            From ! {watched, Pid};
        {'DOWN', Ref, process, _, Reason} ->
            {Label, Failed} = erase(Ref),
            log(C, 'downs?', {Label, case Failed of true -> failed; false -> Reason end})
    end,
    watcher(C).

pid(#c{known = Known}, Label) ->
    case ets:lookup(Known, {label, Label}) of
        [{_, Pid}] -> Pid;
        [] -> undefined
    end.

%% Registered names are few atoms: one set for each scenario in flight.
name(#c{slot = Slot}, Name) -> list_to_atom("n" ++ integer_to_list(Slot) ++ "_" ++ atom_to_list(Name)).

label(#c{known = Known}, Pid) ->
    case ets:lookup(Known, {pid, Pid}) of
        [{_, Label}] -> Label;
        [] -> stranger
    end.

%% Every process may read and cancel a timer.
timer(#c{known = Known}, T, Ref) -> ets:insert(Known, [{{timer, T}, Ref}, {{timer_of, Ref}, T}]).

timer(#c{known = Known}, T) -> found(ets:lookup(Known, {timer, T}), undefined).

timer_of(#c{known = Known}, Ref) -> found(ets:lookup(Known, {timer_of, Ref}), unknown).

found([{_, Value}], _) -> Value;
found([], Default) -> Default.

%% The step is over: its lines.
cut(C = #c{log = Log}, Step) ->
    Events = ets:tab2list(Log),
    ets:delete_all_objects(Log),
    Actors = lists:usort([A || {_, A, _} <- Events]),
    [[integer_to_list(Step), $\s, atom_to_list(A), ": ",
      lists:join($\s, [text(C, E) || {_, B, E} <- Events, B =:= A])] || A <- Actors].

%% The trace of what has begun, then of each step.
play(C, Steps, Do) ->
    settle(C),
    cut(C, 0) ++ steps(C, Steps, Do).

%% `Do(C, Step)` begins a step. Steps in time begin at their time, however late the others were.
steps(C, Steps, Do) -> steps(C, Steps, Do, 1, erlang:monotonic_time(millisecond), 0).

steps(_, [], _, _, _, _) -> [];
steps(C, [{advance, Ms} | Rest], Do, N, Began, Passed) ->
    timer:sleep(max(0, Began + Passed + Ms - erlang:monotonic_time(millisecond))),
    settle(C),
    cut(C, N) ++ steps(C, Rest, Do, N + 1, Began, Passed + Ms);
steps(C, [Step | Rest], Do, N, Began, Passed) ->
    Do(C, Step),
    settle(C),
    cut(C, N) ++ steps(C, Rest, Do, N + 1, Began, Passed).

%% Every process waits, and nothing has changed for a while: there is nothing left to do but by time.
settle(C) -> settle(C, none, 0, ?LOOKS_MAX).

settle(_, _, ?QUIET, _) -> ok;
settle(_, _, _, 0) -> exit(never_settles);
settle(C = #c{known = Known, watcher = W}, Last, Quiet, Left) ->
    erlang:yield(),
    Now = {ets:lookup(Known, seq), [process_info(P, [status, message_queue_len]) || P <- [W | pids(Known)]]},
    case Now =:= Last andalso lists:all(fun quiet/1, element(2, Now)) of
        true -> settle(C, Now, Quiet + 1, Left - 1);
        false -> settle(C, Now, 0, Left - 1)
    end.

quiet(undefined) -> true;
quiet([{status, waiting}, _]) -> true;
quiet(_) -> false.

%% The words that both sides share.
text(C, T) when is_pid(T) -> atom_to_list(label(C, T));
text(_, T) when is_atom(T) -> atom_to_list(T);
text(_, T) when is_integer(T) -> integer_to_list(T);
text(_, T) when is_reference(T) -> "ref";
text(C, T) when is_list(T) -> [$[, lists:join($,, [text(C, E) || E <- T]), $]];
text(_, {bad_return_from_state_function, nonsense}) -> "bad_return";
text(_, {bad_state_enter_return_from_state_function, _}) -> "bad_enter_return";
text(_, {bad_state_enter_action_from_state_function, _}) -> "bad_enter_action";
%% Who asked and failed: what it asked for is no part of the comparison.
text(C, {Reason, {gen_server, call, [_ | _]}}) -> ["failed(", text(C, Reason), ")"];
text(C, {Reason, {task, await, _}}) -> ["failed(", text(C, Reason), ")"];
text(C, {{nocatch, V}, Stack}) when is_list(Stack) -> ["nocatch(", text(C, V), ")"];
text(C, {E, [{M, _, _, L} | _]}) when is_atom(M), is_list(L) -> ["crash(", text(C, E), ")"];
text(_, {F}) when is_atom(F) -> atom_to_list(F);
text(C, T) when is_tuple(T), is_atom(element(1, T)) ->
    [F | Args] = tuple_to_list(T),
    [atom_to_list(F), $(, lists:join($,, [text(C, A) || A <- Args]), $)];
text(C, T) when is_tuple(T) -> ["{", lists:join($,, [text(C, A) || A <- tuple_to_list(T)]), "}"];
text(_, _) -> "other".
