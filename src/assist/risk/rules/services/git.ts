// Rules about git commands that lose history or work.

import { RUNS_VALUE } from '../../carriers/git-carrier.ts'
import { type Options, verb } from '../../line/options.ts'
import { type Args, type Assignment, placeIn, type SimpleCommand, says } from '../../model.ts'
import { byTool, EVERYBODYS, type Rewrite, type Rules, say, tools, tried, without } from '../kit.ts'

const is = (o: Options, ...names: readonly string[]) => names.includes(verb(o))
const FORCED = /^(?:-f|--force)$/

/** The same push, which fails where somebody else has pushed; --mirror and --prune have no such form. */
const leased: Rewrite = (c) => {
  if (says(c, /^--(?:mirror|prune)$/)) return undefined
  const words = c.args.flatMap(({ text }) => {
    if (text === 'push') return [text, '--force-with-lease']
    if (/^--forc?e?$/.test(text) || text === '-f') return []
    return /^-[a-zA-Z]*f[a-zA-Z]*$/.test(text) ? [text.replace('f', '')] : [text.replace(/^\+/, '')]
  })
  return say('git', ...words)
}

/** The same clean-up as a trial: -n in place of -f, everything else as it was. */
const triedClean: Rewrite = (c) =>
  say(
    'git',
    ...c.args.map(({ text }) =>
      text === '--force' ? '--dry-run' : /^-[a-zA-Z]*f/.test(text) ? text.replace('f', 'n') : text,
    ),
  )

/** Keeps in a stash what `git checkout -- PATH` would throw away; nothing where a commit or an option is named. */
const stashed: Rewrite = (c, o) => {
  const paths = o.operands.slice(1)
  const named = c.args.filter(({ text }) => text !== '--').length === paths.length + 1
  return named && is(o, 'checkout', 'restore') && (c.args[1]?.text === '--' || paths.length === 1)
    ? say('git', 'stash', 'push', '--', ...paths)
    : undefined
}

