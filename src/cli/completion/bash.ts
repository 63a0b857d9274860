// The completion script for bash 4.0 and later: static words without a fork, live ones from `karo __complete`.
import type { Offer, PlaceSpec } from './spec.ts'

/**
 * Offers as the script reads them: `word|word`, `@node`, `@file`, or `-` for nothing. All words are plain, and all of
 * it stands in single quotes.
 */
export function offerText(offer: Offer): string {
  if (offer.kind === 'words') return offer.words.map(({ word }) => word).join('|')
  if (offer.kind === 'live') return `@${offer.what}`
  return offer.kind === 'nothing' ? '-' : `@${offer.kind}`
}

export function bashScript(places: readonly PlaceSpec[]): string {
  const at = places.map(({ path, subcommands, options, args, variadic }) => {
    const flags = options.map(({ flag, value }) => (value === undefined ? flag : `${flag}=`)).join(' ')
    const subs = subcommands.map(({ word }) => word).join(' ')
    return `    '${path}') subs='${subs}' options='${flags}' args='${args.map(offerText).join(' ')}' more=${variadic ? 1 : ''} ;;`
  })
  const values = places.flatMap(({ path, options }) =>
    options.flatMap(({ flag, value }) =>
      value ? [`    '${path} ${flag}') offer='${offerText(value)}' ;;`] : [],
    ),
  )
  return `# bash completion of karo. To load it:  eval "$(karo completion bash)"

_karo_at() {
  case $1 in
${at.join('\n')}
  esac
}

_karo_value() {
  case "$1 $2" in
${values.join('\n')}
    *) offer=- ;;
  esac
}
${MACHINE}`
}

/** No text that was typed is ever evaluated. § stands for the dollar of an expansion in braces. */
const MACHINE = String.raw`
# The word without its quotes, in plain; fails where only running it could tell what it is.
_karo_plain() {
  local text=$1 i c quote= tick=$'\x60' quotes=$'\x22\x27'
  plain=
  [[ $text == '~/'* ]] && plain=$HOME text=§{text:1}
  for ((i = 0; i < §{#text}; i++)); do
    c=§{text:i:1}
    if [[ $quote == "'" ]]; then
      if [[ $c == "'" ]]; then quote=; else plain+=$c; fi
    elif [[ $c == '$' && $i -lt §{#text}-1 || $c == "$tick" ]]; then
      return 1
    elif [[ $c == '\' ]]; then
      ((i++))
      [[ $quote && §{text:i:1} != [\"\\$tick\$] ]] && plain+=$c
      plain+=§{text:i:1}
    elif [[ $c == "$quote" ]]; then
      quote=
    elif [[ ! $quote && $c == [$quotes] ]]; then
      quote=$c
    else
      plain+=$c
    fi
  done
}

_karo_offer() {
  local word line plain
  local -a words=() live=()
  case $1 in
    '' | -) return ;;
    @file) compopt -o default; return ;;
    @directory) compopt -o dirnames; return ;;
    @*)
      _karo_plain "$home" || return
      [[ $plain ]] && live=(--home "$plain")
      _karo_plain "$cur" || return
      while IFS= read -r line; do words+=("§{line%%$'\t'*}"); done \
        < <(command karo __complete "§{1#@}" "$plain" "§{live[@]}" 2>/dev/null </dev/null)
      ;;
    *)
      _karo_plain "$cur" || return
      IFS='|' read -r -a words <<<"$1"
      ;;
  esac
  for word in "§{words[@]}"; do
    [[ $word == "$plain"* ]] && _karo_reply "$word"
  done
}

# Quoted as what was typed is. readline replaces what stands after an opened quote, and closes it.
_karo_reply() {
  local word=$1 tick=$'\x60' one=\' two='"'
  if [[ $cur == \'* ]]; then
    word=§{word//$one/$one\\$one$one}
  elif [[ $cur == \"* ]]; then
    word=§{word//\\/\\\\}
    word=§{word//$two/\\$two}
    word=§{word//\$/\\\$}
    word=§{word//$tick/\\$tick}
    # No backslash keeps this one from the history.
    word=§{word//!/$two$one!$one$two}
  elif [[ $cur == *[\"\']* ]]; then
    return
  else
    # Of what is split at colons, only what stands after the last one is replaced.
    [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && word=§{word#"§{plain%"§{plain##*:}"}"}
    [[ $word == *[!A-Za-z0-9_.,:@%+=-]* ]] && printf -v word %q "$word"
  fi
  COMPREPLY+=("$before$word")
}

_karo_words() {
  local word plain
  _karo_plain "$cur" || return
  for word in $1; do
    word=§{word%=}
    [[ $word == "$plain"* ]] && COMPREPLY+=("$word")
  done
}

_karo() {
  local IFS=$' \t\n' cur= before= word plain subs options args more offer path= home= want= only= help= glue=
  local i count=0 last=-1
  local -a given=()
  COMPREPLY=()
  # readline takes = and : for ends of words.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=§{COMP_WORDS[i]}
    if [[ $glue || $last -ge 0 && $word == [:=]* ]]; then
      given[last]+=$word
      if [[ $word == [:=]* ]]; then glue=1; else glue=; fi
    else
      given[++last]=$word
    fi
  done
  cur=§{given[last]}
  _karo_at ''
  for ((i = 0; i < last; i++)); do
    word=§{given[i]}
    _karo_plain "$word" && word=$plain
    if [[ $want ]]; then
      [[ $want == --home ]] && home=§{given[i]}
      want=
    elif [[ $only ]]; then
      ((count++))
    elif [[ $word == -- ]]; then
      only=1 subs=
    elif [[ $word == --home=* ]]; then
      home=§{given[i]#*=}
    elif [[ $word == -*=* ]]; then
      :
    elif [[ $word == -?* ]]; then
      [[ " $options " == *" $word= "* ]] && want=$word
    elif [[ $word == help && ! $path && ! $help ]]; then
      help=1
    elif [[ $word && " $subs " == *" $word "* ]]; then
      path=§{path:+$path }$word
      _karo_at "$path"
    else
      ((count++))
      subs=
    fi
  done
  if [[ $help ]]; then
    _karo_words "$subs"
    [[ $path ]] || _karo_at help
    [[ $path ]] || _karo_words "$subs"
  elif [[ $want ]]; then
    _karo_value "$path" "$want"
    _karo_offer "$offer"
  elif [[ ! $only && $cur == --*=* ]]; then
    _karo_value "$path" "§{cur%%=*}"
    [[ $COMP_WORDBREAKS == *=* ]] || before=§{cur%%=*}=
    cur=§{cur#*=}
    _karo_offer "$offer"
  elif [[ ! $only && $cur == -* ]]; then
    _karo_words "$options"
  else
    _karo_words "$subs"
    args=($args)
    [[ $more ]] && ((count >= §{#args[@]})) && count=$((§{#args[@]} - 1))
    _karo_offer "§{args[count]}"
  fi
}

complete -F _karo karo
`.replaceAll('§', '$')
