# Karo's finder on Ctrl-R in fish: the command that is chosen comes to the line and is not run.
#
# `karo shell init fish --ctrl-r` sets the list __karo_finder in front of this text: see finder.bash. Fish 3.6 has a
# search of its own on this key, the history pager; earlier fish has none.
if builtin status is-interactive
    function __karo_find
        builtin set --local typed (builtin commandline | builtin string collect)
        builtin set --local IFS \n
        builtin set --local --export KARO_LINE (builtin string sub --length 1000 -- "$typed" | builtin string collect)
        builtin set --local found (command $__karo_finder)
        if builtin test $status -eq 0
            if builtin set --query found[1]
                builtin commandline --replace -- (builtin string join \n -- $found | builtin string collect)
            end
            builtin commandline --function repaint
        else
            builtin commandline --function repaint
            if builtin contains -- history-pager (builtin bind --function-names)
                builtin commandline --function history-pager
            end
        end
    end
    builtin bind \cr __karo_find
    builtin bind --mode insert \cr __karo_find
end
