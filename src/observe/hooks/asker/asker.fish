# Karo's answer on Alt-K in fish: the words on the line become a command, which is not run; on an empty line, the next line after
# a command that failed.
#
# `karo shell init fish --ask-key` sets the lists __karo_asker and __karo_fixer in front of this text: see asker.bash.
if builtin status is-interactive
    function __karo_answer
        builtin set --local --export KARO_EXIT $status
        builtin set --local typed (builtin commandline | builtin string collect)
        builtin set --local by $__karo_asker
        if builtin test -z "$typed"
            builtin set by $__karo_fixer
            builtin set typed $history[1]
        end
        builtin set --local --export KARO_LINE (builtin string sub --length 4000 -- "$typed" | builtin string collect)
        builtin set --local found (command $by)
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
