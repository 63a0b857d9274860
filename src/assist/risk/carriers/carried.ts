// Finds commands in the words, environment or input of tools without a carrier; such a tool may run them, unless listed
// as inert.

import { spend } from '../limits.ts'
import type { Frame, Walk } from '../line/frame.ts'
import { names, words } from '../lookup.ts'
import { type Arg, type Args, baseName, placeIn, type SimpleCommand, type Span } from '../model.ts'
import { ONLY_READ, SHOWS } from '../writes/tools.ts'
import { contentOf } from '../writes/written.ts'
import { SHELLS } from './wrappers.ts'

/** Other tools that only show, search, send or store their words, texts and input, and so run none of them. */
const SAYS = names(`
  say pcregrep ugrep sed gsed yq xq fx dasel patch touch expr unset fc whence where whatis apropos tldr cheat help git wall write
  zenity yad kdialog whiptail dialog figlet toilet banner cowsay lolcat espeak sendmail msmtp http https xh httpie clip.exe llm
  ollama sgpt aichat chatgpt function shift todo jrnl nb vimdiff code subl open xdg-open date cal seq
`)
export const INERT = {
  has: (name: string): boolean => SAYS.has(name) || SHOWS.has(name) || ONLY_READ.has(name),
}

/** Managers among whose words `rm` may be a name or a verb. */
const NAMING = `
  apt apt-get aptitude dpkg dnf yum zypper pacman yay paru apk brew port snap flatpak npm pnpm yarn bun pip pip3 pipx poetry cargo
  rustup gem bundle composer conda mamba go nix nix-env guix emerge hg svn stow ip virsh update-alternatives minikube vagrant lxc
  incus terraform tofu gcloud az aws
`
/** Package managers, whose `remove` another command undoes, and tools that reset themselves as a matter of course. */
export const MANAGERS = names(`
  ${NAMING}
  uv xbps-remove asdf mise nvm fnm sdk code jj chezmoi vim-plug tput stty clear reset nmcli tc iptables ip6tables nft ufw xrandr
  adb VBoxManage supervisorctl pm2 update-rc.d apt-key add-apt-repository dotnet swift rails molecule kitchen ollama
  ansible-galaxy kind k3d multipass pulumi
`)
/** Tools with complete rules of their own; among their words `rm` may be a name or a verb as well. */
export const RULED = `
  cp mv install ln chmod chown chgrp rm rmdir unlink shred tar zip unzip 7z rsync scp sftp kill killall pkill pgrep kubectl oc
  docker podman nerdctl docker-compose helm tmux export local declare typeset readonly make gmake systemctl service journalctl
`
/** Tools whose operands are files, packages, units or verbs; there `rm` may be a name or a verb. */
const NAMES_THINGS = names(`
  ${NAMING} ${RULED}
  gsutil s3cmd mc rclone doctl hcloud linode-cli fly flyctl heroku apt-cache rpm xbps-install vi vim nvim view nano emacs ed micro
  hx kak hash unhash enable disable command-not-found ninja invoke fab gradle ant mvn sbt bazel task dvc ipfs bw op pass zfs zpool
  btrfs lvm pidof ps for in case rake
`)

/**
 * Tools that destroy what they are given, and launchers of other tools. Such a name among words may begin a command.
 */
export const CARRIED = words(
  `rm rmdir unlink shred wipe srm dd truncate find mv cp chmod chown chgrp rsync wipefs blkdiscard sgdisk mkfs mkfs.ext4 mkfs.xfs env sudo doas
  nice nohup timeout setsid xargs sh bash dash zsh ksh fish busybox toybox`,
)
const CARRIED_SET = new Set(CARRIED)

