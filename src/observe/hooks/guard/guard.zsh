# Karo's guard for zsh: what could do harm is asked about before it runs. It comes after karo.zsh.
# export KARO_GUARD_PROFILE=off stops it in this shell.
#
# The arrays in front of this text are those of guard.bash. Behind it comes __karo_guard_has, which says whether the person has the option $1. As in karo.zsh, all of it
# is handed to `emulate zsh -c`, and functions have no variables.
#
# The guard wraps the widgets that accept a line, whatever they are by then, so that others (zsh-autosuggestions,
# zsh-syntax-highlighting) may come before it or after.
if [[ -n $__karo[dir] && -o interactive && -o zle ]] && builtin zmodload zsh/zle zsh/parameter 2>/dev/null; then
  builtin typeset -gA __karo_guard
  builtin typeset -g __karo_guard_word __karo_guard_rest __karo_guard_fd __karo_gone

  # Whether $1 is plain: tools without rules, and signs that no shell expands; several of them with " | " in between.
  __karo_guard_plain() {
    [[ $1 != *[^A-Za-z0-9_./:,@%^+=\ \|-]* && $#1 -lt $__karo_given[plain_length] ]] || return 1
    # Other signs may expand the history.
    [[ -z $histchars || $histchars == "!^"* ]] || return 1
    __karo_guard[own]= __karo_guard[left]=$1
    # A rule in these files may prohibit any tool.
    for __karo_guard_rest in "$__karo_rules[@]"; do
      [[ ! -e $__karo_guard_rest ]] || __karo_guard[own]+=$(<$__karo_guard_rest)
    done
    [[ $__karo_guard[own] != *(\\|\"\"\"|\'\'\')* ]] || return 1
    # A glob whose first word has such a sign is about tools of any name.
    [[ -z ${(M)${(s: :)${__karo_guard[own]//[$'\t\n']/ }}:#*[\"\']*[*?]*} ]] || return 1
    (( $#galiases == 0 )) || [[ " $1 " != *" "(${~${(j:|:)${(kb)galiases}}})" "* ]] || return 1
    while (( 1 )); do
      __karo_guard[part]=${__karo_guard[left]%%" | "*}
      __karo_guard_simple "${__karo_guard[part]#${__karo_guard[part]%%[^ ]*}}" || return 1
      [[ $__karo_guard[part] != "$__karo_guard[left]" ]] || return 0
      __karo_guard[left]=${__karo_guard[left]#*" | "}
    done
  }

  # Whether the one command $1 is plain; __karo_guard[own] is the text of the rules files.
  __karo_guard_simple() {
    [[ $1 == [A-Za-z0-9_]* && $1 != *\|* ]] || return 1
    __karo_guard_word=${1%% *} __karo_guard[seen]=" " __karo_guard[words]=$1
    # A tool without rules may run another command that stands behind it.
    [[ $1 != *[\ /=](${~__karo_given[carried]})\ * ]] || return 1
    while (( 1 )); do
      [[ $__karo_guard_word != *[^A-Za-z0-9_+-]* ]] || return 1
      [[ -z $__karo_guard[own] || $__karo_guard[own] != *"$__karo_guard_word"* ]] || return 1
      if [[ "$1 " == "git "(${~__karo_given[git]})" "* && $__karo_guard_word == git ]]; then
        # Of git there are rules, but none about these commands of it.
        (( ! ${+aliases[git]} )) || return 1
        break
      fi
      (( ! ${+__karo_ruled[$__karo_guard_word]} )) || return 1
      (( ${+aliases[$__karo_guard_word]} )) && [[ $__karo_guard[seen] != *" $__karo_guard_word "* ]] || break
      __karo_guard[seen]+="$__karo_guard_word "
      __karo_guard[meant]=$aliases[$__karo_guard_word]
      [[ $__karo_guard[meant] == [A-Za-z0-9_]* && $__karo_guard[meant] != *[^A-Za-z0-9_./:,@%^+=\ -]* &&
        $__karo_guard[meant] != *" " ]] || return 1
      __karo_guard_word=${__karo_guard[meant]%% *} __karo_guard[words]+=" $__karo_guard[meant]"
    done
    # Any tool that is not known only to read may write to a file that matters.
    if (( ! ${+__karo_reads[$__karo_guard_word]} )); then
      [[ $__karo_guard[words] != *(${~__karo_given[own]})* && $PWD/ != */(${~__karo_given[places]})/* ]] || return 1
      if (( ${+__karo_writers[$__karo_guard_word]} )) || [[ $__karo_guard[words] == *" "(${~__karo_given[outputs]})* ]]; then
        [[ $__karo_guard[words] != *(${~__karo_given[system]})* && $PWD/ != (${~__karo_given[roots]})/* ]] || return 1
      fi
    fi
    (( ! ${+functions[$__karo_guard_word]} ))
  }

  # Notes that the word is $1 for the text $2.
  __karo_guard_define() {
    if [[ $2 == "builtin autoload -"* ]] || (( ${#__karo_guard[names]} + $#2 >= __karo_given[most_defined] )); then
      __karo_guard[names]+=unread$'\x1f'$__karo_guard_word$'\x1f\x1e'
    else
      __karo_guard[names]+=$1$'\x1f'$__karo_guard_word$'\x1f'$2$'\x1e' __karo_guard[more]+=" $2"
    fi
  }

  # Sets __karo_guard[names] to what aliases and functions among the words of $1 stand for, and those in their texts.
  # What has no room is there as unread. In a subshell, because functions may have to be loaded to be read.
  __karo_guard_names() {
    __karo_guard[names]= __karo_guard[known]=" " __karo_guard[tries]=0
    __karo_guard[ends]=$'[ \t\n;|&()<>\x60\x27"\\\\$]'
    builtin set -- ${(s: :)${1//${~__karo_guard[ends]}/ }}
    while (( $# )); do
      __karo_guard_word=$1
      builtin shift
      [[ $__karo_guard_word != ([@*]|*[\]\[]*) && $__karo_guard[known] != *" $__karo_guard_word "* ]] || continue
      if (( __karo_guard[tries]++ >= __karo_given[most_words] )); then
        __karo_guard[names]+=unread$'\x1f*\x1f\x1e'
        break
      fi
      __karo_guard[known]+="$__karo_guard_word "
      __karo_guard[more]=
      if (( ${+galiases[$__karo_guard_word]} )); then
        __karo_guard_define global "$galiases[$__karo_guard_word]"
      elif (( ${+aliases[$__karo_guard_word]} )); then
        __karo_guard_define alias "$aliases[$__karo_guard_word]"
      elif [[ $__karo_guard_word == ?*.?* ]] && (( ${+saliases[${__karo_guard_word##*.}]} )); then
        __karo_guard_define alias "$saliases[${__karo_guard_word##*.}] $__karo_guard_word"
      fi
      # A quoted word is no alias, but may be a function; so may a word in the text of an alias of the same name.
      if (( ${+functions[$__karo_guard_word]} )); then
        [[ $functions[$__karo_guard_word] != "builtin autoload -"* ]] ||
          builtin autoload +X -- $__karo_guard_word >/dev/null 2>&1
        __karo_guard_define function "$functions[$__karo_guard_word]"
      fi
      builtin set -- "$@" ${(s: :)${__karo_guard[more]//${~__karo_guard[ends]}/ }}
    done
  }

  # In a subshell: asks the judge in this user's daemon about the line. Sets __karo_guard[answer] to what is to be done, or
  # __karo_guard[slow] where the judge took too long; neither where the program has to be asked.
  __karo_guard_resident() {
    (( EPOCHSECONDS - ${__karo_guard[late]:-0} > __karo_given[resident_rest] )) || return 0
    builtin unsetopt multibyte
    builtin set -- ${__karo_given[resident]}<->-<->(Np)
    (( $# )) || return 0
    __karo_guard_word=${${1%-*}##*-} __karo_guard_rest=${1##*-}
    # The process has the pipe open there: it is alive, and this user's.
    [[ -O $1 && /proc/$__karo_guard_word/fd/$__karo_guard_rest -ef $1 ]] || return 0
    __karo_guard[pipe]=/proc/$__karo_guard_word/fd/$__karo_guard_rest
    # A pipe of this subshell's own, for the answer.
    exec {__karo_guard_fd}< <(:)
    exec {__karo_guard_fd}<>/proc/self/fd/$__karo_guard_fd
    builtin set -- "$__karo_given[resident_version]" "$sysparams[pid]" "$__karo_guard_fd" zsh \
      "${(pj:\x1f:)__karo_ask}" "$#__karo_guard[text]" "$__karo_guard[names]" "$__karo_guard[text]" \
      "KARO_GUARD_PROFILE=${KARO_GUARD_PROFILE-}"
    for __karo_guard_word in ${(k)parameters[(R)*export*]}; do
      [[ $__karo_guard_word == KARO_* || " $__karo_given[resident_variables] " == *" $__karo_guard_word "* ]] || continue
      [[ $__karo_guard_word == KARO_GUARD_PROFILE ]] || builtin set -- "$@" "$__karo_guard_word=${(P)__karo_guard_word}"
    done
    # A judge that hangs may leave no room in its pipe, so another process writes.
    [[ "$*" != *$'\x1d'* ]] || return 0
    # As a parameter, because zsh leaves $'…' as it is written in the replacement of a quoted expansion.
    __karo_guard_word=$'\x1d'
    builtin set -- "${@//$'\n'/$__karo_guard_word}" "$__karo_guard[number]"
    __karo_guard_word="${(pj:\0:)@/#/$__karo_guard[number]=}"$'\0\0'
    (( $#__karo_guard_word < __karo_given[resident_bytes] )) || return 0
    ( builtin syswrite -- "$__karo_guard_word" >|$__karo_guard[pipe] ) &
    if IFS=" " builtin read -r -t $__karo_given[resident_seconds] -u $__karo_guard_fd __karo_guard_word __karo_guard_rest &&
      [[ $__karo_guard_word == "$__karo_guard[number]" ]]; then
      [[ $__karo_guard_rest != "run - "* ]] || __karo_guard[answer]=$__karo_guard_rest
    else
      builtin kill -KILL $!
      __karo_guard[slow]=late
    fi
  } 2>/dev/null

  # Waits so many seconds for the program's word. No success: it said nothing yet, or ended.
  __karo_guard_told() { IFS=" " builtin read -r -t $1 -u $__karo_guard_fd __karo_guard_word __karo_guard_rest }

  # In a subshell: prints what is to be done with the line, and why, in one line; behind "put" a text follows.
  __karo_guard_ask() {
    __karo_guard[asked]= __karo_guard[answer]= __karo_guard[slow]=
    __karo_guard_names "$__karo_guard[text]"
    [[ $histchars[3] == "#" ]] && __karo_guard_has interactivecomments || __karo_guard[names]+=$'literal\x1e'
    __karo_guard_resident
    if [[ -n $__karo_guard[answer] ]]; then
      builtin print -r -- "$__karo_guard[answer]"
      return 0
    fi
    exec {__karo_guard_fd}< <(
      builtin export KARO_LINE="${__karo_guard[text][1,__karo_given[most_asked]]}" KARO_LINE_LENGTH=${#__karo_guard[text]}
      builtin export KARO_LINE_SHELL=$$ KARO_LINE_NAMES="$__karo_guard[names]" KARO_GUARD_PROFILE="${KARO_GUARD_PROFILE-}"
      command "$__karo_ask[@]" 2>/dev/null
    )
    # It hears no Ctrl-C.
    builtin trap "builtin kill -KILL $sysparams[procsubstpid]; builtin exit" INT
    __karo_guard_word=
    # The judge in the daemon had its part of this time.
    if ! __karo_guard_told $__karo_given[silent${__karo_guard[slow]:+_late}] &&
      builtin kill -0 $sysparams[procsubstpid] 2>/dev/null; then
      __karo_guard[slow]+=-said
      builtin print -rn -- $'\n'"$__karo_given[slow]" >/dev/tty
      __karo_guard_told $__karo_given[rest]
    fi
    # The person is asked now, and may take any time.
    if [[ $__karo_guard_word == wait ]]; then
      __karo_guard_word= __karo_guard[asked]=1
      IFS=" " builtin read -r -u $__karo_guard_fd __karo_guard_word __karo_guard_rest
    fi
    case $__karo_guard_word in
    (run|edit|drop|put)
      builtin print -r -- "$__karo_guard_word $__karo_guard_rest $__karo_guard[slow]"
      if [[ $__karo_guard_word == put ]]; then
        IFS= builtin read -r -d "" -u $__karo_guard_fd __karo_guard_rest
        builtin print -rn -- "$__karo_guard_rest"
      fi
      return 0
      ;;
    esac
    builtin kill -KILL $sysparams[procsubstpid] 2>/dev/null
    if [[ -n $__karo_guard[asked] ]]; then
      builtin print -r -- $'\n'"$__karo_given[cut_off]" >/dev/tty
      builtin print -r -- "drop unjudged safe -"
      return 0
    fi
    builtin print -r -- $'\n'"$__karo_given[unanswered]" >/dev/tty
    builtin print -r -- "$__karo_given[verb] unjudged safe -"
  }

  # Notes in the spool what the guard did, $1, and the level it had found, $2; no text.
  __karo_guard_note() {
    [[ ${KARO_PAUSE:-0} == 0 ]] || return 0
    (( __karo_now = EPOCHREALTIME * 1000000 ))
    __karo_write $__karo_now "?" "?" "!$1 $2" 2>/dev/null
  }

  # Notes once a day that the guard looks at the lines of this shell.
  __karo_guard_today() {
    (( __karo_now = EPOCHREALTIME / 86400 ))
    [[ ${__karo_guard[day]-} != $__karo_now ]] || return 0
    __karo_guard[day]=$__karo_now
    __karo_guard_note active safe
  }

  # Instead of the widget $1.
  __karo_guard_widget() {
    __karo_guard_join
    # In a start file that is read again others wrap the guard, and it wraps them; they may have changed the line.
    if (( $funcstack[(I)__karo_guard_widget] > 1 )) && [[ $PREBUFFER$BUFFER == "$__karo_guard[judged]" ]]; then zle .$1; return; fi
    __karo_guard[verb]= __karo_guard[outcome]=- __karo_guard[next]= __karo_gone=
    [[ -n $PREBUFFER ]] || __karo_guard[here]=
    if [[ ${CONTEXT-start} != (start|cont) ]]; then
      # A value is edited (vared), or something is chosen.
      __karo_guard[verb]=run
    elif [[ ${KARO_GUARD_PROFILE-} == off && ! -e $__karo_given[machine] && ! -e $__karo_given[fleet] && ! -e $__karo_given[machine_fleet] ]]; then
      __karo_guard[verb]=run
    elif [[ -n $BUFFER ]]; then
      __karo_guard_today
    fi
    if [[ -n $__karo_guard[verb] ]]; then
      :
    elif [[ -z $PREBUFFER ]]; then
      if [[ -z $BUFFER ]] || __karo_guard_plain "$BUFFER"; then __karo_guard[verb]=run; fi
    elif [[ -n $__karo_guard[here] && ${BUFFER##$'\t'#} != $__karo_guard[here] && $BUFFER != *$'\n'* ]]; then
      # Lines of a here-document run nothing before its end.
      __karo_guard[verb]=run __karo_guard[next]=$__karo_guard[here]
    fi
    if [[ -z $__karo_guard[verb] ]]; then
      # The shell runs the line as history expansion makes it.
      if [[ $BUFFER == *"$histchars[1]"* || $BUFFER == "$histchars[2]"* ]] && __karo_guard_has banghist; then
        __karo_guard[text]=$BUFFER
        zle .expand-history
        if [[ $BUFFER != "$__karo_guard[text]" ]] && __karo_guard_has histverify; then return; fi
      fi
      __karo_guard[text]=$PREBUFFER$BUFFER
      # Zsh marks what was pasted until the next widget, and would draw the line without its mark over the question.
      zle .end-of-line
      CURSOR=$#BUFFER
      zle -R
      # Each subshell would have the same random numbers.
      __karo_guard[number]=$RANDOM$RANDOM$RANDOM
      # A job that ends meanwhile would have zsh draw the line over the question, and take Ctrl-C for itself.
      builtin unsetopt notify
      {
        __karo_guard[answer]=$(__karo_guard_ask; builtin print -n .)
      } always {
        # Ctrl-C gives the line back, to be changed or entered once more.
        if (( TRY_BLOCK_INTERRUPT > 0 )); then TRY_BLOCK_INTERRUPT=0 __karo_guard[answer]="edit - safe - -said"; fi
      }
      __karo_guard[answer]=${__karo_guard[answer]%.}
      builtin set -- "$1" ${(s: :)${__karo_guard[answer]%%$'\n'*}}
      if [[ ${2-} != (run|edit|put|drop) ]]; then
        # The subshell ended before its answer.
        builtin print -r -- $'\n'"$__karo_given[unanswered]" >/dev/tty
        builtin set -- "$1" "$__karo_given[verb]" unjudged safe -
      fi
      __karo_guard[verb]=$2 __karo_guard[outcome]=$3 __karo_guard[next]=${5#-}
      [[ ${6-} != late* ]] || __karo_guard[late]=$EPOCHSECONDS
      [[ $3 == - ]] || __karo_guard_note "$3" "$4"
      # What was said stays on the screen. What goes is not drawn again: the prompt needs its person's options.
      if [[ $2 != drop ]] && [[ $3 != - || ${6-} == *said || -n ${(M)jobstates:#done*} ]]; then zle -I; fi
      # This tells of such a job.
      [[ -z ${(M)jobstates:#done*} ]] || builtin jobs >/dev/null
    fi
    __karo_guard[here]=
    case $__karo_guard[verb] in
    (run)
      __karo_guard[here]=$__karo_guard[next]
      __karo_guard[judged]=$PREBUFFER$BUFFER
      if (( ${+widgets[__karo_guard_own_$1]} && $funcstack[(I)__karo_guard_widget] < 2 )); then zle __karo_guard_own_$1; else zle .$1; fi
      return
      ;;
    (put) __karo_guard[text]=${__karo_guard[answer]#*$'\n'} ;;
    (drop)
      # The line is behind Up, unless the history would not have it.
      [[ $__karo_guard[text] == [[:blank:]]* ]] || { builtin print -rs -- "$__karo_guard[text]"; __karo_gone=x }
      __karo_guard[text]=
      ;;
    esac
    if [[ -n $PREBUFFER ]]; then
      # The lines before are in the shell already: all of them go, and what is to be changed comes back as one text.
      [[ -z $__karo_guard[text] ]] || builtin print -rz -- "$__karo_guard[text]"
      zle .send-break
    elif [[ -z $__karo_guard[text] ]]; then
      # A new prompt, whose Up begins at the newest entry.
      zle .send-break
    else
      BUFFER=$__karo_guard[text]
      CURSOR=$#BUFFER
    fi
  }

  __karo_guard_wrap() {
    for __karo_guard_word in accept-line accept-and-hold accept-line-and-down-history accept-and-infer-next-history; do
      functions[__karo_guard_$__karo_guard_word]="__karo_guard_widget $__karo_guard_word"
      if [[ ${widgets[$__karo_guard_word]-} != user:__karo_guard_* ]]; then
        # A widget that somebody put in its place runs instead.
        [[ ${widgets[$__karo_guard_word]-} != user:* ]] || zle -A $__karo_guard_word __karo_guard_own_$__karo_guard_word
        zle -N $__karo_guard_word __karo_guard_$__karo_guard_word
      fi
    done
  }
  __karo_guard_wrap
  # A line ran that the guard was not called for: something took its place.
  __karo_guard_preexec() {
    [[ -n $__karo_guard[judged] ]] || __karo_guard_wrap
    __karo_guard[judged]=
  }
  # So may the start file.
  __karo_guard_precmd() { [[ -n ${__karo_guard[day]-} ]] || __karo_guard_wrap }
  __karo_guard_join() {
    (( $preexec_functions[(I)__karo_guard_preexec] )) || preexec_functions+=(__karo_guard_preexec)
    (( $precmd_functions[(I)__karo_guard_precmd] )) || precmd_functions+=(__karo_guard_precmd)
  }
  __karo_guard_join
  # In a search of the history these keys would run what is found without the widgets: they end it, and the next Enter
  # runs what was found.
  for __karo_guard_word in '^M' '^J' '^O' '^[a' '^[A'; do builtin bindkey -M isearch $__karo_guard_word accept-search; done
fi
:
