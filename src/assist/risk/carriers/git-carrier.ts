// Commands that git runs from its options, settings, aliases and remotes.

import { quoteShell } from '../../../base/quote.ts'
import type { Arg, Args } from '../model.ts'
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
  const verb =
    args.find((arg, i) => !arg.text.startsWith('-') && !/^-[cC]$/.test(args[i - 1]?.text ?? ''))?.text ?? ''
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
    if (arg.text.startsWith('ext::')) {
      add(arg, arg.text.slice(5))
      add(arg, transport(arg.text.slice(5)))
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
