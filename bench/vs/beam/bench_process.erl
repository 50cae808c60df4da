%% What a process does beside messages: timers, monitors, tasks.
-module(bench_process).
-export([timer_create_cancel/1, monitor_demonitor/1, task_async_await/1]).
-import(bench_clock, [now_ns/0, per_second/2]).

-define(BURST, 1000).
-define(DELAY_MS, 60000).

timer_create_cancel(N) ->
    Started = now_ns(),
    N = bursts(N, 0, fun timers/2),
    Rate = per_second(N, Started),
    receive late -> exit(fired) after 0 -> Rate end.

timers(0, Done) -> Done;
timers(Left, Done) ->
    Timer = erlang:send_after(?DELAY_MS, self(), late),
    case erlang:cancel_timer(Timer) of
        false -> timers(Left - 1, Done);
        _ -> timers(Left - 1, Done + 1)
    end.

monitor_demonitor(N) ->
    Target = spawn_link(fun() -> receive stop -> ok end end),
    Started = now_ns(),
    N = bursts(N, 0, fun(Left, Done) -> monitors(Target, Left, Done) end),
    Rate = per_second(N, Started),
    unlink(Target),
    {monitored_by, []} = process_info(Target, monitored_by),
    Target ! stop,
    receive {'DOWN', _, process, Target, _} -> exit(down) after 0 -> Rate end.

monitors(_, 0, Done) -> Done;
monitors(Target, Left, Done) ->
    Ref = erlang:monitor(process, Target),
    case erlang:demonitor(Ref) of
        true -> monitors(Target, Left - 1, Done + 1)
    end.

%% Less than Elixir's Task does: no proc_lib, no alias, no caller lists.
task_async_await(N) ->
    Started = now_ns(),
    Sum = tasks(0, N, 0),
    Rate = per_second(N, Started),
    Sum = N * (N + 1) div 2,
    Rate.

tasks(N, N, Sum) -> Sum;
tasks(At, N, Sum) ->
    Owner = self(),
    {Pid, Monitor} = spawn_opt(fun() -> Owner ! {self(), At + 1} end, [link, monitor]),
    receive
        {Pid, Value} -> erlang:demonitor(Monitor, [flush]), tasks(At + 1, N, Sum + Value);
        {'DOWN', Monitor, process, Pid, Reason} -> exit(Reason)
    after 5000 -> exit(timeout)
    end.

%% Bursts of 1,000, then a yield.
bursts(0, Done, _) -> Done;
bursts(Left, Done, Run) ->
    Burst = min(Left, ?BURST),
    Sum = Run(Burst, Done),
    erlang:yield(),
    bursts(Left - Burst, Sum, Run).
