# Karo's hook for dash. After each command it appends one record to this shell's own file in the spool directory:
# no fork, no wait, no daemon needed. export KARO_PAUSE=1 stops it, unset KARO_PAUSE resumes.
# It must be the last thing that a start file does: from here on dash reads what is typed through it.
#
# `karo shell init sh` prints in front of this text the variable __karo_spool, the spool directory, and the function
# __karo_ignored, which says whether the command $1 is not recorded. Other shells that read this, and a dash that is not
# interactive, are left as they are. Sourcing the hook again is harmless. docs/decisions/dash-reads-through-the-hook.md
# says why it is made as it is, and what it changes.
#
# Records are those of karo.bash, their text marked "=": as it was typed. The clock has steps of 10 ms. `exit` and
# `exec` end the shell before the next prompt and leave no record. Why the files are made new and have random bits in
# their names: see karo.bash.
case $-:${BASH_VERSION-}${ZSH_VERSION-}${KSH_VERSION-} in
*i*:) __karo_kind=$(\command readlink "/proc/$$/exe") ;;
*) __karo_kind= ;;
esac
# Under set -a, a dash that this one starts may inherit these variables.
if [ "${__karo_kind##*/}" = dash ] && [ "${__karo_pid-}" != "$$" ] && [ -r /proc/sys/kernel/random/uuid ]; then
  __karo_pid=$$ __karo_dir=$__karo_spool __karo_seq=0 __karo_base=0 __karo_seen=
  __karo_text= __karo_code=0 __karo_out=0 __karo_last= __karo_run= __karo_int= __karo_x= __karo_over= __karo_paused=

  # Sets __karo_now from the only clock that dash can read without a fork; it counts from boot, in hundredths of a second.
  __karo_clock() {
    IFS='. ' \read -r __karo_now __karo_line __karo_rest </proc/uptime
    __karo_now=$((__karo_base + __karo_now * 1000000 + (1$__karo_line - 100) * 10000))
  }
  # What that clock counts from, once: where date was kept waiting it is asked again, and the shortest wait counts.
  for __karo_turn in 1 2 3; do
    __karo_clock
    __karo_wait=$__karo_now
    __karo_date=$(\command date +%s%N)
    __karo_clock
    __karo_wait=$((__karo_now - __karo_wait))
    if [ "$__karo_turn" = 1 ] || [ "$__karo_wait" -lt "$__karo_least" ]; then
      __karo_least=$__karo_wait __karo_since=$((__karo_date / 1000 - __karo_now + __karo_wait / 2))
    fi
    if [ "$__karo_wait" -le 20000 ]; then break; fi
  done
  __karo_base=$__karo_since
  IFS=- \read -r __karo_a __karo_b __karo_c __karo_d __karo_e </proc/sys/kernel/random/uuid
  __karo_id=$(\command id -u)-$$-$((__karo_base + __karo_now))-$__karo_a$__karo_b$__karo_c$__karo_d$__karo_e
  \unset __karo_turn __karo_wait __karo_date __karo_least __karo_since __karo_a __karo_b __karo_c __karo_d __karo_e
  __karo_file=$__karo_dir/$__karo_id

  # Makes $1, a file of this shell's own: private in a directory of one's own; a shared one (setgid) lets the daemon's
  # group read. It is made new: what somebody else has put in its place fails, and so do a link and a pipe.
  __karo_create() {
    if [ -e "$1" ] || [ -L "$1" ]; then \return 1; fi
    while IFS=' 	' \read -r __karo_line __karo_rest; do
      if [ "$__karo_line" = Umask: ]; then break; fi
    done </proc/self/status
    if [ -O "$__karo_dir" ]; then \umask 077; else \umask 027; fi
    case $- in
    *C*) \command : >"$1" ;;
    *)
      \set -C
      \command : >"$1"
      \set +C
      ;;
    esac
    \umask "$__karo_rest"
    [ -f "$1" ] && [ -O "$1" ]
  }

  # Appends the command as one record.
  __karo_record() {
    if [ "${KARO_PAUSE:-0}" = 0 ]; then
      __karo_paused=
      # A line about what is to be nowhere any more is left out too.
      case $__karo_text in '' | [[:space:]]* | 'karo history delete '*) \return 0 ;; esac
      if __karo_ignored "$__karo_text"; then \return 0; fi
      \set -- "${__karo_cwd:-?}" "$__karo_code" "=$__karo_text"
    else
      # A note is written once instead: without a note the daemon would take this for a hook that fails.
      [ -z "$__karo_paused" ] && [ -e "$__karo_file.spool" ] || \return 0
      __karo_paused=x __karo_begun=$__karo_now
      \set -- '?' '?' '!paused'
    fi
    # By a number that no record has, the daemon learns that a record was lost.
    __karo_seq=$((__karo_seq + 1))
    [ -d "$__karo_dir" ] && [ -w "$__karo_dir" ] || \return 0
    [ -O "$__karo_file.spool" ] || __karo_create "$__karo_file.spool" || \return 0
    # SIGXFSZ, for a write beyond ulimit -f, must not end the shell.
    \trap '' XFSZ
    \command printf '\0\0001\0%s\0%s\0%s\0%s\0sh\0%s\0%s\0%s\0.\0' "$__karo_id" "$__karo_seq" "$__karo_begun" \
      "$__karo_now" "$@" >>"$__karo_file.spool"
    \trap - XFSZ
  }

  # Prints $1, a prompt, expanded as dash does.
  __karo_prompt() {
    __karo_line=
    \command eval "while IFS= \read -r __karo_rest || [ \"\$__karo_rest\" ]; do
      \command printf '%s%s' \"\$__karo_line\" \"\$__karo_rest\"
      __karo_line='
'
    done >&2 <<__KARO_PROMPT
$1
__KARO_PROMPT"
  }

  # Prints what dash says of jobs before a prompt: each job that has changed, once.
  __karo_jobs() {
    if ! \jobs -p %% >/dev/null 2>&1 || ! [ -d "$__karo_dir" ] || ! [ -w "$__karo_dir" ]; then
      __karo_seen=
      \return 0
    fi
    [ -O "$__karo_file.text" ] || __karo_create "$__karo_file.text" || \return 0
    \jobs >|"$__karo_file.text"
    __karo_rest=
    while IFS= \read -r __karo_line; do
      case $__karo_line in *' Running '*) continue ;; esac
      case $__karo_seen in *"$__karo_line"*) ;; *) \command printf '%s\n' "$__karo_line" >&2 ;; esac
      __karo_rest=$__karo_rest$__karo_line
    done <"$__karo_file.text"
    __karo_seen=$__karo_rest
  }

  # Sets $? to $1, and $_ to $2.
  __karo_status() { \return "$1"; }

  # Reads a whole command, of one or more lines, into __karo_text, which stays empty when there is nothing to run.
  __karo_read() {
    __karo_text=
    __karo_prompt "${PS1-}"
    while :; do
      __karo_int=
      if IFS= \read -r __karo_line; then
        __karo_text=${__karo_text:+$__karo_text
}$__karo_line
      elif [ "$__karo_int" ]; then
        __karo_text= __karo_code=130
        \echo >&2
        \return 0
      else
        __karo_text= __karo_over=x
        \return 0
      fi
      [ "$__karo_text" ] || \return 0
      # As the body of a function, dash parses the text and does not run it.
      if \command eval "__karo_look() {
:
$__karo_text
}" 2>/dev/null; then \return 0; fi
      case $(\command eval "__karo_look() {
:
$__karo_text" 2>&1) in
      *' end of file unexpected'* | *': Unterminated quoted'* | *': EOF in '* | *': Missing '*) __karo_prompt "${PS2-}" ;;
      *)
        # The text is no command: dash prints what is wrong with it.
        \command eval "$__karo_text" || __karo_code=$?
        __karo_text=
        \return 0
        ;;
      esac
    done
  }

  # The file is made before the first command: by it the daemon knows which shells there are.
  { [ "${KARO_PAUSE:-0}" = 0 ] && [ -d "$__karo_dir" ] && [ -w "$__karo_dir" ] && __karo_create "$__karo_file.spool"; } 2>/dev/null || :

  # Dash would go on with the rest of the line after a trap, so an error of its own ends it instead.
  \trap '__karo_int=x; if [ "$__karo_run" ]; then { : "${__karo_never?}"; } 2>/dev/null; fi' INT
  while [ -z "$__karo_over" ]; do
    # A typed "break" or "continue" applies to this inner loop.
    while :; do
      if [ "$__karo_run" ]; then
        __karo_run= __karo_code=${__karo_code:-0}
        __karo_clock
        __karo_record 2>/dev/null || :
      fi
      __karo_jobs || :
      __karo_read || :
      if [ "$__karo_over" ]; then break; fi
      if [ -z "$__karo_text" ]; then continue; fi
      __karo_clock
      __karo_begun=$__karo_now __karo_cwd=${PWD-} __karo_out=$__karo_code __karo_code= __karo_int= __karo_run=x
      # Under set -e, an exit code given back here would end the shell, which it did not do before.
      case $- in *e*) __karo_out=0 ;; esac
      \command eval "{ $__karo_x __karo_status \"\$__karo_out\" \"\$__karo_last\"; } 2>/dev/null; $__karo_text
{ __karo_code=\$? __karo_last=\$_; } 2>/dev/null"
      { __karo_out=$?; case $- in *x*) __karo_x='set -x;'; set +x ;; *) __karo_x= ;; esac; } 2>/dev/null
      if [ "$__karo_int" ]; then
        __karo_code=130
        \echo >&2
      fi
      __karo_code=${__karo_code:-$__karo_out}
    done
  done
  # Reading has failed. Either the input has ended, and dash finds that out itself; or the person has set a trap for
  # Ctrl-C. The only way to know is to send the signal.
  __karo_int=
  \kill -s INT "$$"
  if [ "$__karo_int" ]; then
    \trap - INT
    case $- in *I*) ;; *) if [ -t 0 ]; then \echo >&2; \exit "$__karo_code"; fi ;; esac
  fi
  __karo_status "$__karo_code"
fi