export const GIT_RULES: Rules = [
  {
    id: 'git-force-push',
    level: 'high',
    why: 'Overwrites the history that others share with you.',
    finds: `
      !-n|--dry-run
      git push words<forced>
      git push * <replaced>`,
    named: { forced: /^-[a-zA-Z]*f[a-zA-Z]*$|^--forc?e?$|^--mirror$|^--prune$/, replaced: /^\+/ },
    safer: leased,
    example: 'git push --force',
  },
  {
    id: 'git-delete-remote',
    level: 'moderate',
    given: 'high',
    why: 'Deletes a branch or tag for everybody.',
    safer: { append: '--dry-run' },
    finds: `
      !-n|--dry-run
      git push * <removal>
      git push -d|--delete`,
    named: { removal: /^:./ },
    example: 'git push origin --delete x',
  },
  {
    id: 'git-reset-hard',
    level: 'high',
    why: 'Throws away changes that were not committed.',
    finds: 'git reset --har*',
    // A stash keeps the changes; going back to another commit is not its job.
    safer: (_c, o) => (/^(?:HEAD|@|)$/.test(verb(o, 1)) && !o.flag('C', 'git-dir') ? 'git stash' : undefined),
    example: 'git reset --hard',
  },
  {
    id: 'git-clean-ignored',
    level: 'high',
    why: 'Deletes untracked files, also ignored ones such as .env and databases; git cannot bring them back.',
    finds: 'git clean -f|--force -x|-X !-n|--dry-run',
    safer: triedClean,
    example: 'git clean -fdx',
  },
  {
    id: 'git-clean',
    level: 'high',
    why: 'Deletes untracked files; git cannot bring them back.',
    finds: 'git clean -f|--force !-n|--dry-run|-x|-X',
    safer: triedClean,
    example: 'git clean -fd',
  },
  {
    id: 'git-discard',
    level: 'high',
    why: 'Throws away changes that were not committed.',
    finds: `
      git reset --merge
      git restore * !-S|--staged
      git restore * -W|--worktree
      git checkout|switch -f|--force|--discard-changes
      git checkout-index -f|--force
      git read-tree --reset
      git checkout|switch --pathspec-from-file*
      git checkout|switch {here}
      git checkout|switch * * !-b|-B|-c|-C|--create|--force-create|--orphan|-t|--track|-d|--detach
      git checkout|switch words<path>`,
    named: {
      here: /^\.\/?$/,
      path: (arg, { args }) => args.indexOf(arg) > placeIn(args, /^--$/) && says({ args }, /^--$/),
    },
    safer: stashed,
    example: 'git checkout -- .',
  },
  {
    id: 'git-delete',
    level: 'moderate',
    given: 'high',
    why: 'Deletes work that may exist nowhere else.',
    finds: `
      git branch -D|-f|--force
      git tag -d|--delete|-f|--force
      git notes remove|prune !-n|--dry-run
      git prune !-n|--dry-run
      git rerere clear
      git rm -f|--force !--cached|-n|--dry-run
      git rm <all> !--cached|-n|--dry-run
      git submodule deinit -f|--force`,
    named: { all: /^(?:\.|\*|:\/)$/ },
    safer: byTool({
      'git branch': (c) =>
        say(
          'git',
          ...c.args.map(({ text }) => (text === '-D' ? '-d' : text)).filter((text) => !FORCED.test(text)),
        ),
      'git rm': tried('--cached'),
      'git worktree': without(FORCED),
    }),
    example: 'git branch -D x',
  },
  {
    id: 'git-rewrite',
    level: 'high',
    why: 'Rewrites or drops history, or work that was put aside, beyond recovery.',
    finds: `
      git-filter-repo|bfg
      git filter-branch|filter-repo
      git reflog delete
      git reflog expire --*now*|--all*
      git reflog expire … now|all
      git prune --expire=now|all
      git prune … now|all
      git stash clear|drop
      git worktree remove -f|--force
      git gc --prune=now|all`,
    example: 'git filter-branch --tree-filter "rm x" HEAD',
  },
  {
    id: 'git-delete-main',
    level: 'high',
    why: 'Deletes the branch that everybody builds on, or every branch that a program lists.',
    finds: `
      git branch <main> -D
      git branch <main> -d|--delete -f|--force
      git branch $ -D
      git branch $ -d|--delete -f|--force
      git push * <main> -D|-d|--delete !-n|--dry-run
      git push * <main><emptied> !-n|--dry-run
      git update-ref -d|--delete !--stdin
      git update-ref --stdin ~fed`,
    named: {
      main: /^:?(?:refs\/heads\/)?(?:main|master|trunk|develop|production|release)$/,
      emptied: /^:/,
      fed: (_arg, { input }) => input.text !== '',
    },
    example: 'git push origin --delete main',
  },
  {
    id: 'git-push-main',
    level: 'moderate',
    why: 'Puts commits straight onto the branch that everybody builds on, past any review.',
    finds: `
      gh|glab pr|mr merge
      git push * <main> !-n|--dry-run|-d|--delete|--tags`,
    named: { main: /^(?:[^:]+:)?(?:refs\/heads\/)?(?:main|master|trunk|prod(?:uction)?)$/ },
    safer: byTool({ git: tried('--dry-run') }),
    example: 'git push origin main',
    yields: true,
  },
  {
    id: 'git-checks-skipped',
    level: 'moderate',
    given: 'high',
    why: 'Skips the checks that the repository runs before a commit or a push.',
    finds: `
      git commit|push|merge|rebase|am|cherry-pick words<skipping>
      git commit words<short>
      git commit|push|merge|rebase|am|cherry-pick sets<off>`,
    named: {
      skipping: /^--no-verify$/,
      short: /^-[aeiopqsvz]*n/,
      off: /^(?:HUSKY|LEFTHOOK)=(?:0|false)$/,
    },
    safer: byTool({ 'git commit|git push': without(/^--no-verify$/) }),
    example: 'git commit --no-verify -m fix',
  },
  {
    id: 'git-hooks-path',
    level: 'moderate',
    why: 'From now on git runs programs from that directory at every commit, checkout and push.',
    finds: `
      !--unset|--get
      git config {hooks} <shared>
      git config {hooks} <path> --global|--system`,
    named: { hooks: /^core\.hookspath$/i, shared: EVERYBODYS, path: /^(?!core\.hookspath$)/i },
    example: 'git config --global core.hooksPath /tmp/h',
  },
  {
    id: 'git-runs-later',
    level: 'high',
    why: 'Has git run a command or read settings from now on, when nobody looks at what they are by then.',
    tools: tools('git export env'),
    caller: 'tool',
    when: (c, o) =>
      c.name === 'git' ? [...settings(c, o), ...ofVariables(c.assignments)] : ofVariables(declared(c.args)),
    example: 'git config core.hooksPath ./hooks',
  },
]

