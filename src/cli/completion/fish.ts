// The completion script for fish: words with their descriptions, live ones from `karo __complete`.
import { quoteFish } from '../../base/quote.ts'
import { offerText } from './bash.ts'
import type { PlaceSpec, Word } from './spec.ts'

/** One function that prints by place; a place without any has no case. */
function byPlace(name: string, cases: readonly (readonly [place: string, prints: string])[]): string {
  const lines = cases.map(([place, prints]) => `        case ${quoteFish(place)}\n            ${prints}`)
  return `function ${name}\n    switch "$argv"\n${lines.join('\n')}\n    end\nend\n`
}

export function fishScript(places: readonly PlaceSpec[]): string {
  const print = (words: readonly Word[]): string =>
    `string collect -- ${words.map(({ word, about }) => quoteFish(about === '' ? word : `${word}\t${about}`)).join(' ')}`
  const subcommands = places.flatMap(({ path, subcommands }) =>
    subcommands.length === 0 ? [] : [[path, print(subcommands)] as const],
  )
  const options = places.map(
    ({ path, options }) => [path, print(options.map(({ flag, about }) => ({ word: flag, about })))] as const,
  )
  const offers = places.flatMap(({ path, options, args, variadic }) => {
    const last = args.at(-1)
    return [
      ...options.flatMap(({ flag, value }) => (value ? [[`${path} ${flag}`, value] as const] : [])),
      ...args.map((value, i) => [`${path} ${i + 1}`, value] as const),
      ...(variadic && last !== undefined ? [[`${path} *`, last] as const] : []),
    ].map(([place, value]) =>
      value.kind === 'words'
        ? ([place, print(value.words)] as const)
        : ([place, `echo ${quoteFish(offerText(value))}`] as const),
    )
  })
  return `# fish completion of karo. To load it:  karo completion fish | source

${byPlace('__karo_subcommands', subcommands)}
${byPlace('__karo_options', options)}
${byPlace('__karo_offers', offers)}${MACHINE}`
}

const MACHINE = String.raw`
# Prints what an offer stands for; $argv: the typed part, the home, the offer's lines.
function __karo_offered
    set -l typed $argv[1]
    set -l home $argv[2]
    switch "$argv[3]"
        case -
        case @file
            __fish_complete_path $typed
        case @directory
            __fish_complete_directories $typed ''
        case '@*'
            set -l options
            test -n "$home"; and set options --home (string replace -r '^~/' $HOME/ -- $home)
            command karo __complete (string sub -s 2 -- $argv[3]) "$typed" $options 2>/dev/null </dev/null
        case '*'
            string collect -- $argv[3..]
    end
end

function __karo_complete
    set -l current (commandline -ct)
    set -l tokens (commandline -opc)
    set -l path
    set -l home ''
    set -l want ''
    set -l only ''
    set -l help ''
    set -l count 0
    for token in $tokens[2..]
        if test -n "$want"
            test "$want" = --home; and set home $token
            set want ''
        else if test -n "$only"
            set count (math $count + 1)
        else if test "x$token" = x--
            set only 1
        else if string match -q -- '--home=*' $token
            set home (string replace -- --home= '' $token)
        else if string match -q -- '-*=*' $token
        else if string match -q -- '-?*' $token
            # What has something to offer after it takes a value.
            set -l offers (__karo_offers "$path $token")
            and set -q offers[1]; and set want $token
        else if test "x$token" = xhelp -a -z "$path" -a -z "$help"
            set help 1
        else if test $count -eq 0; and contains -- $token (__karo_subcommands "$path" | string replace -r '\t.*' '')
            set path (string join ' ' $path $token)
        else
            set count (math $count + 1)
        end
    end
    # Quotes that were opened are fish's to close.
    set -l typed (string trim -l -c '"\'' -- $current)
    if test -n "$help"
        __karo_subcommands "$path"
        test -z "$path"; and __karo_subcommands help
    else if test -n "$want"
        __karo_offered "$typed" "$home" (__karo_offers "$path $want")
    else if test -z "$only"; and string match -q -- '--*=*' $current
        set -l flag (string replace -r '=.*' '' -- $current)
        set -l rest (string replace -r '^[^=]*=' '' -- $current)
        __karo_offered "$rest" "$home" (__karo_offers "$path $flag") | string replace -r '^' -- "$flag="
    else if test -z "$only"; and string match -q -- '-*' $current
        __karo_options "$path"
    else
        test $count -eq 0 -a -z "$only"; and __karo_subcommands "$path"
        set -l offers (__karo_offers "$path "(math $count + 1))
        set -q offers[1]; or set offers (__karo_offers "$path *")
        __karo_offered "$typed" "$home" $offers
    end
end

complete -c karo -f -a '(__karo_complete)'
`
