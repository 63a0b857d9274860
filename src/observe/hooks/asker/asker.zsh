# Karo's answer on Alt-K in zsh: the words on the line become a command, which is not run; on an empty line, the next line after
# a command that failed.
#
# `karo shell init zsh --ask-key` prints the arrays __karo_asker and __karo_fixer in front of this text: see asker.bash. As in karo.zsh,
# all of it is handed to `emulate zsh -c`, and functions have no variables.
if [[ -o interactive && -o zle ]] && builtin zmodload zsh/zle 2>/dev/null; then
  builtin typeset -g __karo_answered
  __karo_answer() {
    # The exit code of the last command.
    builtin set -- $?
    # What the program says stands above the prompt, which comes anew below.
    builtin zle -I
    if [[ -n $BUFFER ]]; then
      __karo_answered=$(KARO_LINE=${BUFFER[1,1000]} builtin command "$__karo_asker[@]" </dev/tty)
    else
      __karo_answered=$(KARO_LINE=${${history[$(( HISTCMD - 1 ))]}[1,4000]} KARO_EXIT=$1 builtin command "$__karo_fixer[@]" </dev/tty)
    fi
    if [[ -n $__karo_answered ]]; then
      BUFFER=$__karo_answered
      CURSOR=${#${__karo_answered%%\{[A-Z]*}}
    fi
    __karo_answered=
  }
  builtin zle -N __karo_answer
  builtin bindkey -M emacs '^[k' __karo_answer
fi
:
