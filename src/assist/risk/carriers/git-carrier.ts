// Commands that git runs from its options, settings, aliases and remotes. Its configuration is the machine's; the judgement reads no file.

import { quoteShell } from '../../../base/quote.ts'
import { readOptions, verb as verbOf } from '../line/options.ts'
import { isUnresolved, resolvePath } from '../line/paths.ts'
import { names } from '../lookup.ts'
import { type Arg, type Args, type SimpleCommand, taintOf } from '../model.ts'
import { commandLayer as command, type InnerScript, joined, type Layer, NOTHING } from './layers.ts'

/** Settings whose value git runs, as `-c key=value` or `config key value`. */
export const RUNS_VALUE =
  /^(?:core\.(?:pager|editor|sshcommand|askpass|fsmonitor|gitproxy)|sequence\.editor|pager\..+|diff\.external|interactive\.difffilter|uploadpack\.packobjectshook|(?:diff|merge|filter|difftool|mergetool|browser|man|tar|trailer|hook|sendemail)(?:\..+)?\.(?:\w*command|textconv|driver|clean|smudge|process|\w*cmd|path)|gpg\.(?:.+\.)?(?:program|defaultkeycommand)|remote\..+\.(?:uploadpack|receivepack|vcs))$/i
/** Git's own program unless it is a path or starts with `!`. */
const HELPER = /^credential\.(?:.+\.)?helper$/i

/** Options whose value git runs, here or on the other machine. */
const GIT_OPTIONS =
  /^--(?:exec|upload-pack|receive-pack|extcmd|open-files-in-pager|access-hook|to-cmd|cc-cmd|header-cmd|smtp-server|setup|\w+(?:-\w+)?-filter)(?:=([\s\S]+))?$/
/** Short options whose value git runs, by verb. */
const GIT_LETTERS: Readonly<Record<string, RegExp>> = {
  rebase: /^-[a-z]*x([\s\S]*)$/,
  difftool: /^-[a-z]*x([\s\S]*)$/,
  clone: /^-u([\s\S]*)$/,
  grep: /^-O([\s\S]+)$/,
  shell: /^-c([\s\S]*)$/,
  instaweb: /^-[db]([\s\S]*)$/,
}

/** The command of an `ext::` address. Blanks part its words; `% ` is a blank inside of one. */
const transport = (text: string): string =>
  text
    .split(/(?<!%) /)
    .map((word) => quoteShell(word.replace(/%([ %])/g, '$1')))
    .join(' ')

export function git(args: Args): Layer {
  const scripts: InnerScript[] = []
  const add = (arg: Arg | undefined, text: string | undefined) => {
    if (arg !== undefined && text !== undefined && text !== '')
      scripts.push({ text, taint: arg.taint, span: arg.span })
  }
  const verb = verbOf(readOptions('git', args))
  for (const [i, given] of args.entries()) {
    const arg = /^-c./.test(given.text) ? { ...given, text: given.text.slice(2) } : given
    // An alias is a shell command if it starts with `!` (-c alias.x='!cmd', config alias.x '!cmd'), and else words behind `git`.
    // `git config` only defines the latter; with -c it is defined to be run, with the words that follow its name.
    const [, name, does] = /^alias\.([^=]+)=([\s\S]+)$/.exec(arg.text) ?? []
    if (does?.startsWith('!')) add(arg, does.slice(1))
    else if (does !== undefined) {
      const more = verb === name ? args.slice(args.findIndex(({ text }) => text === name) + 1) : []
      add(arg, ['git', does, ...more.map(({ text }) => quoteShell(text))].join(' '))
    }
    const next = args[i + 1]
    const [, key = '', joined] = /^([^=]+)(?:=([\s\S]*))?$/.exec(arg.text) ?? []
    const value = joined === undefined ? next : { ...arg, text: joined }
    if (RUNS_VALUE.test(key) || (HELPER.test(key) && /^[!/]/.test(value?.text ?? '')))
      add(value, value?.text.replace(/^!/, ''))
    if (/^alias\.[^=]+$/.test(arg.text) && next?.text.startsWith('!')) add(next, next.text.slice(1))
    const option = GIT_OPTIONS.exec(arg.text)
    if (option !== null) add(option[1] === undefined ? next : arg, option[1] ?? next?.text)
    const letter = GIT_LETTERS[verb]?.exec(arg.text)
    if (letter) add(letter[1] ? arg : next, letter[1] || next?.text)
    const [, ext] = /^(?:--remote=)?ext::([\s\S]+)$/.exec(arg.text) ?? []
    if (ext !== undefined) {
      add(arg, ext)
      add(arg, transport(ext))
    }
  }
  const each = args.findIndex((arg) => arg.text === 'foreach')
  if (each >= 0 && args[0]?.text === 'submodule') {
    const words = args.slice(each + 1).filter((arg) => arg.text !== '--recursive')
    if (words.length > 0) scripts.push(joined(words))
  }
  if (args[0]?.text === 'bisect' && args[1]?.text === 'run') return { ...command(args.slice(2)), scripts }
  return { ...NOTHING, scripts }
}

