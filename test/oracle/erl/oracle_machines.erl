%% A gen_statem that does what each event tells it to, in either callback mode, its parent, and clients that send events.
-module(oracle_machines).
-behaviour(gen_statem).
-export([run/2, init/1, callback_mode/0, a/3, b/3, c/3, handle_event/4, terminate/3]).
-import(oracle_log, [log/3, watch/3, pid/2, label/2, play/3]).

%% How often a script acts, or an enter call does: whatever goes round in circles comes to its end.
-define(RUNS_MAX, 3).

-record(d, {c, n = 0, kept = [], ending, enters}).

run({_Family, Machine, Count, Steps}, C) ->
    Parent = spawn(fun() -> receive go -> parent(C, Machine) end end),
    watch(C, parent, Parent),
    Parent ! go,
    [client(C, list_to_atom("c" ++ integer_to_list(I))) || I <- lists:seq(1, Count)],
    play(C, Steps, fun step/2).

step(C, {at, Client, Ops}) -> pid(C, Client) ! {command, Ops};
step(C, {end_parent, Reason}) -> pid(C, parent) ! {leave, Reason}.

parent(C, Machine = {machine, _, _, _, _, Start}) ->
    process_flag(trap_exit, true),
    %% An EXIT would follow a start that failed.
    Begin = case element(1, Start) of ok -> fun gen_statem:start_link/3; _ -> fun gen_statem:start/3 end,
    log(C, 'api?', {started, case Begin(?MODULE, {C, Machine}, []) of {ok, _} -> ok; Other -> Other end}),
    parent_loop(C).

parent_loop(C) ->
    receive
        {leave, Reason} -> exit(Reason);
        {'EXIT', Pid, Reason} -> log(C, parent, {exit, label(C, Pid), Reason})
    end,
    parent_loop(C).

client(C, Me) ->
    watch(C, Me, spawn(fun() -> client_loop(C, Me, gen_statem:reqids_new()) end)).

client_loop(C, Me, Asked) ->
    receive
        {command, Ops} -> client_loop(C, Me, lists:foldl(fun(Op, Left) -> op(C, Me, Op, Left) end, Asked, Ops));
        Message ->
            case gen_statem:check_response(Message, Asked, true) of
                {{reply, V}, Tag, Left} -> log(C, Me, {answer, Tag, {reply, V}}), client_loop(C, Me, Left);
                {{error, {Reason, _}}, Tag, Left} -> log(C, Me, {answer, Tag, {failed, Reason}}), client_loop(C, Me, Left);
                _ -> log(C, Me, {stray, {make_ref(), element(2, Message)}}), client_loop(C, Me, Asked)
            end
    end.

