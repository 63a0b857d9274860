# Karo's hook for fish 3.1 and later. After each command it appends one record to this shell's own file in the
# spool directory: no fork, no wait, no daemon needed. set -gx KARO_PAUSE 1 stops it, set -e KARO_PAUSE resumes.
#
# `karo shell init fish` sets two variables in front of this text: __karo_spool, the spool directory, and
# __karo_ignore, a regular expression of commands that are not recorded.
#
# Records are those of karo.bash, their text marked "=": as it was typed. Fish hands the text to the handlers whether or
# not the history keeps it. `exec` ends the shell before its handlers run and leaves no record; a fish that reads a
# pipe runs it as a script, and calls no handler.
#
# Fish has no clock of its own. /proc/uptime is read instead, in hundredths of a second; `date` says once per shell what
# it counts from; and the time of the spool file tells whether the clock was set since. Durations are $CMD_DURATION,
# in milliseconds.
#
# Fish cannot keep a descriptor, so it opens the file anew for each record. When a write fails, fish itself prints
# "write: No space left on device", and nothing can silence that. So after the first failure a child process writes,
# silently, until there is room again. A child process makes the file too: new, with random bits in its name (see
# karo.bash). It gets the name in its environment, which nobody else may read, and not as an argument, which everybody
# may read.
if builtin status is-interactive; and builtin test -r /proc/uptime; and builtin test -r /proc/sys/kernel/random/uuid

    # Sets __karo_up to the milliseconds that /proc/uptime says.
    function __karo_uptime
        builtin set --local IFS '. '
        builtin read --local seconds hundredths rest </proc/uptime
        builtin set --global __karo_up "$seconds$hundredths"0
    end

    # Sets __karo_since to the milliseconds between the epoch and the zero of /proc/uptime. All times of this shell depend
    # on it: where date was kept waiting, it is asked again, and the shortest wait counts.
    function __karo_clock
        builtin set --local least
        for turn in 1 2 3
            __karo_uptime
            builtin set --local before $__karo_up
            # BusyBox knows no nanoseconds: what is left is a second.
            builtin set --local now (builtin string match --regex '^\d{13}|^\d{10}' -- (command date +%s%N))
            builtin test (builtin string length -- "$now") -eq 13; or builtin set now "$now"000
            __karo_uptime
            builtin set --local wait (builtin math -- $__karo_up - $before)
            if builtin test -z "$least"; or builtin test "$wait" -lt "$least"
                builtin set least $wait
                builtin set --global __karo_since (builtin math --scale=0 -- $now - $__karo_up + $wait / 2)
            end
            builtin test "$wait" -gt 20; or break
        end
    end

    # Sets __karo_id, of which nobody can guess the last part.
    function __karo_name
        builtin set --local user (command id -u)
        builtin set --local born (builtin math --scale=0 -- $__karo_up + $__karo_since)
        builtin set --local IFS -
        builtin read --local a b c d e </proc/sys/kernel/random/uuid
        builtin set --global __karo_id $user-$fish_pid-"$born"000-$a$b$c$d$e
    end

    # Makes the file, new, unless it is this person's already, and appends what comes in unless $argv says not to. A
    # directory of one's own is private; a shared one (setgid) lets the daemon's group read.
    function __karo_make
        builtin set --local --export __karo_to $__karo_file
        /bin/sh -c 'umask 027; [ -O "$1" ] && umask 077
            [ -e "$__karo_to" ] || { set -C; : >"$__karo_to"; } || exit 1
            [ -f "$__karo_to" ] && [ -O "$__karo_to" ] && ! [ -L "$__karo_to" ] || exit 1
            [ -n "$2" ] || exec cat >>"$__karo_to"' sh $__karo_dir $argv 2>/dev/null
    end

    # Writes a record of these fields.
    function __karo_append
        if builtin test -z "$__karo_failed" -a -f "$__karo_file" -a -O "$__karo_file" -a -w "$__karo_file"
            builtin printf '\0\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0.\0' 1 $argv >>$__karo_file
            or builtin set --global __karo_failed 1
        else if builtin test -d $__karo_dir -a -w $__karo_dir
            # The first record, which makes the file, and those after one that could not be written.
            builtin printf '\0\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0.\0' 1 $argv | __karo_make
            and builtin set --global __karo_failed
        end
    end

    # Prints the next number, start and end in milliseconds, and when the file was written last, in seconds.
    function __karo_numbers
        builtin math --scale=0 -- $__karo_seq + 1
        builtin math --scale=0 -- $__karo_begun + $__karo_since
        builtin math --scale=0 -- $__karo_begun + $__karo_since + $CMD_DURATION
        builtin test -z "$__karo_mtime"; or builtin path mtime -- $__karo_file
    end

    # Whether nothing is to be recorded now, because the person wants it so.
    function __karo_is_paused
        not builtin contains -- "$KARO_PAUSE" '' 0
        or builtin test -n "$fish_private_mode"
        or begin; builtin set --query fish_history; and builtin test -z "$fish_history"; end
    end

    if builtin test "$__karo_dir" != "$__karo_spool"
        __karo_clock
        builtin set --global __karo_dir $__karo_spool
        __karo_name
        builtin set --global __karo_file $__karo_dir/$__karo_id.spool
        builtin set --global __karo_seq 0
        builtin set --global __karo_failed
        builtin set --global __karo_begun
        builtin set --global __karo_ended
        builtin set --global __karo_cwd
        builtin set --global __karo_paused
        # Fish 3.5 and later.
        builtin set --global __karo_mtime (builtin contains --index -- path (builtin --names))
        # The file is made before the first command: by it the daemon knows which shells there are.
        if not __karo_is_paused; and builtin test -d $__karo_dir -a -w $__karo_dir
            __karo_make empty </dev/null
        end
    end

    # Runs between Enter and the command.
    function __karo_preexec --on-event fish_preexec
        __karo_uptime
        builtin set --global __karo_begun $__karo_up
        builtin set --global __karo_cwd "$PWD"
    end

    # SIGXFSZ, for a write beyond ulimit -f, must not end the shell.
    function __karo_xfsz --on-signal XFSZ
    end

    # Runs after the command. Fish itself gives $status back to what comes after.
    function __karo_postexec --on-event fish_postexec
        builtin set --local code $status
        builtin set --query argv[1]; or return
        builtin test -n "$__karo_begun"; or return
        # `exit` gives the code of the command before it, or the one that the shell is to end with: neither says that it failed.
        builtin string match --quiet --regex -- '^\s*exit(\s+\d+)?\s*$' "$argv[1]"; and builtin set code 0
        builtin set --local cwd "$__karo_cwd"
        builtin test -n "$cwd"; or builtin set cwd '?'
        builtin set --local text "=$argv[1]"
        if __karo_is_paused
            # A note is written once instead: without a note the daemon would take this for a hook that fails.
            if builtin test -n "$__karo_paused" -o ! -f "$__karo_file"
                builtin set --global __karo_begun
                return
            end
            builtin set --global __karo_paused x
            builtin set cwd '?'
            builtin set code '?'
            builtin set text '!paused'
        else
            builtin set --global __karo_paused
            # The person does not want this command recorded.
            if builtin string match --quiet --regex -- "(?s)\A(?:\s|karo history delete |(?:$__karo_ignore)\z)" "$argv[1]"
                builtin set --global __karo_begun
                return
            end
        end
        # A command substitution costs more than all the rest: one for all numbers.
        builtin set --local IFS \n
        builtin set --local numbers (__karo_numbers)
        # The record before was written in another second than it ended: rarely, unless the clock was set.
        if builtin test -n "$__karo_ended" -a -n "$numbers[4]"
            and not builtin string match --quiet -- "$numbers[4]???" $__karo_ended
            builtin set --local late (builtin math --scale=0 -- $__karo_ended - "$numbers[4]"000)
            if builtin test "$late" -lt -1500 -o "$late" -gt 2500
                __karo_clock
                builtin set numbers (__karo_numbers)
            end
        end
        # By a number that no record has, the daemon learns that a record was lost.
        builtin set --global __karo_seq $numbers[1]
        builtin set --global __karo_ended $numbers[3]
        __karo_append $__karo_id $numbers[1] $numbers[2]000 $numbers[3]000 fish $cwd $code $text
        builtin set --global __karo_begun
    end
end
