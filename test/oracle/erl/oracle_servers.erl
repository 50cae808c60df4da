%% gen_servers that do what each request tells them to, and clients that send requests.
-module(oracle_servers).
-behaviour(gen_server).
-export([run/2, init/1, handle_call/3, handle_cast/2, handle_info/2, handle_continue/2, terminate/2]).
-import(oracle_log, [log/3, watch/3, pid/2, label/2, play/3]).

-record(s, {c, me, n = 0, kept = [], ending}).

run({_Family, Servers, Count, Steps}, C) ->
    [start(C, Server) || Server <- Servers],
    [client(C, list_to_atom("c" ++ integer_to_list(I))) || I <- lists:seq(1, Count)],
    play(C, Steps, fun step/2).

step(C, {at, Client, Ops}) -> pid(C, Client) ! {command, Ops}.

start(C, Server = {server, Id, _, _, _}) ->
    log(C, 'api?', {started, Id, case gen_server:start(?MODULE, {C, Server}, []) of {ok, _} -> ok; Other -> Other end}).

client(C, Me) ->
    watch(C, Me, spawn(fun() -> client_loop(C, Me) end)).

client_loop(C, Me) ->
    receive
        {command, Ops} -> [op(C, Me, Op) || Op <- Ops];
        {_, V} -> log(C, Me, {stray, {make_ref(), V}})
    end,
    client_loop(C, Me).

op(C, Me, {call, G, Script, Ms}) -> log(C, Me, {call, G, element(2, Script), ask(fun() -> {reply, gen_server:call(pid(C, G), Script, Ms)} end)});
op(C, _, {cast, G, Script}) -> gen_server:cast(pid(C, G), Script);
op(C, _, {info, G, Script}) -> pid(C, G) ! Script;
op(C, Me, {stop, G, Reason}) -> log(C, Me, {stop, G, ask(fun() -> gen_server:stop(pid(C, G), Reason, infinity) end)});
op(C, _, {signal, G, Reason}) -> exit(pid(C, G), Reason).

ask(Do) ->
    try Do()
    catch exit:{Reason, {gen_server, call, _}} -> {failed, Reason};
          exit:{Reason, {sys, terminate, _}} -> {failed, Reason};
          exit:Reason -> {failed, Reason}
    end.

%% The server.

init({C, {server, Id, Trap, Ending, Start}}) ->
    watch(C, Id, self()),
    process_flag(trap_exit, Trap),
    S = #s{c = C, me = Id, ending = Ending},
    log(C, Id, init),
    case Start of
        {ok} -> {ok, S};
        {timeout, Ms} -> {ok, S, Ms};
        {continue, Script} -> {ok, S, {continue, Script}};
        {stop, Reason} -> {stop, Reason};
        {ignore} -> ignore;
        {error, What} -> erlang:error(What);
        {exit, Reason} -> exit(Reason)
    end.

handle_call(Script, From, S) -> perform(call, Script, From, S).
handle_cast(Script, S) -> perform(cast, Script, none, S).
handle_continue(Script, S) -> perform(continue, Script, none, S).
handle_info(timeout, S) -> log(S#s.c, S#s.me, {timeout, S#s.n}), {noreply, S};
handle_info({'EXIT', From, Reason}, S) -> log(S#s.c, S#s.me, {exit, label(S#s.c, From), Reason}), {noreply, S};
handle_info({_, V}, S) -> log(S#s.c, S#s.me, {stray, {make_ref(), V}}), {noreply, S};
handle_info(Script, S) -> perform(info, Script, none, S).

terminate(Reason, S) ->
    log(S#s.c, S#s.me, {terminate, Reason, S#s.n}),
    case S#s.ending of
        ok -> ok;
        crash -> erlang:error(bang);
        exit_bang -> exit(bang);
        exit_normal -> exit(normal);
        throw -> log(S#s.c, S#s.me, {throws}), throw(bang)
    end.

perform(Kind, {do, Tag, Actions, Return}, From, S0) ->
    log(S0#s.c, S0#s.me, {Kind, Tag, S0#s.n}),
    S = lists:foldl(fun(Action, S) -> act(Action, From, S) end, S0, Actions),
    case Return of
        {reply, V} -> {reply, V, S};
        {reply_timeout, V, Ms} -> {reply, V, S, Ms};
        {reply_continue, V, Script} -> {reply, V, S, {continue, Script}};
        {noreply} -> {noreply, S};
        {noreply_timeout, Ms} -> {noreply, S, Ms};
        {noreply_continue, Script} -> {noreply, S, {continue, Script}};
        {stop, Reason} -> {stop, Reason, S};
        {stop_reply, Reason, V} -> {stop, Reason, V, S};
        {error, What} -> erlang:error(What);
        {exit, Reason} -> exit(Reason);
        {throw, V} -> throw(V)
    end.

act({set, N}, _, S) -> S#s{n = N};
act({keep}, none, S) -> S;
act({keep}, From, S) -> S#s{kept = S#s.kept ++ [From]};
act({answer, _}, _, S = #s{kept = []}) -> S;
act({answer, V}, _, S = #s{kept = [First | Rest]}) -> gen_server:reply(First, V), S#s{kept = Rest};
act({tell, Script}, _, S) -> self() ! Script, S;
act({call, G, Script}, _, S) ->
    log(S#s.c, S#s.me, {asked, G, element(2, Script), ask(fun() -> {reply, gen_server:call(pid(S#s.c, G), Script)} end)}),
    S.
