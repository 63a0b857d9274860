# Karo's guard for bash: what could do harm is asked about before it runs. It comes after karo.bash.
# export KARO_GUARD_PROFILE=off stops it in this shell.
#
# `karo shell init bash` prints arrays in front of this text: __karo_ask, the program that judges; __karo_rules, files of
# rules that may prohibit any tool; __karo_ruled, __karo_writers and __karo_reads, names of tools; __karo_given, all else.
#
# Each key that accepts a line becomes two: the first runs a handler (`bind -x`), which decides what the second does.
# The lines of one command come singly (PS2), so what was accepted is kept until the next prompt or command. All that is
# asked runs in a subshell: $!, options and traps of the person stay as they are.
#
# The handler may be called in the middle of a token, such as a string in several lines. What bash 5.2 parses there must
# be simple: $(…) and <(…), which it parses again when it expands them, and compound commands in the text of `bind -x`
# reset its stack of quotes, and then the memory in front of that is written to (free(): invalid next size). Backquotes
# are parsed in the subshell only, and functions have been parsed before; so handlers use only these.
if [[ ${__karo[@]-} && $- == *i* && $SHELLOPTS =~ (^|:)(emacs|vi)(:|$) && -z ${BLE_VERSION-} ]]; then
  if [[ ${__karo_guard[@]@a} != *A* ]]; then
    unset -v __karo_guard
    declare -gA __karo_guard=([head]= [here]= [since]= [then]=accept-line [last]=accept-line [day]=0 [late]=-999999 [words]=)
    # Without a terminal, where lines come from a pipe, words go to what is stderr now.
    { : >/dev/tty; } 2>/dev/null || builtin exec {__karo_guard[words]}>&2
  fi

  # In a subshell: asks the judge in this user's daemon about the line in text. Sets answer to what is to be done, or late
  # where the judge took too long; neither where the program has to be asked.
  __karo_guard_resident() {
    local LC_ALL=C IFS=' ' file pid fd own number each fields
    ((EPOCHSECONDS - __karo_guard[late] > __karo_given[resident_rest])) || return 0
    builtin set +fC
    # With this option a file that is not there would end the subshell.
    builtin shopt -u failglob
    for file in "${__karo_given[resident]}"[0-9]*-[0-9]*; do :; done
    fd=${file##*-} pid=${file%-*}
    pid=${pid##*-}
    # The process really has the pipe open there: so it is alive, and this user's.
    [[ -p $file && -O $file && /proc/$pid/fd/$fd -ef $file ]] || return 0
    # A pipe of this subshell's own, for the answer.
    exec {own}<> <(:)
    number=$SRANDOM
    IFS=$'\x1f'
    fields=("${__karo_given[resident_version]}" "$BASHPID" "$own" bash "${__karo_ask[*]}" "${#text}" "$names" "$text"
      KARO_GUARD_PROFILE="${KARO_GUARD_PROFILE-}")
    IFS=' '
    for each in "${!KARO_@}" ${__karo_given[resident_variables]}; do
      [[ $each == KARO_GUARD_PROFILE || ${!each@a} != *x* ]] || fields+=("$each=${!each}")
    done
    # Several texts can only be written in one piece where they have no line end, and are short.
    [[ ${fields[*]} != *$'\x1d'* ]] || return 0
    fields=("${fields[@]//$'\n'/$'\x1d'}" "$number")
    fields=("${fields[@]/#/$number=}")
    each="${fields[*]}"
    ((${#each} + 2 < __karo_given[resident_printed])) || return 0
    # In a process of its own, because a judge that hangs may leave no room in its pipe.
    builtin printf '%s\0' "${fields[@]}" "" >"/proc/$pid/fd/$fd" &
    if builtin read -r -t "${__karo_given[resident_seconds]}" -u "$own" each answer && [[ $each == "$number" ]]; then
      [[ $answer == "run - "* ]] || answer=
    else
      builtin kill -KILL "$!"
      answer= late=late
    fi
  } 2>/dev/null

  __karo_guard_say() {
    if [[ ${__karo_guard[words]} ]]; then builtin printf '%s\n' "$1" >&"${__karo_guard[words]}"; else builtin printf '%s\n' "$1" >/dev/tty; fi
  }

  # In a subshell: prints what is to be done with the line in text, and why, in one line; behind "put" a text follows.
  __karo_guard_ask() {
    local fd word= rest= names= pid= asked= answer= late= IFS=' '
    builtin trap - TERM
    # The line comes back, to be changed or entered once more.
    builtin trap '[[ -z $pid ]] || builtin kill -KILL "$pid" 2>/dev/null; builtin printf "edit - safe -\n"; exit' INT
    set +exu
    __karo_guard_names "$text"
    __karo_guard_resident
    if [[ $answer ]]; then
      builtin printf '%s\n' "$answer"
      return
    fi
    exec {fd}< <(
      export KARO_LINE="${text:0:__karo_given[most_asked]}" KARO_LINE_LENGTH=${#text} KARO_LINE_NAMES="$names" KARO_LINE_SHELL=$$
      export KARO_GUARD_PROFILE="${KARO_GUARD_PROFILE-}"
      exec -- "${__karo_ask[@]}" 2>&"${__karo_guard[words]:--}"
    )
    pid=$!
    # The judge in the daemon had its part of this time.
    IFS= builtin read -r -t "${__karo_given[silent${late:+_$late}]}" -u "$fd" word
    if (($? > 128)); then
      __karo_guard_say "${__karo_given[slow]}"
      # The limit may have come in the middle of the answer: its first letters are read.
      IFS= builtin read -r -t "${__karo_given[rest]}" -u "$fd" rest
      word+=$rest
    fi
    rest=${word#* } word=${word%% *}
    # The person is being asked now, and may take any time to answer.
    if [[ $word == wait ]]; then
      word= asked=1
      builtin read -r -u "$fd" word rest
    fi
    case $word in
    run | edit | drop)
      builtin printf '%s\n' "$word $rest $late"
      return
      ;;
    put)
      IFS= builtin read -r -d '' -u "$fd" text
      builtin printf '%s\n%s' "put $rest $late" "$text"
      return
      ;;
    esac
    builtin kill -KILL "$pid" 2>/dev/null
    if [[ $asked ]]; then
      __karo_guard_say $'\n'"${__karo_given[cut_off]}"
      builtin printf 'drop unjudged safe -\n'
      return
    fi
    __karo_guard_say "${__karo_given[unanswered]}"
    builtin printf '%s unjudged safe -\n' "${__karo_given[verb]}"
  }

  # In a subshell: prints what the history makes of $1. The command takes the newest entry for itself and away, unless
  # it was put there by hand.
  __karo_guard_history() {
    set +o history
    builtin history -s -- .
    builtin history -d -1
    builtin history -p -- "$1" 2>/dev/null
  }

  # Notes in the spool what the guard did, $1, and the level it had found, $2; no text.
  __karo_guard_note() {
    local now=${EPOCHREALTIME/[^0-9]} fd
    [[ -o history && ${KARO_PAUSE:-0} == 0 ]] || return 0
    [[ ${__karo_fd} && -e ${__karo_file} ]] || __karo_open
    fd=${__karo_fd}
    ((++__karo_seq))
    [[ $fd ]] || return 0
    builtin printf '\0\0001\0%s\0%s\0%s\0%s\0bash\0?\0?\0!%s %s\0.\0' \
      "${__karo_id}" "${__karo_seq}" "$now" "$now" "$1" "$2" >&"$fd"
  }

  # Makes the second key do $1.
  __karo_guard_then() {
    local map
    [[ ${__karo_guard[then]} != "$1" ]] || return 0
    __karo_guard[then]=$1
    for map in emacs vi-insert vi-command; do builtin bind -m "$map" "\"\C-x\C-zk9\": $1"; done
  }

  # The first key; $1 is what the second does when the line may run. $2 is $_, which ends as it was.
  __karo_guard_enter() {
    local -
    set +x
    # The next line may be in the middle of a token.
    __karo_guard_form simple
    # A command runs, and reads a line: what is read is no command.
    if ((__karo_runs)) && [[ ${PROMPT_COMMAND[*]-} == *__karo_prompt* ]]; then
      __karo_guard_then "$1"
      return
    fi
    local line=$READLINE_LINE text trap answer= verb= outcome= level= here= late=
    # What has run since is another command.
    [[ ${__karo_guard[since]} == "${__karo_begun}" ]] || __karo_guard[head]= __karo_guard[here]=
    __karo_guard[since]=${__karo_begun}
    text=${__karo_guard[head]}$line
    if [[ ${KARO_GUARD_PROFILE-} == off && ! -e ${__karo_given[machine]} && ! -e ${__karo_given[fleet]} && ! -e ${__karo_given[machine_fleet]} ]]; then
      verb=run
    elif [[ $line ]] && ((__karo_guard[day] != EPOCHSECONDS / 86400)); then
      # Notes once a day that the guard looks at the lines of this shell.
      ((__karo_guard[day] = EPOCHSECONDS / 86400))
      __karo_guard_note active safe || :
    fi
    if [[ $verb ]]; then :; elif [[ -z ${__karo_guard[head]} ]]; then
      if [[ -z $line ]] || __karo_guard_plain "$line"; then verb=run; fi
    elif [[ ${__karo_guard[here]} ]]; then
      # Lines of a here-document run nothing before its end.
      answer=${line#"${line%%[!$'\t']*}"}
      if [[ $answer == "${__karo_guard[here]}" ]]; then __karo_guard[here]=; else verb=run here=${__karo_guard[here]}; fi
    fi
    if [[ -z $verb ]]; then
      answer=${histchars-!^}
      if [[ $- == *H* && ( $line == *"${answer:0:1}"* || $line == "${answer:1:1}"* ) ]]; then
        # The shell runs the line as history expansion makes it.
        answer=`__karo_guard_history "$line"; builtin printf .`
        answer=${answer%.}
        [[ -z $answer ]] || text=${__karo_guard[head]}${answer%$'\n'}
      fi
      # Not from the terminal: a subshell that fails would take readline's settings from it.
      # Ctrl-C is the subshell's: this shell would begin a new line and forget this one.
      trap=`builtin trap -p INT`
      builtin trap : INT
      answer=`__karo_guard_ask </dev/null; builtin printf .`
      builtin trap - INT
      builtin eval "$trap"
      answer=${answer%.}
      IFS=' ' builtin read -r verb outcome level here late <<<"${answer%%$'\n'*}"
      here=${here#-}
      if [[ $verb != @(run|edit|put|drop) ]]; then
        # The subshell ended before its answer.
        __karo_guard_say "${__karo_given[unanswered]}"
        verb=${__karo_given[verb]} outcome=unjudged level=safe here= late=
      fi
      [[ -z $late ]] || __karo_guard[late]=$EPOCHSECONDS
      [[ $outcome == - ]] || __karo_guard_note "$outcome" "$level" || :
    fi
    case $verb in
    run)
      # The line was refused and is the newest entry: the hook would take it for one that was not repeated.
      if [[ ${__karo_gone-} && $__karo_gone == "$text" ]]; then __karo_base=$((HISTCMD - 1)); fi
      __karo_gone=
      __karo_guard[head]+=$line$'\n'
      __karo_guard[here]=$here
      __karo_guard_then "$1"
      return
      ;;
    put) READLINE_LINE=${answer#*$'\n'} READLINE_POINT=${#READLINE_LINE} ;;
    drop)
      READLINE_LINE= READLINE_POINT=0
      __karo_guard_remember
      ;;
    esac
    __karo_guard_then redraw-current-line
    if [[ ${__karo_guard[head]} ]]; then
      # What was accepted before is in the shell already: all of it goes, and can be had from the history.
      [[ $verb == drop ]] || __karo_guard_remember
      READLINE_LINE= READLINE_POINT=0 __karo_guard[head]=
      builtin kill -s INT "$$"
    fi
  }

  # Puts the line in text behind Up, unless the history would not have it.
  __karo_guard_remember() {
    [[ -o history && $text != [[:blank:]]* ]] || return 0
    # Otherwise the newest entry, which is somebody's, would go.
    set +o history
    builtin history -s -- "$text"
    set -o history
    # The hook must not take the entry for a command that ran.
    __karo_base=$HISTCMD
    __karo_gone=$text
  }

  # Instead of the keys that run what an editor leaves: it comes to the line, and Enter runs it. $1 is $_.
  __karo_guard_edit() {
    local - file= modes=
    set +x
    local IFS=$' \t\n'
    if file=`builtin command mktemp`; then
      builtin printf '%s\n' "$READLINE_LINE" >|"$file"
      modes=`builtin command stty -g </dev/tty`
      builtin command stty sane </dev/tty
      if [[ -o vi ]]; then
        builtin eval "${VISUAL:-${EDITOR:-vi}} \"\$file\"" </dev/tty >/dev/tty 2>&1
      else
        builtin eval "${VISUAL:-${EDITOR:-emacs}} \"\$file\"" </dev/tty >/dev/tty 2>&1
      fi && READLINE_LINE=`builtin command cat -- "$file"` READLINE_POINT=${#READLINE_LINE}
      builtin command stty "$modes" </dev/tty
      builtin command rm -f -- "$file"
    fi
  }

  # How the first keys call their handler: "hidden" from set -x, or "simple". Hidden takes a compound command.
  __karo_guard_form() {
    local map action call n=1
    [[ ${__karo_guard[form]-} != "$1" ]] || return 0
    __karo_guard[form]=$1
    for action in accept-line operate-and-get-next; do
      call="__karo_guard_enter $action \"\$_\" 2>/dev/null || : \"\$_\""
      [[ $1 == simple ]] || call="{ $call; } 2>/dev/null"
      for map in emacs vi-insert vi-command; do builtin bind -m "$map" -x "\"\C-x\C-zk$n\": $call"; done
      ((++n))
    done
  }

  # Every key that accepts a line, in every keymap.
  __karo_guard_keys() {
    local map key keys action n
    for map in emacs vi-insert vi-command; do
      builtin bind -m "$map" '"\C-x\C-zk9": accept-line'
      n=1
      for action in accept-line operate-and-get-next; do
        keys=$(builtin bind -m "$map" -q "$action" 2>/dev/null)
        while [[ $keys == *\"* ]]; do
          keys=${keys#*\"}
          key=${keys%%\"*} keys=${keys#*\"}
          [[ $key == *'\C-x\C-zk'* ]] || builtin bind -m "$map" "\"$key\": \"\C-x\C-zk$n\C-x\C-zk9\""
        done
        ((++n))
      done
      builtin bind -m "$map" -x '"\C-x\C-zk8": __karo_guard_edit "$_" 2>/dev/null || : "$_"'
      for action in edit-and-execute-command vi-edit-and-execute-command; do
        keys=$(builtin bind -m "$map" -q "$action" 2>/dev/null)
        while [[ $keys == *\"* ]]; do
          keys=${keys#*\"}
          key=${keys%%\"*} keys=${keys#*\"}
          builtin bind -m "$map" "\"$key\": \"\C-x\C-zk8\""
        done
      done
    done
  }
  __karo_guard[form]=
  __karo_guard_form simple
  __karo_guard_keys

  if [[ ${PROMPT_COMMAND[*]-} != *__karo_guard* ]]; then
    # At a first prompt no token is begun.
    PROMPT_COMMAND+=('{ __karo_guard[head]= __karo_guard[here]=; [[ $- != *x* ]] || __karo_guard_form hidden; } 2>/dev/null')
  fi
fi
