%% The BEAM half of the benchmarks: reads "metric size" lines, answers each with "ok number" or "error reason".
%% One line is one measured run, in a process of its own, so that no run inherits the heap of the one before.
-module(bench_server).
-export([main/0, release/0]).

main() ->
    logger:set_primary_config(level, none),
    serve(),
    halt(0).

serve() ->
    case io:get_line("") of
        eof -> ok;
        {error, _} -> ok;
        Line -> io:put_chars(answer(string:lexemes(string:trim(Line), " "))), serve()
    end.

answer(["release"]) -> io_lib:format("ok ~s~n", [release()]);
answer([Metric, Size]) ->
    case measure(list_to_atom(Metric), list_to_integer(Size)) of
        {ok, Figure} -> io_lib:format("ok ~.6e~n", [float(Figure)]);
        {error, Reason} -> io_lib:format("error ~0p~n", [Reason])
    end.

measure(Metric, Size) ->
    erlang:garbage_collect(),
    Parent = self(),
    {Pid, Monitor} = spawn_monitor(fun() -> Parent ! {self(), run(Metric, Size)} end),
    receive
        {Pid, Figure} -> receive {'DOWN', Monitor, process, Pid, _} -> {ok, Figure} end;
        {'DOWN', Monitor, process, Pid, Reason} -> {error, Reason}
    end.

release() -> erlang:system_info(otp_release).

run(cast_stream, N) -> bench_message:cast_stream(N);
run(cast_backlog, N) -> bench_message:cast_backlog(N);
run(call_seq, N) -> bench_message:call_seq(N);
run(call_1000, N) -> bench_message:call_concurrent(1000, N div 1000);
run(ring_1k, N) -> bench_topology:ring(1000, N);
run(fan_in, N) -> bench_topology:fan_in(1000, N div 1000);
run(fan_out, N) -> bench_topology:fan_out(1000, N div 1000);
run(pingpong, N) -> bench_topology:pingpong(100, N div 100);
run(pg_broadcast, N) -> bench_names:pg_broadcast(1000, N div 1000);
run(registered_send, N) -> bench_names:registered_send(N);
run(statem_event, N) -> bench_statem:event(N);
run(timer_create_cancel, N) -> bench_process:timer_create_cancel(N);
run(monitor_demonitor, N) -> bench_process:monitor_demonitor(N);
run(task_async_await, N) -> bench_process:task_async_await(N);
run(spawn_exit, N) -> bench_life:spawn_exit(N);
run(agent_start, N) -> bench_life:agent_start(N);
run(bytes_per_agent, N) -> bench_life:bytes_per_agent(N);
run(restart_p50, N) -> bench_supervision:restart_p50(N);
run(restart_storm, N) -> bench_supervision:restart_storm(N).
