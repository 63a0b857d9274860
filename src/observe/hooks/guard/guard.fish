# Karo's guard for fish: what could do harm is asked about before it runs. It comes after karo.fish.
# set -gx KARO_GUARD_PROFILE off stops it in this shell.
#
# The lists in front of this text are called as the arrays of guard.bash; __karo_given_… are all else.
#
# Fish itself runs the line, by `commandline -f execute`, or adds a line to one that is not finished. Fish cannot wait
# for a limited time; timeout(1) does, where it is installed. It sends a signal that the program ignores as soon as it
# asks the person. A small shell becomes the program, and leaves a notice for who waits long; the program ends that before
# it asks. Before its answer the program prints the word "wait", which tells how far it has come.
#
# While completions are listed, Enter in fish either takes the one that is chosen or runs the line, and no script can
# tell which. So the line is judged as it stands, and the list ends when the person was asked about the line.
if builtin status is-interactive; and builtin set --query __karo_dir

    builtin set --global __karo_guard_prompt 0
    builtin set --global __karo_guard_late -1

    # Enter is a guarded key only where a command is typed, not for what read asks.
    function __karo_guard_begin --on-event fish_prompt
        builtin set --global __karo_guard_prompt 1
        # Something may have bound a key behind the guard.
        builtin set --query __karo_guard_judged; or __karo_guard_keys
        builtin set --erase --global __karo_guard_judged
    end
    function __karo_guard_end --on-event fish_preexec
        builtin set --global __karo_guard_prompt 0
    end

    # Notes in the spool what the guard did, $argv[1], and the level it had found, $argv[2]; no text.
    function __karo_guard_note
        __karo_is_paused; and return
        __karo_uptime
        builtin set --global __karo_begun $__karo_up
        builtin set --local numbers (builtin math --scale=0 -- $__karo_seq + 1) (builtin math --scale=0 -- $__karo_begun + $__karo_since)000
        builtin set --global __karo_begun
        builtin set --global __karo_seq $numbers[1]
        __karo_append $__karo_id $numbers[1] $numbers[2] $numbers[2] fish '?' '?' "!$argv"
    end

    # Notes once a day that the guard looks at the lines of this shell.
    function __karo_guard_today
        __karo_uptime
        builtin set --local day (builtin math --scale=0 -- "($__karo_up + $__karo_since) / 86400000")
        builtin test "$day" = "$__karo_guard_day"; and return
        builtin set --global __karo_guard_day $day
        __karo_guard_note active safe
    end

    # Runs what is typed.
    function __karo_guard_run
        builtin set --erase --global __karo_gone
        builtin string match --quiet -- '*vi_key_bindings' "$fish_key_bindings"; and builtin set --global fish_bind_mode insert
        if builtin functions --query -- "$__karo_guard_own"
            $__karo_guard_own
        else
            # Without a late suggestion.
            builtin commandline --function suppress-autosuggestion execute
        end
    end

    # Asks the judge in this user's daemon about the line in KARO_LINE, and prints its answer; nothing where the program
    # has to be asked. Fish can neither wait for a limited time nor open a pipe for both ways: a small shell does.
    function __karo_guard_resident
        builtin set --query __karo_guard_limit[1]; or return
        __karo_uptime
        builtin test "$__karo_up" -gt "$__karo_guard_late"; or return
        builtin set --local pipe $__karo_given_resident*-*
        builtin set --query pipe[1]; or return
        builtin string match --quiet --regex -- '\x1d' "$KARO_LINE$KARO_LINE_NAMES"; and return
        # What has a line end may be written in several pieces, between which another shell's request could come.
        builtin set --local --export KARO_LINE (builtin string replace --all -- \n \x1d "$KARO_LINE")
        builtin set --local --export KARO_LINE_NAMES (builtin string replace --all -- \n \x1d "$KARO_LINE_NAMES")
        builtin set --local --export KARO_LINE_PROGRAM (builtin string join \x1f -- $__karo_ask)
        builtin set --local --export KARO_LINE_NUMBER (builtin random)(builtin random)
        builtin set --local --export KARO_LINE_VARIABLES (builtin string match --regex -- '\AKARO_(?!LINE)[A-Z0-9_]+\z' (builtin set --names --export)) (builtin string split ' ' -- $__karo_given_resident_variables)
        builtin echo -n | command timeout --foreground --signal=KILL $__karo_given_resident_seconds /bin/sh -c '
            LC_ALL=C pid=${1%-*} fd=${1##*-} most=$3
            pid=${pid##*-}
            # The process really has the pipe open there: so it is alive, and this user has it.
            [ -p "$1" ] && [ -O "$1" ] && [ "/proc/$pid/fd/$fd" -ef "$1" ] || exit 0
            exec 3<>/proc/self/fd/0
            n=$KARO_LINE_NUMBER
            set -- "$n=$2" "$n=$$" "$n=3" "$n=fish" "$n=$KARO_LINE_PROGRAM" "$n=$KARO_LINE_LENGTH" \
                "$n=$KARO_LINE_NAMES" "$n=$KARO_LINE"
            for each in $KARO_LINE_VARIABLES; do
                eval "[ -z \"\${$each+x}\" ] || set -- \"\$@\" \"\$n=$each=\$$each\""
            done
            set -- "$@" "$n=$n"
            case "$*" in *"
"*) exit 0 ;; esac
            size=1
            for each; do size=$((size + ${#each} + 1)); done
            [ "$size" -lt "$most" ] || exit 0
            printf "%s\\0" "$@" "" >"/proc/$pid/fd/$fd"
            IFS=" " read -r number answer <&3
            [ "$number" = "$n" ] || exit 0
            case $answer in "run - "*) printf "%s\\n" "$answer" ;; esac' sh $pipe[1] $__karo_given_resident_version $__karo_given_resident_printed 2>/dev/null
        # It took too long: it is left alone for a while.
        builtin test $pipestatus[2] -gt 120
        and builtin set --global __karo_guard_late (builtin math $__karo_up + $__karo_given_resident_rest x 1000)
    end

    # Puts the line behind Up, unless the history would not have it. Before fish 4 it goes in by the file.
    function __karo_guard_remember
        builtin string match --quiet --regex -- '\A\s' "$argv"; and return
        builtin test -n "$fish_private_mode"; and return
        builtin set --query fish_history; and builtin test -z "$fish_history"; and return
        if builtin string match --quiet --regex -- '\A[4-9]\.' "$version"
            builtin history append -- "$argv"
            return
        end
        builtin set --local name fish
        builtin set --query fish_history; and builtin set name $fish_history
        builtin set --local directory ~/.local/share/fish
        builtin test -n "$XDG_DATA_HOME"; and builtin set directory $XDG_DATA_HOME/fish
        builtin test -O $directory/"$name"_history; or builtin test -O $directory -a ! -e $directory/"$name"_history; or return
        # What ran before stands before it in the file.
        builtin history save
        __karo_uptime
        builtin printf '%s cmd: %s\n  when: %s\n' - (builtin string replace --all -- \\ \\\\ "$argv" | builtin string join '\n') \
            (builtin math --scale=0 -- "($__karo_up + $__karo_since) / 1000") >>$directory/"$name"_history
        # It does nothing when it is the second one within a second.
        builtin history merge
    end

    function __karo_guard_enter
        builtin set --global __karo_guard_judged
        builtin set --local line (builtin commandline --current-buffer | builtin string collect)
        builtin set --global __karo_guard_token (builtin commandline --current-token | builtin string collect)
        if builtin test "$__karo_guard_prompt" != 1 -o -z "$line"
            or begin; builtin test "$KARO_GUARD_PROFILE" = off; and not builtin test -e "$__karo_given_machine"; and not builtin test -e "$__karo_given_fleet"; and not builtin test -e "$__karo_given_machine_fleet"; end
            or begin; __karo_guard_today; __karo_guard_plain "$line"; end
            __karo_guard_run
            return
        end
        # Fish adds a line end to what is not finished.
        builtin commandline --is-valid
        if builtin test $status -eq 2
            __karo_guard_run
            return
        end
        if not builtin set --query __karo_guard_limit
            builtin set --global __karo_guard_limit
            command timeout --foreground 9 true 2>/dev/null
            and builtin set --global __karo_guard_limit timeout --foreground --signal=USR2 $__karo_given_timeout
        end
        builtin set --local --export KARO_LINE (builtin string sub --length $__karo_given_most_asked -- "$line" | builtin string collect)
        builtin set --local --export KARO_LINE_LENGTH (builtin string length -- "$line" | builtin string join ' ')
        builtin set --local --export KARO_LINE_SHELL $fish_pid
        builtin set --local --export KARO_LINE_NAMES (__karo_guard_names $line | builtin string collect)
        builtin set --local late $__karo_guard_late
        builtin set --local answer (__karo_guard_resident)
        # The judge in the daemon had its part of this time.
        builtin set --local silent $__karo_given_silent
        builtin test $late = $__karo_guard_late; or builtin set silent $__karo_given_silent_late
        if not builtin set --query answer[1]
            # What fish suggests behind the cursor would stay there, as if part of the line.
            builtin test "$TERM" != dumb -a (builtin commandline --cursor) -eq (builtin string length -- "$line" | builtin string join ' ')
            and builtin printf '\e[J' >/dev/tty
            builtin set answer (command $__karo_guard_limit /bin/sh -c '
                { sleep "$1" && kill -0 $$ && printf "\n%s\n" "$2" >/dev/tty; } >/dev/null &
                shift 2
                export KARO_LINE_NOTICE=$!
                exec "$@"' sh $silent $__karo_given_slow $__karo_ask 2>/dev/null)
        end
        builtin set --local said (builtin string split ' ' -- $answer[1])
        if builtin test "$said[1]" = wait
            builtin set --erase answer[1]
            builtin set said (builtin string split ' ' -- $answer[1])
            if not builtin contains -- "$said[1]" run edit drop put
                builtin printf '\n%s\n' $__karo_given_cut_off >/dev/tty
                builtin set said drop unjudged safe -
            end
        end
        if not builtin contains -- "$said[1]" run edit drop put
            builtin printf '\n%s\n' $__karo_given_unanswered >/dev/tty
            builtin set said $__karo_given_verb unjudged safe -
        end
        if builtin test $said[2] != -
            # This ends the list of completions, and keeps what was chosen of it.
            builtin commandline --paging-mode; and builtin commandline --function end-of-buffer
            __karo_guard_note $said[2] $said[3]
            # Fish draws from where it believes the line to begin.
            builtin string repeat --no-newline --count (builtin math (builtin commandline --line) - 1) \n >/dev/tty
        end
        switch $said[1]
            case run
                __karo_guard_run
                return
            case drop
                __karo_guard_remember $line
                builtin set --global __karo_gone
                builtin commandline --replace -- ''
            case put
                builtin commandline --replace -- (builtin string join \n -- $answer[2..-1] | builtin string collect)
        end
        builtin commandline --function repaint
    end

    # Every key that accepts a line. A function that a person has on Enter runs it when it may run.
    function __karo_guard_keys
        for mode in default insert replace visual
            builtin set --local own (builtin bind --user --mode $mode \r 2>/dev/null | builtin string replace --filter --regex -- '.* (?!__karo_)' '')
            builtin functions --query -- "$own"; and builtin set --global __karo_guard_own $own
            for key in \r \n \e\[27\;5\;13~ \e\[13\;5u \e\[27\;2\;13~ \e\[13\;2u
                builtin bind --mode $mode $key __karo_guard_enter
            end
        end
    end
end
