# Karo's finder in fish, on Ctrl-R, on Up or on both.
#
# `karo shell init fish --ctrl-r --up` sets the lists __karo_finder and __karo_finder_keys in front of this text: see
# finder.bash. Fish 3.6 has a search of its own on Ctrl-R, the history pager; earlier fish has none.
if builtin status is-interactive
    # $argv[1] is the key.
    function __karo_find
        builtin set --local typed (builtin commandline | builtin string collect)
        builtin set --local IFS \n
        builtin set --local --export KARO_LINE (builtin string sub --length 1000 -- "$typed" | builtin string collect)
        builtin set --local --export KARO_SESSION "$__karo_id"
        builtin set --local --export KARO_CHOOSE 1
        builtin set --local --export KARO_KEY $argv[1]
        builtin set --local found (command $__karo_finder)
        if builtin test $status -eq 0
            if builtin set --query found[2]
                builtin commandline --replace -- (builtin string join \n -- $found[2..-1] | builtin string collect)
            end
            builtin commandline --function repaint
            if builtin test "$found[1]" = run
                # As the key Enter does, so that the guard judges the line as any other.
                if builtin functions --query __karo_guard_enter
                    __karo_guard_enter
                else
                    builtin commandline --function execute
                end
            end
        else
            builtin commandline --function repaint
            if builtin test $argv[1] = up
                up-or-search
            else if builtin contains -- history-pager (builtin bind --function-names)
                builtin commandline --function history-pager
            end
        end
    end
    function __karo_find_up
        # In a list of completions, in a search that was begun, within a line of several rows, and for a line that the
        # guard dropped.
        if builtin commandline --paging-mode; or builtin commandline --search-mode; or builtin test (builtin commandline --line) -gt 1; or builtin set --query __karo_gone
            up-or-search
        else
            __karo_find up
        end
    end
    for __karo_mode in default insert
        if builtin contains -- ctrl-r $__karo_finder_keys
            builtin bind --mode $__karo_mode \cr '__karo_find ctrl-r'
        end
        if builtin contains -- up $__karo_finder_keys
            builtin bind --mode $__karo_mode \e\[A __karo_find_up
            builtin bind --mode $__karo_mode \eOA __karo_find_up
        end
    end
    builtin set --erase __karo_mode
end
