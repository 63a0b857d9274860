# Karo's hook for zsh 5.3 and later. After each command it appends one record to this shell's own file in the
# spool directory: no fork, no wait, no daemon needed. export KARO_PAUSE=1 stops it, unset KARO_PAUSE resumes.
#
# The variables in front of this text are those of karo.bash. All of it is handed to `emulate zsh -c` in one quoted
# string: aliases and options of the person cannot change how it is read, and functions that are defined
# there run with those options, whatever the person sets (zshbuiltins(1)). Restricted shells are left as they are.
#
# Records are those of karo.bash, their text marked "=": as it was typed. Zsh hands the text to preexec whether or not
# the history keeps it, and hands over nothing when there is no history. `exit` and `exec` end the shell before the
# next prompt and leave no record. Why the file is made new and has random bits in its name: see karo.bash.
if [[ -o interactive && ! -o restricted && ${(t)precmd_functions}${(t)preexec_functions} != *readonly* ]] &&
  [[ -r /proc/sys/kernel/random/uuid ]] &&
  builtin zmodload zsh/datetime zsh/system 2>/dev/null &&
  builtin zmodload -F zsh/files b:zf_chmod 2>/dev/null; then

  # All state is in one associative array, which is never exported; what must be a variable of its own is beside it.
  # Functions have no variables, because the person may have made one of that name read-only.
  builtin typeset -gA __karo
  builtin typeset -gi __karo_now
  builtin typeset -g __karo_fd
  if [[ $__karo[dir] != "$__karo_spool" ]]; then
    (( __karo_now = EPOCHREALTIME * 1000000 ))
    builtin read -r __karo_fd </proc/sys/kernel/random/uuid
    __karo=(dir "$__karo_spool" id "$EUID-$$-$__karo_now-${__karo_fd//-}" file "" seq 0 begun 0 cwd "" text "" paused "")
    __karo_fd=
  fi
  __karo[ignore]=$__karo_ignore

  # Runs between Enter and the command. $1 is what was typed, empty when there is no history.
  __karo_preexec() {
    __karo[text]=$1 __karo[cwd]=$PWD
    (( __karo[begun] = __karo_now = EPOCHREALTIME * 1000000 ))
  }

  # Sets __karo_fd to a descriptor on this shell's own file, or to nothing; no command inherits it.
  __karo_open() {
    # A descriptor that is not on our file any more, while the file is there, is somebody else's by now.
    [[ -z $__karo_fd || -e $__karo[file] && ! /dev/fd/$__karo_fd -ef $__karo[file] ]] || exec {__karo_fd}>&-
    __karo_fd=
    [[ -d $__karo[dir] && -w $__karo[dir] ]] || return 0
    __karo[file]=$__karo[dir]/$__karo[id].spool
    # Given a name, zsh chooses a number that no other descriptor has.
    if [[ -e $__karo[file] || -L $__karo[file] ]]; then
      # The hook writes to no file that somebody else has put in its place, and to no link or pipe.
      [[ -f $__karo[file] && -O $__karo[file] ]] || return 0
      builtin sysopen -a -w -o cloexec,nofollow -u __karo_fd $__karo[file] || return 0
    else
      builtin sysopen -a -w -m 600 -o creat,excl,cloexec,nofollow -u __karo_fd $__karo[file] || return 0
    fi
    if [[ ! -f /dev/fd/$__karo_fd || ! -O /dev/fd/$__karo_fd ]]; then
      exec {__karo_fd}>&-
      __karo_fd=
      return 0
    fi
    # A directory of one's own is private; a shared one (setgid) lets the daemon's group read. Whatever the umask.
    if [[ -O $__karo[dir] ]]; then builtin zf_chmod 600 $__karo[file]; else builtin zf_chmod 640 $__karo[file]; fi
  }

  # Writes a record: $1 its start, $2 the directory, $3 the exit code, $4 the text.
  __karo_write() {
    # By a number that no record has, the daemon learns that a record was lost.
    (( ++__karo[seq] ))
    [[ -n $__karo_fd && /dev/fd/$__karo_fd -ef $__karo[file] ]] || __karo_open 2>/dev/null
    [[ -n $__karo_fd ]] || return 0
    builtin set -- "" "" 1 "$__karo[id]" "$__karo[seq]" "$1" "$__karo_now" zsh "$2" "$3" "$4" . ""
    # SIGXFSZ, for a write beyond ulimit -f, must not end the shell.
    builtin trap "" XFSZ
    builtin syswrite -o $__karo_fd "${(pj:\0:)@}" || __karo_open 2>/dev/null
  }

  # Runs before the prompt. Zsh itself gives $? and $_ back to what comes after.
  __karo_precmd() {
    builtin set -- $? "${__karo[cwd]:-?}" "=${__karo[text]//$'\0'}"
    (( __karo_now = EPOCHREALTIME * 1000000 ))
    if [[ ${KARO_PAUSE:-0} != 0 ]]; then
      __karo[text]=
      # A note is written once instead: without a note the daemon would take this for a hook that fails.
      [[ -z $__karo[paused] && -n $__karo_fd && /dev/fd/$__karo_fd -ef $__karo[file] ]] || return 0
      builtin set -- "?" "?" "!paused"
      __karo[paused]=x __karo[begun]=$__karo_now
    else
      __karo[paused]=
      # Nothing ran, or the person does not want recorded what ran.
      if [[ -z $__karo[text] || $__karo[text] == ([[:space:]]*|"karo history delete "*|${~__karo[ignore]}) ]]; then
        __karo[text]=
        return 0
      fi
    fi
    __karo_write "$__karo[begun]" "$2" "$1" "$3"
    __karo[text]=
  }

  # Before each line, too: these lists may be set anew.
  __karo_join() {
    # The first one, so that the time of other prompt tools is not counted as the command's.
    (( $precmd_functions[(I)__karo_precmd] )) || {
      __karo[text]=
      precmd_functions=(__karo_precmd $precmd_functions)
    }
    (( $preexec_functions[(I)__karo_preexec] )) || preexec_functions+=(__karo_preexec)
  }
  __karo_join
  [[ ${(t)zshaddhistory_functions} == *readonly* || -n $zshaddhistory_functions[(r)__karo_join] ]] || zshaddhistory_functions+=(__karo_join)
  # The file is made before the first command: by it the daemon knows which shells there are.
  [[ -n $__karo_fd || ${KARO_PAUSE:-0} != 0 ]] || __karo_open 2>/dev/null
elif [[ -o interactive && ! -o restricted && -z $precmd_functions[(r)__karo_precmd] ]]; then
  builtin print -ru2 'karo: neither records nor guards this zsh: it lacks modules or /proc, or precmd_functions or preexec_functions is read-only'
fi
builtin unset __karo_spool __karo_ignore
