# Decides in fish itself which lines the guard need not ask about, and finds what the words of the others mean. It comes before guard.fish, which says what the lists are.
if builtin status is-interactive; and builtin set --query __karo_dir

    # Prints what an abbreviation makes of the word $argv[1], and where: "alias" for a first word, or "global"; then the text.
    # $argv[2] is all that fish shows of abbreviations.
    function __karo_guard_short --argument-names word
        builtin set --local name (builtin string escape --style=regex -- (builtin string escape -- $word))
        builtin set --local shown '(\'(?:[^\'\\\\]|\\\\.)*\'|(?:[^\s\\\\]|\\\\.)+)'
        # Of several, fish takes the last.
        for entry in (builtin string match --regex -- '^abbr -a (?:.*--regex .*|(?:.*?-- )'$name'(?: .*)?)$' $argv[2..-1])[-1..1]
            builtin set --local found (builtin string match --regex -- '^abbr -a (.*?)-- '$shown'(?: (.*))?$' $entry)
            builtin set --query found[3]; or continue
            builtin set --local regex (builtin string match --regex -- '--regex '$shown $found[2])
            if builtin set --query regex[2]
                builtin string match --quiet --regex -- '\A(?:'(builtin string unescape -- $regex[2])')\z' $word; or continue
            end
            builtin set --local text (builtin string unescape -- "$found[4]" | builtin string collect)
            builtin set --local maker (builtin string match --regex -- '--function '$shown $found[2])
            if builtin set --query maker[2]
                # Fish asks this function what the word at the cursor becomes, and no other word.
                builtin test "$word" = "$__karo_guard_token"; or continue
                builtin set maker (builtin string unescape -- $maker[2])
                builtin functions --query -- $maker; or builtin contains -- $maker (builtin --names); or command --query -- $maker; or continue
                builtin set text ($maker $word 2>/dev/null | builtin string collect)
                builtin test $pipestatus[1] -eq 0; or continue
            end
            # The sign where the cursor comes to stand goes.
            builtin set --local sign (builtin string match --regex -- '--set-cursor='$shown $found[2])
            builtin set --query sign[2]
            and builtin set text (builtin string replace -- (builtin string unescape -- $sign[2]) '' "$text" | builtin string collect)
            builtin string match --quiet --regex -- '--(?:position anywhere|command)' $found[2]; and builtin echo global; or builtin echo alias
            builtin printf '%s\n' "$text"
            return 0
        end
        return 1
    end

    # Whether $argv is plain: tools without rules, and signs that fish does not expand; several with " | " in between.
    function __karo_guard_plain
        builtin string match --quiet --regex -- '\A[A-Za-z0-9_./:,@%+=| -]*\z' "$argv"; or return 1
        builtin test (builtin string length -- "$argv") -lt $__karo_given_plain_length; or return 1
        # An abbreviation may stand anywhere in the line, and one with a pattern may be about any word.
        builtin set --local short (builtin abbr --show 2>/dev/null)
        if builtin set --query short[1]
            builtin abbr --query -- (builtin string split --no-empty ' ' -- "$argv") 2>/dev/null; and return 1
            builtin test -n "$__karo_guard_token"; and __karo_guard_short $__karo_guard_token $short >/dev/null; and return 1
        end
        builtin set --local texts
        for file in $__karo_rules
            builtin test -e $file; or continue
            # A rule in these files may prohibit any tool.
            builtin read --null --local own <$file
            # A glob whose first word has such a sign is about tools of any name.
            builtin string match --quiet --regex -- '\\\\|"""|\'\'\'|["\']\S*[*?]' "$own"; and return 1
            builtin set --append texts "$own"
        end
        for part in (builtin string split -- ' | ' "$argv")
            __karo_guard_simple (builtin string trim --left --chars ' ' -- $part) $texts; or return 1
        end
    end

    # Whether the one command $argv[1] is plain; the others are the texts of the rules files.
    function __karo_guard_simple
        builtin set --local line $argv[1]
        builtin string match --quiet --regex -- '\A[A-Za-z0-9_][A-Za-z0-9_+-]*(?: [A-Za-z0-9_./:,@%+= -]*)?\z' "$line"
        or return 1
        # A tool without rules may run another command that stands behind it.
        builtin string match --quiet --regex -- "[ /=](?:$__karo_given_carried) " "$line"; and return 1
        builtin set --local word (builtin string replace --regex ' .*' '' -- "$line")
        # Of git there are rules, but none about these commands of it.
        if builtin contains -- $word $__karo_ruled
            builtin string match --quiet --regex -- "\Agit (?:$__karo_given_git)(?: |\z)" "$line"; or return 1
        end
        # Any tool that is not known only to read may write to a file that matters.
        if not builtin contains -- $word $__karo_reads
            builtin string match --quiet --regex -- $__karo_given_own "$line"; and return 1
            builtin string match --quiet --regex -- "/(?:$__karo_given_places)/" "$PWD/"; and return 1
            if builtin contains -- $word $__karo_writers
                or builtin string match --quiet --regex -- " (?:$__karo_given_outputs)" "$line"
                builtin string match --quiet --regex -- $__karo_given_system "$line"; and return 1
                builtin string match --quiet --regex -- "^(?:$__karo_given_roots)/" "$PWD/"; and return 1
            end
        end
        builtin set --query argv[2]; and builtin string match --quiet -- "*$word*" $argv[2..-1]; and return 1
        builtin functions --query -- $word; or return 0
        # Fish comes with functions of its own, such as ls.
        builtin string match --quiet -- "$__fish_data_dir/*" (builtin functions --details -- $word)
    end

    # Prints what functions and abbreviations among the words of $argv stand for, and those in their texts. What has no
    # room is there as unread.
    function __karo_guard_names
        builtin set --local ends '[\s;|&()<>\x60\'"\\\\$]'
        builtin set --local words (builtin string split --no-empty -- ' ' (builtin string replace --regex --all -- $ends ' ' $argv))
        builtin set --local known
        builtin set --local size 0
        builtin set --local short (builtin abbr --show 2>/dev/null)
        while builtin set --query words[1]
            builtin set --local word $words[1]
            builtin set --erase words[1]
            builtin contains -- $word $known; and continue
            if builtin test (builtin count $known) -ge $__karo_given_most_words
                builtin printf 'unread\x1f*\x1f\x1e'
                return
            end
            builtin set --append known $word
            builtin set --local kinds
            builtin set --local texts
            builtin set --local found (__karo_guard_short $word $short)
            if builtin set --query found[1]
                builtin set kinds $found[1]
                builtin set texts (builtin string join \n -- $found[2..-1] | builtin string collect)
                builtin set texts "$texts"
            end
            # A quoted word is no abbreviation, but may be a function; so may a word in an abbreviation of the same name.
            if builtin functions --query -- $word
                and not builtin string match --quiet -- "$__fish_data_dir/*" (builtin functions --details -- $word)
                builtin set --append kinds function
                builtin set --append texts (builtin functions -- $word | builtin string collect)
            end
            while builtin set --query kinds[1]
                if builtin test (builtin math $size + (builtin string length -- "$texts[1]")) -ge $__karo_given_most_defined
                    builtin printf 'unread\x1f%s\x1f\x1e' $word
                else
                    builtin printf '%s\x1f%s\x1f%s\x1e' $kinds[1] $word "$texts[1]"
                    builtin set size (builtin math $size + (builtin string length -- "$texts[1]"))
                    builtin set --append words (builtin string split --no-empty -- ' ' (builtin string replace --regex --all -- $ends ' ' $texts[1]))
                end
                builtin set --erase kinds[1]
                builtin set --erase texts[1]
            end
        end
    end
end
