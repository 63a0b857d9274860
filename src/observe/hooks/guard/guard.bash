# Karo's guard for bash: what could do harm is asked about before it runs. It comes after karo.bash.
# export KARO_GUARD_PROFILE=off stops it in this shell.
#
# `karo shell init bash` prints arrays in front of this text: __karo_ask, the program that judges; __karo_rules, files of
# rules that may prohibit any tool; __karo_ruled, __karo_writers and __karo_reads, names of tools; __karo_given, all else.
#
# Each key that accepts a line becomes two: the first runs a handler (`bind -x`), which decides what the second does.
# The lines of one command come singly (PS2), so what was accepted is kept until the next prompt or command. All that is
# asked runs in a subshell: $!, options and traps of the person stay. Functions' variables begin with _karo_: none may have
# a name that is read-only outside.
#
# The handler may be called in the middle of a token, such as a string in several lines. What bash 5.2 parses there must
# be simple: $(…) and <(…), which it parses again when it expands them, and compound commands in the text of `bind -x`
# reset its stack of quotes, and then the memory in front of that is written to (free(): invalid next size). Backquotes
# are parsed in the subshell only, and functions have been parsed before; so handlers use only these.
if [[ ${__karo[@]-} && $- == *i* && $SHELLOPTS =~ (^|:)(emacs|vi)(:|$) && -z ${BLE_VERSION-} ]]; then
  if [[ ${__karo_guard[@]@a} != *A* ]]; then
    unset -v __karo_guard
    declare -gA __karo_guard=([head]= [here]= [since]= [then]=accept-line [day]=0 [late]=-999999 [words]=)
    # Without a terminal words go to what is stderr now.
    { : >/dev/tty; } 2>/dev/null || builtin exec {__karo_guard[words]}>&2
  fi

  # In a subshell: asks the judge in this user's daemon about the line in _karo_text. Sets _karo_answer to what is to be done, or _karo_late
  # where the judge took too long; neither where the program has to be asked.
  __karo_guard_resident() {
    local LC_ALL=C IFS=' ' _karo_file _karo_pid _karo_fd _karo_own _karo_number _karo_each _karo_fields
    ((EPOCHSECONDS - __karo_guard[late] > __karo_given[resident_rest])) || return 0
    builtin set +fC
    # With this option a file that is not there would end the subshell.
    builtin shopt -u failglob
    for _karo_file in "${__karo_given[resident]}"[0-9]*-[0-9]*; do :; done
    _karo_fd=${_karo_file##*-} _karo_pid=${_karo_file%-*}
    _karo_pid=${_karo_pid##*-}
    # The process really has the pipe open there: so it is alive, and this user's.
    [[ -p $_karo_file && -O $_karo_file && /proc/$_karo_pid/fd/$_karo_fd -ef $_karo_file ]] || return 0
    # A pipe of this subshell's own, for the answer.
    exec {_karo_own}<> <(:)
    _karo_number=$SRANDOM
    IFS=$'\x1f'
    _karo_fields=("${__karo_given[resident_version]}" "$BASHPID" "$_karo_own" bash "${__karo_ask[*]}" "${#_karo_text}" "$_karo_names" "$_karo_text"
      KARO_GUARD_PROFILE="${KARO_GUARD_PROFILE-}")
    IFS=' '
    for _karo_each in "${!KARO_@}" ${__karo_given[resident_variables]}; do
      [[ $_karo_each == KARO_GUARD_PROFILE || ${!_karo_each@a} != *x* ]] || _karo_fields+=("$_karo_each=${!_karo_each}")
    done
    # Several texts can only be written in one piece where they have no line end, and are short.
    [[ ${_karo_fields[*]} != *$'\x1d'* ]] || return 0
    _karo_fields=("${_karo_fields[@]//$'\n'/$'\x1d'}" "$_karo_number")
    _karo_fields=("${_karo_fields[@]/#/$_karo_number=}")
    _karo_each="${_karo_fields[*]}"
    ((${#_karo_each} + 2 < __karo_given[resident_printed])) || return 0
    # In a process of its own, because a judge that hangs may leave no room in its pipe.
    builtin printf '%s\0' "${_karo_fields[@]}" "" >"/proc/$_karo_pid/fd/$_karo_fd" &
    if builtin read -r -t "${__karo_given[resident_seconds]}" -u "$_karo_own" _karo_each _karo_answer && [[ $_karo_each == "$_karo_number" ]]; then
      [[ $_karo_answer == "run - "* ]] || _karo_answer=
    else
      builtin kill -KILL "$!"
      _karo_answer= _karo_late=late
    fi
  } 2>/dev/null

  __karo_guard_say() {
    if [[ ${__karo_guard[words]} ]]; then builtin printf '%s\n' "$1" >&"${__karo_guard[words]}"; else builtin printf '%s\n' "$1" >/dev/tty; fi
  }

  # In a subshell: prints what is to be done with the line in _karo_text, and why, in one line; behind "put" a text follows.
  __karo_guard_ask() {
    local _karo_fd _karo_word= _karo_rest= _karo_names= _karo_pid= _karo_asked= _karo_answer= _karo_late= IFS=' '
    builtin trap - TERM
    # The line comes back, to be changed or entered once more.
    builtin trap '[[ -z $_karo_pid ]] || builtin kill -KILL "$_karo_pid" 2>/dev/null; builtin printf "edit - safe -\n"; exit' INT
    set +exu
    __karo_guard_names "$_karo_text"
    builtin shopt -q interactive_comments || _karo_names+=$'literal\x1e'
    __karo_guard_resident
    if [[ $_karo_answer ]]; then
      builtin printf '%s\n' "$_karo_answer"
      return
    fi
    exec {_karo_fd}< <(
      export KARO_LINE="${_karo_text:0:__karo_given[most_asked]}" KARO_LINE_LENGTH=${#_karo_text} KARO_LINE_NAMES="$_karo_names" KARO_LINE_SHELL=$$
      export KARO_GUARD_PROFILE="${KARO_GUARD_PROFILE-}"
      exec -- "${__karo_ask[@]}" 2>&"${__karo_guard[words]:--}"
    )
    _karo_pid=$!
    # The judge in the daemon had its part of this time.
    IFS= builtin read -r -t "${__karo_given[silent${_karo_late:+_$_karo_late}]}" -u "$_karo_fd" _karo_word
    if (($? > 128)); then
      __karo_guard_say "${__karo_given[slow]}"
      # The first letters of an answer may have been read.
      IFS= builtin read -r -t "${__karo_given[rest]}" -u "$_karo_fd" _karo_rest
      _karo_word+=$_karo_rest
    fi
    _karo_rest=${_karo_word#* } _karo_word=${_karo_word%% *}
    # The person is asked, and may take any time.
    if [[ $_karo_word == wait ]]; then
      _karo_word= _karo_asked=1
      builtin read -r -u "$_karo_fd" _karo_word _karo_rest
    fi
    case $_karo_word in
    run | edit | drop | put)
      builtin printf '%s\n' "$_karo_word $_karo_rest $_karo_late"
      if [[ $_karo_word == put ]]; then
        IFS= builtin read -r -d '' -u "$_karo_fd" _karo_text
        builtin printf %s "$_karo_text"
      fi
      return
      ;;
    esac
    builtin kill -KILL "$_karo_pid" 2>/dev/null
    if [[ $_karo_asked ]]; then
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
    [[ -o history && ${KARO_PAUSE:-0} == 0 ]] || return 0
    [[ $__karo_fd && -e $__karo_file ]] || __karo_open
    __karo_note "$1 $2"
  }

  # Makes the second key do $1.
  __karo_guard_then() {
    local _karo_map
    [[ ${__karo_guard[then]} != "$1" ]] || return 0
    __karo_guard[then]=$1
    for _karo_map in emacs vi-insert vi-command; do builtin bind -m "$_karo_map" "\"\C-x\C-zk9\": $1"; done
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
    # PROMPT_COMMAND was unset, or is a new list.
    [[ ${PROMPT_COMMAND[*]-} == *__karo_prompt* || ${PROMPT_COMMAND[@]@a} == *r* ]] || { __karo_lead && __karo_runs=0; }
    local _karo_line=$READLINE_LINE _karo_text _karo_trap _karo_answer= _karo_verb= _karo_outcome= _karo_level= _karo_here= _karo_late=
    # What has run since is another command.
    [[ ${__karo_guard[since]} == "${__karo_begun}" ]] || __karo_guard[head]= __karo_guard[here]=
    __karo_guard[since]=${__karo_begun}
    _karo_text=${__karo_guard[head]}$_karo_line
    if [[ ${KARO_GUARD_PROFILE-} == off && ! -e ${__karo_given[machine]} && ! -e ${__karo_given[fleet]} && ! -e ${__karo_given[machine_fleet]} ]]; then
      _karo_verb=run
    elif [[ $_karo_line ]] && ((__karo_guard[day] != EPOCHSECONDS / 86400)); then
      # Notes once a day that the guard looks at the lines of this shell.
      ((__karo_guard[day] = EPOCHSECONDS / 86400))
      __karo_guard_note active safe || :
    fi
    if [[ $_karo_verb ]]; then :; elif [[ -z ${__karo_guard[head]} ]]; then
      if [[ -z $_karo_line ]] || __karo_guard_plain "$_karo_line"; then _karo_verb=run; fi
    elif [[ ${__karo_guard[here]} ]]; then
      # Lines of a here-document run nothing before its end.
      _karo_answer=${_karo_line#"${_karo_line%%[!$'\t']*}"}
      if [[ $_karo_answer == "${__karo_guard[here]}" ]]; then __karo_guard[here]=; else _karo_verb=run _karo_here=${__karo_guard[here]}; fi
    fi
    if [[ -z $_karo_verb ]]; then
      _karo_answer=${histchars-!^}
      if [[ $- == *H* && ( $_karo_line == *"${_karo_answer:0:1}"* || $_karo_line == "${_karo_answer:1:1}"* ) ]]; then
        # The shell runs the line as history expansion makes it.
        _karo_answer=`__karo_guard_history "$_karo_line"; builtin printf .`
        _karo_answer=${_karo_answer%.}
        [[ -z $_karo_answer ]] || _karo_text=${__karo_guard[head]}${_karo_answer%$'\n'}
      fi
      # Not from the terminal: a subshell that fails would take readline's settings from it.
      # Ctrl-C is the subshell's: this shell would begin a new line and forget this one.
      _karo_trap=`builtin trap -p INT`
      builtin trap : INT
      _karo_answer=`__karo_guard_ask </dev/null; builtin printf .`
      builtin trap - INT
      builtin eval "$_karo_trap"
      _karo_answer=${_karo_answer%.}
      IFS=' ' builtin read -r _karo_verb _karo_outcome _karo_level _karo_here _karo_late <<<"${_karo_answer%%$'\n'*}"
      _karo_here=${_karo_here#-}
      if [[ $_karo_verb != @(run|edit|put|drop) ]]; then
        # The subshell ended before its answer.
        __karo_guard_say "${__karo_given[unanswered]}"
        _karo_verb=${__karo_given[verb]} _karo_outcome=unjudged _karo_level=safe _karo_here= _karo_late=
      fi
      [[ -z $_karo_late ]] || __karo_guard[late]=$EPOCHSECONDS
      [[ $_karo_outcome == - ]] || __karo_guard_note "$_karo_outcome" "$_karo_level" || :
    fi
    case $_karo_verb in
    run)
      # The line was refused and is the newest entry: the hook would take it for one that was not repeated.
      if [[ ${__karo_gone-} && $__karo_gone == "$_karo_text" ]]; then __karo_base=$((HISTCMD - 1)); fi
      __karo_gone=
      __karo_guard[head]+=$_karo_line$'\n'
      __karo_guard[here]=$_karo_here
      __karo_guard_then "$1"
      return
      ;;
    put) READLINE_LINE=${_karo_answer#*$'\n'} READLINE_POINT=${#READLINE_LINE} ;;
    drop)
      READLINE_LINE= READLINE_POINT=0
      __karo_guard_remember
      ;;
    esac
    __karo_guard_then redraw-current-line
    if [[ ${__karo_guard[head]} ]]; then
      # What was accepted before is in the shell already: all of it goes, and can be had from the history.
      [[ $_karo_verb == drop ]] || __karo_guard_remember
      READLINE_LINE= READLINE_POINT=0
      builtin kill -s INT "$$"
    fi
  }

  # Puts the line in _karo_text behind Up, if the history takes it.
  __karo_guard_remember() {
    [[ -o history && $_karo_text != [[:blank:]]* ]] || return 0
    # Otherwise the newest entry, which is somebody's, would go.
    set +o history
    builtin history -s -- "$_karo_text"
    set -o history
    # The hook must not take the entry for a command that ran.
    __karo_base=$HISTCMD
    __karo_gone=$_karo_text
  }

  # In place of the keys that run what an editor leaves: Enter runs it. $1 is $_.
  __karo_guard_edit() {
    local - _karo_file= _karo_modes= _karo_editor=
    set +x
    local IFS=$' \t\n'
    if _karo_file=`builtin command mktemp`; then
      builtin printf '%s\n' "$READLINE_LINE" >|"$_karo_file"
      _karo_modes=`builtin command stty -g </dev/tty`
      builtin command stty sane </dev/tty
      _karo_editor=emacs
      [[ ! -o vi ]] || _karo_editor=vi
      builtin eval "${VISUAL:-${EDITOR:-$_karo_editor}} \"\$_karo_file\"" </dev/tty >/dev/tty 2>&1 &&
        READLINE_LINE=`builtin command cat -- "$_karo_file"` READLINE_POINT=${#READLINE_LINE}
      builtin command stty "$_karo_modes" </dev/tty
      builtin command rm -f -- "$_karo_file"
    fi
  }

  # How the first keys call their handler: "hidden" from set -x, or "simple". Hidden takes a compound command.
  __karo_guard_form() {
    local _karo_map _karo_action _karo_call _karo_n=1
    [[ ${__karo_guard[form]-} != "$1" ]] || return 0
    __karo_guard[form]=$1
    for _karo_action in accept-line operate-and-get-next; do
      _karo_call="__karo_guard_enter $_karo_action \"\$_\" 2>/dev/null || : \"\$_\""
      [[ $1 == simple ]] || _karo_call="{ $_karo_call; } 2>/dev/null"
      for _karo_map in emacs vi-insert vi-command; do
        builtin bind -m "$_karo_map" -x "\"\C-x\C-zk$_karo_n\": $_karo_call"
        builtin bind -m "$_karo_map" -x '"\C-x\C-zk8": __karo_guard_edit "$_" 2>/dev/null || : "$_"'
      done
      ((++_karo_n))
    done
  }

  # Every key that accepts a line. `bind -q` names five at most, so it is asked again.
  __karo_guard_keys() {
    local - _karo_keys _karo_key _karo_map _karo_call IFS=$'\n'
    builtin set -f
    __karo_guard[then]=
    __karo_guard_then accept-line
    for _karo_key in {1..20}; do
      _karo_key=
      for _karo_keys in $(
        for _karo_key in {emacs,vi-insert,vi-command}\ {accept-line,operate-and-get-next,edit-and-execute-command,vi-edit-and-execute-command}; do
          builtin printf '\n%s ' "$_karo_key"
          builtin bind -m "${_karo_key% *}" -q "${_karo_key#* }" 2>/dev/null || :
        done
      ); do
        _karo_call=8
        [[ $_karo_keys != *\ accept-line* ]] || _karo_call='1\C-x\C-zk9'
        [[ $_karo_keys != *\ operate-* ]] || _karo_call='2\C-x\C-zk9'
        _karo_map=${_karo_keys%% *} _karo_keys=${_karo_keys//\"\\C-x\\C-zk[0-9]\"}
        while [[ $_karo_keys == *\"* ]]; do
          _karo_keys=${_karo_keys#*\"}
          _karo_key=${_karo_keys%%\"[,.]*} _karo_keys=${_karo_keys#*\"[,.]}
          builtin bind -m "$_karo_map" "\"$_karo_key\": \"\C-x\C-zk$_karo_call\""
        done
      done
      [[ $_karo_key ]] || break
    done
  }
  __karo_guard[form]=
  __karo_guard_form simple
  __karo_guard_keys

  if [[ ${PROMPT_COMMAND[*]-} != *__karo_guard* ]]; then
    # No token is begun here. A key may have been bound behind the guard.
    PROMPT_COMMAND+=('{ [[ ${__karo_guard[head]} ]] || __karo_guard_keys; __karo_guard[head]= __karo_guard[here]=; [[ $- != *x* ]] || __karo_guard_form hidden; } 2>/dev/null')
  fi
fi
