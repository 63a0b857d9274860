// The completion script for zsh with its completion system: words with their descriptions, live ones from `karo __complete`.
import { quoteShell } from '../../base/quote.ts'
import type { Offer, PlaceSpec, Word } from './spec.ts'

/** `word:description`; a plain word has no colon of its own. */
const described = ({ word, about }: Word): string => quoteShell(about === '' ? word : `${word}:${about}`)

function offer(value: Offer): string {
  if (value.kind === 'words') return `words=(${value.words.map(described).join(' ')})`
  if (value.kind === 'live') return `live=${value.what}`
  return value.kind === 'nothing' ? ':' : `paths=${value.kind}`
}

export function zshScript(places: readonly PlaceSpec[]): string {
  const at = places.map(
    ({ path, subcommands, options, args, variadic }) => `    (${quoteShell(path)})
      subs=(${subcommands.map(described).join(' ')})
      options=(${options.map(({ flag, about }) => described({ word: flag, about })).join(' ')})
      valued=(${options.flatMap(({ flag, value }) => (value ? [flag] : [])).join(' ')})
      most=${args.length} more=${variadic ? 1 : 0} ;;`,
  )
  const values = places.flatMap(({ path, options, args }) => [
    ...options.flatMap(({ flag, value }) =>
      value ? [`    (${quoteShell(`${path} ${flag}`)}) ${offer(value)} ;;`] : [],
    ),
    ...args.map((value, i) => `    (${quoteShell(`${path} ${i + 1}`)}) ${offer(value)} ;;`),
  ])
  return `#compdef karo
# zsh completion of karo. To load it, after compinit:  eval "$(karo completion zsh)"

_karo_at() {
  case $1 in
${at.join('\n')}
  esac
}

_karo_offer() {
  local live='' paths='' typed line
  local -a words values shown
  case "$1 $2" in
${values.join('\n')}
  esac
${MACHINE}`
}

/** § stands for the dollar of an expansion in braces. */
const MACHINE = String.raw`  if [[ -n $paths ]]; then
    if [[ $paths == directory ]]; then _files -/; else _files; fi
  elif [[ -n $live ]]; then
    [[ $home == '~/'* ]] && home=$HOME/§{home#'~/'}
    typed=§{(Q)PREFIX}
    for line in "§{(@f)$(command karo __complete $live "$typed" §{home:+--home} §{home:+"$home"} 2>/dev/null </dev/null)}"; do
      [[ -n $line ]] || continue
      values+=("§{line%%$'\t'*}")
      shown+=("§{line/$'\t'/  -- }")
    done
    # Given by the names of arrays: nothing in them is taken for an option, and zsh quotes what it inserts.
    (( $#values )) && compadd -l -d shown -a values
  elif (( $#words )); then
    _describe -t values value words
  fi
}

_karo() {
  local word karo_path='' home='' want='' only='' help=''
  local -a subs options valued names
  local -i most more count=0 i
  _karo_at ''
  for ((i = 2; i < CURRENT; i++)); do
    word=§{(Q)words[i]}
    if [[ -n $want ]]; then
      [[ $want == --home ]] && home=$word
      want=''
    elif [[ -n $only ]]; then
      ((count++))
    elif [[ $word == -- ]]; then
      only=1 subs=()
    elif [[ $word == --home=* ]]; then
      home=§{(Q)words[i]#*=}
    elif [[ $word == -*=* ]]; then
      :
    elif [[ $word == -?* ]]; then
      (( §{valued[(Ie)$word]} )) && want=$word
    elif [[ $word == help && -z $karo_path && -z $help ]]; then
      help=1
    elif names=(§{subs%%:*}) && (( §{names[(Ie)$word]} )); then
      karo_path=§{karo_path:+$karo_path }$word
      _karo_at "$karo_path"
    else
      ((count++))
      subs=()
    fi
  done
  if [[ -n $help ]]; then
    if [[ -z $karo_path ]]; then names=("§{subs[@]}"); _karo_at help; subs+=("§{names[@]}"); fi
    _describe -t commands 'karo command' subs
  elif [[ -n $want ]]; then
    _karo_offer "$karo_path" $want
  elif [[ -z $only && $PREFIX == --*=* ]]; then
    word=§{PREFIX%%=*}
    compset -P 1 '*='
    _karo_offer "$karo_path" $word
  elif [[ -z $only && $PREFIX == -* ]]; then
    _describe -o -t options option options
  else
    (( $#subs )) && _describe -t commands 'karo command' subs
    (( more && count >= most )) && count=$((most - 1))
    _karo_offer "$karo_path" $((count + 1))
  fi
}

if [[ $funcstack[1] == _karo ]]; then
  _karo "$@"
elif (( $+functions[compdef] )); then
  compdef _karo karo
fi
`.replaceAll('§', '$')
