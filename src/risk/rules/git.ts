// Rules about git: what loses history or work.
import type { Options } from '../options.ts'
import { matching, only, type Rule, tools, verb } from './rule.ts'

const GIT = tools('git')
const is = (o: Options, ...names: readonly string[]) => names.includes(verb(o))

export const GIT_RULES: readonly Rule[] = [
  {
    id: 'git-force-push',
    level: 'high',
    why: 'Overwrites the history others share with you.',
    tools: GIT,
    when: (c, o) => {
      if (!is(o, 'push')) return undefined
      const forced = c.args.filter((arg) => /^-[a-zA-Z]*f[a-zA-Z]*$|^--forc?e?$|^--mirror$/.test(arg.text))
      return forced.length > 0 ? forced : matching(o.operands.slice(2), /^\+/)
    },
    safer: { instead: '--force-with-lease' },
    examples: {
      risky: [
        'git push --force',
        'git push -f origin main',
        'git push origin +main',
        'git -C repo push origin main -f',
        'git push --mirror',
        'git push -uf origin x',
      ],
      harmless: [
        'git push',
        'git push --force-with-lease',
        'git push -u origin main',
        'git push --follow-tags',
        'git commit -m "push --force"',
      ],
    },
  },
  {
    id: 'git-delete-remote',
    level: 'moderate',
    why: 'Deletes a branch or tag for everybody.',
    tools: GIT,
    when: (_c, o) =>
      only(is(o, 'push'), [
        ...matching(o.operands.slice(2), /^:./),
        ...[o.flag('d', 'delete')].filter((arg) => arg !== undefined),
      ]),
    examples: {
      risky: ['git push origin --delete x', 'git push origin :x'],
      harmless: ['git push origin x', 'git push origin a:b'],
    },
  },
  {
    id: 'git-reset-hard',
    level: 'moderate',
    why: 'Throws away changes that were not committed.',
    tools: GIT,
    when: (c, o) =>
      only(
        is(o, 'reset'),
        c.args.filter((arg) => /^--har/.test(arg.text)),
      ),
    safer: 'git stash',
    examples: {
      risky: ['git reset --hard', 'git reset --hard HEAD~3', 'git -C x reset --hard origin/main'],
      harmless: ['git reset HEAD~1', 'git reset --soft HEAD~1', 'git reset file'],
    },
  },
  {
    id: 'git-clean-ignored',
    level: 'high',
    why: 'Deletes untracked files, ignored ones such as .env and databases included; git cannot bring them back.',
    tools: GIT,
    when: (_c, o) =>
      only(
        is(o, 'clean') && !o.flag('n', 'dry-run') && o.flag('f', 'force'),
        [o.flag('x', 'X')].filter((arg) => arg !== undefined),
      ),
    safer: 'git clean -ndx',
    examples: {
      risky: ['git clean -fdx', 'git clean -xdf', 'git clean -d -x --force'],
      harmless: ['git clean -n', 'git clean -ndx', 'git clean -fd'],
    },
  },
  {
    id: 'git-clean',
    level: 'moderate',
    why: 'Deletes untracked files; git cannot bring them back.',
    tools: GIT,
    when: (_c, o) =>
      only(is(o, 'clean') && !o.flag('n', 'dry-run') && o.flag('f', 'force') && !o.flag('x', 'X'), true),
    safer: 'git clean -nd',
    examples: { risky: ['git clean -fd', 'git clean --force'], harmless: ['git clean -n', 'git clean -i'] },
  },
  {
    id: 'git-discard',
    level: 'moderate',
    why: 'Throws away changes that were not committed.',
    tools: GIT,
    when: (c, o) => {
      if (is(o, 'checkout', 'switch')) {
        const forced = o.flag('f', 'force', 'discard-changes')
        if (forced !== undefined) return [forced]
        const dashes = c.args.findIndex((arg) => arg.text === '--')
        return dashes >= 0
          ? matching(c.args.slice(dashes + 1), /^(?:\.|\*|:\/)$/)
          : matching(o.operands.slice(1), /^\.$/)
      }
      if (is(o, 'restore'))
        return only(
          !o.flag('S', 'staged') || o.flag('W', 'worktree'),
          matching(o.operands.slice(1), /^(?:\.|\*|:\/)$/),
        )
      return undefined
    },
    safer: 'git stash',
    examples: {
      risky: [
        'git checkout -- .',
        'git checkout .',
        'git restore .',
        'git checkout -f main',
        'git switch --discard-changes main',
      ],
      harmless: [
        'git checkout main',
        'git checkout -b x',
        'git restore --staged .',
        'git restore file',
        'git switch -c x',
      ],
    },
  },
  {
    id: 'git-delete',
    level: 'moderate',
    why: 'Deletes work that may exist nowhere else.',
    tools: GIT,
    when: (c, o) =>
      (is(o, 'branch') && (o.flag('D') ?? (o.flag('d', 'delete') && o.flag('f', 'force')))) ||
      (is(o, 'stash') && /^(?:drop|clear)$/.test(verb(o, 1))) ||
      (is(o, 'update-ref') && o.flag('d')) ||
      (is(o, 'worktree') && verb(o, 1) === 'remove' && o.flag('f', 'force'))
        ? c.args.slice(0)
        : undefined,
    examples: {
      risky: ['git branch -D x', 'git stash clear', 'git stash drop', 'git worktree remove -f x'],
      harmless: ['git branch -d x', 'git stash', 'git stash pop', 'git branch'],
    },
  },
  {
    id: 'git-rewrite',
    level: 'high',
    why: 'Rewrites or drops history beyond recovery.',
    tools: tools('git git-filter-repo bfg'),
    when: (c, o) =>
      c.name !== 'git' ||
      is(o, 'filter-branch', 'filter-repo') ||
      (is(o, 'reflog') &&
        /^(?:expire|delete)$/.test(verb(o, 1)) &&
        c.args.some((arg) => /now|all/.test(arg.text))) ||
      (is(o, 'gc') && c.args.some((arg) => /^--prune=(?:now|all)$/.test(arg.text))),
    examples: {
      risky: [
        'git filter-branch --tree-filter "rm x" HEAD',
        'git reflog expire --expire=now --all',
        'git gc --prune=now --aggressive',
        'git filter-repo --path x',
      ],
      harmless: ['git gc', 'git reflog', 'git rebase -i HEAD~3', 'git commit --amend'],
    },
  },
]
