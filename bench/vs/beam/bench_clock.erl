%% Time, rates, and waiting for processes to be gone.
-module(bench_clock).
-export([now_ns/0, per_second/2, await_process_count/1]).

now_ns() -> erlang:monotonic_time(nanosecond).

per_second(Count, StartedNs) -> Count * 1.0e9 / (now_ns() - StartedNs).

await_process_count(Count) ->
    case erlang:system_info(process_count) =< Count of
        true -> ok;
        false -> erlang:yield(), await_process_count(Count)
    end.