op(C, _, {call, Script}, Asked) -> gen_statem:send_request(pid(C, m), Script, element(2, Script), Asked);
op(C, _, {cast, Script}, Asked) -> gen_statem:cast(pid(C, m), Script), Asked;
op(C, _, {info, Script}, Asked) -> pid(C, m) ! Script, Asked;
op(C, _, {signal, Reason}, Asked) -> exit(pid(C, m), Reason), Asked;
op(C, Me, {get_state}, Asked) ->
    log(C, Me, {state, try sys:get_state(pid(C, m)) of {S, D} -> {state_name(S), D#d.n}
                       catch exit:{Reason, {sys, get_state, _}} -> {failed, Reason} end}),
    Asked;
op(C, Me, {stop, Reason}, Asked) ->
    log(C, Me, {stop, try gen_statem:stop(pid(C, m), Reason, infinity)
                      catch exit:{Why, {sys, terminate, _}} -> {failed, Why}; exit:Why -> {failed, Why} end}),
    Asked.

%% The machine.

init({C, {machine, Mode, Trap, Ending, Enters, Start}}) ->
    watch(C, m, self()),
    process_flag(trap_exit, Trap),
    put(mode, {Mode, Enters =/= []}),
    log(C, m, init),
    D = #d{c = C, ending = Ending, enters = Enters},
    case Start of
        {ok, S, Actions} ->
            {D1, Ts} = actions(Actions, none, S, true, D),
            {ok, state(S), D1, Ts};
        {stop, Reason} -> {stop, Reason};
        {ignore} -> ignore;
        {error, What} -> erlang:error(What);
        {exit, Reason} -> exit(Reason)
    end.

callback_mode() ->
    {Mode, Enter} = get(mode),
    [case Mode of functions -> state_functions; handler -> handle_event_function end | [state_enter || Enter]].

%% A handler's states are no atoms.
state(S) -> case get(mode) of {functions, _} -> S; {handler, _} -> {at, S} end.

state_name({at, S}) -> S;
state_name(S) -> S.

a(Type, Content, D) -> event(Type, Content, a, D).
b(Type, Content, D) -> event(Type, Content, b, D).
c(Type, Content, D) -> event(Type, Content, c, D).
handle_event(Type, Content, {at, S}, D) -> event(Type, Content, S, D).

terminate(Reason, S, D) ->
    log(D#d.c, m, {terminate, Reason, state_name(S), D#d.n}),
    case D#d.ending of crash -> erlang:error(bang); ok -> ok end.

event(enter, From, S, D) ->
    log(D#d.c, m, {enter, state_name(From), S, D#d.n}),
    {enter, Actions, Return} = lists:nth(case S of a -> 1; b -> 2; c -> 3 end, D#d.enters),
    case again({enter, S}) of
        true -> perform(Actions, Return, none, S, true, D);
        false -> {keep_state, D}
    end;
event(info, {'EXIT', From, Reason}, S, D) ->
    log(D#d.c, m, {exit, label(D#d.c, From), Reason, S}),
    keep_state_and_data;
event(Type, {do, Tag, Actions, Return}, S, D) ->
    {From, Words} = case Type of
        {call, F} -> {F, [call]};
        {timeout, Name} -> {none, [generic, Name]};
        _ -> {none, [Type]}
    end,
    log(D#d.c, m, list_to_tuple(Words ++ [Tag, S, D#d.n])),
    perform(Actions, Return, From, S, again(Tag), D).

again(What) ->
    N = case get({runs, What}) of undefined -> 1; Before -> Before + 1 end,
    put({runs, What}, N),
    N =< ?RUNS_MAX.

perform(Actions, Return, From, S, Again, D0) ->
    {D, Ts} = actions(Actions, From, S, Again, D0),
    case Return of
        {keep} -> {keep_state, D, Ts};
        {next, To} -> {next_state, state(To), D, Ts};
        {repeat} -> {repeat_state, D, Ts};
        {stop, Reason} -> {stop, Reason, D};
        {stop_reply, Reason, _} when From =:= none -> {stop, Reason, D};
        {stop_reply, Reason, V} -> {stop_and_reply, Reason, [{reply, From, V}], D};
        {error, What} -> erlang:error(What);
        {exit, Reason} -> exit(Reason);
        {throw, What} -> throw(What);
        {throw_next, To} -> throw({next_state, state(To), D, Ts});
        {bad} -> nonsense
    end.

actions(Actions, From, S, Again, D0) ->
    {D, Ts} = lists:foldl(fun(Action, {D, Ts}) -> act(Action, From, S, Again, D, Ts) end, {D0, []}, Actions),
    {D, lists:reverse(Ts)}.

act({set, N}, _, _, _, D, Ts) -> {D#d{n = N}, Ts};
act({keep}, none, _, _, D, Ts) -> {D, Ts};
act({keep}, From, _, _, D, Ts) -> {D#d{kept = D#d.kept ++ [From]}, Ts};
act({reply, _}, none, _, _, D, Ts) -> {D, Ts};
act({reply, V}, From, _, _, D, Ts) -> {D, [{reply, From, V} | Ts]};
act({answer, _}, _, _, _, D = #d{kept = []}, Ts) -> {D, Ts};
act({answer, V}, _, _, _, D = #d{kept = [First | Rest]}, Ts) -> gen_statem:reply(First, V), {D#d{kept = Rest}, Ts};
act({reply_kept, _}, _, _, _, D = #d{kept = []}, Ts) -> {D, Ts};
act({reply_kept, V}, _, _, _, D = #d{kept = [First | Rest]}, Ts) -> {D#d{kept = Rest}, [{reply, First, V} | Ts]};
act({insert_call, _}, _, _, _, D = #d{kept = []}, Ts) -> {D, Ts};
act({insert_call, Script}, _, _, _, D = #d{kept = [First | Rest]}, Ts) -> {D#d{kept = Rest}, [{next_event, {call, First}, Script} | Ts]};
act({postpone}, _, _, true, D, Ts) -> {D, [postpone | Ts]};
act({postpone_in, S}, _, S, true, D, Ts) -> {D, [postpone | Ts]};
act({postpone}, _, _, _, D, Ts) -> {D, Ts};
act({postpone_in, _}, _, _, _, D, Ts) -> {D, Ts};
act({no_postpone}, _, _, _, D, Ts) -> {D, [{postpone, false} | Ts]};
act({internal, Script}, _, _, _, D, Ts) -> {D, [{next_event, internal, Script} | Ts]};
act({insert_cast, Script}, _, _, _, D, Ts) -> {D, [{next_event, cast, Script} | Ts]};
act({insert_info, Script}, _, _, _, D, Ts) -> {D, [{next_event, info, Script} | Ts]};
act({hibernate}, _, _, _, D, Ts) -> {D, [hibernate | Ts]};
act({timeout, When, Script}, _, _, _, D, Ts) -> {D, [timer(timeout, When, Script) | Ts]};
act({state_timeout, When, Script}, _, _, _, D, Ts) -> {D, [timer(state_timeout, When, Script) | Ts]};
act({generic, Name, When, Script}, _, _, _, D, Ts) -> {D, [timer({timeout, Name}, When, Script) | Ts]}.

timer(Type, cancel, _) -> {Type, cancel};
timer(Type, When, Script) -> {Type, When, Script}.