/** git's commands, which no alias replaces (git, Documentation/config/alias.adoc). Others are looked up as aliases. */
const COMMANDS = names(
  `add am annotate apply archive backfill bisect blame branch bugreport bundle cat-file check-attr check-ignore check-mailmap
  check-ref-format checkout checkout-index cherry cherry-pick citool clean clone column commit commit-graph commit-tree config
  count-objects credential credential-cache credential-store cvsexportcommit cvsimport cvsserver daemon describe diagnose diff
  diff-files diff-index diff-pairs diff-tree difftool fast-export fast-import fetch fetch-pack filter-branch fmt-merge-msg
  for-each-ref for-each-repo format-patch fsck fsck-objects gc get-tar-commit-id gitk grep gui hash-object help history hook
  http-backend http-fetch http-push imap-send index-pack init init-db instaweb interpret-trailers last-modified log ls-files
  ls-remote ls-tree mailinfo mailsplit maintenance merge merge-base merge-file merge-index merge-octopus merge-one-file merge-ours
  merge-recursive merge-resolve merge-subtree merge-tree mergetool mktag mktree multi-pack-index mv name-rev notes p4 pack-objects
  pack-redundant pack-refs patch-id prune prune-packed pull push quiltimport range-diff read-tree rebase receive-pack reflog refs
  remote repack replace replay repo request-pull rerere reset restore rev-list rev-parse revert rm send-email send-pack shell
  shortlog show show-branch show-index show-ref sparse-checkout stage stash status stripspace submodule subtree svn switch
  symbolic-ref tag unpack-file unpack-objects update-index update-ref update-server-info upload-archive upload-pack var
  verify-commit verify-pack verify-tag version whatchanged worktree write-tree`,
)
/** Options before the command that take the next word. */
const WITH_VALUE = /^(?:-[cC]|--(?:git-dir|work-tree|namespace|super-prefix|config-env|attr-source))$/

/** The alias of git's own configuration that the command runs: its name, and its text with the words behind the name; undefined if it is none. */
export function gitAliased({
  name: tool,
  args,
  scope,
}: SimpleCommand): { readonly name: string; readonly script: InnerScript } | undefined {
  const { gitAlias } = scope
  if (tool !== 'git' || gitAlias === undefined) return undefined
  let cwd = scope.cwd
  let at = 0
  for (; at < args.length && args[at]!.text.startsWith('-'); at++) {
    const { text } = args[at]!
    if (!WITH_VALUE.test(text)) continue
    at++
    if (text === '-C' && args[at] !== undefined) cwd = resolvePath(args[at]!.text, { cwd })
  }
  const [verb, ...more] = args.slice(at)
  if (verb === undefined || COMMANDS.has(verb.text) || !/^[\w.-]{1,64}$/.test(verb.text)) return undefined
  const does = gitAlias(verb.text, isUnresolved(cwd) ? '.' : cwd)
  if (does === undefined) return undefined
  const words = more.map(({ text }) => quoteShell(text))
  const text = (does.startsWith('!') ? [does.slice(1), ...words] : ['git', does, ...words]).join(' ')
  const taint = taintOf(args)
  return {
    name: verb.text,
    script: { text, taint, span: [verb.span[0], Math.max(verb.span[1], args.at(-1)!.span[1])] },
  }
}