/** Settings that name programs or more settings, by what git makes of their value. */
const READS_MORE =
  /^(?:core\.hookspath|init\.templatedir|include\.path|includeif\..+\.path|uploadpack\.packobjectshook|protocol\.ext\.allow)$/i
/** These are git's own programs and words unless they are shell commands or paths. */
const MAY_BE_SHELL = /^(?:alias\..+|credential\.(?:.+\.)?helper|submodule\..+\.update)$/i
/** Programs of this machine by their names, with options alone; git's own helpers; ssh with what it is given in words. */
const PLAIN =
  /^(?:true|false|yes|no|on|off|\d*|(?!(?:\w*sh|env|xargs|eval|exec|source|python[\d.]*|node|perl|ruby|php|lua)\b)[A-Za-z][\w.+-]*(?:\s+--?[\w=:,.+-]+)*|git-lfs [\w -]+(?:%f)?|ssh(?:\s+(?!-\S*o\S*command)[\w@%~./=,:+-]+)*)$/i
/** What a line uses once, and the carriers of git judge at once. */
const ONCE = /^(?:core\.(?:pager|editor)|sequence\.editor|pager\..+)$/i
const READS_ONLY =
  /^(?:--(?:get\S*|list|unset\S*|remove-section|name-only)|-l|get|list|unset|remove-section)$/

const isHeld = (key: string, value: string): boolean =>
  READS_MORE.test(key)
    ? value !== '' && value !== '/dev/null'
    : MAY_BE_SHELL.test(key)
      ? /^\s*[!/]/.test(value)
      : RUNS_VALUE.test(key) && !PLAIN.test(value.trim())

/** Words that set such a setting, for good or for one command. */
function settings({ args }: SimpleCommand, o: Options): Args {
  const isConfig = is(o, 'config')
  if (isConfig && says({ args }, READS_ONLY)) return []
  return args.filter(({ text }, i) => {
    const before = args[i - 1]?.text ?? ''
    const given = /^(?:-c|--config(?:-env)?)$/.test(before)
      ? text
      : /^(?:-c|--config=|--config-env=)([\w.-]+=[\s\S]*)$/.exec(text)?.[1]
    const [, key = '', value = ''] = /^([^=]+)=?([\s\S]*)$/.exec(given ?? '') ?? []
    // What a variable holds is not known.
    if (text.startsWith('--config-env') || before === '--config-env') return isHeld(key, '!')
    if (key !== '') return isHeld(key, value) && !(ONCE.test(key) && !/^\S*\//.test(value) && !is(o, 'clone'))
    if (/^--template=./.test(text)) return is(o, 'init', 'clone')
    const next = args[i + 1]
    return isConfig && next !== undefined && isHeld(text, next.text)
  })
}

const declared = (args: Args): readonly Assignment[] =>
  args.flatMap((arg): Assignment[] => {
    const [, name = '', value] = /^(\w+)=([\s\S]*)$/.exec(arg.text) ?? []
    return value === undefined ? [] : [{ name, value: { ...arg, text: value } } as Assignment]
  })

/** The same by variables: `GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=x git commit`. */
const ofVariables = (sets: readonly Assignment[]): Args =>
  sets
    .filter(({ name, value }) => {
      if (/^GIT_(?:CONFIG_(?:PARAMETERS|GLOBAL|SYSTEM)|TEMPLATE_DIR)$/.test(name))
        return value.text !== '' && value.text !== '/dev/null'
      const at = /^GIT_CONFIG_KEY_(\d+)$/.exec(name)?.[1]
      const given = sets.find((set) => set.name === `GIT_CONFIG_VALUE_${at}`)
      return at !== undefined && isHeld(value.text, given?.value.text ?? '!')
    })
    .map(({ value }) => value)
