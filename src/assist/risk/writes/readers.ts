// Tells tools that only read their files, or that write only at the positions of tools.ts.

import { isProven } from '../carriers/proof.ts'
import { INTERPRETERS, interpreterName, SHELLS, wrapperOf } from '../carriers/wrappers.ts'
import { formsOf } from '../forms.ts'
import { type Options, verb } from '../line/options.ts'
import { names } from '../lookup.ts'
import { type Arg, type Args, type SimpleCommand, said, says } from '../model.ts'
import { unpacks } from './option-values.ts'
import { inputCode, runsCode } from './positions.ts'
import { EDITORS, isDriven } from './scripts.ts'
import { ONLY_READ, SHOWS } from './tools.ts'

/** Other tools that write only at their write positions, or that rules, wrappers and carriers already cover. */
const READERS = names(`
  . source export declare typeset local readonly unalias vdir mapfile readarray hash jobs wait kill
  pgrep ps setopt shopt string math count contains batcat delta difft icdiff gojq jaq locate plocate md5 shasum lsof fuser tokei
  cloc scc zless pg yamllint jsonlint taplo shellcheck bashate visidata cursor-agent gsort shuf scp cp install mv ar arj
  cpio pax dd gpg age openssl pandoc pv basenc msgfmt xmllint xsltproc split csplit tcpdump nmap make cmake ninja qrencode m4
  convert magick dot systemctl journalctl loginctl dpkg-query rpm apt-cache
`)

/** Commands that write something, if at all, only at their write positions. */
const READS = formsOf(
  `
  git .
  git add|annotate|blame|branch|cat-file|check-attr|check-ignore|clone|commit|describe|diff|diff-files|diff-index|diff-tree|fetch|
  fsck|grep|hash-object|help|log|ls-files|ls-remote|ls-tree|merge-base|name-rev|notes|push|range-diff|reflog|remote|rev-list|
  rev-parse|shortlog|show|show-ref|stage|status|tag|var|version|whatchanged
  tar|gtar|bsdtar !--remove-files !~unpacks
  7z|7za l|t|a
  rar l*|t*|v*|a*
  find|gfind ~searches
  bwrap !--bind*|--dev-bind*
  ruff !format !--fix*
  crontab -l
  zstd !--rm
  rsync !--remove-source-files
  zip !-m|--move
  proot !-b|--bind
  fd|fdfind !-x|-X|--exec|--exec-batch
  unzip -l|-p|-t|-v|-Z
  gzip|xz -c|-k|-l|-t|--stdout|--keep|--list|--test|--to-stdout
  bzip2 -c|-k|-t|--stdout|--keep|--test
  chmod --help
  sed|gsed !-i|--in-place
  yq|jaq !-i|--inplace|--in-place
  xmlstarlet !-L|--inplace
  prettier !-w|--write
  biome !--fix|--apply|--apply-unsafe|-w|--write
  eslint !--fix
  `,
  { unpacks: (_arg, { args }) => unpacks(args), searches: (_arg, command) => searches(command) },
)

/** Whether the command writes nothing but its write positions. A tool without a description may write. */
export function onlyReads(
  command: SimpleCommand,
  options: Options,
  isOwn: (text: string) => boolean,
): boolean {
  const { name, args, scope } = command
  // A function or alias of this line is judged by its body.
  if (command.isOwn === true) return true
  if (name === '') return command.known
  if (name === 'docker' || name === 'podman') return mounts(command, isOwn)
  if (READS.has(name)) return READS.hits(command, options).length > 0
  if (EDITORS.has(name)) return scope.caller !== 'tool' && !isDriven(command)
  if (runsCode(name)) return codeReads(command, options, isOwn)
  if (SHELLS.has(name)) return shellReads(args, isOwn)
  // The command inside a wrapper is judged by itself; here only the directory in which it runs matters.
  if (wrapperOf(name) !== undefined)
    return !args.some(
      (arg, i) => MOVES.test(arg.text) && isOwn(`${arg.text.replace(MOVES, '')} ${args[i + 1]?.text ?? ''}`),
    )
  return ONLY_READ.has(name) || SHOWS.has(name) || READERS.has(name) || CARRIES.has(name)
}

/** Options by which a wrapper runs its command in another directory. */
const MOVES = /^(?:-[CD]|--(?:chdir|working-directory|wd|wdns)=?|-pWorkingDirectory=|WorkingDirectory=)/

/** Tools that only run other commands, which are judged by themselves. */
const CARRIES = names(
  'xargs parallel kubectl oc nerdctl docker-compose lxc incus tmux at batch npx bunx screen crontab',
)

/** Whether a program in the line plainly reads. A script that is only named may do anything, so it does not count. */
function codeReads(command: SimpleCommand, options: Options, isOwn: (text: string) => boolean): boolean {
  const given = [...command.args, ...inputCode(command)].filter((arg) => isOwn(arg.text))
  if (says(command, /^(?:-[a-zA-Z]*i|--in-?place)/)) return false
  const isText = ({ text }: Arg) => /[\s(){};"']/.test(text)
  if (
    /^python/.test(command.name) &&
    /^-m (?:json\.tool|tomllib|tokenize|ast) \S+$/.test(given.length === 1 ? said(command) : '')
  )
    return true
  // If a guard's file is an operand, the program reads it, so the program has to be one that plainly reads.
  const programs = given.every(isText)
    ? given
    : [
        ...command.args.filter((arg) => isText(arg) || (isAwk(command.name) && arg === options.operands[0])),
        ...inputCode(command),
      ]
  // `go run x.go FILE` hands the file to a program whose code is not on the line.
  if (command.name === 'go' && verb(options) === 'run' && programs.length === 0) return false
  return programs.length === 0
    ? isMake(command.name)
    : programs.every((arg) => isProven(arg.text, languageOf(command.name)))
}

const languageOf = (name: string): string =>
  isAwk(name) ? 'awk' : (INTERPRETERS.of(interpreterName(name) ?? '')?.language ?? 'other')
const isAwk = (name: string): boolean => /^(?:[gmn]|original-)?awk$/.test(name)
const isMake = (name: string): boolean => name === 'make' || name === 'gmake' || name === 'go'

/**
 * Whether no script gets the file: the file may be the script itself, but what a script does with an operand is
 * unknown.
 */
function shellReads(args: Args, isOwn: (text: string) => boolean): boolean {
  if (says({ args }, /^-[a-zA-Z]*c/)) return true
  const script = args.findIndex((arg) => !/^[-+]/.test(arg.text))
  return !args.slice(script + 1).some((arg) => isOwn(arg.text))
}

/** Whether a search runs only tools that read. What it runs on each file is also judged by rules of words. */
export function searches({ args }: Pick<SimpleCommand, 'args'>): boolean {
  return args.every(({ text }, i) => {
    if (text === '-delete') return false
    if (!/^-(?:exec|execdir|ok|okdir)$/.test(text)) return true
    return ONLY_READ.has(args[i + 1]?.text ?? '')
  })
}

/** Whether a container gets no file of the guard, or only read-only. */
function mounts({ args }: SimpleCommand, isOwn: (text: string) => boolean): boolean {
  return args.every(({ text }, i) => {
    const option = /^-(?:v|-volume|-mount|-device)/
    const mounted = option.test(text) || option.test(args[i - 1]?.text ?? '')
    return !mounted || !isOwn(text) || /:ro(?:,|$)|\breadonly\b|,ro(?:,|$)/.test(text)
  })
}