const ANY = CARRIED.map((name) => name.replaceAll('.', '\\.')).join('|')
/** Whether a line of plain words may hold a command behind its tool. */
export const CARRIES_WORDS = new RegExp(`[ /=](?:${ANY}) `)
/** Place in a text of any language at which a command with at least one argument may begin. */
const BEGINS = new RegExp(
  `(?<![\\w.-])(?:/?(?:[\\w.-]+/){0,4})(?:${ANY}|python3?|perl|ruby|node|php|curl|wget|eval|exec|git|crontab|mkfs\\.\\w+)(?=\\s+\\S|["'],?\\s|\\\\_)`,
  'g',
)
const NAMED = new RegExp(
  `(?<=[^\\w.-])(?:${ANY}|python|perl|ruby|node|php|curl|wget|eval|exec|git|crontab|mkfs)(?![\\w-])`,
)
/** Characters by which a line may spell a name that cannot be seen in it. */
const SPELLS = /[\\`$]|''|""|\w["']\w/
/**
 * Whether the line may hold a command beside the one it begins with. A quick look that spares most lines the search.
 */
export const mayCarry = (line: string): boolean => NAMED.test(line) || SPELLS.test(line)

/** Text in front of a command that makes it mere output: `echo`, a message, perhaps an opening quote. */
const SAID =
  /\b(?:echo|printf|print|println|puts|log|say|warn|info|debug|error|message|comment|grep)\b[\s(]*f?["']?(?![^"'`;&|\n$]*(?:qx|%x)\W$)[^"'`;&|\n%$]*$/i
/** Options whose name says that the value is a command, even of tools that treat other words as data. */
const RUNS_VALUE =
  /^--?[\w-]*(?:cmd|command|exec|hook|filter|pager|editor|prog|rsh|ssh|shell|askpass|-pack|script|preview|browser|html|opener|config)[\w-]*(?:=|$)|^--?(?:pre|post|run|call|smtp-server|setup)(?:=|$)/
/** Verbs behind which a tool of many verbs takes a command. */
const RUNS_REST = names('exec execute run ssh rsh debug shell unshare foreach alias codespace cs')
/** Code that pipes a text into a shell, so that even printed text may be run. */
const PIPES_TO_SHELL = /\|&?\s*["']?(?:\/\S*\/)?(?:ba|z|da|k)?sh\b/

/** Texts of one command that are searched. */
const MAX_TEXTS = 24
/** Commands that are judged in one text. */
const MAX_PLACES = 6
/** UTF-16 units; a longer text is not searched. */
const MAX_TEXT = 4_000

/** The commands that a text may hold, each from its name to the end of its quote or bracket. */
function commandsIn(text: string): readonly string[] {
  if (text.length > MAX_TEXT) return []
  // ["rm", "-rf", "/"] and rm\_-rf are words of a command too.
  const words = text.replace(/["']\s*,\s*\[?\s*["']/g, ' ').replaceAll('\\_', ' ')
  const out: string[] = []
  const shell = PIPES_TO_SHELL.test(words)
  for (const match of words.matchAll(BEGINS)) {
    if (out.length >= MAX_PLACES) break
    if (
      !shell &&
      !/^q[qwx]?\//.test(match[0]) &&
      SAID.test(words.slice(Math.max(0, match.index - 200), match.index))
    )
      continue
    // In Perl's qx/…/ the slash is a delimiter, not a directory.
    const at = match.index + (/^q[qwx]?\//.exec(match[0])?.[0].length ?? 0)
    const text = words.slice(at)
    // One character may stand between the quote and the command: '|command', "!command".
    const quote = /(["'`])\W?$/.exec(words.slice(Math.max(0, at - 2), at))?.[1] ?? ''
    const whole =
      at > match.index ? text.slice(0, Math.max(text.lastIndexOf('/'), 0)) : upToItsEnd(text, quote)
    // A key binding ends the command with the return key: \n, ^M.
    out.push(whole.replace(/(?:\\[nr]|\^[MJ])+$/, ''))
  }
  return out
}

const CLOSES: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** The text up to the first closing bracket that it did not open, or up to the quote that stands before it. */
function upToItsEnd(text: string, before: string): string {
  const open: string[] = []
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '\\') {
      if (text[i + 1] === before) return text.slice(0, i)
      i++
    } else if (/["'`/|]/.test(before) && char === before && before !== '/' && before !== '|')
      return text.slice(0, i)
    else if (CLOSES[char] !== undefined) open.push(CLOSES[char])
    else if (/[)\]}]/.test(char) && open.pop() !== char) return text.slice(0, i)
  }
  return text
}

/** Judges a script or a command without reporting what is found. */
export interface Trial {
  script(text: string, span: Span): void
  words(words: Args): void
}

/**
 * Reports a command in the tool's words, environment or input that alone would not be safe. `understood`: the way
 * in which the tool runs commands was followed, so its other words need no search.
 */
export function noteCarried(
  walk: Walk,
  command: SimpleCommand,
  frame: Frame,
  understood: boolean,
  makeTrial: () => Trial,
): void {
  const { name, args, assignments, input } = command
  const { trials } = walk.findings
  if (!walk.mayCarry || command.isOwn || trials?.isQuiet() !== true) return
  const trial = makeTrial()
  const judged = (span: Span, run: () => void): boolean => {
    const level = spend(walk.budget, 'tries') ? trials.levelOf(run) : 'safe'
    if (level === 'safe') return false
    const isLess = level === 'moderate'
    walk.findings.fact(isLess ? 'carried-loss' : 'carried-command', span)
    // A worse one may follow.
    return !isLess
  }
  const inText = (text: string, span: Span): boolean =>
    commandsIn(text).some((script) => judged(span, () => trial.script(script, span)))
  for (const { value } of assignments) if (value.text.includes(' ') && inText(value.text, value.span)) return
  if (frame.trying === true) return
  for (let i = 0; i < args.length; i++) {
    const value = commandValue(args, i)
    if (value !== undefined && inText(textOf(value), value.span)) return
  }
  const verb = args.findIndex((arg, i) => i < MAX_VERBS && RUNS_REST.has(arg.text))
  if (INERT.has(name) && (verb < 0 || name === 'git')) return
  if (!understood) {
    for (const arg of args.slice(0, MAX_TEXTS)) {
      const text = textOf(arg)
      if (/[\s,]|\\_/.test(text) && inText(text, arg.span)) return
      const content =
        arg.output ??
        (command.scope.written?.size
          ? contentOf(arg.text.replace(/^--?[\w-]+=/, ''), command.scope)
          : undefined)
      if (content?.text !== undefined && inText(content.text, arg.span)) return
    }
    const text = input.text ?? input.partial
    if (text !== undefined && text !== '' && inText(text, command.span)) return
  }
  if (understood || SHELLS.has(name)) return
  const dashes = placeIn(args, /^--$/)
  const from = NAMES_THINGS.has(name) ? Math.max(verb, dashes) : 0
  if (from < 0) return
  for (let i = from; i < args.length && i < MAX_TEXTS; i++) {
    const arg = args[i]!
    const rest = args.slice(i + 1)
    const word = arg.text.slice(arg.text.indexOf('=') + 1)
    const called = baseName(word)
    if (!CARRIED_SET.has(called) || rest.length === 0) continue
    // `atuin init bash --disable-up-arrow` names a shell.
    if (SHELLS.has(called) && rest.every(({ text }) => text[0] === '-')) continue
    if (judged(arg.span, () => trial.words([{ ...arg, text: word }, ...rest]))) return
  }
}

/** Number of first words among which the verb of a tool may be. */
const MAX_VERBS = 3

/** The value of the option at index `i`, if its name says that it is a command. */
function commandValue(args: Args, i: number): Arg | undefined {
  const arg = args[i]!
  // The shortest such options are --ssh and -exec.
  if (arg.text.length < 5 || !RUNS_VALUE.test(arg.text)) return undefined
  const equals = arg.text.indexOf('=')
  return equals < 0 ? args[i + 1] : { ...arg, text: arg.text.slice(equals + 1) }
}

/**
 * The word as a text. A value may be joined to one or two option letters, `-Crm -rf x`; then it is added without them.
 */
function textOf({ text }: Arg): string {
  return /^-[A-Za-z]{1,2}(?=[a-z/!][\w/]* )/.test(text)
    ? `${text} ; ${text.slice(2)} ; ${text.slice(3)}`
    : text
}
