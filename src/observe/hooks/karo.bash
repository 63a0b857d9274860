# Karo's hook for bash 5.1 and later. After each command it appends one record to this shell's own file in the
# spool directory: no fork, no wait, no daemon needed. export KARO_PAUSE=1 stops it, unset KARO_PAUSE resumes.
#
# `karo shell init bash` prints two variables in front of this text: __karo_spool, the spool directory, and
# __karo_ignore, patterns of commands that are not recorded, joined by "|". Restricted shells are left as they are.
#
# A record is two NULs, then NUL-terminated: version, session, sequence, start and end in microseconds, shell, working
# directory when the command began, exit code, text, a dot. "?" stands for what is not known. The first character of
# the text says how it is written: "-" as `fc -l` prints one entry of the history, "_" the same in POSIX mode,
# "+" several entries. The text "!paused" is no command: until the next record the person wants nothing recorded.
# `exit` and `exec` end the shell before the next prompt and leave no record.
#
# The name of the file ends in 122 random bits, which bash reads without a fork. Whoever could guess it
# could make the file first, where fs.protected_regular is 0, and read what is typed. So the hook makes its files new,
# writes only to its person's, and does nothing without the random bits.
if [[ $- == *i* && $- != *k* ]] && ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) && shopt -q promptvars &&
  ! shopt -q restricted_shell && [[ ${PROMPT_COMMAND[@]@a} != *r* && ${PS0[@]@a} != *r* && -r /proc/sys/kernel/random/uuid ]]; then

  # All state is in arrays, which are never exported, not even under set -a. What each prompt needs is in arrays of one
  # element, twice as fast as members of an associative array.
  if [[ ${__karo[@]@a} != *A* || ${__karo[dir]} != "$__karo_spool" || -z ${__karo_runs-} ]]; then
    # An earlier hook of this shell.
    [[ ${__karo[@]@a} != *A* || -z ${__karo[ps0]-} ]] || PS0=${PS0//"${__karo[ps0]}"}
    unset -v __karo
    declare -gA __karo=([dir]=$__karo_spool [text]= [said]= [paused]= [want]= [mark]= [ignore]=)
    declare -ga __karo_id=("") __karo_on=(x) __karo_fd=("") __karo_file=("") __karo_seq=(0) __karo_begun=(0) __karo_runs=(0) \
      __karo_at=(0) __karo_base=(0) __karo_first=(0) __karo_last=(0) __karo_arg=("") __karo_parts=("") __karo_cwd=("${PWD-}") \
      __karo_mode=("") __karo_gone=("") __karo_plain=("") __karo_call=('__karo_prompt "$?" "$_" "${#PIPESTATUS[@]}"')
    IFS= builtin read -r __karo_id </proc/sys/kernel/random/uuid || :
    __karo_id=$EUID-$$-${EPOCHREALTIME/[^0-9]}-${__karo_id//-}
    # PS0 runs between Enter and the command. It notes the time and the number that the history has reached, and
    # expands to nothing. It has no "!", which POSIX mode would replace by a history number.
    __karo[ps0]='${__karo_on:__karo_begun=${EPOCHREALTIME/[^0-9]}+0,__karo_runs+=1,__karo_at=HISTCMD,1:0}'
    # SIGXFSZ, for a write beyond ulimit -f, must not end the shell. What is ignored would be ignored in every command; a trap
    # that does nothing is the shell's alone. Around each write it would cost a tenth of the hook; set once, it gives way to its person's.
    builtin trap : XFSZ
  fi
  [[ ${__karo[ignore]} == "$__karo_ignore" ]] || __karo[ignore]=$__karo_ignore __karo_mode=

  # Writes a record that is no command.
  __karo_note() {
    ((++__karo_seq))
    [[ -z $__karo_fd ]] || builtin printf '\0\0001\0%s\0%s\0%s\0%s\0bash\0?\0?\0!%s\0.\0' \
      "$__karo_id" "$__karo_seq" "${EPOCHREALTIME/[^0-9]}" "${EPOCHREALTIME/[^0-9]}" "$1" >&"$__karo_fd"
  }

  # What the shell's settings, together $1, mean for the next records.
  __karo_settings() {
    __karo_mode=$1 __karo_plain=0 __karo[want]=${__karo[ignore]:+x} __karo[mark]=-
    [[ -o posix ]] && __karo[mark]=_
    # The text is needed here to keep out a line with a leading space, and to see a new command under erasedups.
    [[ :${HISTCONTROL-}: == *:ignore@(space|both):* && $HISTCONTROL != *erasedups* ]] || __karo[want]=x
    if [[ -o history && ${KARO_PAUSE:-0} == 0 ]]; then
      __karo[paused]=
      [[ ${__karo[mark]}${__karo[want]} == - ]] && __karo_plain=1
    elif [[ -z ${__karo[paused]-} && $__karo_fd && -e $__karo_file ]]; then
      # Without this note the daemon would take it for a hook that fails.
      __karo[paused]=x
      __karo_note paused
    fi
  }

  # Makes sure of $1, a file of this shell's own, with umask $2. It is made new: what somebody else has put in its
  # place fails, and so do a link and a pipe.
  __karo_make() {
    local _karo_key= _karo_value= _karo_mask=
    if [[ ! -e $1 && ! -L $1 ]]; then
      while IFS=$' \t' builtin read -r _karo_key _karo_value; do
        [[ $_karo_key == Umask: ]] && _karo_mask=$_karo_value && break
      done </proc/self/status
      [[ $_karo_mask ]] || return 1
      builtin umask "$2"
      if [[ -o noclobber ]]; then
        : >"$1"
      else
        builtin set -C
        : >"$1"
        builtin set +C
      fi
      builtin umask "$_karo_mask"
    fi
    [[ -f $1 && -O $1 && ! -L $1 ]]
  }

  # Sets __karo_fd to a descriptor on this shell's own file, or to nothing.
  __karo_open() {
    local _karo_fd _karo_mask=027
    for _karo_fd in "$__karo_fd" "${__karo[text]}"; do [[ -z $_karo_fd ]] || builtin eval "\exec $_karo_fd>&-"; done
    __karo_fd= __karo[text]=
    [[ -d ${__karo[dir]} && -w ${__karo[dir]} ]] || return 0
    __karo_file=${__karo[dir]}/$__karo_id.spool
    # A directory of one's own is private; a shared one (setgid) lets the daemon's group read.
    [[ ! -O ${__karo[dir]} ]] || _karo_mask=077
    __karo_make "$__karo_file" "$_karo_mask" || return 0
    # A number that people rarely take.
    for ((_karo_fd = 83; _karo_fd < 98; ++_karo_fd)); do [[ -e /dev/fd/$_karo_fd ]] || break; done
    # Not builtin exec: that would close it again.
    builtin eval "\exec $_karo_fd>>\"\$__karo_file\"" || return 0
    if [[ -f /dev/fd/$_karo_fd && -O /dev/fd/$_karo_fd ]]; then __karo_fd=$_karo_fd; else builtin eval "\exec $_karo_fd>&-"; fi
  }

  __karo_forget() {
    builtin eval "\exec ${__karo[text]}<&-"
    __karo[text]=
  }

  # Reads entries $1 to $2 of the history into _karo_text, without a fork: through a file of this shell's own.
  __karo_read() {
    local _karo_fd=${__karo[text]}
    if [[ -z $_karo_fd ]]; then
      for ((_karo_fd = 98; _karo_fd < 113; ++_karo_fd)); do [[ -e /dev/fd/$_karo_fd ]] || break; done
      __karo_make "${__karo_file%spool}text" 077 && : >|"${__karo_file%spool}text" || return 1
      builtin eval "\exec $_karo_fd<\"\${__karo_file%spool}text\"" && __karo[text]=$_karo_fd || return 1
    fi
    if ! builtin fc -ln "-$((HISTCMD - $1))" "-$((HISTCMD - $2))" >>"${__karo_file%spool}text"; then
      # What a full disk took of it is no beginning of the next one.
      __karo_forget
      return 1
    fi
    IFS= builtin read -r -d '' -u "$_karo_fd" _karo_text
    __karo[said]=$_karo_text
  }

  # Appends entries $1 to $2 of the history as one record: $3 start, $4 end, $5 exit code.
  __karo_write() {
    if [[ ${__karo[want]} && $_karo_fd ]]; then
      __karo_read "$1" "$2" || { ((++__karo_seq)) && return 0; }
      if [[ ${__karo[mark]} == _ ]]; then _karo_line=${_karo_text:1}; else _karo_line=${_karo_text:2}; fi
      _karo_line=${_karo_line%$'\n'}
      # A line about what is to be nowhere any more is left out too. Where bash does not look at the text, which would
      # double the cost, the daemon blanks that line out.
      if [[ $_karo_line == [[:blank:]]* || $_karo_line == 'karo history delete '* || $_karo_line == @(${__karo[ignore]}) ]]; then
        __karo_forget
        : >|"${__karo_file%spool}text"
        return 0
      fi
    fi
    # By a number that no record has, the daemon learns that a record was lost.
    ((++__karo_seq))
    [[ $_karo_fd ]] || return 0
    _karo_mark=${__karo[mark]}
    (($1 == $2)) || _karo_mark=+
    {
      builtin printf '\0\0001\0%s\0%s\0%s\0%s\0bash\0%s\0%s\0%s' \
        "$__karo_id" "$__karo_seq" "$3" "$4" "${__karo_cwd:-?}" "$5" "$_karo_mark"
      if [[ ${__karo[want]} ]]; then
        builtin printf '%s' "$_karo_text"
      else
        builtin fc -ln "-$((HISTCMD - $1))" "-$((HISTCMD - $2))"
      fi
      builtin printf '\0.\0'
    } >&"$_karo_fd"
  }

  # What ran since the last prompt: $1 its exit code, $2 its last argument, $3 the parts of its pipeline.
  __karo_command() {
    local _karo_end=${EPOCHREALTIME/[^0-9]} _karo_first=$((__karo_at - 1)) _karo_last _karo_fd _karo_text= _karo_line= _karo_mark=
    # A command that took itself out of the history is not recorded.
    ((_karo_last = _karo_first, _karo_first > 0 && HISTCMD > _karo_first)) && [[ -o history && ${KARO_PAUSE:-0} == 0 ]] || return 0
    [[ $__karo_fd && -e $__karo_file ]] || __karo_open
    _karo_fd=$__karo_fd
    if ((_karo_last > __karo_base)); then
      if [[ $BASHOPTS != *cmdhist* ]]; then
        # Each line of a command is an entry.
        _karo_first=$__karo_base
      else
        # Several commands pasted at once ran without a prompt between them; how they ended is not known.
        ((_karo_first -= __karo_runs - 1, _karo_first = _karo_first < __karo_base ? __karo_base : _karo_first))
        for (( ; _karo_first < _karo_last; ++_karo_first)); do
          __karo_write "$_karo_first" "$_karo_first" $((__karo_begun - _karo_last + _karo_first)) '?' '?'
        done
      fi
    elif ((_karo_last == __karo_base - 1)); then
      [[ ${__karo[want]} && $_karo_fd ]] && _karo_line=${__karo[said]} && { __karo_read "$_karo_last" "$_karo_last" || return 0; }
      if [[ -z $_karo_line || $_karo_text == "$_karo_line" ]]; then
        # An unchanged history: a repeat under ignoredups, or a line kept out of it. The same last argument and
        # length of pipeline as after the command before say repeat; its public text is recorded again.
        # At first the newest entry is an earlier shell's.
        ((__karo_last || _karo_fd == 0)) || { __karo_read "$_karo_last" "$_karo_last" &&
          __karo_first=$_karo_last __karo_last=$_karo_last __karo_parts=1 __karo_arg=${_karo_text##*[[:blank:]]}; }
        [[ $_karo_last == "$__karo_last" && $2 == "${__karo_arg%$'\n'}" && $3 == "$__karo_parts" ]] || return 0
        _karo_first=$__karo_first
      fi
    fi
    __karo_first=$_karo_first __karo_last=$_karo_last __karo_arg=$2 __karo_parts=$3
    __karo_write "$_karo_first" "$_karo_last" "$__karo_begun" "$_karo_end" "$1"
  }

  # Puts the hook into PS0 and first into PROMPT_COMMAND again: behind another tool, $_ is that tool's. Bash-preexec and ble.sh want to be first themselves.
  __karo_lead() {
    local _karo_each _karo_rest=()
    if [[ ${PS0-} != *__karo* ]]; then
      PS0=${PS0-}${__karo[ps0]}
      builtin export -n PS0
    fi
    [[ -z ${bash_preexec_imported-}${__bp_imported-}${BLE_VERSION-} ]] || return 0
    [[ ${PROMPT_COMMAND-} != __karo_prompt* ]] || return 0
    for _karo_each in "${PROMPT_COMMAND[@]}"; do _karo_rest+=("${_karo_each//"$__karo_call"/:}"); done
    # In one member with what was given last, which the next text replaces.
    PROMPT_COMMAND=("$__karo_call${_karo_rest:+$'\n'$_karo_rest}" "${_karo_rest[@]:1}")
  }

  # First in PROMPT_COMMAND. Hands $? on to what others have appended to the same string, except where a command
  # that fails would end the shell or set off a trap for nothing.
  __karo_prompt() {
    {
      # The common case, one new line of history: function calls would double its cost.
      if [[ $SHELLOPTS,${HISTCONTROL-},${KARO_PAUSE-} == "$__karo_mode" && $__karo_fd && -e $__karo_file ]] &&
        ((__karo_plain && __karo_runs == 1 && __karo_at == HISTCMD && __karo_base + 1 == HISTCMD &&
          (__karo_runs = 0, __karo_first = __karo_last = __karo_base++, ++__karo_seq))); then
        {
          builtin printf '\0\0001\0%s\0%s\0%s\0%s\0bash\0%s\0%s\0-' "$__karo_id" "$__karo_seq" \
            "$__karo_begun" "${EPOCHREALTIME/[^0-9]}" "${__karo_cwd:-?}" "$1" && builtin fc -ln -1 &&
            builtin printf '\0.\0'
        } >&"$__karo_fd" || :
        __karo_arg=$2 __karo_parts=$3 __karo_cwd=${PWD-}
      else
        if ((__karo_runs)); then
          [[ $SHELLOPTS,${HISTCONTROL-},${KARO_PAUSE-} == "$__karo_mode" ]] ||
            __karo_settings "$SHELLOPTS,${HISTCONTROL-},${KARO_PAUSE-}" || :
          # Behind || set -e ends no shell.
          __karo_command "$@" || :
        fi
        ((__karo_runs = 0, __karo_base = HISTCMD))
        __karo_cwd=${PWD-}
      fi
      [[ ${PS0-} == *__karo* ]] || __karo_lead
      if (($1)) && [[ ${PROMPT_COMMAND-} == "$__karo_call" || $- == *e* ]]; then set -- 0; fi
    } 2>&-
    return "$1"
  }

  [[ ${PROMPT_COMMAND[*]-} == *__karo_prompt* ]] ||
    PROMPT_COMMAND=("$__karo_call" ${PROMPT_COMMAND[*]:+"${PROMPT_COMMAND[@]}"})
  # Last, because others reload the history in between, and a text that is given to PROMPT_COMMAND later replaces only its first member.
  # bash-preexec and ble.sh want to be last themselves.
  if [[ -z ${bash_preexec_imported-}${__bp_imported-}${BLE_VERSION-} && ${PROMPT_COMMAND[*]-} != *__karo_lead* ]]; then
    PROMPT_COMMAND+=('[[ ${PROMPT_COMMAND-} == __karo_prompt* ]] || __karo_lead; __karo_base=$HISTCMD')
  fi
  if [[ ${PS0-} != *__karo* ]]; then
    PS0=${PS0-}${__karo[ps0]}
    export -n PS0
  fi
  # The file is made before the first command: by it the daemon knows which shells there are.
  [[ $__karo_fd || ${KARO_PAUSE:-0} != 0 ]] || { __karo_open; } 2>&- || :
elif [[ $- == *i* && ${PROMPT_COMMAND[*]-} != *__karo_prompt* ]] && ! shopt -q restricted_shell; then
  builtin printf 'karo: neither records nor guards this bash: it is older than 5.1, lacks promptvars or /proc, has set -k, or PROMPT_COMMAND or PS0 is read-only\n' >&2
fi
unset -v __karo_spool __karo_ignore
