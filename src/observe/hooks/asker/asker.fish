# Karo's answer on Alt-K in fish: the words on the line become a command, which is not run.
#
# `karo shell init fish --ask-key` sets the list __karo_asker in front of this text: see asker.bash.
if builtin status is-interactive
    function __karo_answer
        builtin set --local typed (builtin commandline | builtin string collect)
        builtin test -n "$typed"; or return
        builtin set --local --export KARO_LINE (builtin string sub --length 1000 -- "$typed" | builtin string collect)
        builtin set --local found (command $__karo_asker)
        if builtin test $status -eq 0; and builtin set --query found[1]
            builtin set --local line (builtin string join \n -- $found | builtin string collect)
            builtin commandline --replace -- $line
            builtin set --local before (builtin string replace --regex -- '(?s)\{[A-Z].*' '' "$line" | builtin string collect)
            builtin commandline --cursor (builtin string length -- "$before")
        end
        builtin commandline --function repaint
    end
    builtin bind \ek __karo_answer
end
