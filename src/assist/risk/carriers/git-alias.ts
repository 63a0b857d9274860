// Finds what an alias in git's own configuration runs. The configuration is the machine's; the judgement reads no file.

import { quoteShell } from '../../../base/quote.ts'
import { isUnresolved, resolvePath } from '../line/paths.ts'
import { names } from '../lookup.ts'
import { type SimpleCommand, taintOf } from '../model.ts'
import type { InnerScript } from './layers.ts'

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

/** The alias that the command runs: its name, and its text with the words behind the name; undefined if it is none. */
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
