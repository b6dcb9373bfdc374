#!/bin/sh
# The @NAME@ server of one test run: start | stop | kill9 | restart | pause | resume | end | pid.
# Created by `cargo xtask`; the same folder and the same port at every start.
set -u
DIR=@DIR@

# The server's process, when it runs. A killed one that was not reaped yet does not count as running, nor does
# another process that got its id.
pid() {
    pid=$(cat "$DIR/pid" 2>/dev/null) || return 1
    runs "$pid" && grep -qaF "$DIR/" "/proc/$pid/cmdline" 2>/dev/null
}
runs() {
    [ -n "$1" ] && [ -r "/proc/$1/status" ] && ! grep -qs '^State:[[:space:]]*[ZX]' "/proc/$1/status"
}
# The processes that a process started.
children() {
    grep -ls "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status | cut -d/ -f3
}
# Waits until none of the processes runs; the first number is the limit in twentieths of a second.
gone() {
    limit=$1
    shift
    n=0
    for one in "$@"; do
        while runs "$one"; do
            n=$((n + 1))
            [ "$n" -lt "$limit" ] || return 1
            sleep 0.05
        done
    done
}
# Waits until the server's shell has reaped it, at most 5 seconds.
reaped() {
    n=0
    while [ -d "/proc/$1" ] && [ "$n" -lt 100 ]; do
        n=$((n + 1))
        sleep 0.05
    done
}
ready() {
    @READY@
}

start() {
    if pid; then return 0; fi
    if [ -s "$DIR/log" ]; then cat "$DIR/log" >>"$DIR/log.before"; fi
    : >"$DIR/log"
    cd /
    unset LD_LIBRARY_PATH
    rm -f "$DIR/pid"
    # The shell stays as the parent of the server: until a killed process is reaped, the next
    # server considers it running, and not every first process of a container reaps.
    # shellcheck disable=SC2016 # expanded by that shell
    setsid sh -c '"$@" & echo "$!" >"$0"; wait "$!"' "$DIR/pid" \
        @COMMAND@ </dev/null >>"$DIR/log" 2>&1 &
    n=0
    until pid && ready; do
        n=$((n + 1))
        if [ "$n" -gt 20 ] && ! pid; then
            echo "@NAME@ ended while it started; the end of $DIR/log:" >&2
            tail -n 30 "$DIR/log" >&2
            return 1
        fi
        if [ "$n" -gt 2400 ]; then
            echo "@NAME@ is not ready after two minutes; the end of $DIR/log:" >&2
            tail -n 30 "$DIR/log" >&2
            return 1
        fi
        sleep 0.05
    done
}

kill9() {
    if ! pid; then return 0; fi
    # All processes at once, as in a power failure.
    server=$pid
    family="$server $(children "$server")"
    # shellcheck disable=SC2086 # several numbers
    kill -9 $family 2>/dev/null
    # shellcheck disable=SC2086
    gone 600 $family && reaped "$server"
}

# Ends the server with a signal, or by force when that takes longer than the limit.
end_by() {
    if ! pid; then return 0; fi
    server=$pid
    kill "-$1" "$server" 2>/dev/null
    # shellcheck disable=SC2046 # several numbers; what was paused could not end
    kill -CONT "$server" $(children "$server") 2>/dev/null
    if gone "$2" "$server"; then reaped "$server"; else kill9; fi
}
stop() {
    end_by @STOP@ 600
}

# Stops the server's processes without ending them: it accepts connections and never replies.
signal() {
    pid || { echo "@NAME@ does not run" >&2; return 1; }
    # shellcheck disable=SC2046
    kill "-$1" "$pid" $(children "$pid")
}

case "${1:-}" in
start) start ;;
stop) stop ;;
kill9) kill9 ;;
restart) stop && start ;;
end) end_by @END@ 100 ;; # at once, when the data are no longer needed
pause) signal STOP ;;
resume) signal CONT ;;
pid) pid && echo "$pid" ;;
*)
    echo "usage: $0 start|stop|kill9|restart|pause|resume|end|pid" >&2
    exit 2
    ;;
esac
