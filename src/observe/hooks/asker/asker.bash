# Karo's answer on Alt-K in bash: the words on the line become a command, which is not run. On an empty line it says what went
# wrong with the last command, and puts the next line there.
#
# `karo shell init bash --ask-key` prints the arrays __karo_asker and __karo_fixer, the programs that answer, in front of this text. The
# program gets the line in its environment, because arguments of a process are everybody's to read. It prints the
# command; what has to be filled in stands in braces, and the cursor goes to the first. All else
# it prints at the terminal. In vi mode there is no key, because there Alt-K is Esc and k.
if [[ $- == *i* && $SHELLOPTS =~ (^|:)(emacs|vi)(:|$) && -z ${BLE_VERSION-} ]]; then
  __karo_answered() {
    KARO_LINE=${READLINE_LINE:0:1000} builtin command "${__karo_asker[@]}"
  }
  # $1 is the exit code of the last command.
  __karo_fixed() {
    local _karo_failed
    # fc would take the newest entry for itself.
    _karo_failed=`HISTTIMEFORMAT= builtin history 1` _karo_failed=${_karo_failed#*[0-9][ *] }
    KARO_LINE=${_karo_failed:0:4000} KARO_EXIT=$1 builtin command "${__karo_fixer[@]}"
  }
  # $1 is $_, which ends as it was, and $2 the exit code of the last command.
  __karo_answer() {
    local _karo_found _karo_before
    if [[ $READLINE_LINE ]]; then _karo_found=`__karo_answered`; else _karo_found=`__karo_fixed "$2"`; fi
    if [[ $_karo_found ]]; then
      _karo_before=${_karo_found%%\{[A-Z]*}
      READLINE_LINE=$_karo_found READLINE_POINT=${#_karo_before}
    fi
  }
  builtin bind -m emacs -x '"\ek": __karo_answer "$_" "$?" || : "$_"'
fi
