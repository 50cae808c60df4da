%% Plain processes that send to each other: the fastest form the BEAM has.
-module(bench_topology).
-export([ring/2, fan_in/2, fan_out/2, pingpong/2]).
-import(bench_clock, [now_ns/0, per_second/2]).

%% ---- ring: every node counts its hops, the sum must be exact ----------------
ring(Nodes, Hops) ->
    Main = self(),
    First = spawn_link(fun() -> receive {next, Next} -> node_loop(Next, Main, 0) end end),
    Add = fun(_, Next) -> spawn_link(fun() -> node_loop(Next, Main, 0) end) end,
    Last = lists:foldl(Add, First, lists:seq(2, Nodes)),
    First ! {next, Last},
    Started = now_ns(),
    First ! Hops - 1,
    receive ring_done -> ok end,
    Rate = per_second(Hops, Started),
    First ! {stop, Nodes},
    Hops = collect(Nodes, 0),
    Rate.

node_loop(Next, Main, Count) ->
    receive
        0 -> Main ! ring_done, node_loop(Next, Main, Count + 1);
        Left when is_integer(Left) -> Next ! Left - 1, node_loop(Next, Main, Count + 1);
        {stop, Nodes} ->
            Main ! {hops, Count},
            case Nodes of 1 -> ok; _ -> Next ! {stop, Nodes - 1} end
    end.

collect(0, Sum) -> Sum;
collect(Nodes, Sum) -> receive {hops, Count} -> collect(Nodes - 1, Sum + Count) end.

%% ---- fan in, fan out ---------------------------------------------------------
fan_in(Senders, Each) ->
    Main = self(),
    Receiver = spawn_link(fun() -> drain(Senders * Each, Main) end),
    Pids = [spawn_link(fun() -> receive go -> send(Each, Receiver) end end) || _ <- lists:seq(1, Senders)],
    Started = now_ns(),
    [Pid ! go || Pid <- Pids],
    receive {drained, Receiver} -> ok end,
    Rate = per_second(Senders * Each, Started),
    expect_nothing_more(Receiver),
    Rate.

fan_out(Receivers, Rounds) ->
    Main = self(),
    Pids = [spawn_link(fun() -> drain(Rounds, Main) end) || _ <- lists:seq(1, Receivers)],
    Sender = spawn_link(fun() -> receive go -> rounds(Rounds, Pids) end end),
    Started = now_ns(),
    Sender ! go,
    [receive {drained, Pid} -> ok end || Pid <- Pids],
    Rate = per_second(Receivers * Rounds, Started),
    [expect_nothing_more(Pid) || Pid <- Pids],
    Rate.

rounds(0, _) -> ok;
rounds(Rounds, Pids) -> [Pid ! item || Pid <- Pids], rounds(Rounds - 1, Pids).

send(0, _) -> ok;
send(N, To) -> To ! item, send(N - 1, To).

%% Counts down to exactly nothing; anything beyond is reported by expect_nothing_more.
drain(0, Main) ->
    Main ! {drained, self()},
    receive {check, From} -> From ! {left, self(), element(2, process_info(self(), message_queue_len))} end;
drain(N, Main) -> receive item -> drain(N - 1, Main) end.

expect_nothing_more(Pid) ->
    Pid ! {check, self()},
    receive {left, Pid, 0} -> ok end.

%% ---- ping-pong: a round trip is one operation ----------------------------------
pingpong(Pairs, Trips) ->
    Main = self(),
    Pids = [begin
                Pong = spawn_link(fun() -> pong(0) end),
                spawn_link(fun() -> receive go -> ping(Trips, Pong, Main) end end)
            end || _ <- lists:seq(1, Pairs)],
    Started = now_ns(),
    [Pid ! go || Pid <- Pids],
    Pongs = [receive {done, Pid, Pong} -> Pong end || Pid <- Pids],
    Rate = per_second(Pairs * Trips, Started),
    [begin Pong ! {stop, self()}, receive {handled, Pong, Trips} -> ok end end || Pong <- Pongs],
    Rate.

ping(0, Pong, Main) -> Main ! {done, self(), Pong};
ping(Trips, Pong, Main) -> Pong ! {ping, self()}, receive pong -> ping(Trips - 1, Pong, Main) end.

pong(Handled) ->
    receive
        {ping, From} -> From ! pong, pong(Handled + 1);
        {stop, Main} -> Main ! {handled, self(), Handled}
    end.
