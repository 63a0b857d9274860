# A stand-in for prompt tools that hook bash with a DEBUG trap, such as bash-preexec: it does what they do to the shell.
# It prints "<text>" before each command and "[code]" after it, and waits for the first prompt before it takes over.
bash_preexec_imported=stand-in
stand_in_ready=

stand_in_preexec() {
  local code=$? text
  # Only the first simple command of a line, and none of a prompt or of completion.
  [[ $stand_in_ready && ! ${COMP_LINE-} && ! ${READLINE_LINE+x} ]] || return "$code"
  [[ $BASH_COMMAND == stand_in_* ]] && return "$code"
  stand_in_ready=
  text=$(LC_ALL=C HISTTIMEFORMAT='' builtin history 1)
  builtin printf '<%s>\n' "${text#*[0-9][* ] }"
  return "$code"
}

stand_in_precmd() {
  local code=$?
  builtin printf '[%s]\n' "$code"
  return "$code"
}

stand_in_interactive() { stand_in_ready=x; }

stand_in_install() {
  local others=${PROMPT_COMMAND[0]//stand_in_install/:}
  # Lines that begin with a blank are kept, because their text is read from the history.
  HISTCONTROL=${HISTCONTROL//ignorespace/}
  HISTCONTROL=${HISTCONTROL/ignoreboth/ignoredups}
  builtin trap 'stand_in_preexec "$_"' DEBUG
  # The first of them is rewritten, the others stay, and one is added behind.
  PROMPT_COMMAND[0]=stand_in_precmd$'\n'$others
  PROMPT_COMMAND+=(stand_in_interactive)
  stand_in_ready=x
}

PROMPT_COMMAND=${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}stand_in_install
