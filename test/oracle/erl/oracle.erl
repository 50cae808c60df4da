%% The Erlang side of `npm run oracle`: a line "Id Slot Term" in, a line "Id\tTrace" out, several scenarios in flight.
-module(oracle).
-export([main/0]).

-define(LINE_MAX, 1048576).

main() ->
    ok = logger:set_primary_config(level, none),
    Port = open_port({fd, 0, 1}, [binary, {line, ?LINE_MAX}, eof]),
    port_command(Port, ["ready\t", erlang:system_info(otp_release), "\n"]),
    loop(Port).

loop(Port) ->
    receive
        {Port, {data, {eol, Line}}} ->
            spawn(fun() -> scenario(Port, Line) end),
            loop(Port);
        {Port, eof} -> halt(0)
    end.

scenario(Port, Line) ->
    [Id, Slot, Text] = binary:split(Line, <<" ">>, [global]),
    C = oracle_log:new(binary_to_integer(Slot)),
    Lines = try run(parse(Text), C)
            catch Class:Reason:Stack -> [io_lib:format("0 driver: failed ~0p", [{Class, Reason, Stack}])]
            end,
    oracle_log:delete(C),
    port_command(Port, [Id, $\t, lists:join($|, Lines), $\n]).

parse(Text) ->
    {ok, Tokens, _} = erl_scan:string(binary_to_list(Text) ++ "."),
    {ok, Term} = erl_parse:parse_term(Tokens),
    Term.

run(Term, C) ->
    case element(1, Term) of
        supervisors -> oracle_trees:run(Term, C);
        pools -> oracle_trees:run(Term, C);
        dynamics -> oracle_trees:run(Term, C);
        shutdowns -> oracle_trees:run(Term, C);
        restarts -> oracle_trees:run(Term, C);
        starters -> oracle_starters:run(Term, C);
        servers -> oracle_servers:run(Term, C);
        waits -> oracle_servers:run(Term, C);
        tasks -> oracle_tasks:run(Term, C);
        callers -> oracle_callers:run(Term, C);
        machines -> oracle_machines:run(Term, C);
        delays -> oracle_machines:run(Term, C);
        _ -> oracle_puppets:run(Term, C)
    end.
